//! Who is calling is the type: an operator of the platform, an admin of a tenant, a person with a browser.

use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::ide::Ide;

/// Long enough for every rule.
pub const PASSWORD: &str = "correct horse battery staple";

/// A REST answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
    pub text: String,
}

impl Reply {
    /// The body of a success; fails the test otherwise.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.body
    }

    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{}", self.text);
        self.body
    }
}

/// Someone signed in to a tenant, in a browser of their own.
#[derive(Clone)]
pub struct Person {
    pub tenant: String,
    pub user_name: String,
    pub browser: Browser,
    auth_origin: String,
    gateway_origin: String,
}

impl Person {
    /// Opens a one-time link, fills the form, and is signed in.
    pub async fn join(link: &str, tenant: &str, user_name: &str, auth_origin: &str, gateway_origin: &str) -> Self {
        let person = Self {
            tenant: tenant.to_owned(),
            user_name: user_name.to_owned(),
            browser: Browser::new(),
            auth_origin: auth_origin.to_owned(),
            gateway_origin: gateway_origin.to_owned(),
        };
        person.follow(link).await
    }

    /// Somebody who is signed in in a browser.
    pub fn of(browser: &Browser, tenant: &str, user_name: &str, auth_origin: &str, gateway_origin: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            user_name: user_name.to_owned(),
            browser: browser.clone(),
            auth_origin: auth_origin.to_owned(),
            gateway_origin: gateway_origin.to_owned(),
        }
    }

    async fn follow(self, link: &str) -> Self {
        let Self { browser, user_name, .. } = &self;
        let page = browser.open(link).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let fields = [("display_name", user_name.as_str()), ("password", PASSWORD), ("password_again", PASSWORD)];
        let done = browser.press(&page, "join", &fields).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text());
        self
    }

    /// The same person with an empty browser.
    pub fn elsewhere(&self) -> Self {
        Self { browser: Browser::new(), ..self.clone() }
    }

    pub async fn sign_in(&self) -> Reply {
        self.post("session", json!({"user_name": self.user_name, "password": PASSWORD})).await
    }

    /// A call of the tenant's REST API.
    pub async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let url = format!("{}/api/v1/tenants/{}/{path}", self.auth_origin, self.tenant);
        let url = url.trim_end_matches('/');
        let mut request = self.browser.client().request(method, url).header("x-portway-csrf", "1");
        if let Some(body) = body {
            request = request.json(&body);
        }
        reply(request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.api(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.api(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.api(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.api(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.api(Method::DELETE, path, None).await
    }

    /// My own id.
    pub async fn id(&self) -> String {
        self.get("session").await.ok()["user"]["id"].as_str().expect("an id").to_owned()
    }

    pub fn auth_origin(&self) -> &str {
        &self.auth_origin
    }

    /// Registers a server and answers its id.
    pub async fn register_server(&self, slug: &str, upstream_url: &str) -> String {
        let body = json!({"slug": slug, "display_name": slug, "upstream_url": upstream_url, "outbound_auth": {"kind": "none"}});
        self.post("servers", body).await.ok()["id"].as_str().expect("an id").to_owned()
    }

    pub async fn grant_everyone(&self, server_id: &str) -> Value {
        self.put(&format!("servers/{server_id}/grants"), json!({"subject": {"kind": "everyone"}, "role": "user"}))
            .await
            .ok()
    }

    pub async fn grant(&self, server_id: &str, person: &Self) -> Value {
        let subject = json!({"kind": "user", "id": person.id().await});
        self.put(&format!("servers/{server_id}/grants"), json!({"subject": subject, "role": "user"})).await.ok()
    }

    /// Invites somebody and lets them join.
    pub async fn invite(&self, name: &str, role: &str) -> Self {
        self.invite_to(Browser::new(), name, role).await
    }

    /// The same for somebody with a browser of their own.
    pub async fn invite_to(&self, browser: Browser, name: &str, role: &str) -> Self {
        let email = format!("{name}@{}.example", self.tenant);
        let invitation = self.post("invitations", json!({"email": email, "role": role})).await.ok();
        let link = invitation["link"].as_str().expect("a link").to_owned();
        Self { user_name: email, browser, ..self.clone() }.follow(&link).await
    }

    /// The gateway URL of a server of this person's tenant.
    pub fn url(&self, server: &str) -> String {
        format!("{}/{}/mcp/{server}/server", self.gateway_origin, self.tenant)
    }

    /// An IDE of this person, signed in for one server.
    pub async fn ide(&self, server: &str) -> Ide {
        Ide::sign_in(&self.url(server), &self.browser).await
    }
}

/// The platform's operator.
pub struct Operator {
    pub token: SecretString,
    pub auth_origin: String,
    pub gateway_origin: String,
}

impl Operator {
    pub async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let client = crate::http::builder().build().expect("a client");
        let mut request = client
            .request(method, format!("{}/api/v1/platform/{path}", self.auth_origin))
            .bearer_auth(self.token.expose_secret());
        if let Some(body) = body {
            request = request.json(&body);
        }
        reply(request).await
    }

    /// Creates a tenant and joins as its first owner.
    pub async fn tenant(&self, slug: &str) -> Person {
        let owner = format!("owner@{slug}.example");
        let body = json!({"slug": slug, "display_name": slug.to_uppercase(), "owner_email": owner});
        let created = self.api(Method::POST, "tenants", Some(body)).await.ok();
        let link =
            created["owner_invitation"]["link"].as_str().unwrap_or_else(|| panic!("no link in {created}")).to_owned();
        Person::join(&link, slug, &owner, &self.auth_origin, &self.gateway_origin).await
    }
}

async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.expect("the control plane answers");
    let status = response.status();
    let text = response.text().await.expect("a body");
    Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
}
