//! An IDE in raw HTTP: discovery, registration, sign-in through a [`Browser`], tokens, MCP calls. Each step is a method
//! of its own, so that a test can go wrong at any of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::browser::{Browser, Page};

pub const REDIRECT: &str = "http://localhost:49152/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk-dBjftJeZ4CVP";

/// The IDE's view of one gateway URL.
#[derive(Clone)]
pub struct Ide {
    pub url: Url,
    pub http: Client,
    pub metadata: Value,
    pub client_id: String,
    pub tokens: Value,
    pub session: Option<String>,
    /// The node to go to directly, past any front.
    node: Option<Url>,
    next_id: u64,
}

/// An answer of the gateway to an MCP message.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The JSON body, or the last message of an event stream.
    pub fn json(&self) -> Value {
        let events = self
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.to_str().unwrap_or_default().starts_with("text/event-stream"));
        if events {
            return self.events().pop().unwrap_or(Value::Null);
        }
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// Every message of an event stream.
    pub fn events(&self) -> Vec<Value> {
        self.body
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .filter_map(|data| serde_json::from_str(data.trim()).ok())
            .collect()
    }

    pub fn challenge(&self) -> String {
        self.headers.get(WWW_AUTHENTICATE).map(|value| value.to_str().expect("ASCII").to_owned()).unwrap_or_default()
    }
}

impl Ide {
    pub fn new(url: &str) -> Self {
        let http = crate::http::builder().build().expect("a client");
        Self {
            url: url.parse().expect("a URL"),
            http,
            metadata: Value::Null,
            client_id: String::new(),
            tokens: Value::Null,
            session: None,
            node: None,
            next_id: 0,
        }
    }

    /// The whole way in: challenge, metadata, registration, approval by the person in `browser`, tokens.
    pub async fn sign_in(url: &str, browser: &Browser) -> Self {
        let mut ide = Self { http: browser.neighbour(), ..Self::new(url) };
        ide.discover().await;
        ide.register(&[REDIRECT]).await;
        let page = ide.approve(browser, &ide.authorize_url(&[])).await;
        let code = parameter(&page, "code").unwrap_or_else(|| panic!("no code in {page}"));
        let answer = ide.exchange(&code, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        ide.tokens = answer.json();
        ide
    }

    /// RFC 9728 from the challenge, then RFC 8414.
    pub async fn discover(&mut self) {
        let refused = self.send(Method::POST, json!({"jsonrpc": "2.0", "id": 0, "method": "initialize"}), &[]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.body);
        let challenge = refused.challenge();
        let location = challenge
            .split("resource_metadata=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a metadata URL");
        let resource = self.get_json(location).await;
        assert_eq!(resource["resource"], self.url.as_str(), "clients compare it strictly");
        let issuer: Url = resource["authorization_servers"][0].as_str().expect("an issuer").parse().expect("a URL");
        let mut location = issuer.clone();
        location.set_path(&format!("/.well-known/oauth-authorization-server{}", issuer.path()));
        self.metadata = self.get_json(location.as_str()).await;
        assert_eq!(self.metadata["issuer"], issuer.as_str());
    }

    /// RFC 7591.
    pub async fn register(&mut self, redirect_uris: &[&str]) {
        let body =
            json!({"client_name": "Test IDE", "redirect_uris": redirect_uris, "token_endpoint_auth_method": "none"});
        let answer =
            self.http.post(self.endpoint("registration_endpoint")).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::CREATED);
        let client: Value = answer.json().await.expect("JSON");
        self.client_id = client["client_id"].as_str().expect("a client id").to_owned();
    }

