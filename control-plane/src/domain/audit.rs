//! Who did what: the words of the audit trail. Entries carry ids of actors, never names or addresses.

pub mod export;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ids::{
    ApiKeyId, AuditEventId, IdentityProviderId, OperatorId, ScimTokenId, ServiceAccountId, TenantId, UserId,
};
use super::{Error, Result};

/// On whose behalf something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    /// A person through one of their API keys.
    UserByKey(UserId, ApiKeyId),
    /// A machine, through one of its API keys.
    ServiceAccount(ServiceAccountId, Option<ApiKeyId>),
    Operator(OperatorId),
    /// The tenant's identity provider, pushing people and groups by SCIM.
    ScimToken(ScimTokenId),
    /// The tenant's identity provider, by what it says of a person at sign-in.
    IdentityProvider(IdentityProviderId),
    /// Nobody signed in yet: the bearer of a one-time link, an unknown visitor.
    Anonymous,
    /// Portway itself: jobs, key rotation.
    System,
}

impl Actor {
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) | Self::UserByKey(..) => "user",
            Self::ServiceAccount(..) => "service_account",
            Self::Operator(_) => "operator",
            Self::ScimToken(_) => "scim_token",
            Self::IdentityProvider(_) => "identity_provider",
            Self::Anonymous => "anonymous",
            Self::System => "system",
        }
    }

    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User(id) | Self::UserByKey(id, _) => Some(id.0),
            Self::ServiceAccount(id, _) => Some(id.0),
            Self::Operator(id) => Some(id.0),
            Self::ScimToken(id) => Some(id.0),
            Self::IdentityProvider(id) => Some(id.0),
            Self::Anonymous | Self::System => None,
        }
    }

    /// The person, if it is one.
    pub const fn user_id(self) -> Option<UserId> {
        match self {
            Self::User(id) | Self::UserByKey(id, _) => Some(id),
            _ => None,
        }
    }

    /// The API key that was used.
    pub const fn api_key_id(self) -> Option<ApiKeyId> {
        match self {
            Self::UserByKey(_, key) => Some(key),
            Self::ServiceAccount(_, key) => key,
            _ => None,
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

/// One event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    pub tenant_id: TenantId,
    pub seq: i64,
    pub id: AuditEventId,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub target_kind: String,
    pub target_id: Option<Uuid>,
    /// JSON, as bytes.
    pub body: Vec<u8>,
    /// The rule by which the hash was made.
    pub chain: i64,
    pub prev_sha256: Vec<u8>,
    pub sha256: Vec<u8>,
}

/// The newest event that was committed: what the chain must end with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    pub seq: i64,
    pub sha256: Vec<u8>,
}

/// What recomputing a stretch of the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainStatus {
    pub checked: usize,
    /// The oldest event that does not fit: it or its predecessor was changed or removed.
    pub broken_seq: Option<i64>,
}

/// Which events are asked for; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub actor_id: Option<Uuid>,
    pub target_id: Option<Uuid>,
    pub action: Option<ActionFilter>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

impl AuditFilter {
    /// Whether every event is asked for: only then a page is a stretch of the chain.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `noun.verb`, or a noun for all its verbs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionFilter {
    Exact(String),
    Noun(String),
}

impl ActionFilter {
    pub fn parse(text: &str) -> Result<Self> {
        let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        match text.split_once('.') {
            Some((noun, verb)) if word(noun) && word(verb) => Ok(Self::Exact(text.to_owned())),
            None if word(text) => Ok(Self::Noun(text.to_owned())),
            _ => {
                Err(Error::invalid("action.invalid", "action", "expected noun.verb such as server.changed, or a noun"))
            }
        }
    }
}

/// An event that somebody noted elsewhere. A chain that was rewritten from there on fits itself, but not this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    pub seq: i64,
    pub sha256: Vec<u8>,
}

impl Anchor {
    /// `SEQ:SHA256`, as verification prints it.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, sha256) = text.split_once(':')?;
        let seq = seq.parse().ok().filter(|seq| *seq > 0)?;
        Some(Self { seq, sha256: unhex(sha256).filter(|bytes| bytes.len() == 32)? })
    }
}

impl std::fmt::Display for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, hex(&self.sha256))
    }
}

impl From<ChainHead> for Anchor {
    fn from(ChainHead { seq, sha256 }: ChainHead) -> Self {
        Self { seq, sha256 }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_round_trip_and_refuse_the_rest() {
        let anchor = Anchor { seq: 12, sha256: (0..32).collect() };
        assert_eq!(Anchor::parse(&anchor.to_string()), Some(anchor.clone()));
        let text = anchor.to_string();
        for bad in
            ["", "12", "12:", "12:00", &text[1..text.len() - 1], &text.replace("12:", "0:"), &text.replace("1f", "1g")]
        {
            assert_eq!(Anchor::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn actions_are_a_noun_and_perhaps_a_verb() {
        assert_eq!(ActionFilter::parse("server.changed").unwrap(), ActionFilter::Exact("server.changed".to_owned()));
        assert_eq!(ActionFilter::parse("api_key").unwrap(), ActionFilter::Noun("api_key".to_owned()));
        for bad in ["", ".", "server.", ".changed", "server.%", "a.b.c", "Server"] {
            assert_eq!(ActionFilter::parse(bad).unwrap_err().code(), "action.invalid", "{bad}");
        }
    }
}
