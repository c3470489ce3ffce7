//! What every request of the public listener passes. Nothing here looks at tenants.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;
use url::Url;

use super::problem::Problem;
use super::trace::{Answered, Trace};
use crate::state::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, logs one line for it and counts it. The route pattern is logged, never the path or the query:
/// they carry one-time tokens, codes and states.
pub(super) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (started, id) = (Instant::now(), app.new_id().simple().to_string());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let trace = Trace::begin(&app, request.headers());
    let span = tracing::info_span!("request", request.id = id, trace.id = trace.id());
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    let duration_ms = took.as_millis() as u64;
    span.in_scope(|| tracing::info!(%method, route, status, duration_ms, "request"));
    trace.end(&app, &Answered { id: &id, method: &method, route: &route, status, took });
    app.metrics.answered(route, status, took, trace.exemplar(&app));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Defaults for all answers; a page that needs another value sets it itself.
pub(super) async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let defaults = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        // Ignored by browsers over plain http (RFC 6797 §8.1).
        (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    for (name, value) in defaults {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Answers only under our own name: a page that rebinds its DNS name to our address gets nothing (ATK-26).
pub(super) async fn known_host(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    // HTTP/2 has the authority in the URI, HTTP/1.1 in the header.
    let header = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    let asked = request.uri().authority().map(|authority| authority.as_str()).or(header);
    if asked.is_some_and(|asked| same_authority(&app.config.public_origin, asked)) {
        return next.run(request).await;
    }
    Problem::misdirected().into_response()
}

/// Whether `authority` (`host` or `host:port`) is that of `origin`; the scheme's default port may be spelled out.
fn same_authority(origin: &str, authority: &str) -> bool {
    let Ok(ours) = Url::parse(origin) else { return false };
    let Ok(asked) = Url::parse(&format!("{}://{authority}", ours.scheme())) else { return false };
    asked.origin() == ours.origin() && asked.username().is_empty() && asked.password().is_none() && asked.path() == "/"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        fn check(origin: &str, authority: &str, expected: bool) {
            assert_eq!(same_authority(origin, authority), expected, "{origin} {authority}");
        }
        check("https://auth.example", "auth.example", true);
        check("https://auth.example", "AUTH.example:443", true);
        check("https://auth.example", "auth.example:8443", false);
        check("https://auth.example", "evil.example", false);
        check("https://auth.example", "u@auth.example", false);
        check("https://auth.example", "auth.example/x", false);
        check("https://auth.example", "auth.example.", false);
        check("https://auth.example", "", false);
        check("http://localhost:8080", "localhost:8080", true);
        check("http://localhost:8080", "localhost", false);
        check("http://localhost:8080", "127.0.0.1:8080", false);
        check("http://[::1]:8080", "[::1]:8080", true);
    }
}
