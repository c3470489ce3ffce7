//! Registered MCP servers and how they are reached.

use chrono::{DateTime, Utc};
use proto::names::ServerSlug;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::access::ServerRole;
use super::ids::{AccessGrantId, GroupId, ServerId, ServiceAccountId, UserId};
use super::key_form::KeyForm;
use super::machine_oauth::{MachineAuth, MachineSettings};
use super::principal::PrincipalId;
use super::tool_switches::ToolSwitches;
use super::transport::Transport;
use super::upstream_oauth::OauthSettings;

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
    pub kind: ServerKind,
    pub transport: Transport,
    pub tool_switches: ToolSwitches,
    pub tags: Vec<String>,
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A client that somebody registered at the server's provider by hand, as far as its stored secret (or private key) is
/// concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualClient<'a> {
    pub client_id: &'a str,
    /// What the secret is.
    pub auth: MachineAuth,
    /// Who gets to see it, or what it signs: the endpoint or issuer that was typed, else whoever the server names.
    pub shown_to: String,
}

impl Server {
    pub fn manual_client(&self) -> Option<ManualClient<'_>> {
        let (client_id, auth, endpoint, issuer) = match &self.outbound_auth {
            OutboundAuth::OauthPerUser(settings) => {
                let endpoint = settings.endpoints.as_ref().map(|endpoints| &endpoints.token);
                (settings.client_id.as_deref()?, MachineAuth::Secret, endpoint, &settings.issuer)
            }
            OutboundAuth::ClientCredentials(settings) | OutboundAuth::TokenExchange(settings) => {
                (settings.client_id.as_str(), settings.client_auth, settings.token_endpoint.as_ref(), &settings.issuer)
            }
            _ => return None,
        };
        let shown_to = endpoint.map(Url::to_string).or_else(|| issuer.clone());
        Some(ManualClient { client_id, auth, shown_to: shown_to.unwrap_or_else(|| self.origin()) })
    }

    /// Of where it is called (RFC 6454).
    pub fn origin(&self) -> String {
        origin(&self.upstream_url)
    }
}

/// Which servers to list.
#[derive(Debug, Clone, Default)]
pub struct ServerFilter {
    /// Part of the name or the slug, in any case; empty for all.
    pub text: String,
    pub tag: Option<String>,
}

/// The origin that a stored URL is at.
pub fn origin(upstream_url: &str) -> String {
    Url::parse(upstream_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// How the gateway authenticates to the server, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum OutboundAuth {
    /// The server asks for nothing.
    None,
    /// The same headers for everybody; their values are a `SealedCredential`.
    SharedHeader { header_names: Vec<String> },
    /// Headers made of what each person typed into a form; that is a `UserCredential`.
    PerUserHeader(KeyForm),
    /// Each person authorizes Portway at the server's provider; that is a `UserCredential`.
    OauthPerUser(Box<OauthSettings>),
    /// Portway's own token, for everybody.
    ClientCredentials(Box<MachineSettings>),
    /// A token for each caller, in exchange for a statement of ours about them.
    TokenExchange(Box<MachineSettings>),
    /// The caller is told about by a token.
    Passthrough { mode: PassthroughMode },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassthroughMode {
    /// Made for this server: `aud` is its URL, and it lives five minutes.
    Minted,
    /// The caller's own Portway token. The server could use it in their name, at this gateway URL.
    Original,
}

/// Whether a server is called itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerKind {
    Single,
    /// Made of others.
    Virtual,
}

impl ServerKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Virtual => "virtual",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Single, Self::Virtual].into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerStatus {
    Enabled,
    Disabled,
    Retired,
}

impl From<PrincipalId> for Subject {
    fn from(principal: PrincipalId) -> Self {
        match principal {
            PrincipalId::User(id) => Self::User(id),
            PrincipalId::ServiceAccount(id) => Self::ServiceAccount(id),
        }
    }
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

/// Which grants of a server to list.
#[derive(Debug, Clone, Default)]
pub struct GrantFilter {
    /// Part of the subject's name, in any case; empty for all.
    pub text: String,
    pub kind: Option<SubjectKind>,
    pub role: Option<ServerRole>,
}

/// A subject as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectName {
    pub subject: Subject,
    pub display_name: String,
    /// Of a person.
    pub user_name: Option<String>,
    /// Of a group: how many people it has.
    pub members: Option<u64>,
    pub active: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    User,
    Group,
    ServiceAccount,
    Everyone,
}

impl SubjectName {
    pub fn everyone() -> Self {
        let (subject, display_name) = (Subject::Everyone, "Everyone".to_owned());
        Self { subject, display_name, user_name: None, members: None, active: true }
    }

    /// Somebody who is no longer there.
    pub fn gone(subject: Subject) -> Self {
        Self { subject, display_name: String::new(), user_name: None, members: None, active: false }
    }
}

impl Subject {
    pub const fn kind(self) -> SubjectKind {
        match self {
            Self::User(_) => SubjectKind::User,
            Self::Group(_) => SubjectKind::Group,
            Self::ServiceAccount(_) => SubjectKind::ServiceAccount,
            Self::Everyone => SubjectKind::Everyone,
        }
    }
}

impl SubjectKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::ServiceAccount => "service_account",
            Self::Everyone => "everyone",
        }
    }
}
