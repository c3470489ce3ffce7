//! Keys of a tenant: those that sign access tokens, and those with which nodes seal legacy session ids.
//!
//! A new signing key is published first and signs only once connected nodes have it, so that no node ever meets a
//! token whose key it does not know.

use chrono::TimeDelta;
use proto::claims::AccessClaims;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::acks;
use crate::crypto::vault::{Key, Purpose};
use crate::crypto::{signing, tokens};
use crate::domain::Result;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::TenantId;
use crate::domain::limits::SIGNING_KEY_RETIRED_S;
use crate::state::App;
use crate::store::{ResourceKind, SigningKeyRow, TenantStore};

/// The first signing key of a tenant, part of its creation. It may sign at once: a node meets a token of this tenant
/// only with a revision (`rev`) that includes the key.
pub async fn create_signing_key(app: &App, store: &TenantStore) -> Result<Uuid> {
    let mut key = new_signing_key(&app.data_key(store).await?, store)?;
    key.activated_at = Some(key.created_at);
    store.insert_signing_key(&key).await?;
    store.changed(ResourceKind::SigningKey, key.id);
    Ok(key.id)
}

/// A further session key: the newest of the ring seals, the others still open.
pub async fn create_session_key(app: &App, store: &TenantStore) -> Result<Uuid> {
    let (id, secret) = (store.new_id(), tokens::random_bytes::<32>()?);
    let sealed = app.data_key(store).await?.seal(store.tenant_id(), Purpose::SessionKey, id, &secret)?;
    store.insert_session_key(id, sealed).await?;
    store.changed(ResourceKind::SessionKey, id);
    Ok(id)
}

/// Replaces the signing key: publishes a pending one (or takes up the one a previous attempt left), waits until
/// connected nodes have it, lets it sign. False if some node did not answer in time: call again later.
pub async fn rotate_signing_key(app: &App, tenant_id: TenantId) -> Result<bool> {
    let store = app.store.tenant(tenant_id).await?;
    let keys = store.list_signing_keys(store.now()).await?;
    let pending = keys.iter().find(|key| key.activated_at.is_none()).map(|key| key.id);
    let id = match pending {
        Some(id) => id,
        None => {
            let key = new_signing_key(&app.data_key(&store).await?, &store)?;
            store.insert_signing_key(&key).await?;
            store.changed(ResourceKind::SigningKey, key.id);
            store.audit(entry("signing_key.created", key.id));
            key.id
        }
    };
    let revision = store.commit().await?;
    if acks::pending(app, tenant_id, revision, id).await > 0 {
        return Ok(false);
    }
    let store = app.store.tenant(tenant_id).await?;
    if let Some(retired) = store.activate_signing_key(id).await? {
        store.audit(entry("signing_key.activated", id));
        for old in retired {
            store.audit(entry("signing_key.retired", old));
        }
    }
    store.commit().await?;
    Ok(true)
}

/// The active key, opened. Taken before the commit that a token's `rev` comes from, used after it.
pub struct Signer {
    kid: String,
    private: Zeroizing<Vec<u8>>,
}

impl Signer {
    pub async fn open(app: &App, store: &TenantStore) -> Result<Self> {
        let key = store.get_active_signing_key().await?;
        let data_key = app.data_key(store).await?;
        let private = data_key.open(store.tenant_id(), Purpose::SigningKey, key.id, &key.private_sealed)?;
        Ok(Self { kid: kid(key.id), private })
    }

    pub fn sign(&self, claims: &AccessClaims) -> Result<SecretString> {
        signing::sign(&self.kid, &self.private, claims)
    }
}

/// The key set (RFC 7517 §5): pending, active and recently retired keys.
pub async fn jwks(app: &App, tenant_id: TenantId) -> Result<Value> {
    let store = app.store.tenant_read(tenant_id).await?;
    let keys = store.list_signing_keys(store.now() - TimeDelta::seconds(SIGNING_KEY_RETIRED_S)).await?;
    let keys: Vec<Value> = keys.into_iter().map(|key| key.public_jwk).collect();
    Ok(json!({ "keys": keys }))
}

fn new_signing_key(data_key: &Key, store: &TenantStore) -> Result<SigningKeyRow> {
    let id = store.new_id();
    let key = signing::generate(&kid(id))?;
    Ok(SigningKeyRow {
        id,
        public_jwk: key.public_jwk,
        private_sealed: data_key.seal(store.tenant_id(), Purpose::SigningKey, id, &key.pkcs8)?,
        created_at: store.now(),
        activated_at: None,
        retired_at: None,
    })
}

fn kid(id: Uuid) -> String {
    id.simple().to_string()
}

fn entry(action: &'static str, id: Uuid) -> AuditEntry {
    AuditEntry { actor: Actor::System, action, target_kind: "signing_key", target_id: Some(id), detail: json!({}) }
}
