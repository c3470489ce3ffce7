//! Headers that a caller sends along for single servers: `x-portway-mcp-headers`, a JSON object of objects,
//! `{"server": {"header": "value"}}`. Its alias `x-tfy-mcp-headers` is for clients that were set up for another gateway.
//!
//! A value is a secret of the caller's: it goes to the one server it is for, and into no log and no error.

use std::collections::HashMap;
use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use http::{HeaderMap, HeaderName, HeaderValue};
use proto::names::ServerSlug;
use proto::shared_secret::{HEADERS_MAX, header_name, header_value};
use serde::de::{Deserializer, MapAccess, Visitor};
use url::Url;
use zeroize::Zeroizing;

use crate::error::Failure;
use crate::limits::FORWARDED_HEADERS_BYTES_MAX;
use crate::snapshot::Server;
use crate::upstream::credential::Credential;

const NAMES: [HeaderName; 2] =
    [HeaderName::from_static("x-portway-mcp-headers"), HeaderName::from_static("x-tfy-mcp-headers")];

/// What was sent along, by server.
pub(super) struct Forwarded(HashMap<String, Vec<(String, Zeroizing<String>)>>);

/// What of it is for one server.
#[derive(Default)]
pub(super) struct Given {
    /// In place of all that the server would be called with.
    pub(super) credential: Option<Credential>,
    /// Besides it.
    pub(super) added: Vec<(HeaderName, HeaderValue)>,
}

fn refuse<T>(why: &'static str) -> Result<T, Failure> {
    Err(Failure::ForwardedHeaders(why))
}

impl Forwarded {
    /// What the request sends along; `None`: nothing.
    pub(super) fn read(headers: &HeaderMap) -> Result<Option<Self>, Failure> {
        let mut values = NAMES.into_iter().flat_map(|name| headers.get_all(name));
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return refuse("send x-portway-mcp-headers once, and not together with x-tfy-mcp-headers");
        }
        if value.len() > FORWARDED_HEADERS_BYTES_MAX {
            return refuse("x-portway-mcp-headers has more than 8 KiB");
        }
        let parsed = serde_json::from_slice::<Twofold>(value.as_bytes());
        let Ok(Twofold(servers)) = parsed else {
            return refuse(
                "x-portway-mcp-headers must be a JSON object of objects of texts, each name once: {\"server\": {\"header\": \"value\"}}",
            );
        };
        Ok(Some(Self(servers)))
    }

    /// What of it is for this server. Whoever names a header that the server's credential consists of replaces the
    /// whole credential; other headers the server's managers must have allowed.
    pub(super) fn of(&self, server: &Server) -> Result<Given, Failure> {
        let Some(headers) = find(&self.0, &server.slug) else { return Ok(Given::default()) };
        if headers.len() > HEADERS_MAX {
            return refuse("x-portway-mcp-headers has more than 16 headers for this server");
        }
        let (mut credential, mut added) = (Vec::new(), Vec::new());
        for (name, value) in headers {
            let allowed = header_name(name).ok().and_then(|name| HeaderName::try_from(name).ok());
            let Some(name) = allowed else {
                return refuse("x-portway-mcp-headers names a header that is never forwarded, or that is none");
            };
            if header_value(value).is_err() {
                return refuse("x-portway-mcp-headers has a value that cannot be a header: visible ASCII in one line");
            }
            if server.headers.fixed.iter().any(|(fixed, _)| *fixed == name) {
                return refuse("x-portway-mcp-headers names a header that the server's managers have fixed");
            }
            if server.headers.is_credential(&name) {
                credential.push((name, value.clone()));
            } else if server.headers.forwardable.contains(&name) {
                let mut value = HeaderValue::from_str(value).map_err(|_| Failure::ForwardedHeaders("not a header"))?;
                value.set_sensitive(true);
                added.push((name, value));
            } else {
                return refuse(
                    "x-portway-mcp-headers names a header that this server's managers do not let callers forward",
                );
            }
        }
        if credential.is_empty() {
            return Ok(Given { credential: None, added });
        }
        let version = fingerprint(&credential);
        let credential = Credential::new(Url::clone(&server.upstream_url), credential, version);
        match credential {
            Some(credential) => Ok(Given { credential: Some(credential), added }),
            None => refuse("x-portway-mcp-headers has a value that cannot be a header"),
        }
    }
}

fn find<'a, T>(all: &'a HashMap<String, T>, slug: &ServerSlug) -> Option<&'a T> {
    all.get(slug.as_str())
}

/// Upstream sessions of one credential are never those of another.
fn fingerprint(headers: &[(HeaderName, Zeroizing<String>)]) -> u64 {
    let mut context = Context::new(&SHA256);
    for (name, value) in headers {
        for part in [name.as_str(), value.as_str()] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
    }
    let digest = context.finish();
    // Versions of stored credentials are times in milliseconds: the highest bit keeps these apart from them.
    digest.as_ref().first_chunk::<8>().map_or(1, |head| u64::from_be_bytes(*head)) | 1 << 63
}

/// Two levels of objects, in which no name may stand twice: another reader could take the other one.
struct Twofold(HashMap<String, Vec<(String, Zeroizing<String>)>>);

