//! Who did what: the words of the audit trail. Entries carry ids of actors, never names or addresses.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ids::{ApiKeyId, AuditEventId, IdentityProviderId, OperatorId, ScimTokenId, ServiceAccountId, UserId};

/// On whose behalf something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    /// A person through one of their API keys.
    UserByKey(UserId, ApiKeyId),
    /// A machine, through one of its API keys.
    ServiceAccount(ServiceAccountId, Option<ApiKeyId>),
    Operator(OperatorId),
    /// The tenant's identity provider, pushing people and groups by SCIM.
    ScimToken(ScimTokenId),
    /// The tenant's identity provider, by what it says of a person at sign-in.
    IdentityProvider(IdentityProviderId),
    /// Nobody signed in yet: the bearer of a one-time link, an unknown visitor.
    Anonymous,
    /// Portway itself: jobs, key rotation.
    System,
}

impl Actor {
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) | Self::UserByKey(..) => "user",
            Self::ServiceAccount(..) => "service_account",
            Self::Operator(_) => "operator",
            Self::ScimToken(_) => "scim_token",
            Self::IdentityProvider(_) => "identity_provider",
            Self::Anonymous => "anonymous",
            Self::System => "system",
        }
    }

    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User(id) | Self::UserByKey(id, _) => Some(id.0),
            Self::ServiceAccount(id, _) => Some(id.0),
            Self::Operator(id) => Some(id.0),
            Self::ScimToken(id) => Some(id.0),
            Self::IdentityProvider(id) => Some(id.0),
            Self::Anonymous | Self::System => None,
        }
    }

    /// The person, if it is one.
    pub const fn user_id(self) -> Option<UserId> {
        match self {
            Self::User(id) | Self::UserByKey(id, _) => Some(id),
            _ => None,
        }
    }

    /// The API key that was used.
    pub const fn api_key_id(self) -> Option<ApiKeyId> {
        match self {
            Self::UserByKey(_, key) => Some(key),
            Self::ServiceAccount(_, key) => key,
            _ => None,
        }
    }
}

/// One entry, before it has a place in the chain.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    pub actor: Actor,
    /// `noun.verb`, stable: `server.registered`, `session.started`.
    pub action: &'static str,
    pub target_kind: &'static str,
    pub target_id: Option<Uuid>,
    /// What changed; never secrets, never personal data beyond what the tenant's admins see anyway.
    pub detail: serde_json::Value,
}

/// One event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    pub seq: i64,
    pub id: AuditEventId,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub target_kind: String,
    pub target_id: Option<Uuid>,
    /// The bytes that the chain covers: JSON.
    pub body: Vec<u8>,
}

/// What recomputing a stretch of the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainStatus {
    pub checked: usize,
    /// The oldest event that does not fit: it or its predecessor was changed or removed.
    pub broken_seq: Option<i64>,
}