    /// The URL the browser is sent to; `change` replaces parameters, or removes those with an empty value.
    pub fn authorize_url(&self, change: &[(&str, &str)]) -> String {
        let challenge =
            URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VERIFIER.as_bytes()));
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", REDIRECT),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", "a state/of +its own"),
            ("scope", "mcp"),
            ("resource", self.url.as_str()),
        ];
        for (name, value) in change {
            parameters.retain(|(known, _)| known != name);
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        let mut url: Url = self.endpoint("authorization_endpoint").parse().expect("a URL");
        url.query_pairs_mut().extend_pairs(parameters);
        url.into()
    }

    /// The signed-in person approves; answers the URL the browser went back to.
    pub async fn approve(&self, browser: &Browser, url: &str) -> Url {
        let page = browser.open(url).await;
        self.back(browser, page, "approve").await
    }

    /// Presses a button of the consent page and follows to the client.
    pub async fn back(&self, browser: &Browser, page: Page, button: &str) -> Url {
        let form = page.form(button).pressed(button);
        let page = browser.submit(form).await;
        if page.url.path().ends_with("/callback") {
            return page.url;
        }
        page.refresh().unwrap_or_else(|| panic!("{} does not go back: {}", page.url, page.text()))
    }

    pub async fn exchange(&self, code: &str, change: &[(&str, &str)]) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("client_id", &self.client_id),
            ("code_verifier", VERIFIER),
            ("resource", self.url.as_str()),
        ];
        self.token(&form, change).await
    }

    /// Uses a refresh token, the stored one unless `refresh_token` is given.
    pub async fn refresh_with(&self, refresh_token: &str) -> Answer {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", &*self.client_id),
            ("resource", self.url.as_str()),
        ];
        self.token(&form, &[]).await
    }

    pub async fn refresh(&mut self) -> Answer {
        let answer = self.refresh_with(self.tokens["refresh_token"].as_str().expect("a refresh token")).await;
        if answer.status.is_success() {
            self.tokens = answer.json();
        }
        answer
    }

    /// Any request at the token endpoint: a form, and what of it is changed; an empty value leaves one out.
    pub async fn token(&self, form: &[(&str, &str)], change: &[(&str, &str)]) -> Answer {
        let mut form: Vec<_> = form.to_vec();
        for (name, value) in change {
            form.retain(|(known, _)| known != name);
            if !value.is_empty() {
                form.push((name, value));
            }
        }
        answer(self.http.post(self.endpoint("token_endpoint")).form(&form).send().await.expect("an answer")).await
    }

    pub fn access_token(&self) -> &str {
        self.tokens["access_token"].as_str().expect("an access token")
    }

    /// The legacy handshake.
    pub async fn initialize(&mut self) -> Answer {
        self.initialize_with(json!({})).await
    }

    /// The legacy handshake of a client with these capabilities.
    pub async fn initialize_with(&mut self, capabilities: Value) -> Answer {
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": {"name": "test-ide", "version": "1.2"}});
        self.session = None;
        let answer = self.request("initialize", params).await;
        self.session = answer.headers.get("mcp-session-id").map(|id| id.to_str().expect("ASCII").to_owned());
        if self.session.is_some() {
            let done =
                self.send(Method::POST, json!({"jsonrpc": "2.0", "method": "notifications/initialized"}), &[]).await;
            assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.body);
        }
        answer
    }

    /// A legacy request.
    pub async fn request(&mut self, method: &str, params: Value) -> Answer {
        self.next_id += 1;
        self.send(Method::POST, json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params}), &[])
            .await
    }

    pub async fn call_tool(&mut self, name: &str, arguments: Value) -> Answer {
        self.request("tools/call", json!({"name": name, "arguments": arguments})).await
    }

    /// A modern request with its metadata and headers.
    pub async fn modern(&mut self, method: &str, params: Value) -> Answer {
        self.modern_with(method, params, &[]).await
    }

    /// The same with more headers.
    pub async fn modern_with(&mut self, method: &str, mut params: Value, more: &[(&str, &str)]) -> Answer {
        self.next_id += 1;
        let meta = &mut params["_meta"];
        meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        meta["io.modelcontextprotocol/clientInfo"] = json!({"name": "test-ide", "version": "1.2"});
        let name = params.get("name").or_else(|| params.get("uri")).and_then(Value::as_str).map(str::to_owned);
        let mut headers = vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
        headers.extend(name.as_deref().map(|name| ("mcp-name", name)));
        headers.extend(more);
        self.send(
            Method::POST,
            json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params}),
            &headers,
        )
        .await
    }

    /// Any message with the stored token and session.
    pub async fn send(&self, method: Method, body: Value, headers: &[(&str, &str)]) -> Answer {
        self.send_raw(method, if body.is_null() { String::new() } else { body.to_string() }, headers).await
    }

    /// Any bytes with the stored token and session; a header with an empty value takes a default one away.
    pub async fn send_raw(&self, method: Method, body: String, headers: &[(&str, &str)]) -> Answer {
        answer(self.open(method, body, headers).await).await
    }

    /// [`Ide::send_raw`] with the body of the answer unread.
    pub async fn open(&self, method: Method, body: String, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut all = HeaderMap::new();
        let mut set = |name: &str, value: &str| {
            let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            if value.is_empty() {
                all.remove(&name).map(drop)
            } else {
                all.insert(name, value.parse().expect("a header value")).map(drop)
            };
        };
        set("content-type", "application/json");
        set("accept", "application/json, text/event-stream");
        if let Some(token) = self.tokens["access_token"].as_str() {
            set("authorization", &format!("Bearer {token}"));
        }
        if let Some(session) = &self.session {
            set("mcp-session-id", session);
            set("mcp-protocol-version", "2025-11-25");
        }
        let public = format!("{}:{}", self.url.host_str().expect("a host"), self.url.port().expect("a port"));
        if self.node.is_some() {
            set("host", &public);
        }
        headers.iter().for_each(|(name, value)| set(name, value));
        let url = self.node.clone().unwrap_or_else(|| self.url.clone());
        self.http.request(method, url).headers(all).body(body).send().await.expect("an answer")
    }

    /// Calls the same server through one node, as a balancer would.
    pub fn at(&self, origin: &str) -> Self {
        let mut node: Url = origin.parse().expect("an origin");
        node.set_path(self.url.path());
        Self { node: Some(node), ..self.clone() }
    }

    fn endpoint(&self, name: &str) -> String {
        self.metadata[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.metadata)).to_owned()
    }

    async fn get_json(&self, url: &str) -> Value {
        let answer = self.http.get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{url}");
        answer.json().await.expect("JSON")
    }
}

/// One query parameter of a callback URL.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

async fn answer(response: reqwest::Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, body: response.text().await.expect("a body") }
}
