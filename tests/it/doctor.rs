//! `portway doctor`, the real program, against installations that are well and such that are not.

use std::net::SocketAddr;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::people::Person;
use world::{World, spawn};

use crate::binaries::{finished, program};

/// What the doctor says, and its exit code.
async fn examined(words: &[&str], variables: &[(&str, &str)]) -> (Value, i32) {
    let mut doctor = program("portway");
    doctor.args(["doctor", "--json"]).args(words).envs(variables.iter().copied());
    let output = finished(doctor).await;
    let code = output.status.code().unwrap();
    let said = serde_json::from_slice(&output.stdout);
    (said.unwrap_or_else(|_| panic!("{code}: {}", String::from_utf8_lossy(&output.stderr))), code)
}

/// The verdict on the first subject that begins like this, and what was found.
fn verdict(said: &Value, subject: &str) -> (String, String) {
    let findings = said["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["subject"].as_str().unwrap().starts_with(subject));
    let finding = finding.unwrap_or_else(|| panic!("nothing about {subject} in {said:#}"));
    let text = |member: &str| finding[member].as_str().unwrap_or_default().to_owned();
    (text("verdict"), format!("{} {}", text("found"), text("todo")))
}

/// A server that everybody may use, and a key of its owner.
async fn with_server(world: &World) -> (Person, McpServer, String) {
    let owner = world.tenant("acme").await;
    let upstream = McpServer::start(Era::Legacy).await;
    upstream.on("GET", |_| Reply::StreamThenHang(Vec::new()));
    owner.register_server("github", upstream.url.as_str()).await;
    let (key, _) = crate::api_keys::make(&owner, json!({"name": "doctor"})).await;
    (owner, upstream, key)
}

#[tokio::test]
async fn a_healthy_installation() {
    let world = World::setup().postgres().nodes(2).redis().start().await;
    let (_owner, _upstream, key) = with_server(&world).await;
    let operator = world.operator.token.expose_secret();
    let admin = format!("http://{}", world.nodes[0].admin);
    let words = ["--url", &world.auth_origin, "--admin", &admin, "--tenant", "acme", "--server", "github"];
    let secrets = [("PORTWAY_OPERATOR_TOKEN", operator), ("PORTWAY_TOKEN", key.as_str())];
    let (said, code) = examined(&words, &secrets).await;
    assert_eq!((code, &said["ok"]), (0, &json!(true)), "{said:#}");
    for subject in
        ["control plane", "clock", "database", "node ", "versions", "tenants", "sign-in metadata", "gateway", "stream"]
    {
        assert_eq!(verdict(&said, subject).0, "ok", "{subject}: {said:#}");
    }
    assert_eq!(verdict(&said, &format!("{admin}, Redis")).0, "ok");
    assert_eq!(verdict(&said, "certificate").0, "skip", "plain http on loopback");
    let text = said.to_string();
    assert!(!text.contains(operator) && !text.contains(&key), "{text}");

    // For people: one line each, and the sum.
    let mut doctor = program("portway");
    doctor.args(["doctor", "--url", &world.auth_origin]);
    let output = finished(doctor).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("ok    control plane"), "{text}");
    assert!(text.contains("0 failed"), "{text}");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let mut world = World::start().await;
    let (_owner, _upstream, key) = with_server(&world).await;
    let operator = world.operator.token.expose_secret().to_owned();

    let (said, code) = examined(&["--url", "http://127.0.0.1:1"], &[]).await;
    assert_eq!((code, verdict(&said, "control plane").0.as_str()), (1, "fail"), "{said:#}");
    // A node is no control plane.
    let gateway = world.nodes[0].origin();
    let (said, code) = examined(&["--url", &gateway], &[]).await;
    assert_eq!((code, verdict(&said, "control plane").0.as_str()), (1, "fail"), "{said:#}");
    let (said, code) = examined(&["--url", &world.auth_origin], &[("PORTWAY_OPERATOR_TOKEN", "pwo_wrong")]).await;
    assert_eq!((code, verdict(&said, "nodes").0.as_str()), (1, "fail"), "{said:#}");

    // Asked as another host, the gateway is not the tenant's.
    let port = world.nodes[0].gateway.port();
    let foreign = format!("http://127.0.0.1:{port}");
    let words = ["--url", world.auth_origin.as_str(), "--tenant", "acme", "--gateway", &foreign];
    let (said, code) = examined(&words, &[]).await;
    assert_eq!((code, verdict(&said, "gateway").0.as_str()), (1, "fail"), "{said:#}");

    // A key that is none opens no stream.
    let words = ["--url", world.auth_origin.as_str(), "--tenant", "acme", "--server", "github"];
    let (said, code) = examined(&words, &[("PORTWAY_TOKEN", "pwk_wrong")]).await;
    assert_eq!((code, verdict(&said, "stream").0.as_str()), (1, "fail"), "{said:#}");
    let (said, code) = examined(&words, &[("PORTWAY_TOKEN", &key)]).await;
    assert_eq!((code, verdict(&said, "stream").0.as_str()), (0, "ok"), "{said:#}");

    world.nodes[0].stop().await;
    let operated = [("PORTWAY_OPERATOR_TOKEN", operator.as_str())];
    let (said, code) = examined(&["--url", &world.auth_origin], &operated).await;
    let (verdict_on_nodes, text) = verdict(&said, "nodes");
    assert_eq!((code, verdict_on_nodes.as_str()), (1, "fail"), "{said:#}");
    assert!(text.contains("PortwayNoNodeConnected"), "{text}");
    let admin = format!("http://{}", world.nodes[0].admin);
    let (said, code) = examined(&["--admin", &admin], &[]).await;
    assert_eq!((code, verdict(&said, &admin).0.as_str()), (1, "fail"), "{said:#}");
}

