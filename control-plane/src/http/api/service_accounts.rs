//! Service accounts: machines that call with keys of their own.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PageView;
use super::users::StatusWord;
use crate::app::service_accounts::{self, Removed, ServiceAccountChange};
use crate::domain::ids::ServiceAccountId;
use crate::domain::page::PageRequest;
use crate::domain::service_account::{ServiceAccount, ServiceAccountFilter, ServiceAccountStatus};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceAccount)]
pub(crate) struct ServiceAccountView {
    id: ServiceAccountId,
    name: String,
    description: String,
    status: StatusWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivated_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<ServiceAccount> for ServiceAccountView {
    fn from(account: ServiceAccount) -> Self {
        let (status, deactivated_at) = match account.status {
            ServiceAccountStatus::Active => (StatusWord::Active, None),
            ServiceAccountStatus::Deactivated { at } => (StatusWord::Deactivated, Some(at)),
        };
        let ServiceAccount { id, name, description, created_at, .. } = account;
        Self { id, name, description, status, deactivated_at, created_at }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ServiceAccountQuery {
    /// Part of the name or description.
    #[serde(default)]
    q: String,
    #[param(inline)]
    status: Option<StatusWord>,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceAccountBody {
    /// Unique in the tenant, in any case.
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceAccountPatch {
    name: Option<String>,
    description: Option<String>,
    /// `deactivated` ends every key of it.
    status: Option<StatusWord>,
}

/// What went with it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceAccountRemoved)]
pub(crate) struct RemovedView {
    /// Keys that worked until now.
    api_keys: usize,
    /// Grants on servers.
    grants: usize,
}

impl From<Removed> for RemovedView {
    fn from(Removed { api_keys, grants }: Removed) -> Self {
        Self { api_keys, grants }
    }
}

/// List service accounts, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/service-accounts", tag = "service accounts",
    operation_id = "list_service_accounts", params(ServiceAccountQuery),
    responses((status = 200, body = PageView<ServiceAccountView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<ServiceAccountQuery>,
) -> Result<Json<PageView<ServiceAccountView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    let active = query.status.map(|status| status == StatusWord::Active);
    let filter = ServiceAccountFilter { text: query.q, active };
    Ok(Json(PageView::of(service_accounts::list(&ctx, &filter, page).await?)))
}

/// Make a service account. It may use nothing until it is granted something.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/service-accounts", tag = "service accounts",
    operation_id = "create_service_account", request_body = ServiceAccountBody,
    responses((status = 201, body = ServiceAccountView)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Json(body): Json<ServiceAccountBody>,
) -> Result<(StatusCode, Json<ServiceAccountView>), Problem> {
    let account = service_accounts::create(&ctx, &body.name, &body.description).await?;
    Ok((StatusCode::CREATED, Json(account.into())))
}

/// One service account.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/service-accounts/{service_account}", tag = "service accounts",
    operation_id = "get_service_account", params(("service_account" = ServiceAccountId, Path)),
    responses((status = 200, body = ServiceAccountView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServiceAccountId>,
) -> Result<Json<ServiceAccountView>, Problem> {
    Ok(Json(service_accounts::get(&ctx, id).await?.into()))
}

/// Change a service account's name, description or status.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/service-accounts/{service_account}", tag = "service accounts",
    operation_id = "update_service_account", params(("service_account" = ServiceAccountId, Path)),
    request_body = ServiceAccountPatch, responses((status = 200, body = ServiceAccountView)))]
pub(crate) async fn update(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServiceAccountId>,
    Json(body): Json<ServiceAccountPatch>,
) -> Result<Json<ServiceAccountView>, Problem> {
    let active = body.status.map(|status| status == StatusWord::Active);
    let change = ServiceAccountChange { name: body.name, description: body.description, active };
    Ok(Json(service_accounts::update(&ctx, id, change).await?.into()))
}

/// Delete a service account for good, with its keys and grants.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/service-accounts/{service_account}", tag = "service accounts",
    operation_id = "delete_service_account", params(("service_account" = ServiceAccountId, Path)),
    responses((status = 200, body = RemovedView)))]
pub(crate) async fn delete(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServiceAccountId>,
) -> Result<Json<RemovedView>, Problem> {
    Ok(Json(service_accounts::delete(&ctx, id).await?.into()))
}
