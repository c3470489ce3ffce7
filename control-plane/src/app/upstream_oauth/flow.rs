//! One authorization: out to the provider, and back with an answer that is used once, by the same person (ATK-19).

use chrono::TimeDelta;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Refusal, callback, clean, discovery, registration, tokens};
use crate::app::user_credentials::oauth;
use crate::app::{Ctx, sso};
use crate::crypto::vault::Purpose;
use crate::crypto::{pkce, tokens as random};
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{AuthorizationRequestId, ServerId};
use crate::domain::limits::{ACCOUNT_FLOW_S, UPSTREAM_SCOPES_MAX};
use crate::domain::server::Server;
use crate::domain::tenancy::Tenant;
use crate::domain::upstream_oauth::{AccountFlow, OauthSettings, Provider, UpstreamClient, is_scope};
use crate::domain::{Error, Result};
use crate::store::TenantStore;

pub use sso::flow::Answer;

/// What only this authorization knows.
#[derive(Serialize, Deserialize)]
struct Secrets {
    state: String,
    verifier: String,
    scope: String,
    provider: Provider,
    client_id: String,
    client_secret: Option<String>,
}

/// Connected, for the page that goes on.
pub struct Arrived {
    pub server: Server,
    pub request: Option<AuthorizationRequestId>,
}

/// Not connected: which server it was for, if that is known, and the request that still waits.
pub struct Refused {
    pub refusal: Refusal,
    pub server: Option<Server>,
    pub request: Option<AuthorizationRequestId>,
}

impl<E: Into<Refusal>> From<E> for Refused {
    fn from(refusal: E) -> Self {
        Self { refusal: refusal.into(), server: None, request: None }
    }
}

/// Begins an authorization and answers its id. The provider is found and knows us before the browser leaves: whoever
/// cannot be helped hears so here and not on a dead page. `wider` are scopes that the server wanted in mid-session.
pub async fn begin(
    ctx: &Ctx,
    tenant: &Tenant,
    server: &Server,
    request: Option<AuthorizationRequestId>,
    wider: &str,
) -> Result<Uuid, Refusal> {
    let begun = prepare(ctx, tenant, server, request, wider).await;
    if let Err(refusal) = &begun {
        note(ctx, server.id, refusal).await?;
    }
    begun
}

async fn prepare(
    ctx: &Ctx,
    tenant: &Tenant,
    server: &Server,
    request: Option<AuthorizationRequestId>,
    wider: &str,
) -> Result<Uuid, Refusal> {
    let user_id = ctx.caller.user_id()?;
    let settings = oauth(server).ok_or(Error::NotFound { what: "server" })?;
    let (provider, mut scopes) = discovery::find(&ctx.app, server, settings).await?;
    widen(ctx, server, wider, &mut scopes).await?;
    let client = registration::client(&ctx.app, tenant, server, settings, &provider).await?;
    let fresh = || random::opaque("").map(|token| secrecy::ExposeSecret::expose_secret(&token).to_owned());
    let secrets = Secrets {
        state: fresh()?,
        verifier: fresh()?,
        scope: scopes.join(" "),
        provider,
        client_id: client.client_id,
        client_secret: client.secret.map(|secret| secrecy::ExposeSecret::expose_secret(&secret).to_owned()),
    };
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let (id, key) = (store.new_id(), ctx.app.data_key(&store).await?);
    let plain = Zeroizing::new(serde_json::to_vec(&secrets).map_err(Error::internal)?);
    let flow = AccountFlow {
        id,
        user_id,
        server_id: server.id,
        state_sha256: random::sha256_bytes(secrets.state.as_bytes()).to_vec(),
        secrets_sealed: key.seal(ctx.tenant_id, Purpose::AccountFlow, id, &plain)?,
        request_id: request,
        created_at: store.now(),
        expires_at: store.now() + TimeDelta::seconds(ACCOUNT_FLOW_S),
    };
    store.insert_account_flow(&flow).await?;
    store.commit().await?;
    Ok(id)
}

/// Adds the rights that a server wanted in mid-session to those that the person has given already (O9, step-up).
async fn widen(ctx: &Ctx, server: &Server, wider: &str, scopes: &mut Vec<String>) -> Result<()> {
    if wider.is_empty() {
        return Ok(());
    }
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let stored = store.find_user_credential(server.id, ctx.caller.principal).await?;
    let given = stored.map(|stored| stored.scope).unwrap_or_default();
    for scope in given.split(' ').chain(wider.split(' ')).filter(|scope| is_scope(scope)) {
        if scopes.len() < UPSTREAM_SCOPES_MAX && !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(())
}

/// The provider's host and the address there, for the person who began.
pub async fn way_out(ctx: &Ctx, tenant: &Tenant, id: Uuid) -> Result<(String, Url), Refusal> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let flow = store.find_account_flow(id).await?.ok_or(Refusal::Gone)?;
    check_owner(ctx, &store, &flow)?;
    let server = store.find_server(flow.server_id).await?.ok_or(Refusal::Gone)?;
    let settings = oauth(&server).ok_or(Refusal::Gone)?;
    let secrets = open(ctx, &store, &flow).await?;
    let host = secrets.provider.authorization.host_str().unwrap_or_default().to_owned();
    Ok((host, authorization_url(&callback(&ctx.app, tenant), settings, &secrets)))
}

