//! Ending what a sign-in by a provider began: here and there by the person (OpenID Connect RP-Initiated Logout 1.0), or
//! by the provider behind the browser's back (Back-Channel Logout 1.0).

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::provider;
use crate::crypto::jwt::{self, Expected};
use crate::crypto::tokens;
use crate::crypto::vault::Purpose;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::identity::claims::Claims;
use crate::domain::identity::{Endpoints, IdentityProvider};
use crate::domain::ids::{IdentityProviderId, SessionId};
use crate::domain::limits::{CLAIM_CHARS_MAX, ID_TOKEN_AGE_MAX_S, ID_TOKEN_SKEW_S, SIGNED_OUT_S};
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::rate::Door;
use crate::state::App;

/// What a logout token must hold (Back-Channel Logout §2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Where the session at the provider can be ended.
pub struct WayOut {
    pub label: String,
    pub url: Url,
}

/// Whether a session came from a provider, so that there may be something to end there as well.
pub async fn rests_on_provider(app: &App, tenant: &Tenant, session: SessionId) -> Result<bool> {
    Ok(app.store.tenant_read(tenant.id).await?.find_provider_session(session).await?.is_some())
}

/// For the bearer of a session that has just ended: where to end it at the provider too, if it came from one that can.
pub async fn way_out(app: &App, tenant: &Tenant, session: &SecretString) -> Result<Option<WayOut>> {
    let store = app.store.tenant_read(tenant.id).await?;
    let session = store.find_session_by_token(tokens::sha256(session)).await?;
    let just_ended = |at: DateTime<Utc>| store.now() < at + TimeDelta::seconds(SIGNED_OUT_S);
    let Some(session) = session.filter(|session| session.revoked_at.is_some_and(just_ended)) else { return Ok(None) };
    let Some(at_provider) = store.find_provider_session(session.id).await? else { return Ok(None) };
    let Some(provider) = store.find_identity_provider(at_provider.provider_id).await? else { return Ok(None) };
    let id_token = match &at_provider.id_token_sealed {
        Some(sealed) => {
            let key = app.data_key(&store).await?;
            let plain = key.open(tenant.id, Purpose::ProviderIdToken, session.id.0, sealed)?;
            Some(String::from_utf8(plain.to_vec()).map_err(Error::internal)?)
        }
        None => None,
    };
    drop(store);
    // A provider that is away keeps nobody signed in here.
    let endpoints = provider::endpoints(app, &provider).await.ok();
    let Some(mut url) = endpoints.and_then(|endpoints| endpoints.end_session) else { return Ok(None) };
    let back = format!("{}/t/{}/login", app.config.public_origin, tenant.slug);
    let mut query = url.query_pairs_mut();
    if let Some(id_token) = &id_token {
        query.append_pair("id_token_hint", id_token);
    }
    query.append_pair("client_id", &provider.client_id).append_pair("post_logout_redirect_uri", &back);
    drop(query);
    Ok(Some(WayOut { label: provider.label, url }))
}

/// Why a logout token is not honoured. The words are for the provider's log.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    #[error("{0}")]
    Token(String),
    #[error(transparent)]
    Domain(#[from] Error),
}

/// Ends the sessions that a provider's logout token names; answers how many.
pub async fn by_provider(
    app: &App,
    tenant: &Tenant,
    id: IdentityProviderId,
    address: IpAddr,
    token: &str,
) -> Result<usize, LogoutError> {
    app.rates.take(tenant.id, Door::Token(address))?;
    let store = app.store.tenant_read(tenant.id).await?;
    let found = store.find_identity_provider(id).await?.filter(|provider| provider.enabled);
    drop(store);
    let provider = found.ok_or_else(|| LogoutError::Token("no such client".to_owned()))?;
    let endpoints = provider::endpoints(app, &provider).await.map_err(LogoutError::Token)?;
    let claims = check(app, &provider, &endpoints, token).await.map_err(LogoutError::Token)?;
    let (subject, sid, jti) = (text(&claims, "sub"), text(&claims, "sid"), text(&claims, "jti"));
    let (Some(jti), true) = (jti, subject.is_some() || sid.is_some()) else {
        return Err(LogoutError::Token("the token needs jti, and sub or sid".to_owned()));
    };
    let store = app.store.tenant(tenant.id).await?;
    // Older ones are refused by their time.
    let forgotten = store.now() + TimeDelta::seconds(ID_TOKEN_AGE_MAX_S + 3 * ID_TOKEN_SKEW_S);
    let digest = tokens::sha256_bytes(format!("logout {jti}").as_bytes());
    if !store.remember_statement(id, digest, forgotten).await? {
        return Err(LogoutError::Token("the token was used before".to_owned()));
    }
    let issuer = text(&claims, "iss").unwrap_or_default();
    let ended = match (subject, sid) {
        (Some(subject), sid) => match store.find_user_identity(id, issuer, subject).await? {
            Some(identity) => store.revoke_provider_sessions(id, Some(identity.user_id), sid).await?,
            None => Vec::new(),
        },
        (None, sid) => store.revoke_provider_sessions(id, None, sid).await?,
    };
    ended.iter().for_each(|session| store.audit(entry(id, *session)));
    store.commit().await?;
    Ok(ended.len())
}

