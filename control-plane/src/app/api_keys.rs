//! API keys: made by a person who is signed in, for themselves or for a service account; shown once, verified by nodes
//! and by the REST API.
//!
//! A key never makes, sees or ends keys. The answer to a new one says how many nodes may not know it yet.

mod bearer;
mod rotation;

use chrono::{DateTime, TimeDelta, Utc};
use proto::api_key;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

pub(super) use self::bearer::role_of;
pub use self::bearer::{authenticate, check_text, unknown};
pub use self::rotation::rotate;
use super::{Ctx, acks};
use crate::crypto::tokens;
use crate::domain::access::{Action, allows};
use crate::domain::api_key::{ApiKey, ApiKeyFilter, ApiKeyStatus, KeyScope};
use crate::domain::audit::AuditEntry;
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::{ApiKeyId, ServerId, ServiceAccountId, UserId};
use crate::domain::limits::{
    API_KEY_DAYS_DEFAULT, API_KEY_DAYS_MAX, API_KEY_ENDED_KEPT_S, API_KEY_SERVERS_MAX, API_KEYS_ENDED_BATCH,
    API_KEYS_PER_OWNER_MAX,
};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::service_account::ServiceAccount;
use crate::domain::tenancy::User;
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

/// What to make, as typed.
#[derive(Default)]
pub struct NewApiKey {
    pub name: String,
    pub expiry: Expiry,
    /// `None`: every server its owner may use.
    pub servers: Option<Vec<ServerId>>,
    /// `None`: a key of the caller's own.
    pub service_account: Option<ServiceAccountId>,
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
    ServiceAccount(ServiceAccountId),
    Everyone,
}

/// Which of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct WhichKeys {
    pub status: Option<ApiKeyStatus>,
    pub expiring_within_days: Option<u32>,
}

/// Makes a key. Answers once connected nodes know it, or says how many do not.
pub async fn create(ctx: &Ctx, new: NewApiKey) -> Result<IssuedApiKey> {
    ctx.caller.session_id()?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let owner = match new.service_account {
        None => PrincipalId::User(ctx.caller.user_id()?),
        Some(id) => {
            ctx.require(Action::ManageServiceAccounts)?;
            PrincipalId::ServiceAccount(id)
        }
    };
    lock_owner(&store, owner).await?;
    let (id, now) = (ApiKeyId(store.new_id()), store.now());
    let mut mistakes = Mistakes::default();
    let name = mistakes.take("name", fields::name(&new.name));
    let expires_at = mistakes.take("expires_in_days", expires_at(new.expiry, now));
    let scope = mistakes.take("server_ids", scope(ctx, &store, owner, new.servers).await?);
    let key = (|| {
        let (name, scope, expires_at) = (name?, scope?, expires_at?);
        let (created_at, last_used_at, revoked_at, successor_id) = (now, None, None, None);
        Some(ApiKey { id, owner, name, scope, created_at, expires_at, last_used_at, revoked_at, successor_id })
    })();
    let key = mistakes.finish(key)?;
    if store.count_live_api_keys(owner, now).await? >= API_KEYS_PER_OWNER_MAX {
        let public = format!("{API_KEYS_PER_OWNER_MAX} keys of this owner work already: revoke one first");
        return Err(Error::conflict("key.too_many", public));
    }
    let text = insert(&store, &key).await?;
    let detail =
        json!({ "owner": owner_detail(owner), "expires_at": key.expires_at, "server_ids": key.scope.servers() });
    store.audit(entry(ctx, "api_key.created", id, detail));
    answer(ctx, store, key, text).await
}

/// The owner, locked, so that no key is made while they are being deactivated, and counts of their keys are true.
async fn lock_owner(store: &TenantStore, owner: PrincipalId) -> Result<()> {
    match owner {
        PrincipalId::User(id) => {
            store.lock_user(id).await?.filter(User::is_active).ok_or(Error::Unauthenticated)?;
        }
        PrincipalId::ServiceAccount(id) => match store.lock_service_account(id).await? {
            None => {
                let (code, field) = ("key.unknown_service_account", "service_account_id");
                return Err(Error::invalid(code, field, "is no service account of this tenant"));
            }
            Some(account) if !ServiceAccount::is_active(&account) => {
                let public = "the service account is deactivated: activate it first";
                return Err(Error::conflict("service_account.deactivated", public));
            }
            Some(_) => {}
        },
    }
    Ok(())
}

/// Stores a key under a fresh secret, and answers its text.
async fn insert(store: &TenantStore, key: &ApiKey) -> Result<SecretString> {
    let secret = tokens::opaque("")?;
    store.insert_api_key(key, tokens::sha256(&secret)).await?;
    store.changed(ResourceKind::ApiKey, key.id.0);
    Ok(api_key::text(key.id.0, secret.expose_secret()).into())
}

