//! Sessions at legacy upstreams, one per client session and server, made when first needed on this node: any node
//! serves any client session. Many calls at once make one session (single-flight).

use std::sync::Arc;

use http::HeaderValue;
use moka::future::Cache;
use url::Url;
use uuid::Uuid;

use super::UpstreamFault;
use crate::limits::{UPSTREAM_SESSION_IDLE, UPSTREAM_SESSIONS_MAX};

/// What an upstream gave us at `initialize`.
#[derive(Debug, PartialEq, Eq)]
pub struct UpstreamSession {
    /// Where it was opened; a server whose URL changed starts anew.
    pub url: Url,
    /// `None`: the upstream keeps no sessions.
    pub id: Option<HeaderValue>,
    pub protocol_version: HeaderValue,
}

/// A client session at one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionAt {
    pub session: Uuid,
    pub server: Uuid,
}

pub struct UpstreamSessions {
    sessions: Cache<SessionAt, Arc<UpstreamSession>>,
}

impl Default for UpstreamSessions {
    fn default() -> Self {
        let sessions = Cache::builder().max_capacity(UPSTREAM_SESSIONS_MAX).time_to_idle(UPSTREAM_SESSION_IDLE).build();
        Self { sessions }
    }
}

impl UpstreamSessions {
    /// The upstream session, opened by `open` if this node has none.
    pub async fn get(
        &self,
        at: SessionAt,
        url: &Url,
        open: impl Future<Output = Result<UpstreamSession, UpstreamFault>>,
    ) -> Result<Arc<UpstreamSession>, UpstreamFault> {
        if let Some(session) = self.sessions.get(&at).await {
            if session.url == *url {
                return Ok(session);
            }
            self.sessions.invalidate(&at).await;
        }
        let open = async { open.await.map(Arc::new) };
        self.sessions.try_get_with(at, open).await.map_err(|fault| UpstreamFault::clone(&fault))
    }

    pub async fn insert(&self, at: SessionAt, session: UpstreamSession) {
        self.sessions.insert(at, Arc::new(session)).await;
    }

    /// Forgets a session the upstream lost; a newer one that somebody opened meanwhile stays.
    pub async fn forget(&self, at: SessionAt, lost: &Arc<UpstreamSession>) {
        if self.sessions.get(&at).await.is_some_and(|session| Arc::ptr_eq(&session, lost)) {
            self.sessions.invalidate(&at).await;
        }
    }

    pub async fn take(&self, at: SessionAt) -> Option<Arc<UpstreamSession>> {
        self.sessions.remove(&at).await
    }
}
