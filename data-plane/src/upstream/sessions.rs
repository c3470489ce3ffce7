//! Sessions at legacy upstreams, opened when first needed: any node serves any client session. Many calls at once on
//! one node open one session (single-flight); of two that two nodes open at once, the one that was stored first stays.

use std::sync::Arc;

use moka::future::Cache;

use super::{UpstreamFault, UpstreamUrl};
use crate::limits::UPSTREAM_OPENINGS_MAX;
use crate::session_store::{Loaded, Saved, SessionStore};
pub use crate::session_store::{SessionAt, UpstreamSession};
use crate::snapshot::SessionKey;

pub struct UpstreamSessions {
    store: Arc<dyn SessionStore>,
    /// Holds what is being opened, and nothing for longer.
    opening: Cache<SessionAt, Arc<UpstreamSession>>,
}

impl UpstreamSessions {
    pub fn new(store: Arc<dyn SessionStore>) -> Self {
        Self { store, opening: Cache::new(UPSTREAM_OPENINGS_MAX) }
    }

    /// The upstream session at `url`, opened by `open` if no node has one. `discard` gets one that was opened in vain,
    /// to be ended upstream.
    pub async fn get(
        &self,
        keys: &[SessionKey],
        at: SessionAt,
        url: &UpstreamUrl,
        open: impl Future<Output = Result<Arc<UpstreamSession>, UpstreamFault>>,
        discard: impl FnOnce(Arc<UpstreamSession>),
    ) -> Result<Arc<UpstreamSession>, UpstreamFault> {
        let opening = async {
            let instead_of = match self.store.load(keys, at).await {
                Loaded::Ended => return Err(UpstreamFault::SessionLost),
                Loaded::Found(session) if session.url == *url => return Ok(session),
                Loaded::Found(elsewhere) => Some(elsewhere.opened),
                Loaded::Missing => None,
            };
            let opened = open.await?;
            match self.store.save(keys, at, &opened, instead_of).await {
                Saved::Kept => Ok(opened),
                Saved::Instead(session) => {
                    discard(opened);
                    Ok(session)
                }
                Saved::Ended => {
                    discard(opened);
                    Err(UpstreamFault::SessionLost)
                }
            }
        };
        let session = self.opening.try_get_with(at, opening).await.map_err(|fault| UpstreamFault::clone(&fault));
        self.opening.invalidate(&at).await;
        session
    }

    /// The session of a client session that is new.
    pub async fn insert(&self, keys: &[SessionKey], at: SessionAt, session: &Arc<UpstreamSession>) {
        self.store.save(keys, at, session, None).await;
    }

    /// Forgets a session the upstream lost; a newer one that somebody opened meanwhile stays.
    pub async fn forget(&self, at: SessionAt, lost: &UpstreamSession) {
        self.store.forget(at, lost.opened).await;
    }
}
