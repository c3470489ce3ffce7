//! Identity assertions (ID-JAG): a provider's word about one person, for one client and one server, in place of a
//! browser (draft-ietf-oauth-identity-assertion-authz-grant, MCP enterprise-managed authorization §5).
//!
//! What is checked here is what the provider says; what it is good for, `app::grants` decides.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{Refusal, provider};
use crate::crypto::jwt::{self, Expected};
use crate::domain::Result;
use crate::domain::identity::IdentityProvider;
use crate::domain::identity::claims::{Claims, Profile, profile};
use crate::domain::ids::TenantId;
use crate::domain::limits::{
    ASSERTION_BYTES_MAX, ASSERTION_S_MAX, CLAIM_CHARS_MAX, ID_TOKEN_AGE_MAX_S, ID_TOKEN_SKEW_S,
};
use crate::domain::tenancy::Tenant;
use crate::state::App;

/// The kind of JWT (`typ`), in lower case.
const KIND: &str = "oauth-id-jag+jwt";

/// What a provider said. The signature, the times, the audience and the client have been checked.
pub struct Assertion {
    pub provider: IdentityProvider,
    pub profile: Profile,
    /// The server that it is for, as the provider spells it.
    pub resource: String,
    /// What it is limited to; absent where the provider sets no limit.
    pub scope: Option<String>,
    /// Unique among the provider's assertions.
    pub jti: String,
    /// From when on its time refuses it.
    pub forgotten: DateTime<Utc>,
}

/// Whether the tenant takes assertions of any provider.
pub async fn are_welcome(app: &App, tenant: TenantId) -> Result<bool> {
    let providers = app.store.tenant_read(tenant).await?.list_enabled_identity_providers().await?;
    Ok(providers.iter().any(IdentityProvider::takes_assertions))
}

/// Reads an assertion that a client presents.
pub async fn check(app: &App, tenant: &Tenant, client_id: &str, token: &SecretString) -> Result<Assertion, Refusal> {
    let token = token.expose_secret();
    // Read before it is proved, to know whose proof to ask for.
    let claimed = if token.len() <= ASSERTION_BYTES_MAX { jwt::unproved_claims(token) } else { None };
    let claimed = claimed.unwrap_or_default();
    let issuer = claimed.get("iss").and_then(Value::as_str).unwrap_or_default();
    let providers = app.store.tenant_read(tenant.id).await?.list_enabled_identity_providers().await?;
    let named = providers.into_iter().find(|one| one.takes_assertions() && one.is_issuer(issuer));
    let provider = named.ok_or(Refusal::Disabled)?;
    let refuse = |why: String| Refusal::Answer { label: provider.label.clone(), why };
    let away = |why: String| Refusal::Away { label: provider.label.clone(), why };

    let tid = claimed.get("tid").and_then(Value::as_str);
    let issuer =
        provider.issuer_for(tid).ok_or_else(|| refuse("it is of an Entra tenant that is not listed".into()))?;
    let endpoints = provider::endpoints(app, &provider).await.map_err(away)?;
    provider::keys(app, endpoints.jwks.as_str(), None).await.map_err(away)?;
    let expected = Expected { types: &[KIND], issuer: &issuer, audience: &tenant.issuer };
    let claims = provider::verify(app, &endpoints, token, &expected).await.map_err(refuse)?;
    let said = read(&claims, app.clock.now()).map_err(|why| refuse(why.to_owned()))?;
    if !provider.means_client(said.client_id, client_id) {
        return Err(refuse("it is for another client".to_owned()));
    }
    let profile = profile(&provider, issuer, &claims).map_err(|why| refuse(format!("it {why}")))?;
    let Said { resource, scope, jti, forgotten, .. } = said;
    let (resource, scope, jti) = (resource.to_owned(), scope.map(str::to_owned), jti.to_owned());
    Ok(Assertion { provider, profile, resource, scope, jti, forgotten })
}

