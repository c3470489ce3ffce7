//! What the gateway presents to a server: as people type it, and as it is kept. Values are typed once and never shown.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::ids::ServerId;

/// How the gateway shall authenticate to the server, as typed.
#[derive(Debug, Clone)]
pub enum OutboundInput {
    None,
    SharedHeader { headers: Vec<HeaderInput> },
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

/// A shared credential, sealed by the vault.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCredential {
    pub server_id: ServerId,
    /// The only origin it may be sent to.
    pub upstream_origin: String,
    pub headers_sealed: Vec<u8>,
    pub mark: CredentialMark,
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
