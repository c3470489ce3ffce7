//! What requests to a server carry besides its credential, and whom they trust. Pure.

use std::collections::BTreeMap;

use proto::shared_secret::{HEADERS_MAX, header_name, header_value};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::Mistakes;
use super::limits::{CA_BYTES_MAX, CA_CERTIFICATES_MAX};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Transport {
    /// On every request, below everything else of the same name. Shown to everybody who manages the server: no secrets.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub static_headers: BTreeMap<String, String>,
    /// Headers that callers may add for this server, in `x-portway-mcp-headers`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forwardable_headers: Vec<String>,
    /// Certificates of authorities to trust for this server besides the public ones, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_certificates: Option<String>,
}

impl Transport {
    /// As it is to be kept, names in lower case; or every mistake in it.
    pub fn checked(self, mistakes: &mut Mistakes) -> Self {
        let mut checked = Self::default();
        for (name, value) in self.static_headers {
            let field = format!("transport.static_headers.{name}");
            let lower =
                mistakes.take(&field, header_name(&name).map_err(|why| ("transport.header_name", why.to_owned())));
            mistakes.take(&field, header_value(&value).map_err(|why| ("transport.header_value", why.to_owned())));
            if let Some(lower) = lower
                && checked.static_headers.insert(lower, value).is_some()
            {
                mistakes.add(&field, ("transport.header_twice", "is given twice".to_owned()));
            }
        }
        for (index, name) in self.forwardable_headers.iter().enumerate() {
            let field = format!("transport.forwardable_headers[{index}]");
            let lower =
                mistakes.take(&field, header_name(name).map_err(|why| ("transport.header_name", why.to_owned())));
            match lower {
                Some(lower) if checked.static_headers.contains_key(&lower) => {
                    let message = "is fixed by static_headers: callers cannot change it".to_owned();
                    mistakes.add(&field, ("transport.header_fixed", message));
                }
                Some(lower) if checked.forwardable_headers.contains(&lower) => {
                    mistakes.add(&field, ("transport.header_twice", "is given twice".to_owned()));
                }
                Some(lower) => checked.forwardable_headers.push(lower),
                None => {}
            }
        }
        for (field, count) in [
            ("transport.static_headers", checked.static_headers.len()),
            ("transport.forwardable_headers", checked.forwardable_headers.len()),
        ] {
            if count > HEADERS_MAX {
                mistakes.add(field, ("transport.headers", format!("must be at most {HEADERS_MAX} headers")));
            }
        }
        if let Some(pem) = self.ca_certificates.filter(|pem| !pem.trim().is_empty()) {
            let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
            let is_good = read.is_ok_and(|read| !read.is_empty() && read.len() <= CA_CERTIFICATES_MAX);
            if !is_good || pem.len() > CA_BYTES_MAX {
                let message =
                    format!("must be 1 to {CA_CERTIFICATES_MAX} certificates as PEM (-----BEGIN CERTIFICATE-----)");
                mistakes.add("transport.ca_certificates", ("transport.ca_certificates", message));
            }
            checked.ca_certificates = Some(pem);
        }
        checked
    }

    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Error;

    #[test]
    fn what_may_be_set() {
        fn check(transport: Transport, expected: &[&str]) {
            let mut mistakes = Mistakes::default();
            transport.checked(&mut mistakes);
            let codes = match mistakes.finish(Some(())) {
                Err(Error::InvalidFields(errors)) => errors.iter().map(|one| one.code).collect(),
                _ => Vec::new(),
            };
            assert_eq!(codes, expected);
        }
        let fixed = |name: &str, value: &str| Transport {
            static_headers: BTreeMap::from([(name.to_owned(), value.to_owned())]),
            ..Transport::default()
        };
        check(fixed("X-Team", "platform"), &[]);
        check(fixed("Host", "evil"), &["transport.header_name"]);
        check(fixed("X-Team", "a\r\nb: c"), &["transport.header_value"]);
        let both = Transport { forwardable_headers: vec!["x-team".to_owned()], ..fixed("X-Team", "a") };
        check(both, &["transport.header_fixed"]);
        let twice = Transport { forwardable_headers: vec!["X-A".to_owned(), "x-a".to_owned()], ..Transport::default() };
        check(twice, &["transport.header_twice"]);
        let pem = Transport { ca_certificates: Some("nonsense".to_owned()), ..Transport::default() };
        check(pem, &["transport.ca_certificates"]);
    }
}
