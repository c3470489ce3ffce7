//! The front between real sockets.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::Front;

/// A process behind the front: answers what arrived.
async fn backend(name: &'static str) -> SocketAddr {
    let echo = move |request: Request| async move {
        let headers: Value = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let uri = request.uri().to_string();
        let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
        let seen = json!({ "name": name, "uri": uri, "headers": headers, "body_bytes": body.len() });
        ([("connection", "x-hop"), ("x-hop", "1"), ("x-kept", "1")], seen.to_string())
    };
    serve(Router::new().fallback(echo)).await
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    TaskTracker::new().spawn(async move { axum::serve(listener, router).await });
    address
}

async fn front(control_plane: SocketAddr, nodes: Vec<SocketAddr>) -> (String, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let shutdown = CancellationToken::new();
    TaskTracker::new().spawn(Front { control_plane, nodes }.serve(listener, shutdown.clone(), Duration::ZERO));
    (url, shutdown.drop_guard())
}

async fn nowhere() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn seen(request: reqwest::RequestBuilder) -> Value {
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn paths_choose_the_plane_and_nodes_take_turns() {
    let (url, _stop) = front(backend("control").await, vec![backend("a").await, backend("b").await]).await;
    let client = crate::test_client();
    assert_eq!(seen(client.get(format!("{url}/api/v1/x"))).await["name"], "control");
    let mut names = Vec::new();
    for _ in 0..4 {
        names.push(seen(client.get(format!("{url}/demo/mcp/demo/server?q=%2F"))).await);
    }
    assert_eq!(names.iter().map(|seen| seen["name"].as_str().unwrap()).collect::<String>(), "abab");
    assert_eq!(names[0]["uri"], "/demo/mcp/demo/server?q=%2F");
}

#[tokio::test]
async fn headers_of_one_hop_stay_there_and_forwarding_claims_are_replaced() {
    let (url, _stop) = front(backend("control").await, vec![backend("node").await]).await;
    let request = crate::test_client()
        .post(format!("{url}/demo/mcp/demo/server"))
        .header("host", "gateway.example:8443")
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "for=203.0.113.9")
        .header("connection", "close, x-private")
        .header("x-private", "1")
        .header("authorization", "Bearer t")
        .body("x".repeat(100_000));
    let response = request.send().await.unwrap();
    assert!(response.headers().contains_key("x-kept") && !response.headers().contains_key("x-hop"));
    let seen: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let headers = &seen["headers"];
    assert_eq!(headers["host"], "gateway.example:8443");
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["authorization"], "Bearer t");
    assert_eq!(seen["body_bytes"], 100_000);
    for gone in ["forwarded", "x-forwarded-host", "x-private", "connection"] {
        assert_eq!(headers[gone], Value::Null, "{gone}");
    }
}

#[tokio::test]
async fn a_stream_passes_piece_by_piece_and_a_client_that_leaves_ends_it_behind() {
    let (events, body) = mpsc::channel::<Result<Bytes, Infallible>>(1);
    let body = std::sync::Arc::new(std::sync::Mutex::new(Some(Body::from_stream(ReceiverStream::new(body)))));
    let node = serve(Router::new().fallback(move || {
        let body = body.lock().unwrap().take().unwrap();
        async move { ([("content-type", "text/event-stream")], body) }
    }))
    .await;
    let (url, _stop) = front(nowhere().await, vec![node]).await;
    let response = crate::test_client().get(format!("{url}/demo/mcp/demo/server")).send().await.unwrap();
    let mut received = response.bytes_stream();
    for piece in ["data: 1\n\n", "data: 2\n\n"] {
        // Sent only after the one before it was received: nothing on the way waits for more.
        events.send(Ok(Bytes::from(piece))).await.unwrap();
        assert_eq!(received.next().await.unwrap().unwrap(), piece);
    }
    drop(received);
    tokio::time::timeout(Duration::from_secs(10), async {
        while events.send(Ok(Bytes::from("data: 3\n\n"))).await.is_ok() {}
    })
    .await
    .expect("the stream behind the front ends");
}

#[tokio::test]
async fn a_plane_that_is_away_is_a_503_that_says_when_to_retry() {
    let (url, _stop) = front(nowhere().await, vec![]).await;
    for path in ["/t/demo", "/demo/mcp/demo/server"] {
        let response = crate::test_client().get(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
    }
}
