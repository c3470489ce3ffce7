//! Builds the immutable, indexed snapshot from the records. Pure; the whole truth is in the records.

use std::sync::Arc;

use proto::names::ServerSlug;
use uuid::Uuid;

use super::apply::{Auth, Blocks, GrantRecord, MemberRecord, Place, ServerRecord, Subject, TenantState, Upstream};
use super::{GrantIndex, LimitRules, Member, OutboundAuth, Role, Server, ServerState, Snapshot, TenantStatus};
use crate::map::{HashMap, HashSet};
use crate::upstream::UpstreamUrl;
use crate::upstream::credential::Credential;

/// The snapshot of these records. Servers equal to those of the snapshot before are shared with it.
pub(super) fn snapshot(state: &TenantState) -> Snapshot {
    // Without settings nothing says that the tenant is active.
    let settings = state.settings.as_ref();
    let mut session_keys: Vec<_> = state.session_keys.values().cloned().collect();
    session_keys.sort_by_key(|key| (key.created_unix_ms, key.key_id));
    Snapshot {
        tenant_id: state.tenant_id,
        revision: state.revision,
        status: settings.map_or(TenantStatus::Suspended, |settings| settings.status),
        allowed_origins: settings.map(|settings| settings.allowed_origins.clone()).unwrap_or_default(),
        offline_max_s: settings.map_or(0, |settings| settings.offline_max_s),
        calls_off: settings.is_some_and(|settings| settings.calls_off),
        blocked_clients: settings.map(|settings| settings.blocked_clients.clone()).unwrap_or_default(),
        concurrent_calls_max: settings.and_then(|settings| settings.concurrent_calls_max),
        servers: servers(state),
        principals: state.principals.clone(),
        signing_keys: state.signing_keys.values().map(|key| (key.kid.clone(), key.clone())).collect(),
        api_keys: state.api_keys.clone(),
        session_keys,
        revoked_grants: state.revoked_grants.clone(),
        limits: Arc::new(LimitRules::of(&state.limits)),
    }
}

fn servers(state: &TenantState) -> HashMap<ServerSlug, Arc<Server>> {
    let mut grants: HashMap<Uuid, GrantIndex> = HashMap::default();
    for grant in state.grants.values() {
        grants.entry(grant.server_id).or_default().add(grant);
    }
    let stopped = Stopped::by(state);
    let before = state.snapshot.as_ref().map(|snapshot| &snapshot.servers);
    let servers = state.servers.iter().map(|(id, record)| {
        let grants = grants.remove(id).unwrap_or_default();
        let server = server(state, *id, record, stopped.contains(*id), grants);
        let same = before.and_then(|before| before.get(&record.slug)).filter(|before| ***before == server);
        (record.slug.clone(), same.cloned().unwrap_or_else(|| Arc::new(server)))
    });
    servers.collect()
}

/// `None`: the server wants a credential, and there is none for where it is. It is never called without (I4, I14).
fn outbound_auth(upstream: &Upstream, secret: Option<&Credential>) -> Option<OutboundAuth> {
    match upstream.auth {
        Auth::None => Some(OutboundAuth::None),
        Auth::SharedHeader => secret.filter(|secret| secret.is_for(&upstream.url)).cloned().map(OutboundAuth::Shared),
        Auth::Brokered { version } => Some(OutboundAuth::Brokered { version }),
        Auth::Original => Some(OutboundAuth::Original),
    }
}

fn server(state: &TenantState, id: Uuid, record: &ServerRecord, stopped: bool, grants: GrantIndex) -> Server {
    let standing = match record.enabled {
        _ if stopped => ServerState::ConfigRejected,
        true => ServerState::Enabled,
        false => ServerState::Disabled,
    };
    let nothing = Server {
        id,
        slug: record.slug.clone(),
        display_name: record.display_name.clone(),
        state: ServerState::ConfigRejected,
        upstream_url: nowhere(),
        outbound_auth: OutboundAuth::None,
        headers: Arc::default(),
        trust: None,
        tools: None,
        overrides: Arc::default(),
        timeout_ms: 0,
        members: None,
        grants,
    };
    match &record.place {
        Place::Rejected => nothing,
        Place::Virtual(members) => {
            let members = members.iter().filter_map(|member| self::member(state, member));
            Server { state: standing, members: Some(members.collect()), ..nothing }
        }
        Place::At(upstream) => {
            let auth = outbound_auth(upstream, state.secrets.get(&id));
            let state = if auth.is_some() { standing } else { ServerState::ConfigRejected };
            Server {
                state,
                upstream_url: upstream.url.clone(),
                outbound_auth: auth.unwrap_or(OutboundAuth::None),
                headers: upstream.headers.clone(),
                trust: upstream.trust.clone(),
                tools: upstream.tools.clone(),
                overrides: upstream.overrides.clone(),
                timeout_ms: upstream.timeout_ms,
                ..nothing
            }
        }
    }
}

/// A member that is gone, or that is itself virtual, is none.
fn member(state: &TenantState, record: &MemberRecord) -> Option<Member> {
    let server = state.servers.get(&record.server_id).filter(|server| !matches!(server.place, Place::Virtual(_)))?;
    let MemberRecord { server_id, alias, offer } = record;
    Some(Member { server_id: *server_id, slug: server.slug.clone(), alias: alias.clone(), offer: offer.clone() })
}

#[expect(clippy::expect_used, reason = "a literal")]
fn nowhere() -> UpstreamUrl {
    "https://rejected.invalid/".parse().expect("a literal URL")
}

impl GrantIndex {
    /// Of several grants to one subject the strongest role counts.
    fn add(&mut self, grant: &GrantRecord) {
        let stronger = |before: Option<Role>| before.map_or(grant.role, |before| before.max(grant.role));
        match grant.subject {
            Subject::Everyone => self.everyone = Some(stronger(self.everyone)),
            Subject::One(id) => {
                let role = stronger(self.subjects.get(&id).copied());
                self.subjects.insert(id, role);
            }
        }
    }
}

/// Servers that a rejected resource decides about.
enum Stopped {
    All,
    Some(HashSet<Uuid>),
}

impl Stopped {
    fn by(state: &TenantState) -> Self {
        let mut ids = HashSet::default();
        for blocks in state.rejected.values() {
            match blocks {
                Blocks::All => return Self::All,
                Blocks::Servers(servers) => ids.extend(servers),
                Blocks::Nothing => {}
            }
        }
        Self::Some(ids)
    }

    fn contains(&self, id: Uuid) -> bool {
        match self {
            Self::All => true,
            Self::Some(ids) => ids.contains(&id),
        }
    }
}
