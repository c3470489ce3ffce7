//! People and groups come, change and go. REST, SCIM and first sign-ins call the same verbs, as part of a transaction of
//! theirs: each writes its audit entry and notes what nodes must learn; the caller checks access and commits.
//!
//! Whoever goes is locked out in that very transaction (I9). The last active owner stays.

use serde_json::json;
use uuid::Uuid;

use super::connections::end_all;
use crate::domain::access::TenantRole;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{GroupId, UserId};
use crate::domain::server::Subject;
use crate::domain::tenancy::{Group, GroupSource, User, UserSource, UserStatus};
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

/// Somebody to make. Texts have been checked.
pub struct NewUser {
    /// In lower case.
    pub user_name: String,
    pub email: String,
    pub display_name: String,
    pub role: TenantRole,
    pub source: UserSource,
    pub external_id: Option<String>,
}

/// A group to make. Texts have been checked.
pub struct NewGroup {
    pub display_name: String,
    pub source: GroupSource,
    pub external_id: Option<String>,
    pub tenant_role: Option<TenantRole>,
}

/// What went with a group.
#[derive(Debug, Clone, Copy)]
pub struct Dissolved {
    pub members: usize,
    pub grants: usize,
    pub tenant_role: Option<TenantRole>,
}

pub async fn create_user(store: &TenantStore, actor: Actor, new: NewUser) -> Result<User> {
    let NewUser { user_name, email, display_name, role, source, external_id } = new;
    let user = User {
        id: UserId(store.new_id()),
        user_name,
        email,
        display_name,
        role,
        assigned_role: role,
        source,
        external_id,
        status: UserStatus::Active,
        epoch: 1,
        created_at: store.now(),
    };
    store.insert_user(&user).await?;
    store.changed(ResourceKind::Principal, user.id.0);
    note_user(store, actor, "user.created", user.id, json!({ "role": role, "source": source }));
    Ok(user)
}

/// Ends sessions, OAuth grants, API keys and every token of a person (I9). Somebody deactivated stays as they are.
pub async fn deactivate(store: &TenantStore, actor: Actor, user: &mut User) -> Result<()> {
    if !user.is_active() {
        return Ok(());
    }
    keep_an_owner(store, user).await?;
    user.status = UserStatus::Deactivated { at: store.now() };
    let ended = end_all(store, user, "user_deactivated", true).await?;
    store.update_user(user).await?;
    note_user(store, actor, "user.deactivated", user.id, ended.detail());
    Ok(())
}

/// Lets a person in again. Nothing that was ended comes back.
pub async fn reactivate(store: &TenantStore, actor: Actor, user: &mut User) -> Result<()> {
    if user.is_active() {
        return Ok(());
    }
    user.status = UserStatus::Active;
    store.update_user(user).await?;
    store.changed(ResourceKind::Principal, user.id.0);
    note_user(store, actor, "user.reactivated", user.id, json!({}));
    Ok(())
}

/// Removes a person for good, with everything that is theirs.
pub async fn delete_user(store: &TenantStore, actor: Actor, user: &User) -> Result<()> {
    if user.is_active() {
        keep_an_owner(store, user).await?;
    }
    let mut gone = user.clone();
    let ended = end_all(store, &mut gone, "user_deleted", true).await?;
    take_grants(store, Subject::User(user.id)).await?;
    store.delete_user(user.id).await?;
    note_user(store, actor, "user.deleted", user.id, ended.detail());
    Ok(())
}

/// Refuses to lose the last active owner, whoever asks and however.
pub async fn keep_an_owner(store: &TenantStore, user: &User) -> Result<()> {
    if user.assigned_role == TenantRole::Owner && store.lock_active_owners().await? == [user.id] {
        return Err(Error::conflict(
            "user.last_owner",
            "the last active owner must stay: make somebody else owner first",
        ));
    }
    Ok(())
}

