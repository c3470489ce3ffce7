//! Dynamic client registration, and forgetting clients that nobody approved.

use std::net::IpAddr;

use chrono::TimeDelta;
use serde_json::Value;

use crate::domain::Result;
use crate::domain::ids::ClientId;
use crate::domain::limits::CLIENT_UNUSED_S;
use crate::domain::oauth::OAuthError;
use crate::domain::oauth::registration::{self, Rules};
use crate::domain::tenancy::Tenant;
use crate::rate::Door;
use crate::state::App;
use crate::store::TenantStore;

/// Registers a client and answers what is stored of it (RFC 7591 §3.2.1). Anonymous, so not audited: the approval is.
pub async fn register(app: &App, tenant: &Tenant, address: IpAddr, body: &Value) -> Result<Value, OAuthError> {
    app.rates.take(tenant.id, Door::Register(address))?;
    let client = registration::parse(body, Rules { private_use_schemes: tenant.settings.private_use_schemes })?;
    let store = app.store.tenant(tenant.id).await?;
    // The server picks the id, so no client looks like a person or like another client (RFC 9700 §4.15).
    let id = ClientId(store.new_id());
    let client_id = id.to_string();
    store.insert_dynamic_client(id, &client_id, &client).await?;
    let issued_at = store.now();
    store.commit().await?;
    Ok(client.response(&client_id, issued_at))
}

/// Forgets clients that were registered a day ago and never approved (ATK-2). Idempotent; the caller commits.
pub async fn purge_unused_clients(store: &TenantStore) -> Result<u64> {
    store.delete_unused_clients(store.now() - TimeDelta::seconds(CLIENT_UNUSED_S)).await
}
