//! People of a tenant: list, change, deactivate. The last active owner stays.

use serde_json::json;

use super::Ctx;
use crate::domain::access::{Action, TenantRole};
use crate::domain::audit::AuditEntry;
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::UserId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::{User, UserFilter, UserStatus};
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

/// What to change of a person; `None` leaves as is.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    pub display_name: Option<String>,
    pub role: Option<TenantRole>,
    pub active: Option<bool>,
}

pub async fn list(ctx: &Ctx, filter: &UserFilter, page: PageRequest<Created>) -> Result<Page<User>> {
    ctx.require(Action::ReadPeople)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_users(filter, page).await
}

/// Everybody may see themselves.
pub async fn get(ctx: &Ctx, id: UserId) -> Result<User> {
    if id != ctx.caller.user_id {
        ctx.require(Action::ReadPeople)?;
    }
    ctx.app.store.tenant_read(ctx.tenant_id).await?.get_user(id).await
}

/// Changes a person. Deactivation ends sessions, OAuth grants, API keys and every token in this very transaction (I9);
/// reactivation brings none of them back.
pub async fn update(ctx: &Ctx, id: UserId, change: UserChange) -> Result<User> {
    let renames_self = id == ctx.caller.user_id && change.role.is_none() && change.active.is_none();
    if !renames_self {
        ctx.require(Action::ManagePeople)?;
    }
    let mut mistakes = Mistakes::default();
    let display_name = mistakes.take_some("display_name", change.display_name.as_deref().map(fields::name));
    mistakes.finish(Some(()))?;

    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let owners = store.lock_active_owners().await?;
    let mut user = store.get_user(id).await?;
    let is_owners_matter = user.role == TenantRole::Owner || change.role == Some(TenantRole::Owner);
    if is_owners_matter && !renames_self {
        ctx.require(Action::ManageOwners)?;
    }
    let stops_owning = change.role.is_some_and(|role| role != TenantRole::Owner) || change.active == Some(false);
    if stops_owning && owners == [id] {
        return Err(Error::conflict(
            "user.last_owner",
            "the last active owner must stay: make somebody else owner first",
        ));
    }
    if let Some(name) = display_name.filter(|name| *name != user.display_name) {
        user.display_name = name;
        store.audit(entry(ctx, "user.renamed", id, json!({})));
    }
    if let Some(role) = change.role.filter(|role| *role != user.role) {
        store.audit(entry(ctx, "user.role_changed", id, json!({ "from": user.role, "to": role })));
        user.role = role;
    }
    match change.active {
        Some(false) if user.is_active() => deactivate(ctx, &store, &mut user).await?,
        Some(true) if !user.is_active() => {
            user.status = UserStatus::Active;
            store.changed(ResourceKind::Principal, id.0);
            store.audit(entry(ctx, "user.reactivated", id, json!({})));
        }
        _ => {}
    }
    store.update_user(&user).await?;
    store.commit().await?;
    Ok(user)
}

async fn deactivate(ctx: &Ctx, store: &TenantStore, user: &mut User) -> Result<()> {
    user.status = UserStatus::Deactivated { at: store.now() };
    // Access tokens carry the epoch they were minted in; nodes refuse older ones.
    user.epoch += 1;
    let sessions = store.revoke_sessions_of(user.id).await?;
    let grants = store.revoke_oauth_grants_of(user.id, "user_deactivated").await?;
    let keys = store.revoke_api_keys_of(user.id).await?;
    keys.iter().for_each(|key| store.changed(ResourceKind::ApiKey, key.0));
    store.changed(ResourceKind::Principal, user.id.0);
    let ended = json!({ "sessions": sessions, "oauth_grants": grants, "api_keys": keys.len() });
    store.audit(entry(ctx, "user.deactivated", user.id, ended));
    Ok(())
}

fn entry(ctx: &Ctx, action: &'static str, id: UserId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind: "user", target_id: Some(id.0), detail }
}