pub async fn create_group(store: &TenantStore, actor: Actor, new: NewGroup) -> Result<Group> {
    let NewGroup { display_name, source, external_id, tenant_role } = new;
    let (id, now) = (GroupId(store.new_id()), store.now());
    let group = Group { id, display_name, source, external_id, tenant_role, created_at: now, updated_at: now };
    store.insert_group(&group).await?;
    note_group(store, actor, "group.created", id, json!({ "source": source, "tenant_role": tenant_role }));
    Ok(group)
}

/// Writes a group's name, origin and tenant role; its members' own roles follow.
pub async fn update_group(store: &TenantStore, actor: Actor, old: &Group, new: &Group) -> Result<()> {
    if new == old {
        return Ok(());
    }
    store.update_group(new).await?;
    if new.tenant_role != old.tenant_role {
        store.settle_roles(&store.list_group_member_ids(new.id).await?).await?;
    }
    let detail = json!({ "renamed": new.display_name != old.display_name, "tenant_role": new.tenant_role });
    note_group(store, actor, "group.changed", new.id, detail);
    Ok(())
}

/// Removes a group; what it gave is lost to its members at once.
pub async fn delete_group(store: &TenantStore, actor: Actor, group: &Group) -> Result<Dissolved> {
    let members = store.list_group_member_ids(group.id).await?;
    let grants = take_grants(store, Subject::Group(group.id)).await?;
    store.delete_group(group.id).await?;
    moved(store, group, &members).await?;
    note_group(store, actor, "group.deleted", group.id, json!({ "members": members.len(), "grants": grants }));
    Ok(Dissolved { members: members.len(), grants, tenant_role: group.tenant_role })
}

/// Puts people into a group; those who are in it stay. Answers how many came.
pub async fn add_members(store: &TenantStore, actor: Actor, group: &Group, people: &[UserId]) -> Result<usize> {
    let added = store.add_group_members(group.id, people).await?;
    moved(store, group, &added).await?;
    note_members(store, actor, "group.members_added", group.id, &added);
    Ok(added.len())
}

/// Takes people out of a group; those who are not in it stay out. Answers how many went.
pub async fn remove_members(store: &TenantStore, actor: Actor, group: &Group, people: &[UserId]) -> Result<usize> {
    let removed = store.remove_group_members(group.id, people).await?;
    moved(store, group, &removed).await?;
    note_members(store, actor, "group.members_removed", group.id, &removed);
    Ok(removed.len())
}

/// Nodes learn whose groups changed; tenant roles follow where the group gives one.
async fn moved(store: &TenantStore, group: &Group, people: &[UserId]) -> Result<()> {
    people.iter().for_each(|person| store.changed(ResourceKind::Principal, person.0));
    if group.tenant_role.is_some() {
        store.settle_roles(people).await?;
    }
    Ok(())
}

pub(super) async fn take_grants(store: &TenantStore, subject: Subject) -> Result<usize> {
    let grants = store.delete_access_grants_of(subject).await?;
    grants.iter().for_each(|grant| store.changed(ResourceKind::AccessGrant, grant.0));
    Ok(grants.len())
}

/// People named in one audit entry; more are counted.
const MEMBERS_NAMED_MAX: usize = 100;

fn note_members(store: &TenantStore, actor: Actor, action: &'static str, id: GroupId, people: &[UserId]) {
    if !people.is_empty() {
        let named: Vec<_> = people.iter().take(MEMBERS_NAMED_MAX).collect();
        note_group(store, actor, action, id, json!({ "count": people.len(), "user_ids": named }));
    }
}

fn note_user(store: &TenantStore, actor: Actor, action: &'static str, id: UserId, detail: serde_json::Value) {
    note(store, actor, action, "user", id.0, detail);
}

fn note_group(store: &TenantStore, actor: Actor, action: &'static str, id: GroupId, detail: serde_json::Value) {
    note(store, actor, action, "group", id.0, detail);
}

fn note(
    store: &TenantStore,
    actor: Actor,
    action: &'static str,
    target_kind: &'static str,
    id: Uuid,
    detail: serde_json::Value,
) {
    store.audit(AuditEntry { actor, action, target_kind, target_id: Some(id), detail });
}
