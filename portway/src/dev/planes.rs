//! Starts both planes in this process, joined over loopback by the same gRPC contract as anywhere, and the front that
//! gives them one port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use control_plane::domain::clock::SystemClock;
use control_plane::state::App;
use secrecy::SecretString;
use tokio::net::TcpListener;
use url::Url;

use super::data::DataDir;
use super::services::{DRAIN, Services};
use super::sockets::bind_inside;
use crate::demo;
use crate::front::Front;
use crate::platform::http_client;

const KEK: &str = "kek";
const READY_TIMEOUT: Duration = Duration::from_secs(20);
const READY_POLL: Duration = Duration::from_millis(50);
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

/// A started control plane and where its parts listen.
pub(super) struct ControlPlane {
    pub(super) app: Arc<App>,
    http: SocketAddr,
    grpc: SocketAddr,
    admin: SocketAddr,
}

/// Migrates the database and starts the control plane.
pub(super) async fn start_control_plane(
    data: &DataDir,
    origin: &str,
    services: &mut Services,
) -> anyhow::Result<ControlPlane> {
    let ((http, http_listener), (grpc, grpc_listener), (admin, admin_listener)) =
        (bind_inside().await?, bind_inside().await?, bind_inside().await?);
    let config = control_plane::config::Config {
        listen: http,
        grpc_listen: grpc,
        grpc_tls: None,
        admin_listen: admin,
        public_origin: origin.to_owned(),
        gateway_origins: vec![origin.to_owned()],
        gateway_internal_url: None,
        database: control_plane::store::DatabaseConfig {
            url: data.database_url()?,
            system_url: None,
            owner_url: None,
            connections_max: 1,
        },
        kek: Some(key_encryption_key(data)?),
        // One person, one machine.
        tenant_sign_up: false,
        require_second_factor: false,
        mail: None,
        kek_file: None,
        previous_kek_files: Vec::new(),
        trusted_proxies: loopback()?,
        // A laptop may be offline: editors that can also register themselves then do.
        client_documents: false,
        // The servers that somebody tries here are on this machine, as the node has it below.
        egress: control_plane::egress::EgressConfig {
            allowed_private_ranges: loopback()?,
            ..control_plane::egress::EgressConfig::default()
        },
        admin_hosts: Vec::new(),
        key_age_days: control_plane::domain::limits::KEY_AGE_DAYS,
        otlp: Default::default(),
    };
    control_plane::store::migrate(&config.database).await.context("cannot bring the database up to date")?;
    let listeners = control_plane::Listeners { http: http_listener, grpc: grpc_listener, admin: admin_listener };
    let running = control_plane::start(config, Arc::new(SystemClock), listeners, services.shutdown.clone())
        .await
        .context("cannot start the control plane")?;
    let app = running.app.clone();
    services.add("control plane", async move {
        running.join().await;
        Ok(())
    });
    Ok(ControlPlane { app, http, grpc, admin })
}

/// Starts a node that may reach servers on this machine, and the front on `listeners`. Returns when both planes are ready.
pub(super) async fn start_node_and_front(
    control_plane: &ControlPlane,
    node_secret: SecretString,
    origin: &str,
    listeners: Vec<TcpListener>,
    services: &mut Services,
) -> anyhow::Result<()> {
    let ((gateway, gateway_listener), (admin, admin_listener)) = (bind_inside().await?, bind_inside().await?);
    let url = Url::parse(&format!("http://{}", control_plane.grpc))?;
    let mut config = data_plane::config::Config::new("dev", url, node_secret);
    config.listen = gateway;
    config.admin.listen = admin;
    config.public_origins = vec![origin.to_owned()];
    config.trusted_proxies = loopback()?;
    config.upstream.allowed_private_ranges = loopback()?;
    config.drain_timeout = DRAIN;
    let sockets = data_plane::Listeners { gateway: gateway_listener, admin: admin_listener };
    let node = data_plane::run(config, sockets, services.shutdown.clone());
    services.add("gateway node", async move { Ok(node.await?) });

    let front = Front { control_plane: control_plane.http, nodes: vec![gateway] };
    for listener in listeners {
        let serving = front.clone().serve(listener, services.shutdown.clone(), DRAIN);
        services.add("front", async move { Ok(serving.await?) });
    }
    services.while_running(ready([control_plane.admin, admin])).await
}

/// Starts the demo MCP server; answers its URL.
pub(super) async fn start_demo_server(services: &mut Services) -> anyhow::Result<String> {
    let (address, listener) = bind_inside().await?;
    let serving = demo::serve(listener, services.shutdown.clone());
    services.add("demo server", async move { Ok(serving.await?) });
    Ok(format!("http://{address}{}", demo::PATH))
}

/// The key that wraps the tenants' keys, made on the first start.
fn key_encryption_key(data: &DataDir) -> anyhow::Result<SecretString> {
    use base64::Engine;
    if let Some(kek) = data.find_secret(KEK)? {
        return Ok(kek);
    }
    let bytes = control_plane::crypto::tokens::random_bytes::<32>()?;
    let kek = SecretString::from(base64::engine::general_purpose::STANDARD.encode(bytes));
    data.keep_secret(KEK, &kek)?;
    Ok(kek)
}

fn loopback<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>() -> anyhow::Result<Vec<T>> {
    LOOPBACK.iter().map(|range| Ok(range.parse()?)).collect()
}

/// Waits until each admin port says that its process is ready.
async fn ready(admins: [SocketAddr; 2]) -> anyhow::Result<()> {
    let client = http_client()?;
    let all_ready = async {
        for admin in admins {
            let url = format!("http://{admin}/ready");
            while !client.get(&url).send().await.is_ok_and(|response| response.status().is_success()) {
                tokio::time::sleep(READY_POLL).await;
            }
        }
    };
    if tokio::time::timeout(READY_TIMEOUT, all_ready).await.is_err() {
        bail!("not ready after {} seconds; the log in the data folder says why", READY_TIMEOUT.as_secs());
    }
    Ok(())
}
