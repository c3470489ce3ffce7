//! Keeps tenants in order, one by one: forgets what has expired, rotates keys. One tenant's failure does not keep the
//! others.

use chrono::TimeDelta;

use super::keys::{self, KeyKind, Rotation};
use super::{api_keys, authorize, operator_sessions, registration, sign_up, sso};
use crate::domain::Result;
use crate::domain::audit::Actor;
use crate::domain::ids::TenantId;
use crate::domain::limits::LEAVER_CREDENTIALS_S;
use crate::domain::limits::PAGE_SIZE_MAX;
use crate::domain::page::{Created, PageRequest};
use crate::domain::tenancy::{Tenant, TenantStatus};
use crate::state::App;

/// Expired authorization requests, tokens and secrets, browser sessions that ended, keys that
/// lapsed or ended, and clients that
/// nobody ever approved. Outside of tenants: operators' sessions, and links of sign-ups.
pub async fn forget_expired(app: &App) -> Result<()> {
    for outcome in [operator_sessions::forget_ended(app).await, sign_up::forget_expired(app).await] {
        if let Err(error) = outcome {
            tracing::error!(%error, "expired rows outside of tenants were not forgotten");
        }
    }
    for tenant in list_tenants(app).await? {
        if let Err(error) = forget_expired_of(app, tenant).await {
            tracing::error!(tenant.id = %tenant, %error, "expired rows were not forgotten");
        }
    }
    Ok(())
}

/// Replaces keys that are too old, and finishes rotations that waited for a node.
pub async fn rotate_keys(app: &App) -> Result<()> {
    if app.config.key_age_days == 0 {
        return Ok(());
    }
    let older_than = app.clock.now() - TimeDelta::days(i64::from(app.config.key_age_days));
    for tenant in list_tenants(app).await? {
        for kind in [KeyKind::Signing, KeyKind::Session] {
            match keys::rotate(app, tenant, kind, older_than, Actor::System).await {
                Ok(Rotation::NotDue) => {}
                Ok(outcome) => tracing::info!(tenant.id = %tenant, ?kind, ?outcome, "key rotation"),
                Err(error) => tracing::error!(tenant.id = %tenant, ?kind, %error, "a key was not rotated"),
            }
        }
    }
    Ok(())
}

/// Ids of every tenant but those being deleted.
pub(super) async fn list_tenants(app: &App) -> Result<Vec<TenantId>> {
    Ok(list_kept_tenants(app).await?.iter().map(|tenant| tenant.id).collect())
}

/// Every tenant but those being deleted.
pub(super) async fn list_kept_tenants(app: &App) -> Result<Vec<Tenant>> {
    let (mut after, mut kept) = (None, Vec::new());
    loop {
        let page = PageRequest { limit: PAGE_SIZE_MAX, after };
        let tenants = app.store.system_read().await?.list_tenants("", page).await?;
        after = tenants.items.last().map(|tenant| Created { at: tenant.created_at, id: tenant.id.0 });
        // One that is being deleted may have lost its data key.
        let more = tenants.next_cursor.is_some();
        kept.extend(tenants.items.into_iter().filter(|tenant| tenant.status != TenantStatus::Deleting));
        if !more {
            return Ok(kept);
        }
    }
}

async fn forget_expired_of(app: &App, tenant: TenantId) -> Result<()> {
    let store = app.store.tenant(tenant).await?;
    let rows = authorize::purge_expired(&store).await?
        + sso::flow::purge_ended(&store).await?
        + registration::purge_unused_clients(&store).await?
        + keys::forget_lapsed(&store).await?
        + api_keys::forget_ended(&store).await?
        + store.delete_ended_challenges(store.now()).await?
        + store.delete_ended_account_flows(store.now() - TimeDelta::days(1)).await?
        + store.delete_credentials_of_leavers(store.now() - TimeDelta::seconds(LEAVER_CREDENTIALS_S)).await?;
    if rows > 0 {
        store.commit().await?;
        tracing::info!(tenant.id = %tenant, rows, "expired rows forgotten");
    }
    Ok(())
}
