//! What a person's clients look like to the person: "Claude Code, server github, last used 5 minutes ago".

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::ids::{OAuthGrantId, ServerId};
use crate::domain::limits::REFRESH_IDLE_S;

/// One client that may act for a person at one server: a grant that was used and can be used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub id: OAuthGrantId,
    /// As the client calls itself: nobody vouches for it.
    pub client_name: String,
    pub server_id: ServerId,
    pub server_slug: String,
    pub server_name: String,
    /// Where the client was sent back to: the host of a web site, or the scheme of a program.
    pub redirect_host: String,
    pub created_at: DateTime<Utc>,
    /// When it got its last token: to about the life of one.
    pub last_used_at: DateTime<Utc>,
}

/// Grants not used since then have no refresh token that works any more.
pub fn unused_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::seconds(REFRESH_IDLE_S)
}
