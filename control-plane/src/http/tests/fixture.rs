//! A control plane on a fresh database, browsers that keep cookies, and an OAuth client.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use url::Url;

use crate::app::platform::{self, NewTenant};
use crate::config::Config;
use crate::crypto::{password, tokens};
use crate::domain::access::{ServerRole, TenantRole};
use crate::domain::audit::Actor;
use crate::domain::clock::ShiftedClock;
use crate::domain::ids::{AccessGrantId, ServerId, UserId};
use crate::domain::server::ServerKind;
use crate::domain::server::{AccessGrant, OutboundAuth, Server, ServerStatus, Subject};
use crate::domain::tenancy::{Tenant, TenantSettings, User, UserSource, UserStatus};
use crate::domain::transport::Transport;
use crate::state::App;
use crate::store;
use crate::tasks::Tasks;

pub(super) const ORIGIN: &str = "https://auth.example";
pub(super) const GATEWAY: &str = "https://gw.example";
pub(super) const PASSWORD: &str = "correct horse battery";
pub(super) const LOOPBACK: &str = "http://localhost:8787/callback";
pub(super) const WEB: &str = "https://client.example/callback";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub(super) struct World {
    pub(super) app: Arc<App>,
    pub(super) clock: ShiftedClock,
    _files: TempDir,
}

pub(super) fn config(files: &TempDir, kek: [u8; 32]) -> Config {
    serde_json::from_value(json!({
        "listen": "127.0.0.1:1", "grpc_listen": "127.0.0.1:2", "admin_listen": "127.0.0.1:3",
        "public_origin": ORIGIN, "gateway_origins": [GATEWAY], "trusted_proxies": ["0.0.0.0/32"],
        "require_second_factor": false, "kek": STANDARD.encode(kek),
        "database": { "url": format!("sqlite://{}", files.path().join("db").display()), "connections_max": 1 },
    }))
    .unwrap()
}