fn authorization_url(callback: &str, settings: &OauthSettings, secrets: &Secrets) -> Url {
    let mut url = secrets.provider.authorization.clone();
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &secrets.client_id)
        .append_pair("redirect_uri", callback)
        .append_pair("state", &secrets.state);
    if !settings.without_pkce {
        query
            .append_pair("code_challenge", &pkce::challenge(&secrets.verifier))
            .append_pair("code_challenge_method", "S256");
    }
    if !secrets.scope.is_empty() {
        query.append_pair("scope", &secrets.scope);
    }
    if !settings.omit_resource {
        query.append_pair("resource", &secrets.provider.resource);
    }
    query.extend_pairs(&settings.extra_parameters);
    drop(query);
    url
}

/// Takes the answer of a provider: at most once, from the person who began. Refusals are in the audit trail.
pub async fn finish(ctx: &Ctx, tenant: &Tenant, answer: &Answer) -> Result<Arrived, Refused> {
    let state = answer.state.as_deref().ok_or(Refusal::Gone)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let flow = store.find_account_flow_by_state(random::sha256_bytes(state.as_bytes())).await?;
    let flow = flow.ok_or(Refusal::Gone)?;
    check_owner(ctx, &store, &flow)?;
    let secrets = open(ctx, &store, &flow).await?;
    let server = store.find_server(flow.server_id).await?.ok_or(Refusal::Gone)?;
    // Used up before anything is asked: an answer that fails is not tried again.
    if !store.use_account_flow(flow.id).await? {
        return Err(Refusal::Gone.into());
    }
    store.commit().await?;
    match arrive(ctx, tenant, &server, secrets, answer).await {
        Ok(()) => Ok(Arrived { server, request: flow.request_id }),
        Err(refusal) => {
            note(ctx, server.id, &refusal).await?;
            Err(Refused { refusal, server: Some(server), request: flow.request_id })
        }
    }
}

async fn arrive(ctx: &Ctx, tenant: &Tenant, server: &Server, secrets: Secrets, answer: &Answer) -> Result<(), Refusal> {
    let settings = oauth(server).ok_or(Refusal::Gone)?;
    let provider = &secrets.provider;
    // RFC 9207 §2.4 (O7): an answer that names its sender names the right one; who promises to name itself does.
    match answer.iss.as_deref() {
        Some(iss) if iss == provider.issuer => {}
        Some(iss) => return Err(Refusal::Answer(format!("the answer is of another issuer: {}", clean(iss)))),
        None if provider.names_itself => {
            return Err(Refusal::Answer("the answer does not name its issuer (iss)".to_owned()));
        }
        None => {}
    }
    if let Some(code) = &answer.error {
        return Err(Refusal::Refused(clean(code)));
    }
    let code = answer.code.as_deref().ok_or_else(|| Refusal::Answer("the answer has no code".to_owned()))?;
    let client = UpstreamClient {
        client_id: secrets.client_id.clone(),
        secret: secrets.client_secret.clone().map(SecretString::from),
    };
    let redirect_uri = callback(&ctx.app, tenant);
    let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri.as_str())];
    if !settings.without_pkce {
        form.push(("code_verifier", &secrets.verifier));
    }
    if !settings.omit_resource {
        form.push(("resource", &provider.resource));
    }
    let granted = match tokens::ask(&ctx.app, server, provider, &client, &form).await {
        Err(Refusal::Refused(code))
            if registration::is_forgotten(&ctx.app, settings, provider, &client.client_id, &code) =>
        {
            let store = ctx.app.store.tenant(tenant.id).await?;
            store.delete_upstream_client_at(&provider.issuer, &client.client_id).await?;
            store.commit().await?;
            return Err(Refusal::Refused(code));
        }
        other => other?,
    };
    let account = granted.account(provider.clone(), &client, &secrets.scope);
    tokens::connect(ctx, server, account, granted.expires_in_s).await?;
    Ok(())
}

fn check_owner(ctx: &Ctx, store: &TenantStore, flow: &AccountFlow) -> Result<(), Refusal> {
    let is_theirs = ctx.caller.user_id()? == flow.user_id && store.now() < flow.expires_at;
    if is_theirs { Ok(()) } else { Err(Refusal::Gone) }
}

async fn open(ctx: &Ctx, store: &TenantStore, flow: &AccountFlow) -> Result<Secrets> {
    let key = ctx.app.data_key(store).await?;
    let plain = key.open(ctx.tenant_id, Purpose::AccountFlow, flow.id, &flow.secrets_sealed)?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

/// The reason is for administrators.
async fn note(ctx: &Ctx, server: ServerId, refusal: &Refusal) -> Result<()> {
    if matches!(refusal, Refusal::Gone | Refusal::Domain(_)) {
        return Ok(());
    }
    tracing::info!(tenant.id = %ctx.tenant_id, server.id = %server, %refusal, "an account was not connected");
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    store.audit(AuditEntry {
        actor: ctx.actor(),
        action: "account.refused",
        target_kind: "server",
        target_id: Some(server.0),
        detail: serde_json::json!({ "code": refusal.code(), "reason": refusal.to_string() }),
    });
    store.commit().await?;
    Ok(())
}
