//! The least that a proxy in Rust costs: hyper on both sides, a pool of upstream connections, no control of any kind.
//! What a node costs beyond it is the price of its controls.

use std::net::SocketAddr;

use ::http::uri::Scheme;
use ::http::{Request, Response, Uri};
use anyhow::Result;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

type Upstream = Client<HttpConnector, Full<Bytes>>;

/// Serves until it is killed.
pub async fn serve(listener: TcpListener, upstream: SocketAddr) -> Result<()> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Upstream =
        Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_max_idle_per_host(64).build(connector);
    let authority = upstream.to_string();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                let (client, authority) = (client.clone(), authority.clone());
                let relay = service_fn(move |request| forward(client.clone(), authority.clone(), request));
                let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), relay);
                connections.spawn(serving);
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn forward(client: Upstream, authority: String, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
    let (mut head, body) = request.into_parts();
    let mut parts = std::mem::take(&mut head.uri).into_parts();
    (parts.scheme, parts.authority) = (Some(Scheme::HTTP), Some(authority.parse()?));
    head.uri = Uri::from_parts(parts)?;
    head.headers.remove(::http::header::HOST);
    let request = Request::from_parts(head, Full::new(body.collect().await?.to_bytes()));
    let (head, body) = client.request(request).await?.into_parts();
    Ok(Response::from_parts(head, Full::new(body.collect().await?.to_bytes())))
}
