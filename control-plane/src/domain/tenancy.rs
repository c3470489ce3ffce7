//! Tenants and their people.

use chrono::{DateTime, Utc};
use proto::names::TenantSlug;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::TenantRole;
use super::ids::{GroupId, TenantId, UserId};
use super::limits::CALL_LOG_DAYS;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    pub slug: TenantSlug,
    pub display_name: String,
    pub status: TenantStatus,
    /// Exact issuer string, `https://<auth-host>/t/<slug>`; looked up, never parsed.
    pub issuer: String,
    /// Origins of the gateway, lower-case, no trailing slash; the first is the one shown to people.
    pub gateway_origins: Vec<String>,
    pub pool: String,
    pub region: String,
    pub settings: TenantSettings,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    Active,
    Suspended,
    Deleting,
}

/// What a tenant may tune, stored as JSON; unknown members are kept out, missing ones take the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TenantSettings {
    /// Lifetime of access tokens, seconds: 300 to 43,200.
    pub access_token_s: u32,
    /// How long nodes serve without the control plane, seconds; 0 = not at all.
    pub offline_max_s: u32,
    pub refresh_rotation: RefreshRotation,
    /// People may sign in with a password kept here.
    pub local_accounts: bool,
    /// Origins of browser clients, besides the node's own.
    pub allowed_origins: Vec<String>,
    /// Clients may be named by the URL of a document about them; only where the deployment can read such documents.
    pub client_documents: bool,
    /// Hosts of such documents, each with all hosts below it; empty = any.
    pub client_hosts_allowed: Vec<String>,
    /// Hosts that are refused, also when the other list has them.
    pub client_hosts_denied: Vec<String>,
    /// Native clients may return to a scheme of their own such as `com.example.app:`; known editors' always may.
    pub private_use_schemes: bool,
    /// How people come into the tenant.
    pub provisioning: Provisioning,
    /// Nodes refuse every call until it is false again. Sign-in, the console and this API go on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub calls_off: bool,
    /// Calls under way at once, on all nodes together; 0 or absent = no bound. Set by operators.
    #[serde(skip_serializing_if = "is_none")]
    pub concurrent_calls_max: u32,
    /// Days that calls are kept, 1 to 400; absent means 90.
    #[serde(skip_serializing_if = "is_default_days")]
    pub call_log_days: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
fn is_none(bound: &u32) -> bool {
    *bound == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
fn is_default_days(days: &u32) -> bool {
    *days == CALL_LOG_DAYS
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            access_token_s: 3_600,
            offline_max_s: 86_400,
            refresh_rotation: RefreshRotation::Tolerant,
            local_accounts: true,
            allowed_origins: Vec::new(),
            client_documents: true,
            client_hosts_allowed: Vec::new(),
            client_hosts_denied: Vec::new(),
            private_use_schemes: true,
            provisioning: Provisioning::Invitation,
            calls_off: false,
            concurrent_calls_max: 0,
            call_log_days: CALL_LOG_DAYS,
        }
    }
}

/// How refresh tokens rotate (DESIGN: the authorization server; the ADR on refresh rotation states the trade).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefreshRotation {
    /// At most every 24 h; the predecessor works 24 h more and yields the same successor.
    Tolerant,
    /// At each use, 60 s of grace, then the family is revoked.
    Strict,
}

/// How people come into a tenant. Invitations work in every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provisioning {
    /// By invitation only.
    Invitation,
    /// Whoever signs in at an identity provider of the tenant with an address in a verified domain (just in time).
    Jit,
    /// Whom the identity provider sends by SCIM; their first sign-in finds them.
    Scim,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// Lower case, unique in the tenant; what the person types to sign in.
    pub user_name: String,
    pub email: String,
    pub display_name: String,
    /// What the person may do: the highest of `assigned_role` and of what their groups give.
    pub role: TenantRole,
    /// Given by hand.
    pub assigned_role: TenantRole,
    pub source: UserSource,
    /// What the identity provider that sends people by SCIM calls this one.
    pub external_id: Option<String>,
    pub status: UserStatus,
    pub epoch: u64,
    pub created_at: DateTime<Utc>,
}

/// Who made the person, and who may change their name and status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserSource {
    /// An invitation.
    Local,
    /// Their first sign-in at an identity provider.
    Jit,
    /// An identity provider by SCIM, which owns them.
    Scim,
}

/// A set of people that grants and tenant roles can be given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    /// Unique in the tenant, in any case.
    pub display_name: String,
    pub source: GroupSource,
    /// What the identity provider that sends groups by SCIM calls this one.
    pub external_id: Option<String>,
    /// What its members become: admin or auditor. Owners are made by hand only.
    pub tenant_role: Option<TenantRole>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Who may change a group's name and members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupSource {
    Local,
    /// An identity provider by SCIM, which owns it.
    Scim,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    Active,
    Deactivated { at: DateTime<Utc> },
}

/// Which people to list.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Part of the user name, e-mail or display name, in any case.
    pub text: Option<String>,
    pub active: Option<bool>,
}

impl User {
    pub const fn is_active(&self) -> bool {
        matches!(self.status, UserStatus::Active)
    }
}

impl TenantStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Deleting].into_iter().find(|status| status.as_str() == text)
    }
}

impl UserSource {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Jit => "jit",
            Self::Scim => "scim",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Local, Self::Jit, Self::Scim].into_iter().find(|source| source.as_str() == text)
    }
}

impl GroupSource {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Scim => "scim",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Local, Self::Scim].into_iter().find(|source| source.as_str() == text)
    }
}
