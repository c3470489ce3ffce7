//! Work of operators and of the process itself: the deployment, tenants. The only use-cases across tenants.

use proto::names::TenantSlug;
use secrecy::SecretString;

use crate::crypto::tokens;
use crate::domain::ids::OperatorId;
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
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

/// Makes an operator and answers the token, which is shown once.
pub async fn create_operator(app: &App, name: &str) -> Result<(OperatorId, SecretString)> {
    let store = app.store.system().await?;
    let (id, token) = (OperatorId(store.new_id()), tokens::opaque("pwo_")?);
    store.insert_operator(id, name, tokens::sha256(&token)).await?;
    store.commit().await?;
    Ok((id, token))
}

/// Who the bearer of an operator's token is. The digest is looked up, so nothing is compared byte by byte.
pub async fn authenticate_operator(app: &App, token: &SecretString) -> Result<OperatorId> {
    let store = app.store.system_read().await?;
    store.find_operator_by_token(tokens::sha256(token)).await?.ok_or(Error::Unauthenticated)
}
