//! The authorization server behind an MCP server, on loopback. It keeps the protocol (registered clients, PKCE, exact
//! redirect URIs, rotating refresh tokens) and does wrong what a test asks it to. Whoever is set to sit at the browser
//! signs in at once.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use control_plane::crypto::tokens;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

/// A form, as the token endpoint got it.
pub type Form = HashMap<String, String>;

struct Desk {
    person: String,
    /// Secrets by client.
    clients: HashMap<String, String>,
    codes: HashMap<String, (String, Form)>,
    access: HashSet<String>,
    /// Person by refresh token.
    refresh: HashMap<String, String>,
    expires_in: Value,
    metadata: Value,
    answers: HashMap<String, (u16, String, String)>,
    broken: HashSet<String>,
    dripping: HashSet<String>,
    forms: Vec<(String, Form)>,
    asked: HashMap<String, usize>,
    count: usize,
}

/// The running provider.
#[derive(Clone)]
pub struct Provider {
    pub origin: String,
    /// PEM; of one with TLS, which nobody trusts by itself.
    pub certificate: Option<String>,
    desk: Arc<Mutex<Desk>>,
}

impl Provider {
    pub async fn start() -> Self {
        Self::begin(false).await
    }

    /// The same with TLS, as inside of a company with an authority of its own.
    pub async fn start_tls() -> Self {
        Self::begin(true).await
    }

    async fn begin(tls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address: SocketAddr = listener.local_addr().expect("bound");
        let desk = Desk {
            person: "ana".to_owned(),
            clients: HashMap::from([("by-hand".to_owned(), "a secret & more".to_owned())]),
            codes: HashMap::new(),
            access: HashSet::new(),
            refresh: HashMap::new(),
            expires_in: json!(600),
            metadata: json!({}),
            answers: HashMap::new(),
            broken: HashSet::new(),
            dripping: HashSet::new(),
            forms: Vec::new(),
            asked: HashMap::new(),
            count: 0,
        };
        let scheme = if tls { "https" } else { "http" };
        let origin = format!("{scheme}://{address}");
        let mut provider = Self { origin, certificate: None, desk: Arc::new(Mutex::new(desk)) };
        let router = Router::new().fallback(answer).with_state(provider.clone());
        if tls {
            provider.certificate = Some(super::tls::serve(listener, vec![address.ip().to_string()], router));
        } else {
            crate::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        }
        provider
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("not poisoned")
    }

    /// Who sits at the browser.
    pub fn person(&self, name: &str) {
        name.clone_into(&mut self.desk().person);
    }

    /// Life of the next access tokens, seconds; null says nothing of it.
    pub fn expires_in(&self, value: Value) {
        self.desk().expires_in = value;
    }

    /// Members that replace those of the metadata; null leaves one out.
    pub fn metadata(&self, members: Value) {
        self.desk().metadata = members;
    }

    /// Answers a path with something else until it is forgotten.
    pub fn answer(&self, path: &str, status: u16, kind: &str, body: &str) {
        self.desk().answers.insert(path.to_owned(), (status, kind.to_owned(), body.to_owned()));
    }

    /// Hangs up in the middle of every answer of a path until it is forgotten.
    pub fn break_off(&self, path: &str) {
        self.desk().broken.insert(path.to_owned());
    }

    /// Answers a path a little at a time, and never to its end, until it is forgotten.
    pub fn drip(&self, path: &str) {
        self.desk().dripping.insert(path.to_owned());
    }

    /// Answers as it does by itself again.
    pub fn as_ever(&self) {
        self.desk().answers.clear();
        self.desk().dripping.clear();
        self.desk().broken.clear();
    }

    /// Nobody's refresh token is good any more.
    pub fn end_all(&self) {
        self.desk().refresh.clear();
    }

    /// Nobody is registered any more.
    pub fn forget_clients(&self) {
        self.desk().clients.clear();
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.desk().asked.get(path).copied().unwrap_or_default()
    }

    /// The forms that arrived at a path.
    pub fn forms(&self, path: &str) -> Vec<Form> {
        self.desk().forms.iter().filter(|(at, _)| at == path).map(|(_, form)| form.clone()).collect()
    }

    /// Whether an access token is one that lives.
    pub fn knows(&self, token: &str) -> bool {
        self.desk().access.contains(token)
    }

