//! People of a tenant: list, change, deactivate. The last active owner stays.

use serde_json::json;

use super::{Ctx, provisioning};
use crate::domain::access::{Action, TenantRole};
use crate::domain::audit::AuditEntry;
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::UserId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::tenancy::{User, UserFilter, UserSource};
use crate::domain::{Error, Result};

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
    if ctx.caller.principal != PrincipalId::User(id) {
        ctx.require(Action::ReadPeople)?;
    }
    ctx.app.store.tenant_read(ctx.tenant_id).await?.get_user(id).await
}

/// Changes a person. Deactivation ends sessions, OAuth grants, API keys and every token in this very transaction (I9);
/// reactivation brings none of them back.
pub async fn update(ctx: &Ctx, id: UserId, change: UserChange) -> Result<User> {
    let renames_self =
        ctx.caller.principal == PrincipalId::User(id) && change.role.is_none() && change.active.is_none();
    if !renames_self {
        ctx.require(Action::ManagePeople)?;
    }
    let mut mistakes = Mistakes::default();
    let display_name = mistakes.take_some("display_name", change.display_name.as_deref().map(fields::name));
    mistakes.finish(Some(()))?;

    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    // Before the person's own row: two owners that take the role from each other wait in one order.
    store.lock_active_owners().await?;
    let mut user = store.lock_user(id).await?.ok_or(Error::NotFound { what: "user" })?;
    let changes_scims = display_name.is_some() || change.active.is_some();
    if changes_scims && user.source == UserSource::Scim {
        return Err(Error::conflict(
            "user.scim_owned",
            "the identity provider decides about this person's name and status: change them there",
        ));
    }
    let is_owners_matter = user.assigned_role == TenantRole::Owner || change.role == Some(TenantRole::Owner);
    if is_owners_matter && !renames_self {
        ctx.require(Action::ManageOwners)?;
    }
    if change.role.is_some_and(|role| role != TenantRole::Owner) && user.is_active() {
        provisioning::keep_an_owner(&store, &user).await?;
    }
    // Their tenant role is still given by hand.
    if user.source == UserSource::Scim && (display_name.is_some() || change.active.is_some()) {
        let public = "this person comes from the identity provider: change their name and status there";
        return Err(Error::conflict("user.scim_owned", public));
    }
    if let Some(name) = display_name.filter(|name| *name != user.display_name) {
        user.display_name = name;
        store.audit(entry(ctx, "user.renamed", id, json!({})));
    }
    if let Some(role) = change.role.filter(|role| *role != user.assigned_role) {
        store.audit(entry(ctx, "user.role_changed", id, json!({ "from": user.assigned_role, "to": role })));
        user.assigned_role = role;
    }
    store.update_user(&user).await?;
    match change.active {
        Some(false) => provisioning::deactivate(&store, ctx.actor(), &mut user).await?,
        Some(true) => provisioning::reactivate(&store, ctx.actor(), &mut user).await?,
        None => {}
    }
    store.settle_roles(&[id]).await?;
    let user = store.get_user(id).await?;
    store.commit().await?;
    Ok(user)
}

fn entry(ctx: &Ctx, action: &'static str, id: UserId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind: "user", target_id: Some(id.0), detail }
}
