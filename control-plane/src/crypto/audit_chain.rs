//! The audit chain: what the hash of an event covers, and walking along the chain. Pure, and the one place that knows:
//! the store makes links with it, the API and the command line check them.
//!
//! Rule 1 covers the hash before and the body; the other columns are repeated in the body and must agree with it. Rule 2
//! covers the hash before and every other column, each with its length, so that nothing can move from one to the next.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::tokens;
use crate::domain::audit::{Anchor, AuditEvent, ChainHead};

/// The rule that new events are made by.
pub const RULE: i64 = 2;
/// What the first event of all links to.
pub const ORIGIN: [u8; 32] = [0; 32];

/// Before what is hashed by rule 2: no other use of SHA-256 begins so.
const RULE_2: &[u8] = b"portway.audit.2\0";

/// The hash that an event must have; `None` if its rule is unknown.
pub fn link(event: &AuditEvent) -> Option<[u8; 32]> {
    match event.chain {
        1 => Some(tokens::sha256_bytes(&[&event.prev_sha256[..], &event.body].concat())),
        2 => Some(tokens::sha256_bytes(&canonical(event))),
        _ => None,
    }
}

/// Whether an event is what was written, as far as it tells by itself.
pub fn is_sound(event: &AuditEvent) -> bool {
    let same = link(event).is_some_and(|sha256| tokens::same_digest(&sha256, &event.sha256));
    same && (event.chain != 1 || agrees_with_body(event))
}

/// Every column but the hash itself: numbers in eight bytes, big-endian; texts and bytes after their length; an absent
/// id as a length of zero; the time in microseconds since 1970.
fn canonical(event: &AuditEvent) -> Vec<u8> {
    let mut bytes = RULE_2.to_vec();
    let mut text = |part: &[u8]| {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(part);
    };
    let id = |id: Option<Uuid>| id.map(|id| id.into_bytes().to_vec()).unwrap_or_default();
    text(&event.prev_sha256);
    text(event.tenant_id.0.as_bytes());
    text(&event.seq.to_be_bytes());
    text(event.id.0.as_bytes());
    text(&event.at.timestamp_micros().to_be_bytes());
    text(event.actor_kind.as_bytes());
    text(&id(event.actor_id));
    text(event.action.as_bytes());
    text(event.target_kind.as_bytes());
    text(&id(event.target_id));
    text(&event.body);
    bytes
}

/// What rule 1 hashes of the other columns.
#[derive(Deserialize)]
struct Body {
    seq: i64,
    id: Uuid,
    at: DateTime<Utc>,
    action: String,
    actor: Party,
    target: Party,
}

#[derive(Deserialize)]
struct Party {
    kind: String,
    id: Option<Uuid>,
}

fn agrees_with_body(event: &AuditEvent) -> bool {
    let Ok(Body { seq, id, at, action, actor, target }) = serde_json::from_slice(&event.body) else { return false };
    (seq, id, at.timestamp_micros()) == (event.seq, event.id.0, event.at.timestamp_micros())
        && action == event.action
        && (actor.kind, actor.id) == (event.actor_kind.clone(), event.actor_id)
        && (target.kind, target.id) == (event.target_kind.clone(), event.target_id)
}

/// A place where the chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The event at which it shows.
    pub seq: i64,
    pub kind: FlawKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlawKind {
    /// What is stored is not what was written.
    Changed,
    /// The events from that one up to this one are gone.
    Missing { from: i64 },
    /// It does not continue the event before.
    Unlinked,
    /// It comes after one with the same or a higher number.
    OutOfOrder,
    /// The log does not end with the event that was committed last.
    Tail { last: i64 },
    /// It is not the event that was noted elsewhere.
    NotAsNoted,
}

impl Flaw {
    /// Stable.
    pub const fn code(&self) -> &'static str {
        match self.kind {
            FlawKind::Changed => "event.changed",
            FlawKind::Missing { .. } => "event.missing",
            FlawKind::Unlinked => "event.unlinked",
            FlawKind::OutOfOrder => "event.out_of_order",
            FlawKind::Tail { .. } => "chain.tail",
            FlawKind::NotAsNoted => "chain.not_as_noted",
        }
    }

    /// For people.
    pub fn message(&self) -> String {
        let seq = self.seq;
        match self.kind {
            FlawKind::Changed => format!("event {seq} is not what was written: a column or its hash was changed"),
            FlawKind::Missing { from } if from + 1 == seq => format!("event {from} is missing"),
            FlawKind::Missing { from } => format!("the events {from} to {} are missing", seq - 1),
            FlawKind::Unlinked => format!("event {seq} does not continue the one before: one of them was replaced"),
            FlawKind::OutOfOrder => format!("event {seq} comes after one with the same or a higher number"),
            FlawKind::Tail { last } => {
                format!("the log ends with event {last}, but not with event {seq} as it was committed last")
            }
            FlawKind::NotAsNoted => format!("event {seq} is not the one that was noted"),
        }
    }
}

