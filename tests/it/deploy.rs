//! What lies in `deploy/`, with the real programs: logins of least privilege are enough, settings are understood, names of
//! metrics exist. How the files look to compose, helm and Prometheus is `cargo xtask test --only deploy`.

mod chart;
mod observability;
mod settings;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use secrecy::ExposeSecret;
use tokio::process::Command;
use url::Url;
use world::db::{Backend, Db};
use world::redis::Redis;

use self::settings::Compose;
use crate::binaries::{finished, free_port, program, ready, terminate};

/// The folder `deploy`.
fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

async fn succeeds(command: Command) -> String {
    let output = finished(command).await;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
    said
}

async fn fails(command: Command) -> String {
    let output = finished(command).await;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(!output.status.success(), "{said}");
    said
}

fn tool(name: &str) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// A database of its own, with logins as `deploy/sql/roles.sql` makes them, on the server of the tests.
struct Logins {
    admin: Url,
    name: String,
    /// Keeps the group roles there: they belong to the whole server.
    _db: Db,
}

impl Logins {
    async fn make() -> Self {
        let db = Db::create(Backend::Postgres).await;
        let admin: Url = db.owner_url.expose_secret().parse().unwrap();
        let name = format!("pw_{}", uuid::Uuid::new_v4().simple());
        let logins = Self { admin, name, _db: db };
        succeeds(logins.roles("a-password-of-the-tests")).await;
        logins
    }

    fn roles(&self, password: &str) -> Command {
        let mut psql = tool("psql");
        psql.arg("-X").arg("-f").arg(deploy().join("sql/roles.sql")).arg("-v").arg(format!("database={}", self.name));
        for login in ["owner", "app", "system"] {
            psql.arg("-v").arg(format!("{login}={}_{login}", self.name));
            psql.env(format!("PORTWAY_{}_PASSWORD", login.to_uppercase()), password);
        }
        psql.arg(self.admin.as_str());
        psql
    }

    fn url(&self, login: &str) -> String {
        let mut url = self.admin.clone();
        url.set_path(&self.name);
        url.set_username(&format!("{}_{login}", self.name)).unwrap();
        url.set_password(Some("a-password-of-the-tests")).unwrap();
        url.to_string()
    }

    async fn query(&self, login: &str, sql: &str) -> (bool, String) {
        let output = finished({
            let mut psql = tool("psql");
            psql.args(["-X", "-A", "-t", "-c", sql]).arg(self.url(login));
            psql
        })
        .await;
        let text = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.success(), String::from_utf8_lossy(&text).trim().to_owned())
    }
}

#[tokio::test]
async fn logins_of_least_privilege() {
    let logins = Logins::make().await;
    let said = fails(logins.roles("short")).await;
    assert!(said.contains("PORTWAY_OWNER_PASSWORD"), "{said}");
    let said = succeeds(logins.roles("another-password-of-the-tests")).await;
    assert!(!said.contains("another-password"), "{said}");

    // The owner migrates, without the right to make roles and without any key.
    let migrate = || {
        let mut migrate = program("portway-control-plane");
        migrate.arg("migrate").envs(["URL", "SYSTEM_URL", "OWNER_URL"].map(|name| {
            let login = match name {
                "URL" => "app",
                "SYSTEM_URL" => "system",
                _ => "owner",
            };
            (format!("PORTWAY_CONTROL_DATABASE__{name}"), logins.url(login))
        }));
        migrate
    };
    succeeds(migrate()).await;
    succeeds(migrate()).await;
    succeeds(logins.roles("a-password-of-the-tests")).await;

    let owned =
        "SELECT count(*) > 30 AND bool_and(tableowner = current_user) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(logins.query("owner", owned).await, (true, "t".to_owned()));
    for login in ["app", "system"] {
        let flags = "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication FROM pg_roles \
                     WHERE rolname = current_user";
        assert_eq!(logins.query(login, flags).await, (true, "f".to_owned()), "{login}");
        assert!(logins.query(login, "SELECT count(*) FROM tenants").await.0, "{login}");
        for refused in [
            "CREATE TABLE x (y int)",
            "DROP TABLE tenants",
            "ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY",
            "DELETE FROM audit_events",
            "CREATE SCHEMA x",
        ] {
            let (done, said) = logins.query(login, refused).await;
            assert!(!done, "{login} may {refused}: {said}");
        }
    }
    let (done, said) = logins.query("app", "SELECT * FROM operators").await;
    assert!(!done, "one tenant's login reads operators: {said}");
}

