//! People of the tenant.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PageView;
use crate::app::people::{self, UserChange};
use crate::domain::access::TenantRole;
use crate::domain::ids::UserId;
use crate::domain::page::PageRequest;
use crate::domain::tenancy::{User, UserFilter, UserSource, UserStatus};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    id: UserId,
    /// What the person types to sign in.
    user_name: String,
    email: String,
    display_name: String,
    /// What the person may do: the highest of `assigned_role` and of what their groups give.
    role: TenantRole,
    /// Given by hand.
    assigned_role: TenantRole,
    /// `scim`: an identity provider owns their name and status.
    source: UserSource,
    status: StatusWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivated_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UserStatus)]
pub(crate) enum StatusWord {
    Active,
    Deactivated,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        let (status, deactivated_at) = match user.status {
            UserStatus::Active => (StatusWord::Active, None),
            UserStatus::Deactivated { at } => (StatusWord::Deactivated, Some(at)),
        };
        let User { id, user_name, email, display_name, role, assigned_role, source, created_at, .. } = user;
        Self { id, user_name, email, display_name, role, assigned_role, source, status, deactivated_at, created_at }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// Part of the user name, e-mail or display name.
    q: Option<String>,
    #[param(inline)]
    status: Option<StatusWord>,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPatch {
    display_name: Option<String>,
    /// Given by hand; what their groups give comes on top.
    role: Option<TenantRole>,
    /// `deactivated` signs the person out everywhere and ends every token of theirs.
    status: Option<StatusWord>,
}

/// List people, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users", tag = "people", operation_id = "list_users",
    params(UserQuery), responses((status = 200, body = PageView<UserView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<UserQuery>,
) -> Result<Json<PageView<UserView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    let active = query.status.map(|status| status == StatusWord::Active);
    let text = query.q.filter(|text| !text.is_empty());
    Ok(Json(PageView::of(people::list(&ctx, &UserFilter { text, active }, page).await?)))
}

/// One person.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}", tag = "people", operation_id = "get_user",
    params(("user" = UserId, Path)), responses((status = 200, body = UserView)))]
pub(crate) async fn get(TenantScope(ctx): TenantScope, Target(id): Target<UserId>) -> Result<Json<UserView>, Problem> {
    Ok(Json(people::get(&ctx, id).await?.into()))
}

/// Change a person's name, role or status.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/users/{user}", tag = "people", operation_id = "update_user",
    params(("user" = UserId, Path)), request_body = UserPatch, responses((status = 200, body = UserView)))]
pub(crate) async fn update(
    TenantScope(ctx): TenantScope,
    Target(id): Target<UserId>,
    Json(body): Json<UserPatch>,
) -> Result<Json<UserView>, Problem> {
    let active = body.status.map(|status| status == StatusWord::Active);
    let change = UserChange { display_name: body.display_name, role: body.role, active };
    Ok(Json(people::update(&ctx, id, change).await?.into()))
}
