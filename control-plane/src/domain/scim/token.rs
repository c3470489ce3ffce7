//! Tokens of identity providers. The secret is never here, only what is known of a token.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::{ScimTokenId, UserId};
use crate::domain::limits::SCIM_TOKEN_TOUCH_S;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimToken {
    pub id: ScimTokenId,
    pub name: String,
    /// `None`: somebody who is gone.
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
    /// `None`: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// Coarse: see [`ScimToken::touch_is_due`].
    pub last_used_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScimTokenStatus {
    Active,
    Expired,
}

impl ScimToken {
    pub fn status(&self, now: DateTime<Utc>) -> ScimTokenStatus {
        if self.expires_at.is_some_and(|end| now >= end) { ScimTokenStatus::Expired } else { ScimTokenStatus::Active }
    }

    /// Whether its use is due to be written down.
    pub fn touch_is_due(&self, now: DateTime<Utc>) -> bool {
        self.last_used_at.is_none_or(|last| now >= last + TimeDelta::seconds(SCIM_TOKEN_TOUCH_S))
    }
}
