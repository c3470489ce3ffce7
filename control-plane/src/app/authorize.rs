//! The authorization endpoint: from a client's request to a stored one that waits for a person's decision.

use std::net::IpAddr;

use chrono::TimeDelta;
use secrecy::SecretString;

use super::documents;
use crate::crypto::tokens;
use crate::domain::ids::AuthorizationRequestId;
use crate::domain::limits::{AUTHORIZATION_REQUEST_S, SESSION_KEPT_S};
use crate::domain::oauth::request::Parameters;
use crate::domain::oauth::{AuthorizationRequest, Client, OAuthError};
use crate::domain::oauth::{document, redirect};
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::rate::Door;
use crate::state::App;
use crate::store::TenantStore;

/// Why a request does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The client or where it wants the answer is not known: only the person may be told, never the address in the
    /// request (RFC 6749 §4.1.2.1).
    #[error("unknown client")]
    UnknownClient,
    /// The client names a document that cannot be had or breaks a rule.
    #[error("client document: {0}")]
    ClientDocument(&'static str),
    /// Said to the person alone: the client is not to be sent anybody.
    #[error("blocked client")]
    ClientBlocked,
    #[error("unknown redirect URI")]
    UnknownRedirectUri,
    /// The client may be told, at this URL.
    #[error("{error}")]
    Redirect { url: String, error: OAuthError },
    #[error(transparent)]
    Domain(#[from] Error),
}

/// Validates a request and stores it for the browser that holds `browser`, the value of its flow cookie.
pub async fn begin(
    app: &App,
    tenant: &Tenant,
    address: IpAddr,
    asked: &Parameters,
    browser: &SecretString,
) -> Result<AuthorizationRequestId, Refusal> {
    app.rates.take(tenant.id, Door::Authorize(address))?;
    let client = find_client(app, tenant, address, asked).await?;
    if client.blocked_at.is_some() {
        return Err(Refusal::ClientBlocked);
    }
    let redirect_uri = asked.redirect_uri.as_ref().filter(|_| !asked.ambiguous_client);
    let redirect_uri = redirect_uri
        .filter(|asked| client.redirect_uris.iter().any(|known| redirect::matches(known, asked)))
        .ok_or(Refusal::UnknownRedirectUri)?;
    let valid = asked.check(tenant).map_err(|error| Refusal::Redirect {
        url: error_url(tenant, redirect_uri, asked.state.as_deref(), error.code(), error.description()),
        error,
    })?;
    let store = app.store.tenant(tenant.id).await?;
    let request = AuthorizationRequest {
        id: AuthorizationRequestId(store.new_id()),
        browser_sha256: tokens::sha256(browser).to_vec(),
        client_id: client.id,
        redirect_uri: redirect_uri.clone(),
        state: asked.state.clone(),
        scope: valid.scope,
        resource: valid.resource.canonical,
        code_challenge: valid.code_challenge,
        created_at: store.now(),
        expires_at: store.now() + TimeDelta::seconds(AUTHORIZATION_REQUEST_S),
        decided_at: None,
    };
    store.insert_authorization_request(&request).await?;
    store.commit().await?;
    Ok(request.id)
}

async fn find_client(app: &App, tenant: &Tenant, address: IpAddr, asked: &Parameters) -> Result<Client, Refusal> {
    let client_id = asked.client_id.as_deref().filter(|_| !asked.ambiguous_client).ok_or(Refusal::UnknownClient)?;
    if document::is_document_id(client_id) {
        return documents::find(app, tenant, address, client_id).await.map_err(|error| match error {
            OAuthError::Domain(error) => error.into(),
            error => Refusal::ClientDocument(error.description()),
        });
    }
    let store = app.store.tenant_read(tenant.id).await?;
    store.find_client_by_client_id(client_id).await?.ok_or(Refusal::UnknownClient)
}

/// The request, if this browser started it and it has not expired (ATK-1). All else is the same `NotFound`.
pub(super) async fn get_bound_request(
    store: &TenantStore,
    id: AuthorizationRequestId,
    browser: Option<&SecretString>,
) -> Result<AuthorizationRequest> {
    let absent = || Error::NotFound { what: "authorization request" };
    let browser = tokens::sha256(browser.ok_or_else(absent)?);
    let request = store.find_authorization_request(id).await?.ok_or_else(absent)?;
    let bound = tokens::same_digest(&browser, &request.browser_sha256);
    if bound && store.now() < request.expires_at { Ok(request) } else { Err(absent()) }
}

/// Where a client hears of an error. `iss` is on errors too (RFC 9207 §2).
pub(super) fn error_url(
    tenant: &Tenant,
    redirect_uri: &str,
    state: Option<&str>,
    code: &str,
    description: &str,
) -> String {
    let mut parameters = vec![("error", code), ("error_description", description)];
    parameters.extend(state.map(|state| ("state", state)));
    parameters.push(("iss", &tenant.issuer));
    redirect::with_parameters(redirect_uri, &parameters)
}

/// Forgets requests, refresh tokens, client secrets and browser sessions that ended. Idempotent; the caller commits.
pub async fn purge_expired(store: &TenantStore) -> Result<u64> {
    let now = store.now();
    let requests = store.delete_expired_authorization_requests(now - TimeDelta::days(1)).await?;
    let tokens = store.delete_expired_refresh_tokens(now - TimeDelta::days(1)).await?;
    let secrets = store.delete_ended_client_secrets(now).await?;
    let sessions = store.delete_ended_sessions(now - TimeDelta::seconds(SESSION_KEPT_S)).await?;
    let revoked = store.delete_lapsed_revoked_grants(now).await?;
    Ok(requests + tokens + secrets + sessions + revoked)
}
