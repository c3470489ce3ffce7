//! What providers publish about themselves: their endpoints and their keys, kept per replica.
//!
//! One request at a time for one URL; a fresh answer is not asked for again, a failure is remembered too. What is read
//! is public: tenants that name the same URL share it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use http::header::ACCEPT;
use moka::future::Cache;
use serde_json::Value;

use crate::crypto::jwt::{self, Expected, JwtError};
use crate::domain::identity::claims::Claims;
use crate::domain::identity::{Endpoints, IdentityProvider, discovery};
use crate::domain::limits::{
    FETCH_MS_MAX, PROVIDER_ANSWER_BYTES_MAX, PROVIDER_FAILED_S, PROVIDER_FRESH_S, PROVIDER_KEYS_AGAIN_S,
    PROVIDERS_KEPT_MAX,
};
use crate::egress::FetchError;
use crate::state::App;

/// What this replica has read of providers.
pub struct Providers {
    documents: Cache<(String, String), Arc<Reading<Endpoints>>>,
    keys: Cache<String, Arc<Reading<Value>>>,
}

/// One attempt to read something.
struct Reading<T> {
    outcome: Result<T, String>,
    at: DateTime<Utc>,
    /// Not asked again before.
    until: DateTime<Utc>,
}

impl Default for Providers {
    fn default() -> Self {
        let documents = Cache::builder().max_capacity(PROVIDERS_KEPT_MAX).build();
        Self { documents, keys: Cache::builder().max_capacity(PROVIDERS_KEPT_MAX).build() }
    }
}

impl<T> Reading<T> {
    fn new(now: DateTime<Utc>, outcome: Result<T, String>) -> Arc<Self> {
        let seconds = if outcome.is_ok() { PROVIDER_FRESH_S } else { PROVIDER_FAILED_S };
        Arc::new(Self { outcome, at: now, until: now + TimeDelta::seconds(seconds) })
    }
}

/// Where the provider does what: as typed, or as its document says. An error is for administrators.
pub(crate) async fn endpoints(app: &App, provider: &IdentityProvider) -> Result<Endpoints, String> {
    if let Some(typed) = &provider.endpoints {
        return Ok(typed.clone());
    }
    let (key, now) = ((provider.discovery_url(), provider.issuer.clone()), app.clock.now());
    let known = app.providers.documents.get(&key).await;
    if known.as_ref().is_some_and(|known| now >= known.until) {
        app.providers.documents.invalidate(&key).await;
    }
    let reading = app.providers.documents.get_with_by_ref(&key, async {
        let outcome = match get(app, &key.0).await {
            Ok(body) => discovery::parse(&provider.issuer, &body),
            Err(why) => Err(format!("the discovery document at {} {why}", key.0)),
        };
        Reading::new(now, outcome)
    });
    reading.await.outcome.clone()
}

/// The provider's published keys. `than` asks for newer ones than those that were read then; no more often than a
/// hostile token may drive us.
pub(super) async fn keys(app: &App, url: &str, than: Option<DateTime<Utc>>) -> Result<(Value, DateTime<Utc>), String> {
    let (now, again) = (app.clock.now(), TimeDelta::seconds(PROVIDER_KEYS_AGAIN_S));
    let is_stale = |known: &Reading<Value>| {
        now >= known.until || than.is_some_and(|than| known.at <= than && now >= known.at + again)
    };
    if app.providers.keys.get(url).await.is_some_and(|known| is_stale(&known)) {
        app.providers.keys.invalidate(url).await;
    }
    let reading = app.providers.keys.get_with_by_ref(url, async {
        let outcome = match get(app, url).await {
            Ok(body) => parse_keys(&body).ok_or_else(|| format!("the document at {url} is no set of keys")),
            Err(why) => Err(format!("the set of keys at {url} {why}")),
        };
        Reading::new(now, outcome)
    });
    let reading = reading.await;
    reading.outcome.clone().map(|keys| (keys, reading.at))
}

fn parse_keys(body: &[u8]) -> Option<Value> {
    let keys: Value = serde_json::from_slice(body).ok()?;
    keys.get("keys").is_some_and(Value::is_array).then_some(keys)
}

/// What a check of a signature found wrong.
pub(super) enum Unverified {
    /// The key is not among those that were tried: a provider may have new ones.
    NoMatchingKey,
    Refused(String),
}

impl From<Unverified> for String {
    fn from(error: Unverified) -> Self {
        match error {
            Unverified::NoMatchingKey => "it is signed with a key that the provider does not publish".to_owned(),
            Unverified::Refused(why) => why,
        }
    }
}

/// The claims of a statement that the provider signed (not an ID token: those have more to check). Times are not judged.
pub(crate) async fn verify(
    app: &App,
    endpoints: &Endpoints,
    token: &str,
    expected: &Expected<'_>,
) -> Result<Claims, String> {
    let url = endpoints.jwks.as_str();
    let (known, read_at) = keys(app, url, None).await?;
    let verified = match jwt::verify(token, &known, expected) {
        Err(JwtError::NoMatchingKey) => jwt::verify(token, &keys(app, url, Some(read_at)).await?.0, expected),
        other => other,
    };
    verified.map_err(|error| error.to_string())
}

/// How many keys the provider publishes; for the test of its settings, which wants to know how it is now.
pub(crate) async fn count_keys(app: &App, url: &str) -> Result<usize, String> {
    let body = get(app, url).await.map_err(|why| format!("the set of keys at {url} {why}"))?;
    let keys = parse_keys(&body).ok_or_else(|| format!("the document at {url} is no set of keys"))?;
    Ok(keys.get("keys").and_then(Value::as_array).map_or(0, Vec::len))
}

/// The same for its endpoints.
pub(crate) async fn read_endpoints(app: &App, provider: &IdentityProvider) -> Result<Endpoints, String> {
    if provider.endpoints.is_none() {
        app.providers.documents.invalidate(&(provider.discovery_url(), provider.issuer.clone())).await;
    }
    endpoints(app, provider).await
}

async fn get(app: &App, url: &str) -> Result<Vec<u8>, String> {
    let request = http::Request::get(url).header(ACCEPT, "application/json").body(Vec::new());
    let request = request.map_err(|_| "has an address that cannot be asked".to_owned())?;
    let answer = app.fetcher.send(request, PROVIDER_ANSWER_BYTES_MAX).await.map_err(|error| describe(&error))?;
    match answer.status() {
        http::StatusCode::OK => Ok(answer.into_body()),
        status if status.is_redirection() => Err("is somewhere else: redirects are not followed".to_owned()),
        status => Err(format!("answers with the status {}", status.as_u16())),
    }
}

/// Words that follow a name. Whether an address of our network is open, closed or forbidden is told to nobody (ATK-15).
pub(crate) fn describe(error: &FetchError) -> String {
    tracing::warn!(%error, "an identity provider was not reached");
    match error {
        FetchError::Timeout => format!("did not answer within {} s", FETCH_MS_MAX / 1_000),
        FetchError::Body => {
            format!("is larger than {} KiB, or broke off", PROVIDER_ANSWER_BYTES_MAX / 1_024)
        }
        _ => "could not be reached".to_owned(),
    }
}
