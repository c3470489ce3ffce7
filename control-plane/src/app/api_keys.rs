//! Personal API keys: made by a person who is signed in, shown once, verified by nodes and by the REST API.
//!
//! A key never makes, sees or ends keys. The answer to a new one says how many nodes may not know it yet.

use chrono::{DateTime, TimeDelta, Utc};
use proto::api_key::{self, ApiKeyText};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Caller, Ctx, Proof, acks, servers};
use crate::crypto::tokens;
use crate::domain::access::{Action, allows};
use crate::domain::api_key::{ApiKey, ApiKeyStatus, KeyScope};
use crate::domain::audit::AuditEntry;
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::{ApiKeyId, ServerId, TenantId, UserId};
use crate::domain::limits::{API_KEY_DAYS_DEFAULT, API_KEY_DAYS_MAX, API_KEY_SERVERS_MAX, API_KEYS_PER_USER_MAX};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::{TenantStatus, User};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::{ResourceKind, TenantStore};

/// What to make, as typed.
pub struct NewApiKey {
    pub name: String,
    pub expiry: Expiry,
    /// `None`: every server the person may use.
    pub servers: Option<Vec<ServerId>>,
}

/// When a key ends; never only if somebody says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expiry {
    #[default]
    Default,
    Days(u32),
    Never,
}

/// A fresh key and its text, which is shown once.
pub struct IssuedApiKey {
    pub key: ApiKey,
    pub text: SecretString,
    /// Connected nodes that did not confirm it in time; 0 = it works everywhere now.
    pub pending_nodes: usize,
}

/// Whose keys to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysOf {
    Mine,
    User(UserId),
    Everyone,
}

/// Makes a key of the caller's own. Answers once connected nodes know it, or says how many do not.
pub async fn create(ctx: &Ctx, new: NewApiKey) -> Result<IssuedApiKey> {
    ctx.caller.session_id()?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    // Locked, so that no key is made while its owner is being deactivated, and the count below is true.
    store.lock_user(ctx.caller.user_id).await?.filter(User::is_active).ok_or(Error::Unauthenticated)?;
    let (id, now) = (ApiKeyId(store.new_id()), store.now());
    let mut mistakes = Mistakes::default();
    let name = mistakes.take("name", fields::name(&new.name));
    let expires_at = mistakes.take("expires_in_days", expires_at(new.expiry, now));
    let scope = mistakes.take("server_ids", scope(ctx, &store, new.servers).await?);
    let key = (|| {
        let (user_id, name, scope, expires_at) = (ctx.caller.user_id, name?, scope?, expires_at?);
        Some(ApiKey { id, user_id, name, scope, created_at: now, expires_at, last_used_at: None, revoked_at: None })
    })();
    let key = mistakes.finish(key)?;
    if store.count_live_api_keys(key.user_id, now).await? >= API_KEYS_PER_USER_MAX {
        let public = format!("{API_KEYS_PER_USER_MAX} keys of yours work already: revoke one first");
        return Err(Error::conflict("key.too_many", public));
    }
    let secret = tokens::opaque("")?;
    store.insert_api_key(&key, tokens::sha256(&secret)).await?;
    store.changed(ResourceKind::ApiKey, id.0);
    let detail = json!({ "expires_at": key.expires_at, "server_ids": key.scope.servers() });
    store.audit(entry(ctx, "api_key.created", id, detail));
    let revision = store.commit().await?;
    let pending_nodes = acks::pending(&ctx.app, ctx.tenant_id, revision, id.0).await;
    Ok(IssuedApiKey { key, text: api_key::text(id.0, secret.expose_secret()).into(), pending_nodes })
}

