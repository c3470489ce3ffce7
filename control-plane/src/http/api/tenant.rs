//! The tenant seen from inside, and its settings.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::tenancy::{self, TenantChange};
use crate::domain::ids::TenantId;
use crate::domain::tenancy::{Provisioning, RefreshRotation, Tenant, TenantSettings, TenantStatus};
use crate::http::extract::{Json, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TenantView {
    id: TenantId,
    #[schema(value_type = String)]
    slug: proto::names::TenantSlug,
    display_name: String,
    status: TenantStatus,
    issuer: String,
    gateway_origins: Vec<String>,
    pool: String,
    region: String,
    settings: TenantSettings,
    created_at: DateTime<Utc>,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        let Tenant { id, slug, display_name, status, issuer, gateway_origins, pool, region, settings, created_at } =
            tenant;
        Self { id, slug, display_name, status, issuer, gateway_origins, pool, region, settings, created_at }
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantPatch {
    display_name: Option<String>,
    #[serde(default)]
    settings: SettingsPatch,
}

/// Settings to change; absent ones stay.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsPatch {
    access_token_s: Option<u32>,
    offline_max_s: Option<u32>,
    refresh_rotation: Option<RefreshRotation>,
    local_accounts: Option<bool>,
    allowed_origins: Option<Vec<String>>,
    client_documents: Option<bool>,
    client_hosts_allowed: Option<Vec<String>>,
    client_hosts_denied: Option<Vec<String>>,
    private_use_schemes: Option<bool>,
    provisioning: Option<Provisioning>,
    calls_off: Option<bool>,
    call_log_days: Option<u32>,
}

impl From<TenantPatch> for TenantChange {
    fn from(TenantPatch { display_name, settings }: TenantPatch) -> Self {
        Self {
            display_name,
            access_token_s: settings.access_token_s,
            offline_max_s: settings.offline_max_s,
            refresh_rotation: settings.refresh_rotation,
            local_accounts: settings.local_accounts,
            allowed_origins: settings.allowed_origins,
            client_documents: settings.client_documents,
            client_hosts_allowed: settings.client_hosts_allowed,
            client_hosts_denied: settings.client_hosts_denied,
            private_use_schemes: settings.private_use_schemes,
            provisioning: settings.provisioning,
            calls_off: settings.calls_off,
            call_log_days: settings.call_log_days,
        }
    }
}

/// The tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}", tag = "tenant", operation_id = "get_tenant",
    responses((status = 200, body = TenantView)))]
pub(crate) async fn get(TenantScope(ctx): TenantScope) -> Result<Json<TenantView>, Problem> {
    Ok(Json(tenancy::get(&ctx).await?.into()))
}

/// Change the tenant's name or settings.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}", tag = "tenant", operation_id = "update_tenant",
    request_body = TenantPatch, responses((status = 200, body = TenantView)))]
pub(crate) async fn update(
    TenantScope(ctx): TenantScope,
    Json(body): Json<TenantPatch>,
) -> Result<Json<TenantView>, Problem> {
    Ok(Json(tenancy::update(&ctx, body.into()).await?.into()))
}
