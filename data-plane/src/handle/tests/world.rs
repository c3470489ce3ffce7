//! One node with two tenants, some people and some servers; requests go to its service directly.

use std::net::SocketAddr;
use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use chrono::DateTime;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use proto::claims::AccessClaims;
use proto::members::Alias;
use proto::names::ServerSlug;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::upstream::{FakeUpstream, Speaks};
use crate::Node;
use crate::clock::{Clock as _, FixedClock};
use crate::config::Config;
use crate::handle::Gateway;
use crate::map::{HashMap, HashSet};
use crate::snapshot::{
    Choice, Directory, GrantIndex, Item, Member, Offer, OutboundAuth, Principal, PrincipalKind, Role, Server,
    ServerState, SessionKey, SigningKey, Snapshot, TenantEntry, TenantStatus,
};
use crate::upstream::credential::Credential;

type Named = (ServerSlug, Arc<Server>);

pub(super) const DEMO: &str = "/acme/mcp/demo/server";
pub(super) const ACME: Uuid = Uuid::from_u128(1);
pub(super) const GLOBEX: Uuid = Uuid::from_u128(2);
pub(super) const ANA: Uuid = Uuid::from_u128(10);
pub(super) const BOB: Uuid = Uuid::from_u128(11);
pub(super) const LEAVER: Uuid = Uuid::from_u128(12);
pub(super) const KID: &str = "key-1";

pub(super) struct World {
    pub(super) node: Arc<Node>,
    pub(super) clock: Arc<FixedClock>,
    pub(super) upstream: FakeUpstream,
    /// Who is connected, if the listener knows.
    pub(super) peer: Option<SocketAddr>,
    service: Gateway,
    signer: Arc<EncodingKey>,
    verifier: DecodingKey,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The event ids of an event stream.
    pub(super) fn event_ids(&self) -> Vec<String> {
        let events = crate::mcp::sse::Parser::new(1 << 24).feed(&self.body).expect("short");
        let ids = events.into_iter().filter_map(|event| event.id);
        ids.map(|id| String::from_utf8(id.to_vec()).expect("ASCII")).collect()
    }

    /// The messages of an event stream.
    pub(super) fn events(&self) -> Vec<Value> {
        assert_eq!(self.header("content-type"), "text/event-stream");
        let mut parser = crate::mcp::sse::Parser::new(1 << 24);
        let events = parser.feed(&self.body).expect("short");
        let messages = events.iter().filter(|event| !event.data.is_empty());
        messages.map(|event| serde_json::from_slice(&event.data).expect("JSON")).collect()
    }
}

impl World {
    pub(super) async fn start(speaks: Speaks) -> Self {
        let upstream = FakeUpstream::start(speaks).await;
        Self::with(upstream, |_| {})
    }

