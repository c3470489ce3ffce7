//! Which of the two protocols a message speaks, and whether its headers agree with its body.
//!
//! *legacy* = `initialize` handshake, *modern* = per-request metadata. The verdict never rests on `Mcp-Method`:
//! legacy clients were seen to send it.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};

use super::message::{Message, MessageKind};
use super::method::Method;
use super::scan::Kind;
use super::{header_text, param_headers, version};

pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
pub const METHOD: HeaderName = HeaderName::from_static("mcp-method");
pub const NAME: HeaderName = HeaderName::from_static("mcp-name");
pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Arguments mirrored in headers (SEP-2243) start with this.
pub const PARAM_PREFIX: &str = "mcp-param-";

pub const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub const META_CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    Legacy,
    Modern,
}

/// What is wrong with the protocol part of a request. All of it is 400 by the specification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EraError {
    #[error("header {header} is missing or does not match the body")]
    HeaderMismatch { header: &'static str },
    #[error("params._meta must hold {key}")]
    MetaMissing { key: &'static str },
    #[error("protocol version {requested} is not supported")]
    UnsupportedVersion { requested: String },
}

/// The era of a message. A header that claims a modern revision is enough, so is modern metadata in the body.
pub fn of(headers: &HeaderMap, message: &Message) -> Era {
    let header_is_modern =
        headers.get(PROTOCOL_VERSION).and_then(|value| value.to_str().ok()).is_some_and(version::is_modern);
    let meta_is_modern = message.meta().is_some_and(|meta| message.find(Some(meta), META_VERSION).is_some());
    if header_is_modern || meta_is_modern { Era::Modern } else { Era::Legacy }
}

/// Checks a modern message against its headers (N2, N3, N4); answers its protocol version.
pub fn check_modern(headers: &HeaderMap, message: &Message) -> Result<&'static str, EraError> {
    if message.kind != MessageKind::Request {
        return modern_version(single(headers, &PROTOCOL_VERSION)?.unwrap_or_default());
    }
    let meta = message.meta();
    let claimed = meta.and_then(|meta| message.text(Some(meta), META_VERSION));
    let Some(claimed) = claimed else { return Err(EraError::MetaMissing { key: META_VERSION }) };
    let capabilities = meta.and_then(|meta| message.find(Some(meta), META_CAPABILITIES));
    if !capabilities.is_some_and(|(_, member)| member.kind == Kind::Object) {
        return Err(EraError::MetaMissing { key: META_CAPABILITIES });
    }
    if single(headers, &PROTOCOL_VERSION)? != Some(Cow::Borrowed(&*claimed)) {
        return Err(EraError::HeaderMismatch { header: "MCP-Protocol-Version" });
    }
    let known = modern_version(claimed)?;
    if single(headers, &METHOD)?.as_deref() != message.method() {
        return Err(EraError::HeaderMismatch { header: "Mcp-Method" });
    }
    let target_key = message.method().and_then(|name| Method::parse(name, Era::Modern)).and_then(Method::target_key);
    if let Some(key) = target_key
        && single(headers, &NAME)?.is_none_or(|name| message.param(key).as_deref() != Some(&*name))
    {
        return Err(EraError::HeaderMismatch { header: "Mcp-Name" });
    }
    if !param_headers::acceptable(headers) {
        return Err(EraError::HeaderMismatch { header: "Mcp-Param-*" });
    }
    Ok(known)
}

/// Checks the version header of a legacy message; absent is fine, the session knows (L5).
pub fn check_legacy(headers: &HeaderMap) -> Result<(), EraError> {
    let Some(value) = headers.get(PROTOCOL_VERSION) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    match version::legacy(text) {
        Some(_) => Ok(()),
        None if text == version::VERSION_2024_11_05 => Ok(()),
        None => Err(EraError::UnsupportedVersion { requested: text.chars().take(32).collect() }),
    }
}

