//! The store that nodes share: one round trip per request, values sealed with the tenant's session keys, so that Redis
//! never holds an upstream's session id in clear.
//!
//! Keys carry the tenant as hash tag, so that all of a tenant lies in one slot of a cluster:
//! `pw:{tenant}:s:holder` is a hash of what is known of a session, `pw:{tenant}:e:holder` exists when it has ended.
//! A value is [`UpstreamSession::opened`] in clear, then the sealed rest; key, field and that id are associated data, so
//! that a value that was changed or moved is as good as missing.
//!
//! When Redis is away, what this node remembers (`near`) answers; what could not be stored then is stored when it is
//! asked for again.

mod scripts;
mod value;

use std::sync::Arc;

use async_trait::async_trait;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use uuid::Uuid;

use self::scripts::{Place, Scripts, StoredAs};
use self::value::Slot;
use super::memory::MemoryStore;
use super::{Lifetimes, Loaded, Saved, SessionAt, SessionStore, TooMany, UpstreamSession, Wish, Wishes};
use crate::limits::{SUBSCRIPTION_URI_BYTES_MAX, UNSTORED_SESSIONS_MAX};
use crate::redis_link::Link;
use crate::snapshot::SessionKey;

pub struct RedisStore {
    link: Arc<Link>,
    scripts: Scripts,
    lifetimes: Lifetimes,
    near: MemoryStore,
    /// Sessions and ends that Redis does not know because it was away.
    unstored: Cache<SessionAt, ()>,
    unstored_ends: Cache<(Uuid, Uuid), ()>,
}

impl RedisStore {
    pub fn new(link: Arc<Link>, lifetimes: Lifetimes) -> Self {
        fn bounded<K: std::hash::Hash + Eq + Send + Sync + 'static>(lifetimes: Lifetimes) -> Cache<K, ()> {
            let cache = Cache::builder().max_capacity(UNSTORED_SESSIONS_MAX).time_to_live(lifetimes.idle);
            cache.eviction_policy(EvictionPolicy::lru()).build()
        }
        Self {
            link,
            scripts: Scripts::default(),
            lifetimes,
            near: MemoryStore::new(lifetimes),
            unstored: bounded(lifetimes),
            unstored_ends: bounded(lifetimes),
        }
    }

    /// What Redis holds; `Err` when it does not say.
    async fn stored(&self, keys: &[SessionKey], at: SessionAt) -> Result<Loaded, Away> {
        let (place, slot) = (Place::of(at.tenant, at.holder), Slot::upstream(at));
        let load = scripts::load(&place, &slot, self.lifetimes.idle);
        let found: Option<(bool, Option<Vec<u8>>)> =
            self.link.ask(async |mut redis| load.query_async(&mut redis).await).await;
        match found.ok_or(Away)? {
            (true, _) => Ok(Loaded::Ended),
            (false, None) => Ok(Loaded::Missing),
            (false, Some(bytes)) => {
                Ok(value::open_upstream(keys, &place, &slot, &bytes).map_or(Loaded::Missing, Loaded::Found))
            }
        }
    }

    /// Stores it where `instead_of` or nothing is. A value that cannot be read makes way.
    async fn store(
        &self,
        keys: &[SessionKey],
        at: SessionAt,
        session: &UpstreamSession,
        instead_of: Option<Uuid>,
    ) -> Result<Saved, Away> {
        let (place, slot) = (Place::of(at.tenant, at.holder), Slot::upstream(at));
        let Some(sealed) = value::seal_upstream(keys, &place, &slot, session) else { return Err(Away) };
        let mut instead_of = instead_of.map_or(Vec::new(), |opened| opened.as_bytes().to_vec());
        for _ in 0..2 {
            let save = self.scripts.save(&place, &slot, &sealed, &instead_of, self.lifetimes.idle);
            let stored: Option<StoredAs> = self.link.ask(async |mut redis| save.invoke_async(&mut redis).await).await;
            match stored.ok_or(Away)? {
                StoredAs::Kept => return Ok(Saved::Kept),
                StoredAs::Ended => return Ok(Saved::Ended),
                StoredAs::Present(bytes) => match value::open_upstream(keys, &place, &slot, &bytes) {
                    Some(present) => return Ok(Saved::Instead(present)),
                    None => instead_of = value::opened(&bytes).to_vec(),
                },
            }
        }
        Err(Away)
    }

    /// Stores what could not be stored when it came up.
    async fn catch_up(&self, keys: &[SessionKey], at: SessionAt) -> Loaded {
        let Loaded::Found(session) = self.near.load(at) else { return Loaded::Missing };
        let held = match self.store(keys, at, &session, None).await {
            Ok(Saved::Kept) => session,
            Ok(Saved::Instead(other)) => other,
            Ok(Saved::Ended) => return Loaded::Ended,
            Err(Away) => return Loaded::Found(session),
        };
        self.unstored.invalidate(&at);
        Loaded::Found(held)
    }

    async fn store_end(&self, tenant: Uuid, session: Uuid) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Away> {
        let place = Place::of(tenant, session);
        let end = self.scripts.end(&place, self.lifetimes.ended);
        let fields: Option<Vec<(Vec<u8>, Vec<u8>)>> =
            self.link.ask(async |mut redis| end.invoke_async(&mut redis).await).await;
        match fields {
            Some(fields) => {
                self.unstored_ends.invalidate(&(tenant, session));
                Ok(fields)
            }
            None => {
                self.unstored_ends.insert((tenant, session), ());
                Err(Away)
            }
        }
    }

    async fn store_wish(&self, keys: &[SessionKey], at: SessionAt, wish: &Wish) -> Result<bool, Away> {
        let place = Place::of(at.tenant, at.holder);
        let (slot, text) = match wish {
            Wish::LogLevel(level) => (Slot::log_level(at.server), Some(level)),
            Wish::Subscribed(uri) => (Slot::subscription(at.server, uri), Some(uri)),
            Wish::Unsubscribed(uri) => (Slot::subscription(at.server, uri), None),
        };
        let sealed = match text {
            Some(text) => Some(value::seal_text(keys, &place, &slot, text).ok_or(Away)?),
            None => None,
        };
        let remember = self.scripts.remember(&place, &slot, sealed.as_deref(), self.lifetimes.idle);
        self.link.ask(async |mut redis| remember.invoke_async(&mut redis).await).await.ok_or(Away)
    }
}

