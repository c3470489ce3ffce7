//! The OpenID Connect client: the way out, and from the code that comes back to who the person is. Nothing that a
//! provider says leaves here unchecked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet,
    CoreJwsSigningAlgorithm as Jws, CoreTokenResponse,
};
use openidconnect::{
    AuthUrl, ClaimsVerificationError, ClientId, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, SignatureVerificationError, TokenResponse as _,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::Refusal;
use super::provider::{self, Unverified};
use crate::crypto::jwt::unproved_claims;
use crate::crypto::tokens;
use crate::crypto::vault::Purpose;
use crate::domain::identity::claims::{Claims, Profile, profile};
use crate::domain::identity::{ClientAuthMethod, Endpoints, IdentityProvider};
use crate::domain::limits::{ID_TOKEN_AGE_MAX_S, ID_TOKEN_SKEW_S, PROVIDER_ANSWER_BYTES_MAX};
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

/// Signed with a key that only the provider has: never `none`, never a secret that is shared with us.
const ALGORITHMS: [Jws; 9] = [
    Jws::RsaSsaPkcs1V15Sha256,
    Jws::RsaSsaPkcs1V15Sha384,
    Jws::RsaSsaPkcs1V15Sha512,
    Jws::RsaSsaPssSha256,
    Jws::RsaSsaPssSha384,
    Jws::RsaSsaPssSha512,
    Jws::EcdsaP256Sha256,
    Jws::EcdsaP384Sha384,
    Jws::EdDsa,
];

/// What only this sign-in knows.
#[derive(Serialize, Deserialize)]
pub(super) struct Secrets {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    #[serde(default)]
    pub(super) other_account: bool,
}

impl Secrets {
    pub(super) fn generate() -> Result<Self> {
        let fresh = || tokens::opaque("").map(|token| token.expose_secret().to_owned());
        Ok(Self { state: fresh()?, nonce: fresh()?, verifier: fresh()?, other_account: false })
    }
}

/// A provider as a client uses it, with the secret in clear.
pub(crate) struct Party<'a> {
    pub(crate) provider: &'a IdentityProvider,
    pub(crate) endpoints: Endpoints,
    pub(crate) client_secret: Option<SecretString>,
    pub(crate) redirect_uri: String,
}

/// What a code was exchanged for.
pub(super) struct Granted {
    parsed: CoreIdToken,
    pub(super) id_token: SecretString,
    pub(super) access_token: SecretString,
    pub(super) refresh_token: Option<SecretString>,
    pub(super) expires_in_s: Option<i64>,
}

/// Who signed in, and the tokens that say so.
pub(super) struct Known {
    pub(super) profile: Profile,
    /// The provider's name of its session.
    pub(super) sid: Option<String>,
    pub(super) granted: Granted,
}

/// Where providers send browsers back to.
pub fn redirect_uri(app: &App, tenant: &Tenant, provider: &IdentityProvider) -> String {
    format!("{}/t/{}/sso/{}/callback", app.config.public_origin, tenant.slug, provider.id)
}

/// The secret of our client at the provider.
pub(crate) async fn client_secret(
    app: &App,
    store: &TenantStore,
    provider: &IdentityProvider,
) -> Result<Option<SecretString>> {
    let Some(sealed) = &provider.client_secret_sealed else { return Ok(None) };
    let plain = app.data_key(store).await?.open(store.tenant_id(), Purpose::ProviderSecret, provider.id.0, sealed)?;
    let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
    Ok(Some(text.to_owned().into()))
}

