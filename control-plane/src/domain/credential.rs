//! What the gateway presents to a server: as people type it, and as it is kept. Values are typed once and never shown.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::{AuthOverrideId, ServerId, UserCredentialId, UserId};
use super::key_form::KeyForm;
use super::machine_oauth::MachineSettings;
use super::principal::PrincipalId;
use super::server::PassthroughMode;
use super::upstream_oauth::OauthSettings;

/// How the gateway shall authenticate to the server, as typed.
#[derive(Debug, Clone)]
pub enum OutboundInput {
    None,
    SharedHeader {
        headers: Vec<HeaderInput>,
    },
    PerUserHeader(KeyForm),
    /// Without a secret the stored one stays.
    OauthPerUser {
        settings: Box<OauthSettings>,
        client_secret: Option<SecretString>,
    },
    /// Without a secret the stored one stays.
    ClientCredentials {
        settings: Box<MachineSettings>,
        secrets: MachineSecrets,
    },
    /// As of client credentials.
    TokenExchange {
        settings: Box<MachineSettings>,
        secrets: MachineSecrets,
    },
    Passthrough {
        mode: PassthroughMode,
    },
}

/// How a client of Portway's own shows who it is; at most one of both. Without either the stored one stays.
#[derive(Debug, Clone, Default)]
pub struct MachineSecrets {
    pub client_secret: Option<SecretString>,
    /// PKCS#8 as PEM.
    pub private_key: Option<SecretString>,
}

/// A header; without a value the stored one stays.
#[derive(Debug, Clone)]
pub struct HeaderInput {
    pub name: String,
    pub value: Option<SecretString>,
}

/// Which value is in force, without saying what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialMark {
    /// Grows with every change, also over a removal: unix time in milliseconds, or one more than the last.
    pub version: u64,
    pub set_at: DateTime<Utc>,
}

/// What one person or service account presents to one server, sealed by the vault.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCredential {
    pub id: UserCredentialId,
    pub owner: PrincipalId,
    pub server_id: ServerId,
    pub kind: AccountKind,
    /// The only origin it may be sent to.
    pub upstream_origin: String,
    pub values_sealed: Vec<u8>,
    pub mark: CredentialMark,
    /// When it ends by itself, if it says so.
    pub expires_at: Option<DateTime<Utc>>,
    /// The provider has said no for good.
    pub refused_at: Option<DateTime<Utc>>,
    /// Renewed without the person.
    pub refreshed_at: Option<DateTime<Utc>>,
    /// What the provider granted.
    pub scope: String,
    /// Who typed it; somebody else than the owner for one that a manager stored.
    pub set_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
}

/// What was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// What somebody typed into the server's form.
    Form,
    /// Tokens of a provider.
    Oauth,
}

impl AccountKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Oauth => "oauth",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Form, Self::Oauth].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How somebody stands with a server that wants a credential of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Calls go out with it.
    Ready,
    /// Nothing is stored.
    NeverConnected,
    /// The server moved to another origin, where the stored one must not go.
    OriginChanged,
    /// The form asks for something else than was typed.
    FormChanged,
    /// The provider does not renew it any more.
    Expired,
}

impl AccountState {
    /// Why a call cannot go out; stable.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ready => "credential.ready",
            Self::NeverConnected => "credential.never_connected",
            Self::OriginChanged => "credential.origin_changed",
            Self::FormChanged => "credential.form_changed",
            Self::Expired => "credential.expired",
        }
    }
}

/// What goes out in place of all that a server would be called with, for one principal; sealed by the vault.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthOverride {
    pub id: AuthOverrideId,
    pub owner: PrincipalId,
    pub server_id: ServerId,
    /// The only origin it may be sent to.
    pub upstream_origin: String,
    pub header_names: Vec<String>,
    pub headers_sealed: Vec<u8>,
    pub mark: CredentialMark,
    pub set_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
}

/// A shared credential, sealed by the vault.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCredential {
    pub server_id: ServerId,
    /// The only origin it may be sent to.
    pub upstream_origin: String,
    pub headers_sealed: Vec<u8>,
    pub mark: CredentialMark,
}

impl fmt::Debug for AuthOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthOverride")
            .field("id", &self.id)
            .field("owner", &self.owner)
            .field("server_id", &self.server_id)
            .field("header_names", &self.header_names)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UserCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCredential")
            .field("id", &self.id)
            .field("owner", &self.owner)
            .field("server_id", &self.server_id)
            .field("upstream_origin", &self.upstream_origin)
            .field("mark", &self.mark)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SealedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedCredential")
            .field("server_id", &self.server_id)
            .field("upstream_origin", &self.upstream_origin)
            .field("mark", &self.mark)
            .finish_non_exhaustive()
    }
}
