//! Applies updates of one tenant. Pure: no clock, no sockets, no logging.
//!
//! Each resource is accepted or rejected by itself and the revision advances. Epochs, statuses and deletions cannot be
//! rejected. A rejected grant, rule or setting blocks the servers it decides about; with what was there before it
//! never stays in force (I4). What was accepted is kept as records, and the snapshot is always built from all of
//! them: so a sequence of deltas and one full update cannot differ.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use proto::convert;
use proto::members::Alias;
use proto::names::ServerSlug;
use proto::wire::resource::Body;
use proto::wire::{Reject, Resource};
use uuid::Uuid;

use super::accept::{self, Refusal};
pub use super::kind::CAPABILITIES;
use super::kind::Kind;
use super::{
    ApiKey, HeaderRules, LimitRule, Offer, Principal, RevokedGrant, Role, SessionKey, SigningKey, Snapshot,
    TenantStatus, ToolSwitches, index,
};
use crate::limits;
use crate::map::{HashMap, HashSet};
use crate::node_key::NodeKey;
use crate::upstream::UpstreamUrl;
use crate::upstream::credential::Credential;
use crate::upstream::trust::Trust;

/// A complete update of one tenant: all its chunks.
pub struct Update {
    /// Forget what is not in it.
    pub full: bool,
    pub revision: u64,
    pub resources: Vec<Resource>,
}

/// What came of an update.
pub struct Applied {
    pub state: TenantState,
    pub snapshot: Arc<Snapshot>,
    pub rejects: Vec<Reject>,
}

/// The records the next delta applies to.
pub struct TenantState {
    pub(super) tenant_id: Uuid,
    pub(super) revision: u64,
    pub(super) settings: Option<Settings>,
    pub(super) servers: BTreeMap<Uuid, ServerRecord>,
    pub(super) slugs: HashMap<ServerSlug, Uuid>,
    pub(super) principals: HashMap<Uuid, Arc<Principal>>,
    pub(super) grants: HashMap<Uuid, GrantRecord>,
    pub(super) signing_keys: BTreeMap<Uuid, Arc<SigningKey>>,
    pub(super) session_keys: BTreeMap<Uuid, SessionKey>,
    pub(super) api_keys: HashMap<Uuid, Arc<ApiKey>>,
    /// By server.
    pub(super) secrets: BTreeMap<Uuid, Credential>,
    pub(super) revoked_grants: Arc<HashMap<Uuid, RevokedGrant>>,
    pub(super) limits: Arc<BTreeMap<Uuid, Arc<LimitRule>>>,
    /// Opens what is sealed to this node.
    key: Option<Arc<NodeKey>>,
    /// Rejected resources that stop servers, until they are replaced or deleted.
    pub(super) rejected: HashMap<ResourceKey, Blocks>,
    /// Built from the records above; unchanged servers are shared with the next one.
    pub(super) snapshot: Option<Arc<Snapshot>>,
}

/// Kind, and the id as it came: a malformed one can still be replaced or deleted.
type ResourceKey = (Kind, Vec<u8>);

pub(super) struct Settings {
    pub(super) status: TenantStatus,
    pub(super) offline_max_s: u32,
    pub(super) allowed_origins: Vec<String>,
    pub(super) calls_off: bool,
    pub(super) blocked_clients: Arc<HashSet<String>>,
    pub(super) concurrent_calls_max: Option<NonZeroU32>,
}

pub(super) struct ServerRecord {
    pub(super) slug: ServerSlug,
    pub(super) display_name: String,
    pub(super) enabled: bool,
    pub(super) place: Place,
}

/// What stands behind a slug.
pub(super) enum Place {
    /// A server of its own.
    At(Box<Upstream>),
    /// Others together.
    Virtual(Vec<MemberRecord>),
    Rejected,
}

pub(super) struct Upstream {
    pub(super) url: UpstreamUrl,
    pub(super) timeout_ms: u32,
    pub(super) auth: Auth,
    pub(super) headers: Arc<HeaderRules>,
    pub(super) trust: Option<Arc<Trust>>,
    pub(super) tools: Option<Arc<ToolSwitches>>,
    pub(super) overrides: Arc<HashSet<Uuid>>,
}

/// A member before its server's slug is looked up.
pub(super) struct MemberRecord {
    pub(super) server_id: Uuid,
    pub(super) alias: Alias,
    pub(super) offer: Arc<Offer>,
}

/// How a server wants to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Auth {
    None,
    SharedHeader,
    /// By lease; the version voids those of before.
    Brokered {
        version: u64,
    },
    /// The caller's own token.
    Original,
}

pub(super) struct GrantRecord {
    pub(super) server_id: Uuid,
    pub(super) role: Role,
    pub(super) subject: Subject,
}

#[derive(Clone, Copy)]
pub(super) enum Subject {
    Everyone,
    One(Uuid),
}

/// Which servers a rejected resource stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Blocks {
    Nothing,
    Servers(Vec<Uuid>),
    All,
}

impl TenantState {
    /// Of a tenant of which nothing is known.
    pub fn empty(tenant_id: Uuid) -> Self {
        Self {
            tenant_id,
            revision: 0,
            settings: None,
            servers: BTreeMap::new(),
            slugs: HashMap::default(),
            principals: HashMap::default(),
            grants: HashMap::default(),
            signing_keys: BTreeMap::new(),
            session_keys: BTreeMap::new(),
            api_keys: HashMap::default(),
            secrets: BTreeMap::new(),
            revoked_grants: Arc::default(),
            limits: Arc::default(),
            key: None,
            rejected: HashMap::default(),
            snapshot: None,
        }
    }

