//! The kinds of resources, named as the contract names them.

use proto::wire::resource::Body;

/// What this node can apply; announced in its hello. Resources of another kind are rejected in `accept.rs`.
pub const CAPABILITIES: [&str; 17] = [
    "servers",
    "virtual_servers",
    "grants",
    "outbound.none",
    "outbound.shared_header",
    "outbound.per_user_header",
    "outbound.oauth_per_user",
    "outbound.client_credentials",
    "outbound.token_exchange",
    "outbound.passthrough",
    "outbound.overrides",
    "api_keys",
    "revoked_grants",
    "switches",
    "limit_rules",
    "concurrent_calls",
    "drain",
];

/// The kind of a resource; with its id, its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    TenantSettings,
    Server,
    VirtualServer,
    Principal,
    AccessGrant,
    LimitRule,
    SigningKey,
    SessionKey,
    ApiKey,
    SharedSecret,
    RevokedGrant,
    /// A kind this version has never heard of.
    Unknown,
}

impl Kind {
    const NAMED: [(Self, &str); 11] = [
        (Self::TenantSettings, "tenant_settings"),
        (Self::Server, "server"),
        (Self::VirtualServer, "virtual_server"),
        (Self::Principal, "principal"),
        (Self::AccessGrant, "access_grant"),
        (Self::LimitRule, "limit_rule"),
        (Self::SigningKey, "signing_key"),
        (Self::SessionKey, "session_key"),
        (Self::ApiKey, "api_key"),
        (Self::SharedSecret, "shared_secret"),
        (Self::RevokedGrant, "revoked_grant"),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(kind, _)| *kind == self).map_or("unknown", |(_, name)| name)
    }

    /// The kind a body is of, or, of a deletion, the kind of what is gone.
    pub(crate) fn of(body: Option<&Body>) -> Self {
        match body {
            Some(Body::TenantSettings(_)) => Self::TenantSettings,
            Some(Body::Server(_)) => Self::Server,
            Some(Body::VirtualServer(_)) => Self::VirtualServer,
            Some(Body::Principal(_)) => Self::Principal,
            Some(Body::AccessGrant(_)) => Self::AccessGrant,
            Some(Body::LimitRule(_)) => Self::LimitRule,
            Some(Body::SigningKey(_)) => Self::SigningKey,
            Some(Body::SessionKey(_)) => Self::SessionKey,
            Some(Body::ApiKey(_)) => Self::ApiKey,
            Some(Body::SharedSecret(_)) => Self::SharedSecret,
            Some(Body::RevokedGrant(_)) => Self::RevokedGrant,
            Some(Body::Deleted(deleted)) => {
                Self::NAMED.iter().find(|(_, name)| *name == deleted.kind).map_or(Self::Unknown, |(kind, _)| *kind)
            }
            None => Self::Unknown,
        }
    }
}