/// Redis did not answer in time.
#[derive(Debug, Clone, Copy)]
struct Away;

#[async_trait]
impl SessionStore for RedisStore {
    async fn load(&self, keys: &[SessionKey], at: SessionAt) -> Loaded {
        if self.near.load(at) == Loaded::Ended {
            if self.unstored_ends.contains_key(&(at.tenant, at.holder)) {
                let _ = self.store_end(at.tenant, at.holder).await;
            }
            return Loaded::Ended;
        }
        let loaded = match self.stored(keys, at).await {
            Ok(Loaded::Missing) if self.unstored.contains_key(&at) => self.catch_up(keys, at).await,
            Ok(loaded) => loaded,
            Err(Away) => return self.near.load(at),
        };
        match &loaded {
            Loaded::Found(session) => self.near.put(at, session),
            // Lost to another node, or with all of Redis: what this node remembers may be long dead upstream.
            Loaded::Missing => self.near.forget_any(at),
            Loaded::Ended => drop(self.near.end(at.tenant, at.holder)),
        }
        loaded
    }

    async fn save(
        &self,
        keys: &[SessionKey],
        at: SessionAt,
        session: &Arc<UpstreamSession>,
        instead_of: Option<Uuid>,
    ) -> Saved {
        let saved = match self.store(keys, at, session, instead_of).await {
            Ok(saved) => saved,
            Err(Away) => {
                self.unstored.insert(at, ());
                return self.near.save(at, session, instead_of);
            }
        };
        match &saved {
            Saved::Kept => self.near.put(at, session),
            Saved::Instead(other) => self.near.put(at, other),
            Saved::Ended => drop(self.near.end(at.tenant, at.holder)),
        }
        saved
    }

    async fn forget(&self, at: SessionAt, lost: Uuid) {
        self.near.forget(at, lost);
        let forget = self.scripts.forget(&Place::of(at.tenant, at.holder), &Slot::upstream(at), lost);
        // Away: whoever loads it later finds out for itself that the upstream has lost it.
        let _: Option<()> = self.link.ask(async |mut redis| forget.invoke_async(&mut redis).await).await;
    }

    async fn end(&self, keys: &[SessionKey], tenant: Uuid, session: Uuid) -> Vec<Arc<UpstreamSession>> {
        let near = self.near.end(tenant, session);
        let Ok(fields) = self.store_end(tenant, session).await else { return near };
        let place = Place::of(tenant, session);
        let upstream =
            |(field, bytes): &(Vec<u8>, Vec<u8>)| value::open_upstream(keys, &place, &Slot::stored(field)?, bytes);
        let mut ended: Vec<Arc<UpstreamSession>> = fields.iter().filter_map(upstream).collect();
        ended.extend(near.into_iter().filter(|held| fields.is_empty() && held.id.is_some()));
        ended
    }

    fn ended_elsewhere(&self, tenant: Uuid, session: Uuid) {
        self.near.end(tenant, session);
    }

    async fn remember(&self, keys: &[SessionKey], at: SessionAt, wish: Wish) -> Result<(), TooMany> {
        if matches!(&wish, Wish::Subscribed(uri) if uri.len() > SUBSCRIPTION_URI_BYTES_MAX) {
            return Err(TooMany);
        }
        match self.store_wish(keys, at, &wish).await {
            Ok(true) | Err(Away) => self.near.remember(at, wish),
            Ok(false) => Err(TooMany),
        }
    }

    fn sessions(&self) -> u64 {
        self.near.sessions()
    }

    async fn wishes(&self, keys: &[SessionKey], at: SessionAt) -> Wishes {
        let place = Place::of(at.tenant, at.holder);
        let all = scripts::all(&place);
        let fields: Option<Vec<(Vec<u8>, Vec<u8>)>> =
            self.link.ask(async |mut redis| all.query_async(&mut redis).await).await;
        let near = self.near.wishes(at);
        let stored = fields.map(|fields| value::open_wishes(keys, &place, at.server, &fields));
        match stored {
            None => near,
            // Redis has lost it, this node has not.
            Some(stored) if stored == Wishes::default() => {
                for wish in near.each() {
                    let _ = self.store_wish(keys, at, &wish).await;
                }
                near
            }
            Some(stored) => stored,
        }
    }
}