/// The settings of compose.yaml and what `prepare` makes, run: only addresses are of this machine.
#[tokio::test]
async fn compose_settings_run() {
    let (logins, redis) = (Logins::make().await, Redis::start().await);
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    let prepare = || {
        let mut prepare = tool(deploy().join("prepare").to_str().unwrap());
        prepare.arg(&secrets);
        prepare
    };
    assert!(succeeds(prepare()).await.contains("made kek"));
    assert!(!succeeds(prepare()).await.contains("made"), "a second run keeps what is there");
    std::fs::remove_file(secrets.join("redis-url")).unwrap();
    std::fs::write(secrets.join("redis-url"), redis.config().url.expose_secret()).unwrap();

    let compose = Compose::read();
    let (http, grpc, admin) = (free_port().await, free_port().await, free_port().await);
    let settings = |name: &str, gateway: u16, node_admin: u16| {
        let state = folder.path().join(name);
        compose.of(name, |value| {
            value
                .replace("0.0.0.0:8081", &format!("127.0.0.1:{http}"))
                .replace("0.0.0.0:8082", &format!("127.0.0.1:{grpc}"))
                .replace("0.0.0.0:8083", &format!("127.0.0.1:{admin}"))
                .replace("0.0.0.0:8080", &format!("127.0.0.1:{gateway}"))
                .replace("0.0.0.0:9080", &format!("127.0.0.1:{node_admin}"))
                .replace("https://control-plane:8082", &format!("https://localhost:{grpc}"))
                .replace("/run/secrets", secrets.to_str().unwrap())
                .replace("/var/lib/portway-node", state.to_str().unwrap())
                .replace("/var/lib/portway/", &format!("{}/", folder.path().display()))
        })
    };
    let database = [
        ("PORTWAY_CONTROL_DATABASE__URL", logins.url("app")),
        ("PORTWAY_CONTROL_DATABASE__SYSTEM_URL", logins.url("system")),
    ];
    let control = |words: &[&str]| {
        let mut command = program("portway-control-plane");
        command.args(words).arg("--config").arg(secrets.join("control-plane.toml"));
        command.envs(settings("control-plane", 0, 0)).envs(database.clone());
        command
    };
    // As prepare wrote it, with the names of compose's services in it.
    let mut as_written = program("portway-control-plane");
    as_written.args(["check-config", "--config"]).arg(secrets.join("control-plane.toml"));
    succeeds({
        as_written.envs(settings("control-plane", 0, 0));
        as_written
    })
    .await;
    let mut migrate = program("portway-control-plane");
    migrate.args(["migrate", "--config"]).arg(secrets.join("migrate.toml")).envs(database.clone());
    migrate.env("PORTWAY_CONTROL_DATABASE__OWNER_URL", logins.url("owner"));
    succeeds(migrate).await;

    let secret_file = folder.path().join("node");
    let place = secret_file.to_str().unwrap();
    let enrol = || control(&["node", "enrol", "--name", "compose", "--secret-file", place]);
    let said = succeeds(enrol()).await;
    let secret = std::fs::read_to_string(&secret_file).unwrap();
    assert!(secret.starts_with("pwn_") && !said.contains(secret.trim()), "{said}");
    assert!(succeeds(enrol()).await.contains("nothing was enrolled"));
    assert_eq!(std::fs::read_to_string(&secret_file).unwrap(), secret);

    assert!(fails(control(&["health"])).await.contains("not ready"));
    let serving = control(&["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    ready(admin).await;
    assert!(succeeds(control(&["health"])).await.contains("ready"));

    let mut nodes = Vec::new();
    for name in ["node-1", "node-2"] {
        let (gateway, node_admin) = (free_port().await, free_port().await);
        let node = |words: &[&str]| {
            let mut command = program("portway-data-plane");
            command.args(words).envs(settings(name, gateway, node_admin));
            command
        };
        assert!(fails(node(&["--health"])).await.contains("not ready"));
        succeeds(node(&["--check-config"])).await;
        nodes.push(node(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        ready(node_admin).await;
        let said = succeeds(node(&["--health"])).await;
        assert!(said.contains(r#""connected":true"#) && said.contains(r#""redis":"up""#), "{said}");
    }
    for node in nodes {
        terminate(node).await;
    }
    terminate(serving).await;
}
