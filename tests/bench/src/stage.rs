//! Everything that stands on the stage: a control plane, nodes, nginx, the bare relay and the upstreams, each a
//! process of its own, pinned; a tenant with people who signed in as people do.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use secrecy::SecretString;
use tempfile::TempDir;
use url::Url;

use crate::messages::Door;
use crate::people::{Operator, Person};
use crate::processes::{Process, free_address, log_file, wrapped};

/// Where the measured proxy runs, and where everything else does.
pub const PROXY_CORE: usize = 0;
pub const OTHER_CORE: usize = 1;
/// A node with 10,000 streams has twice as many sockets.
const FILES: u64 = 65_536;
const READY_TIMEOUT: Duration = Duration::from_secs(30);
const READY_POLL: Duration = Duration::from_millis(50);
/// Open connections to upstreams that nginx keeps, per upstream: as many as a node does.
const UPSTREAM_CONNECTIONS: usize = 64;

pub const TENANT: &str = "bench";
/// Registered by [`Stage::tenant`].
pub const SERVERS: usize = 4;

/// A place to send calls to, by where the upstream behind it runs.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    pub far: SocketAddr,
    pub near: SocketAddr,
}

pub struct Stage {
    folder: TempDir,
    programs: PathBuf,
    /// On the other core; on the proxy's core.
    pub echo: Pair,
    pub relay: Pair,
    pub nginx: SocketAddr,
    pub operator: Operator,
    gateway: SocketAddr,
    /// Of the control plane, for nodes.
    pub grpc: SocketAddr,
    node_secret: String,
    processes: Vec<Process>,
}

/// Where the control plane listens for people, and for its operator.
struct Places {
    auth: SocketAddr,
    admin: SocketAddr,
}

/// A running node.
pub struct Node {
    pub process: Process,
    pub address: SocketAddr,
    admin: SocketAddr,
}

impl Node {
    /// One number of its metrics; 0 where it has not been counted yet.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        Ok(self.read_metric(name).await?.unwrap_or(0.0))
    }

    /// One that is always there.
    pub async fn gauge(&self, name: &str) -> Result<f64> {
        self.read_metric(name).await?.with_context(|| format!("the node measures no {name}"))
    }

    async fn read_metric(&self, name: &str) -> Result<Option<f64>> {
        let url = format!("http://{}/metrics", self.admin);
        let page = crate::http::builder().build()?.get(url).send().await?.text().await?;
        Ok(page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()))
    }
}

impl Stage {
    /// Starts everything but nodes: on SQLite, or on a PostgreSQL server. `programs` is the folder with the release binaries.
    pub async fn start(programs: &Path, postgres: Option<&Url>) -> Result<Self> {
        let (mut stage, places) = Self::empty(programs)?;
        stage.start_upstreams()?;
        stage.start_proxies()?;
        stage.start_control_plane(places, postgres).await?;
        Ok(stage)
    }

    /// The same on SQLite and without other proxies.
    pub async fn without_proxies(programs: &Path) -> Result<Self> {
        let (mut stage, places) = Self::empty(programs)?;
        stage.start_upstreams()?;
        stage.start_control_plane(places, None).await?;
        Ok(stage)
    }

    fn empty(programs: &Path) -> Result<(Self, Places)> {
        let folder = tempfile::tempdir()?;
        let echo = Pair { far: free_address()?, near: free_address()? };
        let relay = Pair { far: free_address()?, near: free_address()? };
        let (nginx, gateway, auth, grpc, admin) =
            (free_address()?, free_address()?, free_address()?, free_address()?, free_address()?);
        let stage = Self {
            programs: programs.to_path_buf(),
            echo,
            relay,
            nginx,
            operator: Operator {
                token: SecretString::default(),
                auth_origin: origin(auth),
                gateway_origin: origin(gateway),
            },
            gateway,
            grpc,
            node_secret: String::new(),
            processes: Vec::new(),
            folder,
        };
        Ok((stage, Places { auth, admin }))
    }

    fn start_upstreams(&mut self) -> Result<()> {
        let echo = self.echo;
        let listen = |address: SocketAddr| own(&["echo", "--listen", &address.to_string()]);
        self.run("echo", OTHER_CORE, &listen(echo.far)?)?;
        self.run("echo-near", PROXY_CORE, &listen(echo.near)?)
    }

