//! The operator's port: is the node alive, is it ready, what does it measure. Not for clients, and not for browsers:
//! a page must not reach it by rebinding a name (ATK-26).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, Uri, header};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use url::Host;

use crate::Node;

#[derive(Clone)]
struct Admin {
    node: Arc<Node>,
    draining: CancellationToken,
}

/// What `/ready` says. `ready` is the whole answer for a balancer, the rest is for people.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    /// It stops, or an operator wants it to be empty.
    draining: bool,
    connected: bool,
    has_directory: bool,
    directory_revision: u64,
    snapshots: usize,
    /// Time since the control plane was last heard: how old the snapshots may be.
    snapshot_age_ms: u64,
    /// A node goes on without it, alone.
    redis: RedisState,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum RedisState {
    /// This node has none.
    None,
    Up,
    Away,
}

/// The admin service; `draining` is the node's shutdown.
pub(crate) fn service(node: Arc<Node>, draining: CancellationToken) -> Router {
    let admin = Admin { node, draining };
    Router::new()
        .route("/live", get(async || StatusCode::OK))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .fallback(async || refuse(StatusCode::NOT_FOUND, "not_found"))
        .layer(middleware::from_fn_with_state(admin.clone(), only_operators))
        .with_state(admin)
}

async fn ready(State(Admin { node, draining }): State<Admin>) -> Response {
    let configuration = &node.configuration;
    let draining = draining.is_cancelled() || node.drain.is_asked();
    let readiness = Readiness {
        ready: configuration.has_directory() && !draining,
        draining,
        connected: configuration.connected(),
        has_directory: configuration.has_directory(),
        directory_revision: configuration.directory().revision,
        snapshots: configuration.snapshot_count(),
        snapshot_age_ms: age_ms(&node),
        redis: match &node.redis {
            None => RedisState::None,
            Some(redis) if redis.link.is_up() && redis.mailbox.is_listening() => RedisState::Up,
            Some(_) => RedisState::Away,
        },
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn metrics(State(Admin { node, .. }): State<Admin>) -> Response {
    node.take_stock();
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], node.metrics.render()).into_response()
}

fn age_ms(node: &Node) -> u64 {
    u64::try_from(node.configuration.away(node.clock.now()).as_millis()).unwrap_or(u64::MAX)
}

async fn only_operators(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::ORIGIN) {
        return refuse(StatusCode::FORBIDDEN, "origin.refused");
    }
    let hosts = &admin.node.config.admin.hosts;
    match host(request.headers(), request.uri()) {
        Some(host) if is_admitted(&host, hosts) => next.run(request).await,
        _ => refuse(StatusCode::MISDIRECTED_REQUEST, "host.refused"),
    }
}

/// `Host` of HTTP/1.1, `:authority` of HTTP/2; without a port.
fn host(headers: &HeaderMap, uri: &Uri) -> Option<Host> {
    let authority: http::uri::Authority = match uri.authority() {
        Some(authority) => authority.clone(),
        None => headers.get(header::HOST)?.to_str().ok()?.parse().ok()?,
    };
    Host::parse(authority.host()).ok()
}

/// IP literals cannot be rebound; of names only loopback's and the configured ones.
fn is_admitted(host: &Host, configured: &[String]) -> bool {
    match host {
        Host::Ipv4(_) | Host::Ipv6(_) => true,
        Host::Domain(name) => name == "localhost" || configured.iter().any(|known| known.eq_ignore_ascii_case(name)),
    }
}

fn refuse(status: StatusCode, code: &'static str) -> Response {
    (status, Json(serde_json::json!({ "error": code }))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use secrecy::SecretString;
    use tower::ServiceExt;
    use url::Url;

    use super::*;
    use crate::clock::SystemClock;
    use crate::config::Config;
    use crate::snapshot::Directory;

    async fn ask(service: &Router, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let mut request = http::Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = service.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 64 * 1024).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn ready_means_a_directory_and_no_shutdown() {
        let url = Url::parse("http://localhost:1").unwrap();
        let config = Config::new("node-1", url, SecretString::from("pwn_x"));
        let node = Node::new(config, Arc::new(SystemClock)).unwrap();
        let draining = CancellationToken::new();
        let service = service(node.clone(), draining.clone());
        let local = [("host", "localhost")];
        assert_eq!(ask(&service, "/live", &local).await.0, 200);
        let (status, text) = ask(&service, "/ready", &local).await;
        assert_eq!((status, text.contains(r#""has_directory":false"#)), (503, true), "{text}");
        assert!(text.contains(r#""redis":"none""#), "{text}");

        node.configuration.publish_directory(Directory::default());
        let (status, text) = ask(&service, "/ready", &local).await;
        assert_eq!((status, text.contains(r#""connected":false"#)), (200, true), "serves on alone: {text}");
        let (status, text) = ask(&service, "/metrics", &local).await;
        assert_eq!((status, text.contains("portway_control_plane_connected 0")), (200, true), "{text}");
        node.drain.ask(true);
        let (status, text) = ask(&service, "/ready", &local).await;
        assert_eq!((status, text.contains(r#""draining":true"#)), (503, true), "an operator wants it empty: {text}");
        node.drain.ask(false);
        assert_eq!(ask(&service, "/ready", &local).await.0, 200);
        draining.cancel();
        assert_eq!(ask(&service, "/ready", &local).await.0, 503);
        assert_eq!(ask(&service, "/live", &local).await.0, 200);

        assert_eq!(ask(&service, "/ready", &[("host", "evil.example")]).await.0, 421);
        assert_eq!(ask(&service, "/ready", &[]).await.0, 421);
        assert_eq!(ask(&service, "/ready", &[local[0], ("origin", "http://localhost")]).await.0, 403);
        assert_eq!(ask(&service, "/nothing", &local).await.0, 404);
    }

    #[test]
    fn atk_26_hosts_of_the_admin_port() {
        fn check(host_header: &str, expected: bool) {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host_header.parse().unwrap());
            let host = host(&headers, &Uri::from_static("/ready"));
            let admitted = host.is_some_and(|host| is_admitted(&host, &["node-1.internal".to_owned()]));
            assert_eq!(admitted, expected, "{host_header}");
        }
        for good in ["localhost", "localhost:8081", "127.0.0.1:8081", "[::1]:8081", "10.0.0.7", "Node-1.internal:80"] {
            check(good, true);
        }
        for bad in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "node-1.internal.evil", "@", ""]
        {
            check(bad, false);
        }
    }
}
