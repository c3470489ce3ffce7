//! Sessions that clients ended. Kept on this node only, until the store that nodes share takes over.

use std::time::Duration;

use moka::sync::Cache;
use uuid::Uuid;

use crate::limits::{ENDED_SESSIONS_MAX, SESSION_AGE_MAX_S};

pub(crate) struct EndedSessions {
    ids: Cache<Uuid, ()>,
}

impl Default for EndedSessions {
    fn default() -> Self {
        let age = Duration::from_secs(SESSION_AGE_MAX_S.unsigned_abs());
        Self { ids: Cache::builder().max_capacity(ENDED_SESSIONS_MAX).time_to_live(age).build() }
    }
}

impl EndedSessions {
    pub(super) fn end(&self, session: Uuid) {
        self.ids.insert(session, ());
    }

    pub(super) fn contains(&self, session: Uuid) -> bool {
        self.ids.contains_key(&session)
    }
}