/// A walk along the chain, oldest event first. After a flaw it goes on from where it is, so that each is told once.
#[derive(Debug)]
pub struct Walk {
    /// The number of the last event, and its hash unless that is unknown.
    last: (i64, Option<Vec<u8>>),
    anchor: Option<Anchor>,
    pub checked: u64,
    pub flaws: Vec<Flaw>,
}

impl Walk {
    /// From the first event of all.
    pub fn from_origin() -> Self {
        Self::after(0, Some(ORIGIN.to_vec()))
    }

    /// From the event after that one, whose hash is taken as it is; without one that event is gone.
    pub fn after(seq: i64, sha256: Option<Vec<u8>>) -> Self {
        let gone = sha256.is_none().then_some(Flaw { seq: seq + 1, kind: FlawKind::Missing { from: seq } });
        Self { last: (seq, sha256), anchor: None, checked: 0, flaws: gone.into_iter().collect() }
    }

    /// Compares the event of that number with what was noted.
    #[must_use]
    pub fn with_anchor(mut self, anchor: Option<Anchor>) -> Self {
        let start = self.place();
        if let Some((noted, start)) = anchor.as_ref().zip(start).filter(|(noted, start)| noted.seq == start.seq)
            && !tokens::same_digest(&noted.sha256, &start.sha256)
        {
            self.flaws.push(Flaw { seq: noted.seq, kind: FlawKind::NotAsNoted });
        }
        Self { anchor, ..self }
    }

    /// The number of the last event.
    pub fn seq(&self) -> i64 {
        self.last.0
    }

    /// The last event, as it can be noted; none before the first.
    pub fn place(&self) -> Option<Anchor> {
        let (seq, sha256) = &self.last;
        sha256.clone().filter(|_| *seq > 0).map(|sha256| Anchor { seq: *seq, sha256 })
    }

    /// The next event.
    pub fn step(&mut self, event: &AuditEvent) {
        let seq = event.seq;
        let (last, previous) = &self.last;
        let mut found = Vec::new();
        if seq <= *last {
            found.push(FlawKind::OutOfOrder);
        } else if seq > last + 1 {
            found.push(FlawKind::Missing { from: last + 1 });
        } else if previous.as_ref().is_some_and(|sha256| !tokens::same_digest(sha256, &event.prev_sha256)) {
            found.push(FlawKind::Unlinked);
        }
        if !is_sound(event) {
            found.push(FlawKind::Changed);
        }
        let noted = self.anchor.as_ref().filter(|anchor| anchor.seq == seq);
        if noted.is_some_and(|anchor| !tokens::same_digest(&anchor.sha256, &event.sha256)) {
            found.push(FlawKind::NotAsNoted);
        }
        self.flaws.extend(found.into_iter().map(|kind| Flaw { seq, kind }));
        self.last = (seq.max(*last), Some(event.sha256.clone()));
        self.checked += 1;
    }

    /// The end of the log: it must be the event that was committed last, and not before the one that was noted.
    pub fn finish(&mut self, head: &ChainHead) {
        self.reach(head.seq, Some(&head.sha256));
        if let Some(anchor) = self.anchor.as_ref().filter(|anchor| anchor.seq > self.last.0) {
            self.flaws.push(Flaw { seq: anchor.seq, kind: FlawKind::NotAsNoted });
        }
    }

    /// The end of a stretch: it must be that event.
    pub fn reach(&mut self, seq: i64, sha256: Option<&[u8]>) {
        let (last, own) = &self.last;
        let same = sha256.is_none_or(|sha256| own.as_ref().is_some_and(|own| tokens::same_digest(own, sha256)));
        if *last != seq || !same {
            self.flaws.push(Flaw { seq, kind: FlawKind::Tail { last: *last } });
        }
    }
}

#[cfg(test)]
mod tests;
