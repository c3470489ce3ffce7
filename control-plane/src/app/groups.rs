//! Groups of people, by hand. What an identity provider owns is read here and changed there; what a group gives its
//! members here, owners and admins decide in either case.

use super::{Ctx, provisioning};
use crate::domain::access::{Action, TenantRole};
use crate::domain::fields::{self, Mistake, Mistakes};
use crate::domain::ids::{GroupId, UserId};
use crate::domain::limits::GROUP_MEMBERS_CHANGED_MAX;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::tenancy::{Group, GroupSource, User};
use crate::domain::{Error, Result};
use crate::store::TenantStore;

pub use super::provisioning::Dissolved;

/// A group, and how many are in it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub group: Group,
    pub members: u64,
}

/// What to change, as typed; `None` leaves as is.
#[derive(Debug, Default)]
pub struct GroupChange {
    pub display_name: Option<String>,
    /// `Some(None)`: the group gives no role.
    pub tenant_role: Option<Option<TenantRole>>,
}

/// Who comes and who goes.
#[derive(Debug, Default)]
pub struct MemberChange {
    pub add: Vec<UserId>,
    pub remove: Vec<UserId>,
}

/// Who came and who went; those who were in or out already are not counted.
#[derive(Debug, Clone, Copy)]
pub struct MembersChanged {
    pub added: usize,
    pub removed: usize,
}

pub async fn list(ctx: &Ctx, text: &str, page: PageRequest<Created>) -> Result<Page<Seen>> {
    ctx.require(Action::ReadPeople)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let page = store.list_groups(text, page).await?;
    let ids: Vec<GroupId> = page.items.iter().map(|group| group.id).collect();
    let counts = store.count_group_members(&ids).await?;
    Ok(page.map(|group| Seen { members: counts.get(&group.id).copied().unwrap_or(0), group }))
}

pub async fn get(ctx: &Ctx, id: GroupId) -> Result<Seen> {
    ctx.require(Action::ReadPeople)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let group = store.get_group(id).await?;
    seen(&store, group).await
}

/// The groups of a person, by name. Everybody may see their own.
pub async fn list_of(ctx: &Ctx, user_id: UserId) -> Result<Vec<Group>> {
    if ctx.caller.principal != PrincipalId::User(user_id) {
        ctx.require(Action::ReadPeople)?;
    }
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    store.get_user(user_id).await?;
    store.list_groups_of(user_id).await
}

pub async fn list_members(ctx: &Ctx, id: GroupId, text: &str, page: PageRequest<Created>) -> Result<Page<User>> {
    ctx.require(Action::ReadPeople)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    store.get_group(id).await?;
    store.list_group_members(id, text, page).await
}

pub async fn create(ctx: &Ctx, display_name: &str, tenant_role: Option<TenantRole>) -> Result<Seen> {
    ctx.require(Action::ManageGroups)?;
    let mut mistakes = Mistakes::default();
    let display_name = mistakes.take("display_name", fields::name(display_name));
    mistakes.take("tenant_role", given(tenant_role));
    let display_name = mistakes.finish(display_name)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let new = provisioning::NewGroup { display_name, source: GroupSource::Local, external_id: None, tenant_role };
    let group = provisioning::create_group(&store, ctx.actor(), new).await?;
    store.commit().await?;
    Ok(Seen { group, members: 0 })
}

/// Changes a group. The roles of its members follow at once.
pub async fn update(ctx: &Ctx, id: GroupId, change: GroupChange) -> Result<Seen> {
    ctx.require(Action::ManageGroups)?;
    let mut mistakes = Mistakes::default();
    let display_name = mistakes.take_some("display_name", change.display_name.as_deref().map(fields::name));
    mistakes.take_some("tenant_role", change.tenant_role.map(given));
    mistakes.finish(Some(()))?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let old = lock(&store, id).await?;
    let new = Group {
        display_name: display_name.unwrap_or_else(|| old.display_name.clone()),
        tenant_role: change.tenant_role.unwrap_or(old.tenant_role),
        ..old.clone()
    };
    if new.display_name != old.display_name {
        refuse_scim_owned(&old)?;
    }
    provisioning::update_group(&store, ctx.actor(), &old, &new).await?;
    let seen = seen(&store, new).await?;
    store.commit().await?;
    Ok(seen)
}

/// Removes a group, and answers what went with it.
pub async fn delete(ctx: &Ctx, id: GroupId) -> Result<Dissolved> {
    ctx.require(Action::ManageGroups)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let group = lock(&store, id).await?;
    refuse_scim_owned(&group)?;
    let lost = provisioning::delete_group(&store, ctx.actor(), &group).await?;
    store.commit().await?;
    Ok(lost)
}

/// Puts people in and takes people out. Repeating it changes nothing.
pub async fn change_members(ctx: &Ctx, id: GroupId, change: MemberChange) -> Result<MembersChanged> {
    ctx.require(Action::ManageGroups)?;
    if change.add.len() + change.remove.len() > GROUP_MEMBERS_CHANGED_MAX {
        let public = format!("must have, with remove, at most {GROUP_MEMBERS_CHANGED_MAX} entries");
        return Err(Error::invalid("group.too_many_members", "add", public));
    }
    if change.add.iter().any(|id| change.remove.contains(id)) {
        return Err(Error::invalid("group.member_twice", "remove", "must name nobody who is in add as well"));
    }
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let group = lock(&store, id).await?;
    refuse_scim_owned(&group)?;
    let added = provisioning::add_members(&store, ctx.actor(), &group, &change.add).await?;
    let removed = provisioning::remove_members(&store, ctx.actor(), &group, &change.remove).await?;
    store.commit().await?;
    Ok(MembersChanged { added, removed })
}

async fn lock(store: &TenantStore, id: GroupId) -> Result<Group> {
    store.lock_group(id).await?.ok_or(Error::NotFound { what: "group" })
}

async fn seen(store: &TenantStore, group: Group) -> Result<Seen> {
    let members = store.count_group_members(&[group.id]).await?.remove(&group.id).unwrap_or(0);
    Ok(Seen { group, members })
}

fn refuse_scim_owned(group: &Group) -> Result<()> {
    match group.source {
        GroupSource::Local => Ok(()),
        GroupSource::Scim => {
            let public = "this group comes from the identity provider: change its name and members there";
            Err(Error::conflict("group.scim_owned", public))
        }
    }
}

/// What a group may give.
fn given(role: Option<TenantRole>) -> Result<(), Mistake> {
    match role {
        None | Some(TenantRole::Admin | TenantRole::Auditor) => Ok(()),
        Some(TenantRole::Owner | TenantRole::Member) => {
            Err(("group.role", "must be admin, auditor or null: owners are made by hand only".to_owned()))
        }
    }
}
