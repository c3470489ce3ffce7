//! Which client asks, proven as it is registered (RFC 6749 §2.3, §3.2.1).

use secrecy::SecretString;

use crate::app::documents;
use crate::crypto::tokens;
use crate::domain::oauth::OAuthError;
use crate::domain::oauth::client::{Client, ClientAuth, ClientKind};
use crate::domain::tenancy::Tenant;
use crate::state::App;
use crate::store::TenantStore;

/// What a client presented of itself, each part at most once.
#[derive(Default)]
pub struct Presented {
    pub client_id: Option<String>,
    pub secret: Option<SecretString>,
}

/// The client, or `invalid_client`. A public client that sends a secret means another server or is another program.
pub(in crate::app) async fn authenticate(
    app: &App,
    tenant: &Tenant,
    store: &TenantStore,
    presented: &Presented,
) -> Result<Client, OAuthError> {
    let client_id = presented.client_id.as_deref().ok_or(OAuthError::InvalidRequest("client_id is missing"))?;
    let client = store.find_client_by_client_id(client_id).await?.ok_or(OAuthError::InvalidClient)?;
    if client.kind == ClientKind::MetadataDocument && !documents::is_trusted(app, tenant, client_id) {
        return Err(OAuthError::InvalidClient);
    }
    let client = match (client.auth, &presented.secret) {
        (ClientAuth::None, None) => Ok(client),
        (ClientAuth::Secret, Some(secret)) => {
            let digest = tokens::sha256(secret);
            let live = store.list_client_secrets(client.id).await?;
            // Every one is compared: which of them it was does not show in the time it takes (I8).
            let same = live.iter().fold(false, |same, one| same | tokens::same_digest(&digest, &one.sha256));
            if same { Ok(client) } else { Err(OAuthError::InvalidClient) }
        }
        (ClientAuth::None, Some(_)) | (ClientAuth::Secret, None) => Err(OAuthError::InvalidClient),
    }?;
    match client.blocked_at {
        // Not `invalid_grant`: it keeps its refresh tokens for when the block is lifted.
        Some(_) => Err(OAuthError::UnauthorizedClient("an administrator of this organisation has blocked this client")),
        None => Ok(client),
    }
}
