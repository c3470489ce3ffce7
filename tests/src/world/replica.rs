//! One control-plane process of a world.

use std::net::SocketAddr;
use std::sync::Arc;

use control_plane::domain::clock::ShiftedClock;
use control_plane::egress::{StaticResolver, TextTable};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::sockets::{address, bind};
use crate::fakes::document_site::DocumentSite;

/// One control-plane process.
pub struct ControlPlane {
    pub app: Arc<control_plane::state::App>,
    pub(super) grpc: SocketAddr,
    pub(super) running: control_plane::Running,
    pub(super) stop: CancellationToken,
}

impl ControlPlane {
    pub(super) async fn start(
        config: control_plane::config::Config,
        resolver: StaticResolver,
        clock: &ShiftedClock,
        http: TcpListener,
        grpc: TcpListener,
    ) -> Self {
        let stop = CancellationToken::new();
        let grpc_address = address(&grpc);
        let listeners = control_plane::Listeners { http, grpc, admin: bind().await };
        let (clock, resolver) = (Arc::new(clock.clone()), Arc::new(resolver));
        let running = control_plane::start_with(config, clock, resolver, listeners, stop.clone()).await;
        let running = running.expect("it starts");
        Self { app: running.app.clone(), grpc: grpc_address, running, stop }
    }
}

/// No test asks the real DNS.
pub(super) fn resolver(documents: Option<&DocumentSite>, dns: &TextTable) -> StaticResolver {
    let mut resolver = documents.map(DocumentSite::resolver).unwrap_or_default();
    resolver.names.insert("localhost".to_owned(), vec![([127, 0, 0, 1], 0).into()]);
    StaticResolver { texts: dns.clone(), ..resolver }
}
