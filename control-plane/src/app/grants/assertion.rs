//! An identity assertion of the tenant's provider for an access token (RFC 7523 §2.1, ID-JAG). The provider's word stands
//! for the person's consent; no refresh token: the client comes with a new assertion.

use proto::claims::SCOPE_MCP;
use serde_json::json;

use super::{Granted, TokenRequest, Tokens, conclude};
use crate::app::sso::assertion::{self, Assertion};
use crate::app::sso::{Refusal, person};
use crate::crypto::tokens;
use crate::domain::Error;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::identity::IdentityProvider;
use crate::domain::ids::{OAuthGrantId, SessionId, UserId};
use crate::domain::oauth::client::ClientAuth;
use crate::domain::oauth::resource::{self, Resource};
use crate::domain::oauth::{Client, Grant, OAuthError};
use crate::domain::session::Session;
use crate::domain::tenancy::Tenant;
use crate::state::App;
use crate::store::TenantStore;

pub(super) async fn exchange(
    app: &App,
    tenant: &Tenant,
    client: &Client,
    request: &TokenRequest,
) -> Result<Tokens, OAuthError> {
    if client.auth == ClientAuth::None {
        return Err(OAuthError::UnauthorizedClient(
            "an identity assertion is exchanged by a client with a secret only",
        ));
    }
    let presented = request.assertion.as_ref().ok_or(OAuthError::InvalidRequest("assertion is missing"))?;
    let refused = match redeem(app, tenant, client, request, presented).await {
        Ok(tokens) => return Ok(tokens),
        Err(Refused::OAuth(error)) => return Err(error),
        Err(Refused::Assertion(refusal)) => refusal,
    };
    let error = told(&refused);
    if !matches!(refused, Refusal::Domain(_)) {
        tracing::info!(tenant.id = %tenant.id, client.id = %client.id, %refused, "an identity assertion was refused");
        let store = app.store.tenant(tenant.id).await?;
        store.audit(refusal(client, &refused));
        store.commit().await?;
    }
    match refused {
        Refusal::Domain(error) => Err(error.into()),
        _ => Err(error),
    }
}

/// Who says no: the assertion, or what it is wanted for.
enum Refused {
    Assertion(Refusal),
    OAuth(OAuthError),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Assertion(refusal)
    }
}

impl From<OAuthError> for Refused {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::OAuth(error.into())
    }
}

async fn redeem(
    app: &App,
    tenant: &Tenant,
    client: &Client,
    request: &TokenRequest,
    presented: &secrecy::SecretString,
) -> Result<Tokens, Refused> {
    let assertion = assertion::check(app, tenant, &client.client_id, presented).await?;
    let resource = resource::parse(&assertion.resource, tenant)?;
    if let Some(asked) = &request.resource
        && resource::parse(asked, tenant)? != resource
    {
        return Err(OAuthError::InvalidTarget("the assertion is for another resource").into());
    }
    let scope = scope(assertion.scope.as_deref())?;

    let store = app.store.tenant(tenant.id).await?;
    let tenant = &store.get_tenant().await?;
    // Both may have gone while the provider was asked.
    let provider = store.find_identity_provider(assertion.provider.id).await?;
    let provider = &provider.filter(IdentityProvider::takes_assertions).ok_or(Refusal::Disabled)?;
    let known = store.find_client_by_client_id(&client.client_id).await?.filter(|known| known.id == client.id);
    known.ok_or(OAuthError::InvalidClient)?;
    let Assertion { profile, jti, forgotten, .. } = assertion;
    let digest = tokens::sha256_bytes(format!("id-jag {jti}").as_bytes());
    if !store.remember_statement(provider.id, digest, forgotten).await? {
        let (label, why) = (provider.label.clone(), "it was used before".to_owned());
        return Err(Refusal::Answer { label, why }.into());
    }
    let user = person::find_or_make(&store, tenant, provider, &profile, None).await?;
    let grant = grant(&store, client, (provider, user.id), (resource, scope)).await?;
    Ok(conclude(app, tenant, store, Granted { client, grant, user, refresh_token: None }).await?)
}

/// The one scope that there is, unless the provider's limit leaves it out. What the client asks for beside it is dropped.
fn scope(limit: Option<&str>) -> Result<String, OAuthError> {
    match limit.is_none_or(|limit| limit.split(' ').any(|one| one == SCOPE_MCP)) {
        true => Ok(SCOPE_MCP.to_owned()),
        false => Err(OAuthError::InvalidScope("the scope of the assertion must hold mcp, or be absent")),
    }
}

/// The grant that assertions about this person keep using, made at the first.
async fn grant(
    store: &TenantStore,
    client: &Client,
    (provider, user_id): (&IdentityProvider, UserId),
    (resource, scope): (Resource, String),
) -> Result<Grant, OAuthError> {
    let server = store.find_usable_server(&resource.server, user_id).await?;
    let server = server.ok_or(OAuthError::InvalidTarget("the person may use no such server"))?;
    let now = store.now();
    let grant = Grant {
        id: OAuthGrantId(store.new_id()),
        user_id,
        client_id: client.id,
        server_id: server.id,
        session_id: SessionId(store.new_id()),
        asserted_by: Some(provider.id),
        resource: resource.canonical,
        scope,
        created_at: now,
        revoked_at: None,
    };
    // The person is locked: of two exchanges at once, the second finds the grant of the first.
    if let Some(known) = store.find_asserted_grant(&grant).await? {
        return Ok(known);
    }
    // Tokens name the session they were made in; here there was no browser, and nobody ever has this token.
    let id = grant.session_id;
    let session = Session { id, user_id, created_at: now, last_seen_at: now, expires_at: now, revoked_at: None };
    store.insert_session(&session, tokens::random_bytes()?, "").await?;
    store.insert_oauth_grant(&grant).await?;
    store.mark_client_authorized(client.id).await?;
    store.audit(AuditEntry {
        actor: Actor::IdentityProvider(provider.id),
        action: "oauth_grant.asserted",
        target_kind: "oauth_grant",
        target_id: Some(grant.id.0),
        detail: json!({ "user": user_id, "client": client.id, "server": server.id }),
    });
    Ok(grant)
}

/// Words for the client. What exactly was wrong is for the tenant's administrators, in the audit trail.
fn told(refusal: &Refusal) -> OAuthError {
    match refusal {
        Refusal::Disabled => {
            OAuthError::InvalidGrant("no identity provider whose assertions this tenant takes has issued the assertion")
        }
        Refusal::Away { why, .. } => Error::Unavailable { internal: why.clone() }.into(),
        Refusal::Person { .. } => OAuthError::InvalidGrant(
            "the identity provider's person has no active account here; sign in with a browser, or ask an administrator",
        ),
        _ => OAuthError::InvalidGrant("the assertion is not valid, was used, or has expired"),
    }
}

fn refusal(client: &Client, refusal: &Refusal) -> AuditEntry {
    let why = match refusal {
        Refusal::Away { why, .. } | Refusal::Answer { why, .. } => Some(why.clone()),
        _ => None,
    };
    AuditEntry {
        actor: Actor::Anonymous,
        action: "identity_assertion.refused",
        target_kind: "client",
        target_id: Some(client.id.0),
        detail: json!({ "code": refusal.code(), "reason": why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_ours_within_the_providers_limit() {
        let check = |limit: Option<&str>, expected: bool| assert_eq!(scope(limit).is_ok(), expected, "{limit:?}");
        check(None, true);
        check(Some("mcp"), true);
        check(Some("openid mcp"), true);
        check(Some("mcpx"), false);
        check(Some("chat.read"), false);
    }
}
