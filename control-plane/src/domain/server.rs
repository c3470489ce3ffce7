//! Registered MCP servers and how they are reached.

use chrono::{DateTime, Utc};
use proto::names::ServerSlug;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::ServerRole;
use super::ids::{AccessGrantId, GroupId, ServerId, ServiceAccountId, UserId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub id: ServerId,
    pub slug: ServerSlug,
    pub display_name: String,
    pub description: String,
    pub upstream_url: String,
    pub outbound_auth: OutboundAuth,
    pub status: ServerStatus,
    /// Of one call; 0 = the node's default.
    pub timeout_ms: u32,
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// How the gateway authenticates to the server, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum OutboundAuth {
    /// The server asks for nothing.
    None,
    /// The same headers for everybody; their values are a `SealedCredential`.
    SharedHeader { header_names: Vec<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerStatus {
    Enabled,
    Disabled,
    Retired,
}

impl ServerStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Retired => "retired",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled, Self::Retired].into_iter().find(|status| status.as_str() == text)
    }
}

/// A role of a subject on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessGrant {
    pub id: AccessGrantId,
    pub server_id: ServerId,
    pub role: ServerRole,
    pub subject: Subject,
    pub created_at: DateTime<Utc>,
}

/// To whom a grant is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    User(UserId),
    Group(GroupId),
    ServiceAccount(ServiceAccountId),
    /// Every active user of the tenant.
    Everyone,
}
