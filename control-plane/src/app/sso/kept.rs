//! People's tokens at an identity provider, kept where its settings say so: for servers to which the provider vouches for
//! the caller. Renewed ahead of their end by one replica at a time; they go with the sign-ins of the person.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use proto::names::ServerSlug;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::exchange::{self, Granted, Party, redirect_uri};
use super::{Refusal, provider};
use crate::app::Ctx;
use crate::app::user_credentials::usable;
use crate::crypto::jwt::unproved_claims;
use crate::crypto::vault::Purpose;
use crate::domain::identity::{IdentityProvider, IdentityTokens};
use crate::domain::ids::{IdentityProviderId, UserId};
use crate::domain::limits::{REFRESH_AHEAD_S, REFRESH_CLAIM_S, REFRESH_PAUSE_S, REFRESH_POLL_MS, REFRESH_WAIT_MS};
use crate::domain::machine_oauth::ExchangeProfile;
use crate::domain::principal::PrincipalId;
use crate::domain::server::{OutboundAuth, Server};
use crate::domain::tenancy::Tenant;
use crate::domain::upstream_oauth::{exposed, maybe_exposed};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// What a provider gave for a sign-in, in clear.
#[derive(Serialize, Deserialize)]
pub struct KeptTokens {
    #[serde(serialize_with = "exposed")]
    pub id_token: SecretString,
    #[serde(serialize_with = "exposed")]
    pub access_token: SecretString,
    #[serde(serialize_with = "maybe_exposed")]
    pub refresh_token: Option<SecretString>,
}

/// What there is of a person.
pub enum Standing {
    Live(Box<(IdentityProvider, KeptTokens)>),
    /// None are kept, or they have ended: the person signs in again.
    Missing,
    /// They have ended, and the provider does not answer.
    Away,
}

impl From<&Granted> for KeptTokens {
    fn from(granted: &Granted) -> Self {
        Self {
            id_token: granted.id_token.clone(),
            access_token: granted.access_token.clone(),
            refresh_token: granted.refresh_token.clone(),
        }
    }
}

/// Keeps what came of a sign-in, if the provider's settings say so. The caller commits.
pub async fn keep(
    app: &App,
    store: &TenantStore,
    provider: &IdentityProvider,
    of: UserId,
    tokens: &KeptTokens,
    expires_in_s: Option<i64>,
) -> Result<()> {
    if !provider.settings.keep_tokens {
        return Ok(());
    }
    let id = store.new_id();
    let plain = Zeroizing::new(serde_json::to_vec(tokens).map_err(Error::internal)?);
    let tokens_sealed = app.data_key(store).await?.seal(store.tenant_id(), Purpose::IdentityTokens, id, &plain)?;
    let before = store.find_identity_tokens(of, Some(provider.id)).await?;
    if before.is_none() {
        store.void_leases_of(PrincipalId::User(of)).await?;
    }
    let row = IdentityTokens {
        id,
        user_id: of,
        provider_id: provider.id,
        tokens_sealed,
        version: before.map_or(1, |before| before.version + 1),
        expires_at: ends(store.now(), tokens, expires_in_s),
    };
    store.put_identity_tokens(id, &row).await
}

/// The sooner of the two tokens' ends.
fn ends(now: DateTime<Utc>, tokens: &KeptTokens, expires_in_s: Option<i64>) -> Option<DateTime<Utc>> {
    let of_access =
        expires_in_s.filter(|seconds| *seconds > 0).map(|seconds| now + TimeDelta::seconds(seconds.min(86_400)));
    let claims = unproved_claims(tokens.id_token.expose_secret());
    let exp = claims.and_then(|claims| claims.get("exp")?.as_i64());
    let of_id = exp.and_then(|exp| DateTime::from_timestamp(exp, 0));
    of_access.into_iter().chain(of_id).min()
}

