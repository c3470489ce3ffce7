//! People who run the deployment, and their sessions in a browser.

use chrono::{DateTime, TimeDelta, Utc};

use super::ids::{OperatorId, OperatorSessionId};
use super::limits::{OPERATOR_SESSION_ABSOLUTE_S, OPERATOR_SESSION_IDLE_S, SESSION_TOUCH_S};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub id: OperatorId,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSession {
    pub id: OperatorSessionId,
    pub operator_id: OperatorId,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    /// The absolute end.
    pub expires_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl OperatorSession {
    pub fn begin(id: OperatorSessionId, operator_id: OperatorId, now: DateTime<Utc>) -> Self {
        let expires_at = now + TimeDelta::seconds(OPERATOR_SESSION_ABSOLUTE_S);
        Self { id, operator_id, created_at: now, last_seen_at: now, expires_at, ended_at: None }
    }

    /// Whether it still signs its bearer in.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        let idle = TimeDelta::seconds(OPERATOR_SESSION_IDLE_S);
        self.ended_at.is_none() && now < self.expires_at && now < self.last_seen_at + idle
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

    #[test]
    fn it_ends_when_idle_when_old_and_when_ended() {
        let begun = DateTime::<Utc>::UNIX_EPOCH;
        let at = |seconds: i64| begun + TimeDelta::seconds(seconds);
        let session = OperatorSession::begin(Uuid::nil().into(), Uuid::nil().into(), begun);
        assert!(session.is_live(at(OPERATOR_SESSION_IDLE_S - 1)) && !session.is_live(at(OPERATOR_SESSION_IDLE_S)));
        let end = OPERATOR_SESSION_ABSOLUTE_S;
        let busy = OperatorSession { last_seen_at: at(end - 1), ..session.clone() };
        assert!(busy.is_live(at(end - 1)) && !busy.is_live(at(end)));
        assert!(!OperatorSession { ended_at: Some(begun), ..session }.is_live(begun));
    }
}
