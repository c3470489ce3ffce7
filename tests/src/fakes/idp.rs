//! An identity provider on loopback that signs with keys of its own, and does wrong what a test asks it to. It keeps the
//! protocol otherwise: a client without its secret, its PKCE verifier or its redirect URI gets no token.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use control_plane::crypto::{signing, tokens};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

pub const CLIENT_ID: &str = "portway";
pub const CLIENT_SECRET: &str = "a secret of portway & its provider";

/// How ID tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// With the newest key.
    Newest,
    /// With a key that is not published any more, or never was.
    Unpublished,
    /// `alg: none`.
    None,
    /// With the client's secret, as if it were a key.
    Secret,
}

struct Key {
    kid: String,
    pkcs8: Vec<u8>,
    public: Value,
}

struct Desk {
    keys: Vec<Key>,
    unpublished: Key,
    person: Value,
    change: Value,
    userinfo: Value,
    metadata: Value,
    signing: Signing,
    codes: HashMap<String, HashMap<String, String>>,
    answers: HashMap<String, (u16, String, String)>,
    stalled: Vec<String>,
    asked: HashMap<String, usize>,
    /// What came to the token endpoint.
    forms: Vec<HashMap<String, String>>,
    refresh: Vec<String>,
    count: usize,
}

/// The running provider.
#[derive(Clone)]
pub struct Idp {
    pub origin: String,
    desk: Arc<Mutex<Desk>>,
}

fn key(kid: &str) -> Key {
    let new = signing::generate(kid).expect("a key");
    Key { kid: kid.to_owned(), pkcs8: new.pkcs8.to_vec(), public: new.public_jwk }
}

impl Idp {
    pub async fn start() -> Self {
        crate::install_crypto();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address: SocketAddr = listener.local_addr().expect("bound");
        let desk = Desk {
            keys: vec![key("one")],
            unpublished: key("unpublished"),
            person: json!({"sub": "ana-1", "email": "ana@acme.example", "email_verified": true, "name": "Ana Lima"}),
            change: json!({}),
            userinfo: json!({}),
            metadata: json!({}),
            signing: Signing::Newest,
            codes: HashMap::new(),
            answers: HashMap::new(),
            stalled: Vec::new(),
            asked: HashMap::new(),
            forms: Vec::new(),
            refresh: Vec::new(),
            count: 0,
        };
        let idp = Self { origin: format!("http://{address}"), desk: Arc::new(Mutex::new(desk)) };
        let router = Router::new().fallback(answer).with_state(idp.clone());
        crate::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        idp
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("not poisoned")
    }

