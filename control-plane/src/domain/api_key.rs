//! Personal API keys: what they reach, and how they end. The secret is never here, only what is known of a key.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::ids::{ApiKeyId, ServerId, UserId};
use super::limits::API_KEY_TOUCH_S;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub user_id: UserId,
    pub name: String,
    pub scope: KeyScope,
    pub created_at: DateTime<Utc>,
    /// `None`: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// Coarse: see [`ApiKey::touch_is_due`].
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What a key reaches, within what its owner may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyScope {
    /// Every server, and the REST API.
    All,
    /// These servers and nothing else; never empty.
    Servers(Vec<ServerId>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyStatus {
    Active,
    Expired,
    Revoked,
}

impl ApiKey {
    pub fn status(&self, now: DateTime<Utc>) -> ApiKeyStatus {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => ApiKeyStatus::Revoked,
            (None, Some(end)) if now >= end => ApiKeyStatus::Expired,
            (None, _) => ApiKeyStatus::Active,
        }
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

    #[test]
    fn a_key_ends_by_revocation_or_time() {
        let start = DateTime::UNIX_EPOCH;
        let at = |seconds| start + TimeDelta::seconds(seconds);
        let key = |expires: Option<i64>, revoked: Option<i64>, used: Option<i64>| ApiKey {
            id: ApiKeyId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            name: "ci".to_owned(),
            scope: KeyScope::All,
            created_at: start,
            expires_at: expires.map(at),
            last_used_at: used.map(at),
            revoked_at: revoked.map(at),
        };
        let check = |expires, revoked, now, expected| {
            assert_eq!(key(expires, revoked, None).status(at(now)), expected, "{expires:?} {revoked:?} {now}");
        };
        check(None, None, i64::from(i32::MAX), ApiKeyStatus::Active);
        check(Some(10), None, 9, ApiKeyStatus::Active);
        check(Some(10), None, 10, ApiKeyStatus::Expired);
        check(Some(10), Some(5), 20, ApiKeyStatus::Revoked);
        assert!(key(None, None, None).touch_is_due(at(0)));
        assert!(!key(None, None, Some(0)).touch_is_due(at(API_KEY_TOUCH_S - 1)));
        assert!(key(None, None, Some(0)).touch_is_due(at(API_KEY_TOUCH_S)));
    }
}
