//! What nodes are told of a tenant: the resources of the configuration stream, as domain values.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::api_key::ApiKey;
use super::bundle::Member;
use super::credential::SealedCredential;
use super::ids::{OAuthGrantId, TenantId};
use super::limit_rule::LimitRule;
use super::server::{AccessGrant, Server};
use super::tenancy::{TenantSettings, TenantStatus};

/// Kinds of resources that nodes hold; the names are those of `Resource.body` in the node contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    TenantSettings,
    Server,
    VirtualServer,
    Principal,
    AccessGrant,
    SigningKey,
    SessionKey,
    ApiKey,
    SharedSecret,
    RevokedGrant,
    LimitRule,
}

impl ResourceKind {
    pub const ALL: [Self; 11] = [
        Self::TenantSettings,
        Self::Server,
        Self::VirtualServer,
        Self::Principal,
        Self::AccessGrant,
        Self::SigningKey,
        Self::SessionKey,
        Self::ApiKey,
        Self::SharedSecret,
        Self::RevokedGrant,
        Self::LimitRule,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TenantSettings => "tenant_settings",
            Self::Server => "server",
            Self::VirtualServer => "virtual_server",
            Self::Principal => "principal",
            Self::AccessGrant => "access_grant",
            Self::SigningKey => "signing_key",
            Self::SessionKey => "session_key",
            Self::ApiKey => "api_key",
            Self::SharedSecret => "shared_secret",
            Self::RevokedGrant => "revoked_grant",
            Self::LimitRule => "limit_rule",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The present state of one resource.
#[derive(Debug, Clone)]
pub enum Resource {
    TenantSettings {
        tenant_id: TenantId,
        status: TenantStatus,
        settings: TenantSettings,
        /// By `client_id`.
        blocked_clients: Vec<String>,
    },
    /// And the principals with an auth override there.
    Server {
        server: Box<Server>,
        overridden: Vec<Uuid>,
    },
    VirtualServer {
        server: Box<Server>,
        members: Vec<Member>,
    },
    Principal(Principal),
    AccessGrant(AccessGrant),
    SigningKey {
        id: Uuid,
        public_jwk: serde_json::Value,
    },
    SessionKey(SealedSessionKey),
    ApiKey {
        key: ApiKey,
        secret_sha256: Vec<u8>,
    },
    SharedSecret(SealedCredential),
    RevokedGrant {
        id: OAuthGrantId,
        revoked_at: DateTime<Utc>,
        forget_after: DateTime<Utc>,
    },
    LimitRule(LimitRule),
}

impl Resource {
    pub const fn kind(&self) -> ResourceKind {
        match self {
            Self::TenantSettings { .. } => ResourceKind::TenantSettings,
            Self::Server { .. } => ResourceKind::Server,
            Self::VirtualServer { .. } => ResourceKind::VirtualServer,
            Self::Principal(_) => ResourceKind::Principal,
            Self::AccessGrant(_) => ResourceKind::AccessGrant,
            Self::SigningKey { .. } => ResourceKind::SigningKey,
            Self::SessionKey(_) => ResourceKind::SessionKey,
            Self::ApiKey { .. } => ResourceKind::ApiKey,
            Self::SharedSecret(_) => ResourceKind::SharedSecret,
            Self::RevokedGrant { .. } => ResourceKind::RevokedGrant,
            Self::LimitRule(_) => ResourceKind::LimitRule,
        }
    }

    pub const fn id(&self) -> Uuid {
        match self {
            Self::TenantSettings { tenant_id, .. } => tenant_id.0,
            Self::Server { server, .. } | Self::VirtualServer { server, .. } => server.id.0,
            Self::Principal(principal) => principal.id,
            Self::AccessGrant(grant) => grant.id.0,
            Self::SigningKey { id, .. } => *id,
            Self::SessionKey(key) => key.id,
            Self::ApiKey { key, .. } => key.id.0,
            Self::SharedSecret(credential) => credential.server_id.0,
            Self::RevokedGrant { id, .. } => id.0,
            Self::LimitRule(rule) => rule.id.0,
        }
    }
}

/// Who can call: a user or a service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub id: Uuid,
    pub kind: PrincipalKind,
    pub active: bool,
    /// Tokens of an older epoch are void.
    pub epoch: u64,
    /// Grows with every change of their upstream credentials: what nodes hold of before is void.
    pub credentials: u64,
    pub group_ids: Vec<Uuid>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    User,
    ServiceAccount,
}

impl PrincipalKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ServiceAccount => "service_account",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::ServiceAccount].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A key that seals legacy session ids, sealed by the vault.
#[derive(Clone)]
pub struct SealedSessionKey {
    pub id: Uuid,
    pub key_id: u32,
    pub secret_sealed: Vec<u8>,
    pub created_at: DateTime<Utc>,
    /// Not yet, for one that nodes have to learn first.
    pub seals: bool,
}

impl std::fmt::Debug for SealedSessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedSessionKey").field("id", &self.id).field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
