//! What a person may do is the highest of what was given by hand and of what their groups give, whatever happened
//! before, in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use control_plane::app::groups::{self, GroupChange, MemberChange};
use control_plane::app::people::{self, UserChange};
use control_plane::app::provisioning::{self, NewUser};
use control_plane::app::{Caller, Ctx, Proof};
use control_plane::domain::access::TenantRole;
use control_plane::domain::ids::{GroupId, SessionId, UserId};
use control_plane::domain::tenancy::UserSource;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use world::people::Person;
use world::{World, on_both};

const PEOPLE: usize = 3;
const GROUPS: usize = 3;
const SEQUENCES: u32 = 6;

#[derive(Debug, Clone)]
enum Step {
    Assign(usize, TenantRole),
    Give(usize, Option<TenantRole>),
    Join(usize, usize),
    Leave(usize, usize),
    /// Deletes the group and makes another one in its place.
    Renew(usize, Option<TenantRole>),
}

fn step() -> impl Strategy<Value = Step> {
    let by_hand = prop_oneof![
        Just(TenantRole::Owner),
        Just(TenantRole::Admin),
        Just(TenantRole::Auditor),
        Just(TenantRole::Member)
    ];
    let given = || prop_oneof![Just(None), Just(Some(TenantRole::Admin)), Just(Some(TenantRole::Auditor))];
    prop_oneof![
        (0..PEOPLE, by_hand).prop_map(|(person, role)| Step::Assign(person, role)),
        (0..GROUPS, given()).prop_map(|(group, role)| Step::Give(group, role)),
        (0..GROUPS, 0..PEOPLE).prop_map(|(group, person)| Step::Join(group, person)),
        (0..GROUPS, 0..PEOPLE).prop_map(|(group, person)| Step::Leave(group, person)),
        (0..GROUPS, given()).prop_map(|(group, role)| Step::Renew(group, role)),
    ]
}

/// What is expected: the same, told without a database.
#[derive(Default)]
struct Model {
    assigned: BTreeMap<usize, TenantRole>,
    given: BTreeMap<usize, Option<TenantRole>>,
    members: BTreeSet<(usize, usize)>,
}

impl Model {
    fn role(&self, person: usize) -> TenantRole {
        let order = [TenantRole::Owner, TenantRole::Admin, TenantRole::Auditor, TenantRole::Member];
        let groups = self.members.iter().filter(|(_, member)| *member == person);
        let by_group = groups.filter_map(|(group, _)| self.given.get(group).copied().flatten());
        let by_hand = self.assigned.get(&person).copied().unwrap_or(TenantRole::Member);
        let all: Vec<_> = by_group.chain([by_hand]).collect();
        order.into_iter().find(|role| all.contains(role)).unwrap()
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Assign(person, role) => drop(self.assigned.insert(person, role)),
            Step::Give(group, role) => drop(self.given.insert(group, role)),
            Step::Join(group, person) => drop(self.members.insert((group, person))),
            Step::Leave(group, person) => drop(self.members.remove(&(group, person))),
            Step::Renew(group, role) => {
                self.members.retain(|(of, _)| *of != group);
                self.given.insert(group, role);
            }
        }
    }
}

async fn act(ctx: &Ctx, step: &Step, people: &[UserId], made: &mut [GroupId], at: usize) {
    match *step {
        Step::Assign(person, role) => {
            people::update(ctx, people[person], UserChange { role: Some(role), ..UserChange::default() })
                .await
                .unwrap();
        }
        Step::Give(group, role) => {
            let change = GroupChange { tenant_role: Some(role), ..GroupChange::default() };
            groups::update(ctx, made[group], change).await.unwrap();
        }
        Step::Join(group, person) => {
            let change = MemberChange { add: vec![people[person]], remove: Vec::new() };
            groups::change_members(ctx, made[group], change).await.unwrap();
        }
        Step::Leave(group, person) => {
            let change = MemberChange { add: Vec::new(), remove: vec![people[person]] };
            groups::change_members(ctx, made[group], change).await.unwrap();
        }
        Step::Renew(group, role) => {
            groups::delete(ctx, made[group]).await.unwrap();
            made[group] = groups::create(ctx, &format!("again {group} {at}"), role).await.unwrap().group.id;
        }
    }
}

async fn owner_of(world: &World, owner: &Person) -> Ctx {
    let principal = owner.id().await.parse::<UserId>().unwrap().into();
    let proof = Proof::Session(SessionId(world.app().new_id()));
    let caller = Caller { principal, role: TenantRole::Owner, proof };
    Ctx { app: world.app().clone(), tenant_id: world.tenant_id("acme").await, caller }
}

/// Somebody who never signs in: so many at once would not be let through the door.
async fn member(ctx: &Ctx, name: &str) -> UserId {
    let store = ctx.app.store.tenant(ctx.tenant_id).await.unwrap();
    let new = NewUser {
        user_name: name.to_owned(),
        email: format!("{name}@acme.example"),
        display_name: name.to_owned(),
        role: TenantRole::Member,
        source: UserSource::Local,
        external_id: None,
    };
    let user = provisioning::create_user(&store, ctx.actor(), new).await.unwrap();
    store.commit().await.unwrap();
    user.id
}

on_both! {
    async fn the_role_is_the_highest_whatever_the_order(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let ctx = owner_of(&world, &owner).await;
        let mut runner = TestRunner::new(Config::default());
        for sequence in 0..SEQUENCES {
            let (mut people, mut made) = (Vec::new(), Vec::new());
            for number in 0..PEOPLE {
                people.push(member(&ctx, &format!("p{sequence}-{number}")).await);
            }
            for number in 0..GROUPS {
                made.push(groups::create(&ctx, &format!("g{sequence}-{number}"), None).await.unwrap().group.id);
            }
            let steps = vec(step(), 1..30).new_tree(&mut runner).unwrap().current();
            let mut model = Model::default();
            for (at, step) in steps.iter().enumerate() {
                act(&ctx, step, &people, &mut made, (sequence as usize) * 100 + at).await;
                model.take(step);
                for (person, id) in people.iter().enumerate() {
                    let found = people::get(&ctx, *id).await.unwrap().role;
                    assert_eq!(found, model.role(person), "person {person} after {:?}", &steps[..=at]);
                }
            }
        }
    }
}
