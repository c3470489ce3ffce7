//! Work of operators and of the process itself: the deployment, tenants. The only use-cases across tenants.

use proto::names::TenantSlug;

use crate::domain::Result;
use crate::domain::tenancy::Tenant;
use crate::state::App;

/// Makes sure that the database has an identity (`history_id`).
pub async fn open_deployment(app: &App) -> Result<()> {
    let store = app.store.system().await?;
    store.history_id().await?;
    store.commit().await
}

/// The tenant that a URL names, whatever its status.
pub async fn find_tenant(app: &App, slug: &TenantSlug) -> Result<Option<Tenant>> {
    app.store.system_read().await?.find_tenant_by_slug(slug.as_str()).await
}
