//! The whole node against a scripted control plane, over real sockets. Tests wait for acknowledgements, not for time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::wire::node_message::Message as Reply;
use proto::wire::resource::Body;
use proto::wire::{Drain, Heartbeat, NodeLoad, Resource};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use super::script::{
    Connection, SECRET, Script, begin, certificate, chunk, control, delta, directory, end, full, short, welcome,
};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::snapshot::apply::CAPABILITIES;
use crate::snapshot::tests::wire::{TENANT, id, resource, server, settings};
use crate::{Listeners, Node, limits, run_node};

const WAIT: Duration = Duration::from_secs(10);

/// A running node.
struct World {
    node: Arc<Node>,
    shutdown: CancellationToken,
    ended: tokio::task::JoinHandle<()>,
}

impl World {
    async fn start(url: &str, adapt: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new("node-1", Url::parse(url).unwrap(), SecretString::from(SECRET));
        adapt(&mut config);
        let node = Node::new(config, Arc::new(SystemClock)).unwrap();
        let bind = || TcpListener::bind("127.0.0.1:0");
        let listeners = Listeners { gateway: bind().await.unwrap(), admin: bind().await.unwrap() };
        let shutdown = CancellationToken::new();
        let running = run_node(node.clone(), listeners, shutdown.clone());
        let ended = crate::tasks::Tasks::default().spawn("node", async { running.await.unwrap() });
        Self { node, shutdown, ended }
    }

    async fn to(script: &Script) -> Self {
        Self::start(&format!("http://{}", script.address), |_| {}).await
    }

    /// Asks as a request would, in the background.
    fn want(&self, tenant: Uuid, revision: u64) -> tokio::task::JoinHandle<Option<u64>> {
        let configuration = self.node.configuration.clone();
        self.node.tasks.spawn("want", async move {
            configuration.at_least(tenant, revision, WAIT).await.ok().map(|snapshot| snapshot.revision)
        })
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.ended.await.unwrap();
    }
}

async fn script() -> Script {
    Script::start(TcpListener::bind("127.0.0.1:0").await.unwrap()).await
}

/// Welcomes the node and shows it the directory.
async fn open(script: &mut Script) -> Connection {
    let mut connection = script.accept().await;
    connection.send(welcome("h1", 4_000)).await;
    connection.send(directory(1, &[(TENANT, "acme")])).await;
    loop {
        if let Some(Reply::DirectoryAck(_)) = connection.reply().await {
            return connection;
        }
    }
}

async fn next(connection: &mut Connection) -> String {
    connection.reply().await.as_ref().map_or_else(|| "gone".to_owned(), short)
}

fn base() -> Vec<Resource> {
    vec![settings(), resource(1, Body::Server(server("one")))]
}

/// A node that serves the tenant at revision 1.
async fn served() -> (Script, World, Connection) {
    let mut script = script().await;
    let world = World::to(&script).await;
    let mut connection = open(&mut script).await;
    let wanted = world.want(TENANT, 1);
    assert_eq!(next(&mut connection).await, "subscribe 0");
    connection.send_all(full(TENANT, 1, base())).await;
    assert_eq!(next(&mut connection).await, "ack 1 rejects 0");
    assert_eq!(wanted.await.unwrap(), Some(1));
    (script, world, connection)
}

#[tokio::test]
async fn a_node_says_who_it_is_and_subscribes_on_demand() {
    let mut script = script().await;
    let world = World::to(&script).await;
    let mut connection = open(&mut script).await;
    let hello = &connection.hello;
    assert_eq!((hello.node_id.as_str(), hello.pool.as_str(), hello.history_id.as_str()), ("node-1", "default", ""));
    assert_eq!(hello.capabilities, CAPABILITIES);
    assert_eq!(hello.instance_id, world.node.instance_id.as_bytes().as_slice());
    assert!(hello.have.is_empty());
    assert_eq!(hello.hpke_public_key, world.node.key.public());

    let wanted = world.want(TENANT, 3);
    assert_eq!(next(&mut connection).await, "subscribe 0");
    connection.send_all(full(TENANT, 1, base())).await;
    assert_eq!(next(&mut connection).await, "ack 1 rejects 0");
    assert!(!wanted.is_finished(), "revision 1 is not 3");
    connection.send_all(delta(TENANT, 1, 3, vec![])).await;
    assert_eq!(next(&mut connection).await, "ack 3 rejects 0");
    assert_eq!(wanted.await.unwrap(), Some(3));
    world.stop().await;
}

