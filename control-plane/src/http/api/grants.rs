//! Grants on a server: who may use or manage it.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, PageView};
use crate::app::access_grants;
use crate::domain::Error;
use crate::domain::access::ServerRole;
use crate::domain::ids::{AccessGrantId, GroupId, ServerId, ServiceAccountId};
use crate::domain::server::{AccessGrant, Subject};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantView {
    id: AccessGrantId,
    server_id: ServerId,
    subject: SubjectView,
    role: ServerRole,
    created_at: DateTime<Utc>,
}

/// To whom: a user or a group by id, or everyone (every active user; no id).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Subject)]
pub(crate) struct SubjectView {
    kind: SubjectKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubjectKind {
    User,
    Group,
    ServiceAccount,
    Everyone,
}

impl From<AccessGrant> for GrantView {
    fn from(grant: AccessGrant) -> Self {
        let (kind, id) = match grant.subject {
            Subject::User(id) => (SubjectKind::User, Some(id.to_string())),
            Subject::Group(id) => (SubjectKind::Group, Some(id.to_string())),
            Subject::ServiceAccount(id) => (SubjectKind::ServiceAccount, Some(id.to_string())),
            Subject::Everyone => (SubjectKind::Everyone, None),
        };
        let AccessGrant { id: grant_id, server_id, role, created_at, .. } = grant;
        Self { id: grant_id, server_id, subject: SubjectView { kind, id }, role, created_at }
    }
}

impl TryFrom<SubjectView> for Subject {
    type Error = Error;

    fn try_from(SubjectView { kind, id }: SubjectView) -> Result<Self, Error> {
        let bad_id = || Error::invalid("grant.subject_id", "subject.id", "does not fit the kind of subject");
        let text = id.as_deref();
        match kind {
            SubjectKind::Everyone => text.is_none().then_some(Self::Everyone).ok_or_else(bad_id),
            SubjectKind::User => parse(text).map(Self::User).ok_or_else(bad_id),
            SubjectKind::Group => parse::<GroupId>(text).map(Self::Group).ok_or_else(bad_id),
            SubjectKind::ServiceAccount => parse::<ServiceAccountId>(text).map(Self::ServiceAccount).ok_or_else(bad_id),
        }
    }
}

fn parse<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
    text?.parse().ok()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantBody {
    subject: SubjectView,
    role: ServerRole,
}

/// List a server's grants, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/servers/{server}/grants", tag = "servers",
    operation_id = "list_grants", params(("server" = ServerId, Path), PageQuery),
    responses((status = 200, body = PageView<GrantView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Target(server_id): Target<ServerId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<GrantView>>, Problem> {
    Ok(Json(PageView::of(access_grants::list(&ctx, server_id, query.parse()?).await?)))
}

/// Give somebody a role on the server. Repeating it changes nothing.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/servers/{server}/grants", tag = "servers",
    operation_id = "put_grant", params(("server" = ServerId, Path)), request_body = GrantBody,
    responses((status = 200, body = GrantView)))]
pub(crate) async fn put(
    TenantScope(ctx): TenantScope,
    Target(server_id): Target<ServerId>,
    Json(body): Json<GrantBody>,
) -> Result<Json<GrantView>, Problem> {
    let subject = body.subject.try_into()?;
    Ok(Json(access_grants::put(&ctx, server_id, subject, body.role).await?.into()))
}

/// Take a grant away.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/servers/{server}/grants/{grant}", tag = "servers",
    operation_id = "delete_grant", params(("server" = ServerId, Path), ("grant" = AccessGrantId, Path)),
    responses((status = 204)))]
pub(crate) async fn delete(
    TenantScope(ctx): TenantScope,
    Target(server_id): Target<ServerId>,
    Target(id): Target<AccessGrantId>,
) -> Result<StatusCode, Problem> {
    access_grants::delete(&ctx, server_id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