    pub(super) fn with(upstream: FakeUpstream, adjust: impl FnOnce(&mut Config)) -> Self {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &aws_lc_rs::rand::SystemRandom::new())
                .expect("generates");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).expect("own key");
        let signer = Arc::new(EncodingKey::from_ec_der(pkcs8.as_ref()));
        let verifier = DecodingKey::from_ec_der(pair.public_key().as_ref());
        Self::node(upstream, signer, verifier, adjust)
    }

    /// Another node of the same pool.
    pub(super) fn another_node(&self) -> Self {
        Self::node(self.upstream.clone(), self.signer.clone(), self.verifier.clone(), |_| {})
    }

    fn node(
        upstream: FakeUpstream,
        signer: Arc<EncodingKey>,
        verifier: DecodingKey,
        adjust: impl FnOnce(&mut Config),
    ) -> Self {
        let control_plane = "http://127.0.0.1:1".parse().expect("URL");
        let mut config = Config::new("node-1", control_plane, "pwn_test".into());
        config.public_origins = vec!["https://gw.test".into()];
        config.upstream.allowed_private_ranges = vec!["127.0.0.0/8".parse().expect("range")];
        adjust(&mut config);
        let clock = Arc::new(FixedClock::at(DateTime::from_timestamp(1_800_000_000, 0).expect("in range")));
        let node = Node::new(config, clock.clone()).expect("a node");
        let world = Self { peer: None, service: Gateway(node.clone()), node, clock, upstream, signer, verifier };
        world.publish(5);
        world
    }

    /// Publishes the configuration at `revision`.
    pub(super) fn publish(&self, revision: u64) {
        let tenants = [(ACME, "acme"), (GLOBEX, "globex")].map(|(id, slug)| TenantEntry {
            id,
            slug: slug.parse().expect("slug"),
            status: TenantStatus::Active,
            issuer: format!("https://auth.test/t/{slug}"),
            gateway_origins: vec!["https://gw.test".into(), "https://mcp.acme.test".into()],
        });
        let tenants = tenants.into_iter().map(|entry| (entry.slug.clone(), Arc::new(entry))).collect();
        self.node.configuration.publish_directory(Directory { revision: 1, tenants });
        for tenant in [ACME, GLOBEX] {
            self.node.configuration.publish(Arc::new(self.snapshot(tenant, revision)));
        }
    }

    pub(super) fn snapshot(&self, tenant_id: Uuid, revision: u64) -> Snapshot {
        let everyone = || GrantIndex { everyone: Some(Role::User), subjects: HashMap::default() };
        let bob_only = || GrantIndex { everyone: None, subjects: HashMap::from_iter([(BOB, Role::User)]) };
        let server = |number: u128, slug: &str, state, grants, timeout_ms| {
            let id = Uuid::from_u128(tenant_id.as_u128() << 32 | number);
            let plain = Server::plain(id, slug, &self.upstream.url);
            let server = Server { state, timeout_ms, grants, ..plain };
            (server.slug.clone(), Arc::new(server))
        };
        let principal = |id, active, epoch| {
            let kind = PrincipalKind::User;
            (id, Arc::new(Principal { id, kind, active, epoch, credentials: 0, group_ids: HashSet::default() }))
        };
        let signing_key = SigningKey { kid: KID.into(), key: self.verifier.clone() };
        Snapshot {
            tenant_id,
            revision,
            status: TenantStatus::Active,
            allowed_origins: vec!["https://tool.acme.test".into()],
            offline_max_s: 86_400,
            calls_off: false,
            blocked_clients: Arc::default(),
            concurrent_calls_max: None,
            servers: HashMap::from_iter([
                self.bundle(server(107, "all", ServerState::Enabled, everyone(), 0), tenant_id),
                server(100, "demo", ServerState::Enabled, everyone(), 0),
                server(101, "secret", ServerState::Enabled, bob_only(), 0),
                server(102, "off", ServerState::Disabled, everyone(), 0),
                server(103, "broken", ServerState::ConfigRejected, everyone(), 0),
                server(104, "hasty", ServerState::Enabled, everyone(), 60),
                self.keyed(server(105, "keyed", ServerState::Enabled, everyone(), 0), &self.upstream.url, revision),
                self.keyed(server(106, "moved", ServerState::Enabled, everyone(), 0), "https://old.test", revision),
            ]),
            principals: HashMap::from_iter([
                principal(ANA, true, 1),
                principal(BOB, true, 1),
                principal(LEAVER, false, 1),
            ]),
            signing_keys: HashMap::from_iter([(KID.into(), Arc::new(signing_key))]),
            api_keys: super::api_keys::keys(tenant_id, revision),
            session_keys: vec![SessionKey::new(1, Zeroizing::new([7; 32]), 0)],
            revoked_grants: Arc::default(),
            limits: Arc::default(),
        }
    }

    /// Made of others: one with a choice of tools, one with a credential, one that is off, one whose credential is for
    /// another place.
    fn bundle(&self, (slug, server): Named, tenant_id: Uuid) -> Named {
        let member = |number: u128, of: &str, alias: &str, tools: Choice| Member {
            server_id: Uuid::from_u128(tenant_id.as_u128() << 32 | number),
            slug: of.parse().expect("slug"),
            alias: Alias::parse(alias).expect("alias"),
            offer: Arc::new(Offer { tools, ..Offer::default() }),
        };
        let item = |name: &str, exposed_as: Option<&str>| Item {
            name: name.to_owned(),
            exposed_as: exposed_as.map(str::to_owned),
            description: None,
        };
        let chosen = Choice::Only(vec![item("echo", Some("say")), item("stream", None)]);
        let members: Arc<[Member]> = Arc::new([
            member(100, "demo", "d", chosen),
            member(105, "keyed", "k", Choice::All),
            member(102, "off", "o", Choice::All),
            member(106, "moved", "m", Choice::All),
        ]);
        let upstream_url = "https://virtual.invalid/".parse().expect("URL");
        (slug, Arc::new(Server { members: Some(members), upstream_url, ..Server::clone(&server) }))
    }

    /// With a credential that was stored for `origin`; a later revision has another value.
    fn keyed(&self, (slug, server): Named, origin: &str, revision: u64) -> Named {
        let value = Zeroizing::new(format!("Bearer upstream-key-{revision}"));
        let headers = vec![(http::header::AUTHORIZATION, value)];
        let credential = Credential::new(origin.parse().expect("URL"), headers, revision).expect("valid");
        let outbound_auth = OutboundAuth::Shared(credential);
        (slug, Arc::new(Server { outbound_auth, ..Server::clone(&server) }))
    }

    pub(super) fn claims(&self, user: Uuid) -> AccessClaims {
        let now = self.clock.now().timestamp();
        AccessClaims {
            iss: "https://auth.test/t/acme".into(),
            sub: user,
            aud: format!("https://gw.test{DEMO}"),
            exp: now + 600,
            iat: now,
            jti: Uuid::from_u128(99),
            client_id: "client-1".into(),
            scope: "mcp".into(),
            tid: ACME,
            sid: Uuid::nil(),
            gid: Uuid::nil(),
            ep: 1,
            rev: 5,
        }
    }

    pub(super) fn sign(&self, claims: &AccessClaims) -> String {
        self.sign_as(claims, KID, "at+jwt")
    }

    pub(super) fn sign_as(&self, claims: &AccessClaims, kid: &str, typ: &str) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(kid.into());
        header.typ = Some(typ.into());
        jsonwebtoken::encode(&header, claims, &self.signer).expect("signs")
    }

    /// A token of `user` for the server `slug`.
    pub(super) fn token(&self, user: Uuid, slug: &str) -> String {
        let aud = format!("https://gw.test/acme/mcp/{slug}/server");
        self.sign(&AccessClaims { aud, ..self.claims(user) })
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let (head, body) = self.open(method, path, headers, body).await.into_parts();
        let body = body.collect().await.expect("whole").to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// The response, its body unread.
    pub(super) async fn open(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> http::Response<Body> {
        let mut request = Request::builder().method(method).uri(path).body(body.into()).expect("valid");
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let given = request.headers_mut();
        given.insert("host", "gw.test".parse().expect("valid"));
        given.insert("content-type", "application/json".parse().expect("valid"));
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().expect("name");
            given.insert(name, value.parse().expect("value"));
        }
        self.service.clone().oneshot(request).await.expect("infallible")
    }

    /// Waits until the metrics say so: a call is recorded a moment after its client is gone.
    pub(super) async fn counted(&self, line: &str) {
        while !self.node.metrics.render().contains(line) {
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn ide(&self, user: Uuid, slug: &str) -> Ide<'_> {
        let authorization = format!("Bearer {}", self.token(user, slug));
        Ide { world: self, path: format!("/acme/mcp/{slug}/server"), authorization, session: String::new() }
    }

    /// A legacy client that has initialized.
    pub(super) async fn legacy(&self, user: Uuid, slug: &str) -> Ide<'_> {
        let mut ide = self.ide(user, slug).await;
        let answer = ide.post(&initialize("2025-11-25")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        ide.session = answer.header("mcp-session-id").to_owned();
        ide
    }
}

/// A client with a token, and perhaps a session.
pub(super) struct Ide<'w> {
    pub(super) world: &'w World,
    pub(super) path: String,
    pub(super) authorization: String,
    pub(super) session: String,
}

