//! The whole product on loopback: a control plane, N nodes, one host for both or two, and the people around it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use chrono::TimeDelta;
use control_plane::domain::audit::Actor;
use control_plane::domain::clock::ShiftedClock;
use control_plane::domain::ids::TenantId;
use control_plane::egress::{StaticResolver, TextTable};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use telemetry::OtlpSettings;
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};
use tokio_util::sync::CancellationToken;

use crate::PATIENCE;
use crate::db::{Backend, Db};
use crate::fakes::document_site::DocumentSite;
use crate::fakes::mail_server::MailServer;
use crate::fakes::tls;
use crate::people::{Operator, Person};
use crate::redis::Redis;

/// Names of the sites of clients: real ones that recordings speak of, and two that are nobody's.
const DOCUMENT_HOSTS: [&str; 6] =
    ["client.example", "other.example", "claude.ai", "zed.dev", "vscode.dev", "chatgpt.com"];

/// What the world is made of.
pub struct Setup {
    backend: Backend,
    nodes: usize,
    control_planes: usize,
    single_host: bool,
    tls: bool,
    https: bool,
    redis: bool,
    documents: bool,
    loopback: bool,
    mail: bool,
    sign_up: bool,
    second_factor: bool,
    otlp: OtlpSettings,
}

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
    pub config: control_plane::config::Config,
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

/// One control-plane process.
pub struct ControlPlane {
    pub app: Arc<control_plane::state::App>,
    grpc: SocketAddr,
    running: control_plane::Running,
    stop: CancellationToken,
}

/// One node.
pub struct Node {
    pub name: String,
    /// Where this very node listens, past any front.
    pub gateway: SocketAddr,
    pub admin: SocketAddr,
    pub node: Arc<data_plane::Node>,
    stop: CancellationToken,
    done: tokio::task::JoinHandle<()>,
    /// Everything the node runs, if it is one that can be killed.
    runtime: Option<Runtime>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            backend: Backend::Sqlite,
            nodes: 1,
            control_planes: 1,
            single_host: true,
            tls: false,
            https: false,
            redis: false,
            documents: false,
            loopback: false,
            mail: false,
            sign_up: false,
            second_factor: false,
            otlp: OtlpSettings::default(),
        }
    }
}

impl Setup {
    pub fn postgres(mut self) -> Self {
        self.backend = Backend::Postgres;
        self
    }

    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Several nodes behind a round-robin.
    pub fn nodes(mut self, count: usize) -> Self {
        self.nodes = count;
        self
    }

    /// Several control planes on one database; nodes are connected to them in turns.
    pub fn control_planes(mut self, count: usize) -> Self {
        self.control_planes = count;
        self
    }

    /// Gateway and authorization server on hosts of their own.
    pub fn split_hosts(mut self) -> Self {
        self.single_host = false;
        self
    }

    /// Nodes share a Redis of the world's own, and can be killed.
    pub fn redis(mut self) -> Self {
        self.redis = true;
        self
    }

    /// Clients' own sites, where documents about them lie.
    pub fn documents(mut self) -> Self {
        self.documents = true;
        self
    }

    /// A mail server, where invitations then go out.
    pub fn mail(mut self) -> Self {
        self.mail = true;
        self
    }

    /// People may make tenants for themselves.
    pub fn sign_up(mut self) -> Self {
        self.sign_up = true;
        self.mail()
    }

    /// Owners and admins with a password need a second factor, as outside of development.
    pub fn second_factor(mut self) -> Self {
        self.second_factor = true;
        self
    }

    /// Every part sends spans and metrics there.
    pub fn otlp(mut self, settings: OtlpSettings) -> Self {
        self.otlp = settings;
        self
    }

