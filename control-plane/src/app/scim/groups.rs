//! Groups, as an identity provider makes, fills and removes them. A group's row is locked before its members change, so
//! that two changes at once lose nobody; members are read only where they are shown.

use std::collections::HashMap;

use super::{Answer, Conditions, ScimCtx, not_found};
use crate::app::provisioning::{self, NewGroup};
use crate::domain::Error;
use crate::domain::ids::{GroupId, UserId};
use crate::domain::limits::SCIM_MEMBERS_SHOWN_MAX;
use crate::domain::scim::group::{self, GroupFacts, MemberChange, ScimGroup};
use crate::domain::scim::patch::Operation;
use crate::domain::scim::projection::Projection;
use crate::domain::scim::user::Shown;
use crate::domain::scim::{Kind, Object, ScimError, ScimResult, etag};
use crate::domain::tenancy::{Group, GroupSource};
use crate::store::TenantStore;

pub async fn create(ctx: &ScimCtx, body: &Object, projection: &Projection) -> ScimResult<Answer> {
    let (facts, members) = group::read(body)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    refuse_taken(&store, None, &facts).await?;
    let GroupFacts { display_name, external_id } = facts;
    let new = NewGroup { display_name, source: GroupSource::Scim, external_id, tenant_role: None };
    let made = provisioning::create_group(&store, ctx.actor(), new).await.map_err(taken)?;
    let updated_at = made.created_at;
    store.insert_scim_group(made.id, updated_at).await?;
    apply(ctx, &store, &made, &MemberChange::Add(members)).await?;
    let made = ScimGroup { group: made, version: 1, updated_at };
    let answer = show(ctx, &store, &made, projection).await?;
    store.commit().await?;
    Ok(answer)
}

pub async fn get(ctx: &ScimCtx, id: GroupId, projection: &Projection) -> ScimResult<Answer> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let found = store.find_scim_group(id).await?.ok_or_else(|| not_found("group"))?;
    show(ctx, &store, &found, projection).await
}

/// Puts another name and other members in place. Members that are not named are none (RFC 7644 §3.5.1).
pub async fn replace(
    ctx: &ScimCtx,
    id: GroupId,
    body: &Object,
    conditions: &Conditions,
    projection: &Projection,
) -> ScimResult<Answer> {
    let (facts, members) = group::read(body)?;
    let changes = [MemberChange::Replace(members)];
    let (store, new) = change(ctx, id, conditions, |_| Ok((facts, changes.into()))).await?;
    let answer = show(ctx, &store, &new, projection).await?;
    store.commit().await?;
    Ok(answer)
}

/// Applies every operation or none. Answers the group only if it is asked for: it may have ten thousand members.
pub async fn modify(
    ctx: &ScimCtx,
    id: GroupId,
    operations: &[Operation],
    conditions: &Conditions,
    projection: Option<&Projection>,
) -> ScimResult<(String, Option<Answer>)> {
    let next = |old: &GroupFacts| {
        let mut attributes = group::attributes(old);
        let changes = group::patch(&mut attributes, operations)?;
        Ok((group::facts(&attributes)?, changes))
    };
    let (store, new) = change(ctx, id, conditions, next).await?;
    let answer = match projection {
        Some(projection) => Some(show(ctx, &store, &new, projection).await?),
        None => None,
    };
    store.commit().await?;
    Ok((etag(new.version), answer))
}

pub async fn delete(ctx: &ScimCtx, id: GroupId, conditions: &Conditions) -> ScimResult<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let old = lock(&store, id).await?;
    conditions.require(old.version)?;
    provisioning::delete_group(&store, ctx.actor(), &old.group).await?;
    store.commit().await?;
    Ok(())
}

type Next = (GroupFacts, Vec<MemberChange>);

async fn change(
    ctx: &ScimCtx,
    id: GroupId,
    conditions: &Conditions,
    next: impl FnOnce(&GroupFacts) -> ScimResult<Next>,
) -> ScimResult<(TenantStore, ScimGroup)> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let old = lock(&store, id).await?;
    conditions.require(old.version)?;
    let (facts, members) = next(&facts_of(&old.group))?;
    refuse_taken(&store, Some(&old.group), &facts).await?;
    let GroupFacts { display_name, external_id } = facts;
    let new = Group { display_name, external_id, ..old.group.clone() };
    provisioning::update_group(&store, ctx.actor(), &old.group, &new).await.map_err(taken)?;
    let mut moved = 0;
    for change in &members {
        moved += apply(ctx, &store, &new, change).await?;
    }
    if moved == 0 && new == old.group {
        return Ok((store, old));
    }
    let updated_at = store.now();
    store.touch_scim_group(id, updated_at).await?;
    let new = ScimGroup { group: new, version: old.version + 1, updated_at };
    Ok((store, new))
}

