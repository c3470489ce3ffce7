//! A listener in front of a service that the test holds in its hands.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::TlsConfig;

/// A certificate for `localhost`, made for one test.
pub(crate) struct Certificate {
    folder: tempfile::TempDir,
}

pub(crate) fn certificate() -> Certificate {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    Certificate { folder }
}

impl Certificate {
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }
}

/// Answers `/peer` at once and `/slow` when told to.
struct World {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    entered: Arc<Notify>,
    release: Arc<Notify>,
    tasks: Tasks,
    ended: tokio::task::JoinHandle<()>,
}

impl World {
    async fn start(tls: Option<TlsAcceptor>, drain_timeout: Duration) -> Self {
        let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (enter, wait) = (entered.clone(), release.clone());
        let slow = async move || {
            enter.notify_one();
            wait.notified().await;
            "done"
        };
        let peer = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string();
        let service = Router::new().route("/slow", get(slow)).route("/peer", get(peer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server { name: "test", listener, tls, service, connections_max: 2, drain_timeout };
        let (tasks, stop) = (Tasks::default(), CancellationToken::new());
        let (stopped, own) = (stop.clone(), tasks.clone());
        let ended = tasks.spawn("server", async move { server.run(&own, stopped).await });
        Self { address, stop, entered, release, tasks, ended }
    }

    async fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request(path).as_bytes()).await.unwrap();
        stream
    }
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

async fn answer(mut stream: impl AsyncReadExt + Unpin) -> String {
    let mut text = String::new();
    // A connection that is cut off may be reset: what came counts.
    let _cut = stream.read_to_string(&mut text).await;
    text
}

#[tokio::test]
async fn requests_under_way_end_and_new_ones_find_no_listener() {
    let world = World::start(None, Duration::from_secs(60)).await;
    assert!(answer(world.ask("/peer").await).await.ends_with("127.0.0.1"));
    let slow = world.ask("/slow").await;
    world.entered.notified().await;
    world.stop.cancel();
    while TcpStream::connect(world.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!world.ended.is_finished());
    world.release.notify_one();
    assert!(answer(slow).await.ends_with("done"));
    world.ended.await.unwrap();
}

#[tokio::test]
async fn connections_that_are_to_move_on_end_after_their_request() {
    let world = World::start(None, Duration::from_secs(60)).await;
    let kept = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let mut idle = TcpStream::connect(world.address).await.unwrap();
    idle.write_all(kept("/peer").as_bytes()).await.unwrap();
    let mut first = [0; 8];
    idle.read_exact(&mut first).await.unwrap();
    let mut slow = TcpStream::connect(world.address).await.unwrap();
    slow.write_all(kept("/slow").as_bytes()).await.unwrap();
    world.entered.notified().await;
    world.tasks.move_on();
    assert!(answer(idle).await.ends_with("127.0.0.1"), "an idle one ends");
    // Others take its place and stay.
    assert!(answer(world.ask("/peer").await).await.ends_with("127.0.0.1"));
    world.release.notify_one();
    assert!(answer(slow).await.ends_with("done"), "it ends after its answer");
    world.stop.cancel();
    world.ended.await.unwrap();
}

#[tokio::test]
async fn what_outlives_the_drain_time_is_cut_off() {
    let world = World::start(None, Duration::from_millis(50)).await;
    let slow = world.ask("/slow").await;
    world.entered.notified().await;
    world.stop.cancel();
    world.ended.await.unwrap();
    assert_eq!(answer(slow).await, "");
}

#[tokio::test]
async fn connections_are_bounded_and_the_next_one_waits_its_turn() {
    let world = World::start(None, Duration::from_secs(60)).await;
    let held = [world.ask("/slow").await, world.ask("/slow").await];
    world.entered.notified().await;
    world.entered.notified().await;
    let third = answer(world.ask("/peer").await);
    tokio::pin!(third);
    assert!(timeout(Duration::from_millis(50), &mut third).await.is_err(), "no place");
    world.release.notify_one();
    assert!(third.await.ends_with("127.0.0.1"));
    drop(held);
    world.stop.cancel();
    world.release.notify_waiters();
}

#[tokio::test]
async fn tls() {
    let certificate = certificate();
    let files = TlsConfig { cert_file: certificate.file("cert.pem"), key_file: certificate.file("key.pem") };
    let world = World::start(Some(acceptor(&files).unwrap()), Duration::from_secs(1)).await;

    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&files.cert_file).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(world.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    stream.write_all(request("/peer").as_bytes()).await.unwrap();
    assert!(answer(stream).await.ends_with("127.0.0.1"));
    assert!(!answer(world.ask("/peer").await).await.contains("200 OK"), "plain text meets no service");

    let swapped = TlsConfig { cert_file: files.key_file.clone(), key_file: files.cert_file.clone() };
    assert!(acceptor(&swapped).is_err());
    world.stop.cancel();
}
