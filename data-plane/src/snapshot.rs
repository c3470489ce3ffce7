//! What a node knows: the tenant directory of its pool, and one immutable snapshot per subscribed tenant.
//!
//! Pure: no clock, no sockets, no logging. Invariants: a request sees one snapshot (I1); a bad resource never replaces
//! a good one and never leaves a laxer one in force (I4): a server whose grant, rule or settings were rejected is
//! marked [`ServerState::ConfigRejected`] and answers 503.

pub mod apply;

mod accept;
mod index;
mod kind;
mod secret;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use proto::names::{ServerSlug, TenantSlug};
use url::Url;
use uuid::Uuid;

use crate::upstream::credential::{Credential, Destination};

pub(crate) use self::accept::tenant_status;
pub(crate) use self::kind::Kind;

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
}

/// An OAuth grant that was ended while tokens of it may still live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedGrant {
    pub revoked_unix_ms: u64,
    /// By then every token of it has expired.
    pub forget_after_unix_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerState {
    Enabled,
    Disabled,
    /// A resource that decides about this server was rejected: refuse with `config.rejected`.
    ConfigRejected,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub id: Uuid,
    pub slug: ServerSlug,
    pub display_name: String,
    pub state: ServerState,
    /// Where calls go. Of a server whose URL was rejected this is a name that never resolves (RFC 6761 §6.4).
    pub upstream_url: Url,
    pub outbound_auth: OutboundAuth,
    /// Of one call; 0 = the node's default.
    pub timeout_ms: u32,
    /// Who may use it, indexed by subject.
    pub grants: GrantIndex,
}

/// The methods this node can serve; another one makes the server `ConfigRejected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboundAuth {
    None,
    /// The same headers for everybody.
    Shared(Credential),
    /// Each caller's own, which the control plane leases. Before a call goes out there is a `Leased` in its place.
    PerUser {
        version: u64,
    },
    /// This caller's own, and the versions of server and principal that it rests on.
    Leased {
        credential: Credential,
        auth: u64,
        credentials: u64,
        connect_url: Arc<str>,
    },
}

impl Server {
    /// Where requests to this server go, and what they carry to be let in.
    pub fn destination(&self) -> Destination<'_> {
        self.destination_at(&self.upstream_url)
    }

    /// The same for another URL, of a session that was opened before the server moved. Another origin gets nothing.
    pub fn destination_at<'a>(&'a self, url: &'a Url) -> Destination<'a> {
        let credential = match &self.outbound_auth {
            OutboundAuth::None | OutboundAuth::PerUser { .. } => None,
            OutboundAuth::Shared(credential) | OutboundAuth::Leased { credential, .. } => Some(credential),
        };
        Destination { url, credential }
    }

    /// Where the caller changes what opens the door, if it is their own.
    pub fn connect_url(&self) -> Option<Arc<str>> {
        match &self.outbound_auth {
            OutboundAuth::Leased { connect_url, .. } => Some(connect_url.clone()),
            OutboundAuth::None | OutboundAuth::Shared(_) | OutboundAuth::PerUser { .. } => None,
        }
    }

    /// Upstream sessions opened with another credential are another account's; 0 = without one.
    pub fn credential_version(&self) -> u64 {
        self.destination().credential.map_or(0, Credential::version)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantIndex {
    pub everyone: Option<Role>,
    /// Users, groups and service accounts; ids are UUIDs and never clash.
    pub subjects: HashMap<Uuid, Role>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    User,
    Manager,
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