    /// The control plane may reach identity providers on this machine.
    pub fn providers(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// One host for everything, on https as off loopback.
    pub fn https(mut self) -> Self {
        self.https = true;
        self
    }

    /// TLS between the planes, as off loopback.
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    pub async fn start(self) -> World {
        crate::install_crypto();
        let db = Db::create(self.backend).await;
        let clock = ShiftedClock::default();
        let (http, grpc) = (bind().await, bind().await);
        let front = bind().await;
        let door = if self.https { Some(bind().await) } else { None };
        let gateway_origin = door.as_ref().map_or_else(|| origin(&front), secure_origin);
        let auth_origin = if self.single_host { gateway_origin.clone() } else { origin(&http) };
        let mut config = control_plane_config(&db, address(&http), address(&grpc), &auth_origin, &gateway_origin);
        config.grpc_tls = self.tls.then(|| self_signed(db.folder()));
        control_plane::store::migrate(&config.database).await.expect("migrations run");
        if self.loopback {
            config.egress.allowed_private_ranges = vec!["127.0.0.0/8".parse().expect("a range")];
        }
        let mut documents = None;
        if self.documents {
            let site = DocumentSite::start(&DOCUMENT_HOSTS, db.folder()).await;
            config.egress.extra_ca_file = Some(site.ca_file());
            config.egress.allowed_private_ranges = vec!["127.0.0.0/8".parse().expect("a range")];
            documents = Some(site);
        }
        let mail = if self.mail { Some(MailServer::start(db.folder()).await) } else { None };
        if let Some(server) = &mail {
            config.egress.extra_ca_file = Some(server.ca_file());
            config.mail = Some(mail_config(server));
        }
        config.tenant_sign_up = self.sign_up;
        config.require_second_factor = self.second_factor;
        config.otlp = self.otlp;
        let dns = TextTable::default();
        let resolver = resolver(documents.as_ref(), &dns);
        let control_plane = ControlPlane::start(config.clone(), resolver, &clock, http, grpc).await;
        let (_, operator_token) =
            control_plane::app::platform::create_operator(&control_plane.app, "test").await.expect("an operator");
        let (_, node_secret) = control_plane::app::nodes::enrol(&control_plane.app, Actor::System, "nodes", "default")
            .await
            .expect("a node identity");
        let mut world = World {
            operator: Operator {
                token: operator_token,
                auth_origin: auth_origin.clone(),
                gateway_origin: gateway_origin.clone(),
            },
            clock,
            control_plane: Some(control_plane),
            replicas: Vec::new(),
            nodes: Vec::new(),
            gateway_origin,
            auth_origin,
            redis: if self.redis { Some(Redis::start().await) } else { None },
            config,
            node_secret,
            fronts: Vec::new(),
            documents,
            dns,
            mail,
            db,
        };
        for _ in 1..self.control_planes {
            world.add_control_plane().await;
        }
        for _ in 0..self.nodes {
            world.add_node().await;
        }
        if let Some(door) = door {
            let certificate = tls::front(door, vec!["localhost".to_owned()], address(&front));
            std::fs::write(world.ca_file(), certificate).expect("writable");
        }
        world.open_front(front);
        world.ready().await;
        world
    }
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

    pub fn app(&self) -> &Arc<control_plane::state::App> {
        &self.control_plane.as_ref().expect("the control plane runs").app
    }

    pub async fn tenant_id(&self, slug: &str) -> TenantId {
        let store = self.app().store.system_read().await.expect("a store");
        store.find_tenant_by_slug(slug).await.expect("a query").expect("the tenant").id
    }

    async fn add_control_plane(&mut self) {
        let (http, grpc) = (bind().await, bind().await);
        let config = control_plane::config::Config {
            listen: address(&http),
            grpc_listen: address(&grpc),
            ..self.config.clone()
        };
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

impl ControlPlane {
    async fn start(
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

    fn start(
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
    fn runtime() -> Runtime {
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

/// No test asks the real DNS.
fn resolver(documents: Option<&DocumentSite>, dns: &TextTable) -> StaticResolver {
    let mut resolver = documents.map(DocumentSite::resolver).unwrap_or_default();
    resolver.names.insert("localhost".to_owned(), vec![([127, 0, 0, 1], 0).into()]);
    StaticResolver { texts: dns.clone(), ..resolver }
}

/// The world's clock, as a node sees it.
struct SharedClock(ShiftedClock);

impl data_plane::clock::Clock for SharedClock {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        control_plane::domain::Clock::now(&self.0)
    }
}

fn control_plane_config(
    db: &Db,
    http: SocketAddr,
    grpc: SocketAddr,
    auth_origin: &str,
    gateway_origin: &str,
) -> control_plane::config::Config {
    let mut database = json!({"url": db.app_url.expose_secret(), "connections_max": 10});
    if let Some(system_url) = &db.system_url {
        database["system_url"] = system_url.expose_secret().into();
        database["owner_url"] = db.owner_url.expose_secret().into();
    }
    let config = json!({
        "listen": http, "grpc_listen": grpc, "admin_listen": "127.0.0.1:0", "public_origin": auth_origin,
        "gateway_origins": [gateway_origin], "database": database, "trusted_proxies": ["127.0.0.0/8"],
        "kek": base64::engine::general_purpose::STANDARD.encode(control_plane::crypto::tokens::random_bytes::<32>().expect("randomness")),
    });
    serde_json::from_value(config).expect("valid settings")
}

/// STARTTLS and a password, as most operators have it.
fn mail_config(server: &MailServer) -> control_plane::mail::MailConfig {
    control_plane::mail::MailConfig {
        url: format!("smtp://portway:secret@localhost:{}", server.address.port()).into(),
        from: "Portway <portway@portway.example>".to_owned(),
        reply_to: Some("help@portway.example".to_owned()),
    }
}

/// A certificate for `localhost`, made for this world.
fn self_signed(folder: &std::path::Path) -> control_plane::config::TlsFiles {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let files =
        control_plane::config::TlsFiles { cert_file: folder.join("grpc.crt"), key_file: folder.join("grpc.key") };
    std::fs::write(&files.cert_file, key.cert.pem()).expect("writable");
    std::fs::write(&files.key_file, key.signing_key.serialize_pem()).expect("writable");
    files
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

/// The same port again; the predecessor's sockets may take a moment to go.
async fn rebind(address: SocketAddr) -> TcpListener {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => assert!(tokio::time::Instant::now() < deadline, "{address}: {error}"),
        }
        tokio::task::yield_now().await;
    }
}

fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("bound")
}

fn secure_origin(door: &TcpListener) -> String {
    format!("https://localhost:{}", address(door).port())
}

/// `localhost`, as people type it: cookies and redirect rules treat names and addresses differently.
fn origin(listener: &TcpListener) -> String {
    format!("http://localhost:{}", address(listener).port())
}
