//! The header allow-lists (ATK-6, ATK-17). What is not listed here does not pass, in either direction: not the
//! caller's token, not a cookie, not a claim about who forwarded what.

use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::mcp::era;

pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Client headers that are handed on as they are, besides `Mcp-Param-*`.
const HANDED_ON: [HeaderName; 3] =
    [ACCEPT_LANGUAGE, HeaderName::from_static("tracestate"), HeaderName::from_static("baggage")];

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const JSON_AND_EVENTS: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("portway/", env!("CARGO_PKG_VERSION")));

/// The headers of every request we make.
pub fn ours() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ACCEPT, JSON_AND_EVENTS);
    headers.insert(USER_AGENT, AGENT);
    headers
}

/// The headers of a relayed request: ours, and the listed ones of the client's.
pub fn relayed(client: &HeaderMap, traceparent: &str) -> HeaderMap {
    let mut headers = ours();
    for (name, value) in client {
        if HANDED_ON.contains(name) || name.as_str().starts_with(era::PARAM_PREFIX) {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Ok(value) = HeaderValue::from_str(traceparent) {
        headers.insert(TRACEPARENT, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atk_06_atk_17_only_listed_headers_leave() {
        let mut client = HeaderMap::new();
        for name in [
            "authorization",
            "cookie",
            "host",
            "connection",
            "te",
            "upgrade",
            "transfer-encoding",
            "content-length",
            "content-encoding",
            "origin",
            "referer",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
            "proxy-authorization",
            "x-portway-tenant",
            "x-tfy-mcp-headers",
            "x-portway-mcp-headers",
            "x-api-key",
            "mcp-session-id",
            "mcp-protocol-version",
            "mcp-method",
            "mcp-name",
            "last-event-id",
            "accept-encoding",
            "user-agent",
            "accept",
            "content-type",
            "accept-language",
            "tracestate",
            "baggage",
            "traceparent",
            "mcp-param-region",
        ] {
            client.insert(name, HeaderValue::from_static("theirs"));
        }
        let sent = relayed(&client, "00-1-2-01");
        let theirs: Vec<&str> =
            sent.iter().filter(|(_, value)| *value == "theirs").map(|(name, _)| name.as_str()).collect();
        let mut theirs_sorted = theirs.clone();
        theirs_sorted.sort_unstable();
        assert_eq!(theirs_sorted, ["accept-language", "baggage", "mcp-param-region", "tracestate"]);
        assert_eq!(sent.get("traceparent").map(HeaderValue::as_bytes), Some(&b"00-1-2-01"[..]));
        assert_eq!(sent.len(), 8);
    }
}
