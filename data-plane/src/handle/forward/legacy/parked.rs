//! Requests of upstreams that wait for their client, on the node that showed them. What the upstream called them never
//! leaves this table; each is taken once (ATK-29).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::time::Instant;
use uuid::Uuid;

use super::dialogue::Dialogue;
use crate::limits::{PARKED_REQUEST_AGE_MAX, PARKED_REQUESTS_MAX, PARKED_REQUESTS_PER_SESSION_MAX};

pub(super) struct Parked {
    pub(super) ticket: Uuid,
    /// Exactly as the upstream sent it.
    pub(super) upstream_id: Bytes,
    pub(super) progress_token: Option<Bytes>,
    /// The id the client knows.
    pub(super) shown_as: Bytes,
    pub(super) dialogue: Arc<Dialogue>,
    pub(super) since: Instant,
}

/// No room for another one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

#[derive(Default)]
pub(crate) struct ParkedRequests {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    by_session: HashMap<Uuid, Vec<Parked>>,
    total: usize,
}

impl ParkedRequests {
    pub(super) fn park(&self, session: Uuid, parked: Parked) -> Result<(), Full> {
        let mut table = self.lock();
        table.expire(session, parked.since);
        let waiting = table.by_session.get(&session).map_or(0, Vec::len);
        if waiting >= PARKED_REQUESTS_PER_SESSION_MAX {
            return Err(Full);
        }
        if table.total >= PARKED_REQUESTS_MAX {
            for other in table.by_session.keys().copied().collect::<Vec<_>>() {
                table.expire(other, parked.since);
            }
            if table.total >= PARKED_REQUESTS_MAX {
                return Err(Full);
            }
        }
        table.by_session.entry(session).or_default().push(parked);
        table.total += 1;
        Ok(())
    }

    /// The request the client answers; nobody gets it again.
    pub(super) fn take(&self, session: Uuid, ticket: Uuid) -> Option<Parked> {
        self.remove(session, |parked| parked.ticket == ticket)
            .filter(|parked| parked.since.elapsed() <= PARKED_REQUEST_AGE_MAX)
    }

    /// What the client reports progress of: it goes on waiting.
    pub(super) fn progressing(&self, session: Uuid, ticket: Uuid) -> Option<(Arc<Dialogue>, Bytes)> {
        let table = self.lock();
        let parked = table.by_session.get(&session)?.iter().find(|parked| parked.ticket == ticket)?;
        Some((parked.dialogue.clone(), parked.progress_token.clone()?))
    }

    /// The upstream no longer wants an answer; the id under which the client knows the request.
    pub(super) fn withdraw(&self, session: Uuid, opened: Uuid, upstream_id: &[u8]) -> Option<Bytes> {
        let is_it = |parked: &Parked| parked.upstream_id == upstream_id && parked.dialogue.opened() == opened;
        self.remove(session, is_it).map(|parked| parked.shown_as)
    }

    /// The call that the requests belonged to is over.
    pub(super) fn forget(&self, session: Uuid, tickets: &[Uuid]) {
        for ticket in tickets {
            self.remove(session, |parked| parked.ticket == *ticket);
        }
    }

    /// The client ended its session.
    pub(crate) fn end(&self, session: Uuid) {
        let mut table = self.lock();
        let gone = table.by_session.remove(&session).map_or(0, |all| all.len());
        table.total = table.total.saturating_sub(gone);
    }

