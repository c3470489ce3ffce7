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

/// A session, and the browser it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSession {
    pub session: Session,
    /// As the browser calls itself.
    pub user_agent: String,
}

impl BrowserSession {
    /// The browser in words, such as "Firefox on Linux".
    pub fn browser(&self) -> String {
        describe(&self.user_agent)
    }
}

/// Names in the order in which they decide: most browsers also call themselves what they are compatible with.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

fn describe(user_agent: &str) -> String {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        // A program: the first word is its name.
        _ => match user_agent.split(['/', ' ']).next().filter(|word| !word.is_empty() && *word != "Mozilla") {
            Some(word) => word.to_owned(),
            None => "A browser".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::limits::SESSION_ABSOLUTE_S;

    #[test]
    fn browsers_in_words() {
        fn check(user_agent: &str, words: &str) {
            assert_eq!(describe(user_agent), words);
        }
        let chrome = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
        check(chrome, "Chrome on macOS");
        check(&format!("{chrome} Edg/140.0"), "Edge on macOS");
        check("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux");
        let safari =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1";
        check(safari, "Safari on iPhone");
        check("curl/8.5.0", "curl");
        check("Mozilla/5.0", "A browser");
        check("", "A browser");
    }

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
