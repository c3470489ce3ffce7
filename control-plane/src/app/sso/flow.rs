//! One sign-in: out to the provider, and back with an answer that is used once, in the same browser.

use std::net::IpAddr;

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::exchange::{self, Known, Party, Secrets, clean, redirect_uri};
use super::kept::{self, KeptTokens};
use super::{Refusal, person, provider};
use crate::app::{invitations, sessions};
use crate::crypto::tokens;
use crate::crypto::vault::Purpose;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::identity::{IdentityProvider, SignInFlow};
use crate::domain::ids::{AuthorizationRequestId, IdentityProviderId};
use crate::domain::limits::{ID_TOKEN_KEPT_BYTES_MAX, SIGN_IN_FLOW_S};
use crate::domain::session::ProviderSession;
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::rate::Door;
use crate::state::App;
use crate::store::TenantStore;

/// What a sign-in is for.
#[derive(Default)]
pub struct Purposes {
    /// An IDE's request that goes on after it.
    pub request: Option<AuthorizationRequestId>,
    /// The link of an invitation that it accepts.
    pub invitation: Option<SecretString>,
    /// The person wants another account than the one that the provider would take by itself.
    pub other_account: bool,
}

/// What came back with the browser.
#[derive(Debug, Default)]
pub struct Answer {
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
    pub iss: Option<String>,
}

/// Whose browser it is.
pub struct Visitor<'a> {
    pub address: IpAddr,
    /// The flow cookie.
    pub browser: &'a SecretString,
    pub user_agent: &'a str,
}

/// Signed in: the token is for the cookie and nowhere else.
pub struct Arrived {
    pub token: SecretString,
    pub request: Option<AuthorizationRequestId>,
}

/// Not signed in, and the request that still waits.
pub struct Refused {
    pub refusal: Refusal,
    pub request: Option<AuthorizationRequestId>,
}

impl<E: Into<Refusal>> From<E> for Refused {
    fn from(refusal: E) -> Self {
        Self { refusal: refusal.into(), request: None }
    }
}

/// Providers for the buttons of the sign-in page.
pub async fn list(app: &App, tenant: &Tenant) -> Result<Vec<IdentityProvider>> {
    app.store.tenant_read(tenant.id).await?.list_enabled_identity_providers().await
}

/// Begins a sign-in in this browser and answers its id. The provider is asked where it is first: whoever cannot reach it
/// hears so here and not on a dead page.
pub async fn begin(
    app: &App,
    tenant: &Tenant,
    id: IdentityProviderId,
    visitor: &Visitor<'_>,
    purposes: Purposes,
) -> Result<Uuid, Refusal> {
    app.rates.take(tenant.id, Door::SignIn(visitor.address))?;
    let provider = find_enabled(&app.store.tenant_read(tenant.id).await?, id).await?;
    reach(app, &provider).await?;
    let invitation = match &purposes.invitation {
        None => None,
        Some(token) => {
            let found = invitations::find_by_token(app, tenant.id, token).await?;
            Some(found.ok_or(Error::NotFound { what: "invitation" })?.id)
        }
    };
    let secrets = Secrets { other_account: purposes.other_account, ..Secrets::generate()? };
    let store = app.store.tenant(tenant.id).await?;
    let (flow_id, key) = (store.new_id(), app.data_key(&store).await?);
    let plain = Zeroizing::new(serde_json::to_vec(&secrets).map_err(Error::internal)?);
    let flow = SignInFlow {
        id: flow_id,
        provider_id: provider.id,
        state_sha256: tokens::sha256_bytes(secrets.state.as_bytes()).to_vec(),
        browser_sha256: tokens::sha256(visitor.browser).to_vec(),
        secrets_sealed: key.seal(tenant.id, Purpose::SignInFlow, flow_id, &plain)?,
        request_id: purposes.request,
        invitation_id: invitation,
        created_at: store.now(),
        expires_at: store.now() + TimeDelta::seconds(SIGN_IN_FLOW_S),
    };
    store.insert_sign_in_flow(&flow).await?;
    store.commit().await?;
    Ok(flow_id)
}

