//! A person's decision about a client's request, and the code that follows from it.
//!
//! Approving stores a grant whose id is that of the request. The code is made when the browser opens the page that
//! hands it over, so that nothing keeps its text and a reload before it was redeemed just makes another.

use chrono::TimeDelta;
use proto::names::ServerSlug;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use super::authorize::{error_url, get_bound_request};
use super::{Ctx, user_credentials};
use crate::crypto::tokens;
use crate::domain::audit::AuditEntry;
use crate::domain::credential::AccountState;
use crate::domain::ids::{AuthorizationRequestId, OAuthGrantId, UserId};
use crate::domain::limits::AUTHORIZATION_CODE_S;
use crate::domain::oauth::redirect::{self, RedirectKind};
use crate::domain::oauth::{AuthorizationCode, AuthorizationRequest, Client, Grant, client, resource};
use crate::domain::tenancy::{Tenant, User};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::{ConsentKey, TenantStore, UsableServer};

/// People named on the page of somebody without access.
const ADMINS_SHOWN: u64 = 3;

/// What the person is shown.
pub struct Question {
    pub user: User,
    pub client: Client,
    /// Who publishes the document that describes the client, if one does.
    pub client_host: Option<String>,
    pub resource: String,
    pub redirect_uri: String,
    /// Host or scheme: what to look at.
    pub destination: String,
    pub redirect_kind: RedirectKind,
    pub access: Access,
}

pub enum Access {
    /// The person may use the server: ask.
    Granted {
        server: UsableServer,
        /// Approved before, for the same web site: need not be asked again.
        remembered: bool,
    },
    /// The server does not exist, is disabled or is not granted: the same to the person.
    None { server_slug: ServerSlug, admins: Vec<String> },
}

/// What the browser tells the client in the end.
pub struct Conclusion {
    pub client: Client,
    pub outcome: Outcome,
}

pub enum Outcome {
    Approved {
        url: SecretString,
    },
    Denied {
        url: SecretString,
    },
    /// The client has redeemed the code already.
    Done,
}

/// Whether this browser may go on with the request; before sign-in that is all there is to see.
pub async fn check(
    app: &App,
    tenant: &Tenant,
    id: AuthorizationRequestId,
    browser: Option<&SecretString>,
) -> Result<()> {
    let store = app.store.tenant_read(tenant.id).await?;
    get_bound_request(&store, id, browser).await.map(|_| ())
}

/// What to ask the signed-in person. `Conflict` if they answered already.
pub async fn question(
    ctx: &Ctx,
    tenant: &Tenant,
    id: AuthorizationRequestId,
    browser: Option<&SecretString>,
) -> Result<Question> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let request = get_undecided(&store, id, browser).await?;
    let user_id = ctx.caller.user_id()?;
    let user = store.get_user(user_id).await?;
    let client = store.get_client(request.client_id).await?;
    let server_slug = server_slug(&request, tenant)?;
    let destination = redirect::destination(&request.redirect_uri);
    let redirect_kind = redirect::check(&request.redirect_uri).map_err(Error::internal)?;
    let access = match store.find_usable_server(&server_slug, user.id).await? {
        Some(server) => {
            let key = consent_key(user_id, &request, &server, &destination);
            let remembered = redirect_kind == RedirectKind::Https && store.is_consent_remembered(key).await?;
            Access::Granted { server, remembered }
        }
        None => Access::None { server_slug, admins: store.list_admin_names(ADMINS_SHOWN).await? },
    };
    let AuthorizationRequest { resource, redirect_uri, .. } = request;
    let client_host = client::document_host(&client);
    Ok(Question { user, client, client_host, resource, redirect_uri, destination, redirect_kind, access })
}

/// Approves: stores the grant, remembers the consent where that is safe.
pub async fn approve(
    ctx: &Ctx,
    tenant: &Tenant,
    id: AuthorizationRequestId,
    browser: Option<&SecretString>,
) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let request = get_undecided(&store, id, browser).await?;
    let slug = server_slug(&request, tenant)?;
    let user_id = ctx.caller.user_id()?;
    let server = store.find_usable_server(&slug, user_id).await?;
    let server = server.ok_or(Error::NotFound { what: "server" })?;
    decide(&store, id).await?;
    let grant = Grant {
        id: OAuthGrantId(id.0),
        user_id,
        client_id: request.client_id,
        server_id: server.id,
        session_id: ctx.caller.session_id()?,
        asserted_by: None,
        resource: request.resource.clone(),
        scope: request.scope.clone(),
        created_at: store.now(),
        revoked_at: None,
    };
    store.insert_oauth_grant(&grant).await?;
    store.mark_client_authorized(request.client_id).await?;
    let destination = redirect::destination(&request.redirect_uri);
    // Any program on a machine can take a loopback port or a scheme: there the person is asked each time (ATK-1, 3).
    if redirect::check(&request.redirect_uri) == Ok(RedirectKind::Https) {
        store.remember_consent(consent_key(user_id, &request, &server, &destination)).await?;
    }
    let detail = json!({ "client": request.client_id, "server": server.id, "redirect": destination });
    store.audit(entry(ctx, "oauth_grant.approved", "oauth_grant", id.0, detail));
    store.commit().await?;
    Ok(())
}

