//! The store of a single node, and what a node with a shared store falls back on. Bounded by bytes and by idle time.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use moka::ops::compute::{CompResult, Op};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use uuid::Uuid;

use super::{Loaded, Saved, SessionAt, SessionStore, TooMany, UpstreamSession, Wish, Wishes};
use crate::limits::{
    ENDED_SESSIONS_MAX, STORED_SESSIONS_BYTES_MAX, SUBSCRIPTION_URI_BYTES_MAX, SUBSCRIPTIONS_PER_SESSION_MAX,
};
use crate::session_store::Lifetimes;
use crate::snapshot::SessionKey;

/// Tenant and holder.
type Key = (Uuid, Uuid);

pub struct MemoryStore {
    holders: Cache<Key, Arc<Holder>>,
    ended: Cache<Key, ()>,
}

/// All of one client session. Replaced as a whole: the cache weighs it when it is put in.
#[derive(Debug, Clone, Default)]
struct Holder {
    upstream: Vec<(Uuid, u64, Arc<UpstreamSession>)>,
    log_levels: Vec<(Uuid, String)>,
    subscriptions: BTreeSet<(Uuid, String)>,
}

impl MemoryStore {
    pub fn new(lifetimes: Lifetimes) -> Self {
        let holders = Cache::builder()
            .max_capacity(STORED_SESSIONS_BYTES_MAX)
            .weigher(|_, holder: &Arc<Holder>| holder.weight())
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(lifetimes.idle)
            .build();
        let ended = Cache::builder()
            .max_capacity(ENDED_SESSIONS_MAX)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(lifetimes.ended)
            .build();
        Self { holders, ended }
    }

    pub(super) fn load(&self, at: SessionAt) -> Loaded {
        let key = (at.tenant, at.holder);
        if self.ended.contains_key(&key) {
            return Loaded::Ended;
        }
        let held = self.holders.get(&key).and_then(|holder| holder.find(at).cloned());
        held.map_or(Loaded::Missing, Loaded::Found)
    }

    /// `instead_of`: `None` fits an empty place only.
    pub(super) fn save(&self, at: SessionAt, session: &Arc<UpstreamSession>, instead_of: Option<Uuid>) -> Saved {
        let mut saved = Saved::Kept;
        self.change(at, |holder| match holder.find(at) {
            Some(present) if Some(present.opened) != instead_of && present.opened != session.opened => {
                saved = Saved::Instead(present.clone());
                false
            }
            _ => holder.put(at, session),
        });
        // Looked at afterwards: an end that came in between has not seen what was put in.
        match self.ended.contains_key(&(at.tenant, at.holder)) {
            true => {
                self.holders.invalidate(&(at.tenant, at.holder));
                Saved::Ended
            }
            false => saved,
        }
    }

    /// Puts it in, whatever was there.
    pub(super) fn put(&self, at: SessionAt, session: &Arc<UpstreamSession>) {
        self.change(at, |holder| match holder.find(at) {
            Some(present) if present.opened == session.opened => false,
            _ => holder.put(at, session),
        });
    }

    /// Forgets whatever is there.
    pub(super) fn forget_any(&self, at: SessionAt) {
        if let Loaded::Found(present) = self.load(at) {
            self.forget(at, present.opened);
        }
    }

    pub(super) fn forget(&self, at: SessionAt, lost: Uuid) {
        self.change(at, |holder| {
            let before = holder.upstream.len();
            holder.upstream.retain(|(server, credential, session)| {
                (*server, *credential) != (at.server, at.credential) || session.opened != lost
            });
            holder.upstream.len() != before
        });
    }

    pub(super) fn end(&self, tenant: Uuid, session: Uuid) -> Vec<Arc<UpstreamSession>> {
        self.ended.insert((tenant, session), ());
        let holder = self.holders.remove(&(tenant, session)).unwrap_or_default();
        holder.upstream.iter().map(|(_, _, upstream)| upstream.clone()).collect()
    }

    pub(super) fn remember(&self, at: SessionAt, wish: Wish) -> Result<(), TooMany> {
        if matches!(&wish, Wish::Subscribed(uri) if uri.len() > SUBSCRIPTION_URI_BYTES_MAX) {
            return Err(TooMany);
        }
        let mut remembered = Ok(());
        self.change(at, |holder| {
            let done = holder.remember(at.server, wish);
            remembered = done.map(|_| ());
            done.unwrap_or(false)
        });
        remembered
    }

