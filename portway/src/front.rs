//! One port for both planes: a small streaming reverse proxy for a deployment on a single host. It looks at the path and
//! nothing else; it never reads bodies or credentials, buffers nothing, and decides nothing.
//!
//! It is the outermost hop: what a client claims about forwarding is replaced, not believed.

mod route;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONNECTION, FORWARDED, HOST, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, StatusCode, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use route::Plane;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Kept shorter than the planes keep an idle connection, so that a request rarely meets a closing one.
const IDLE_CONNECTION: Duration = Duration::from_secs(5);
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Headers that belong to one hop (RFC 9110 §7.6.1), besides those that `Connection` names.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Where requests go: the control plane, and one or several gateway nodes in turn.
#[derive(Debug, Clone)]
pub struct Front {
    pub control_plane: SocketAddr,
    pub nodes: Vec<SocketAddr>,
}

/// What a request needs.
struct Proxy {
    front: Front,
    turn: AtomicUsize,
    client: Client<HttpConnector, Body>,
}

impl Front {
    /// Serves until `shutdown`; requests under way, streams included, may go on for `drain`.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken, drain: Duration) -> io::Result<()> {
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let drained = async {
            shutdown.cancelled().await;
            tokio::time::sleep(drain).await;
        };
        tokio::select! {
            ended = serving.into_future() => ended,
            () = drained => Ok(()),
        }
    }

    fn router(self) -> Router {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .build(connector);
        Router::new().fallback(relay).with_state(Arc::new(Proxy { front: self, turn: AtomicUsize::new(0), client }))
    }
}

/// One request. Dropping it, as the server does when the client goes away, drops the request behind it.
async fn relay(
    State(proxy): State<Arc<Proxy>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    let Some(target) = proxy.target(request.uri().path()) else {
        return unavailable("no gateway node is configured");
    };
    if let Err(why) = readdress(&mut request, target) {
        return (StatusCode::BAD_REQUEST, why).into_response();
    }
    strip_hop_by_hop(request.headers_mut());
    tell_forwarding(request.headers_mut(), peer);
    match proxy.client.request(request).await {
        Ok(response) => {
            let (mut parts, body) = response.into_parts();
            strip_hop_by_hop(&mut parts.headers);
            Response::from_parts(parts, Body::new(body))
        }
        Err(error) => {
            tracing::warn!(%target, error = &error as &dyn std::error::Error, "the process behind the front did not answer");
            unavailable("the process behind this address does not answer; it may be starting or stopping")
        }
    }
}

impl Proxy {
    fn target(&self, path: &str) -> Option<SocketAddr> {
        match route::plane(path) {
            Plane::Control => Some(self.front.control_plane),
            Plane::Gateway => {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                self.front.nodes.get(turn.checked_rem(self.front.nodes.len())?).copied()
            }
        }
    }
}

/// Points the request at `target` and keeps the `Host` the client sent, which over HTTP/2 is in the URI.
fn readdress(request: &mut Request, target: SocketAddr) -> Result<(), &'static str> {
    if !request.headers().contains_key(HOST)
        && let Some(authority) = request.uri().authority()
    {
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| "the authority is malformed")?;
        request.headers_mut().insert(HOST, host);
    }
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(Authority::try_from(target.to_string()).map_err(|_| "the address is malformed")?);
    let path = request.uri().path_and_query().cloned();
    parts.path_and_query = Some(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| "the request target is malformed")?;
    *request.version_mut() = Version::HTTP_11;
    Ok(())
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

fn tell_forwarding(headers: &mut HeaderMap, peer: SocketAddr) {
    headers.remove(FORWARDED);
    headers.remove(X_FORWARDED_HOST);
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("http"));
    match HeaderValue::from_str(&peer.ip().to_canonical().to_string()) {
        Ok(address) => drop(headers.insert(X_FORWARDED_FOR, address)),
        Err(_) => drop(headers.remove(X_FORWARDED_FOR)),
    }
}

fn unavailable(why: &'static str) -> Response {
    let headers = [("content-type", "text/plain; charset=utf-8"), ("retry-after", "1"), ("cache-control", "no-store")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, why).into_response()
}
