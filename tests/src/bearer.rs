//! A loopback helper for clients that cannot send a token: adds `Authorization` to each request on its way to the
//! gateway, and calls it by its name where the client called the helper by its. Everything else passes as it was sent, a
//! foreign `Host` and every `Origin` included, and answers stream through.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The helper; stops when dropped.
pub struct Bearer {
    /// The gateway's URL, at the helper's address.
    pub url: Url,
    stop: CancellationToken,
}

#[derive(Clone)]
struct Way {
    client: Client<HttpConnector, Body>,
    own: Authority,
    gateway: Authority,
    token: HeaderValue,
}

impl Bearer {
    /// In front of `gateway`, a whole gateway URL.
    pub async fn start(gateway: &Url, token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let mut url = gateway.clone();
        url.set_port(Some(listener.local_addr().expect("bound").port())).expect("http");
        let mut token = HeaderValue::from_str(&format!("Bearer {token}")).expect("a token is ASCII");
        token.set_sensitive(true);
        let client = Client::builder(TokioExecutor::new()).build_http();
        let authority = |url: &Url| url.authority().parse().expect("an authority");
        let way = Way { client, own: authority(&url), gateway: authority(gateway), token };
        let router = Router::new().fallback(pass).with_state(way);
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        crate::spawn(async move {
            tokio::select! {
                served = async { axum::serve(listener, router).await } => served.expect("serving"),
                () = stopped => {}
            }
        });
        Self { url, stop }
    }
}

impl Drop for Bearer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn pass(State(way): State<Way>, mut request: Request) -> Response {
    let mut uri = request.uri().clone().into_parts();
    if request.headers().get(HOST).is_some_and(|host| host.as_bytes() == way.own.as_str().as_bytes()) {
        request.headers_mut().insert(HOST, HeaderValue::from_str(way.gateway.as_str()).expect("ASCII"));
    }
    (uri.scheme, uri.authority) = (Some(Scheme::HTTP), Some(way.gateway));
    *request.uri_mut() = Uri::from_parts(uri).expect("a path and an authority");
    request.headers_mut().insert(AUTHORIZATION, way.token);
    match way.client.request(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
