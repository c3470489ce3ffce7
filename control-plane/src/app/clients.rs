//! Clients as administrators see them: all that registered, and those registered by hand, some with a secret.

use chrono::TimeDelta;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::Ctx;
use crate::crypto::tokens;
use crate::domain::access::Action;
use crate::domain::audit::AuditEntry;
use crate::domain::ids::ClientId;
use crate::domain::limits::{BLOCKED_CLIENTS_MAX, SECRET_OVERLAP_S_MAX};
use crate::domain::oauth::client::{self, Client, ClientAuth, ClientKind, ClientSecret, SECRET_PREFIX};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

/// What to register, as typed.
pub struct NewClient {
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub auth: ClientAuth,
}

/// What to change, as typed; `None` leaves as is.
pub struct ClientChange {
    pub name: Option<String>,
    pub redirect_uris: Option<Vec<String>>,
    /// Of clients of every kind: nothing is done for a blocked one, and its tokens open nothing.
    pub blocked: Option<bool>,
}

/// Registers a client; one with a secret gets its first, shown this once.
pub async fn create(ctx: &Ctx, new: NewClient) -> Result<(Client, Option<SecretString>)> {
    ctx.require(Action::ManageClients)?;
    let name = client::checked(&new.name, &new.redirect_uris)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let id = ClientId(store.new_id());
    let client = Client {
        id,
        client_id: id.to_string(),
        kind: ClientKind::Static,
        auth: new.auth,
        name,
        redirect_uris: new.redirect_uris,
        created_at: store.now(),
        last_used_at: None,
        blocked_at: None,
    };
    store.insert_static_client(&client).await?;
    let secret = match new.auth {
        ClientAuth::Secret => Some(insert_secret(&store, id).await?),
        ClientAuth::None => None,
    };
    store.audit(entry(ctx, "client.registered", id, json!({ "auth": client.auth })));
    store.commit().await?;
    Ok((client, secret))
}

pub async fn list(ctx: &Ctx, page: PageRequest<Created>) -> Result<Page<Client>> {
    ctx.require(Action::ReadClients)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_clients(page).await
}

/// A client and when each of its live secrets was made and ends.
pub async fn get(ctx: &Ctx, id: ClientId) -> Result<(Client, Vec<ClientSecret>)> {
    ctx.require(Action::ReadClients)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    Ok((store.get_client(id).await?, store.list_client_secrets(id).await?))
}

pub async fn update(ctx: &Ctx, id: ClientId, change: ClientChange) -> Result<Client> {
    ctx.require(Action::ManageClients)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let old = store.lock_client(id).await?;
    if change.name.is_some() || change.redirect_uris.is_some() {
        client::require_static(&old)?;
    }
    let name = change.name.unwrap_or_else(|| old.name.clone());
    let redirect_uris = change.redirect_uris.unwrap_or_else(|| old.redirect_uris.clone());
    let name = match old.kind {
        ClientKind::Static => client::checked(&name, &redirect_uris)?,
        ClientKind::Dynamic | ClientKind::MetadataDocument => name,
    };
    let blocked_at = match change.blocked {
        Some(true) => old.blocked_at.or(Some(store.now())),
        Some(false) => None,
        None => old.blocked_at,
    };
    let is_switched = blocked_at.is_some() != old.blocked_at.is_some();
    if is_switched && blocked_at.is_some() && store.list_blocked_clients().await?.len() >= BLOCKED_CLIENTS_MAX {
        let public = format!("{BLOCKED_CLIENTS_MAX} clients are blocked already: unblock one first");
        return Err(Error::conflict("client.too_many_blocked", public));
    }
    let new = Client { name, redirect_uris, blocked_at, ..old.clone() };
    if new != old {
        store.update_client(&new).await?;
        let fields = [("name", new.name != old.name), ("redirect_uris", new.redirect_uris != old.redirect_uris)];
        let changed: Vec<&str> = fields.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect();
        if is_switched {
            // Nodes learn of it with the tenant's settings.
            store.changed(ResourceKind::TenantSettings, ctx.tenant_id.0);
            let action = if blocked_at.is_some() { "client.blocked" } else { "client.unblocked" };
            store.audit(entry(ctx, action, id, json!({ "client_id": new.client_id, "name": new.name })));
        }
        if !changed.is_empty() {
            store.audit(entry(ctx, "client.changed", id, json!({ "fields": changed })));
        }
        store.commit().await?;
    }
    Ok(new)
}

/// A further secret. Those before it end after `overlap_s`, so that the client can change over without a gap.
pub async fn rotate_secret(ctx: &Ctx, id: ClientId, overlap_s: u32) -> Result<SecretString> {
    ctx.require(Action::ManageClients)?;
    if overlap_s > SECRET_OVERLAP_S_MAX {
        let public = format!("must be 0 to {SECRET_OVERLAP_S_MAX}");
        return Err(Error::invalid("client.overlap", "overlap_s", public));
    }
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let client = store.get_client(id).await?;
    client::require_static(&client)?;
    if client.auth != ClientAuth::Secret {
        return Err(Error::conflict("client.public", "this client is public: it has no secret"));
    }
    store.end_client_secrets(id, store.now() + TimeDelta::seconds(i64::from(overlap_s))).await?;
    let secret = insert_secret(&store, id).await?;
    store.audit(entry(ctx, "client.secret_rotated", id, json!({ "overlap_s": overlap_s })));
    store.commit().await?;
    Ok(secret)
}

/// Forgets a client and ends all its grants. It may come back if it registers itself.
pub async fn delete(ctx: &Ctx, id: ClientId) -> Result<()> {
    ctx.require(Action::ManageClients)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let client = store.lock_client(id).await?;
    if client.blocked_at.is_some() {
        let public = "this client is blocked, and would come back without the block: unblock it first, or leave it";
        return Err(Error::conflict("client.blocked", public));
    }
    let grants = store.end_grants_of_client(id, "client_deleted").await?;
    if !store.delete_client(id).await? {
        return Err(Error::NotFound { what: "client" });
    }
    store.audit(entry(ctx, "client.deleted", id, json!({ "kind": client.kind, "oauth_grants": grants })));
    store.commit().await?;
    Ok(())
}

async fn insert_secret(store: &TenantStore, client_id: ClientId) -> Result<SecretString> {
    let text = tokens::opaque(SECRET_PREFIX)?;
    let secret = ClientSecret {
        id: store.new_id(),
        client_id,
        sha256: tokens::sha256(&text).to_vec(),
        created_at: store.now(),
        expires_at: None,
    };
    store.insert_client_secret(&secret).await?;
    Ok(text)
}

fn entry(ctx: &Ctx, action: &'static str, id: ClientId, detail: Value) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind: "client", target_id: Some(id.0), detail }
}