impl Ide<'_> {
    pub(super) fn headers(&self) -> Vec<(&str, &str)> {
        let mut headers = vec![("authorization", self.authorization.as_str())];
        if !self.session.is_empty() {
            headers.push(("mcp-session-id", &self.session));
        }
        headers
    }

    pub(super) async fn request(&self, method: Method) -> Answer {
        self.world.send(method, &self.path, &self.headers(), Body::empty()).await
    }

    pub(super) async fn post(&self, body: &Value) -> Answer {
        self.post_raw(body.to_string()).await
    }

    pub(super) async fn post_raw(&self, body: impl Into<Body>) -> Answer {
        self.world.send(Method::POST, &self.path, &self.headers(), body).await
    }

    pub(super) async fn call(&self, id: impl Into<Value>, tool: &str) -> Answer {
        self.post(&call(id, tool)).await
    }

    /// A call whose answer is not read yet.
    pub(super) async fn call_open(&self, tool: &str) -> http::Response<Body> {
        self.world.open(Method::POST, &self.path, &self.headers(), call(1, tool).to_string()).await
    }

    /// A modern request with the headers that belong to it.
    pub(super) async fn modern(&self, body: &Value) -> http::Response<Body> {
        let mut headers = self.headers();
        headers.push(("mcp-protocol-version", "2026-07-28"));
        headers.push(("mcp-method", body["method"].as_str().expect("a method")));
        let params = &body["params"];
        if let Some(name) = [&params["name"], &params["uri"], &params["taskId"]].iter().find_map(|name| name.as_str()) {
            headers.push(("mcp-name", name));
        }
        self.world.open(Method::POST, &self.path, &headers, body.to_string()).await
    }
}

pub(super) fn initialize(version: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": version,
        "capabilities": {"sampling": {}, "elicitation": {}, "experimental": {"x": {}}},
        "clientInfo": {"name": "test-ide", "version": "9"},
    }})
}

pub(super) fn call(id: impl Into<Value>, tool: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id.into(), "method": "tools/call",
        "params": {"name": tool, "arguments": {"a": 1}, "_meta": {"progressToken": "tok"}}})
}

pub(super) fn modern(id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"sampling": {}, "extensions": {"x/y": {}}},
        "io.modelcontextprotocol/clientInfo": {"name": "test-ide", "version": "9"},
        "progressToken": "tok",
    });
    json!({"jsonrpc": "2.0", "id": id.into(), "method": method, "params": params})
}
