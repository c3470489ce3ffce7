//! The token endpoint: a code, a refresh token or an identity assertion for an access token.
//!
//! Everything that could change since the approval is checked again each time. What the client did wrong is an OAuth
//! error; what went wrong here is `Domain`, so that no client throws its tokens away for our failure.

mod assertion;
mod client;
mod refresh;

use std::net::IpAddr;

use chrono::TimeDelta;
use proto::claims::{AccessClaims, REFRESH_TOKEN_PREFIX};
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::client::Presented;
pub(super) use self::client::authenticate;
use super::keys::Signer;
use crate::crypto::{pkce, tokens};
use crate::domain::Error;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::OAuthGrantId;
use crate::domain::limits::REFRESH_IDLE_S;
use crate::domain::oauth::{Client, Grant, OAuthError, RefreshToken, resource};
use crate::domain::tenancy::{Tenant, TenantStatus, User};
use crate::rate::Door;
use crate::state::App;
use crate::store::TenantStore;

/// RFC 7523 §2.1.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A request at the token endpoint, each parameter at most once.
#[derive(Default)]
pub struct TokenRequest {
    pub grant_type: Option<String>,
    pub client: Presented,
    pub code: Option<SecretString>,
    pub redirect_uri: Option<String>,
    pub code_verifier: Option<SecretString>,
    pub refresh_token: Option<SecretString>,
    pub assertion: Option<SecretString>,
    pub resource: Option<String>,
}

/// A successful answer (RFC 6749 §5.1).
pub struct Tokens {
    pub access_token: SecretString,
    pub expires_in_s: u32,
    /// None where the client comes with something else again.
    pub refresh_token: Option<SecretString>,
    pub scope: String,
}

/// Answers a token request.
pub async fn exchange(
    app: &App,
    tenant: &Tenant,
    address: IpAddr,
    request: &TokenRequest,
) -> Result<Tokens, OAuthError> {
    app.rates.take(tenant.id, Door::Token(address))?;
    if tenant.status != TenantStatus::Active {
        return Err(Error::Unavailable { internal: "the tenant is not active".to_owned() }.into());
    }
    let grant_type = request.grant_type.as_deref().ok_or(OAuthError::InvalidRequest("grant_type is missing"))?;
    let store = app.store.tenant(tenant.id).await?;
    let client = authenticate(app, tenant, &store, &request.client).await?;
    match grant_type {
        "authorization_code" => redeem_code(app, tenant, store, &client, request).await,
        "refresh_token" => refresh::exchange(app, tenant, store, &client, request).await,
        JWT_BEARER => {
            // The provider may have to be asked for its keys: no transaction waits for it.
            drop(store);
            assertion::exchange(app, tenant, &client, request).await
        }
        _ => Err(OAuthError::UnsupportedGrantType),
    }
}

async fn redeem_code(
    app: &App,
    tenant: &Tenant,
    store: TenantStore,
    client: &Client,
    request: &TokenRequest,
) -> Result<Tokens, OAuthError> {
    let presented = request.code.as_ref().ok_or(OAuthError::InvalidRequest("code is missing"))?;
    let verifier = request.code_verifier.as_ref().ok_or(OAuthError::InvalidRequest("code_verifier is missing"))?;
    let invalid = || OAuthError::InvalidGrant("the code is not valid, was used, or has expired");
    let code = store.lock_authorization_code(tokens::sha256(presented)).await?.ok_or_else(invalid)?;
    let grant = store.find_oauth_grant(code.grant_id).await?.ok_or_else(invalid)?;
    if grant.client_id != client.id {
        return Err(invalid());
    }
    if code.used_at.is_some() {
        // Somebody has a copy of the code; whoever redeemed it first may be the thief (RFC 6749 §4.1.2).
        revoke(&store, &grant, "authorization_code.replayed").await?;
        store.commit().await?;
        return Err(invalid());
    }
    // Left out, the code's binding to the challenge says as much (OAuth 2.1 §10.2).
    let redirect_differs = request.redirect_uri.as_ref().is_some_and(|given| *given != code.redirect_uri);
    if store.now() >= code.expires_at || redirect_differs || !pkce::matches(verifier, &code.code_challenge) {
        return Err(invalid());
    }
    let user = check_grant(&store, tenant, &grant, request).await?;
    store.use_authorization_code(code.id).await?;
    let refresh_token = Some(issue_refresh_token(&store, grant.id).await?);
    conclude(app, tenant, store, Granted { client, grant, user, refresh_token }).await
}