/// The claims that only assertions have.
#[derive(Debug, PartialEq, Eq)]
struct Said<'a> {
    client_id: &'a str,
    resource: &'a str,
    scope: Option<&'a str>,
    jti: &'a str,
    forgotten: DateTime<Utc>,
}

fn read(claims: &Claims, now: DateTime<Utc>) -> Result<Said<'_>, &'static str> {
    let text = |name: &str| {
        claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && text.len() <= CLAIM_CHARS_MAX)
    };
    // One that is for others as well could be used there by whoever got it here.
    if matches!(claims.get("aud"), Some(Value::Array(several)) if several.len() != 1) {
        return Err("it is for others as well (aud)");
    }
    let at = |name: &str| claims.get(name).and_then(Value::as_i64).and_then(|s| DateTime::from_timestamp(s, 0));
    let skew = TimeDelta::seconds(ID_TOKEN_SKEW_S);
    let issued = at("iat").ok_or("it has no iat")?;
    if issued > now + skew || claims.contains_key("nbf") && at("nbf").is_none_or(|from| from > now + skew) {
        return Err("it is of the future: compare the clocks");
    }
    let expires = at("exp").ok_or("it has no exp")?;
    if now >= expires + skew || issued < now - TimeDelta::seconds(ID_TOKEN_AGE_MAX_S) - skew {
        return Err("it is too old");
    }
    if expires - issued > TimeDelta::seconds(ASSERTION_S_MAX) {
        return Err("it lives longer than an hour");
    }
    let scope = match claims.get("scope") {
        None => None,
        Some(_) => Some(text("scope").ok_or("its scope cannot be read")?),
    };
    Ok(Said {
        client_id: text("client_id").ok_or("it names no client (client_id)")?,
        resource: text("resource").ok_or("it names no server (resource)")?,
        scope,
        jti: text("jti").ok_or("it has no jti")?,
        forgotten: expires + skew,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_assertion_is_fresh_and_says_for_whom() {
        fn check(change: &Value, expected: Result<(), &str>) {
            let mut claims = json!({
                "iat": 10_000, "exp": 10_300, "jti": "one", "client_id": "ide", "aud": "us",
                "resource": "https://gw.example/acme/mcp/git/server",
            });
            for (name, value) in change.as_object().unwrap() {
                claims[name] = value.clone();
            }
            let claims: Claims =
                claims.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
            let found = read(&claims, DateTime::from_timestamp(10_060, 0).unwrap());
            match expected {
                Ok(()) => assert!(found.is_ok(), "{change}: {found:?}"),
                Err(words) => assert!(found.as_ref().is_err_and(|why| why.contains(words)), "{change}: {found:?}"),
            }
        }
        check(&json!({}), Ok(()));
        check(&json!({"scope": "mcp", "aud": ["us"], "nbf": 10_000}), Ok(()));
        check(&json!({"aud": ["us", "them"]}), Err("others"));
        check(&json!({"aud": []}), Err("others"));
        check(&json!({"exp": 9_000}), Err("too old"));
        check(&json!({"exp": null}), Err("no exp"));
        check(&json!({"exp": "soon"}), Err("no exp"));
        check(&json!({"exp": 20_000}), Err("longer than an hour"));
        check(&json!({"iat": 1_000, "exp": 10_100}), Err("too old"));
        check(&json!({"iat": 20_000, "exp": 20_300}), Err("future"));
        check(&json!({"iat": null}), Err("no iat"));
        check(&json!({"nbf": 20_000}), Err("future"));
        check(&json!({"nbf": "x"}), Err("future"));
        check(&json!({"jti": null}), Err("no jti"));
        check(&json!({"jti": ""}), Err("no jti"));
        check(&json!({"client_id": null}), Err("no client"));
        check(&json!({"client_id": 7}), Err("no client"));
        check(&json!({"resource": null}), Err("no server"));
        check(&json!({"resource": ["https://gw.example/acme/mcp/git/server"]}), Err("no server"));
        check(&json!({"scope": ["mcp"]}), Err("scope"));
    }
}