fn modern_version(claimed: Cow<'_, str>) -> Result<&'static str, EraError> {
    let known = version::MODERN.into_iter().find(|known| *known == claimed);
    known.ok_or_else(|| EraError::UnsupportedVersion { requested: claimed.chars().take(32).collect() })
}

/// A header that must not be repeated: two values are two opinions (ATK-9).
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<Cow<'a, str>>, EraError> {
    let mismatch = |name: &HeaderName| EraError::HeaderMismatch {
        header: match name.as_str() {
            "mcp-method" => "Mcp-Method",
            "mcp-name" => "Mcp-Name",
            _ => "MCP-Protocol-Version",
        },
    };
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(mismatch(name));
    }
    header_text::decode(first).map(Some).ok_or_else(|| mismatch(name))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn message(text: &str) -> Message {
        Message::from_client(Bytes::copy_from_slice(text.as_bytes())).expect("well formed")
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().expect("header value"));
        }
        map
    }

    fn with_meta(method: &str, params: &str, version: &str) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{params}"_meta":{{"{META_VERSION}":"{version}","{META_CAPABILITIES}":{{}}}}}}}}"#
        )
    }

    #[test]
    fn verdicts() {
        fn check(pairs: &[(&'static str, &'static str)], text: &str, expected: Era) {
            assert_eq!(of(&headers(pairs), &message(text)), expected, "{pairs:?} {text}");
        }
        let plain = r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#;
        check(&[], plain, Era::Legacy);
        check(&[("mcp-method", "initialize")], plain, Era::Legacy);
        check(&[("mcp-protocol-version", "2025-11-25")], plain, Era::Legacy);
        check(&[("mcp-protocol-version", "nonsense")], plain, Era::Legacy);
        check(&[("mcp-protocol-version", "2026-07-28")], plain, Era::Modern);
        check(&[], &with_meta("tools/list", "", "2026-07-28"), Era::Modern);
        check(&[], &with_meta("tools/list", "", "1999-01-01"), Era::Modern);
    }

    #[test]
    fn atk_09_headers_must_match_the_body() {
        fn check(pairs: &[(&'static str, &'static str)], text: &str, expected: Result<&str, EraError>) {
            assert_eq!(check_modern(&headers(pairs), &message(text)), expected, "{pairs:?} {text}");
        }
        let mismatch = |header| Err(EraError::HeaderMismatch { header });
        let v = ("mcp-protocol-version", "2026-07-28");
        let call = ("mcp-method", "tools/call");
        let body = with_meta("tools/call", r#""name":"ä","#, "2026-07-28");
        check(&[v, call, ("mcp-name", "=?base64?w6Q=?=")], &body, Ok("2026-07-28"));
        check(&[v, call, ("mcp-name", "other")], &body, mismatch("Mcp-Name"));
        check(&[v, call], &body, mismatch("Mcp-Name"));
        check(&[v, call, ("mcp-name", "=?base64?w6Q=?="), ("mcp-name", "x")], &body, mismatch("Mcp-Name"));
        check(&[v, call, ("mcp-name", "=?base64?%%?=")], &body, mismatch("Mcp-Name"));
        check(&[v, ("mcp-method", "tools/list")], &body, mismatch("Mcp-Method"));
        check(&[v], &body, mismatch("Mcp-Method"));
        check(&[call], &body, mismatch("MCP-Protocol-Version"));
        check(&[("mcp-protocol-version", "2025-11-25"), call], &body, mismatch("MCP-Protocol-Version"));
        let list = with_meta("tools/list", "", "2099-01-01");
        let unsupported = Err(EraError::UnsupportedVersion { requested: "2099-01-01".into() });
        check(&[("mcp-protocol-version", "2099-01-01"), ("mcp-method", "tools/list")], &list, unsupported);
        let bare = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        check(&[v, ("mcp-method", "tools/list")], bare, Err(EraError::MetaMissing { key: META_VERSION }));
    }

    #[test]
    fn legacy_version_header() {
        fn check(value: Option<&'static str>, ok: bool) {
            let pairs: Vec<_> = value.map(|value| ("mcp-protocol-version", value)).into_iter().collect();
            assert_eq!(check_legacy(&headers(&pairs)).is_ok(), ok, "{value:?}");
        }
        check(None, true);
        check(Some("2025-06-18"), true);
        check(Some("2024-11-05"), true);
        check(Some("2025-01-01"), false);
        check(Some("bad"), false);
    }
}
