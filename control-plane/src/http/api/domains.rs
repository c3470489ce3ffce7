//! E-mail domains of the tenant, and how to prove them.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, PageView};
use crate::app::domains;
use crate::domain::email_domain::{Domain, Proof};
use crate::domain::ids::DomainId;
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DomainView {
    id: DomainId,
    /// As DNS has it: lower case, ASCII.
    name: String,
    status: DomainStatus,
    record: RecordView,
    created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<DateTime<Utc>>,
    /// When the record was last looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<DateTime<Utc>>,
    /// When a failing domain stops counting, unless the record comes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    lapses_at: Option<DateTime<Utc>>,
}

/// `failing`: verified, but the record is gone.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DomainStatus {
    Pending,
    Verified,
    Failing,
}

/// The DNS record to publish.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordView {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: String,
}

impl From<Domain> for DomainView {
    fn from(domain: Domain) -> Self {
        let (status, verified_at) = match domain.proof {
            Proof::Pending => (DomainStatus::Pending, None),
            Proof::Verified { at } => (DomainStatus::Verified, Some(at)),
            Proof::Failing { verified_at, .. } => (DomainStatus::Failing, Some(verified_at)),
        };
        Self {
            status,
            verified_at,
            record: RecordView { kind: "TXT", name: domain.record_name(), value: domain.record_value() },
            lapses_at: domain.lapses_at(),
            id: domain.id,
            name: domain.name,
            created_at: domain.created_at,
            checked_at: domain.checked_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DomainBody {
    /// Such as `example.com`; domains below it are others.
    name: String,
}

/// List e-mail domains, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/domains", tag = "domains", operation_id = "list_domains",
    params(PageQuery), responses((status = 200, body = PageView<DomainView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<DomainView>>, Problem> {
    Ok(Json(PageView::of(domains::list(&ctx, query.parse()?).await?)))
}

/// Add an e-mail domain; the answer has the DNS record that proves it.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/domains", tag = "domains", operation_id = "add_domain",
    request_body = DomainBody, responses((status = 201, body = DomainView)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Json(body): Json<DomainBody>,
) -> Result<(StatusCode, Json<DomainView>), Problem> {
    let domain = domains::add(&ctx, &body.name).await?;
    Ok((StatusCode::CREATED, Json(domain.into())))
}

/// One domain.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/domains/{domain}", tag = "domains", operation_id = "get_domain",
    params(("domain" = DomainId, Path)), responses((status = 200, body = DomainView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<DomainId>,
) -> Result<Json<DomainView>, Problem> {
    Ok(Json(domains::get(&ctx, id).await?.into()))
}

/// Look for the record now. Refused with what was found if it is not there.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/domains/{domain}/verification", tag = "domains",
    operation_id = "verify_domain", params(("domain" = DomainId, Path)),
    responses((status = 200, body = DomainView), (status = 409, description = "The record is not there, or not right")))]
pub(crate) async fn verify(
    TenantScope(ctx): TenantScope,
    Target(id): Target<DomainId>,
) -> Result<Json<DomainView>, Problem> {
    Ok(Json(domains::verify(&ctx, id).await?.into()))
}

/// Delete a domain. People who have an account keep it.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/domains/{domain}", tag = "domains",
    operation_id = "delete_domain", params(("domain" = DomainId, Path)), responses((status = 204)))]
pub(crate) async fn delete(TenantScope(ctx): TenantScope, Target(id): Target<DomainId>) -> Result<StatusCode, Problem> {
    domains::remove(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
