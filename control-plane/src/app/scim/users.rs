//! People, as an identity provider makes, changes and removes them.

use std::collections::HashMap;

use super::{Answer, Conditions, ScimCtx, not_found};
use crate::app::provisioning::{self, NewUser};
use crate::domain::access::TenantRole;
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{GroupId, UserId};
use crate::domain::limits::SCIM_RESOURCE_BYTES_MAX;
use crate::domain::scim::patch::{self, Operation};
use crate::domain::scim::projection::Projection;
use crate::domain::scim::user::{self, ScimUser, Shown, UserFacts};
use crate::domain::scim::{Kind, Object, ScimError, ScimResult, etag, resource};
use crate::domain::tenancy::{User, UserSource};
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

/// Makes a person. Somebody of that name who was here before is never taken over: an administrator hands them over.
pub async fn create(ctx: &ScimCtx, body: &Object, projection: &Projection) -> ScimResult<Answer> {
    let mut attributes = resource::read(Kind::User, body)?;
    attributes.entry("active").or_insert(true.into());
    let facts = checked(&attributes)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    refuse_taken(&store, None, &facts).await?;
    let new = NewUser {
        user_name: facts.user_name.clone(),
        email: facts.email.clone(),
        display_name: facts.display_name.clone(),
        role: TenantRole::Member,
        source: UserSource::Scim,
        external_id: facts.external_id.clone(),
    };
    let mut person = provisioning::create_user(&store, ctx.actor(), new).await.map_err(taken)?;
    if !facts.active {
        provisioning::deactivate(&store, ctx.actor(), &mut person).await?;
    }
    let updated_at = person.created_at;
    store.insert_scim_user(person.id, &attributes, &facts, updated_at).await?;
    let made = ScimUser { user: person, attributes, version: 1, updated_at };
    store.commit().await?;
    Ok(answer(ctx, &made, &[], projection))
}

pub async fn get(ctx: &ScimCtx, id: UserId, projection: &Projection) -> ScimResult<Answer> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let found = store.find_scim_user(id).await?.ok_or_else(|| not_found("user"))?;
    show(ctx, &store, &found, projection).await
}

/// Puts other attributes in place of all that an identity provider can write.
pub async fn replace(
    ctx: &ScimCtx,
    id: UserId,
    body: &Object,
    conditions: &Conditions,
    projection: &Projection,
) -> ScimResult<Answer> {
    let mut attributes = resource::read(Kind::User, body)?;
    change(ctx, id, conditions, projection, |old| {
        // Nobody is let in again, and nobody locked out, by leaving it out.
        attributes.entry("active").or_insert(old.user.is_active().into());
        Ok(attributes)
    })
    .await
}

/// Applies every operation or none.
pub async fn modify(
    ctx: &ScimCtx,
    id: UserId,
    operations: &[Operation],
    conditions: &Conditions,
    projection: &Projection,
) -> ScimResult<Answer> {
    change(ctx, id, conditions, projection, |old| {
        let mut attributes = old.attributes.clone();
        patch::apply(Kind::User, &mut attributes, operations)?;
        Ok(attributes)
    })
    .await
}

/// Removes a person with everything that is theirs; the same person may be made again.
pub async fn delete(ctx: &ScimCtx, id: UserId, conditions: &Conditions) -> ScimResult<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let old = lock(&store, id).await?;
    conditions.require(old.version)?;
    store.touch_scim_groups_of(id).await?;
    provisioning::delete_user(&store, ctx.actor(), &old.user).await?;
    store.commit().await?;
    Ok(())
}

async fn change(
    ctx: &ScimCtx,
    id: UserId,
    conditions: &Conditions,
    projection: &Projection,
    next: impl FnOnce(&ScimUser) -> ScimResult<Object>,
) -> ScimResult<Answer> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let mut old = lock(&store, id).await?;
    conditions.require(old.version)?;
    // The stored text may be older than what somebody else decided: who is deactivated stays so until told otherwise.
    if old.attributes.contains_key("active") || !old.user.is_active() {
        old.attributes.insert("active".to_owned(), old.user.is_active().into());
    }
    let attributes = next(&old)?;
    let mut facts = checked(&attributes)?;
    if !attributes.contains_key("active") {
        facts.active = old.user.is_active();
    }
    if attributes == old.attributes {
        return show(ctx, &store, &old, projection).await;
    }
    refuse_taken(&store, Some(&old.user), &facts).await?;
    let mut person = old.user.clone();
    write(ctx, &store, &mut person, &facts).await?;
    let updated_at = store.now();
    store.update_scim_user(&old, &attributes, &facts, updated_at).await?;
    let new = ScimUser { user: person, attributes, version: old.version + 1, updated_at };
    let answer = show(ctx, &store, &new, projection).await?;
    store.commit().await?;
    Ok(answer)
}