    fn start_proxies(&mut self) -> Result<()> {
        let (echo, relay) = (self.echo, self.relay);
        let relay_to = |from: SocketAddr, to: SocketAddr| {
            own(&["relay", "--listen", &from.to_string(), "--upstream", &to.to_string()])
        };
        self.run("relay", PROXY_CORE, &relay_to(relay.far, echo.far)?)?;
        self.run("relay-near", PROXY_CORE, &relay_to(relay.near, echo.near)?)?;
        let settings = self.folder.path().join("nginx.conf");
        std::fs::write(&settings, nginx_settings(self.folder.path(), self.nginx, echo))?;
        let mut nginx = Command::new("nginx");
        nginx.arg("-c").arg(settings).arg("-p").arg(self.folder.path());
        self.run("nginx", PROXY_CORE, &nginx)
    }

    fn run(&mut self, name: &'static str, core: usize, command: &Command) -> Result<()> {
        self.processes.push(self.start_program(name, core, command)?);
        Ok(())
    }

    /// A program that the caller ends.
    pub fn start_program(&self, name: &'static str, core: usize, command: &Command) -> Result<Process> {
        Process::start(name, core, &with_files(command), self.folder.path())
    }

    /// The process of that name.
    pub fn pid(&self, name: &str) -> Result<u32> {
        let found = self.processes.iter().find(|process| process.name() == name);
        Ok(found.with_context(|| format!("{name} was not started"))?.pid())
    }

    async fn start_control_plane(&mut self, places: Places, postgres: Option<&Url>) -> Result<()> {
        let Places { auth, admin } = places;
        let folder = self.folder.path();
        let (settings, kek) = (folder.join("control-plane.toml"), folder.join("kek"));
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key).map_err(|_| anyhow::anyhow!("no random numbers"))?;
        std::fs::write(&kek, base64::engine::general_purpose::STANDARD.encode(key))?;
        let text = format!(
            "listen = \"{auth}\"\ngrpc_listen = \"{}\"\nadmin_listen = \"{admin}\"\npublic_origin = \"{}\"\n\
             gateway_origins = [\"{}\"]\nkek_file = \"{}\"\ntrusted_proxies = [\"127.0.0.0/8\"]\nrequire_second_factor = false\n\
             [database]\n{}\n",
            self.grpc,
            self.operator.auth_origin,
            self.operator.gateway_origin,
            kek.display(),
            database(folder, postgres)?,
        );
        std::fs::write(&settings, text)?;
        let control = |words: &[&str]| {
            let mut command = Command::new(self.programs.join("portway-control-plane"));
            command.args(words).arg("--config").arg(&settings);
            command
        };
        output(&mut control(&["migrate"]))?;
        let operator = secret(&output(&mut control(&["operator", "create", "--name", "bench"]))?, "pwo_")?;
        let node = secret(&output(&mut control(&["node", "enrol", "--name", "nodes"]))?, "pwn_")?;
        // Call records are stored beside the load generator: that must not slow the load down.
        let serving = wrapped(&["nice", "-n", "10"], &control(&["serve"]));
        self.run("control-plane", OTHER_CORE, &serving)?;
        self.operator.token = operator.into();
        self.node_secret = node;
        self.ready("control-plane", admin).await
    }

    /// A node on the proxy's core that knows nothing yet. The first one listens at the tenants' gateway origin.
    pub async fn start_node(&self, name: &'static str, is_first: bool) -> Result<Node> {
        self.start_node_with(name, is_first, &[]).await
    }

    /// The same with more settings.
    pub async fn start_node_with(
        &self,
        name: &'static str,
        is_first: bool,
        settings: &[(&str, String)],
    ) -> Result<Node> {
        let address = if is_first { self.gateway } else { free_address()? };
        let admin = free_address()?;
        let mut command = Command::new(self.programs.join("portway-data-plane"));
        command.envs([
            ("PORTWAY_NODE_NODE_ID", name.to_owned()),
            ("PORTWAY_NODE_LISTEN", address.to_string()),
            ("PORTWAY_NODE_ADMIN__LISTEN", admin.to_string()),
            ("PORTWAY_NODE_CONTROL_PLANE__URL", format!("http://{}", self.grpc)),
            ("PORTWAY_NODE_CONTROL_PLANE__NODE_SECRET", self.node_secret.clone()),
            ("PORTWAY_NODE_PUBLIC_ORIGINS", format!("[\"{}\"]", self.operator.gateway_origin)),
            ("PORTWAY_NODE_UPSTREAM__ALLOWED_PRIVATE_RANGES", "[\"127.0.0.0/8\"]".to_owned()),
            ("PORTWAY_NODE_LOG__FORMAT", "json".to_owned()),
        ]);
        command.envs(settings.iter().map(|(key, value)| (*key, value)));
        let process = Process::start(name, PROXY_CORE, &with_files(&command), self.folder.path())?;
        self.ready(name, admin).await?;
        Ok(Node { process, address, admin })
    }

    /// A Redis of its own, on the other core.
    pub fn start_redis(&mut self) -> Result<SocketAddr> {
        let address = free_address()?;
        let mut redis = Command::new("redis-server");
        redis.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &address.port().to_string()]);
        self.run("redis", OTHER_CORE, &redis)?;
        Ok(address)
    }

    /// Registers the upstreams of both eras, near and far, for a new tenant's owner.
    pub async fn tenant(&self) -> Result<Person> {
        let owner = self.operator.tenant(TENANT).await;
        for (suffix, echo) in [("far", self.echo.far), ("near", self.echo.near)] {
            for era in ["modern", "legacy"] {
                let server = owner.register_server(&format!("{era}-{suffix}"), &format!("http://{echo}/{era}")).await;
                owner.grant_everyone(&server).await;
            }
        }
        Ok(owner)
    }

    /// Signs in for a server as an IDE does.
    pub async fn door(&self, person: &Person, server: &str) -> Door {
        let ide = person.ide(server).await;
        Door { path: ide.url.path().to_owned(), host: self.host(), token: ide.access_token().to_owned() }
    }

    /// As clients write it into `Host`.
    pub fn host(&self) -> String {
        self.operator.gateway_origin.replace("http://", "")
    }

    async fn ready(&self, name: &str, admin: SocketAddr) -> Result<()> {
        let client = crate::http::builder().build()?;
        let url = format!("http://{admin}/ready");
        let ready = async {
            loop {
                if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
                tokio::time::sleep(READY_POLL).await;
            }
        };
        if tokio::time::timeout(READY_TIMEOUT, ready).await.is_err() {
            let said = std::fs::read_to_string(log_file(self.folder.path(), name)).unwrap_or_default();
            bail!("{name} is not ready after {} s:\n{said}", READY_TIMEOUT.as_secs());
        }
        Ok(())
    }
}

