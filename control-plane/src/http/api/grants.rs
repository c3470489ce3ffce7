//! Grants on a server: who may use or manage it.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PageView;
use crate::app::access_grants::{self, NamedGrant};
use crate::domain::Error;
use crate::domain::access::ServerRole;
use crate::domain::ids::{AccessGrantId, GroupId, ServerId, ServiceAccountId};
use crate::domain::page::PageRequest;
use crate::domain::server::{AccessGrant, GrantFilter, Subject, SubjectKind, SubjectName};
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

/// Somebody whom a grant is, or may be, given to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NamedSubject)]
pub(crate) struct SubjectView {
    kind: SubjectKind,
    /// Absent for everyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    display_name: String,
    /// Of a person: what tells two of one name apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    /// Of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_count: Option<u64>,
    /// False for somebody deactivated: the grant stands, and they may use nothing.
    active: bool,
}

/// To whom: a person, group or service account by id, or everyone (every active person; no id).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Subject)]
pub(crate) struct SubjectBody {
    kind: SubjectKind,
    #[serde(default)]
    id: Option<String>,
}

impl From<SubjectName> for SubjectView {
    fn from(name: SubjectName) -> Self {
        let id = match name.subject {
            Subject::User(id) => Some(id.to_string()),
            Subject::Group(id) => Some(id.to_string()),
            Subject::ServiceAccount(id) => Some(id.to_string()),
            Subject::Everyone => None,
        };
        let SubjectName { subject, display_name, user_name, members: member_count, active } = name;
        Self { kind: subject.kind(), id, display_name, user_name, member_count, active }
    }
}

impl From<NamedGrant> for GrantView {
    fn from(NamedGrant { grant, subject }: NamedGrant) -> Self {
        let AccessGrant { id, server_id, role, created_at, .. } = grant;
        Self { id, server_id, subject: subject.into(), role, created_at }
    }
}

impl TryFrom<SubjectBody> for Subject {
    type Error = Error;

    fn try_from(SubjectBody { kind, id }: SubjectBody) -> Result<Self, Error> {
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
    subject: SubjectBody,
    role: ServerRole,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GrantQuery {
    /// Part of the subject's name.
    #[serde(default)]
    q: String,
    #[param(inline)]
    kind: Option<SubjectKind>,
    #[param(inline)]
    role: Option<ServerRole>,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CandidateQuery {
    /// Part of the name.
    #[serde(default)]
    q: String,
}

/// Whom a grant may be given to; at most 20 of each kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Candidates)]
pub(crate) struct CandidatesView {
    items: Vec<SubjectView>,
}

/// List a server's grants, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/servers/{server}/grants", tag = "servers",
    operation_id = "list_grants", params(("server" = ServerId, Path), GrantQuery),
    responses((status = 200, body = PageView<GrantView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Target(server_id): Target<ServerId>,
    Query(query): Query<GrantQuery>,
) -> Result<Json<PageView<GrantView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    let filter = GrantFilter { text: query.q.trim().to_owned(), kind: query.kind, role: query.role };
    Ok(Json(PageView::of(access_grants::list(&ctx, server_id, &filter, page).await?)))
}

/// Find people, groups and service accounts to give a grant to, by part of their name.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/servers/{server}/candidates", tag = "servers",
    operation_id = "list_candidates", params(("server" = ServerId, Path), CandidateQuery),
    responses((status = 200, body = CandidatesView)))]
pub(crate) async fn candidates(
    TenantScope(ctx): TenantScope,
    Target(server_id): Target<ServerId>,
    Query(query): Query<CandidateQuery>,
) -> Result<Json<CandidatesView>, Problem> {
    let found = access_grants::candidates(&ctx, server_id, &query.q).await?;
    Ok(Json(CandidatesView { items: found.into_iter().map(SubjectView::from).collect() }))
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