    fn describe(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.origin);
        let mut document = json!({
            "issuer": self.origin, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "registration_endpoint": at("/register"), "revocation_endpoint": at("/revoke"),
            "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": true,
        });
        for (name, value) in self.desk().metadata.as_object().expect("an object") {
            document[name] = value.clone();
        }
        document.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        document
    }

    fn register(&self) -> Response {
        let mut desk = self.desk();
        desk.count += 1;
        let (id, secret) = (format!("client-{}", desk.count), format!("secret-{}", desk.count));
        desk.clients.insert(id.clone(), secret.clone());
        (StatusCode::CREATED, axum::Json(json!({"client_id": id, "client_secret": secret}))).into_response()
    }

    fn authorize(&self, query: &str) -> Response {
        let asked: Form = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut desk = self.desk();
        if !desk.clients.contains_key(&asked["client_id"]) {
            return (StatusCode::BAD_REQUEST, "no such client").into_response();
        }
        desk.count += 1;
        let (code, person) = (format!("code-{}", desk.count), desk.person.clone());
        let mut back: Url = asked["redirect_uri"].parse().expect("a URL");
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &asked["state"])
            .append_pair("iss", &self.origin);
        desk.forms.push(("/authorize".to_owned(), asked.clone()));
        desk.codes.insert(code, (person, asked));
        (StatusCode::FOUND, [("location", String::from(back))]).into_response()
    }

    fn token(&self, headers: &HeaderMap, form: &Form) -> Response {
        let refuse = |error: &str| (StatusCode::BAD_REQUEST, axum::Json(json!({"error": error}))).into_response();
        let mut desk = self.desk();
        let client = basic(headers).filter(|(id, secret)| desk.clients.get(id) == Some(secret));
        let Some((client, _)) = client else { return refuse("invalid_client") };
        let person = match form.get("grant_type").map(String::as_str) {
            Some("authorization_code") => {
                let Some((person, asked)) = desk.codes.remove(&form["code"]) else { return refuse("invalid_grant") };
                let challenge = URL_SAFE_NO_PAD.encode(tokens::sha256_bytes(form["code_verifier"].as_bytes()));
                let same = asked["code_challenge"] == challenge && asked["client_id"] == client;
                if !same || asked["redirect_uri"] != form["redirect_uri"] {
                    return refuse("invalid_grant");
                }
                person
            }
            // Each is good once.
            Some("refresh_token") => match desk.refresh.remove(&form["refresh_token"]) {
                Some(person) => person,
                None => return refuse("invalid_grant"),
            },
            Some("client_credentials") => client,
            Some("urn:ietf:params:oauth:grant-type:token-exchange") if form.contains_key("subject_token") => client,
            Some("urn:ietf:params:oauth:grant-type:jwt-bearer") if form.contains_key("assertion") => {
                "vouched".to_owned()
            }
            _ => return refuse("unsupported_grant_type"),
        };
        desk.count += 1;
        let (access, refresh) = (format!("at-{person}-{}", desk.count), format!("rt-{person}-{}", desk.count));
        desk.access.insert(access.clone());
        desk.refresh.insert(refresh.clone(), person);
        let mut answer =
            json!({"access_token": access, "token_type": "Bearer", "refresh_token": refresh, "scope": "read"});
        if !desk.expires_in.is_null() {
            answer["expires_in"] = desk.expires_in.clone();
        }
        axum::Json(answer).into_response()
    }

    /// For clients that say who they are.
    fn introspect(&self, headers: &HeaderMap, form: &Form) -> Response {
        let desk = self.desk();
        let known = basic(headers).is_some_and(|(id, secret)| desk.clients.get(&id) == Some(&secret));
        if !known {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
        match desk.access.contains(&form["token"]) {
            true => axum::Json(json!({"active": true, "exp": now + 300})).into_response(),
            false => axum::Json(json!({"active": false})).into_response(),
        }
    }

    fn revoke(&self, form: &Form) -> Response {
        let mut desk = self.desk();
        desk.refresh.remove(&form["token"]);
        desk.access.remove(&form["token"]);
        StatusCode::OK.into_response()
    }
}

/// Both halves are form-encoded (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |text: &str| {
        let pair = format!("v={text}");
        url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decoded(id)?, decoded(secret)?))
}

async fn answer(State(provider): State<Provider>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let body = to_bytes(body, 65_536).await.expect("a body");
    let form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
    *provider.desk().asked.entry(path.clone()).or_default() += 1;
    if head.method == "POST" {
        provider.desk().forms.push((path.clone(), form.clone()));
    }
    if provider.desk().broken.contains(&path) {
        let broken = futures::stream::iter([Ok("{\"access_"), Err(std::io::Error::other("hung up"))]);
        return Body::from_stream(broken).into_response();
    }
    if provider.desk().dripping.contains(&path) {
        let drops = futures::stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Some((Ok::<_, std::io::Error>(" "), ()))
        });
        return Body::from_stream(drops).into_response();
    }
    if let Some((status, kind, body)) = provider.desk().answers.get(&path).cloned() {
        // One that leads elsewhere leads to itself.
        let headers = [("content-type", kind), ("location", path)];
        return (StatusCode::from_u16(status).expect("a status"), headers, body).into_response();
    }
    match path.as_str() {
        "/.well-known/oauth-authorization-server" => axum::Json(provider.describe()).into_response(),
        "/register" => provider.register(),
        "/authorize" => provider.authorize(head.uri.query().unwrap_or_default()),
        "/token" => provider.token(&head.headers, &form),
        "/introspect" => provider.introspect(&head.headers, &form),
        "/revoke" => provider.revoke(&form),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
