//! `Mcp-Param-*`: arguments of a tool that its schema wants mirrored in headers (SEP-2243). Pure.
//!
//! They are handed on as sent, because which header mirrors which argument is written in the tool's schema, which this
//! node has not read: the upstream compares them with the body, and no decision here rests on them. What is checked is
//! what could deceive a reader behind us (ATK-9, ATK-25): control characters, bytes outside ASCII, encodings that do
//! not decode, the same name twice, more than a bound.

use http::HeaderMap;

use super::era::PARAM_PREFIX;
use super::header_text;
use crate::limits::{PARAM_HEADER_BYTES_MAX, PARAM_HEADERS_BYTES_MAX, PARAM_HEADERS_MAX};

/// Whether the mirrored arguments of a request can be handed on.
pub fn acceptable(headers: &HeaderMap) -> bool {
    let (mut count, mut bytes) = (0, 0);
    for name in headers.keys().filter(|name| name.as_str().starts_with(PARAM_PREFIX)) {
        let mut values = headers.get_all(name).iter();
        let Some(value) = values.next() else { continue };
        count += 1;
        bytes += name.as_str().len() + value.len();
        let is_plain = value.as_bytes().iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        if values.next().is_some()
            || !is_plain
            || name.as_str().len() == PARAM_PREFIX.len()
            || value.len() > PARAM_HEADER_BYTES_MAX
            || header_text::decode(value).is_none()
        {
            return false;
        }
    }
    count <= PARAM_HEADERS_MAX && bytes <= PARAM_HEADERS_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn atk_25_mirrored_arguments() {
        fn check(values: &[&[u8]], expected: bool) {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("mcp-param-region", HeaderValue::from_bytes(value).expect("the HTTP layer lets it in"));
            }
            assert_eq!(acceptable(&headers), expected, "{values:?}");
        }
        check(&[], true);
        check(&[b"us-west1"], true);
        check(&[b""], true);
        check(&[b"a\tb c~"], true);
        check(&[b"=?base64?bGluZTEKbGluZTI=?="], true);
        check(&[b"=?base64?****?="], false);
        check(&[b"=?base64?/w==?="], false);
        check(&["caf\u{e9}".as_bytes()], false);
        check(&[b"one", b"two"], false);
        check(&[&[b'x'; PARAM_HEADER_BYTES_MAX + 1]], false);
        // The HTTP layer has refused these before we are asked.
        for injected in [&b"a\r\nx: y"[..], b"a\nb", b"a\0", b"\x7f"] {
            assert!(HeaderValue::from_bytes(injected).is_err(), "{injected:?}");
        }
    }

    #[test]
    fn there_is_a_bound() {
        let many = |count: usize, length: usize| {
            let mut headers = HeaderMap::new();
            for number in 0..count {
                let name: HeaderName = format!("mcp-param-p{number}").parse().expect("a name");
                headers.insert(name, "x".repeat(length).parse().expect("a value"));
            }
            acceptable(&headers)
        };
        assert!(many(PARAM_HEADERS_MAX, 10));
        assert!(!many(PARAM_HEADERS_MAX + 1, 10));
        assert!(!many(PARAM_HEADERS_BYTES_MAX / 4096 + 1, 4096));
        let mut nameless = HeaderMap::new();
        nameless.insert(PARAM_PREFIX, HeaderValue::from_static("x"));
        assert!(!acceptable(&nameless));
    }
}
