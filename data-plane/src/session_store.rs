//! What nodes must agree on about a legacy client session: which upstream session belongs to it, what it asked for
//! that a new upstream session must be told again, and that it has ended. Kept in this process when there is one node,
//! in Redis when there are several.
//!
//! Must never fail a call: a store that is away answers from what this node remembers, and the session is opened anew.

pub mod memory;
pub mod redis;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderValue;
use uuid::Uuid;

use crate::limits::{SESSION_AGE_MAX_S, UPSTREAM_SESSION_IDLE};
use crate::snapshot::SessionKey;
use crate::upstream::UpstreamUrl;

/// One holder at one server with one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionAt {
    pub tenant: Uuid,
    /// The client's session; for clients without sessions their principal.
    pub holder: Uuid,
    pub server: Uuid,
    /// Fingerprint of the credential that the upstream session was opened with; 0 = none. Nobody goes on in a session
    /// that another credential opened.
    pub credential: u64,
}

/// What an upstream gave us at `initialize`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamSession {
    /// Ours, new each time: tells this session from the one before it.
    pub opened: Uuid,
    /// Where it was opened; a server whose URL changed starts anew.
    pub url: UpstreamUrl,
    /// `None`: the upstream keeps no sessions.
    pub id: Option<HeaderValue>,
    pub protocol_version: HeaderValue,
}

impl UpstreamSession {
    pub fn new(url: UpstreamUrl, id: Option<HeaderValue>, protocol_version: HeaderValue) -> Self {
        Self { opened: Uuid::new_v4(), url, id, protocol_version }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// The client ended its session.
    Ended,
    Missing,
    Found(Arc<UpstreamSession>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    Kept,
    /// Somebody opened another one meanwhile, and calls may be running in it: that one is to be used.
    Instead(Arc<UpstreamSession>),
    /// The client has ended its session meanwhile.
    Ended,
}

/// What a client session asked for at a server, and would not ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    LogLevel(String),
    Subscribed(String),
    Unsubscribed(String),
}

/// What to tell a new upstream session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    pub log_level: Option<String>,
    /// Resource URIs, sorted.
    pub subscriptions: Vec<String>,
}

impl Wishes {
    fn each(&self) -> impl Iterator<Item = Wish> {
        let level = self.log_level.clone().map(Wish::LogLevel);
        level.into_iter().chain(self.subscriptions.iter().cloned().map(Wish::Subscribed))
    }
}

/// More, or longer ones, are not remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this session has too many subscriptions")]
pub struct TooMany;

/// How long what is stored lives.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Of everything about a session, without use.
    pub idle: Duration,
    /// Of the mark that a session has ended: until the session would have expired anyway.
    pub ended: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { idle: UPSTREAM_SESSION_IDLE, ended: Duration::from_secs(SESSION_AGE_MAX_S.unsigned_abs()) }
    }
}

/// `keys` are the tenant's session keys: values leave the process sealed.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Asked once per legacy request; keeps what it finds alive.
    async fn load(&self, keys: &[SessionKey], at: SessionAt) -> Loaded;

    /// Keeps a new upstream session, in place of `instead_of` (its [`UpstreamSession::opened`]) or of none. The first
    /// of two that are opened at once stays: calls may be running in it already.
    async fn save(
        &self,
        keys: &[SessionKey],
        at: SessionAt,
        session: &Arc<UpstreamSession>,
        instead_of: Option<Uuid>,
    ) -> Saved;

    /// Forgets a session the upstream lost; a newer one that somebody opened meanwhile stays.
    async fn forget(&self, at: SessionAt, lost: Uuid);

    /// The client ended its session: everything about it goes, and from now on it is [`Loaded::Ended`]. What its
    /// upstream sessions were, so that the upstreams can be told.
    async fn end(&self, keys: &[SessionKey], tenant: Uuid, session: Uuid) -> Vec<Arc<UpstreamSession>>;

    /// Another node says that it ended this session.
    fn ended_elsewhere(&self, tenant: Uuid, session: Uuid);

    async fn remember(&self, keys: &[SessionKey], at: SessionAt, wish: Wish) -> Result<(), TooMany>;

    /// How many client sessions (callers, where a client has none) this node has served lately, about.
    fn sessions(&self) -> u64;

    /// Asked only when an upstream session is opened for a client session that exists.
    async fn wishes(&self, keys: &[SessionKey], at: SessionAt) -> Wishes;
}