/// What is kept of a person, renewed if it is about to end. Of all replicas one asks the provider.
pub async fn current(app: &App, tenant: &Tenant, of: UserId, at: Option<IdentityProviderId>) -> Result<Standing> {
    let deadline = tokio::time::Instant::now() + Duration::from_millis(REFRESH_WAIT_MS);
    loop {
        let store = app.store.tenant_read(tenant.id).await?;
        let Some((row, provider, tokens)) = find(app, &store, of, at).await? else { return Ok(Standing::Missing) };
        let now = store.now();
        let lives = row.expires_at.is_none_or(|at| now < at);
        let is_fresh = row.expires_at.is_none_or(|at| now + TimeDelta::seconds(REFRESH_AHEAD_S) < at);
        let has_renewal = tokens.refresh_token.is_some();
        if is_fresh || (lives && !has_renewal) {
            return Ok(Standing::Live(Box::new((provider, tokens))));
        }
        if !has_renewal {
            return Ok(Standing::Missing);
        }
        drop(store);
        let store = app.store.tenant(tenant.id).await?;
        if store.claim_identity_tokens(&row, now + TimeDelta::seconds(REFRESH_CLAIM_S)).await? {
            store.commit().await?;
            return refresh(app, tenant, row, provider, tokens).await;
        }
        drop(store);
        // Somebody is at it, or the provider was away a moment ago.
        if lives {
            return Ok(Standing::Live(Box::new((provider, tokens))));
        }
        if tokio::time::Instant::now() >= deadline {
            return Ok(Standing::Away);
        }
        tokio::time::sleep(Duration::from_millis(REFRESH_POLL_MS)).await;
    }
}

/// The row, its provider if that still keeps tokens, and what is sealed.
async fn find(
    app: &App,
    store: &TenantStore,
    of: UserId,
    at: Option<IdentityProviderId>,
) -> Result<Option<(IdentityTokens, IdentityProvider, KeptTokens)>> {
    let Some(row) = store.find_identity_tokens(of, at).await? else { return Ok(None) };
    let provider = store.get_identity_provider(row.provider_id).await?;
    if !provider.enabled || !provider.settings.keep_tokens {
        return Ok(None);
    }
    let key = app.data_key(store).await?;
    let plain = key.open(store.tenant_id(), Purpose::IdentityTokens, row.id, &row.tokens_sealed)?;
    let tokens = serde_json::from_slice(&plain).map_err(Error::internal)?;
    Ok(Some((row, provider, tokens)))
}

/// Asks the provider; this replica alone does.
async fn refresh(
    app: &App,
    tenant: &Tenant,
    row: IdentityTokens,
    provider: IdentityProvider,
    tokens: KeptTokens,
) -> Result<Standing> {
    let answer = renew(app, tenant, &provider, &tokens).await;
    let store = app.store.tenant(tenant.id).await?;
    let now = store.now();
    let standing = match answer {
        Ok((fresh, expires_in_s)) => {
            keep(app, &store, &provider, row.user_id, &fresh, expires_in_s).await?;
            Standing::Live(Box::new((provider, fresh)))
        }
        Err(Refusal::Gone) => {
            store.delete_identity_tokens(row.user_id, Some(provider.id)).await?;
            Standing::Missing
        }
        Err(refusal) => {
            tracing::warn!(tenant.id = %tenant.id, provider.id = %provider.id, %refusal, "tokens were not renewed");
            // Nobody asks again for a moment: a provider that is back is not stormed.
            store.release_identity_tokens(&row, now + TimeDelta::seconds(REFRESH_PAUSE_S)).await?;
            match row.expires_at {
                Some(at) if now >= at => Standing::Away,
                _ => Standing::Live(Box::new((provider, tokens))),
            }
        }
    };
    store.commit().await?;
    Ok(standing)
}

