//! A Redis of the test's own: the real server on a free port of loopback, in a temporary folder, without persistence.
//!
//! It ends with the test however that ends: the server is the child of a small shell that waits for its standard input
//! to close, which the kernel does also when the test is killed.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use data_plane::config::RedisConfig;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::PATIENCE;

/// Runs what follows until standard input closes.
const WATCH: &str = r#"trap '' INT TERM HUP
"$@" </dev/null >/dev/null 2>&1 & server=$!
cat >/dev/null
kill -KILL "$server" 2>/dev/null
wait "$server""#;

/// Under load a busy machine may take longer than a request would wait in production.
const DEADLINE: Duration = Duration::from_secs(5);

const PASSWORD: &str = "a-redis-password";

pub struct Redis {
    folder: TempDir,
    port: u16,
    kind: Kind,
    watcher: Option<Child>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// TLS with a certificate of its own, and a password.
    Tls,
    /// A cluster of one.
    Cluster,
}

impl Redis {
    pub async fn start() -> Self {
        Self::start_as(Kind::Plain).await
    }

    /// With TLS and a password.
    pub async fn start_tls() -> Self {
        Self::start_as(Kind::Tls).await
    }

    /// As a cluster of one node, which refuses what would not work on many.
    pub async fn start_cluster() -> Self {
        let redis = Self::start_as(Kind::Cluster).await;
        let mut connection = redis.connect().await.expect("it runs");
        let mut slots = ::redis::cmd("CLUSTER");
        slots.arg("ADDSLOTSRANGE").arg(0).arg(16383);
        let _: () = slots.query_async(&mut connection).await.expect("slots");
        crate::eventually("the cluster is ready", || async {
            let mut connection = redis.connect().await.expect("it runs");
            let info: Result<String, _> = ::redis::cmd("CLUSTER").arg("INFO").query_async(&mut connection).await;
            info.is_ok_and(|info| info.contains("cluster_state:ok"))
        })
        .await;
        redis
    }

    async fn start_as(kind: Kind) -> Self {
        crate::install_crypto();
        let folder = tempfile::tempdir().expect("a folder");
        if kind == Kind::Tls {
            let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
            std::fs::write(folder.path().join("redis.crt"), key.cert.pem()).expect("writable");
            std::fs::write(folder.path().join("redis.key"), key.signing_key.serialize_pem()).expect("writable");
        }
        let probe = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = probe.local_addr().expect("bound").port();
        drop(probe);
        let mut redis = Self { folder, port, kind, watcher: None };
        redis.restart().await;
        redis
    }

    /// What a node is told.
    pub fn config(&self) -> RedisConfig {
        let (scheme, user) = match self.kind {
            Kind::Plain | Kind::Cluster => ("redis", String::new()),
            Kind::Tls => ("rediss", format!(":{PASSWORD}@")),
        };
        RedisConfig {
            url: SecretString::from(format!("{scheme}://{user}localhost:{}", self.port)),
            cluster: self.kind == Kind::Cluster,
            ca_file: self.ca_file(),
            deadline: DEADLINE,
        }
    }

    /// Starts it, empty, on the port that it had.
    pub async fn restart(&mut self) {
        self.stop().await;
        let mut command = Command::new("sh");
        command.args(["-c", WATCH, "redis-watcher", "redis-server", "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--appendonly", "no", "--dir"]).arg(self.folder.path());
        let port = self.port.to_string();
        let file = |name: &str| self.folder.path().join(name);
        match self.kind {
            Kind::Plain => command.args(["--port", &port]),
            Kind::Cluster => {
                command.args(["--port", &port, "--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"])
            }
            Kind::Tls => {
                command.args([
                    "--port",
                    "0",
                    "--tls-port",
                    &port,
                    "--tls-auth-clients",
                    "no",
                    "--requirepass",
                    PASSWORD,
                ]);
                command.arg("--tls-cert-file").arg(file("redis.crt")).arg("--tls-key-file").arg(file("redis.key"))
            }
        };
        let watcher = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.watcher = Some(watcher.expect("a shell"));
        crate::eventually("redis answers; is redis-server installed?", || async { self.connect().await.is_some() })
            .await;
    }

    /// Ends it at once, as a crash does; connections break.
    pub async fn stop(&mut self) {
        if let Some(mut watcher) = self.watcher.take() {
            drop(watcher.stdin.take());
            tokio::time::timeout(PATIENCE, watcher.wait()).await.expect("it ends").expect("no error");
        }
    }

    /// Takes everything out of it.
    pub async fn flush(&self) {
        self.command(&["FLUSHALL"]).await;
    }

    /// Keys and everything they hold, as bytes: to look for what must not be there.
    pub async fn dump(&self) -> Vec<u8> {
        let mut connection = self.connect().await.expect("it runs");
        let keys: Vec<String> = ::redis::cmd("KEYS").arg("*").query_async(&mut connection).await.expect("keys");
        let mut all = Vec::new();
        for key in keys {
            all.extend_from_slice(key.as_bytes());
            let fields: Result<Vec<Vec<u8>>, _> = ::redis::cmd("HGETALL").arg(&key).query_async(&mut connection).await;
            all.extend(fields.unwrap_or_default().concat());
        }
        all
    }

    /// Changes the last byte of every field of every hash.
    pub async fn tamper(&self) {
        let mut connection = self.connect().await.expect("it runs");
        let keys: Vec<String> = ::redis::cmd("KEYS").arg("*:s:*").query_async(&mut connection).await.expect("keys");
        for key in keys {
            let fields: Vec<(Vec<u8>, Vec<u8>)> =
                ::redis::cmd("HGETALL").arg(&key).query_async(&mut connection).await.expect("a hash");
            for (field, mut value) in fields {
                *value.last_mut().expect("not empty") ^= 1;
                let mut set = ::redis::cmd("HSET");
                let _: () = set.arg(&key).arg(field).arg(value).query_async(&mut connection).await.expect("set");
            }
        }
    }

    pub async fn command(&self, words: &[&str]) {
        let mut connection = self.connect().await.expect("it runs");
        let (name, arguments) = words.split_first().expect("a command");
        let _: ::redis::Value = ::redis::cmd(name).arg(arguments).query_async(&mut connection).await.expect("done");
    }

    async fn connect(&self) -> Option<::redis::aio::MultiplexedConnection> {
        use secrecy::ExposeSecret as _;
        let url = self.config().url;
        let root_cert = self.ca_file().map(|file| std::fs::read(file).expect("readable"));
        let certificates = ::redis::TlsCertificates { client_tls: None, root_cert };
        let client = match self.kind {
            Kind::Tls => ::redis::Client::build_with_tls(url.expose_secret(), certificates),
            Kind::Plain | Kind::Cluster => ::redis::Client::open(url.expose_secret()),
        };
        let mut connection = client.expect("a URL").get_multiplexed_async_connection().await.ok()?;
        let pong: Result<String, _> = ::redis::cmd("PING").query_async(&mut connection).await;
        pong.is_ok().then_some(connection)
    }

    fn ca_file(&self) -> Option<PathBuf> {
        (self.kind == Kind::Tls).then(|| self.folder.path().join("redis.crt"))
    }
}
