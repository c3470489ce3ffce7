//! Names that appear in URLs: tenant and server slugs, and the gateway path made of them.
//!
//! A slug is immutable and never reused, so a string that parses here is safe to keep in a token or a log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Shortest and longest slug, in bytes (slugs are ASCII).
pub const SLUG_LEN_MIN: usize = 2;
pub const SLUG_LEN_MAX: usize = 40;

/// First path segments that mean something else on one of our hosts; no tenant or server may take them.
pub const RESERVED_SLUGS: [&str; 15] = [
    "t", "api", "scim", "oauth", "assets", "static", "admin", "login", "live", "ready", "metrics", "docs", "mcp",
    "system", "console",
];

/// Why a string is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    #[error("must have {SLUG_LEN_MIN} to {SLUG_LEN_MAX} characters")]
    Length,
    #[error("must be lower-case letters and digits in groups separated by single hyphens, starting with a letter")]
    Shape,
    #[error("is a reserved word")]
    Reserved,
}

fn check_slug(text: &str) -> Result<(), SlugError> {
    if !(SLUG_LEN_MIN..=SLUG_LEN_MAX).contains(&text.len()) {
        return Err(SlugError::Length);
    }
    let starts_with_letter = text.starts_with(|c: char| c.is_ascii_lowercase());
    let groups_ok = text
        .split('-')
        .all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    if !starts_with_letter || !groups_ok {
        return Err(SlugError::Shape);
    }
    if RESERVED_SLUGS.contains(&text) {
        return Err(SlugError::Reserved);
    }
    Ok(())
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks length, shape and reserved words.
            pub fn parse(text: &str) -> Result<Self, SlugError> {
                check_slug(text).map(|()| Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = SlugError;
            fn from_str(text: &str) -> Result<Self, SlugError> {
                Self::parse(text)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

slug!(
    /// The tenant's name in every URL of the tenant.
    TenantSlug
);
slug!(
    /// The server's name in its gateway URL, unique within the tenant.
    ServerSlug
);

/// `/<tenant>/mcp/<server>/server`: where an IDE talks MCP to a server of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GatewayPath {
    pub tenant: TenantSlug,
    pub server: ServerSlug,
}

impl GatewayPath {
    /// Parses the path of a request. One trailing slash is tolerated: users type it.
    pub fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut segments = path.split('/');
        let (tenant, mcp, server, tail) = (segments.next()?, segments.next()?, segments.next()?, segments.next()?);
        if mcp != "mcp" || tail != "server" || segments.next().is_some() {
            return None;
        }
        Some(Self { tenant: TenantSlug::parse(tenant).ok()?, server: ServerSlug::parse(server).ok()? })
    }

    /// The canonical resource identifier (RFC 8707, RFC 9728) below a gateway origin: lower-case origin without a
    /// trailing slash, then this path without one.
    pub fn resource(&self, gateway_origin: &str) -> String {
        format!("{}{self}", gateway_origin.trim_end_matches('/').to_ascii_lowercase())
    }

    /// Whether `text` is [`Self::resource`] below that origin; without making it.
    pub fn is_resource(&self, gateway_origin: &str, text: &str) -> bool {
        let origin = gateway_origin.trim_end_matches('/');
        let Some((before, rest)) = text.split_at_checked(origin.len()) else { return false };
        let path = rest.strip_prefix('/').and_then(|rest| rest.strip_prefix(self.tenant.as_str()));
        let path = path.and_then(|rest| rest.strip_prefix("/mcp/")?.strip_prefix(self.server.as_str()));
        let lower = origin.bytes().map(|byte| byte.to_ascii_lowercase());
        path == Some("/server") && before.bytes().eq(lower)
    }
}

impl fmt::Display for GatewayPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/mcp/{}/server", self.tenant, self.server)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs() {
        fn check(text: &str, expected: Result<(), SlugError>) {
            assert_eq!(TenantSlug::parse(text).map(|_| ()), expected, "{text:?}");
        }
        check("acme", Ok(()));
        check("a1-b2-c3", Ok(()));
        check(&"a".repeat(40), Ok(()));
        check("a", Err(SlugError::Length));
        check(&"a".repeat(41), Err(SlugError::Length));
        check("", Err(SlugError::Length));
        for bad in ["1acme", "-acme", "acme-", "ac--me", "Acme", "ac_me", "ac.me", "ac me", "äcme", "ac/me", "ac%2e"] {
            check(bad, Err(SlugError::Shape));
        }
        for reserved in RESERVED_SLUGS.into_iter().filter(|word| word.len() >= SLUG_LEN_MIN) {
            check(reserved, Err(SlugError::Reserved));
        }
    }

    #[test]
    fn gateway_paths() {
        let path = GatewayPath::parse("/acme/mcp/github/server").expect("well formed");
        assert_eq!((path.tenant.as_str(), path.server.as_str()), ("acme", "github"));
        assert_eq!(path.to_string(), "/acme/mcp/github/server");
        assert_eq!(path.resource("https://GW.example:8443/"), "https://gw.example:8443/acme/mcp/github/server");
        let is_resource = |origin: &str, text: &str, expected: bool| {
            assert_eq!(path.is_resource(origin, text), expected, "{origin} {text}");
            assert_eq!(path.resource(origin) == text, expected, "{origin} {text}");
        };
        let good = "https://gw.example/acme/mcp/github/server";
        is_resource("https://gw.example", good, true);
        is_resource("https://GW.example/", good, true);
        is_resource("https://other.example", good, false);
        for bad in [
            "",
            "https://gw.example",
            "https://gw.example/acme/mcp/github/server/",
            "https://gw.example/acme/mcp/git/server",
            "https://gw.example/acme/mcp/github-2/server",
            "https://gw.example/acme2/mcp/github/server",
            "https://GW.example/acme/mcp/github/server",
        ] {
            is_resource("https://gw.example", bad, false);
        }
        assert_eq!(GatewayPath::parse("/acme/mcp/github/server/"), Some(path));
        for bad in [
            "",
            "/",
            "acme/mcp/github/server",
            "/acme/mcp/github",
            "/acme/mcp/github/server/x",
            "/acme//mcp/github/server",
            "/acme/mcp/github/server//",
            "/api/mcp/github/server",
            "/acme/MCP/github/server",
            "/acme/mcp/git%68ub/server",
        ] {
            assert_eq!(GatewayPath::parse(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_round_trips(path in "(/[a-z0-9./%-]{0,12}){0,6}") {
            if let Some(parsed) = GatewayPath::parse(&path) {
                prop_assert_eq!(GatewayPath::parse(&parsed.to_string()), Some(parsed));
            }
        }
    }
}
