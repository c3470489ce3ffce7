//! Who was here before the identity provider is handed over to it by an administrator, and taken back. Never by itself:
//! whoever controls the identity provider controls everybody it owns.

use serde_json::json;

use crate::app::Ctx;
use crate::domain::access::{Action, TenantRole};
use crate::domain::audit::AuditEntry;
use crate::domain::ids::UserId;
use crate::domain::scim::user;
use crate::domain::tenancy::{User, UserSource};
use crate::domain::{Error, Result};
use crate::store::TenantStore;

/// From now on the identity provider finds this person by `userName` and decides about them. Sessions and keys stay.
pub async fn give(ctx: &Ctx, id: UserId) -> Result<User> {
    let (store, mut person) = open(ctx, id).await?;
    if person.source == UserSource::Scim {
        return Ok(person);
    }
    let attributes = user::attributes_of(&person.user_name, &person.display_name, &person.email);
    let facts = user::facts(&attributes).map_err(Error::internal)?;
    person.source = UserSource::Scim;
    store.update_user(&person).await?;
    store.insert_scim_user(id, &attributes, &facts, store.now()).await?;
    store.audit(entry(ctx, "user.given_to_scim", id));
    store.commit().await?;
    Ok(person)
}

/// From now on the identity provider does not know this person; they and what they have stay.
pub async fn take_back(ctx: &Ctx, id: UserId) -> Result<()> {
    let (store, mut person) = open(ctx, id).await?;
    if person.source != UserSource::Scim {
        return Err(Error::conflict("user.not_scim_owned", "this person is not managed by an identity provider"));
    }
    person.source = UserSource::Local;
    person.external_id = None;
    store.touch_scim_groups_of(id).await?;
    store.delete_scim_user(id).await?;
    store.update_user(&person).await?;
    store.audit(entry(ctx, "user.taken_from_scim", id));
    store.commit().await?;
    Ok(())
}

async fn open(ctx: &Ctx, id: UserId) -> Result<(TenantStore, User)> {
    ctx.require(Action::ManageProvisioning)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let person = store.lock_user(id).await?.ok_or(Error::NotFound { what: "user" })?;
    // An identity provider could deactivate an owner: that is for owners to decide.
    if person.role == TenantRole::Owner {
        ctx.require(Action::ManageOwners)?;
    }
    Ok((store, person))
}

fn entry(ctx: &Ctx, action: &'static str, id: UserId) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind: "user", target_id: Some(id.0), detail: json!({}) }
}