/// Keeps the person's row in step: names, address, and whether they may come in.
async fn write(ctx: &ScimCtx, store: &TenantStore, person: &mut User, facts: &UserFacts) -> ScimResult<()> {
    let before = person.clone();
    person.user_name.clone_from(&facts.user_name);
    person.email.clone_from(&facts.email);
    person.display_name.clone_from(&facts.display_name);
    person.external_id.clone_from(&facts.external_id);
    if *person != before {
        store.update_user(person).await.map_err(taken)?;
        store.changed(ResourceKind::Principal, person.id.0);
        store.audit(AuditEntry {
            actor: ctx.actor(),
            action: "user.changed",
            target_kind: "user",
            target_id: Some(person.id.0),
            detail: serde_json::json!({ "user_name": person.user_name != before.user_name }),
        });
    }
    if facts.active {
        provisioning::reactivate(store, ctx.actor(), person).await?;
    } else {
        provisioning::deactivate(store, ctx.actor(), person).await?;
    }
    Ok(())
}

/// The person as committed now, locked to the end of the transaction.
async fn lock(store: &TenantStore, id: UserId) -> ScimResult<ScimUser> {
    let found = store.find_user(id).await?;
    if found.is_some_and(|person| person.assigned_role == TenantRole::Owner) {
        // Before the person's own row, as everywhere: two changes of owners wait in one order.
        store.lock_active_owners().await?;
    }
    store.lock_user(id).await?.ok_or_else(|| not_found("user"))?;
    store.find_scim_user(id).await?.ok_or_else(|| not_found("user"))
}

fn checked(attributes: &Object) -> ScimResult<UserFacts> {
    let facts = user::facts(attributes)?;
    let bytes = serde_json::to_string(attributes).map_err(Error::internal)?.len();
    if bytes > SCIM_RESOURCE_BYTES_MAX {
        let text = format!("a user's attributes have at most {SCIM_RESOURCE_BYTES_MAX} bytes, these have {bytes}");
        return Err(ScimError::InvalidValue(text));
    }
    Ok(facts)
}

/// Says who has the name, so that the administrator knows what to do. The unique index decides in the end.
async fn refuse_taken(store: &TenantStore, old: Option<&User>, facts: &UserFacts) -> ScimResult<()> {
    if old.is_some_and(|old| old.user_name == facts.user_name) {
        return Ok(());
    }
    let name = &facts.user_name;
    match store.find_user_by_name(name).await? {
        Some(other) if other.source != UserSource::Scim => Err(ScimError::Uniqueness(format!(
            "{name:?} is an account that this identity provider does not manage. An administrator can hand it over: \
             PUT /api/v1/tenants/…/scim/users/{}",
            other.id
        ))),
        Some(_) => Err(ScimError::Uniqueness(format!("there is a user {name:?} already"))),
        None => Ok(()),
    }
}

fn taken(error: Error) -> ScimError {
    match error {
        Error::Conflict { code: "user.name_taken", .. } => {
            ScimError::Uniqueness("another user has this userName or externalId".to_owned())
        }
        other => ScimError::Domain(other),
    }
}

async fn show(ctx: &ScimCtx, store: &TenantStore, one: &ScimUser, projection: &Projection) -> ScimResult<Answer> {
    let groups = if projection.shows(Kind::User, "groups") {
        store.list_scim_groups_of(&[one.user.id]).await?.into_iter().map(|(_, id, name)| (id, name)).collect()
    } else {
        Vec::new()
    };
    Ok(answer(ctx, one, &groups, projection))
}

fn answer(ctx: &ScimCtx, one: &ScimUser, groups: &[(GroupId, String)], projection: &Projection) -> Answer {
    let resource = projection.apply(Kind::User, resource_of(&ctx.base, one, groups));
    Answer { location: format!("{}/Users/{}", ctx.base, one.user.id), etag: etag(one.version), resource }
}

/// A person with everything that can be shown.
pub(super) fn resource_of(base: &str, one: &ScimUser, groups: &[(GroupId, String)]) -> Object {
    let shown = Shown { base, version: one.version, created_at: one.user.created_at, updated_at: one.updated_at };
    user::show(&shown, one.user.id, &one.attributes, one.user.is_active(), Some(groups))
}

/// The people of a list as they are shown, their groups read at once.
pub(super) async fn resources_of(
    ctx: &ScimCtx,
    store: &TenantStore,
    people: &[ScimUser],
    projection: &Projection,
) -> Result<Vec<Object>> {
    let mut groups: HashMap<UserId, Vec<(GroupId, String)>> = HashMap::new();
    if projection.shows(Kind::User, "groups") {
        let ids: Vec<UserId> = people.iter().map(|one| one.user.id).collect();
        for (person, id, name) in store.list_scim_groups_of(&ids).await? {
            groups.entry(person).or_default().push((id, name));
        }
    }
    let of = |id: UserId| groups.get(&id).map(Vec::as_slice).unwrap_or_default();
    let resource = |one: &ScimUser| projection.apply(Kind::User, resource_of(&ctx.base, one, of(one.user.id)));
    Ok(people.iter().map(resource).collect())
}
