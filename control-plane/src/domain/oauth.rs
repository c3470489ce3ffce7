//! The words of the authorization server: clients, requests, grants, codes, refresh tokens, and what clients are told
//! when they ask for what they cannot have. Decisions are in the submodules; all of it is pure.

pub mod client;
pub mod connection;
pub mod document;
pub mod redirect;
pub mod refresh;
pub mod registration;
pub mod request;
pub mod resource;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::client::Client;
use super::Error;
use super::ids::{AuthorizationRequestId, ClientId, IdentityProviderId, OAuthGrantId, ServerId, SessionId, UserId};

/// A validated request at /authorize that waits for sign-in and consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Becomes the id of the grant when it is approved.
    pub id: AuthorizationRequestId,
    /// SHA-256 of the flow cookie of the browser that started it (ATK-1).
    pub browser_sha256: Vec<u8>,
    pub client_id: ClientId,
    pub redirect_uri: String,
    pub state: Option<String>,
    pub scope: String,
    /// Canonical.
    pub resource: String,
    pub code_challenge: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
}

/// One approval of one client for one server by one person, or by the word of the person's identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub id: OAuthGrantId,
    pub user_id: UserId,
    pub client_id: ClientId,
    pub server_id: ServerId,
    /// The browser that it was given in. One of an assertion has ended before it began.
    pub session_id: SessionId,
    /// The provider whose assertion (ID-JAG) it rests on; none where the person consented in a browser.
    pub asserted_by: Option<IdentityProviderId>,
    pub resource: String,
    pub scope: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    pub id: Uuid,
    pub grant_id: OAuthGrantId,
    pub redirect_uri: String,
    pub code_challenge: String,
    pub expires_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    pub id: Uuid,
    pub grant_id: OAuthGrantId,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub rotated_at: Option<DateTime<Utc>>,
    pub successor_sealed: Option<Vec<u8>>,
}

/// What a client is told (RFC 6749 §4.1.2.1, §5.2, RFC 7591 §3.2.2, RFC 8707 §2). Descriptions are for developers and
/// never repeat input.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    #[error("invalid_request: {0}")]
    InvalidRequest(&'static str),
    #[error("invalid_client")]
    InvalidClient,
    /// A document that a client_id names says what it must not, or cannot be had.
    #[error("invalid_client: {0}")]
    InvalidClientDocument(&'static str),
    #[error("invalid_grant: {0}")]
    InvalidGrant(&'static str),
    /// The client may not use this grant type.
    #[error("unauthorized_client: {0}")]
    UnauthorizedClient(&'static str),
    #[error("invalid_scope: {0}")]
    InvalidScope(&'static str),
    #[error("unsupported_grant_type")]
    UnsupportedGrantType,
    #[error("unsupported_response_type")]
    UnsupportedResponseType,
    #[error("invalid_target: {0}")]
    InvalidTarget(&'static str),
    #[error("invalid_redirect_uri: {0}")]
    InvalidRedirectUri(&'static str),
    #[error("invalid_client_metadata: {0}")]
    InvalidClientMetadata(&'static str),
    /// Nobody's fault at the client: it keeps its tokens and tries again.
    #[error(transparent)]
    Domain(#[from] Error),
}

impl OAuthError {
    /// The registered error code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient | Self::InvalidClientDocument(_) => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnauthorizedClient(_) => "unauthorized_client",
            Self::InvalidScope(_) => "invalid_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidTarget(_) => "invalid_target",
            Self::InvalidRedirectUri(_) => "invalid_redirect_uri",
            Self::InvalidClientMetadata(_) => "invalid_client_metadata",
            Self::Domain(_) => "temporarily_unavailable",
        }
    }

    pub fn description(&self) -> &'static str {
        match self {
            Self::InvalidRequest(text)
            | Self::InvalidGrant(text)
            | Self::UnauthorizedClient(text)
            | Self::InvalidScope(text)
            | Self::InvalidTarget(text)
            | Self::InvalidRedirectUri(text)
            | Self::InvalidClientMetadata(text)
            | Self::InvalidClientDocument(text) => text,
            Self::InvalidClient => "this client is not registered here, or its secret is wrong; register it again",
            Self::UnsupportedGrantType => {
                "grant_type must be authorization_code, refresh_token or, where the tenant takes identity assertions, urn:ietf:params:oauth:grant-type:jwt-bearer"
            }
            Self::UnsupportedResponseType => "response_type must be code",
            Self::Domain(Error::RateLimited { .. }) => "too many requests; try again later",
            Self::Domain(_) => "the authorization server cannot answer now; try again",
        }
    }
}