    /// About: what has just come or gone may not be counted yet.
    pub(super) fn sessions(&self) -> u64 {
        self.holders.run_pending_tasks();
        self.holders.entry_count()
    }

    pub(super) fn wishes(&self, at: SessionAt) -> Wishes {
        let holder = self.holders.get(&(at.tenant, at.holder)).unwrap_or_default();
        let of_server = |(server, _): &&(Uuid, String)| *server == at.server;
        Wishes {
            log_level: holder.log_levels.iter().find(of_server).map(|(_, level)| level.clone()),
            subscriptions: holder.subscriptions.iter().filter(of_server).map(|(_, uri)| uri.clone()).collect(),
        }
    }

    /// One change at a time per holder. `change` says whether there was any.
    fn change(&self, at: SessionAt, change: impl FnOnce(&mut Holder) -> bool) {
        let _: CompResult<Key, Arc<Holder>> = self.holders.entry((at.tenant, at.holder)).and_compute_with(|present| {
            let mut holder = present.map(|entry| Holder::clone(entry.value())).unwrap_or_default();
            if change(&mut holder) { Op::Put(Arc::new(holder)) } else { Op::Nop }
        });
    }
}

impl Holder {
    fn find(&self, at: SessionAt) -> Option<&Arc<UpstreamSession>> {
        let mut sessions = self.upstream.iter();
        let found = sessions.find(|(server, credential, _)| (*server, *credential) == (at.server, at.credential));
        found.map(|(_, _, session)| session)
    }

    /// A session that another credential opened is of no use any more.
    fn put(&mut self, at: SessionAt, session: &Arc<UpstreamSession>) -> bool {
        self.upstream.retain(|(server, _, _)| *server != at.server);
        self.upstream.push((at.server, at.credential, session.clone()));
        true
    }

    fn remember(&mut self, server: Uuid, wish: Wish) -> Result<bool, TooMany> {
        match wish {
            Wish::LogLevel(level) => {
                self.log_levels.retain(|(known, _)| *known != server);
                self.log_levels.push((server, level));
                Ok(true)
            }
            Wish::Subscribed(uri) => {
                let subscription = (server, uri);
                if self.subscriptions.contains(&subscription) {
                    return Ok(false);
                }
                if self.subscriptions.len() >= SUBSCRIPTIONS_PER_SESSION_MAX {
                    return Err(TooMany);
                }
                Ok(self.subscriptions.insert(subscription))
            }
            Wish::Unsubscribed(uri) => Ok(self.subscriptions.remove(&(server, uri))),
        }
    }

    /// Bytes, about: what is allocated beside the texts is counted with a flat rate.
    fn weight(&self) -> u32 {
        let id = |session: &UpstreamSession| session.id.as_ref().map_or(0, |id| id.len());
        let upstream = self.upstream.iter().map(|(_, _, session)| 256 + session.url.as_str().len() + id(session));
        let texts = self.log_levels.iter().chain(&self.subscriptions).map(|(_, text)| 64 + text.len());
        u32::try_from(256 + upstream.chain(texts).sum::<usize>()).unwrap_or(u32::MAX)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn load(&self, _keys: &[SessionKey], at: SessionAt) -> Loaded {
        self.load(at)
    }

    async fn save(
        &self,
        _keys: &[SessionKey],
        at: SessionAt,
        session: &Arc<UpstreamSession>,
        instead_of: Option<Uuid>,
    ) -> Saved {
        self.save(at, session, instead_of)
    }

    async fn forget(&self, at: SessionAt, lost: Uuid) {
        self.forget(at, lost);
    }

    async fn end(&self, _keys: &[SessionKey], tenant: Uuid, session: Uuid) -> Vec<Arc<UpstreamSession>> {
        self.end(tenant, session)
    }

    fn ended_elsewhere(&self, tenant: Uuid, session: Uuid) {
        self.end(tenant, session);
    }

    async fn remember(&self, _keys: &[SessionKey], at: SessionAt, wish: Wish) -> Result<(), TooMany> {
        self.remember(at, wish)
    }

    fn sessions(&self) -> u64 {
        self.sessions()
    }

    async fn wishes(&self, _keys: &[SessionKey], at: SessionAt) -> Wishes {
        self.wishes(at)
    }
}
