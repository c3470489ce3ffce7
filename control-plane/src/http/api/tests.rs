//! The REST API through the whole router, on SQLite.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::app::{invitations, platform};
use crate::domain::clock::ShiftedClock;
use crate::state::App;
use crate::store;
use crate::tasks::Tasks;

struct Api {
    router: Router,
    app: Arc<App>,
    clock: ShiftedClock,
    operator: String,
    _folder: tempfile::TempDir,
}

/// A signed-in person.
struct Person {
    tenant: &'static str,
    cookie: String,
    id: String,
}

type Answer = (StatusCode, Value);

impl Api {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config: crate::config::Config = serde_json::from_value(json!({
            "listen": "127.0.0.1:1", "grpc_listen": "127.0.0.1:2", "admin_listen": "127.0.0.1:3",
            "public_origin": "http://localhost:8081", "gateway_origins": ["http://localhost:8080"],
            "database": { "url": format!("sqlite://{}/db?mode=rwc", folder.path().display()), "connections_max": 1 },
            "require_second_factor": false, "kek": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "trusted_proxies": [],
        }))
        .unwrap();
        store::migrate(&config.database).await.unwrap();
        let clock = ShiftedClock::default();
        let app = App::new(config, Arc::new(clock.clone()), Tasks::new(CancellationToken::new())).await.unwrap();
        let app = Arc::new(app);
        platform::open_deployment(&app).await.unwrap();
        let (_, token) = platform::create_operator(&app, "root").await.unwrap();
        let (router, operator) = (crate::http::router(app.clone()), format!("Bearer {}", token.expose_secret()));
        Self { router, app, clock, operator, _folder: folder }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn platform(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = request(method, &format!("/api/v1/platform{path}")).header("authorization", &self.operator);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn call(&self, person: &Person, method: Method, path: &str, body: Value) -> Answer {
        let request = request(method, &format!("/api/v1/tenants/{}{path}", person.tenant));
        let request = request.header("cookie", &person.cookie).header("x-portway-csrf", "1");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A tenant whose owner has accepted the link.
    async fn tenant(&self, slug: &'static str) -> Person {
        let body = json!({ "slug": slug, "display_name": slug, "owner_email": "owner@x" });
        let (status, created) = self.platform(Method::POST, "/tenants", body).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        self.join(slug, created["owner_invitation"]["link"].as_str().unwrap()).await
    }

    /// Accepts a link and signs in.
    async fn join(&self, tenant: &'static str, link: &str) -> Person {
        let id = self.accept(tenant, link).await.unwrap();
        let user = self.app.store.tenant_read(id.0).await.unwrap().get_user(id.1).await.unwrap();
        let cookie = self.sign_in(tenant, &user.user_name).await.unwrap();
        Person { tenant, cookie, id: user.id.to_string() }
    }

    async fn accept(
        &self,
        tenant: &str,
        link: &str,
    ) -> crate::domain::Result<(crate::domain::ids::TenantId, crate::domain::ids::UserId)> {
        let tenant = platform::get_tenant(&self.app, tenant).await?;
        let token = link.rsplit('/').next().unwrap().into();
        let form = invitations::Acceptance { display_name: "Somebody", password: "correct horse battery".into() };
        let user = invitations::accept(&self.app, tenant.id, &token, form).await?;
        Ok((tenant.id, user.id))
    }

    async fn sign_in(&self, tenant: &str, user_name: &str) -> Result<String, StatusCode> {
        let body = json!({ "user_name": user_name, "password": "correct horse battery" });
        let request = request(Method::POST, &format!("/api/v1/tenants/{tenant}/session")).header("x-portway-csrf", "1");
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
        if response.status() != StatusCode::OK {
            return Err(response.status());
        }
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        Ok(cookie.split(';').next().unwrap().to_owned())
    }

    async fn invite(&self, by: &Person, email: &str, role: &str) -> Person {
        let (status, new) = self.call(by, Method::POST, "/invitations", json!({ "email": email, "role": role })).await;
        assert_eq!(status, StatusCode::CREATED, "{new}");
        self.join(by.tenant, new["link"].as_str().unwrap()).await
    }

    async fn register(&self, by: &Person, slug: &str) -> String {
        let body = json!({ "slug": slug, "display_name": slug, "upstream_url": "https://mcp.example.com/mcp" });
        let (status, server) = self.call(by, Method::POST, "/servers", body).await;
        assert_eq!(status, StatusCode::CREATED, "{server}");
        server["id"].as_str().unwrap().to_owned()
    }
}

fn request(method: Method, uri: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(uri)
        .header("host", "localhost:8081")
        .header("content-type", "application/json")
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.0.as_u16(), answer.1["code"].as_str().unwrap_or(""))
}

#[tokio::test]
async fn a_tenant_is_created_once_and_suspended() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let (_, me) = api.call(&owner, Method::GET, "/session", Value::Null).await;
    assert_eq!(me["user"]["role"], "owner");
    assert_eq!(me["tenant"]["issuer"], "http://localhost:8081/t/acme");
    let again = api.platform(Method::POST, "/tenants", json!({ "slug": "acme", "display_name": "x" })).await;
    assert_eq!(code(&again), (409, "tenant.slug_taken"));
    let bad = json!({ "slug": "Api", "display_name": "", "owner_email": "x", "gateway_origins": ["x"] });
    let (_, bad) = api.platform(Method::POST, "/tenants", bad).await;
    let fields: Vec<_> = bad["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["slug", "display_name", "owner_email", "gateway_origins"]);

    let before = api.app.store.system_read().await.unwrap().directory_revision().await.unwrap();
    let (status, _) = api.platform(Method::PATCH, "/tenants/acme", json!({ "status": "suspended" })).await;
    assert_eq!(status, StatusCode::OK);
    let after = api.app.store.system_read().await.unwrap().directory_revision().await.unwrap();
    assert_eq!(after, before + 1);
    assert_eq!(code(&api.call(&owner, Method::GET, "/session", Value::Null).await), (401, "unauthenticated"));
}

#[tokio::test]
async fn only_operators_reach_the_platform() {
    let api = Api::start().await;
    for header in [None, Some("Bearer pwo_wrong"), Some("Basic x"), Some("Bearer")] {
        let mut request = request(Method::GET, "/api/v1/platform/tenants");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answer = api.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(code(&answer), (401, "unauthenticated"), "{header:?}");
    }
}

#[tokio::test]
async fn an_unknown_tenant_and_a_missing_session_look_the_same() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let mut answers = Vec::new();
    for tenant in ["acme", "nobody", "-bad-"] {
        let uri = format!("/api/v1/tenants/{tenant}/servers");
        answers.push(api.send(request(Method::GET, &uri).body(Body::empty()).unwrap()).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let stranger = Person { tenant: "nobody", cookie: owner.cookie, id: owner.id };
    assert_eq!(api.call(&stranger, Method::GET, "/servers", Value::Null).await, answers[0]);
}

#[tokio::test]
async fn other_sites_change_nothing() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let check = async |csrf: Option<&str>, origin: Option<&str>, expected: u16| {
        let mut request = request(Method::PATCH, "/api/v1/tenants/acme").header("cookie", &owner.cookie);
        for (name, value) in [("x-portway-csrf", csrf), ("origin", origin)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answer = api.send(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(answer.0.as_u16(), expected, "{csrf:?} {origin:?}: {}", answer.1);
    };
    check(None, None, 403).await;
    check(Some("0"), None, 403).await;
    check(Some("1"), Some("https://evil.example"), 403).await;
    check(Some("1"), Some("null"), 403).await;
    check(Some("1"), Some("http://localhost:8081"), 200).await;
    check(Some("1"), None, 200).await;
}

#[tokio::test]
async fn atk_26_foreign_host_names_get_nothing() {
    let api = Api::start().await;
    for (host, expected) in [("evil.example", 421), ("localhost:8082", 421), ("localhost:8081", 401)] {
        let request = Request::builder().uri("/api/v1/platform/tenants").header("host", host);
        assert_eq!(api.send(request.body(Body::empty()).unwrap()).await.0.as_u16(), expected, "{host}");
    }
}

#[tokio::test]
async fn bad_requests_are_refused_in_json() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let check = |answer: Answer, expected: (u16, &str)| assert_eq!(code(&answer), expected, "{}", answer.1);
    check(api.call(&owner, Method::GET, "/nothing", Value::Null).await, (404, "not_found"));
    check(api.call(&owner, Method::PUT, "/users", Value::Null).await, (405, "method_not_allowed"));
    check(api.call(&owner, Method::GET, "/users?cursor=x", Value::Null).await, (400, "page.bad_cursor"));
    check(api.call(&owner, Method::GET, "/users?limit=0", Value::Null).await, (400, "page.bad_limit"));
    check(api.call(&owner, Method::GET, "/users?colour=x", Value::Null).await, (400, "query.invalid"));
    let unknown = api.call(&owner, Method::PATCH, "", json!({ "settings": { "colour": 1 } })).await;
    assert_eq!(unknown.1["errors"][0]["field"], "colour");
    let text = request(Method::PATCH, "/api/v1/tenants/acme").header("cookie", &owner.cookie);
    let mut text = text.header("x-portway-csrf", "1").body(Body::from("{}")).unwrap();
    text.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    check(api.send(text).await, (415, "body.not_json"));
    let large = json!({ "display_name": "x".repeat(300_000) });
    check(api.call(&owner, Method::PATCH, "", large).await, (413, "body.too_large"));
    let settings = json!({ "settings": { "access_token_s": 1, "allowed_origins": ["x"] } });
    let (_, refused) = api.call(&owner, Method::PATCH, "", settings).await;
    assert_eq!(refused["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn servers_are_seen_by_those_they_are_granted_to() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let ana = api.invite(&owner, "ana@x", "member").await;
    let id = api.register(&owner, "github").await;
    let (server, absent) = (format!("/servers/{id}"), "/servers/srv_00000000000000000000000000");
    let invisible = api.call(&ana, Method::GET, &server, Value::Null).await;
    assert_eq!(code(&invisible), (404, "not_found"));
    for path in [absent, "/servers/garbage"] {
        assert_eq!(api.call(&ana, Method::GET, path, Value::Null).await, invisible);
    }
    assert_eq!(api.call(&ana, Method::PATCH, &server, json!({})).await, invisible);

    let grant = json!({ "subject": { "kind": "user", "id": ana.id }, "role": "user" });
    let (status, given) = api.call(&owner, Method::PUT, &format!("{server}/grants"), grant.clone()).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    assert_eq!(api.call(&owner, Method::PUT, &format!("{server}/grants"), grant).await.1, given);
    let (_, mine) = api.call(&ana, Method::GET, "/me/servers", Value::Null).await;
    assert_eq!(mine["items"][0]["gateway_url"], "http://localhost:8080/acme/mcp/github/server");
    assert!(mine["items"][0]["upstream"].is_null());
    assert_eq!(code(&api.call(&ana, Method::PATCH, &server, json!({})).await), (403, "forbidden"));
    assert_eq!(code(&api.call(&ana, Method::GET, &format!("{server}/grants"), Value::Null).await), (403, "forbidden"));

    let taken = format!("{server}/grants/{}", given["id"].as_str().unwrap());
    assert_eq!(api.call(&owner, Method::DELETE, &taken, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(api.call(&ana, Method::GET, &server, Value::Null).await, invisible);
}

#[tokio::test]
async fn grants_refuse_what_cannot_be_granted() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let other = api.tenant("umbrella").await;
    let path = format!("/servers/{}/grants", api.register(&owner, "github").await);
    let check = async |subject: Value, role: &str, expected: &str| {
        let answer = api.call(&owner, Method::PUT, &path, json!({ "subject": subject, "role": role })).await;
        assert_eq!(code(&answer), (400, expected), "{}", answer.1);
    };
    check(json!({ "kind": "user", "id": other.id }), "user", "grant.unknown_subject").await;
    check(json!({ "kind": "user" }), "user", "grant.subject_id").await;
    check(json!({ "kind": "everyone", "id": owner.id }), "user", "grant.subject_id").await;
    check(json!({ "kind": "everyone" }), "manager", "grant.everyone_manages").await;
    let no_group = json!({ "kind": "group", "id": "grp_00000000000000000000000000" });
    check(no_group, "user", "grant.unknown_subject").await;
    let no_account = json!({ "kind": "service_account", "id": "sva_00000000000000000000000000" });
    check(no_account, "user", "grant.unknown_subject").await;
}

#[tokio::test]
async fn a_retired_slug_stays_taken() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let server = format!("/servers/{}", api.register(&owner, "github").await);
    assert_eq!(code(&api.call(&owner, Method::DELETE, &server, Value::Null).await), (400, "server.confirm"));
    let confirmed = format!("{server}?confirm=github");
    assert_eq!(api.call(&owner, Method::DELETE, &confirmed, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(code(&api.call(&owner, Method::GET, &server, Value::Null).await), (404, "not_found"));
    let again = json!({ "slug": "github", "display_name": "x", "upstream_url": "https://x" });
    assert_eq!(code(&api.call(&owner, Method::POST, "/servers", again).await), (409, "server.slug_taken"));
    let wrong = json!({ "slug": "mcp", "display_name": " ", "upstream_url": "x", "timeout_ms": 1 });
    let (_, refused) = api.call(&owner, Method::POST, "/servers", wrong).await;
    assert_eq!(refused["errors"].as_array().unwrap().len(), 4, "{refused}");
}

#[tokio::test]
async fn deactivation_ends_sessions_for_good() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let ana = api.invite(&owner, "ana@x", "admin").await;
    let path = format!("/users/{}", ana.id);
    let (status, user) = api.call(&owner, Method::PATCH, &path, json!({ "status": "deactivated" })).await;
    assert_eq!((status, &user["status"]), (StatusCode::OK, &json!("deactivated")));
    assert_eq!(code(&api.call(&ana, Method::GET, "/session", Value::Null).await), (401, "unauthenticated"));
    assert_eq!(api.sign_in("acme", "ana@x").await, Err(StatusCode::UNAUTHORIZED));
    api.call(&owner, Method::PATCH, &path, json!({ "status": "active" })).await;
    assert_eq!(code(&api.call(&ana, Method::GET, "/session", Value::Null).await), (401, "unauthenticated"));
    assert!(api.sign_in("acme", "ana@x").await.is_ok());
    let tenant = platform::get_tenant(&api.app, "acme").await.unwrap();
    let store = api.app.store.tenant_read(tenant.id).await.unwrap();
    assert_eq!(store.get_user(ana.id.parse().unwrap()).await.unwrap().epoch, 2);
}

#[tokio::test]
async fn the_last_owner_stays_and_owners_manage_owners() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let admin = api.invite(&owner, "admin@x", "admin").await;
    let path = format!("/users/{}", owner.id);
    for change in [json!({ "role": "member" }), json!({ "status": "deactivated" })] {
        assert_eq!(code(&api.call(&owner, Method::PATCH, &path, change.clone()).await), (409, "user.last_owner"));
        assert_eq!(code(&api.call(&admin, Method::PATCH, &path, change).await), (403, "forbidden"));
    }
    let promote = api.call(&admin, Method::PATCH, &format!("/users/{}", admin.id), json!({ "role": "owner" })).await;
    assert_eq!(code(&promote), (403, "forbidden"));
    let invite = api.call(&admin, Method::POST, "/invitations", json!({ "email": "b@x", "role": "owner" })).await;
    assert_eq!(code(&invite), (403, "forbidden"));
    api.call(&owner, Method::PATCH, &format!("/users/{}", admin.id), json!({ "role": "owner" })).await;
    let (status, _) = api.call(&owner, Method::PATCH, &path, json!({ "role": "member" })).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn an_invitation_works_once_for_seven_days() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let invite = async |email: &str| {
        let (_, new) =
            api.call(&owner, Method::POST, "/invitations", json!({ "email": email, "role": "member" })).await;
        (new["link"].as_str().unwrap().to_owned(), new["invitation"]["id"].as_str().unwrap().to_owned())
    };
    let (used, _) = invite("a@x").await;
    api.accept("acme", &used).await.unwrap();
    let (replaced, _) = invite("b@x").await;
    let (revoked, id) = invite("b@x").await;
    let path = format!("/invitations/{id}");
    assert_eq!(api.call(&owner, Method::DELETE, &path, Value::Null).await.0, StatusCode::NO_CONTENT);
    let (late, _) = invite("c@x").await;
    api.clock.advance(chrono::TimeDelta::days(8));
    for link in [used, replaced, revoked, late, "/t/acme/join/pwi_wrong".to_owned()] {
        assert_eq!(api.accept("acme", &link).await.unwrap_err().code(), "not_found", "{link}");
    }
}

#[tokio::test]
async fn lists_continue_without_gaps_and_find_text_as_it_is() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    for name in ["a_b@x", "acb@x", "c%d@x"] {
        api.invite(&owner, name, "member").await;
    }
    let (mut seen, mut path) = (Vec::new(), "/users?limit=2".to_owned());
    loop {
        let (_, page) = api.call(&owner, Method::GET, &path, Value::Null).await;
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|user| user["user_name"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/users?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["c%d@x", "acb@x", "a_b@x", "owner@x"]);
    for (q, expected) in [("a_b", 1), ("%25", 1), ("A_B", 1), ("%5C", 0), ("x", 4), ("some", 4)] {
        let (_, page) = api.call(&owner, Method::GET, &format!("/users?q={q}"), Value::Null).await;
        assert_eq!(page["items"].as_array().unwrap().len(), expected, "{q}");
    }
}

#[tokio::test]
async fn the_audit_log_is_read_by_few_and_fits_together() {
    let api = Api::start().await;
    let owner = api.tenant("acme").await;
    let ana = api.invite(&owner, "ana@x", "member").await;
    api.register(&owner, "github").await;
    let (_, log) = api.call(&owner, Method::GET, "/audit?limit=3", Value::Null).await;
    assert_eq!(log["verify"], json!({ "intact": true, "checked": 3 }));
    assert_eq!(log["items"][0]["action"], "server.registered");
    assert_eq!(log["items"][0]["actor"]["id"], owner.id.as_str());
    let (_, all) = api.call(&owner, Method::GET, "/audit?limit=200", Value::Null).await;
    assert_eq!((&all["verify"]["intact"], &all["next_cursor"]), (&json!(true), &Value::Null));
    assert!(!all.to_string().contains("pwi_"), "one-time links must not be in the log");
    assert_eq!(code(&api.call(&ana, Method::GET, "/audit", Value::Null).await), (403, "forbidden"));
}