impl Party<'_> {
    /// Where the browser goes.
    pub(super) fn authorization_url(&self, secrets: &Secrets) -> Result<Url> {
        let authorization = AuthUrl::from_url(self.endpoints.authorization.clone());
        let redirect_uri = RedirectUrl::new(self.redirect_uri.clone()).map_err(Error::internal)?;
        let issuer = IssuerUrl::new(self.provider.issuer.clone()).map_err(Error::internal)?;
        let client_id = ClientId::new(self.provider.client_id.clone());
        let client = CoreClient::new(client_id, issuer, CoreJsonWebKeySet::new(Vec::new()));
        let client = client.set_auth_uri(authorization).set_redirect_uri(redirect_uri);
        let (state, nonce) = (secrets.state.clone(), secrets.nonce.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(secrets.verifier.clone()));
        let scopes = self.provider.settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
        let request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scopes(scopes)
            .set_pkce_challenge(challenge);
        let request = match self.provider.asks_again_by() {
            prompt if secrets.other_account => request.add_extra_param("prompt", prompt),
            _ => request,
        };
        Ok(request.url().0)
    }

    /// Exchanges the code and checks what comes for it.
    pub(super) async fn identify(&self, app: &App, code: &str, secrets: &Secrets) -> Result<Known, Refusal> {
        let granted = self.exchange(app, code, secrets).await?;
        let (text, id_token) = (granted.id_token.expose_secret().to_owned(), &granted.parsed);
        let issuer = self.check(app, id_token, &secrets.nonce).await.map_err(|why| self.refuse(why))?;
        let mut claims = unproved_claims(&text).ok_or_else(|| self.refuse("the ID token has no readable claims"))?;
        check_authorized_party(&claims, &self.provider.client_id).map_err(|why| self.refuse(why))?;
        if self.lacks_something(&claims) {
            self.add_userinfo(app, &granted.access_token, &mut claims).await?;
        }
        let sid = claims.get("sid").and_then(Value::as_str).map(str::to_owned);
        let profile = profile(self.provider, issuer, &claims);
        let profile = profile.map_err(|why| self.refuse(format!("the ID token {why}")))?;
        Ok(Known { profile, sid, granted })
    }

    async fn exchange(&self, app: &App, code: &str, secrets: &Secrets) -> Result<Granted, Refusal> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &secrets.verifier),
        ];
        // What cannot be read may hold tokens: it is not repeated.
        let tokens: CoreTokenResponse =
            serde_json::from_value(self.ask(app, &form).await?).map_err(|_| self.no_tokens())?;
        let parsed = tokens.id_token().ok_or_else(|| self.refuse("the token endpoint gave no ID token"))?.clone();
        Ok(Granted {
            id_token: parsed.to_string().into(),
            parsed,
            access_token: tokens.access_token().secret().clone().into(),
            refresh_token: tokens.refresh_token().map(|token| token.secret().clone().into()),
            expires_in_s: tokens.expires_in().and_then(|lives| i64::try_from(lives.as_secs()).ok()),
        })
    }

    /// A request at the token endpoint, and what it answers.
    pub(super) async fn ask(&self, app: &App, form: &[(&str, &str)]) -> Result<Value, Refusal> {
        let answer = app.fetcher.send(self.token_request(form)?, PROVIDER_ANSWER_BYTES_MAX).await;
        let answer = answer.map_err(|error| self.away(format!("the token endpoint {}", provider::describe(&error))))?;
        if answer.status() != http::StatusCode::OK {
            // invalid_client: wrong or expired secret. invalid_grant: the code is not good.
            let said = serde_json::from_slice::<Value>(answer.body()).unwrap_or_default();
            return Err(match said.get("error").and_then(Value::as_str) {
                Some(error) => self.refuse(format!("the token endpoint answers {}", clean(error))),
                None => self.away(format!("the token endpoint answers with the status {}", answer.status().as_u16())),
            });
        }
        serde_json::from_slice(answer.body()).map_err(|_| self.no_tokens())
    }

    fn away(&self, why: String) -> Refusal {
        Refusal::Away { label: self.provider.label.clone(), why }
    }

    fn no_tokens(&self) -> Refusal {
        self.away("the token endpoint answers with something else than tokens".to_owned())
    }

    /// RFC 6749 §2.3.1.
    fn token_request(&self, pairs: &[(&str, &str)]) -> Result<http::Request<Vec<u8>>> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        let mut request = http::Request::post(self.endpoints.token.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let client_id = &self.provider.client_id;
        match (&self.client_secret, self.endpoints.client_auth) {
            (Some(secret), ClientAuthMethod::Basic) => {
                let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let pair = Zeroizing::new(format!("{}:{}", encode(client_id), encode(secret.expose_secret())));
                request = request.header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair.as_bytes())));
            }
            (Some(secret), ClientAuthMethod::Post) => {
                form.append_pair("client_id", client_id).append_pair("client_secret", secret.expose_secret());
            }
            (None, _) => drop(form.append_pair("client_id", client_id)),
        }
        request.body(form.finish().into_bytes()).map_err(Error::internal)
    }

    /// Signature, algorithm, issuer, audience, times, nonce. Answers the issuer.
    async fn check(&self, app: &App, id_token: &CoreIdToken, nonce: &str) -> Result<String, String> {
        let text = id_token.to_string();
        // Read before it is proved, to know which proof to ask for; a template stands for listed tenants only.
        let claimed = unproved_claims(&text).unwrap_or_default();
        let tid = claimed.get("tid").and_then(Value::as_str);
        let issuer = self.provider.issuer_for(tid).ok_or("the ID token is of an Entra tenant that is not listed")?;
        let (now, nonce) = (app.clock.now(), Nonce::new(nonce.to_owned()));
        let url = self.endpoints.jwks.as_str();
        let (known, read_at) = provider::keys(app, url, None).await?;
        let verified = match self.check_with(id_token, (&issuer, &nonce, now), &known) {
            Err(Unverified::NoMatchingKey) => {
                let (newer, _) = provider::keys(app, url, Some(read_at)).await?;
                self.check_with(id_token, (&issuer, &nonce, now), &newer)
            }
            other => other,
        };
        verified.map(|()| issuer).map_err(String::from)
    }

    fn check_with(
        &self,
        id_token: &CoreIdToken,
        (issuer, nonce, now): (&str, &Nonce, DateTime<Utc>),
        keys: &Value,
    ) -> Result<(), Unverified> {
        let refused = |why: &str| Unverified::Refused(why.to_owned());
        let keys: CoreJsonWebKeySet =
            serde_json::from_value(keys.clone()).map_err(|_| refused("the keys cannot be read"))?;
        let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|_| refused("the issuer is no URL"))?;
        let skew = TimeDelta::seconds(ID_TOKEN_SKEW_S);
        let oldest = now - TimeDelta::seconds(ID_TOKEN_AGE_MAX_S) - skew;
        let verifier =
            CoreIdTokenVerifier::new_public_client(ClientId::new(self.provider.client_id.clone()), issuer, keys)
                .set_allowed_algs(ALGORITHMS)
                .set_time_fn(move || now - skew)
                .set_issue_time_verifier_fn(move |at| {
                    if at > now + skew {
                        return Err("issued in the future: compare the clocks".to_owned());
                    }
                    if at < oldest { Err("issued too long ago".to_owned()) } else { Ok(()) }
                });
        match id_token.claims(&verifier, nonce) {
            Ok(_) => Ok(()),
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                Err(Unverified::NoMatchingKey)
            }
            Err(error) => Err(Unverified::Refused(clean(&describe(&error)))),
        }
    }

    fn lacks_something(&self, claims: &Claims) -> bool {
        let settings = &self.provider.settings;
        let groups = !settings.groups.is_empty() && !claims.contains_key(&settings.claims.groups);
        groups || !claims.contains_key(&settings.claims.email)
    }

    /// Adds what the ID token does not say. It is about the same person or it is refused (OpenID Connect Core §5.3.2).
    async fn add_userinfo(&self, app: &App, token: &SecretString, claims: &mut Claims) -> Result<(), Refusal> {
        let Some(url) = &self.endpoints.userinfo else { return Ok(()) };
        let request = http::Request::get(url.as_str())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", token.expose_secret()))
            .body(Vec::new())
            .map_err(Error::internal)?;
        let found = match app.fetcher.send(request, PROVIDER_ANSWER_BYTES_MAX).await {
            Ok(answer) if answer.status() == http::StatusCode::OK => {
                serde_json::from_slice::<Claims>(answer.body()).ok()
            }
            _ => None,
        };
        let Some(found) = found else {
            tracing::warn!(provider = %self.provider.id, "userinfo was not read");
            return Ok(());
        };
        if found.get("sub").is_none() || found.get("sub") != claims.get("sub") {
            return Err(self.refuse("userinfo is about somebody else than the ID token"));
        }
        for (name, value) in found {
            claims.entry(name).or_insert(value);
        }
        Ok(())
    }

    pub(super) fn refuse(&self, why: impl Into<String>) -> Refusal {
        Refusal::Answer { label: self.provider.label.clone(), why: why.into() }
    }

    /// How the token endpoint takes a code that cannot be good: it says so only to a client that it knows.
    pub(crate) async fn try_client(&self, app: &App) -> Result<(), String> {
        let secrets = Secrets::generate().map_err(|error| error.to_string())?;
        match self.exchange(app, "portway-connection-test", &secrets).await {
            Err(Refusal::Answer { why, .. }) if why.ends_with(" invalid_grant") => Ok(()),
            Err(Refusal::Answer { why, .. } | Refusal::Away { why, .. }) => Err(why),
            Err(other) => Err(other.to_string()),
            Ok(_) => Err("the token endpoint gives tokens for a made-up code".to_owned()),
        }
    }
}

/// Tokens for a client of the same provider may be passed on to us by it (OpenID Connect Core §3.1.3.7).
fn check_authorized_party(claims: &Claims, client_id: &str) -> Result<(), &'static str> {
    match claims.get("azp") {
        Some(Value::String(azp)) if azp == client_id => Ok(()),
        None => Ok(()),
        Some(_) => Err("the ID token was issued to another client (azp)"),
    }
}

fn describe(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::SignatureVerification(inner) => format!("the ID token: {inner}"),
        other => format!("the ID token: {other}"),
    }
}

/// Text of a provider for our logs and administrators: one line, not long.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(300).collect()
}
