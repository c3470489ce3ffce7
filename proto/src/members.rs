//! How the members of a virtual server are told apart in the names that clients see. Both planes must read and write
//! them alike: the control plane refuses what would be ambiguous, nodes route by the name alone.
//!
//! A tool `search` of the member with the alias `gh` is `gh_search`; aliases have no underscore, so the first one ends
//! them. A resource `file:///a` of it is `gh+file:///a`, which is a URI again (RFC 3986 §3.1).

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Longest name of a tool or prompt that every client takes.
pub const NAME_LEN_MAX: usize = 64;
pub const ALIAS_LEN_MAX: usize = 20;

/// What of a long name stays readable before its digest.
const HEAD_LEN: usize = 55;
const DIGEST_HEX_LEN: usize = 8;

/// A member's name within its virtual server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alias(Box<str>);

impl Alias {
    /// `[a-z][a-z0-9-]{0,19}`; else what it must be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let starts_with_letter = text.starts_with(|c: char| c.is_ascii_lowercase());
        let is_plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if starts_with_letter && is_plain && text.len() <= ALIAS_LEN_MAX {
            return Ok(Self(text.into()));
        }
        Err("must be 1 to 20 lower-case letters, digits and hyphens, starting with a letter")
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of a tool or prompt of this member. One that would be too long keeps its head and ends in a digest of
    /// the whole.
    pub fn exposed(&self, name: &str) -> String {
        let whole = format!("{self}_{name}");
        if whole.len() <= NAME_LEN_MAX {
            return whole;
        }
        let digest = Sha256::digest(whole.as_bytes());
        let head = whole.get(..whole.floor_char_boundary(HEAD_LEN)).unwrap_or_default();
        let hex: String = digest.iter().take(DIGEST_HEX_LEN / 2).map(|byte| format!("{byte:02x}")).collect();
        format!("{head}_{hex}")
    }

    /// What the member itself calls what clients call `exposed`; `None` if that is not this member's.
    pub fn own_name<'a>(&self, exposed: &'a str) -> Option<&'a str> {
        exposed.strip_prefix(self.as_str())?.strip_prefix('_')
    }

    /// The URI, or URI template, of a resource of this member.
    pub fn exposed_uri(&self, uri: &str) -> String {
        format!("{self}+{uri}")
    }

    /// The reverse of [`Self::exposed_uri`].
    pub fn own_uri<'a>(&self, exposed: &'a str) -> Option<&'a str> {
        exposed.strip_prefix(self.as_str())?.strip_prefix('+')
    }
}

/// Whether a name is as long as only shortened ones need be: what it was before must be looked up.
pub fn may_be_shortened(exposed: &str) -> bool {
    let tail = exposed.rsplit_once('_').map(|(_, tail)| tail).unwrap_or_default();
    let is_hex = tail.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    tail.len() == DIGEST_HEX_LEN && is_hex && exposed.len() > NAME_LEN_MAX - 4 && exposed.len() <= NAME_LEN_MAX
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(text: &str) -> Alias {
        Alias::parse(text).expect("an alias")
    }

    #[test]
    fn aliases() {
        fn check(text: &str, expected: bool) {
            assert_eq!(Alias::parse(text).is_ok(), expected, "{text:?}");
        }
        check("g", true);
        check("gh-2", true);
        check(&"a".repeat(20), true);
        check(&"a".repeat(21), false);
        for bad in ["", "2a", "-a", "Gh", "g_h", "g+h", "g h", "ä"] {
            check(bad, false);
        }
    }

    #[test]
    fn names_come_back() {
        let gh = alias("gh");
        assert_eq!(gh.exposed("search_issues"), "gh_search_issues");
        assert_eq!(gh.own_name("gh_search_issues"), Some("search_issues"));
        assert_eq!(gh.own_name("ghe_search"), None);
        assert_eq!(gh.own_name("gh-search"), None);
        assert_eq!(gh.exposed_uri("file:///a+b"), "gh+file:///a+b");
        assert_eq!(gh.own_uri("gh+file:///a+b"), Some("file:///a+b"));
        assert_eq!(gh.own_uri("ghe+file:///a"), None);
    }

    #[test]
    fn long_names_are_shortened_and_stay_different() {
        let gh = alias("gh");
        let fits = "x".repeat(61);
        assert_eq!((gh.exposed(&fits).len(), may_be_shortened(&gh.exposed(&fits))), (64, false));
        let (one, other) = (format!("{}1", "x".repeat(61)), format!("{}2", "x".repeat(61)));
        let (short, also_short) = (gh.exposed(&one), gh.exposed(&other));
        assert_eq!((short.len(), also_short.len()), (64, 64));
        assert!(short != also_short && short.starts_with("gh_xxx"), "{short}");
        assert!(may_be_shortened(&short));
        let wide = gh.exposed(&"ä".repeat(60));
        assert!(wide.len() <= 64 && may_be_shortened(&wide), "{wide}");
        assert!(!may_be_shortened("gh_search"));
    }
}