#[tokio::test]
async fn what_does_not_come_in_time_is_not_ready() {
    let (_script, world, _connection) = served().await;
    let late = world.node.configuration.at_least(TENANT, 2, Duration::from_millis(20)).await;
    assert_eq!(late.err().map(|late| late.retry_after_s), Some(limits::NOT_READY_RETRY_AFTER_S));
    assert_eq!(world.node.configuration.snapshot(TENANT).unwrap().revision, 1, "and the old one is still there");
    world.stop().await;
}

#[tokio::test]
async fn a_node_started_before_the_control_plane_catches_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let world = World::start(&format!("http://{address}"), |_| {}).await;
    let configuration = world.node.configuration.clone();
    assert!(configuration.directory_within(Duration::from_millis(20)).await.is_err());
    let waiting = world.node.tasks.spawn("wait", async move { configuration.directory_within(WAIT).await.is_ok() });
    let mut script = Script::start(TcpListener::bind(address).await.unwrap()).await;
    let _connection = open(&mut script).await;
    assert!(waiting.await.unwrap());
    world.stop().await;
}

#[tokio::test]
async fn a_node_serves_on_alone_and_resumes_where_it_was() {
    let (mut script, world, connection) = served().await;
    drop(connection);
    let mut connection = script.accept().await;
    assert!(!world.node.configuration.connected());
    assert_eq!(world.node.configuration.snapshot(TENANT).unwrap().revision, 1, "I2");
    assert_eq!((connection.hello.history_id.as_str(), connection.hello.have[0].revision), ("h1", 1));
    assert_eq!(connection.hello.directory_revision, 1);
    connection.send(welcome("h1", 4_000)).await;
    assert_eq!(next(&mut connection).await, "subscribe 1");
    connection.send_all(delta(TENANT, 1, 2, vec![resource(2, Body::Server(server("two")))])).await;
    assert_eq!(next(&mut connection).await, "ack 2 rejects 0");
    assert_eq!(world.node.configuration.snapshot(TENANT).unwrap().servers.len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn a_request_that_waits_survives_a_reconnect() {
    let mut script = script().await;
    let world = World::to(&script).await;
    let mut connection = open(&mut script).await;
    let wanted = world.want(TENANT, 1);
    assert_eq!(next(&mut connection).await, "subscribe 0");
    connection.send(begin(TENANT, true, 0, 1)).await;
    drop(connection);
    let mut connection = open(&mut script).await;
    assert_eq!(next(&mut connection).await, "subscribe 0");
    connection.send_all(full(TENANT, 1, base())).await;
    assert_eq!(wanted.await.unwrap(), Some(1));
    world.stop().await;
}

#[tokio::test]
async fn a_silent_control_plane_is_dead_and_one_that_beats_is_not() {
    let mut script = script().await;
    let world = World::to(&script).await;
    let mut connection = script.accept().await;
    connection.send(welcome("h1", 100)).await;
    // Kept alive for twice the silence limit by heartbeats alone; the node's own heartbeats set the pace.
    for _ in 0..10 {
        assert_eq!(short(&connection.any_reply().await.unwrap()), "heartbeat");
        connection.send(control::Message::Heartbeat(Heartbeat::default())).await;
    }
    assert!(world.node.configuration.connected());
    let _next = script.accept().await;
    assert!(!world.node.configuration.connected());
    world.stop().await;
}

#[tokio::test]
async fn an_order_to_drain_is_followed_and_answered_with_what_the_node_is_busy_with() {
    let mut script = script().await;
    let world = World::to(&script).await;
    let mut connection = script.accept().await;
    connection.send(welcome("h1", 4_000)).await;
    for on in [true, false, true] {
        connection.send(control::Message::Drain(Drain { on })).await;
        let said = loop {
            let Reply::Heartbeat(beat) = connection.any_reply().await.expect("the stream goes on") else { continue };
            let load = beat.load.unwrap();
            if load.draining == on {
                break load;
            }
        };
        assert_eq!(said, NodeLoad { calls: 0, streams: 0, sessions: 0, draining: on });
        assert_eq!(world.node.drain.is_asked(), on);
    }
    // What was wanted last holds while the control plane is away.
    drop(connection);
    let _next = script.accept().await;
    assert!(world.node.drain.is_asked());
    world.stop().await;
}

#[tokio::test]
async fn hostile_messages_end_the_connection_and_not_the_service() {
    let (mut script, world, connection) = served().await;
    let mut huge = settings();
    huge.id = vec![0; limits::STREAM_MESSAGE_BYTES_MAX + 1].into();
    connection.send_all([begin(TENANT, false, 1, 2), chunk(TENANT, vec![huge])]).await;
    let connection = script.accept().await;
    connection.send(directory(2, &[])).await;
    let connection = script.accept().await;
    connection.send(welcome("h1", 4_000)).await;
    connection.send(welcome("h1", 4_000)).await;
    let connection = script.accept().await;
    connection.send(welcome("h1", 4_000)).await;
    let mut malformed = end(TENANT, 2);
    if let control::Message::End(end) = &mut malformed {
        end.tenant_id = vec![1].into();
    }
    connection.send(malformed).await;
    let _connection = script.accept().await;
    assert_eq!(world.node.configuration.snapshot(TENANT).unwrap().revision, 1);
    world.stop().await;
}

#[tokio::test]
async fn new_subscriptions_keep_the_pace() {
    let mut script = script().await;
    let world = World::to(&script).await;
    let mut connection = script.accept().await;
    connection.send(welcome("h1", 4_000)).await;
    let count = u128::from(limits::NEW_SUBSCRIPTIONS_PER_S) / 2 + 1;
    let names: Vec<_> = (0..count).map(|n| (id(n + 1), format!("tenant-{n}"))).collect();
    let entries: Vec<_> = names.iter().map(|(id, slug)| (*id, slug.as_str())).collect();
    connection.send(directory(1, &entries)).await;
    assert_eq!(next(&mut connection).await, "directory-ack 1");
    for (tenant, _) in &names {
        let _waiting = world.want(*tenant, 1);
    }
    let mut started = None;
    for _ in &names {
        assert_eq!(next(&mut connection).await, "subscribe 0");
        started.get_or_insert_with(Instant::now);
    }
    // Ten more after the first, at twenty a second; a loaded machine only makes it longer.
    assert!(started.unwrap().elapsed() > Duration::from_millis(400), "{:?}", started.unwrap().elapsed());
    world.stop().await;
}

#[tokio::test]
async fn an_unknown_node_secret_is_refused() {
    let script = script().await;
    let url = format!("http://{}", script.address);
    let other = SecretString::from("pwn_other");
    let world = World::start(&url, |config| config.control_plane.node_secret = other).await;
    assert!(world.node.configuration.directory_within(Duration::from_millis(300)).await.is_err());
    world.stop().await;
}

#[tokio::test]
async fn the_stream_runs_over_tls_and_only_to_a_trusted_control_plane() {
    let certificate = certificate();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut script = Script::start_tls(listener, &certificate).await;
    let url = format!("https://localhost:{}", script.address.port());
    let stranger = World::start(&url, |_| {}).await;
    let trusting = World::start(&url, |config| config.control_plane.ca_file = Some(certificate.file("cert.pem"))).await;
    let _connection = open(&mut script).await;
    assert!(trusting.node.configuration.has_directory());
    assert!(!stranger.node.configuration.has_directory());
    stranger.stop().await;
    trusting.stop().await;
}

#[tokio::test]
async fn the_control_plane_may_restart_on_the_same_port() {
    let (script, world, connection) = served().await;
    let address = script.address;
    drop(connection);
    script.stop().await;
    let mut script = Script::start(TcpListener::bind(address).await.unwrap()).await;
    let mut connection = script.accept().await;
    connection.send(welcome("another history", 4_000)).await;
    assert_eq!(next(&mut connection).await, "subscribe 0");
    assert_eq!(world.node.configuration.snapshot(TENANT).unwrap().revision, 1, "served until the new one is there");
    connection.send_all(full(TENANT, 1, vec![settings(), resource(2, Body::Server(server("two")))])).await;
    assert_eq!(next(&mut connection).await, "ack 1 rejects 0");
    assert!(world.node.configuration.snapshot(TENANT).unwrap().servers.contains_key("two"));
    world.stop().await;
}