    /// What an administrator types to connect it.
    pub fn settings(&self, label: &str) -> Value {
        json!({"label": label, "issuer": self.origin, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    }

    /// Who sits at the browser: claims of the ID token.
    pub fn person(&self, claims: Value) {
        self.desk().person = claims;
    }

    /// Claims that replace those of the next ID tokens; null leaves one out.
    pub fn change(&self, claims: Value) {
        self.desk().change = claims;
    }

    /// What userinfo says; until then only who it is.
    pub fn userinfo(&self, claims: Value) {
        self.desk().userinfo = claims;
    }

    /// Members that replace those of the discovery document; null leaves one out.
    pub fn metadata(&self, members: Value) {
        self.desk().metadata = members;
    }

    pub fn sign_with(&self, signing: Signing) {
        self.desk().signing = signing;
    }

    /// A new key signs; the old one is published no more.
    pub fn rotate(&self) {
        let kid = tokens::opaque("").expect("randomness");
        self.desk().keys = vec![key(kid.expose_secret())];
    }

    /// Answers a path with something else.
    pub fn answer(&self, path: &str, status: u16, kind: &str, body: &str) {
        self.desk().answers.insert(path.to_owned(), (status, kind.to_owned(), body.to_owned()));
    }

    /// Does not answer a path at all.
    pub fn stall(&self, path: &str) {
        self.desk().stalled.push(path.to_owned());
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.desk().asked.get(path).copied().unwrap_or_default()
    }

    /// A logout token with its claims changed; null leaves one out.
    /// All that came to the token endpoint by this grant.
    pub fn forms(&self, grant_type: &str) -> Vec<HashMap<String, String>> {
        let forms = self.desk().forms.clone();
        forms.into_iter().filter(|form| form["grant_type"].ends_with(grant_type)).collect()
    }

    /// Ends every refresh token.
    pub fn end_all(&self) {
        self.desk().refresh.clear();
    }

    pub fn logout_token(&self, change: &Value) -> String {
        let now = now();
        let claims = json!({
            "iss": self.origin, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": tokens::opaque("").expect("randomness").expose_secret(),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        self.sign(&merged(claims, change), "logout+jwt")
    }

    /// An identity assertion (ID-JAG) with its claims changed; null leaves one out.
    pub fn assertion(&self, said: &Value, change: &Value) -> String {
        let now = now();
        let jti = tokens::opaque("").expect("randomness").expose_secret().to_owned();
        let claims = json!({"iss": self.origin, "iat": now, "exp": now + 300, "jti": jti});
        self.sign(&merged(merged(claims, said), change), "oauth-id-jag+jwt")
    }

    fn sign(&self, claims: &Value, typ: &str) -> String {
        let desk = self.desk();
        let key = if desk.signing == Signing::Unpublished { &desk.unpublished } else { &desk.keys[0] };
        let (algorithm, signer) = match desk.signing {
            Signing::Secret => (Algorithm::HS256, EncodingKey::from_secret(CLIENT_SECRET.as_bytes())),
            _ => (Algorithm::ES256, EncodingKey::from_ec_der(&key.pkcs8)),
        };
        let header = Header { kid: Some(key.kid.clone()), typ: Some(typ.to_owned()), ..Header::new(algorithm) };
        if desk.signing == Signing::None {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            return format!("{}.{}.", part(&json!({"alg": "none", "typ": typ})), part(claims));
        }
        jsonwebtoken::encode(&header, claims, &signer).expect("signed")
    }

    fn discovery(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.origin);
        let document = json!({
            "issuer": self.origin, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"), "userinfo_endpoint": at("/userinfo"), "end_session_endpoint": at("/logout"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"], "authorization_response_iss_parameter_supported": true,
        });
        merged(document, &self.desk().metadata)
    }

    /// What a test set, or nothing but who it is.
    fn userinfo_of_person(&self) -> Value {
        let desk = self.desk();
        if desk.userinfo == json!({}) { json!({"sub": desk.person["sub"]}) } else { desk.userinfo.clone() }
    }

    /// The person signs in at once.
    fn authorize(&self, query: &str) -> Response {
        let asked: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let code = tokens::opaque("").expect("randomness").expose_secret().to_owned();
        let mut back: Url = asked["redirect_uri"].parse().expect("a URL");
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &asked["state"])
            .append_pair("iss", &self.origin);
        self.desk().codes.insert(code, asked);
        (StatusCode::FOUND, [("location", String::from(back))]).into_response()
    }

    fn token(&self, headers: &HeaderMap, body: &[u8]) -> Response {
        let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
        let refuse = |error: &str| (StatusCode::BAD_REQUEST, axum::Json(json!({"error": error}))).into_response();
        if client(headers).as_deref() != Some(CLIENT_SECRET) {
            return refuse("invalid_client");
        }
        self.desk().forms.push(form.clone());
        match form["grant_type"].as_str() {
            "refresh_token" => {
                let found = self.desk().refresh.iter().position(|one| *one == form["refresh_token"]);
                let Some(at) = found else { return refuse("invalid_grant") };
                self.desk().refresh.remove(at);
                return self.granted(&json!({}));
            }
            "urn:ietf:params:oauth:grant-type:token-exchange" => return self.vouch(&form),
            _ => {}
        }
        let Some(asked) = self.desk().codes.remove(&form["code"]) else { return refuse("invalid_grant") };
        let challenge = URL_SAFE_NO_PAD.encode(tokens::sha256_bytes(form["code_verifier"].as_bytes()));
        if asked["code_challenge"] != challenge || asked["redirect_uri"] != form["redirect_uri"] {
            return refuse("invalid_grant");
        }
        self.granted(&json!({"nonce": asked["nonce"], "sid": format!("sid of {}", asked["state"])}))
    }

    /// Tokens about the person, each with a refresh token that is good once.
    fn granted(&self, more: &Value) -> Response {
        let now = now();
        let claims = merged(json!({"iss": self.origin, "aud": CLIENT_ID, "iat": now, "exp": now + 300}), more);
        let (claims, count) = {
            let mut desk = self.desk();
            desk.count += 1;
            let count = desk.count;
            desk.refresh.push(format!("idp-rt-{count}"));
            (merged(merged(claims, &desk.person), &desk.change), count)
        };
        let id_token = self.sign(&claims, "JWT");
        let answer = json!({"access_token": format!("idp-at-{count}"), "token_type": "Bearer", "expires_in": 300,
            "id_token": id_token, "refresh_token": format!("idp-rt-{count}")});
        axum::Json(answer).into_response()
    }

    /// An identity assertion for whoever the ID token is about.
    fn vouch(&self, form: &HashMap<String, String>) -> Response {
        let subject = control_plane::crypto::jwt::unproved_claims(&form["subject_token"]).expect("an ID token");
        let said = json!({"sub": subject["sub"], "aud": form["audience"], "resource": form["resource"],
            "client_id": "by-hand"});
        let answer = json!({"access_token": self.assertion(&said, &json!({})), "token_type": "N_A",
            "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag"});
        axum::Json(answer).into_response()
    }
}

/// The client's secret, as HTTP Basic with both halves form-encoded.
fn client(headers: &HeaderMap) -> Option<String> {
    let basic = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |text: &str| {
        let form = format!("x={text}");
        url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    (decoded(id)? == CLIENT_ID).then(|| decoded(secret)).flatten()
}

fn merged(mut base: Value, change: &Value) -> Value {
    let members = base.as_object_mut().expect("an object");
    for (name, value) in change.as_object().expect("an object") {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    base
}

/// The provider has a clock of its own: the machine's.
fn now() -> i64 {
    use control_plane::domain::Clock;
    control_plane::domain::clock::SystemClock.now().timestamp()
}

async fn answer(State(idp): State<Idp>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    *idp.desk().asked.entry(path.clone()).or_default() += 1;
    if idp.desk().stalled.contains(&path) {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
    }
    if let Some((status, kind, body)) = idp.desk().answers.get(&path).cloned() {
        return (StatusCode::from_u16(status).expect("a status"), [("content-type", kind)], body).into_response();
    }
    match path.as_str() {
        "/.well-known/openid-configuration" | "/organizations/.well-known/openid-configuration" => {
            axum::Json(idp.discovery()).into_response()
        }
        "/keys" => {
            let keys: Vec<Value> = idp.desk().keys.iter().map(|key| key.public.clone()).collect();
            axum::Json(json!({"keys": keys})).into_response()
        }
        "/authorize" => idp.authorize(head.uri.query().unwrap_or_default()),
        "/token" => idp.token(&head.headers, &to_bytes(body, 65_536).await.expect("a body")),
        "/userinfo" => axum::Json(idp.userinfo_of_person()).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
