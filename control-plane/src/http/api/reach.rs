//! Which servers somebody reaches, and why.

use serde::Serialize;
use utoipa::ToSchema;

use super::grants::GrantView;
use super::{PageQuery, PageView};
use crate::app::reach::{self, ReachingGrant};
use crate::domain::ids::{ServerId, ServiceAccountId, UserId};
use crate::domain::server::{ServerKind, ServerStatus};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

/// A grant that reaches somebody, and the server that it is on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReachingGrant)]
pub(crate) struct ReachView {
    /// To them, to a group of theirs, or to everyone.
    grant: GrantView,
    server: ReachedView,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReachedServer)]
struct ReachedView {
    id: ServerId,
    #[schema(value_type = String)]
    slug: proto::names::ServerSlug,
    display_name: String,
    kind: ServerKind,
    status: ServerStatus,
}

impl From<ReachingGrant> for ReachView {
    fn from(ReachingGrant { grant, server }: ReachingGrant) -> Self {
        let server = ReachedView {
            id: server.id,
            slug: server.slug,
            display_name: server.display_name,
            kind: server.kind,
            status: server.status,
        };
        Self { grant: grant.into(), server }
    }
}

/// List the grants by which a person reaches servers, newest first: their own, those of their groups, those to everyone.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/grants", tag = "users",
    operation_id = "list_grants_of_user", params(("user" = UserId, Path), PageQuery),
    responses((status = 200, body = PageView<ReachView>)))]
pub(crate) async fn of_user(
    TenantScope(ctx): TenantScope,
    Target(id): Target<UserId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<ReachView>>, Problem> {
    Ok(Json(PageView::of(reach::of_user(&ctx, id, query.parse()?).await?)))
}

/// List the grants of a service account, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/service-accounts/{service_account}/grants",
    tag = "service accounts", operation_id = "list_grants_of_service_account",
    params(("service_account" = ServiceAccountId, Path), PageQuery),
    responses((status = 200, body = PageView<ReachView>)))]
pub(crate) async fn of_service_account(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServiceAccountId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<ReachView>>, Problem> {
    Ok(Json(PageView::of(reach::of_service_account(&ctx, id, query.parse()?).await?)))
}
