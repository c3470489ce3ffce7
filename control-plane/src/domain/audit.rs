//! Who did what: the words of the audit trail. Entries carry ids of actors, never names or addresses.

use uuid::Uuid;

use super::ids::{OperatorId, UserId};

/// On whose behalf something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    Operator(OperatorId),
    /// Nobody signed in yet: the bearer of a one-time link, an unknown visitor.
    Anonymous,
    /// Portway itself: jobs, key rotation.
    System,
}

impl Actor {
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Operator(_) => "operator",
            Self::Anonymous => "anonymous",
            Self::System => "system",
        }
    }

    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User(id) => Some(id.0),
            Self::Operator(id) => Some(id.0),
            Self::Anonymous | Self::System => None,
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
