//! One node of a world.

use std::net::SocketAddr;
use std::sync::Arc;

use control_plane::domain::clock::ShiftedClock;
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::sockets::address;
use crate::PATIENCE;

/// One node.
pub struct Node {
    pub name: String,
    /// Where this very node listens, past any front.
    pub gateway: SocketAddr,
    pub admin: SocketAddr,
    pub node: Arc<data_plane::Node>,
    pub(super) stop: CancellationToken,
    done: tokio::task::JoinHandle<()>,
    /// Everything the node runs, if it is one that can be killed.
    runtime: Option<Runtime>,
}

impl Node {
    /// What Prometheus reads.
    pub async fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.admin);
        crate::http::builder()
            .build()
            .expect("a client")
            .get(url)
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("text")
    }

    pub(super) fn start(
        config: data_plane::config::Config,
        clock: &ShiftedClock,
        [gateway, admin]: [TcpListener; 2],
        runtime: Option<Runtime>,
    ) -> Self {
        let (stop, name) = (CancellationToken::new(), config.node_id.clone());
        let (gateway_address, admin_address) = (address(&gateway), address(&admin));
        let handle = runtime.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone());
        let entered = handle.enter();
        let node = data_plane::Node::new(config, Arc::new(SharedClock(clock.clone()))).expect("a node");
        drop(entered);
        let listeners = data_plane::Listeners { gateway, admin };
        let serving = data_plane::run_node(node.clone(), listeners, stop.clone());
        let done = handle.spawn(async move { serving.await.expect("it serves") });
        Self { name, gateway: gateway_address, admin: admin_address, node, stop, done, runtime }
    }

    /// A node in a runtime of its own can be stopped between any two instructions.
    pub(super) fn runtime() -> Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
    }

    /// Ends it as a crash does: nothing is drained, connections break.
    pub fn kill(&mut self) {
        self.runtime.take().expect("a node of a world with Redis").shutdown_background();
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.gateway)
    }

    /// Asks `/ready` until it says yes, and Redis is up if there is one.
    pub async fn ready(&self) {
        crate::eventually("the node is ready", || self.is_ready()).await;
    }

    /// Whether `/ready` says yes, and Redis is up if there is one.
    pub async fn is_ready(&self) -> bool {
        let client = crate::http::builder().build().expect("a client");
        let Ok(answer) = client.get(format!("http://{}/ready", self.admin)).send().await else { return false };
        answer.status().is_success() && answer.text().await.is_ok_and(|text| !text.contains(r#""redis":"away""#))
    }

    /// Stops it and waits for the drain.
    pub async fn stop(&mut self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, &mut self.done).await.expect("a bounded drain").expect("no panic");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A runtime may not be dropped where others run.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The world's clock, as a node sees it.
struct SharedClock(ShiftedClock);

impl data_plane::clock::Clock for SharedClock {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        control_plane::domain::Clock::now(&self.0)
    }
}