impl<'de> serde::Deserialize<'de> for Twofold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Servers;
        impl<'de> Visitor<'de> for Servers {
            type Value = Twofold;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object by server")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Twofold, A::Error> {
                let mut servers = HashMap::new();
                while let Some((server, Headers(headers))) = map.next_entry::<String, Headers>()? {
                    if servers.insert(server, headers).is_some() {
                        return Err(serde::de::Error::custom("a server twice"));
                    }
                }
                Ok(Twofold(servers))
            }
        }
        deserializer.deserialize_map(Servers)
    }
}

struct Headers(Vec<(String, Zeroizing<String>)>);

impl<'de> serde::Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Headers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object by header")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut headers: Vec<(String, Zeroizing<String>)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                        return Err(serde::de::Error::custom("a header twice"));
                    }
                    headers.push((name, Zeroizing::new(value)));
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::snapshot::HeaderRules;

    fn server() -> Server {
        let name = HeaderName::from_static;
        let headers = HeaderRules {
            fixed: vec![(name("x-team"), HeaderValue::from_static("platform"))],
            forwardable: vec![name("x-region")],
            of_credential: vec![name("x-api-key")],
            added: Vec::new(),
        };
        Server { headers: Arc::new(headers), ..Server::plain(Uuid::nil(), "github", "https://up.example/mcp") }
    }

    fn given(text: &str) -> Result<Option<Given>, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert("x-portway-mcp-headers", text.parse().expect("a header"));
        Forwarded::read(&headers)?.map(|forwarded| forwarded.of(&server())).transpose()
    }

    #[test]
    fn what_replaces_the_credential_and_what_is_added() {
        fn check(text: &str, credential: bool, added: usize) {
            let given = given(text).expect("fine").expect("something");
            assert_eq!((given.credential.is_some(), given.added.len()), (credential, added), "{text}");
        }
        check(r#"{"github": {"Authorization": "Bearer mine"}}"#, true, 0);
        check(r#"{"github": {"x-api-key": "mine", "X-Region": "eu"}}"#, true, 1);
        check(r#"{"github": {"x-region": "eu"}}"#, false, 1);
        check(r#"{"github": {}}"#, false, 0);
        check(r#"{"other": {"Host": "evil"}, "another": {"x": "y"}}"#, false, 0);
        check("{}", false, 0);
    }

    #[test]
    fn atk_17_what_is_never_forwarded() {
        fn check(text: &str) {
            let refused = given(text).err();
            let Some(Failure::ForwardedHeaders(why)) = refused else { panic!("{text}: {refused:?}") };
            assert!(!why.contains("s3cret"), "{why}");
        }
        for name in [
            "Host",
            "Connection",
            "TE",
            "Content-Length",
            "Content-Type",
            "Accept",
            "accept-encoding",
            "Origin",
            "Cookie",
            "Forwarded",
            "X-Forwarded-For",
            "Mcp-Session-Id",
            "mcp-name",
            "traceparent",
            "x-portway-mcp-headers",
            "x-tfy-mcp-headers",
            "x-team",
            "x-not-listed",
            "a b",
            "",
        ] {
            check(&format!(r#"{{"github": {{"{name}": "s3cret"}}}}"#));
        }
        check(r#"{"github": {"authorization": "s3cret\r\nx: y"}}"#);
        check(r#"{"github": {"authorization": ""}}"#);
        check(r#"{"github": {"authorization": "s3cret", "Authorization": "other"}}"#);
        check(r#"{"github": {"authorization": "s3cret"}, "github": {}}"#);
        check(r#"{"github": {"authorization": 7}}"#);
        check(r#"{"github": "s3cret"}"#);
        check("[]");
        check("not JSON");
        check(&format!(r#"{{"other": {{"x": "{}"}}}}"#, "y".repeat(FORWARDED_HEADERS_BYTES_MAX)));
        let many: Vec<String> = (0..=HEADERS_MAX).map(|number| format!(r#""x-{number}": "y""#)).collect();
        check(&format!(r#"{{"github": {{{}}}}}"#, many.join(",")));
    }

    #[test]
    fn once_and_by_one_name() {
        let mut headers = HeaderMap::new();
        assert!(Forwarded::read(&headers).expect("fine").is_none());
        headers.insert("x-tfy-mcp-headers", HeaderValue::from_static("{}"));
        assert!(Forwarded::read(&headers).expect("the alias").is_some());
        headers.insert("x-portway-mcp-headers", HeaderValue::from_static("{}"));
        assert!(Forwarded::read(&headers).is_err());
    }

    #[test]
    fn another_credential_is_another_session() {
        let version =
            |text: &str| given(text).ok().flatten().and_then(|given| given.credential).map(|one| one.version());
        let one = version(r#"{"github": {"authorization": "a"}}"#);
        assert_eq!(one, version(r#"{"github": {"Authorization": "a"}}"#));
        assert_ne!(one, version(r#"{"github": {"authorization": "b"}}"#));
        assert_ne!(one, version(r#"{"github": {"x-api-key": "a"}}"#));
    }
}
