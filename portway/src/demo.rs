//! The demo MCP server of `portway dev`: small, pleasant to try, and speaking both eras of the protocol on one endpoint.
//! It asks for no credential and must never be given one: `whoami` shows what arrives here.

mod chart;
mod png;
mod server;
#[cfg(test)]
mod tests;
mod tools;
mod units;

use std::io;
use std::sync::Arc;

use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use server::DemoServer;

/// The path of the endpoint.
pub const PATH: &str = "/mcp";

/// Serves the demo server on a loopback socket until `shutdown`, which ends its sessions.
pub async fn serve(listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
    // The library's own list of hosts is loopback only: pages of other origins cannot reach it by rebinding (ATK-26).
    let config = StreamableHttpServerConfig::default()
        .enforce_origin_validation()
        .with_cancellation_token(shutdown.child_token());
    let service =
        StreamableHttpService::new(|| Ok(DemoServer::default()), Arc::new(LocalSessionManager::default()), config);
    let router = axum::Router::new().route_service(PATH, service);
    axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await
}
