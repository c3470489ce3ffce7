//! Credentials of people for servers, for nodes on demand. A node shows the caller's own bearer, which is verified here
//! again: a stolen node identity alone reads nothing (ATK-6).

use chrono::{DateTime, TimeDelta, Utc};
use proto::api_key::{ApiKeyText, is_api_key};
use proto::claims::AccessClaims;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::machine_tokens::Subject;
use super::sso::kept;
use super::upstream_oauth::tokens::{self, Standing};
use super::user_credentials::{connect_url, headers, state, wants_account};
use super::{auth_overrides, machine_tokens, playground};
use crate::crypto::{signing, tokens as digests};
use crate::domain::api_key::ApiKeyStatus;
use crate::domain::credential::{AccountKind, AccountState, AuthOverride, UserCredential};
use crate::domain::ids::{ApiKeyId, OAuthGrantId, ServerId, SessionId, TenantId, UserId};
use crate::domain::limits::{LEASE_S, REFRESH_AHEAD_S};
use crate::domain::machine_oauth::{ExchangeProfile, MachineSettings};
use crate::domain::node::NodeIdentity;
use crate::domain::oauth::resource;
use crate::domain::principal::PrincipalId;
use crate::domain::server::{OutboundAuth, PassthroughMode, Server, ServerStatus};
use crate::domain::service_account::ServiceAccount;
use crate::domain::tenancy::{Tenant, TenantStatus, User};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

/// What a node may send for somebody.
pub struct Lease {
    pub headers: Vec<(String, Zeroizing<String>)>,
    /// The only origin they may go to.
    pub upstream_origin: String,
    pub expires_at: DateTime<Utc>,
    pub version: u64,
    /// Where the person changes what is stored.
    pub connect_url: String,
}

/// What a node asks about.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub server: ServerId,
    /// The virtual server that was called.
    pub via: Option<ServerId>,
    /// The upstream refused what was leased with this version; 0 = nothing.
    pub refused_version: u64,
}

pub enum Outcome {
    Lease(Lease),
    /// Only the person can help: by this page.
    NeedsUserAction {
        code: &'static str,
        connect_url: String,
    },
}

/// What a call of the bearer to this server carries.
pub async fn resolve(
    app: &App,
    node: &NodeIdentity,
    tenant_id: TenantId,
    asked: Asked,
    bearer: &SecretString,
) -> Result<Outcome> {
    let server_id = asked.server;
    let store = app.store.tenant_read(tenant_id).await?;
    let tenant = store.get_tenant().await?;
    if tenant.pool != node.pool {
        return Err(Error::Forbidden { action: "serve this tenant" });
    }
    let server = store.find_server(server_id).await?.filter(|server| server.status == ServerStatus::Enabled);
    let server = server.ok_or(Error::NotFound { what: "server" })?;
    // The server that was called: itself, or a virtual one that has it as a member.
    let entry = match asked.via {
        None => server.clone(),
        Some(via) => {
            let entry = store.find_server(via).await?.filter(|entry| entry.status == ServerStatus::Enabled);
            let members = store.list_server_members(&[via]).await?.remove(&via).unwrap_or_default();
            let has_it = members.iter().any(|member| member.server_id == server_id);
            entry.filter(|_| has_it).ok_or(Error::NotFound { what: "server" })?
        }
    };
    let caller = match tenant.status {
        TenantStatus::Active => verify(&store, &tenant, &entry, bearer).await?,
        _ => None,
    };
    let caller = caller.ok_or(Error::Unauthenticated)?;
    if store.list_server_roles(caller, &[entry.id]).await?.is_empty() {
        return Err(Error::NotFound { what: "server" });
    }
    if let Some(one) = store.find_auth_override(server_id, caller).await? {
        return overridden(app, &store, &tenant, &server, &one).await;
    }
    if !wants_account(&server) {
        drop(store);
        return by_machine(app, &tenant, &server, caller, asked.refused_version).await;
    }
    let stored = store.find_user_credential(server_id, caller).await?;
    let connect_url = connect_url(app, tenant.slug.as_str(), server.slug.as_str());
    let needs = |state: AccountState| {
        let connect_url = connect_url.clone();
        Outcome::NeedsUserAction { code: state.code(), connect_url }
    };
    match state(app, &store, &server, stored.as_ref()).await? {
        AccountState::Ready => {}
        missing => return Ok(needs(missing)),
    }
    let Some(stored) = stored else { return Ok(needs(AccountState::NeverConnected)) };
    if stored.kind == AccountKind::Oauth {
        drop(store);
        return by_account(app, tenant_id, &server, stored, connect_url, asked.refused_version).await;
    }
    let Some(headers) = headers(app, &store, &server, &stored).await? else {
        return Ok(needs(AccountState::FormChanged));
    };
    Ok(Outcome::Lease(Lease {
        headers,
        upstream_origin: stored.upstream_origin,
        expires_at: store.now() + TimeDelta::seconds(LEASE_S),
        version: stored.mark.version,
        connect_url,
    }))
}