/// A grant that holds, and the refresh token that goes with the answer.
struct Granted<'a> {
    client: &'a Client,
    grant: Grant,
    user: User,
    refresh_token: Option<SecretString>,
}

/// Commits, then mints: `rev` is a revision that includes all this token rests on.
async fn conclude(app: &App, tenant: &Tenant, store: TenantStore, granted: Granted<'_>) -> Result<Tokens, OAuthError> {
    let Granted { client, grant, user, refresh_token } = granted;
    if !store.touch_oauth_grant(grant.id).await? {
        return Err(ended());
    }
    store.touch_client(client.id).await?;
    let signer = Signer::open(app, &store).await?;
    let (now, jti) = (store.now(), store.new_id());
    let rev = store.commit().await?;
    let expires_in_s = tenant.settings.access_token_s;
    let claims = AccessClaims {
        iss: tenant.issuer.clone(),
        sub: user.id.0,
        aud: grant.resource,
        exp: (now + TimeDelta::seconds(i64::from(expires_in_s))).timestamp(),
        iat: now.timestamp(),
        jti,
        client_id: client.client_id.clone(),
        scope: grant.scope.clone(),
        tid: tenant.id.0,
        sid: grant.session_id.0,
        gid: grant.id.0,
        ep: user.epoch,
        rev,
    };
    Ok(Tokens { access_token: signer.sign(&claims)?, expires_in_s, refresh_token, scope: grant.scope })
}

/// The grant still holds: not revoked, its person active and still allowed to use the server, and it is for the
/// resource that the client names, if it names one.
async fn check_grant(
    store: &TenantStore,
    tenant: &Tenant,
    grant: &Grant,
    request: &TokenRequest,
) -> Result<User, OAuthError> {
    if let Some(text) = &request.resource
        && resource::parse(text, tenant)?.canonical != grant.resource
    {
        return Err(OAuthError::InvalidTarget("the grant is for another resource"));
    }
    if grant.revoked_at.is_some() {
        return Err(ended());
    }
    let user = store.find_user(grant.user_id).await?.filter(User::is_active).ok_or_else(ended)?;
    if store.may_use_server(grant.server_id, user.id).await? { Ok(user) } else { Err(ended()) }
}

fn ended() -> OAuthError {
    OAuthError::InvalidGrant("the grant has ended; sign in again")
}

/// Stores a fresh refresh token of the family and answers its text.
async fn issue_refresh_token(store: &TenantStore, grant_id: OAuthGrantId) -> Result<SecretString, OAuthError> {
    let (text, now) = (tokens::opaque(REFRESH_TOKEN_PREFIX)?, store.now());
    let token = RefreshToken {
        id: store.new_id(),
        grant_id,
        issued_at: now,
        expires_at: now + TimeDelta::seconds(REFRESH_IDLE_S),
        rotated_at: None,
        successor_sealed: None,
    };
    store.insert_refresh_token(&token, tokens::sha256(&text)).await?;
    Ok(text)
}

/// Ends the token family and says so in the audit trail.
async fn revoke(store: &TenantStore, grant: &Grant, reason: &'static str) -> Result<(), OAuthError> {
    let revoked = store.revoke_oauth_grant(grant.id, reason).await?;
    if revoked {
        store.void_tokens_of_grant(grant.id).await?;
    }
    store.audit(entry(reason, grant.id.0, json!({ "user": grant.user_id, "family_revoked": revoked })));
    Ok(())
}

fn entry(action: &'static str, grant_id: Uuid, detail: Value) -> AuditEntry {
    let target_id = Some(grant_id);
    AuditEntry { actor: Actor::Anonymous, action, target_kind: "oauth_grant", target_id, detail }
}
