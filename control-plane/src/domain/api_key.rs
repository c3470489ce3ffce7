//! API keys of people and of service accounts: what they reach, and how they end. The secret is never here, only what
//! is known of a key.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::{ApiKeyId, ServerId};
use super::limits::API_KEY_TOUCH_S;
use super::principal::PrincipalId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub owner: PrincipalId,
    pub name: String,
    pub scope: KeyScope,
    pub created_at: DateTime<Utc>,
    /// `None`: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// Coarse: see [`ApiKey::touch_is_due`].
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key that was made to replace it. Both work until this one ends.
    pub successor_id: Option<ApiKeyId>,
}

/// What a key reaches, within what its owner may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyScope {
    /// Every server, and the REST API.
    All,
    /// These servers and nothing else; never empty.
    Servers(Vec<ServerId>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyStatus {
    Active,
    Expired,
    Revoked,
}

/// Which keys to list.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyFilter {
    /// `None`: everybody's.
    pub owner: Option<PrincipalId>,
    pub status: Option<ApiKeyStatus>,
    /// Working keys that end by then and that nothing replaces yet: what somebody has to see to.
    pub expiring_by: Option<DateTime<Utc>>,
}

impl ApiKey {
    pub fn status(&self, now: DateTime<Utc>) -> ApiKeyStatus {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => ApiKeyStatus::Revoked,
            (None, Some(end)) if now >= end => ApiKeyStatus::Expired,
            (None, _) => ApiKeyStatus::Active,
        }
    }

    /// When a successor made now ends: it gets as long as this key had.
    pub fn next_term(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.expires_at.map(|end| now + (end - self.created_at))
    }

    /// Whether its use is due to be written down.
    pub fn touch_is_due(&self, used_at: DateTime<Utc>) -> bool {
        self.last_used_at.is_none_or(|last| used_at >= last + chrono::TimeDelta::seconds(API_KEY_TOUCH_S))
    }
}

impl KeyScope {
    pub fn servers(&self) -> Option<&[ServerId]> {
        match self {
            Self::All => None,
            Self::Servers(ids) => Some(ids),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::UserId;

    #[test]
    fn a_key_ends_by_revocation_or_time() {
        let start = DateTime::UNIX_EPOCH;
        let at = |seconds| start + TimeDelta::seconds(seconds);
        let key = |expires: Option<i64>, revoked: Option<i64>, used: Option<i64>| ApiKey {
            id: ApiKeyId(Uuid::nil()),
            owner: UserId(Uuid::nil()).into(),
            name: "ci".to_owned(),
            scope: KeyScope::All,
            created_at: start,
            expires_at: expires.map(at),
            last_used_at: used.map(at),
            revoked_at: revoked.map(at),
            successor_id: None,
        };
        let check = |expires, revoked, now, expected| {
            assert_eq!(key(expires, revoked, None).status(at(now)), expected, "{expires:?} {revoked:?} {now}");
        };
        check(None, None, i64::from(i32::MAX), ApiKeyStatus::Active);
        check(Some(10), None, 9, ApiKeyStatus::Active);
        check(Some(10), None, 10, ApiKeyStatus::Expired);
        check(Some(10), Some(5), 20, ApiKeyStatus::Revoked);
        assert_eq!(key(Some(10), None, None).next_term(at(7)), Some(at(17)));
        assert_eq!(key(None, None, None).next_term(at(7)), None);
        assert!(key(None, None, None).touch_is_due(at(0)));
        assert!(!key(None, None, Some(0)).touch_is_due(at(API_KEY_TOUCH_S - 1)));
        assert!(key(None, None, Some(0)).touch_is_due(at(API_KEY_TOUCH_S)));
    }
}