/// Commits, and waits for nodes to know the key.
async fn answer(ctx: &Ctx, store: TenantStore, key: ApiKey, text: SecretString) -> Result<IssuedApiKey> {
    let revision = store.commit().await?;
    let pending_nodes = acks::pending(&ctx.app, ctx.tenant_id, revision, key.id.0).await;
    Ok(IssuedApiKey { key, text, pending_nodes })
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

/// Only servers that the owner may use: anything else would tell which ids exist.
async fn scope(
    ctx: &Ctx,
    store: &TenantStore,
    owner: PrincipalId,
    named: Option<Vec<ServerId>>,
) -> Result<Result<KeyScope, fields::Mistake>> {
    let Some(mut ids) = named else { return Ok(Ok(KeyScope::All)) };
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Err(("key.no_server", "must name a server; leave it out for all its owner may use".to_owned())));
    }
    if ids.len() > API_KEY_SERVERS_MAX {
        return Ok(Err(("key.too_many_servers", format!("must have at most {API_KEY_SERVERS_MAX} entries"))));
    }
    let granted = store.list_server_roles(owner, &ids).await?;
    for id in &ids {
        let sees_all = owner == ctx.caller.principal && allows(ctx.caller.role, Action::ReadAllServers);
        let is_usable = granted.contains_key(id) || sees_all && store.find_server(*id).await?.is_some();
        if !is_usable {
            let whose = if owner.user().is_some() { "you" } else { "the service account" };
            return Ok(Err(("key.unknown_server", format!("{id} is no server that {whose} may use"))));
        }
    }
    Ok(Ok(KeyScope::Servers(ids)))
}

/// Keys, newest first, also those that ended unless asked otherwise.
pub async fn list(ctx: &Ctx, of: KeysOf, which: WhichKeys, page: PageRequest<Created>) -> Result<Page<ApiKey>> {
    ctx.caller.session_id()?;
    let me = ctx.caller.user_id()?;
    let owner = match of {
        KeysOf::Mine => Some(me.into()),
        KeysOf::User(id) if id == me => Some(id.into()),
        KeysOf::User(id) => {
            ctx.require(Action::ReadAllKeys)?;
            Some(id.into())
        }
        KeysOf::ServiceAccount(id) => {
            ctx.require(Action::ReadAllKeys)?;
            Some(id.into())
        }
        KeysOf::Everyone => {
            ctx.require(Action::ReadAllKeys)?;
            None
        }
    };
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let expiring_by = which.expiring_within_days.map(|days| ending_by(days, store.now())).transpose()?;
    store.list_api_keys(&ApiKeyFilter { owner, status: which.status, expiring_by }, page).await
}

fn ending_by(days: u32, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if !(1..=API_KEY_DAYS_MAX).contains(&days) {
        let public = format!("must be 1 to {API_KEY_DAYS_MAX}");
        return Err(Error::invalid("key.expiring_within", "expiring_within_days", public));
    }
    Ok(now + TimeDelta::days(i64::from(days)))
}

/// Ends a key: one's own, or anybody's by those who may. A key that has ended stays as it is.
pub async fn revoke(ctx: &Ctx, id: ApiKeyId) -> Result<()> {
    ctx.caller.session_id()?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let key = find_visible(ctx, &store, id).await?;
    if key.owner != ctx.caller.principal {
        ctx.require(Action::RevokeAnyKey)?;
    }
    if store.revoke_api_key(id).await? {
        store.changed(ResourceKind::ApiKey, id.0);
        store.audit(entry(ctx, "api_key.revoked", id, json!({ "owner": owner_detail(key.owner) })));
    }
    store.commit().await?;
    Ok(())
}

/// A key that the caller may know of: their own, or anybody's for those who see them all.
async fn find_visible(ctx: &Ctx, store: &TenantStore, id: ApiKeyId) -> Result<ApiKey> {
    let absent = || Error::NotFound { what: "key" };
    let (key, _) = store.find_api_key(id).await?.ok_or_else(absent)?;
    let is_visible = key.owner == ctx.caller.principal || allows(ctx.caller.role, Action::ReadAllKeys);
    if is_visible { Ok(key) } else { Err(absent()) }
}

/// Forgets keys that ended long ago. As part of a transaction of the caller's; answers how many.
pub(super) async fn forget_ended(store: &TenantStore) -> Result<u64> {
    let horizon = store.now() - TimeDelta::seconds(API_KEY_ENDED_KEPT_S);
    let gone = store.delete_ended_api_keys(horizon, API_KEYS_ENDED_BATCH).await?;
    gone.iter().for_each(|key| store.changed(ResourceKind::ApiKey, key.0));
    Ok(gone.len() as u64)
}

fn owner_detail(owner: PrincipalId) -> serde_json::Value {
    match owner {
        PrincipalId::User(id) => json!({ "user": id }),
        PrincipalId::ServiceAccount(id) => json!({ "service_account": id }),
    }
}

fn entry(ctx: &Ctx, action: &'static str, id: ApiKeyId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind: "api_key", target_id: Some(id.0), detail }
}
