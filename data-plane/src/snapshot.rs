//! What a node knows: the tenant directory of its pool, and one immutable snapshot per subscribed tenant.
//!
//! Pure: no clock, no sockets, no logging. Invariants: a request sees one snapshot (I1); a bad resource never replaces
//! a good one and never leaves a laxer one in force (I4): a server whose grant, rule or settings were rejected is
//! marked [`ServerState::ConfigRejected`] and answers 503.

pub mod apply;

mod accept;
mod index;
mod kind;
mod limit;
mod secret;
mod server;
#[cfg(test)]
pub(crate) mod tests;

use std::num::NonZeroU32;
use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use proto::names::{ServerSlug, TenantSlug};
use uuid::Uuid;

pub(crate) use self::accept::tenant_status;
pub(crate) use self::kind::Kind;
pub use self::limit::{CountedApart, LimitRule, LimitRules};
pub use self::server::{
    Choice, GrantIndex, HeaderRules, Item, Member, Offer, OutboundAuth, Role, Server, ServerState, ToolSwitches,
};
use crate::map::{HashMap, HashSet};
use crate::mcp::seal::DerivedKeys;

/// All tenants of the pool. An unknown slug is a 404 from memory.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    pub revision: u64,
    pub tenants: HashMap<TenantSlug, Arc<TenantEntry>>,
}

/// What a node knows of a tenant without subscribing to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantEntry {
    pub id: Uuid,
    pub slug: TenantSlug,
    pub status: TenantStatus,
    /// Exact issuer string of the tenant's authorization server.
    pub issuer: String,
    /// Origins at which the tenant's gateway URLs are served, `https://host[:port]`, lower-case, no trailing slash.
    pub gateway_origins: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    Active,
    /// Also what a status is taken for that this node does not know.
    Suspended,
    Deleting,
}

/// Everything of one tenant, at one revision.
#[derive(Clone)]
pub struct Snapshot {
    pub tenant_id: Uuid,
    pub revision: u64,
    pub status: TenantStatus,
    pub allowed_origins: Vec<String>,
    pub offline_max_s: u32,
    /// Nobody calls anything until it is on again.
    pub calls_off: bool,
    /// OAuth clients, by `client_id`, whose tokens open nothing.
    pub blocked_clients: Arc<HashSet<String>>,
    /// Calls under way at once, on all nodes together; `None`: no bound.
    pub concurrent_calls_max: Option<NonZeroU32>,
    pub servers: HashMap<ServerSlug, Arc<Server>>,
    pub principals: HashMap<Uuid, Arc<Principal>>,
    /// Public keys by `kid`.
    pub signing_keys: HashMap<String, Arc<SigningKey>>,
    /// API keys by the id in them.
    pub api_keys: HashMap<Uuid, Arc<ApiKey>>,
    /// Newest last; the newest seals, all open.
    pub session_keys: Vec<SessionKey>,
    /// OAuth grants whose tokens are void, whatever else they say. Shared with the snapshot before, if nothing changed.
    pub revoked_grants: Arc<HashMap<Uuid, RevokedGrant>>,
    /// How often who may call what. Shared in the same way.
    pub limits: Arc<LimitRules>,
}

pub struct SigningKey {
    pub kid: String,
    pub key: DecodingKey,
}

/// What is known of an API key; its secret is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: Uuid,
    pub secret_sha256: [u8; 32],
    pub principal_id: Uuid,
    /// `None`: never.
    pub expires_unix_ms: Option<u64>,
    /// The only servers it reaches; `None`: all that its principal may use.
    pub server_ids: Option<HashSet<Uuid>>,
}

#[derive(Clone)]
pub struct SessionKey {
    pub key_id: u32,
    pub secret: zeroize::Zeroizing<[u8; 32]>,
    pub created_unix_ms: u64,
    /// What it seals with.
    pub derived: DerivedKeys,
}

impl SessionKey {
    pub fn new(key_id: u32, secret: zeroize::Zeroizing<[u8; 32]>, created_unix_ms: u64) -> Self {
        Self { key_id, secret, created_unix_ms, derived: DerivedKeys::default() }
    }
}

/// An OAuth grant that was ended while tokens of it may still live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedGrant {
    pub revoked_unix_ms: u64,
    /// By then every token of it has expired.
    pub forget_after_unix_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub id: Uuid,
    pub kind: PrincipalKind,
    pub active: bool,
    pub epoch: u64,
    /// Grows with every change of their upstream credentials: leases of before are void.
    pub credentials: u64,
    pub group_ids: HashSet<Uuid>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalKind {
    User,
    ServiceAccount,
}
