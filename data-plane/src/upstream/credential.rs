//! What opens an upstream's door: header values and the one origin they were stored for (I14).
//!
//! Values are in memory that is wiped with its last owner, marked sensitive, and never in `Debug`.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;
use zeroize::Zeroizing;

use super::trust::Trust;
use super::{UpstreamFault, UpstreamUrl};
use crate::snapshot::HeaderRules;

/// The headers of one stored credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Scheme, host and port of the origin.
    origin: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    version: u64,
}

impl Credential {
    /// `None`: a value cannot travel in a header.
    pub fn new(origin: Url, headers: Vec<(HeaderName, Zeroizing<String>)>, version: u64) -> Option<Self> {
        let headers = headers.into_iter().map(|(name, value)| {
            // The header shares this memory, which is wiped when the last request that carries it is gone.
            let bytes = Bytes::from_owner(Zeroizing::new(value.as_bytes().to_vec()));
            let mut value = HeaderValue::from_maybe_shared(bytes).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        });
        Some(Self { origin, headers: headers.collect::<Option<_>>()?, version })
    }

    /// Grows with each change; upstream sessions are kept apart by it.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn is_for(&self, url: &Url) -> bool {
        is_same_origin(&self.origin, url)
    }
}

/// Whether two http or https URLs have scheme, host and port in common.
pub(crate) fn is_same_origin(one: &Url, other: &Url) -> bool {
    let of = |url: &Url| url.port_or_known_default();
    one.scheme() == other.scheme() && one.host() == other.host() && of(one) == of(other)
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        let origin = self.origin.origin().ascii_serialization();
        f.debug_struct("Credential")
            .field("origin", &origin)
            .field("headers", &names)
            .field("version", &self.version)
            .finish()
    }
}

/// Where a request goes and what opens the door there. Every request to an upstream is sent to one of these, so none
/// is sent without its credential, and none with another's.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    pub url: &'a UpstreamUrl,
    pub credential: Option<&'a Credential>,
    /// What else the server's requests carry.
    pub headers: Option<&'a HeaderRules>,
    pub trust: Option<&'a Arc<Trust>>,
}

impl Destination<'_> {
    /// Adds what the server's requests carry, and above all of it the credential, unless that belongs to another origin.
    pub(super) fn open(&self, headers: &mut HeaderMap) -> Result<(), UpstreamFault> {
        if let Some(rules) = self.headers {
            for (name, value) in rules.fixed.iter().chain(&rules.added) {
                headers.insert(name.clone(), value.clone());
            }
        }
        let Some(credential) = self.credential else { return Ok(()) };
        if !credential.is_for(self.url) {
            return Err(UpstreamFault::CredentialOrigin);
        }
        for (name, value) in &credential.headers {
            headers.insert(name.clone(), value.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(origin: &str) -> Credential {
        let value = Zeroizing::new("Bearer s3cret".to_owned());
        Credential::new(origin.parse().expect("URL"), vec![(http::header::AUTHORIZATION, value)], 7).expect("valid")
    }

    fn destination<'a>(url: &'a UpstreamUrl, credential: &'a Credential) -> Destination<'a> {
        Destination { url, credential: Some(credential), headers: None, trust: None }
    }

    #[test]
    fn what_goes_before_what() {
        let header = |name: &'static str, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let rules = HeaderRules {
            fixed: vec![header("authorization", "fixed"), header("x-team", "fixed"), header("x-region", "fixed")],
            added: vec![header("x-region", "added")],
            ..HeaderRules::default()
        };
        let (credential, url) = (credential("https://up.example"), "https://up.example/".parse().expect("URL"));
        let to = Destination { headers: Some(&rules), ..destination(&url, &credential) };
        let mut headers = HeaderMap::new();
        to.open(&mut headers).expect("its own");
        let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!((value("authorization"), value("x-team"), value("x-region")), ("Bearer s3cret", "fixed", "added"));
    }

    #[test]
    fn a_credential_goes_to_its_own_origin_only() {
        fn check(url: &str, expected: bool) {
            let (credential, to) = (credential("https://up.example"), url.parse().expect("URL"));
            let mut headers = HeaderMap::new();
            let opened = destination(&to, &credential).open(&mut headers);
            assert_eq!((opened.is_ok(), headers.len()), (expected, usize::from(expected)), "{url}");
        }
        check("https://up.example/mcp?x=1", true);
        check("https://up.example:443/other", true);
        check("http://up.example/mcp", false);
        check("https://up.example:8443/mcp", false);
        check("https://sub.up.example/mcp", false);
        check("https://up.example.evil.test/mcp", false);
        check("https://203.0.113.1/mcp", false);
    }

    #[test]
    fn atk_25_values_that_would_split_a_header_are_none() {
        let value = |text: &str| vec![(http::header::AUTHORIZATION, Zeroizing::new(text.to_owned()))];
        let origin: Url = "https://up.example".parse().expect("URL");
        for text in ["a\r\nx: y", "a\nb", "a\0b", "a\rb"] {
            assert!(Credential::new(origin.clone(), value(text), 1).is_none(), "{text:?}");
        }
    }

    #[test]
    fn atk_30_nothing_prints_the_values() {
        let (credential, url) = (credential("https://up.example"), "https://up.example/".parse().expect("URL"));
        let mut headers = HeaderMap::new();
        destination(&url, &credential).open(&mut headers).expect("its own");
        let printed = format!("{credential:?} {headers:?}");
        assert!(printed.contains("authorization") && !printed.contains("s3cret"), "{printed}");
    }
}
