//! `Origin` and CORS (T2, R8): which web pages may talk to a gateway URL. Requests without `Origin` come from programs.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use url::{Host, Url};

use super::route::{self, Route};
use crate::Node;
use crate::error::Failure;
use crate::mcp::era::PARAM_PREFIX;
use crate::snapshot::Snapshot;

/// What is known about the `Origin` of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Admission {
    /// No such header.
    #[default]
    NoOrigin,
    Allowed,
    /// The tenant's own list decides, and it is not on this node yet.
    Undecided,
}

/// Request headers a page may send, besides `Mcp-Param-*`.
const ALLOWED_HEADERS: [&str; 14] = [
    "authorization",
    "content-type",
    "accept",
    "accept-language",
    "mcp-session-id",
    "mcp-protocol-version",
    "mcp-method",
    "mcp-name",
    "last-event-id",
    "traceparent",
    "tracestate",
    "baggage",
    "x-portway-mcp-headers",
    "x-tfy-mcp-headers",
];

/// Judges by what is known without the tenant's configuration, and by that if it is here.
pub(super) fn admit(node: &Node, route: &Route, headers: &HeaderMap) -> Result<Admission, Failure> {
    let Some(origin) = single_origin(headers)? else { return Ok(Admission::NoOrigin) };
    let own = node.config.public_origins.iter().chain(route::gateway_origins(node, &route.tenant));
    if is_loopback(origin) || is_listed(origin, own.chain(&node.config.allowed_origins)) {
        return Ok(Admission::Allowed);
    }
    match node.configuration.snapshot(route.tenant.id) {
        Some(snapshot) => admit_by(&snapshot, Admission::Undecided, headers),
        None => Ok(Admission::Undecided),
    }
}

/// Decides what was left open by the tenant's own list.
pub(super) fn admit_by(snapshot: &Snapshot, admission: Admission, headers: &HeaderMap) -> Result<Admission, Failure> {
    if admission != Admission::Undecided {
        return Ok(admission);
    }
    let origin = single_origin(headers)?.unwrap_or_default();
    if is_listed(origin, snapshot.allowed_origins.iter()) {
        Ok(Admission::Allowed)
    } else {
        Err(Failure::OriginForbidden)
    }
}

fn single_origin(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let mut values = headers.get_all(ORIGIN).iter();
    let Some(first) = values.next() else { return Ok(None) };
    match (first.to_str(), values.next()) {
        (Ok(origin), None) => Ok(Some(origin)),
        _ => Err(Failure::OriginForbidden),
    }
}

/// An entry that ends in `://` stands for every origin of that scheme.
fn is_listed<'a>(origin: &str, mut list: impl Iterator<Item = &'a String>) -> bool {
    list.any(|entry| match entry.strip_suffix("://") {
        Some(scheme) => origin.split_once("://").is_some_and(|(given, _)| given.eq_ignore_ascii_case(scheme)),
        None => entry.eq_ignore_ascii_case(origin),
    })
}

fn is_loopback(origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    matches!(url.scheme(), "http" | "https") && loopback
}

/// The answer to `OPTIONS`, open to everybody: it says nothing about servers.
pub(super) fn preflight(headers: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let granted: Vec<&str> = asked
        .split(',')
        .map(str::trim)
        .filter(|name| {
            let name = name.to_ascii_lowercase();
            ALLOWED_HEADERS.contains(&name.as_str()) || name.starts_with(PARAM_PREFIX)
        })
        .collect();
    let out = response.headers_mut();
    if let Ok(granted) = HeaderValue::from_str(&granted.join(", ")) {
        out.insert(ACCESS_CONTROL_ALLOW_HEADERS, granted);
    }
    out.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE, OPTIONS"));
    out.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// Lets the page that asked read the answer.
pub(super) fn expose(admission: Admission, request: &HeaderMap, response: &mut HeaderMap) {
    let Some(origin) = request.get(ORIGIN).filter(|_| admission != Admission::NoOrigin) else { return };
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    response.append(VARY, HeaderValue::from_static("Origin"));
    response.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, Retry-After"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atk_26_origins() {
        fn check(origin: &str, expected: bool) {
            let list = ["https://app.example", "vscode-webview://"].map(str::to_owned);
            assert_eq!(is_loopback(origin) || is_listed(origin, list.iter()), expected, "{origin}");
        }
        check("http://localhost:6274", true);
        check("http://127.0.0.1:9", true);
        check("http://[::1]:9", true);
        check("https://app.example", true);
        check("https://APP.example", true);
        check("vscode-webview://abc", true);
        check("https://app.example.evil.test", false);
        check("http://app.example", false);
        check("http://localhost.evil.test", false);
        check("null", false);
        check("", false);
        check("file://", false);
    }
}