/// This program with other words.
fn own(words: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(words);
    Ok(command)
}

/// Settings of the database: of PostgreSQL with the logins of a deployment.
fn database(folder: &Path, postgres: Option<&Url>) -> Result<String> {
    let Some(owner) = postgres else {
        return Ok(format!("url = \"sqlite://{}\"", folder.join("portway.db").display()));
    };
    let of = |login: &str| {
        let mut url = owner.clone();
        url.set_username(login).map_err(|()| anyhow::anyhow!("{owner} takes no login"))?;
        Ok::<_, anyhow::Error>(url)
    };
    let (app, system) = (of("gateway_app")?, of("gateway_system")?);
    Ok(format!("url = \"{app}\"\nsystem_url = \"{system}\"\nowner_url = \"{owner}\""))
}

/// `localhost`, as people type it.
fn origin(address: SocketAddr) -> String {
    format!("http://localhost:{}", address.port())
}

/// The command with as many open files as thousands of streams need, where we may allow it.
fn with_files(command: &Command) -> Command {
    if may_have_files() { wrapped(&["prlimit", &files()], command) } else { wrapped(&["env"], command) }
}

/// Whether processes may have as many open files as thousands of streams need.
pub fn may_have_files() -> bool {
    Command::new("prlimit").args([&files(), "true"]).output().is_ok_and(|output| output.status.success())
}

fn files() -> String {
    format!("--nofile={FILES}:{FILES}")
}

/// A plain reverse proxy, with keep-alive on both sides and nothing written to disk.
fn nginx_settings(folder: &Path, listen: SocketAddr, echo: Pair) -> String {
    let folder = folder.display();
    let upstream = |name: &str, address: SocketAddr| {
        format!(
            "upstream {name} {{ server {address}; keepalive {UPSTREAM_CONNECTIONS}; keepalive_requests 1000000000; }}\n"
        )
    };
    let location = |name: &str| {
        format!(
            "location /{name}/ {{ proxy_pass http://{name}/; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}\n"
        )
    };
    format!(
        "daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr warn;\n\
         events {{ worker_connections 4096; }}\n\
         http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;\n\
         client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n\
         uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n\
         {}{}server {{ listen {listen};\n{}{}}} }}\n",
        upstream("far", echo.far),
        upstream("near", echo.near),
        location("far"),
        location("near"),
    )
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("starting {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!("{} failed: {}", command.get_program().display(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The word with this prefix.
fn secret(text: &str, prefix: &str) -> Result<String> {
    let word = text.split_whitespace().find(|word| word.starts_with(prefix));
    Ok(word.with_context(|| format!("no {prefix}… was printed"))?.to_owned())
}
