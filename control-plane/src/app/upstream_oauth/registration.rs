//! Under what name a provider knows us: by hand, by a document about us, or by registering (A25, O4).

use http::header::{ACCEPT, CONTENT_TYPE};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Refusal, description, document_url, error_code, send};
use crate::crypto::vault::Purpose;
use crate::domain::Error;
use crate::domain::ids::{ServerId, TenantId};
use crate::domain::limits::CLIENT_ID_BYTES_MAX;
use crate::domain::server::Server;
use crate::domain::tenancy::Tenant;
use crate::domain::upstream_oauth::{OauthSettings, Provider, UpstreamClient};
use crate::state::App;
use crate::store::{TenantStore, UpstreamClientRow};

/// Our name at the provider, for this server.
pub(super) async fn client(
    app: &App,
    tenant: &Tenant,
    server: &Server,
    settings: &OauthSettings,
    provider: &Provider,
) -> Result<UpstreamClient, Refusal> {
    let store = app.store.tenant_read(tenant.id).await?;
    if let Some(client_id) = &settings.client_id {
        let secret = static_secret(app, tenant.id, server).await?;
        return Ok(UpstreamClient { client_id: client_id.clone(), secret });
    }
    if by_document(app, provider) {
        return Ok(UpstreamClient { client_id: document_url(app, tenant), secret: None });
    }
    if let Some(row) = store.find_upstream_client_at(&provider.issuer).await? {
        let secret = open(app, &store, &row).await?;
        return Ok(UpstreamClient { client_id: row.client_id, secret });
    }
    drop(store);
    register(app, tenant, server, provider).await
}

/// The secret of a client that somebody registered by hand.
pub(super) async fn static_secret(app: &App, tenant: TenantId, server: &Server) -> Result<Option<SecretString>, Error> {
    let store = app.store.tenant_read(tenant).await?;
    match store.find_upstream_client_of(server.id).await? {
        Some(row) => open(app, &store, &row).await,
        None => Ok(None),
    }
}

/// Whether the provider refuses a client that registered itself: it has forgotten us, and the next account is connected
/// under a new registration. What somebody registered by hand is put right by hand (O4).
pub(super) fn is_forgotten(
    app: &App,
    settings: &OauthSettings,
    provider: &Provider,
    client_id: &str,
    code: &str,
) -> bool {
    let by_hand = settings.client_id.as_deref() == Some(client_id);
    code == "invalid_client" && !by_hand && !by_document(app, provider)
}

fn by_document(app: &App, provider: &Provider) -> bool {
    provider.takes_documents && app.config.is_https()
}

async fn register(app: &App, tenant: &Tenant, server: &Server, provider: &Provider) -> Result<UpstreamClient, Refusal> {
    let endpoint = provider.registration.as_ref().ok_or_else(|| {
        Refusal::Setup(
            "the provider lets nobody register by themselves: register Portway there, and set client_id".into(),
        )
    })?;
    let mut body = description(app, tenant);
    if let Some(members) = body.as_object_mut() {
        let method = if provider.secret_in_body { "client_secret_post" } else { "client_secret_basic" };
        members.insert("token_endpoint_auth_method".to_owned(), json!(method));
    }
    let request = http::Request::post(endpoint.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(Error::internal)?;
    let answer =
        send(app, server, request).await.map_err(|why| Refusal::Away(format!("the registration endpoint {why}")))?;
    if !answer.status().is_success() {
        let code = error_code(answer.body()).unwrap_or_else(|| answer.status().as_u16().to_string());
        return Err(Refusal::Setup(format!("the provider did not register Portway ({code}): set a client_id")));
    }
    let said: Value = serde_json::from_slice(answer.body())
        .map_err(|_| Refusal::Answer("the registration endpoint answers with something else than a client".into()))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).filter(|text| text.len() <= CLIENT_ID_BYTES_MAX);
    let client_id = text("client_id").filter(|id| !id.is_empty());
    let client_id = client_id.ok_or_else(|| Refusal::Answer("the registration has no client_id".into()))?.to_owned();
    let secret = text("client_secret").filter(|secret| !secret.is_empty());
    let secret = secret.map(|secret| SecretString::from(secret.to_owned()));
    let store = app.store.tenant(tenant.id).await?;
    let id = store.new_id();
    let row = UpstreamClientRow {
        id,
        issuer: Some(provider.issuer.clone()),
        server_id: None,
        client_id: client_id.clone(),
        secret_sealed: seal(app, &store, id, secret.as_ref()).await?,
    };
    // Two first people at once: whoever came first is known, the other registration is forgotten.
    let kept = store.insert_upstream_client(&row).await?;
    let known = store.find_upstream_client_at(&provider.issuer).await?.filter(|_| !kept);
    let client = match known {
        Some(row) => {
            let secret = open(app, &store, &row).await?;
            UpstreamClient { client_id: row.client_id, secret }
        }
        None => UpstreamClient { client_id, secret },
    };
    store.commit().await?;
    Ok(client)
}

/// Whether there is a secret of a client that somebody registered by hand.
pub(in crate::app) async fn has_static_secret(store: &TenantStore, server: ServerId) -> Result<bool, Error> {
    Ok(store.find_upstream_client_of(server).await?.is_some_and(|row| row.secret_sealed.is_some()))
}

/// Keeps the secret of a client that somebody registered by hand; `None` leaves the stored one if that `is_the_same`
/// client, at the same provider.
pub(in crate::app) async fn put_static(
    app: &App,
    store: &TenantStore,
    server: &Server,
    client_id: Option<&str>,
    secret: Option<&SecretString>,
    is_the_same: bool,
) -> Result<(), Error> {
    let Some(client_id) = client_id else {
        store.delete_upstream_client_of(server.id).await?;
        return Ok(());
    };
    let before = store.find_upstream_client_of(server.id).await?;
    let id = before.as_ref().map_or_else(|| store.new_id(), |row| row.id);
    let kept = before.filter(|_| is_the_same).and_then(|row| row.secret_sealed);
    let secret_sealed = match secret {
        Some(_) => seal(app, store, id, secret).await?,
        None => kept,
    };
    store.delete_upstream_client_of(server.id).await?;
    let (issuer, client_id) = (None, client_id.to_owned());
    store
        .insert_upstream_client(&UpstreamClientRow { id, issuer, server_id: Some(server.id), client_id, secret_sealed })
        .await?;
    Ok(())
}

async fn seal(
    app: &App,
    store: &TenantStore,
    id: uuid::Uuid,
    secret: Option<&SecretString>,
) -> Result<Option<Vec<u8>>, Error> {
    use secrecy::ExposeSecret as _;
    let Some(secret) = secret else { return Ok(None) };
    let key = app.data_key(store).await?;
    key.seal(store.tenant_id(), Purpose::UpstreamClientSecret, id, secret.expose_secret().as_bytes()).map(Some)
}

async fn open(app: &App, store: &TenantStore, row: &UpstreamClientRow) -> Result<Option<SecretString>, Error> {
    let Some(sealed) = &row.secret_sealed else { return Ok(None) };
    let plain = app.data_key(store).await?.open(store.tenant_id(), Purpose::UpstreamClientSecret, row.id, sealed)?;
    let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
    Ok(Some(text.to_owned().into()))
}