impl World {
    /// With tenant `acme`, its member `ana`, and the server `git` that everyone may use.
    pub(super) async fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let (config, clock) = (config(&files, [7; 32]), ShiftedClock::default());
        store::migrate(&config.database).await.unwrap();
        let app = App::new(config, Arc::new(clock.clone()), Tasks::new(CancellationToken::new())).await.unwrap();
        let world = Self { app: Arc::new(app), clock, _files: files };
        platform::open_deployment(&world.app).await.unwrap();
        world.add_tenant("acme").await;
        world.add_user("acme", "ana", TenantRole::Member).await;
        let git = world.add_server("acme", "git").await;
        world.grant("acme", git, Subject::Everyone).await;
        world
    }

    /// A second process on the same database that cannot open its secrets.
    pub(super) async fn with_another_kek(&self) -> Self {
        let app =
            App::new(config(&self._files, [8; 32]), Arc::new(self.clock.clone()), Tasks::new(CancellationToken::new()))
                .await
                .unwrap();
        Self { app: Arc::new(app), clock: self.clock.clone(), _files: tempfile::tempdir().unwrap() }
    }

    pub(super) async fn add_tenant(&self, slug: &str) -> Tenant {
        let new = NewTenant { slug: slug.into(), display_name: format!("The {slug} company"), ..NewTenant::default() };
        platform::create_tenant(&self.app, Actor::System, new).await.unwrap().0
    }

    pub(super) async fn tenant(&self, slug: &str) -> Tenant {
        platform::find_tenant(&self.app, &slug.parse().unwrap()).await.unwrap().unwrap()
    }

    pub(super) async fn set(&self, slug: &str, change: impl FnOnce(&mut TenantSettings)) {
        let mut tenant = self.tenant(slug).await;
        change(&mut tenant.settings);
        let store = self.app.store.tenant(tenant.id).await.unwrap();
        store.update_tenant(&tenant).await.unwrap();
        store.commit().await.unwrap();
    }

    pub(super) async fn add_user(&self, slug: &str, name: &str, role: TenantRole) -> UserId {
        let hash = password::hash(PASSWORD.into()).await.unwrap();
        let store = self.app.store.tenant(self.tenant(slug).await.id).await.unwrap();
        let user = User {
            id: UserId(store.new_id()),
            user_name: name.into(),
            email: format!("{name}@example.com"),
            display_name: format!("{name} of {slug}"),
            role,
            assigned_role: role,
            source: UserSource::Local,
            external_id: None,
            status: UserStatus::Active,
            epoch: 3,
            created_at: store.now(),
        };
        store.insert_user(&user).await.unwrap();
        store.put_password_hash(user.id, &hash).await.unwrap();
        store.commit().await.unwrap();
        user.id
    }

    pub(super) async fn add_server(&self, slug: &str, server: &str) -> ServerId {
        let store = self.app.store.tenant(self.tenant(slug).await.id).await.unwrap();
        let row = Server {
            id: ServerId(store.new_id()),
            slug: server.parse().unwrap(),
            display_name: format!("Server {server}"),
            description: "What it is for".into(),
            upstream_url: "https://up.example/mcp".into(),
            outbound_auth: OutboundAuth::None,
            status: ServerStatus::Enabled,
            timeout_ms: 0,
            kind: ServerKind::Single,
            transport: Transport::default(),
            tool_switches: Default::default(),
            tags: Vec::new(),
            created_by: None,
            created_at: store.now(),
            updated_at: store.now(),
        };
        store.insert_server(&row).await.unwrap();
        store.commit().await.unwrap();
        row.id
    }

    pub(super) async fn grant(&self, slug: &str, server_id: ServerId, subject: Subject) -> AccessGrantId {
        let store = self.app.store.tenant(self.tenant(slug).await.id).await.unwrap();
        let id = AccessGrantId(store.new_id());
        let grant = AccessGrant { id, server_id, role: ServerRole::User, subject, created_at: store.now() };
        store.insert_access_grant(&grant, None).await.unwrap();
        store.commit().await.unwrap();
        id
    }

    /// A browser, from an address of its own.
    pub(super) fn browser(&self) -> Browser<'_> {
        Browser { world: self, cookies: BTreeMap::new(), address: "192.0.2.1".into() }
    }

    /// A browser in which `ana` of `acme` is signed in.
    pub(super) async fn signed_in(&self) -> Browser<'_> {
        let mut browser = self.browser();
        browser.sign_in("/t/acme/login", "ana").await;
        browser
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        let response = super::super::router(self.app.clone()).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).header(HOST, "auth.example").body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post_json(&self, path: &str, body: &Value) -> Reply {
        let request = Request::post(path).header(HOST, "auth.example").header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(super) async fn register(&self, slug: &str, redirect_uri: &str) -> String {
        let body = json!({ "client_name": "Test IDE", "redirect_uris": [redirect_uri] });
        let reply = self.post_json(&format!("/t/{slug}/oauth/register"), &body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        reply.json()["client_id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn token(&self, slug: &str, fields: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(format!("/t/{slug}/oauth/token"))
            .header(HOST, "auth.example")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A client with a code for `git`, approved by `ana`.
    pub(super) async fn approved(&self, redirect_uri: &str) -> (String, String) {
        let client_id = self.register("acme", redirect_uri).await;
        let mut browser = self.signed_in().await;
        let answer = browser.approve(&authorize_path(&client_id, redirect_uri)).await;
        let code = parameter(&answer, "code").unwrap();
        (client_id, code)
    }

    pub(super) async fn redeem(&self, client_id: &str, redirect_uri: &str, code: &str) -> Reply {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.token("acme", &fields).await
    }

    /// A client with its first tokens.
    pub(super) async fn connected(&self) -> (String, String) {
        let (client_id, code) = self.approved(LOOPBACK).await;
        let reply = self.redeem(&client_id, LOOPBACK, &code).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        (client_id, reply.json()["refresh_token"].as_str().unwrap().to_owned())
    }

    pub(super) async fn refresh(&self, client_id: &str, refresh_token: &str) -> Reply {
        let fields = [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)];
        self.token("acme", &fields).await
    }
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub(super) fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn location(&self) -> &str {
        self.header(LOCATION)
    }

    /// Value of the token field of the form that posts to `action`.
    pub(super) fn csrf(&self, action: &str) -> String {
        let form = self.body.split("<form").find(|form| form.contains(&format!("action=\"{action}\"")));
        let form = form.unwrap_or_else(|| panic!("no form for {action} in {}", self.body));
        form.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// Where the "connected" page goes.
    pub(super) fn onward(&self) -> String {
        let link = self.body.split("class=\"button primary\" href=\"").nth(1).unwrap_or_default();
        link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
    }
}

pub(super) struct Browser<'a> {
    world: &'a World,
    pub(super) cookies: BTreeMap<String, String>,
    pub(super) address: String,
}

impl Browser<'_> {
    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], &[]).await
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(Method::POST, path, fields, &[("sec-fetch-site", "same-origin"), ("origin", "null")]).await
    }

    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Reply {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "auth.example")
            .header("x-forwarded-for", &self.address)
            .header(COOKIE, cookies.join("; "))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let reply = self.world.send(request.body(Body::from(body)).unwrap()).await;
        for cookie in reply.headers.get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    pub(super) async fn sign_in(&mut self, path: &str, user_name: &str) -> Reply {
        let reply = self.try_sign_in(path, user_name, PASSWORD).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        reply
    }

    pub(super) async fn try_sign_in(&mut self, path: &str, user_name: &str, password: &str) -> Reply {
        let form = self.get(path).await;
        let action = path.split('?').next().unwrap();
        let request = path.split_once("request=").map_or("", |(_, id)| id);
        let csrf = form.csrf(action);
        let fields = [("csrf", &*csrf), ("request", request), ("user_name", user_name), ("password", password)];
        self.post(action, &fields).await
    }

    /// Opens an authorization URL up to the consent page and answers that page and its path.
    pub(super) async fn open_consent(&mut self, authorize: &str) -> (String, Reply) {
        let reply = self.get(authorize).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        let path = reply.location().to_owned();
        let page = self.get(&path).await;
        (path, page)
    }

    pub(super) async fn decide(&mut self, path: &str, page: &Reply, decision: &str) -> Reply {
        let csrf = page.csrf(path);
        self.post(path, &[("csrf", &csrf), ("decision", decision)]).await
    }

    /// The whole way of an approval by somebody signed in; answers the URL at the client.
    pub(super) async fn approve(&mut self, authorize: &str) -> String {
        let (path, page) = self.open_consent(authorize).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let reply = self.decide(&path, &page, "approve").await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        self.get(reply.location()).await.onward()
    }
}

/// An authorization request for the server `git` of `acme`.
pub(super) fn authorize_path(client_id: &str, redirect_uri: &str) -> String {
    authorize_path_for("acme", "git", client_id, redirect_uri)
}

pub(super) fn authorize_path_for(slug: &str, server: &str, client_id: &str, redirect_uri: &str) -> String {
    let resource = format!("{GATEWAY}/{slug}/mcp/{server}/server");
    let challenge = URL_SAFE_NO_PAD.encode(tokens::sha256_bytes(VERIFIER.as_bytes()));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("state", "xyz +&"),
            ("scope", "mcp"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &resource),
        ])
        .finish();
    format!("/t/{slug}/oauth/authorize?{query}")
}

/// A parameter of a URL at the client.
pub(super) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap_or_else(|_| panic!("not a URL: {url}"));
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