    /// The same on a node that can open what is sealed to it.
    pub fn with_key(self, key: Arc<NodeKey>) -> Self {
        Self { key: Some(key), ..self }
    }

    pub(super) fn key(&self) -> Option<&NodeKey> {
        self.key.as_deref()
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether any update was applied.
    pub fn is_known(&self) -> bool {
        self.snapshot.is_some()
    }

    pub(super) fn forget_server(&mut self, id: Uuid) {
        if let Some(record) = self.servers.remove(&id) {
            self.slugs.remove(&record.slug);
        }
    }
}

/// Applies an update to what was known before. A delta must start at `previous.revision()`: the caller checks.
pub fn apply(previous: TenantState, update: Update) -> Applied {
    let mut state = match update.full {
        true => {
            let TenantState { tenant_id, snapshot, key, .. } = previous;
            TenantState { snapshot, key, ..TenantState::empty(tenant_id) }
        }
        false => previous,
    };
    let mut rejects = Vec::new();
    let mut changes = last_of_each(update.resources);
    // What is referred to comes before what refers to it, whatever order it was sent in.
    changes.sort_by_key(|(_, body)| phase(body.as_ref()));
    for (key, body) in changes {
        if let Err(reason) = change(&mut state, &key, body) {
            rejects.push(reject(key, &reason));
        }
    }
    forget_revoked(&mut state);
    state.revision = update.revision;
    let snapshot = Arc::new(index::snapshot(&state));
    state.snapshot = Some(snapshot.clone());
    Applied { state, snapshot, rejects }
}

/// A resource repeated within one update counts once, as it was sent last.
fn last_of_each(resources: Vec<Resource>) -> Vec<(ResourceKey, Option<Body>)> {
    let mut seen = HashSet::default();
    let newest_first = resources.into_iter().rev().filter_map(|resource| {
        let key = (Kind::of(resource.body.as_ref()), resource.id.to_vec());
        seen.insert(key.clone()).then_some((key, resource.body))
    });
    let mut changes: Vec<_> = newest_first.collect();
    changes.reverse();
    changes
}

fn phase(body: Option<&Body>) -> u8 {
    match body {
        Some(Body::Deleted(_)) => 0,
        Some(Body::TenantSettings(_) | Body::Server(_) | Body::VirtualServer(_) | Body::Principal(_)) => 1,
        _ => 2,
    }
}

fn change(state: &mut TenantState, key: &ResourceKey, body: Option<Body>) -> Result<(), String> {
    state.rejected.remove(key);
    if matches!(body, Some(Body::Deleted(_))) {
        delete(state, key);
        return Ok(());
    }
    let accepted = match convert::uuid("id", &key.1) {
        Ok(id) => accept::resource(state, id, body),
        Err(error) => Err(Refusal { reason: error.to_string(), blocks: accept::blocked_by(body.as_ref()) }),
    };
    accepted.map_err(|refusal| {
        if refusal.blocks != Blocks::Nothing {
            state.rejected.insert(key.clone(), refusal.blocks);
        }
        refusal.reason
    })
}

fn delete(state: &mut TenantState, (kind, id): &ResourceKey) {
    // Nothing was ever accepted under a malformed id.
    let Ok(id) = convert::uuid("id", id) else { return };
    match kind {
        Kind::TenantSettings => state.settings = None,
        Kind::Server | Kind::VirtualServer => state.forget_server(id),
        Kind::Principal => drop(state.principals.remove(&id)),
        Kind::AccessGrant => drop(state.grants.remove(&id)),
        Kind::SigningKey => drop(state.signing_keys.remove(&id)),
        Kind::SessionKey => drop(state.session_keys.remove(&id)),
        Kind::ApiKey => drop(state.api_keys.remove(&id)),
        Kind::SharedSecret => drop(state.secrets.remove(&id)),
        Kind::RevokedGrant if state.revoked_grants.contains_key(&id) => {
            Arc::make_mut(&mut state.revoked_grants).remove(&id);
        }
        Kind::LimitRule if state.limits.contains_key(&id) => drop(Arc::make_mut(&mut state.limits).remove(&id)),
        Kind::RevokedGrant | Kind::LimitRule | Kind::Unknown => {}
    }
}

/// Forgets grants whose last token had expired when the newest of them was ended: the control plane's time, not ours.
/// So there are never more than were ended within one life of a token.
fn forget_revoked(state: &mut TenantState) {
    let Some(newest) = state.revoked_grants.values().map(|grant| grant.revoked_unix_ms).max() else { return };
    let is_over = |grant: &RevokedGrant| grant.forget_after_unix_ms < newest;
    if state.revoked_grants.values().any(is_over) {
        Arc::make_mut(&mut state.revoked_grants).retain(|_, grant| !is_over(grant));
    }
}

fn reject((kind, id): ResourceKey, reason: &str) -> Reject {
    let reason = reason.chars().take(limits::REJECT_REASON_BYTES_MAX / 4).collect();
    let id: Vec<u8> = id.into_iter().take(16).collect();
    Reject { kind: kind.name().to_owned(), resource_id: id.into(), reason }
}
