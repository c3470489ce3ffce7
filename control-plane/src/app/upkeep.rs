//! Forgets what has expired, tenant by tenant. One tenant's failure does not keep the others.

use super::{authorize, registration};
use crate::domain::Result;
use crate::domain::ids::TenantId;
use crate::domain::limits::PAGE_SIZE_MAX;
use crate::domain::page::{Created, PageRequest};
use crate::state::App;

/// Expired authorization requests and refresh tokens, and clients that nobody ever approved.
pub async fn forget_expired(app: &App) -> Result<()> {
    let mut after = None;
    loop {
        let page = PageRequest { limit: PAGE_SIZE_MAX, after };
        let tenants = app.store.system_read().await?.list_tenants(page).await?;
        after = tenants.items.last().map(|tenant| Created { at: tenant.created_at, id: tenant.id.0 });
        for tenant in &tenants.items {
            if let Err(error) = forget_expired_of(app, tenant.id).await {
                tracing::error!(tenant.id = %tenant.id, %error, "expired rows were not forgotten");
            }
        }
        if tenants.next_cursor.is_none() {
            return Ok(());
        }
    }
}

async fn forget_expired_of(app: &App, tenant: TenantId) -> Result<()> {
    let store = app.store.tenant(tenant).await?;
    let rows = authorize::purge_expired(&store).await? + registration::purge_unused_clients(&store).await?;
    if rows > 0 {
        store.commit().await?;
        tracing::info!(tenant.id = %tenant, rows, "expired rows forgotten");
    }
    Ok(())
}
