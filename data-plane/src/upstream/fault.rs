//! What can go wrong with an upstream, in words a caller may read. Never an address, never an upstream's own text.

use super::budget::Exhausted;
use super::connector::ConnectError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamFault {
    #[error("the MCP server cannot be reached")]
    Unreachable,
    #[error("the MCP server's address is not one this gateway may reach")]
    Blocked,
    #[error("the MCP server did not answer in time; the call may have run")]
    Timeout,
    #[error("the MCP server answered with a redirect, which the gateway does not follow")]
    Redirect,
    #[error("the MCP server refused the gateway's credential")]
    CredentialRefused,
    #[error("the MCP server wants more rights than the gateway's credential has")]
    ScopeMissing { scopes: String },
    #[error("the stored credential of this MCP server is for another address; ask an administrator")]
    CredentialOrigin,
    #[error("the MCP server is rate limiting")]
    RateLimited { retry_after_s: Option<u32> },
    #[error("the MCP server failed with HTTP status {status}")]
    Failed { status: u16 },
    #[error("the MCP server's answer is not valid MCP: {0}")]
    BadResponse(&'static str),
    #[error("the MCP server's answer is too large")]
    TooLarge,
    #[error("the MCP server ended the connection before it answered; the call may have run")]
    Interrupted,
    #[error("the MCP server lost its session twice")]
    SessionLost,
    #[error("this MCP server speaks protocol 2026-07-28 only; use a client that does")]
    ModernOnly,
    #[error("this MCP server speaks the initialize handshake only, and this client does not")]
    LegacyOnly,
    #[error("the gateway is out of memory for messages in flight")]
    Busy,
    #[error("the gateway has no key to keep what the MCP server gave the client to bring back")]
    NoSeal,
}

impl UpstreamFault {
    /// Stable code, also the metric label.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "upstream.unreachable",
            Self::Blocked => "upstream.blocked_address",
            Self::Timeout => "upstream.timeout",
            Self::Redirect => "upstream.redirect",
            Self::CredentialRefused => "upstream.credential_refused",
            Self::ScopeMissing { .. } => "upstream.scope_missing",
            Self::CredentialOrigin => "credential.origin",
            Self::RateLimited { .. } => "upstream.rate_limited",
            Self::Failed { .. } => "upstream.failed",
            Self::BadResponse(_) => "upstream.bad_response",
            Self::TooLarge => "upstream.too_large",
            Self::Interrupted => "upstream.interrupted",
            Self::SessionLost => "upstream.session_lost",
            Self::ModernOnly => "upstream.modern_only",
            Self::LegacyOnly => "upstream.legacy_only",
            Self::Busy => "gateway.busy",
            Self::NoSeal => "gateway.no_session_key",
        }
    }
}

impl From<Exhausted> for UpstreamFault {
    fn from(Exhausted: Exhausted) -> Self {
        Self::Busy
    }
}

impl From<hyper_util::client::legacy::Error> for UpstreamFault {
    fn from(error: hyper_util::client::legacy::Error) -> Self {
        if !error.is_connect() {
            return Self::Interrupted;
        }
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            if let Some(refusal) = cause.downcast_ref::<ConnectError>() {
                return match refusal {
                    ConnectError::Blocked | ConnectError::Plaintext | ConnectError::NoHost => Self::Blocked,
                    ConnectError::Resolve(_) | ConnectError::Connect(_) | ConnectError::Timeout => Self::Unreachable,
                };
            }
            source = cause.source();
        }
        Self::Unreachable
    }
}
