//! The admin listener: liveness, readiness, metrics. Not for the public; it tells nothing about tenants.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use url::Host;

use crate::state::App;

pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/live", get(|| async { "live\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .layer(from_fn_with_state(app.clone(), only_operators))
        .with_state(app)
}

/// No page may reach this port by rebinding a name (ATK-26): addresses cannot be rebound; of names only loopback's and
/// the configured ones are answered, and nothing that a page sends.
async fn only_operators(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(ORIGIN) {
        return (StatusCode::FORBIDDEN, "origin refused\n").into_response();
    }
    let header = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    let asked = request.uri().authority().map(|authority| authority.as_str()).or(header);
    if asked.is_some_and(|asked| is_admitted(asked, &app.config.admin_hosts)) {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "host refused\n").into_response()
}

fn is_admitted(authority: &str, configured: &[String]) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    match Host::parse(authority.host()) {
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        Ok(Host::Domain(name)) => {
            name == "localhost" || configured.iter().any(|known| known.eq_ignore_ascii_case(&name))
        }
        Err(_) => false,
    }
}

/// Ready while the database answers with the schema of this program, until shutdown begins (I10).
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, String) {
    if app.tasks.shutdown().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
    }
    match app.store.pending_migrations().await {
        Ok(0) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(pending) => (StatusCode::SERVICE_UNAVAILABLE, format!("{pending} migration(s) pending\n")),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "database unreachable\n".to_owned())
        }
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    app.take_stock();
    match app.metrics.render() {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atk_26_hosts_of_the_admin_port() {
        fn check(authority: &str, expected: bool) {
            assert_eq!(is_admitted(authority, &["plane.internal".to_owned()]), expected, "{authority}");
        }
        for good in ["localhost", "localhost:8083", "127.0.0.1:8083", "[::1]:8083", "10.0.0.7", "Plane.internal:80"] {
            check(good, true);
        }
        for bad in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "plane.internal.evil", "@", ""]
        {
            check(bad, false);
        }
    }
}
