//! What an upstream asks of a modern client before it goes on (`inputRequests`): only what the client can be asked, and
//! only links that are safe to open. Pure.
//!
//! A link must be https, or http on the client's own machine, and must not carry a user name: the client shows it to a
//! person or hands it to a browser (ATK-16). An answer with anything else is refused whole rather than mended: an
//! upstream that sends such a link is broken or hostile.

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::limits::INPUT_REQUESTS_MAX;
use crate::mcp::scan::{self, Strictness};
use crate::upstream::UpstreamFault;

const fn bad<T>(why: &'static str) -> Result<T, UpstreamFault> {
    Err(UpstreamFault::BadResponse(why))
}

/// Whether the `inputRequests` in `raw` may be put to a client with these capabilities.
pub(super) fn check(raw: &[u8], capabilities: &[u8]) -> Result<(), UpstreamFault> {
    // The same key twice would let the client see another request than the one that was checked (ATK-8).
    if scan::scan(raw, Strictness::Everywhere).is_err() {
        return bad("its inputRequests are malformed");
    }
    let Ok(requests) = serde_json::from_slice::<Map<String, Value>>(raw) else {
        return bad("its inputRequests are no object");
    };
    if requests.len() > INPUT_REQUESTS_MAX {
        return bad("it asks for too much input at once");
    }
    let declared = serde_json::from_slice(capabilities).unwrap_or_default();
    requests.values().try_for_each(|request| check_one(request, &declared))
}

fn check_one(request: &Value, declared: &Value) -> Result<(), UpstreamFault> {
    let undeclared = || bad("it asks for something that the client did not offer");
    let params = request.get("params").unwrap_or(&Value::Null);
    let capability = |key: &str| declared.get(key).and_then(Value::as_object);
    match request.get("method").and_then(Value::as_str) {
        Some("roots/list") if capability("roots").is_some() => Ok(()),
        Some("sampling/createMessage") => {
            let uses_tools = params.get("tools").is_some() || params.get("toolChoice").is_some();
            match capability("sampling") {
                Some(sampling) if !uses_tools || sampling.contains_key("tools") => Ok(()),
                _ => undeclared(),
            }
        }
        Some("elicitation/create") => {
            let Some(modes) = capability("elicitation") else { return undeclared() };
            match params.get("mode").map_or(Some("form"), Value::as_str) {
                // A client that names no mode means forms.
                Some("form") if modes.contains_key("form") || !modes.contains_key("url") => Ok(()),
                Some("url") if modes.contains_key("url") => match params.get("url").and_then(Value::as_str) {
                    Some(link) if is_safe(link) => Ok(()),
                    _ => bad("it sends the user to a link that is not https"),
                },
                _ => undeclared(),
            }
        }
        _ => undeclared(),
    }
}

fn is_safe(link: &str) -> bool {
    // Parsers differ on white space and control characters inside, browsers drop some of them.
    let Ok(url) = Url::parse(link) else { return false };
    let is_plain = link.bytes().all(|byte| byte > b' ' && byte != 0x7f && byte != b'\\');
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    let scheme_fits = url.scheme() == "https" || (url.scheme() == "http" && is_loopback);
    is_plain && scheme_fits && url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_the_client_offered() {
        fn check_that(capabilities: Value, request: Value, expected: bool) {
            let raw = json!({ "one": request }).to_string();
            let got = check(raw.as_bytes(), capabilities.to_string().as_bytes());
            assert_eq!(got.is_ok(), expected, "{capabilities} {raw}: {got:?}");
        }
        let form = || json!({"method": "elicitation/create", "params": {"mode": "form", "message": "?"}});
        let plain = || json!({"method": "elicitation/create", "params": {"message": "?"}});
        let link = || json!({"method": "elicitation/create", "params": {"mode": "url", "url": "https://x.example/"}});
        let sampling = || json!({"method": "sampling/createMessage", "params": {"messages": []}});
        let with_tools = || json!({"method": "sampling/createMessage", "params": {"tools": []}});
        let roots = || json!({"method": "roots/list"});
        for request in [form(), plain(), link(), sampling(), with_tools(), roots()] {
            check_that(json!({}), request.clone(), false);
            let everything = json!({"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}, "roots": {}});
            check_that(everything, request, true);
        }
        check_that(json!({"elicitation": {}}), form(), true);
        check_that(json!({"elicitation": {}}), plain(), true);
        check_that(json!({"elicitation": {}}), link(), false);
        check_that(json!({"elicitation": {"url": {}}}), link(), true);
        check_that(json!({"elicitation": {"url": {}}}), plain(), false);
        check_that(json!({"sampling": {}}), with_tools(), false);
        check_that(json!({"roots": {}}), json!({"method": "ping"}), false);
        check_that(json!({"roots": {}}), json!(7), false);
        check_that(json!({"elicitation": {}}), json!({"method": "elicitation/create", "params": {"mode": 7}}), false);
    }

    #[test]
    fn atk_16_links() {
        fn check_that(link: &str, expected: bool) {
            assert_eq!(is_safe(link), expected, "{link}");
        }
        check_that("https://accounts.example/authorize?x=1#y", true);
        check_that("http://localhost:3000/cb", true);
        check_that("http://127.0.0.1/", true);
        check_that("http://[::1]:8080/", true);
        check_that("http://example.test/", false);
        check_that("http://localhost.evil.test/", false);
        check_that("https://bank.test@evil.test/", false);
        check_that("https://bank.test\\@evil.test/", false);
        check_that("https://exa\nmple.test/", false);
        check_that(" https://example.test/", false);
        for scheme in ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "vscode://x/y", "ssh://-oX=y/"]
        {
            check_that(scheme, false);
        }
        check_that("https:", false);
        check_that("", false);
    }

    #[test]
    fn atk_08_one_reading_only() {
        let twice = br#"{"a":{"method":"elicitation/create","params":{"mode":"url","url":"javascript:x","url":"https://x.test/"}}}"#;
        assert!(check(twice, br#"{"elicitation":{"url":{}}}"#).is_err());
        assert!(check(b"[]", b"{}").is_err());
        assert!(check(b"{", b"{}").is_err());
        let many: Map<String, Value> =
            (0..=INPUT_REQUESTS_MAX).map(|number| (number.to_string(), json!({"method": "roots/list"}))).collect();
        assert!(check(Value::Object(many).to_string().as_bytes(), br#"{"roots":{}}"#).is_err());
    }
}
