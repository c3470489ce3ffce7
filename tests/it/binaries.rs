//! The three programs as docs/deployment.md runs them: migrate, operator, node, serve, tenant, call, stop.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use base64::Engine;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use world::db::{Backend, Db};
use world::fakes::mcp_server::{Era, McpServer};
use world::people::Person;
use world::{PATIENCE, eventually};

/// A program of the workspace; `cargo xtask test` builds them before the suites.
pub(crate) fn program(name: &str) -> Command {
    let tests = std::env::current_exe().expect("this program");
    let path: PathBuf = tests.parent().and_then(|deps| deps.parent()).expect("target/debug/deps").join(name);
    assert!(path.is_file(), "{} is not built: cargo build --workspace --bins", path.display());
    let mut command = Command::new(path);
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

pub(crate) async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("bound").port()
}

pub(crate) async fn finished(mut command: Command) -> Output {
    tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends").expect("it starts")
}

/// The word with this prefix in what a program printed.
fn secret(output: &Output, prefix: &str) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    let word = text.split_whitespace().find(|word| word.starts_with(prefix));
    word.unwrap_or_else(|| panic!("no {prefix}… in {text}")).to_owned()
}

pub(crate) async fn terminate(mut child: Child) {
    let pid = child.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill").success());
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.expect("a bounded drain").expect("a status");
    assert!(status.success(), "{status}");
}

pub(crate) async fn ready(port: u16) {
    let client = world::http::builder().build().unwrap();
    let url = format!("http://127.0.0.1:{port}/ready");
    eventually("/ready", || async { client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) })
        .await;
}

