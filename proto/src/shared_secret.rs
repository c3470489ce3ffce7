//! What both planes must agree on about shared credentials: which headers may be one, and what binds a sealed one to
//! its place.
//!
//! `SharedSecret.sealed_headers` is an encoded `SecretHeaders`, sealed with HPKE (RFC 9180) in base mode:
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

use uuid::Uuid;

/// The `info` of the key schedule.
pub const INFO: &[u8] = b"portway shared secret v1";

pub const HEADERS_MAX: usize = 16;
pub const NAME_BYTES_MAX: usize = 128;
pub const VALUE_BYTES_MAX: usize = 8 * 1024;

/// Headers that the gateway or the connection decides about. Besides them whole families are refused, see
/// [`header_name`].
const RESERVED: [&str; 21] = [
    "host",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "origin",
    "referer",
    "cookie",
    "set-cookie",
    "forwarded",
    "via",
    "traceparent",
    "tracestate",
    "baggage",
    "last-event-id",
];
const RESERVED_FAMILIES: [&str; 7] = ["content-", "accept", "mcp-", "x-forwarded-", "x-portway-", "x-tfy-", "sec-"];

/// The associated data: a sealed credential opens for its own tenant, server, origin and version only.
pub fn associated_data(tenant_id: Uuid, server_id: Uuid, upstream_origin: &str, version: u64) -> Vec<u8> {
    let mut data = Vec::with_capacity(40 + upstream_origin.len());
    data.extend_from_slice(tenant_id.as_bytes());
    data.extend_from_slice(server_id.as_bytes());
    data.extend_from_slice(&version.to_be_bytes());
    // Last, so that its length needs no telling.
    data.extend_from_slice(upstream_origin.as_bytes());
    data
}

/// A name that may carry a credential, in lower case; else what is wrong with it.
pub fn header_name(text: &str) -> Result<String, &'static str> {
    let name = text.to_ascii_lowercase();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_token) {
        return Err("must be a header name such as Authorization or X-Api-Key");
    }
    if RESERVED.contains(&name.as_str()) || RESERVED_FAMILIES.iter().any(|family| name.starts_with(family)) {
        return Err("is a header that the gateway sets itself");
    }
    Ok(name)
}

/// Whether the text may be a credential: visible ASCII, with spaces inside only (ATK-25).
pub fn header_value(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > VALUE_BYTES_MAX {
        return Err("must have 1 to 8192 characters");
    }
    if !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) || text.trim() != text {
        return Err("must be visible ASCII in one line, without spaces at its ends");
    }
    Ok(())
}

/// RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        fn check(name: &str, expected: Option<&str>) {
            assert_eq!(header_name(name).ok().as_deref(), expected, "{name:?}");
        }
        check("Authorization", Some("authorization"));
        check("X-Api-Key", Some("x-api-key"));
        check("api_key", Some("api_key"));
        check("User-Agent", Some("user-agent"));
        for reserved in [
            "Host",
            "connection",
            "TE",
            "Upgrade",
            "transfer-encoding",
            "Content-Length",
            "content-type",
            "Accept",
            "accept-encoding",
            "Origin",
            "Cookie",
            "Forwarded",
            "X-Forwarded-For",
            "Mcp-Session-Id",
            "mcp-param-x",
            "traceparent",
            "x-portway-mcp-headers",
            "X-TFY-mcp-headers",
            "Proxy-Authorization",
            "sec-fetch-site",
        ] {
            check(reserved, None);
        }
        for malformed in ["", "a b", "a:b", "a\r\nb", "ä", "a\0", &"x".repeat(NAME_BYTES_MAX + 1)] {
            check(malformed, None);
        }
    }

    #[test]
    fn atk_25_values_stay_in_their_line() {
        for good in ["x", "Bearer abc.def-ghi_", "Basic dTpw==", &"x".repeat(VALUE_BYTES_MAX)] {
            assert!(header_value(good).is_ok(), "{good:?}");
        }
        for bad in
            ["", " x", "x ", "a\r\nb: c", "a\nb", "a\tb", "a\0b", "ä", "a\u{7f}", &"x".repeat(VALUE_BYTES_MAX + 1)]
        {
            assert!(header_value(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn every_part_of_the_place_counts() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let places = [
            associated_data(one, two, "https://a.example", 1),
            associated_data(two, one, "https://a.example", 1),
            associated_data(one, two, "https://b.example", 1),
            associated_data(one, two, "https://a.example", 2),
        ];
        let different: std::collections::HashSet<_> = places.iter().collect();
        assert_eq!(different.len(), places.len());
    }
}
