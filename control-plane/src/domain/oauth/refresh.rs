//! When a refresh token is replaced, and what an older copy of it still gets. ADR 0002 states the trade.

use chrono::{DateTime, TimeDelta, Utc};

use super::RefreshToken;
use crate::domain::limits::{REFRESH_GRACE_STRICT_S, REFRESH_GRACE_TOLERANT_S, REFRESH_ROTATE_AFTER_S};
use crate::domain::tenancy::RefreshRotation;

/// What the holder of a refresh token gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The same refresh token again.
    Keep,
    /// A successor, made now.
    Rotate,
    /// The successor that was made when this token was replaced.
    Successor,
    /// Nothing: nobody used it for too long.
    Expired,
    /// Nothing: it was replaced so long ago that this copy is a stolen or a forgotten one.
    Replayed { revoke_family: bool },
}

/// Decides by the token's own dates; the grant is checked elsewhere.
pub fn decide(token: &RefreshToken, rotation: RefreshRotation, now: DateTime<Utc>) -> Decision {
    let (rotate_after_s, grace_s) = match rotation {
        RefreshRotation::Tolerant => (REFRESH_ROTATE_AFTER_S, REFRESH_GRACE_TOLERANT_S),
        RefreshRotation::Strict => (0, REFRESH_GRACE_STRICT_S),
    };
    match token.rotated_at {
        Some(rotated_at) if now < rotated_at + TimeDelta::seconds(grace_s) => Decision::Successor,
        Some(_) => Decision::Replayed { revoke_family: rotation == RefreshRotation::Strict },
        None if now >= token.expires_at => Decision::Expired,
        None if now >= token.issued_at + TimeDelta::seconds(rotate_after_s) => Decision::Rotate,
        None => Decision::Keep,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::OAuthGrantId;
    use crate::domain::limits::REFRESH_IDLE_S;

    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn the_table() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let check = |rotation, rotated: Option<i64>, now, expected| {
            let token = RefreshToken {
                id: Uuid::nil(),
                grant_id: OAuthGrantId(Uuid::nil()),
                issued_at: at(0),
                expires_at: at(REFRESH_IDLE_S),
                rotated_at: rotated.map(at),
                successor_sealed: None,
            };
            assert_eq!(decide(&token, rotation, at(now)), expected, "{rotation:?} {rotated:?} {now}");
        };
        use Decision::*;
        use RefreshRotation::*;
        check(Tolerant, None, 0, Keep);
        check(Tolerant, None, DAY - 1, Keep);
        check(Tolerant, None, DAY, Rotate);
        check(Tolerant, None, REFRESH_IDLE_S - 1, Rotate);
        check(Tolerant, None, REFRESH_IDLE_S, Expired);
        check(Tolerant, Some(DAY), DAY, Successor);
        check(Tolerant, Some(DAY), DAY + 3 * HOUR, Successor);
        check(Tolerant, Some(DAY), 2 * DAY - 1, Successor);
        check(Tolerant, Some(DAY), 2 * DAY, Replayed { revoke_family: false });
        check(Strict, None, 0, Rotate);
        check(Strict, None, REFRESH_IDLE_S, Expired);
        check(Strict, Some(10), 69, Successor);
        check(Strict, Some(10), 70, Replayed { revoke_family: true });
    }
}
