//! Auth overrides: what goes out for one principal in place of all that a server would be called with.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credentials::principal;
use super::grants::{SubjectBody, SubjectView};
use super::{PageQuery, PageView};
use crate::app::auth_overrides::{self, Stored};
use crate::domain::credential::HeaderInput;
use crate::domain::ids::{AuthOverrideId, ServerId, UserId};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

/// An override, without its values.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuthOverride)]
pub(crate) struct OverrideView {
    id: AuthOverrideId,
    /// For whom.
    owner: SubjectView,
    header_names: Vec<String>,
    version: u64,
    set_at: DateTime<Utc>,
    /// Who set it; absent for somebody who is no longer here.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by: Option<UserId>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = AuthOverrideInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverrideBody {
    /// For whom: a user or a service account; you if absent. For others, managers of the server decide.
    subject: Option<SubjectBody>,
    /// What goes out, in place of all that the server would be called with.
    headers: Vec<HeaderLine>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = AuthOverrideHeader)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderLine {
    /// Such as `Authorization`.
    name: String,
    #[schema(value_type = String, write_only)]
    value: SecretString,
}

impl From<Stored> for OverrideView {
    fn from(Stored { one, owner }: Stored) -> Self {
        Self {
            id: one.id,
            owner: owner.into(),
            header_names: one.header_names,
            version: one.mark.version,
            set_at: one.mark.set_at,
            set_by: one.set_by,
        }
    }
}

/// List the overrides of a server, newest first: everybody's for its managers, else yours.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/servers/{server}/overrides", tag = "credentials",
    operation_id = "list_auth_overrides", params(("server" = ServerId, Path), PageQuery),
    responses((status = 200, body = PageView<OverrideView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<OverrideView>>, Problem> {
    Ok(Json(PageView::of(auth_overrides::list(&ctx, id, query.parse()?).await?)))
}

/// Set what goes out for you at a server, or for somebody else.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/servers/{server}/overrides", tag = "credentials",
    operation_id = "put_auth_override", params(("server" = ServerId, Path)), request_body = OverrideBody,
    responses((status = 204)))]
pub(crate) async fn put(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Json(body): Json<OverrideBody>,
) -> Result<StatusCode, Problem> {
    let whose = body.subject.map(principal).transpose()?;
    let headers = body.headers.into_iter().map(|HeaderLine { name, value }| HeaderInput { name, value: Some(value) });
    auth_overrides::put(&ctx, id, whose, headers.collect()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take an override away: yours, or anybody's for managers of the server.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/servers/{server}/overrides/{override}", tag = "credentials",
    operation_id = "delete_auth_override",
    params(("server" = ServerId, Path), ("override" = AuthOverrideId, Path)), responses((status = 204)))]
pub(crate) async fn delete(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Target(one): Target<AuthOverrideId>,
) -> Result<StatusCode, Problem> {
    auth_overrides::delete(&ctx, id, one).await?;
    Ok(StatusCode::NO_CONTENT)
}
