//! Portway as an OAuth client of MCP servers' authorization servers, for each person by themselves.
//!
//! `discovery` finds the provider of a server, `registration` makes us known there, [`flow`] takes the person there and
//! back, [`tokens`] keeps what came of it fresh. Every request goes through `egress`; what a provider answers is never
//! shown to a person, only to the tenant's administrators, in the audit trail.

mod discovery;
pub mod flow;
mod registration;
pub mod tokens;

pub(super) use registration::{has_static_secret, put_static as put_client};

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::keys::Signer;
use super::sso;
use crate::crypto::signing;
use crate::domain::Error;
use crate::domain::limits::{CLIENT_ASSERTION_S, FETCH_MS_MAX, UPSTREAM_ANSWER_BYTES_MAX};
use crate::domain::machine_oauth::{ExchangeProfile, MachineAuth, MachineSettings};
use crate::domain::server::Server;
use crate::domain::tenancy::Tenant;
use crate::domain::upstream_oauth::{OauthSettings, Provider, UpstreamClient};
use crate::egress::FetchError;
use crate::state::App;

const JWT_BEARER_CLIENT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why an account is not connected. The words are for administrators.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Unknown, expired, used, or of somebody else: one answer (ATK-19).
    #[error("it is no authorization of this person that waits")]
    Gone,
    /// The server or its provider did not answer, or with nothing of use.
    #[error("{0}")]
    Away(String),
    /// The provider said no, with a code of its own.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// What came is not what a provider may send.
    #[error("{0}")]
    Answer(String),
    /// An administrator has to set something first.
    #[error("{0}")]
    Setup(String),
    #[error(transparent)]
    Domain(#[from] Error),
}