/// The provider's label and the address there, for the browser that began the sign-in.
pub async fn way_out(
    app: &App,
    tenant: &Tenant,
    id: IdentityProviderId,
    flow: Uuid,
    browser: &SecretString,
) -> Result<(String, Url), Refusal> {
    let store = app.store.tenant_read(tenant.id).await?;
    let provider = find_enabled(&store, id).await?;
    let flow = store.find_sign_in_flow(flow).await?.ok_or(Refusal::Gone)?;
    check_bound(&store, &flow, id, browser)?;
    let secrets = open_secrets(app, &store, &flow).await?;
    drop(store);
    let endpoints = reach(app, &provider).await?;
    let redirect_uri = redirect_uri(app, tenant, &provider);
    let party = Party { provider: &provider, endpoints, client_secret: None, redirect_uri };
    let url = party.authorization_url(&secrets)?;
    Ok((provider.label, url))
}

/// Takes the answer of a provider: at most once, in the browser that began. Refusals are in the audit trail.
pub async fn finish(
    app: &App,
    tenant: &Tenant,
    id: IdentityProviderId,
    visitor: &Visitor<'_>,
    answer: &Answer,
) -> Result<Arrived, Refused> {
    app.rates.take(tenant.id, Door::SignIn(visitor.address))?;
    let taken = take_flow(app, tenant, id, visitor, answer).await?;
    let refusal = match arrive(app, tenant, &taken, visitor, answer).await {
        Ok(arrived) => return Ok(arrived),
        // Two first sign-ins of one person at once: the other one has bound them.
        Err(Refusal::Domain(Error::Conflict { code: "identity.bound", .. })) => Refusal::Gone,
        Err(refusal) => refusal,
    };
    if !matches!(refusal, Refusal::Domain(_) | Refusal::Gone) {
        tracing::info!(tenant.id = %tenant.id, provider.id = %id, %refusal, "a sign-in was refused");
        let store = app.store.tenant(tenant.id).await?;
        store.audit(refused(id, &refusal));
        store.commit().await?;
    }
    Err(Refused { refusal, request: taken.flow.request_id })
}

/// A flow that is used up.
struct Taken {
    flow: SignInFlow,
    provider: IdentityProvider,
    secrets: Secrets,
    client_secret: Option<SecretString>,
}

/// The flow that the answer belongs to, used up before anything is asked: an answer that fails is not tried again.
async fn take_flow(
    app: &App,
    tenant: &Tenant,
    id: IdentityProviderId,
    visitor: &Visitor<'_>,
    answer: &Answer,
) -> Result<Taken, Refusal> {
    let state = answer.state.as_deref().ok_or(Refusal::Gone)?;
    let store = app.store.tenant(tenant.id).await?;
    let flow = store.find_sign_in_flow_by_state(tokens::sha256_bytes(state.as_bytes())).await?.ok_or(Refusal::Gone)?;
    check_bound(&store, &flow, id, visitor.browser)?;
    let provider = find_enabled(&store, id).await?;
    let secrets = open_secrets(app, &store, &flow).await?;
    let client_secret = exchange::client_secret(app, &store, &provider).await?;
    if !store.use_sign_in_flow(flow.id).await? {
        return Err(Refusal::Gone);
    }
    store.commit().await?;
    Ok(Taken { flow, provider, secrets, client_secret })
}

async fn arrive(
    app: &App,
    tenant: &Tenant,
    taken: &Taken,
    visitor: &Visitor<'_>,
    answer: &Answer,
) -> Result<Arrived, Refusal> {
    let Taken { flow, provider, secrets, client_secret } = taken;
    let endpoints = reach(app, provider).await?;
    let redirect_uri = redirect_uri(app, tenant, provider);
    let party = Party { provider, endpoints, client_secret: client_secret.clone(), redirect_uri };
    check_sender(&party, answer)?;
    if let Some(code) = &answer.error {
        return Err(Refusal::Refused { label: provider.label.clone(), code: clean(code) });
    }
    let code = answer.code.as_deref().ok_or_else(|| party.refuse("the answer has no code"))?;
    let known = party.identify(app, code, secrets).await?;
    let keeps_token = party.endpoints.end_session.is_some();
    let token = sign_in(app, tenant, provider, (flow, &known, keeps_token), visitor).await?;
    Ok(Arrived { token, request: flow.request_id })
}