/// Answers how many people came or went.
async fn apply(ctx: &ScimCtx, store: &TenantStore, group: &Group, change: &MemberChange) -> ScimResult<usize> {
    match change {
        MemberChange::Add(people) => add(ctx, store, group, people).await,
        MemberChange::Remove(people) => Ok(provisioning::remove_members(store, ctx.actor(), group, people).await?),
        MemberChange::Replace(people) => {
            let present = store.list_group_member_ids(group.id).await?;
            let gone: Vec<UserId> = present.into_iter().filter(|one| people.binary_search(one).is_err()).collect();
            let went = provisioning::remove_members(store, ctx.actor(), group, &gone).await?;
            Ok(went + add(ctx, store, group, people).await?)
        }
    }
}

async fn add(ctx: &ScimCtx, store: &TenantStore, group: &Group, people: &[UserId]) -> ScimResult<usize> {
    if people.is_empty() {
        return Ok(0);
    }
    let known = store.list_scim_user_ids_among(people).await?;
    if let Some(stranger) = people.iter().find(|person| !known.contains(person)) {
        return Err(ScimError::InvalidValue(format!("members: there is no user {stranger} here")));
    }
    Ok(provisioning::add_members(store, ctx.actor(), group, people).await?)
}

/// The group as committed now, locked to the end of the transaction.
async fn lock(store: &TenantStore, id: GroupId) -> ScimResult<ScimGroup> {
    store.lock_group(id).await?.ok_or_else(|| not_found("group"))?;
    store.find_scim_group(id).await?.ok_or_else(|| not_found("group"))
}

async fn refuse_taken(store: &TenantStore, old: Option<&Group>, facts: &GroupFacts) -> ScimResult<()> {
    let name = &facts.display_name;
    match store.find_group_by_name(name).await? {
        Some(other) if old.is_some_and(|old| old.id == other.id) => Ok(()),
        Some(other) if other.source != GroupSource::Scim => Err(ScimError::Uniqueness(format!(
            "{name:?} is a group that this identity provider does not manage: rename or delete it in Portway first"
        ))),
        Some(_) => Err(ScimError::Uniqueness(format!("there is a group {name:?} already"))),
        None => Ok(()),
    }
}

fn taken(error: Error) -> ScimError {
    match error {
        Error::Conflict { code: "group.name_taken", .. } => {
            ScimError::Uniqueness("another group has this displayName".to_owned())
        }
        other => ScimError::Domain(other),
    }
}

fn facts_of(group: &Group) -> GroupFacts {
    GroupFacts { display_name: group.display_name.clone(), external_id: group.external_id.clone() }
}

async fn show(ctx: &ScimCtx, store: &TenantStore, one: &ScimGroup, projection: &Projection) -> ScimResult<Answer> {
    let resource = resources_of(ctx, store, std::slice::from_ref(one), projection).await?.pop().unwrap_or_default();
    Ok(Answer { location: format!("{}/Groups/{}", ctx.base, one.group.id), etag: etag(one.version), resource })
}

/// The groups of a list as they are shown, their members read at once.
pub(super) async fn resources_of(
    ctx: &ScimCtx,
    store: &TenantStore,
    groups: &[ScimGroup],
    projection: &Projection,
) -> ScimResult<Vec<Object>> {
    let with_members = projection.shows(Kind::Group, "members");
    let mut members: HashMap<GroupId, Vec<UserId>> = HashMap::new();
    if with_members {
        let ids: Vec<GroupId> = groups.iter().map(|one| one.group.id).collect();
        let too_many = || {
            ScimError::TooMany(format!(
                "the answer would have more than {SCIM_MEMBERS_SHOWN_MAX} members: ask for excludedAttributes=members \
                 or a smaller count"
            ))
        };
        let rows = store.list_scim_members(&ids).await?;
        if rows.len() as u64 > SCIM_MEMBERS_SHOWN_MAX {
            return Err(too_many());
        }
        for (group, person) in rows {
            members.entry(group).or_default().push(person);
        }
    }
    let mut resource = |one: &ScimGroup| {
        let (version, created_at, updated_at) = (one.version, one.group.created_at, one.updated_at);
        let shown = Shown { base: &ctx.base, version, created_at, updated_at };
        let who = with_members.then(|| members.remove(&one.group.id).unwrap_or_default());
        projection.apply(Kind::Group, group::show(&shown, one.group.id, &facts_of(&one.group), who))
    };
    Ok(groups.iter().map(&mut resource).collect())
}
