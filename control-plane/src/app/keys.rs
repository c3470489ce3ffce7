//! Keys of a tenant: those that sign access tokens, and those with which nodes seal legacy session ids.
//!
//! A new signing key is published first and signs only once connected nodes have it, so that no node ever meets a
//! token whose key it does not know.

use chrono::{DateTime, TimeDelta, Utc};
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
use crate::domain::limits::{SESSION_KEY_RETIRED_S, SIGNING_KEY_RETIRED_S};
use crate::state::App;
use crate::store::{KeyState, ResourceKind, SigningKeyRow, TenantStore};

/// The first signing key of a tenant, part of its creation. It may sign at once: a node meets a token of this tenant
/// only with a revision (`rev`) that includes the key.
pub async fn create_signing_key(app: &App, store: &TenantStore) -> Result<Uuid> {
    let mut key = new_signing_key(&app.data_key(store).await?, store)?;
    key.activated_at = Some(key.created_at);
    store.insert_signing_key(&key).await?;
    store.changed(ResourceKind::SigningKey, key.id);
    Ok(key.id)
}

/// The first session key of a tenant, part of its creation: it may seal at once.
pub async fn create_session_key(app: &App, store: &TenantStore) -> Result<Uuid> {
    insert_session_key(app, store, KeyState::Active).await
}

/// Which keys to rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    Signing,
    Session,
}

/// What a rotation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    Rotated,
    /// The present key is not old enough.
    NotDue,
    /// Some node has not acknowledged the new key: it is published and does not work yet. Call again later.
    WaitingForNodes,
}

/// Replaces the working key if it was made before `older_than`: publishes a pending one (or takes up the one a previous
/// attempt left), waits until connected nodes have it, lets it work. Replicas may call at once: the row of the present
/// key is locked while one is added, and only one of them activates it.
pub async fn rotate(
    app: &App,
    tenant_id: TenantId,
    kind: KeyKind,
    older_than: DateTime<Utc>,
    actor: Actor,
) -> Result<Rotation> {
    let store = app.store.tenant(tenant_id).await?;
    let pending = match kind {
        KeyKind::Signing => pending_signing_key(app, &store, older_than).await?,
        KeyKind::Session => pending_session_key(app, &store, older_than).await?,
    };
    let Some(id) = pending else { return Ok(Rotation::NotDue) };
    let revision = store.commit().await?;
    if acks::pending(app, tenant_id, revision, id).await > 0 {
        return Ok(Rotation::WaitingForNodes);
    }
    let store = app.store.tenant(tenant_id).await?;
    let (activated, action, target_kind) = match kind {
        KeyKind::Signing => (store.activate_signing_key(id).await?.is_some(), "signing_key.rotated", "signing_key"),
        KeyKind::Session => (store.activate_session_key(id).await?, "session_key.rotated", "session_key"),
    };
    if activated {
        if kind == KeyKind::Session {
            store.changed(ResourceKind::SessionKey, id);
        }
        store.audit(AuditEntry { actor, action, target_kind, target_id: Some(id), detail: json!({}) });
    }
    store.commit().await?;
    Ok(Rotation::Rotated)
}

async fn pending_signing_key(app: &App, store: &TenantStore, older_than: DateTime<Utc>) -> Result<Option<Uuid>> {
    let active = store.lock_active_signing_key().await?;
    let keys = store.list_signing_keys(store.now()).await?;
    if let Some(pending) = keys.iter().find(|key| key.activated_at.is_none()) {
        return Ok(Some(pending.id));
    }
    if active.created_at >= older_than {
        return Ok(None);
    }
    let key = new_signing_key(&app.data_key(store).await?, store)?;
    store.insert_signing_key(&key).await?;
    store.changed(ResourceKind::SigningKey, key.id);
    Ok(Some(key.id))
}

async fn pending_session_key(app: &App, store: &TenantStore, older_than: DateTime<Utc>) -> Result<Option<Uuid>> {
    let keys = store.lock_session_keys().await?;
    if let Some(pending) = keys.iter().find(|key| key.state == KeyState::Pending) {
        return Ok(Some(pending.id));
    }
    if keys.iter().any(|key| key.state == KeyState::Active && key.created_at >= older_than) {
        return Ok(None);
    }
    insert_session_key(app, store, KeyState::Pending).await.map(Some)
}

async fn insert_session_key(app: &App, store: &TenantStore, state: KeyState) -> Result<Uuid> {
    let (id, secret) = (store.new_id(), Zeroizing::new(tokens::random_bytes::<32>()?));
    let sealed = app.data_key(store).await?.seal(store.tenant_id(), Purpose::SessionKey, id, &*secret)?;
    store.insert_session_key(id, sealed, state).await?;
    store.changed(ResourceKind::SessionKey, id);
    Ok(id)
}

/// How long a retired signing key still verifies.
pub(super) fn signing_overlap() -> TimeDelta {
    TimeDelta::seconds(SIGNING_KEY_RETIRED_S)
}

/// Takes keys away that nothing alive rests on any more; nodes are told. Idempotent; the caller commits.
pub(super) async fn forget_lapsed(store: &TenantStore) -> Result<u64> {
    let signing = store.delete_retired_signing_keys(store.now() - signing_overlap()).await?;
    let before = store.now() - TimeDelta::seconds(SESSION_KEY_RETIRED_S);
    let session = store.delete_retired_session_keys(before).await?;
    let gone = signing.iter().map(|id| (ResourceKind::SigningKey, *id));
    let gone = gone.chain(session.iter().map(|id| (ResourceKind::SessionKey, *id)));
    gone.for_each(|(kind, id)| store.changed(kind, id));
    Ok((signing.len() + session.len()) as u64)
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

    /// Something else than an access token.
    pub fn sign_statement(&self, claims: &Value) -> Result<SecretString> {
        signing::sign_statement(&self.kid, &self.private, claims)
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