/// The server of an approved request, where it wants a credential of the person's own and calls could not go out yet.
pub async fn missing_account(ctx: &Ctx, id: AuthorizationRequestId) -> Result<Option<ServerSlug>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let Some(grant) = store.find_oauth_grant(OAuthGrantId(id.0)).await? else { return Ok(None) };
    let Some(server) = store.find_server(grant.server_id).await? else { return Ok(None) };
    let asking = match user_credentials::is_virtual(&server) {
        true => user_credentials::members_that_ask(&store, &server).await?,
        false => std::iter::once(server.clone()).filter(user_credentials::wants_account).collect(),
    };
    for asking in asking {
        let stored = store.find_user_credential(asking.id, grant.user_id.into()).await?;
        if user_credentials::state(&ctx.app, &store, &asking, stored.as_ref()).await? != AccountState::Ready {
            return Ok(Some(server.slug));
        }
    }
    Ok(None)
}

/// Denies, or returns to the client from the page that says there is no access.
pub async fn deny(ctx: &Ctx, id: AuthorizationRequestId, browser: Option<&SecretString>) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let request = get_undecided(&store, id, browser).await?;
    decide(&store, id).await?;
    let detail = json!({ "client": request.client_id });
    store.audit(entry(ctx, "authorization_request.denied", "authorization_request", id.0, detail));
    store.commit().await?;
    Ok(())
}

/// The URL that tells the client of the decision; for an approval, with a fresh code. Only for the session that
/// approved.
pub async fn conclude(
    ctx: &Ctx,
    tenant: &Tenant,
    id: AuthorizationRequestId,
    browser: Option<&SecretString>,
) -> Result<Conclusion> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let request = get_bound_request(&store, id, browser).await?;
    if request.decided_at.is_none() {
        return Err(Error::NotFound { what: "decision" });
    }
    let client = store.get_client(request.client_id).await?;
    let state = request.state.as_deref();
    let Some(grant) = store.find_oauth_grant(OAuthGrantId(id.0)).await? else {
        let url = error_url(tenant, &request.redirect_uri, state, "access_denied", "the person did not approve");
        return Ok(Conclusion { client, outcome: Outcome::Denied { url: url.into() } });
    };
    if grant.session_id != ctx.caller.session_id()? || grant.revoked_at.is_some() {
        return Err(Error::NotFound { what: "grant" });
    }
    if store.is_grant_redeemed(grant.id).await? {
        return Ok(Conclusion { client, outcome: Outcome::Done });
    }
    store.delete_unused_codes(grant.id).await?;
    let code = tokens::opaque("")?;
    let row = AuthorizationCode {
        id: store.new_id(),
        grant_id: grant.id,
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        expires_at: store.now() + TimeDelta::seconds(AUTHORIZATION_CODE_S),
        used_at: None,
    };
    store.insert_authorization_code(&row, tokens::sha256(&code)).await?;
    store.commit().await?;
    let mut parameters = vec![("code", code.expose_secret())];
    parameters.extend(state.map(|state| ("state", state)));
    parameters.push(("iss", &tenant.issuer));
    let url = redirect::with_parameters(&request.redirect_uri, &parameters).into();
    Ok(Conclusion { client, outcome: Outcome::Approved { url } })
}

async fn get_undecided(
    store: &TenantStore,
    id: AuthorizationRequestId,
    browser: Option<&SecretString>,
) -> Result<AuthorizationRequest> {
    let request = get_bound_request(store, id, browser).await?;
    if request.decided_at.is_none() { Ok(request) } else { Err(already_decided()) }
}

async fn decide(store: &TenantStore, id: AuthorizationRequestId) -> Result<()> {
    if store.decide_authorization_request(id).await? { Ok(()) } else { Err(already_decided()) }
}

fn already_decided() -> Error {
    Error::conflict("authorization_request.decided", "this request was answered before")
}

/// The request's resource was checked when it came; the tenant's origins may have changed since.
fn server_slug(request: &AuthorizationRequest, tenant: &Tenant) -> Result<ServerSlug> {
    let resource = resource::parse(&request.resource, tenant).map_err(|_| Error::NotFound { what: "server" })?;
    Ok(resource.server)
}

fn consent_key<'a>(
    user_id: UserId,
    request: &'a AuthorizationRequest,
    server: &UsableServer,
    destination: &'a str,
) -> ConsentKey<'a> {
    ConsentKey {
        user_id,
        client_id: request.client_id,
        server_id: server.id,
        redirect_host: destination,
        scope: &request.scope,
    }
}

fn entry(
    ctx: &Ctx,
    action: &'static str,
    target_kind: &'static str,
    id: Uuid,
    detail: serde_json::Value,
) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind, target_id: Some(id), detail }
}
