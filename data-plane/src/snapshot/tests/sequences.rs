//! A sequence of deltas and one full update of what they add up to give the same snapshot.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proto::wire::Resource;
use proto::wire::resource::Body;

use super::*;

/// One change of a small world: kind, id, and a variant that is sometimes one the node rejects.
#[derive(Debug, Clone, Copy)]
struct Change {
    kind: u8,
    id: u128,
    variant: u8,
    delete: bool,
}

const KINDS: [&str; 8] = [
    "server",
    "principal",
    "access_grant",
    "limit_rule",
    "signing_key",
    "tenant_settings",
    "shared_secret",
    "revoked_grant",
];

impl Change {
    fn key(self) -> (u8, u128) {
        (self.kind, self.resource_id())
    }

    fn resource_id(self) -> u128 {
        if self.kind == 5 { TENANT.as_u128() } else { self.id + 100 * u128::from(self.kind) }
    }

    fn resource(self, epoch: u64) -> Resource {
        let id = self.resource_id();
        if self.delete {
            return wire::deleted(id, KINDS[usize::from(self.kind)]);
        }
        match self.kind {
            0 => resource(id, Body::Server(self.server())),
            1 => resource(id, Body::Principal(self.principal(epoch))),
            2 => resource(id, Body::AccessGrant(self.grant())),
            3 => {
                let servers: &[u128] = if self.variant == 0 { &[] } else { &[0] };
                let is_good = self.variant == 2;
                resource(id, Body::LimitRule(if is_good { limit_rule(servers) } else { bad_rule(servers) }))
            }
            4 => resource(id, Body::SigningKey(key(&format!("k{id}")))),
            6 => resource(id, Body::SharedSecret(self.secret())),
            7 => resource(id, Body::RevokedGrant(Default::default())),
            _ => settings(),
        }
    }

    fn server(self) -> proto::wire::Server {
        let mut server = server(&format!("server-{}", self.id));
        match self.variant {
            0 => server.upstream_url = "nonsense".to_owned(),
            1 => server.outbound_auth = Some(wire::shared_header()),
            2 => server.enabled = false,
            _ => {}
        }
        server
    }

    /// Of an odd variant it is for where the server is.
    fn secret(self) -> proto::wire::SharedSecret {
        let host = self.id + u128::from(1 - self.variant % 2);
        let mut secret = wire::secret(self.id, &format!("https://server-{host}.example"), "v", self.variant.into());
        if self.variant == 0 {
            secret.version += 1;
        }
        secret
    }

    fn principal(self, epoch: u64) -> proto::wire::Principal {
        proto::wire::Principal { active: self.variant != 0, ..principal(epoch) }
    }

    fn grant(self) -> proto::wire::AccessGrant {
        let mut grant = grant(u128::from(self.variant), 100 + self.id);
        if self.variant == 0 {
            grant.role = 0;
        }
        grant
    }
}

fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let change = (0..8_u8, 0..4_u128, 0..5_u8, any::<bool>());
    let change = change.prop_map(|(kind, id, variant, delete)| Change { kind, id, variant, delete });
    prop::collection::vec(prop::collection::vec(change, 0..8), 0..12)
}

/// Everything a request may ask of a snapshot, comparable.
fn picture(snapshot: &Snapshot) -> impl PartialEq + std::fmt::Debug + use<> {
    let servers: BTreeMap<_, _> = snapshot.servers.clone().into_iter().collect();
    let principals: BTreeMap<_, _> = snapshot.principals.clone().into_iter().collect();
    let mut kids: Vec<_> = snapshot.signing_keys.keys().cloned().collect();
    kids.sort();
    let ended: BTreeMap<_, _> = snapshot.revoked_grants.iter().map(|(id, grant)| (*id, *grant)).collect();
    let limits = snapshot.limits.clone();
    (snapshot.revision, snapshot.status, snapshot.allowed_origins.clone(), servers, principals, kids, ended, limits)
}

fn nothing() -> TenantState {
    TenantState::empty(TENANT).with_key(wire::KEY.clone())
}

proptest! {
    #[test]
    fn deltas_add_up_to_the_full_picture(updates in changes()) {
        let mut state = nothing();
        let mut world: BTreeMap<(u8, u128), Resource> = BTreeMap::new();
        let mut revision = 0;
        for update in updates {
            revision += 1;
            let resources: Vec<_> = update.iter().map(|change| change.resource(revision)).collect();
            for (change, resource) in update.iter().zip(&resources) {
                match change.delete {
                    true => world.remove(&change.key()),
                    false => world.insert(change.key(), resource.clone()),
                };
            }
            state = apply(state, Update { full: false, revision, resources }).state;
        }
        let resources = world.into_values().collect();
        let full = apply(nothing(), Update { full: true, revision, resources });
        let Some(snapshot) = &state.snapshot else { return Ok(()) };
        prop_assert_eq!(picture(snapshot), picture(&full.snapshot));
    }

    #[test]
    fn a_delta_repeated_changes_nothing(update in changes()) {
        let resources: Vec<_> = update.iter().flatten().map(|change| change.resource(1)).collect();
        let once = apply(nothing(), Update { full: false, revision: 1, resources: resources.clone() });
        let first = picture(&once.snapshot);
        let twice = apply(once.state, Update { full: false, revision: 1, resources });
        prop_assert_eq!(first, picture(&twice.snapshot));
    }
}
