//! The whole product on loopback: a control plane, N nodes, one host for both or two, and the people around it.

mod node;
mod replica;
mod setup;
mod sockets;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use control_plane::config::Config;
use control_plane::domain::clock::ShiftedClock;
use control_plane::domain::ids::TenantId;
use control_plane::egress::TextTable;
use control_plane::state::App;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::node::Node;
pub use self::replica::ControlPlane;
use self::replica::resolver;
pub use self::setup::Setup;
use self::sockets::{address, bind, rebind};
use crate::db::Db;
use crate::fakes::document_site::DocumentSite;
use crate::fakes::mail_server::MailServer;
use crate::people::{Operator, Person};
use crate::redis::Redis;

/// The running product; everything stops when it is dropped.
pub struct World {
    pub clock: ShiftedClock,
    pub control_plane: Option<ControlPlane>,
    /// More of them on the same database, for nodes; people meet the first.
    pub replicas: Vec<ControlPlane>,
    pub nodes: Vec<Node>,
    pub operator: Operator,
    /// Where people and IDEs reach the gateway.
    pub gateway_origin: String,
    /// Where people reach the control plane; the gateway's origin when there is one host.
    pub auth_origin: String,
    /// What the nodes share.
    pub redis: Option<Redis>,
    pub config: Config,
    node_secret: SecretString,
    fronts: Vec<CancellationToken>,
    /// The sites of clients, if this world has them.
    pub documents: Option<DocumentSite>,
    /// TXT records that the control plane finds.
    pub dns: TextTable,
    /// Where mails go, if this world has one.
    pub mail: Option<MailServer>,
    db: Db,
}

impl World {
    pub fn setup() -> Setup {
        Setup::default()
    }

    pub async fn start() -> Self {
        Setup::default().start().await
    }

    /// A tenant and its owner, signed in.
    pub async fn tenant(&self, slug: &str) -> Person {
        self.operator.tenant(slug).await
    }

    pub fn app(&self) -> &Arc<App> {
        &self.control_plane.as_ref().expect("the control plane runs").app
    }

    pub async fn tenant_id(&self, slug: &str) -> TenantId {
        let store = self.app().store.system_read().await.expect("a store");
        store.find_tenant_by_slug(slug).await.expect("a query").expect("the tenant").id
    }

    async fn add_control_plane(&mut self) {
        let (http, grpc) = (bind().await, bind().await);
        let config = Config { listen: address(&http), grpc_listen: address(&grpc), ..self.config.clone() };
        let resolver = resolver(self.documents.as_ref(), &self.dns);
        self.replicas.push(ControlPlane::start(config, resolver, &self.clock, http, grpc).await);
    }

    /// Starts one more node, not behind the front.
    pub async fn add_node(&mut self) -> &Node {
        let name = format!("node-{}", self.nodes.len() + 1);
        self.add_node_with(self.node_config(&name)).await
    }

    /// The same with settings of the test's own.
    pub async fn add_node_with(&mut self, config: data_plane::config::Config) -> &Node {
        let (gateway, admin) = (bind().await, bind().await);
        let runtime = self.redis.as_ref().map(|_| Node::runtime());
        let node = Node::start(config, &self.clock, [gateway, admin], runtime);
        self.nodes.push(node);
        self.nodes.last().expect("pushed")
    }

    pub fn node_config(&self, name: &str) -> data_plane::config::Config {
        let scheme = if self.config.grpc_tls.is_some() { "https" } else { "http" };
        // The first may be about to start again, on the port that is in the settings.
        let turn = self.nodes.len() % (self.replicas.len() + 1);
        let replica = turn.checked_sub(1).and_then(|index| self.replicas.get(index));
        let port = replica.map_or(self.config.grpc_listen, |replica| replica.grpc).port();
        let url = format!("{scheme}://localhost:{port}").parse().expect("a URL");
        let mut config = data_plane::config::Config::new(name, url, self.node_secret.clone());
        config.control_plane.ca_file = self.config.grpc_tls.as_ref().map(|tls| tls.cert_file.clone());
        config.upstream.allowed_private_ranges = vec!["127.0.0.0/8".parse().expect("a range")];
        config.public_origins = vec![self.gateway_origin.clone()];
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a range")];
        config.redis = self.redis.as_ref().map(Redis::config);
        config.otlp = self.config.otlp().expect("good settings");
        config
    }

    /// Waits until every node is connected and has the directory.
    pub async fn ready(&self) {
        for node in &self.nodes {
            node.ready().await;
        }
    }

    /// Waits for acknowledgements, not for time: every node that follows the tenant has its present revision, and every
    /// node knows the present directory.
    pub async fn synced(&self, slug: &str) {
        let id = self.tenant_id(slug).await;
        let revision = self.app().store.tenant_read(id).await.expect("a store").revision().await.expect("a revision");
        let apps = self.replicas.iter().map(|replica| &replica.app).chain([self.app()]);
        for app in apps {
            assert!(app.nodes.acknowledged(id, revision).await, "nodes did not acknowledge revision {revision}");
        }
    }

    /// Stops the control plane: streams break, its port closes.
    pub async fn stop_control_plane(&mut self) {
        if let Some(control_plane) = self.control_plane.take() {
            control_plane.stop.cancel();
            control_plane.running.join().await;
        }
    }

    /// Starts it again on the same ports and data.
    pub async fn restart_control_plane(&mut self) {
        self.stop_control_plane().await;
        let (http, grpc) = (rebind(self.config.listen).await, rebind(self.config.grpc_listen).await);
        let resolver = resolver(self.documents.as_ref(), &self.dns);
        self.control_plane = Some(ControlPlane::start(self.config.clone(), resolver, &self.clock, http, grpc).await);
    }

    /// Where an SQLite database and everything else of this world on disk lies.
    pub fn folder(&self) -> &std::path::Path {
        self.db.folder()
    }

    /// The certificate of a world on https.
    pub fn ca_file(&self) -> std::path::PathBuf {
        self.folder().join("localhost.crt")
    }

    /// The database, to look and reach behind the scenes.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// What is in the tables of a database that is no file.
    pub async fn rows(&self) -> String {
        self.db.rows().await
    }

    /// Moves the time of every part forward.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    fn open_front(&mut self, listener: TcpListener) {
        let nodes = self.nodes.iter().map(|node| node.gateway).collect();
        let stop = CancellationToken::new();
        let front = portway::front::Front { control_plane: self.config.listen, nodes };
        let serving = front.serve(listener, stop.clone(), Duration::ZERO);
        crate::spawn(async move { serving.await.expect("the front serves") });
        self.fronts.push(stop);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.fronts.iter().for_each(CancellationToken::cancel);
        self.nodes.iter().for_each(|node| node.stop.cancel());
        for control_plane in self.control_plane.iter().chain(&self.replicas) {
            control_plane.stop.cancel();
        }
    }
}
