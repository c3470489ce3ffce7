//! The exported audit log: lines of JSON, a heading and then one line for each event, oldest first. Everything that a
//! hash covers is in it, so that it can be checked without this program; `docs/audit.md` says how.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Anchor, AuditEvent, ChainHead, hex, unhex};
use crate::domain::ids::{AuditEventId, TenantId};

/// Name and version of the format.
pub const FORMAT: &str = "portway.audit.1";

/// The first line: what follows, and what it must begin after and end with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    pub format: String,
    pub tenant_id: Uuid,
    pub exported_at: DateTime<Utc>,
    /// The event before the first one.
    pub after: Place,
    /// Number of the last event that follows.
    pub last_seq: i64,
    /// The newest event of the log.
    pub head: Place,
}

/// An event, named. The one before the first of all has number and hash zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub seq: i64,
    /// Hexadecimal; absent if that event is gone.
    pub sha256: Option<String>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub seq: i64,
    pub chain: i64,
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub actor: Party,
    pub action: String,
    pub target: Party,
    /// The bytes of the body: JSON in a text, because the hash covers every byte.
    pub body: String,
    pub prev_sha256: String,
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    pub kind: String,
    pub id: Option<Uuid>,
}

impl Place {
    pub fn of(seq: i64, sha256: Option<&[u8]>) -> Self {
        Self { seq, sha256: sha256.map(hex) }
    }

    /// As bytes; `None` if there is none, or none that can be read.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.sha256.as_deref().and_then(unhex)
    }
}

impl From<Anchor> for Place {
    fn from(Anchor { seq, sha256 }: Anchor) -> Self {
        Self::of(seq, Some(&sha256))
    }
}

impl Heading {
    pub fn head(&self) -> ChainHead {
        ChainHead { seq: self.head.seq, sha256: self.head.bytes().unwrap_or_default() }
    }
}

impl From<&AuditEvent> for Line {
    fn from(event: &AuditEvent) -> Self {
        Self {
            seq: event.seq,
            chain: event.chain,
            id: event.id.0,
            at: event.at,
            actor: Party { kind: event.actor_kind.clone(), id: event.actor_id },
            action: event.action.clone(),
            target: Party { kind: event.target_kind.clone(), id: event.target_id },
            // Bodies are JSON, so UTF-8; what is not was tampered with, and stays so.
            body: String::from_utf8_lossy(&event.body).into_owned(),
            prev_sha256: hex(&event.prev_sha256),
            sha256: hex(&event.sha256),
        }
    }
}

impl Line {
    /// The event; a hash that cannot be read is none, which fits nothing.
    pub fn into_event(self, tenant_id: TenantId) -> AuditEvent {
        AuditEvent {
            tenant_id,
            seq: self.seq,
            id: AuditEventId(self.id),
            at: self.at,
            actor_kind: self.actor.kind,
            actor_id: self.actor.id,
            action: self.action,
            target_kind: self.target.kind,
            target_id: self.target.id,
            body: self.body.into_bytes(),
            chain: self.chain,
            prev_sha256: unhex(&self.prev_sha256).unwrap_or_default(),
            sha256: unhex(&self.sha256).unwrap_or_default(),
        }
    }
}
