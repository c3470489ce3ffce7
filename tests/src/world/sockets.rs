//! Ports that are free, and what they are called.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::PATIENCE;

pub(super) async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

/// The same port again; the predecessor's sockets may take a moment to go.
pub(super) async fn rebind(address: SocketAddr) -> TcpListener {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => assert!(tokio::time::Instant::now() < deadline, "{address}: {error}"),
        }
        tokio::task::yield_now().await;
    }
}

pub(super) fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("bound")
}

pub(super) fn secure_origin(door: &TcpListener) -> String {
    format!("https://localhost:{}", address(door).port())
}

/// `localhost`, as people type it: cookies and redirect rules treat names and addresses differently.
pub(super) fn origin(listener: &TcpListener) -> String {
    format!("http://localhost:{}", address(listener).port())
}