/// OpenID Connect Core §12: what comes is about the same person. `Gone`: the provider said no for good.
async fn renew(
    app: &App,
    tenant: &Tenant,
    provider: &IdentityProvider,
    tokens: &KeptTokens,
) -> Result<(KeptTokens, Option<i64>), Refusal> {
    let party = party(app, tenant, provider).await?;
    let refresh_token = tokens.refresh_token.clone().unwrap_or_default();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
    let answer = match party.ask(app, &form).await {
        Err(Refusal::Answer { why, .. }) if why.ends_with(" invalid_grant") => return Err(Refusal::Gone),
        answer => answer?,
    };
    let word = |name: &str| answer.get(name).and_then(serde_json::Value::as_str).map(SecretString::from);
    let access_token = word("access_token").ok_or_else(|| party.refuse("the renewal has no access token"))?;
    let id_token = word("id_token").unwrap_or_else(|| tokens.id_token.clone());
    let subject = |token: &SecretString| {
        let claims = unproved_claims(token.expose_secret())?;
        Some((claims.get("iss")?.clone(), claims.get("sub")?.clone()))
    };
    if subject(&id_token) != subject(&tokens.id_token) {
        tracing::warn!(provider.id = %provider.id, "a renewed ID token is about somebody else");
        return Err(Refusal::Gone);
    }
    let fresh = KeptTokens { id_token, access_token, refresh_token: word("refresh_token").or(Some(refresh_token)) };
    Ok((fresh, answer.get("expires_in").and_then(serde_json::Value::as_i64)))
}

/// The provider's word about the caller to another authorization server (ID-JAG), for their ID token.
pub async fn identity_assertion(
    app: &App,
    tenant: &Tenant,
    (provider, tokens): &(IdentityProvider, KeptTokens),
    (audience, resource, scope): (&str, &str, &str),
) -> Result<SecretString, Refusal> {
    let party = party(app, tenant, provider).await?;
    let mut form = vec![
        ("grant_type", EXCHANGE),
        ("requested_token_type", ID_JAG),
        ("subject_token", tokens.id_token.expose_secret()),
        ("subject_token_type", ID_TOKEN),
        ("audience", audience),
        ("resource", resource),
    ];
    if !scope.is_empty() {
        form.push(("scope", scope));
    }
    let answer = party.ask(app, &form).await?;
    if answer.get("issued_token_type").and_then(serde_json::Value::as_str) != Some(ID_JAG) {
        return Err(party.refuse("the exchange gave no identity assertion (ID-JAG)"));
    }
    let assertion = answer.get("access_token").and_then(serde_json::Value::as_str);
    Ok(assertion.ok_or_else(|| party.refuse("the exchange gave no token"))?.into())
}

/// The server that the signed-in person can only call after a new sign-in, and the providers that would do; `None`: it
/// wants nothing of the kind, or has it.
pub async fn wanted_by(ctx: &Ctx, slug: &ServerSlug) -> Result<Option<(Server, Vec<IdentityProvider>)>> {
    let (app, of) = (&ctx.app, ctx.caller.user_id()?);
    let store = app.store.tenant_read(ctx.tenant_id).await?;
    let found = store.find_connectable_server(slug, of).await?;
    let server = usable(ctx, &store, found.ok_or(Error::NotFound { what: "server" })?).await?;
    let OutboundAuth::TokenExchange(settings) = &server.outbound_auth else { return Ok(None) };
    if settings.profile == ExchangeProfile::Statement {
        return Ok(None);
    }
    let mut providers = store.list_enabled_identity_providers().await?;
    let at = settings.identity_provider;
    providers.retain(|provider| provider.settings.keep_tokens && at.is_none_or(|id| provider.id == id));
    let tenant = store.get_tenant().await?;
    drop(store);
    let standing = current(app, &tenant, of, at).await?;
    Ok(matches!(standing, Standing::Missing).then_some((server, providers)))
}

async fn party<'a>(app: &App, tenant: &Tenant, provider: &'a IdentityProvider) -> Result<Party<'a>, Refusal> {
    let away = |why| Refusal::Away { label: provider.label.clone(), why };
    let endpoints = provider::endpoints(app, provider).await.map_err(away)?;
    let store = app.store.tenant_read(tenant.id).await?;
    let client_secret = exchange::client_secret(app, &store, provider).await?;
    let redirect_uri = redirect_uri(app, tenant, provider);
    Ok(Party { provider, endpoints, client_secret, redirect_uri })
}