/// With a token of the person's account at the provider, renewed where it is due.
async fn by_account(
    app: &App,
    tenant: TenantId,
    server: &Server,
    stored: UserCredential,
    connect_url: String,
    refused_version: u64,
) -> Result<Outcome> {
    let upstream_origin = stored.upstream_origin.clone();
    let code = match tokens::current(app, tenant, server, stored, refused_version).await? {
        Standing::Live { token, ends, version } => {
            let lease_ends = app.clock.now() + TimeDelta::seconds(LEASE_S);
            // Back before the token ends, so that it is renewed ahead of that.
            let ahead = |at: DateTime<Utc>| (at - TimeDelta::seconds(REFRESH_AHEAD_S)).max(app.clock.now());
            let headers =
                vec![("authorization".to_owned(), Zeroizing::new(format!("Bearer {}", token.expose_secret())))];
            let expires_at = ends.map_or(lease_ends, |at| ahead(at).min(lease_ends));
            return Ok(Outcome::Lease(Lease { headers, upstream_origin, expires_at, version, connect_url }));
        }
        Standing::Expired => AccountState::Expired.code(),
        Standing::Away => "credential.provider_away",
    };
    Ok(Outcome::NeedsUserAction { code, connect_url })
}

/// What somebody stored for this caller goes before all else.
async fn overridden(
    app: &App,
    store: &TenantStore,
    tenant: &Tenant,
    server: &Server,
    one: &AuthOverride,
) -> Result<Outcome> {
    if !auth_overrides::is_for(one, server) {
        let connect_url = connect_url(app, tenant.slug.as_str(), server.slug.as_str());
        return Ok(Outcome::NeedsUserAction { code: AccountState::OriginChanged.code(), connect_url });
    }
    Ok(Outcome::Lease(Lease {
        headers: auth_overrides::open(app, store, one).await?,
        upstream_origin: one.upstream_origin.clone(),
        expires_at: store.now() + TimeDelta::seconds(LEASE_S),
        version: one.mark.version,
        connect_url: String::new(),
    }))
}

/// With a token that Portway gets, or makes, by itself.
async fn by_machine(
    app: &App,
    tenant: &Tenant,
    server: &Server,
    caller: PrincipalId,
    refused_version: u64,
) -> Result<Outcome> {
    let token = match &server.outbound_auth {
        OutboundAuth::ClientCredentials(settings) => {
            machine_tokens::of_portway(app, tenant, server, settings, refused_version).await?
        }
        OutboundAuth::TokenExchange(settings) => {
            let subject = match subject(app, tenant, settings, caller).await? {
                Ok(subject) => subject,
                Err(code) => {
                    let connect_url = match code {
                        SIGN_IN_AGAIN => connect_url(app, tenant.slug.as_str(), server.slug.as_str()),
                        _ => String::new(),
                    };
                    return Ok(Outcome::NeedsUserAction { code, connect_url });
                }
            };
            machine_tokens::in_exchange(app, tenant, server, settings, (caller, subject), refused_version).await?
        }
        OutboundAuth::Passthrough { mode: PassthroughMode::Minted } => {
            Some(machine_tokens::minted(app, tenant, server, caller).await?.into())
        }
        _ => return Err(Error::NotFound { what: "server" }),
    };
    let Some(token) = token else {
        let code = "credential.machine_refused";
        return Ok(Outcome::NeedsUserAction { code, connect_url: String::new() });
    };
    let bearer = Zeroizing::new(format!("Bearer {}", token.text.expose_secret()));
    Ok(Outcome::Lease(Lease {
        headers: vec![("authorization".to_owned(), bearer)],
        upstream_origin: server.origin(),
        expires_at: token.until,
        version: token.version,
        connect_url: String::new(),
    }))
}

