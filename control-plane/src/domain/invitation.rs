//! One-time links by which people join a tenant.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::access::TenantRole;
use super::ids::{InvitationId, UserId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: TenantRole,
    /// Nobody when an operator invited the first owner.
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub outcome: Option<Outcome>,
}

/// How an invitation ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Accepted { at: DateTime<Utc>, user_id: UserId },
    Revoked { at: DateTime<Utc> },
}

/// How the link reached the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Whoever invited got the link to pass on.
    ByHand,
    /// Waits to be mailed, or to be tried again for a reason.
    Pending {
        reason: Option<String>,
    },
    Sent {
        at: DateTime<Utc>,
    },
    Failed {
        at: DateTime<Utc>,
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationStatus {
    Pending,
    Accepted,
    Revoked,
    Expired,
}

impl Invitation {
    pub fn status(&self, now: DateTime<Utc>) -> InvitationStatus {
        match self.outcome {
            Some(Outcome::Accepted { .. }) => InvitationStatus::Accepted,
            Some(Outcome::Revoked { .. }) => InvitationStatus::Revoked,
            None if now >= self.expires_at => InvitationStatus::Expired,
            None => InvitationStatus::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_invitation_ends_by_acceptance_revocation_or_time() {
        let start = DateTime::UNIX_EPOCH;
        let check = |outcome, after_s, expected| {
            let invitation = Invitation {
                id: InvitationId(Uuid::nil()),
                email: "a@x".to_owned(),
                role: TenantRole::Member,
                created_by: None,
                created_at: start,
                expires_at: start + TimeDelta::seconds(10),
                outcome,
            };
            assert_eq!(invitation.status(start + TimeDelta::seconds(after_s)), expected);
        };
        check(None, 9, InvitationStatus::Pending);
        check(None, 10, InvitationStatus::Expired);
        check(Some(Outcome::Revoked { at: start }), 5, InvitationStatus::Revoked);
        check(Some(Outcome::Accepted { at: start, user_id: UserId(Uuid::nil()) }), 99, InvitationStatus::Accepted);
    }
}
