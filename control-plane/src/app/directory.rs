//! Which tenant a URL means.

use proto::names::TenantSlug;

use crate::domain::Result;
use crate::domain::tenancy::Tenant;
use crate::state::App;

/// The tenant of a slug, whatever its status. Slugs are public: they stand in every URL.
pub async fn find_tenant(app: &App, slug: &TenantSlug) -> Result<Option<Tenant>> {
    app.store.system_read().await?.find_tenant_by_slug(slug.as_str()).await
}
