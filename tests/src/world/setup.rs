//! What a world is made of, and its start.

use std::net::SocketAddr;

use base64::Engine;
use control_plane::domain::audit::Actor;
use control_plane::domain::clock::ShiftedClock;
use control_plane::egress::TextTable;
use secrecy::ExposeSecret;
use serde_json::json;
use telemetry::OtlpSettings;

use super::World;
use super::replica::{ControlPlane, resolver};
use super::sockets::{address, bind, origin, secure_origin};
use crate::db::{Backend, Db};
use crate::fakes::document_site::DocumentSite;
use crate::fakes::mail_server::MailServer;
use crate::fakes::tls;
use crate::people::Operator;
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