impl From<sso::Refusal> for Refusal {
    /// What the identity provider said of a person's tokens.
    fn from(refusal: sso::Refusal) -> Self {
        match refusal {
            sso::Refusal::Domain(error) => Self::Domain(error),
            sso::Refusal::Away { why, .. } => Self::Away(format!("the identity provider: {why}")),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl Refusal {
    /// Stable, for the page and the audit trail.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gone => "account.gone",
            Self::Away(_) => "account.provider_away",
            Self::Refused(_) => "account.provider_refused",
            Self::Answer(_) => "account.answer_refused",
            Self::Setup(_) => "account.not_set_up",
            Self::Domain(error) => error.code(),
        }
    }
}

/// A token for Portway itself, and how many seconds it lives: `form` says by what grant.
pub(super) async fn machine(
    app: &App,
    tenant: &Tenant,
    server: &Server,
    settings: &MachineSettings,
    form: Vec<(String, String)>,
) -> Result<(SecretString, Option<i64>), Refusal> {
    let (provider, scopes) = discovery::for_machine(app, server, settings).await?;
    let stored = registration::static_secret(app, tenant.id, server).await?;
    let by_signature = settings.client_auth == MachineAuth::PrivateKeyJwt;
    let assertion = match by_signature {
        true => Some(client_assertion(app, tenant, settings, &provider, stored.as_ref()).await?),
        false => None,
    };
    let secret = stored.filter(|_| !by_signature);
    let client = UpstreamClient { client_id: settings.client_id.clone(), secret };
    let scope = scopes.join(" ");
    let mut pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if let Some(assertion) = &assertion {
        pairs.extend([("client_assertion_type", JWT_BEARER_CLIENT), ("client_assertion", assertion.expose_secret())]);
    }
    if !scope.is_empty() {
        pairs.push(("scope", &scope));
    }
    // Entra refuses it beside a scope (O5).
    if !settings.omit_resource && settings.profile != ExchangeProfile::OnBehalfOf {
        pairs.push(("resource", &provider.resource));
    }
    if let Some(audience) = &settings.audience {
        pairs.push(("audience", audience));
    }
    pairs.extend(settings.extra_parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let granted = tokens::ask(app, server, &provider, &client, &pairs).await?;
    Ok(granted.bearer())
}

/// Where the people of a server that is not registered would authorize Portway, and for what scopes.
pub(super) async fn of_stranger(app: &App, server: &Server) -> Result<(Provider, Vec<String>), Refusal> {
    discovery::find(app, server, &OauthSettings::default()).await
}

/// The authorization server of a server, the resource that the server is there, and the scope to ask for.
pub(super) async fn authority(
    app: &App,
    server: &Server,
    settings: &MachineSettings,
) -> Result<(String, String, String), Refusal> {
    let (provider, scopes) = discovery::for_machine(app, server, settings).await?;
    if provider.issuer.is_empty() {
        return Err(Refusal::Setup("an identity assertion names its audience: set issuer".into()));
    }
    Ok((provider.issuer, provider.resource, scopes.join(" ")))
}

/// Who Portway is, signed: by the client's own key, or else by the tenant's (RFC 7523 §3).
async fn client_assertion(
    app: &App,
    tenant: &Tenant,
    settings: &MachineSettings,
    provider: &Provider,
    private_key: Option<&SecretString>,
) -> Result<SecretString, Refusal> {
    let audience = if provider.issuer.is_empty() { provider.token.as_str() } else { &provider.issuer };
    let now = app.clock.now().timestamp();
    let claims = serde_json::json!({
        "iss": settings.client_id, "sub": settings.client_id, "aud": audience,
        "iat": now, "exp": now + CLIENT_ASSERTION_S, "jti": app.new_id(),
    });
    let Some(pem) = private_key else {
        let store = app.store.tenant_read(tenant.id).await?;
        return Ok(Signer::open(app, &store).await?.sign_statement(&claims)?);
    };
    let signed = signing::assert(pem, settings.key_id.as_deref(), &claims);
    signed.ok_or_else(|| Refusal::Setup("what is stored for the client is no private key: give it again".into()))
}

/// Where providers send browsers back to.
pub fn callback(app: &App, tenant: &Tenant) -> String {
    format!("{}/t/{}/accounts/callback", app.config.public_origin, tenant.slug)
}

/// Where we describe ourselves to providers that take documents (CIMD).
pub fn document_url(app: &App, tenant: &Tenant) -> String {
    format!("{}/t/{}/accounts/client.json", app.config.public_origin, tenant.slug)
}

/// What we say of ourselves: in the document, and when we register (RFC 7591).
pub fn description(app: &App, tenant: &Tenant) -> Value {
    serde_json::json!({
        "client_name": format!("Portway of {}", tenant.display_name),
        "client_uri": app.config.public_origin,
        "redirect_uris": [callback(app, tenant)],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "application_type": "web",
    })
}

/// A form to one of the provider's endpoints, from us.
fn post(
    provider: &Provider,
    client: &UpstreamClient,
    to: &Url,
    pairs: &[(&str, &str)],
) -> Result<http::Request<Vec<u8>>, Error> {
    use base64::Engine as _;
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let mut request = http::Request::post(to.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    match &client.secret {
        Some(secret) if !provider.secret_in_body => {
            let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = Zeroizing::new(format!("{}:{}", encode(&client.client_id), encode(secret.expose_secret())));
            let basic = base64::engine::general_purpose::STANDARD.encode(pair.as_bytes());
            request = request.header(AUTHORIZATION, format!("Basic {basic}"));
        }
        Some(secret) => {
            form.append_pair("client_id", &client.client_id).append_pair("client_secret", secret.expose_secret());
        }
        None => drop(form.append_pair("client_id", &client.client_id)),
    }
    request.body(form.finish().into_bytes()).map_err(Error::internal)
}

/// Sends it, trusting whom the server's managers trust for it; an error follows the name of what was asked.
async fn send(app: &App, server: &Server, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, String> {
    let sent = match &server.transport.ca_certificates {
        None => app.fetcher.send(request, UPSTREAM_ANSWER_BYTES_MAX).await,
        Some(pem) => match app.fetcher.trusting(pem) {
            Ok(fetcher) => fetcher.send(request, UPSTREAM_ANSWER_BYTES_MAX).await,
            Err(error) => Err(error),
        },
    };
    sent.map_err(|error| describe(&error))
}

/// Whether an address of our network is open, closed or forbidden is told to nobody (ATK-15).
fn describe(error: &FetchError) -> String {
    tracing::warn!(%error, "an upstream's provider was not reached");
    match error {
        FetchError::Timeout => format!("did not answer within {} s", FETCH_MS_MAX / 1_000),
        FetchError::Body => format!("is larger than {} KiB, or broke off", UPSTREAM_ANSWER_BYTES_MAX / 1_024),
        _ => "could not be reached".to_owned(),
    }
}

/// The `error` of an answer, as far as it can be one (RFC 6749 §5.2).
fn error_code(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    answer.get("error").and_then(Value::as_str).map(clean)
}

/// A foreign word, short and visible.
fn clean(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_graphic()).take(64).collect()
}