#[tokio::test]
async fn a_deployment_by_hand() {
    let db = Db::create(Backend::Postgres).await;
    let folder = tempfile::tempdir().unwrap();
    let (http, grpc, admin, gateway, node_admin) =
        (free_port().await, free_port().await, free_port().await, free_port().await, free_port().await);
    let (auth_origin, gateway_origin) = (format!("http://localhost:{http}"), format!("http://localhost:{gateway}"));
    let kek =
        base64::engine::general_purpose::STANDARD.encode(control_plane::crypto::tokens::random_bytes::<32>().unwrap());
    let kek_file = folder.path().join("kek");
    std::fs::write(&kek_file, kek).unwrap();
    let config = folder.path().join("control-plane.toml");
    let text = format!(
        "listen = \"127.0.0.1:{http}\"\ngrpc_listen = \"127.0.0.1:{grpc}\"\nadmin_listen = \"127.0.0.1:{admin}\"\n\
         public_origin = \"{auth_origin}\"\ngateway_origins = [\"{gateway_origin}\"]\nkek_file = \"{}\"\nrequire_second_factor = false\n\
         [database]\nurl = \"{}\"\nsystem_url = \"{}\"\nowner_url = \"{}\"\nconnections_max = 5\n",
        kek_file.display(),
        db.app_url.expose_secret(),
        db.system_url.as_ref().unwrap().expose_secret(),
        db.owner_url.expose_secret(),
    );
    std::fs::write(&config, text).unwrap();
    let control = |words: &[&str]| {
        let mut command = program("portway-control-plane");
        command.args(words).arg("--config").arg(&config);
        command
    };
    assert!(finished(control(&["migrate"])).await.status.success());
    let operator = secret(&finished(control(&["operator", "create", "--name", "alice"])).await, "pwo_");
    let node = secret(&finished(control(&["node", "enrol", "--name", "node-1"])).await, "pwn_");
    let serving = control(&["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    ready(admin).await;
    let node = program("portway-data-plane")
        .envs([
            ("PORTWAY_NODE_NODE_ID", "node-1".to_owned()),
            ("PORTWAY_NODE_LISTEN", format!("127.0.0.1:{gateway}")),
            ("PORTWAY_NODE_ADMIN__LISTEN", format!("127.0.0.1:{node_admin}")),
            ("PORTWAY_NODE_CONTROL_PLANE__URL", format!("http://127.0.0.1:{grpc}")),
            ("PORTWAY_NODE_CONTROL_PLANE__NODE_SECRET", node),
            ("PORTWAY_NODE_PUBLIC_ORIGINS", format!("[\"{gateway_origin}\"]")),
            ("PORTWAY_NODE_UPSTREAM__ALLOWED_PRIVATE_RANGES", "[\"127.0.0.0/8\"]".to_owned()),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    ready(node_admin).await;
    let mut create = program("portway");
    create.args([
        "tenant",
        "create",
        "--slug",
        "acme",
        "--name",
        "Acme",
        "--owner-email",
        "ana@acme.example",
        "--json",
    ]);
    create.env("PORTWAY_URL", &auth_origin).env("PORTWAY_OPERATOR_TOKEN", &operator);
    let created = finished(create).await;
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    let created: Value = serde_json::from_slice(&created.stdout).unwrap();
    let link = created["owner_invitation"]["link"].as_str().unwrap_or_else(|| panic!("{created}"));
    let ana = Person::join(link, "acme", "ana@acme.example", &auth_origin, &gateway_origin).await;
    let upstream = McpServer::start(Era::Legacy).await;
    ana.register_server("github", upstream.url.as_str()).await;
    let mut ide = ana.ide("github").await;
    assert_eq!(ide.initialize().await.status, 200);
    assert_eq!(ide.call_tool("echo", json!({"a": 1})).await.json()["result"]["content"][0]["text"], r#"{"a":1}"#);
    let operate = |words: &[&str]| {
        let mut command = program("portway");
        command.args(words).env("PORTWAY_URL", &auth_origin).env("PORTWAY_OPERATOR_TOKEN", &operator);
        command
    };
    let listed = finished(operate(&["node", "list"])).await;
    assert!(String::from_utf8_lossy(&listed.stdout).contains("connected"), "{listed:?}");
    let drained = finished(operate(&["node", "drain", "node-1", "--wait", "30"])).await;
    assert!(drained.status.success() && String::from_utf8_lossy(&drained.stderr).contains("drained"), "{drained:?}");
    let listed = finished(operate(&["node", "list"])).await;
    assert!(String::from_utf8_lossy(&listed.stdout).contains("drained"), "{listed:?}");
    let http = world::http::builder().build().unwrap();
    assert_eq!(http.get(format!("http://127.0.0.1:{node_admin}/ready")).send().await.unwrap().status(), 503);
    assert!(finished(operate(&["node", "resume", "node-1"])).await.status.success());
    ready(node_admin).await;
    assert_eq!(finished(operate(&["node", "drain", "nobody"])).await.status.code(), Some(1));
    assert_eq!(finished(operate(&["node", "revoke", "node-1"])).await.status.code(), Some(1), "it asks first");
    assert_eq!(finished(operate(&["node", "revoke", "nobody", "--yes"])).await.status.code(), Some(1));
    assert!(finished(operate(&["node", "revoke", "node-1", "--yes"])).await.status.success());
    let listed = finished(operate(&["node", "list"])).await;
    assert!(String::from_utf8_lossy(&listed.stdout).contains("revoked"), "{listed:?}");
    assert!(finished(control(&["operator", "revoke", "--name", "alice"])).await.status.success());
    assert_eq!(finished(control(&["operator", "revoke", "--name", "alice"])).await.status.code(), Some(1), "once");
    let listed = finished(control(&["operator", "list"])).await;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.starts_with("alice\tsince ") && listed.contains("\trevoked "), "{listed}");
    let refused = finished(operate(&["node", "list"])).await;
    assert_eq!(refused.status.code(), Some(1), "the token is worth nothing any more: {refused:?}");
    terminate(node).await;
    terminate(serving).await;
}

#[tokio::test]
async fn bad_configuration_lists_every_mistake_and_does_not_start() {
    for (name, words, mistakes) in [
        ("portway-control-plane", &["serve"][..], &["public_origin", "gateway_origins", "kek", "database.url"][..]),
        ("portway-data-plane", &[][..], &["node_id", "control_plane", "secret"][..]),
    ] {
        let mut command = program(name);
        command.args(words);
        let output = finished(command).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        for mistake in mistakes {
            assert!(said.contains(mistake), "{name} does not name {mistake}: {said}");
        }
    }
}