    fn remove(&self, session: Uuid, is_it: impl Fn(&Parked) -> bool) -> Option<Parked> {
        let mut table = self.lock();
        let all = table.by_session.get_mut(&session)?;
        let found = all.iter().position(is_it).map(|position| all.swap_remove(position))?;
        if all.is_empty() {
            table.by_session.remove(&session);
        }
        table.total = table.total.saturating_sub(1);
        Some(found)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn expire(&mut self, session: Uuid, now: Instant) {
        let Some(all) = self.by_session.get_mut(&session) else { return };
        let before = all.len();
        all.retain(|parked| now.duration_since(parked.since) <= PARKED_REQUEST_AGE_MAX);
        self.total = self.total.saturating_sub(before - all.len());
        if all.is_empty() {
            self.by_session.remove(&session);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::session::{Owner, Session};
    use crate::session_store::UpstreamSession;
    use crate::snapshot::Server;

    const SESSION: Uuid = Uuid::from_u128(1);

    fn dialogue() -> Arc<Dialogue> {
        let server = Server::plain(Uuid::from_u128(3), "github", "https://up.example/mcp");
        let url = server.upstream_url.clone();
        let client = Session {
            id: SESSION,
            issued_unix_s: 0,
            protocol_version: "2025-11-25",
            capabilities: "{}".into(),
            client_name: String::new(),
            client_version: String::new(),
        };
        let owner = Owner { tenant_id: Uuid::nil(), principal_id: Uuid::nil(), server_id: server.id };
        let upstream = UpstreamSession::new(url, None, http::HeaderValue::from_static("2025-11-25"));
        Arc::new(Dialogue::new(owner, Arc::new(client), Arc::new(server), Arc::new(upstream)))
    }

    fn parked(dialogue: &Arc<Dialogue>, ticket: u128) -> Parked {
        Parked {
            ticket: Uuid::from_u128(ticket),
            upstream_id: Bytes::from(ticket.to_string()),
            progress_token: None,
            shown_as: Bytes::from(format!("\"shown-{ticket}\"")),
            dialogue: dialogue.clone(),
            since: Instant::now(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn atk_29_taken_once_in_its_session_and_in_time() {
        let (table, dialogue) = (ParkedRequests::default(), dialogue());
        let ticket = Uuid::from_u128;
        for number in 1..=4 {
            table.park(SESSION, parked(&dialogue, number)).expect("room");
        }
        assert!(table.take(Uuid::from_u128(2), ticket(1)).is_none(), "another session");
        assert_eq!(table.take(SESSION, ticket(1)).expect("waits").upstream_id, "1");
        assert!(table.take(SESSION, ticket(1)).is_none(), "once");
        assert_eq!(table.withdraw(SESSION, Uuid::nil(), b"2"), None, "another upstream session");
        assert_eq!(table.withdraw(SESSION, dialogue.opened(), b"2").as_deref(), Some(&b"\"shown-2\""[..]));
        table.forget(SESSION, &[ticket(2), ticket(3)]);
        tokio::time::advance(PARKED_REQUEST_AGE_MAX + std::time::Duration::from_secs(1)).await;
        assert!(table.take(SESSION, ticket(4)).is_none(), "too late");
        let left = table.lock();
        assert_eq!((left.total, left.by_session.len()), (0, 0), "nothing is left behind");
    }

    #[tokio::test(start_paused = true)]
    async fn atk_24_a_session_and_the_node_have_room_for_so_many() {
        let (table, dialogue) = (ParkedRequests::default(), dialogue());
        for number in 0..PARKED_REQUESTS_PER_SESSION_MAX as u128 {
            table.park(SESSION, parked(&dialogue, number)).expect("room");
        }
        assert_eq!(table.park(SESSION, parked(&dialogue, 99)), Err(Full));
        for session in 2..2 + (PARKED_REQUESTS_MAX - PARKED_REQUESTS_PER_SESSION_MAX) as u128 {
            table.park(Uuid::from_u128(session), parked(&dialogue, 1)).expect("room");
        }
        let newcomer = Uuid::from_u128(u128::MAX);
        assert_eq!(table.park(newcomer, parked(&dialogue, 1)), Err(Full));
        tokio::time::advance(PARKED_REQUEST_AGE_MAX + std::time::Duration::from_secs(1)).await;
        table.park(newcomer, parked(&dialogue, 1)).expect("those that waited too long made room");
        table.end(newcomer);
        assert_eq!(table.lock().total, 0);
    }
}
