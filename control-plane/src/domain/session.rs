//! A signed-in browser.

use chrono::{DateTime, TimeDelta, Utc};

use super::ids::{IdentityProviderId, SessionId, UserId};
use super::limits::{SESSION_IDLE_S, SESSION_TOUCH_S};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    /// The absolute end.
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The session at an identity provider that a browser session rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSession {
    pub provider_id: IdentityProviderId,
    /// The provider's name of it, if it has one.
    pub sid: Option<String>,
    /// The ID token, sealed for the browser session: ends the session at the provider.
    pub id_token_sealed: Option<Vec<u8>>,
}

impl Session {
    /// Whether it still signs its bearer in.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        let idle = TimeDelta::seconds(SESSION_IDLE_S);
        self.revoked_at.is_none() && now < self.expires_at && now < self.last_seen_at + idle
    }

    /// Whether its use is due to be written down.
    pub fn touch_is_due(&self, now: DateTime<Utc>) -> bool {
        now >= self.last_seen_at + TimeDelta::seconds(SESSION_TOUCH_S)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::limits::SESSION_ABSOLUTE_S;

    #[test]
    fn a_session_ends_when_idle_at_its_end_or_when_revoked() {
        let start = DateTime::UNIX_EPOCH;
        let at = |seconds| start + TimeDelta::seconds(seconds);
        let check = |last_seen, revoked: Option<i64>, now, live| {
            let session = Session {
                id: SessionId(Uuid::nil()),
                user_id: UserId(Uuid::nil()),
                created_at: start,
                last_seen_at: at(last_seen),
                expires_at: at(SESSION_ABSOLUTE_S),
                revoked_at: revoked.map(at),
            };
            assert_eq!(session.is_live(at(now)), live, "{last_seen} {revoked:?} {now}");
        };
        check(0, None, 0, true);
        check(0, None, SESSION_IDLE_S - 1, true);
        check(0, None, SESSION_IDLE_S, false);
        check(SESSION_ABSOLUTE_S - 10, None, SESSION_ABSOLUTE_S - 1, true);
        check(SESSION_ABSOLUTE_S - 10, None, SESSION_ABSOLUTE_S, false);
        check(0, Some(5), 6, false);
    }
}