#[tokio::test]
async fn settings_on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let (control, node) = (folder.path().join("control.toml"), folder.path().join("node.toml"));
    std::fs::write(&control, "public_origin = \"nope\"\n").unwrap();
    std::fs::write(&node, "node_idd = \"node-1\"\n").unwrap();
    let words = ["--control-plane-config", control.to_str().unwrap(), "--node-config", node.to_str().unwrap()];
    let (said, code) = examined(&words, &[]).await;
    assert_eq!(code, 1);
    assert!(verdict(&said, "control plane's settings").1.contains("public_origin"), "{said:#}");
    assert!(verdict(&said, "node's settings").1.contains("node_idd"), "{said:#}");
}

#[tokio::test]
async fn a_proxy_that_buffers_is_found() {
    let world = World::start().await;
    let (_owner, _upstream, key) = with_server(&world).await;
    let origin: url::Url = world.gateway_origin.parse().unwrap();
    let front = SocketAddr::from(([127, 0, 0, 1], origin.port().unwrap()));
    let proxy = buffering(front).await;
    let gateway = format!("http://localhost:{}", proxy.port());
    let words =
        ["--url", world.auth_origin.as_str(), "--tenant", "acme", "--server", "github", "--gateway", gateway.as_str()];
    let (said, code) = examined(&words, &[("PORTWAY_TOKEN", &key)]).await;
    let (verdict, text) = verdict(&said, "stream");
    assert_eq!((code, verdict.as_str()), (1, "fail"), "{said:#}");
    assert!(text.contains("buffer"), "{text}");
}

/// Passes on what clients say at once, and what servers say when they have finished, as proxies do by default. What it
/// sees of `Host` is put right on the way, so that buffering is all that is wrong.
async fn buffering(front: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            spawn(one(client, front, address));
        }
    });
    address
}

async fn one(mut client: TcpStream, front: SocketAddr, address: SocketAddr) {
    let mut server = TcpStream::connect(front).await.unwrap();
    let mut asked = vec![0; 64 * 1024];
    let read = client.read(&mut asked).await.unwrap_or(0);
    let (here, there) = (format!("localhost:{}", address.port()), format!("localhost:{}", front.port()));
    let text = String::from_utf8_lossy(&asked[..read]).replace(&here, &there);
    let text = text.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    server.write_all(text.as_bytes()).await.unwrap();
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client.split(), server.split());
    let answered = async {
        let mut answer = Vec::new();
        if from_server.read_to_end(&mut answer).await.is_ok() {
            drop(to_client.write_all(&answer).await);
        }
    };
    tokio::select! {
        () = answered => {}
        // The rest of a body; the client that goes away ends the wait.
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
    }
}