const SIGN_IN_AGAIN: &str = "credential.sign_in_again";

/// What says who the caller is, or why nothing does.
async fn subject(
    app: &App,
    tenant: &Tenant,
    settings: &MachineSettings,
    caller: PrincipalId,
) -> Result<std::result::Result<Subject, &'static str>> {
    if settings.profile == ExchangeProfile::Statement {
        return Ok(Ok(Subject::Ours));
    }
    let PrincipalId::User(user) = caller else { return Ok(Err("credential.people_only")) };
    Ok(match kept::current(app, tenant, user, settings.identity_provider).await? {
        kept::Standing::Live(theirs) => Ok(Subject::Theirs(theirs)),
        kept::Standing::Missing => Err(SIGN_IN_AGAIN),
        kept::Standing::Away => Err("credential.provider_away"),
    })
}

/// Whose bearer it is, if it is good for this server now.
async fn verify(
    store: &TenantStore,
    tenant: &Tenant,
    server: &Server,
    bearer: &SecretString,
) -> Result<Option<PrincipalId>> {
    match is_api_key(bearer.expose_secret()) {
        true => by_key(store, server, bearer).await,
        false => by_token(store, tenant, server, bearer).await,
    }
}

async fn by_key(store: &TenantStore, server: &Server, bearer: &SecretString) -> Result<Option<PrincipalId>> {
    let Ok(parsed) = ApiKeyText::parse(bearer.expose_secret()) else { return Ok(None) };
    let digest = digests::sha256_bytes(parsed.secret.as_bytes());
    let found = store.find_api_key(ApiKeyId(parsed.id)).await?;
    let Some((key, _)) = found.filter(|(_, stored)| digests::same_digest(stored, &digest)) else { return Ok(None) };
    let reaches = key.scope.servers().is_none_or(|servers| servers.contains(&server.id));
    if key.status(store.now()) != ApiKeyStatus::Active || !reaches {
        return Ok(None);
    }
    let is_active = match key.owner {
        PrincipalId::User(id) => store.find_user(id).await?.is_some_and(|user| user.is_active()),
        PrincipalId::ServiceAccount(id) => {
            store.find_service_account(id).await?.as_ref().is_some_and(ServiceAccount::is_active)
        }
    };
    Ok(is_active.then_some(key.owner))
}

async fn by_token(
    store: &TenantStore,
    tenant: &Tenant,
    server: &Server,
    bearer: &SecretString,
) -> Result<Option<PrincipalId>> {
    let mut found: Option<AccessClaims> = None;
    for key in store.list_signing_keys(store.now() - super::keys::signing_overlap()).await? {
        found = found.or_else(|| signing::verify(bearer, &key.public_jwk, &tenant.issuer));
    }
    let Some(claims) = found.filter(|claims| claims.tid == tenant.id.0 && claims.exp > store.now().timestamp()) else {
        return Ok(None);
    };
    let is_for = resource::parse(&claims.aud, tenant).is_ok_and(|resource| resource.server == server.slug);
    let user = store.find_user(UserId(claims.sub)).await?.filter(User::is_active);
    let holds =
        is_for && user.is_some_and(|user| user.epoch == claims.ep) && rests_on_something(store, &claims).await?;
    Ok(holds.then_some(UserId(claims.sub).into()))
}

/// A grant, or in the playground the browser session, has not ended.
async fn rests_on_something(store: &TenantStore, claims: &AccessClaims) -> Result<bool> {
    if claims.client_id == playground::CLIENT_ID && claims.gid == claims.sid {
        let session = store.find_session(SessionId(claims.sid)).await?;
        return Ok(session.is_some_and(|session| session.is_live(store.now()) && session.user_id.0 == claims.sub));
    }
    let grant = store.find_oauth_grant(OAuthGrantId(claims.gid)).await?;
    Ok(grant.is_some_and(|grant| grant.revoked_at.is_none()))
}
