//! Clients that are named by the URL of a document about them (CIMD). The document is read when such a client asks for
//! authorization; tokens rest on what was stored then, so that no site's outage signs anybody out.
//!
//! Per replica: one request at a time for one URL, a fresh answer is not asked for again, a failure is remembered too.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use url::Url;

use crate::domain::limits::{DOCUMENT_BYTES_MAX, DOCUMENT_FAILED_S, DOCUMENT_STALE_MAX_S, DOCUMENTS_KEPT_MAX};
use crate::domain::oauth::registration::{Registration, Rules};
use crate::domain::oauth::{Client, OAuthError, document, redirect};
use crate::domain::tenancy::Tenant;
use crate::rate::Door;
use crate::state::App;

/// What this replica read, by URL. Documents are public: tenants share them.
pub struct Documents {
    read: Cache<String, Arc<Reading>>,
}

/// One attempt to read a document.
struct Reading {
    outcome: Result<Registration, Failed>,
    /// Not asked again before.
    until: DateTime<Utc>,
}

/// Why there is no document.
struct Failed {
    why: &'static str,
    /// The site is away: what it said before may stand in. One that answers otherwise has taken its word back.
    is_outage: bool,
}

impl Default for Documents {
    fn default() -> Self {
        Self { read: Cache::builder().max_capacity(DOCUMENTS_KEPT_MAX).build() }
    }
}

/// Whether clients of this kind are let in at all: the deployment can read documents, the tenant wants them.
pub fn are_welcome(app: &App, tenant: &Tenant) -> bool {
    app.config.client_documents && tenant.settings.client_documents
}

/// Whether a client that the tenant knows by its document is still trusted; checked at each use.
pub fn is_trusted(app: &App, tenant: &Tenant, client_id: &str) -> bool {
    let trusted = document::parse_id(client_id).is_ok_and(|url| document::is_trusted(&tenant.settings, &url));
    trusted && are_welcome(app, tenant)
}

/// The client that the document at `client_id` describes, stored as the tenant's.
pub async fn find(app: &App, tenant: &Tenant, address: IpAddr, client_id: &str) -> Result<Client, OAuthError> {
    let refuse = OAuthError::InvalidClientDocument;
    if !are_welcome(app, tenant) {
        return Err(refuse("clients that are named by a URL are turned off here"));
    }
    let url = document::parse_id(client_id)?;
    if !document::is_trusted(&tenant.settings, &url) {
        return Err(refuse("this organisation does not trust the host of client_id"));
    }
    let reading = read(app, tenant, address, &url).await?;
    let registration = match &reading.outcome {
        Ok(registration) => registration,
        Err(Failed { why, is_outage: true }) => return stale(app, tenant, client_id).await?.ok_or(refuse(why)),
        Err(Failed { why, .. }) => return Err(refuse(why)),
    };
    check_rules(registration, Rules { private_use_schemes: tenant.settings.private_use_schemes })?;
    let store = app.store.tenant(tenant.id).await?;
    let id = store.put_document_client(client_id, registration).await?;
    let client = store.get_client(id).await?;
    store.commit().await?;
    Ok(client)
}

/// A reading that is fresh, made now if there is none. Only a request to the site counts against the limits.
async fn read(app: &App, tenant: &Tenant, address: IpAddr, url: &Url) -> Result<Arc<Reading>, OAuthError> {
    let (key, now) = (url.as_str(), app.clock.now());
    if let Some(known) = app.documents.read.get(key).await {
        if now < known.until {
            return Ok(known);
        }
        app.documents.read.invalidate(key).await;
    }
    app.rates.take(tenant.id, Door::Document(address))?;
    app.rates.take(tenant.id, Door::Documents)?;
    Ok(app.documents.read.get_with_by_ref(key, request(app, url)).await)
}

async fn request(app: &App, url: &Url) -> Arc<Reading> {
    let failed =
        |why, is_outage| (Err(Failed { why, is_outage }), app.clock.now() + TimeDelta::seconds(DOCUMENT_FAILED_S));
    let (outcome, until) = match app.fetcher.get_json(url, DOCUMENT_BYTES_MAX).await {
        Ok(found) => match document::parse(url.as_str(), &found.body) {
            Ok(client) => (Ok(client), document::fresh_until(app.clock.now(), &found.cache_control, found.age_s)),
            Err(error) => failed(error.description(), false),
        },
        Err(error) => {
            tracing::warn!(client.host = url.host_str(), %error, "a client's document was not read");
            failed("the client's document cannot be read", error.is_outage())
        }
    };
    Arc::new(Reading { outcome, until })
}

/// What was stored when the document could be read, if that is not too long ago.
async fn stale(app: &App, tenant: &Tenant, client_id: &str) -> Result<Option<Client>, OAuthError> {
    let store = app.store.tenant_read(tenant.id).await?;
    let oldest = store.now() - TimeDelta::seconds(DOCUMENT_STALE_MAX_S);
    match store.find_document_fetched_at(client_id).await? {
        Some(at) if at > oldest => Ok(store.find_client_by_client_id(client_id).await?),
        _ => Ok(None),
    }
}

/// The document is everybody's, these rules are the tenant's.
fn check_rules(client: &Registration, rules: Rules) -> Result<(), OAuthError> {
    let private =
        client.redirect_uris.iter().any(|uri| redirect::check(uri) == Ok(redirect::RedirectKind::PrivateScheme));
    if private && !rules.private_use_schemes {
        return Err(OAuthError::InvalidClientDocument("this organisation allows no private-use schemes"));
    }
    Ok(())
}