fn expires_at(expiry: Expiry, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, fields::Mistake> {
    let days = match expiry {
        Expiry::Never => return Ok(None),
        Expiry::Default => API_KEY_DAYS_DEFAULT,
        Expiry::Days(days) => days,
    };
    if !(1..=API_KEY_DAYS_MAX).contains(&days) {
        return Err(("key.expiry", format!("must be 1 to {API_KEY_DAYS_MAX}")));
    }
    Ok(Some(now + TimeDelta::days(i64::from(days))))
}

/// Only servers that the person sees: anything else would tell which ids exist.
async fn scope(
    ctx: &Ctx,
    store: &TenantStore,
    named: Option<Vec<ServerId>>,
) -> Result<Result<KeyScope, fields::Mistake>> {
    let Some(mut ids) = named else { return Ok(Ok(KeyScope::All)) };
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Err(("key.no_server", "must name a server; leave it out for all you may use".to_owned())));
    }
    if ids.len() > API_KEY_SERVERS_MAX {
        return Ok(Err(("key.too_many_servers", format!("must have at most {API_KEY_SERVERS_MAX} entries"))));
    }
    for id in &ids {
        match servers::find_visible(ctx, store, *id).await {
            Ok(_) => {}
            Err(Error::NotFound { .. }) => {
                return Ok(Err(("key.unknown_server", format!("{id} is no server that you may use"))));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Ok(KeyScope::Servers(ids)))
}

/// Keys, newest first, also those that ended.
pub async fn list(ctx: &Ctx, of: KeysOf, page: PageRequest<Created>) -> Result<Page<ApiKey>> {
    ctx.caller.session_id()?;
    let owner = match of {
        KeysOf::Mine => Some(ctx.caller.user_id),
        KeysOf::User(id) if id == ctx.caller.user_id => Some(id),
        KeysOf::User(id) => {
            ctx.require(Action::ReadAllKeys)?;
            Some(id)
        }
        KeysOf::Everyone => {
            ctx.require(Action::ReadAllKeys)?;
            None
        }
    };
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_api_keys(owner, page).await
}

/// Ends a key: one's own, or anybody's by those who may. A key that has ended stays as it is.
pub async fn revoke(ctx: &Ctx, id: ApiKeyId) -> Result<()> {
    ctx.caller.session_id()?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let absent = || Error::NotFound { what: "key" };
    let (key, _) = store.find_api_key(id).await?.ok_or_else(absent)?;
    if key.user_id != ctx.caller.user_id {
        if !allows(ctx.caller.role, Action::ReadAllKeys) {
            return Err(absent());
        }
        ctx.require(Action::RevokeAnyKey)?;
    }
    if store.revoke_api_key(id).await? {
        store.changed(ResourceKind::ApiKey, id.0);
        store.audit(entry(ctx, "api_key.revoked", id, json!({ "user": key.user_id })));
    }
    store.commit().await?;
    Ok(())
}

/// Why a text is no key; said before anything is looked up.
pub fn check_text(text: &SecretString) -> Result<()> {
    match ApiKeyText::parse(text.expose_secret()) {
        Ok(_) => Ok(()),
        Err(api_key::ApiKeyFault::Shape) => {
            Err(Error::BadKey { code: "key.malformed", public: "The API key is incomplete: copy it again." })
        }
        Err(api_key::ApiKeyFault::Checksum) => {
            Err(Error::BadKey { code: "key.checksum", public: "The API key has a typo: its checksum does not fit." })
        }
    }
}

/// One answer for keys that never existed, of other tenants, with another secret, revoked, or of inactive people.
pub fn unknown() -> Error {
    Error::BadKey { code: "key.unknown", public: "The API key is not known here: it was revoked, or never issued." }
}

/// Who the bearer of a key is, for the REST API. Keys for servers only are refused.
pub async fn authenticate(app: &App, tenant_id: TenantId, text: &SecretString) -> Result<Caller> {
    let parsed = ApiKeyText::parse(text.expose_secret()).map_err(|_| unknown())?;
    let digest = tokens::sha256_bytes(parsed.secret.as_bytes());
    let store = app.store.tenant_read(tenant_id).await?;
    let now = store.now();
    let found = store.find_api_key(ApiKeyId(parsed.id)).await?;
    let (key, _) = found.filter(|(_, stored)| tokens::same_digest(stored, &digest)).ok_or_else(unknown)?;
    match key.status(now) {
        ApiKeyStatus::Active => {}
        ApiKeyStatus::Expired => {
            return Err(Error::BadKey { code: "key.expired", public: "The API key has expired: make a new one." });
        }
        ApiKeyStatus::Revoked => return Err(unknown()),
    }
    let user = store.find_user(key.user_id).await?.filter(User::is_active).ok_or_else(unknown)?;
    if store.get_tenant().await?.status != TenantStatus::Active {
        return Err(unknown());
    }
    drop(store);
    if key.scope != KeyScope::All {
        return Err(Error::KeyNotAllowed { public: "This API key is for single servers only: it cannot use the API." });
    }
    if key.touch_is_due(now) {
        let store = app.store.tenant(tenant_id).await?;
        store.touch_api_key(key.id, now).await?;
        store.commit().await?;
    }
    Ok(Caller { user_id: user.id, role: user.role, proof: Proof::ApiKey(key.id) })
}

fn entry(ctx: &Ctx, action: &'static str, id: ApiKeyId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind: "api_key", target_id: Some(id.0), detail }
}