async fn check(app: &App, provider: &IdentityProvider, endpoints: &Endpoints, token: &str) -> Result<Claims, String> {
    let claimed = jwt::unproved_claims(token).unwrap_or_default();
    let tid = claimed.get("tid").and_then(Value::as_str);
    let issuer = provider.issuer_for(tid).ok_or("the token is of a tenant that is not listed")?;
    // Some providers leave the type out, which the specification lets them.
    let types = &["logout+jwt", "jwt", ""];
    let expected = Expected { types, issuer: &issuer, audience: &provider.client_id };
    let claims = provider::verify(app, endpoints, token, &expected).await?;
    check_content(&claims, app.clock.now())?;
    Ok(claims)
}

/// What makes it a logout token and not an ID token, and now.
fn check_content(claims: &Claims, now: DateTime<Utc>) -> Result<(), &'static str> {
    if !claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object) {
        return Err("the token is of no logout (events)");
    }
    if claims.contains_key("nonce") {
        return Err("the token has a nonce, which a logout token must not");
    }
    let at = |name: &str| claims.get(name).and_then(Value::as_i64).and_then(|s| DateTime::from_timestamp(s, 0));
    let (skew, oldest) = (TimeDelta::seconds(ID_TOKEN_SKEW_S), TimeDelta::seconds(ID_TOKEN_AGE_MAX_S));
    match at("iat") {
        Some(issued) if issued <= now + skew && issued >= now - oldest - skew => {}
        Some(_) => return Err("the token is too old, or of the future"),
        None => return Err("the token has no iat"),
    }
    // Required by the specification's last edition, absent in what follows its drafts.
    match claims.get("exp") {
        None => Ok(()),
        Some(_) if at("exp").is_some_and(|expires| now < expires + skew) => Ok(()),
        Some(_) => Err("the token has expired"),
    }
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && text.len() <= CLAIM_CHARS_MAX)
}

fn entry(id: IdentityProviderId, session: SessionId) -> AuditEntry {
    AuditEntry {
        actor: Actor::IdentityProvider(id),
        action: "session.ended",
        target_kind: "session",
        target_id: Some(session.0),
        detail: json!({ "reason": "provider_logout" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_token_is_one_and_is_fresh() {
        fn check(change: &Value, expected: Result<(), &str>) {
            let mut claims = json!({"iat": 10_000, "exp": 10_120, "events": {EVENT: {}}});
            for (name, value) in change.as_object().unwrap() {
                claims[name] = value.clone();
            }
            let claims: Claims =
                claims.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
            let now = DateTime::from_timestamp(10_060, 0).unwrap();
            let found = check_content(&claims, now);
            match expected {
                Ok(()) => assert_eq!(found, Ok(()), "{change}"),
                Err(words) => assert!(found.is_err_and(|why| why.contains(words)), "{change}: {found:?}"),
            }
        }
        check(&json!({}), Ok(()));
        check(&json!({"exp": null}), Ok(()));
        check(&json!({"exp": 9_000}), Err("expired"));
        check(&json!({"exp": "soon"}), Err("expired"));
        check(&json!({"iat": 1_000}), Err("too old"));
        check(&json!({"iat": 20_000}), Err("of the future"));
        check(&json!({"iat": null}), Err("no iat"));
        check(&json!({"nonce": "n"}), Err("nonce"));
        check(&json!({"events": {}}), Err("no logout"));
        check(&json!({"events": {EVENT: true}}), Err("no logout"));
        check(&json!({"events": null}), Err("no logout"));
    }
}