/// Who it is, and their session, in one transaction.
async fn sign_in(
    app: &App,
    tenant: &Tenant,
    provider: &IdentityProvider,
    (flow, known, keeps_token): (&SignInFlow, &Known, bool),
    visitor: &Visitor<'_>,
) -> Result<SecretString, Refusal> {
    let store = app.store.tenant(tenant.id).await?;
    let tenant = store.get_tenant().await?;
    // It may have gone while it was asked.
    let provider = &find_enabled(&store, provider.id).await?;
    let user = person::find_or_make(&store, &tenant, provider, &known.profile, flow.invitation_id).await?;
    person::settle_groups(&store, provider, &known.profile, &user).await?;
    let (session_id, token) = sessions::start_in(&store, user.id, visitor.user_agent).await?;
    let id_token = known.granted.id_token.expose_secret();
    let id_token_sealed = if keeps_token && id_token.len() <= ID_TOKEN_KEPT_BYTES_MAX {
        let key = app.data_key(&store).await?;
        Some(key.seal(tenant.id, Purpose::ProviderIdToken, session_id.0, id_token.as_bytes())?)
    } else {
        None
    };
    let at_provider = ProviderSession { provider_id: provider.id, sid: known.sid.clone(), id_token_sealed };
    store.put_provider_session(session_id, &at_provider).await?;
    let tokens = KeptTokens::from(&known.granted);
    kept::keep(app, &store, provider, user.id, &tokens, known.granted.expires_in_s).await?;
    store.audit(AuditEntry {
        actor: Actor::User(user.id),
        action: "sign_in.accepted",
        target_kind: "session",
        target_id: Some(session_id.0),
        detail: json!({ "method": "sso", "identity_provider_id": provider.id }),
    });
    store.commit().await?;
    Ok(token)
}

async fn find_enabled(store: &TenantStore, id: IdentityProviderId) -> Result<IdentityProvider, Refusal> {
    let provider = store.get_identity_provider(id).await?;
    if provider.enabled { Ok(provider) } else { Err(Refusal::Disabled) }
}

async fn reach(app: &App, provider: &IdentityProvider) -> Result<crate::domain::identity::Endpoints, Refusal> {
    let away = |why| Refusal::Away { label: provider.label.clone(), why };
    provider::endpoints(app, provider).await.map_err(away)
}

fn check_bound(
    store: &TenantStore,
    flow: &SignInFlow,
    id: IdentityProviderId,
    browser: &SecretString,
) -> Result<(), Refusal> {
    let same_browser = tokens::same_digest(&tokens::sha256(browser), &flow.browser_sha256);
    let good = same_browser && flow.provider_id == id && store.now() < flow.expires_at;
    if good { Ok(()) } else { Err(Refusal::Gone) }
}

async fn open_secrets(app: &App, store: &TenantStore, flow: &SignInFlow) -> Result<Secrets> {
    let key = app.data_key(store).await?;
    let plain = key.open(store.tenant_id(), Purpose::SignInFlow, flow.id, &flow.secrets_sealed)?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

/// RFC 9207 §2.4: an answer that names its sender names the right one; a provider that promises to name itself does.
fn check_sender(party: &Party<'_>, answer: &Answer) -> Result<(), Refusal> {
    match answer.iss.as_deref() {
        Some(iss) if party.provider.is_issuer(iss) => Ok(()),
        Some(iss) => Err(party.refuse(format!("the answer is of another issuer: {}", clean(iss)))),
        None if party.endpoints.iss_parameter => Err(party.refuse("the answer does not name its issuer (iss)")),
        None => Ok(()),
    }
}

fn refused(id: IdentityProviderId, refusal: &Refusal) -> AuditEntry {
    let why = match refusal {
        Refusal::Away { why, .. } | Refusal::Answer { why, .. } => Some(why.clone()),
        Refusal::Refused { code, .. } => Some(code.clone()),
        _ => None,
    };
    AuditEntry {
        actor: Actor::IdentityProvider(id),
        action: "sign_in.refused",
        target_kind: "session",
        target_id: None,
        detail: json!({ "method": "sso", "identity_provider_id": id, "code": refusal.code(), "reason": why }),
    }
}

/// Forgets what ended. Idempotent; the caller commits.
pub async fn purge_ended(store: &TenantStore) -> Result<u64> {
    store.delete_ended_sign_ins(store.now() - TimeDelta::days(1)).await
}
