//! Groups of people.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PageView;
use crate::app::groups::{self, Seen};
use crate::domain::access::TenantRole;
use crate::domain::ids::GroupId;
use crate::domain::page::PageRequest;
use crate::domain::tenancy::{Group, GroupSource};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub(crate) struct GroupView {
    id: GroupId,
    display_name: String,
    /// `scim`: an identity provider owns its name and members.
    source: GroupSource,
    /// What the identity provider calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// What its members are at least in the tenant: admin or auditor.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_role: Option<TenantRole>,
    member_count: u64,
    created_at: DateTime<Utc>,
}

impl From<Seen> for GroupView {
    fn from(Seen { group, members: member_count }: Seen) -> Self {
        let Group { id, display_name, source, external_id, tenant_role, created_at, .. } = group;
        Self { id, display_name, source, external_id, tenant_role, member_count, created_at }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupQuery {
    /// Part of the name.
    #[serde(default)]
    q: String,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List groups, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/groups", tag = "people", operation_id = "list_groups",
    params(GroupQuery), responses((status = 200, body = PageView<GroupView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<GroupQuery>,
) -> Result<Json<PageView<GroupView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    Ok(Json(PageView::of(groups::list(&ctx, &query.q, page).await?)))
}

/// One group.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/groups/{group}", tag = "people", operation_id = "get_group",
    params(("group" = GroupId, Path)), responses((status = 200, body = GroupView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<GroupId>,
) -> Result<Json<GroupView>, Problem> {
    Ok(Json(groups::get(&ctx, id).await?.into()))
}
