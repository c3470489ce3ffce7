//! Token revocation (RFC 7009). Either kind of token ends its grant: no refresh token of the family works any more, and
//! nodes refuse the access tokens of it that are out there.

use std::net::IpAddr;

use proto::claims::{AccessClaims, REFRESH_TOKEN_PREFIX};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::grants::{Presented, authenticate};
use crate::crypto::{signing, tokens};
use crate::domain::Result;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::OAuthGrantId;
use crate::domain::oauth::{Grant, OAuthError};
use crate::domain::tenancy::Tenant;
use crate::rate::Door;
use crate::state::App;
use crate::store::TenantStore;

/// Ends the grant of a token. A token that is unknown, ended or another client's changes nothing and is no error: the
/// answer tells nobody what tokens there are (RFC 7009 §2.2).
pub async fn revoke(
    app: &App,
    tenant: &Tenant,
    address: IpAddr,
    presented: &Presented,
    token: &SecretString,
) -> Result<(), OAuthError> {
    app.rates.take(tenant.id, Door::Token(address))?;
    let store = app.store.tenant(tenant.id).await?;
    let client = authenticate(app, tenant, &store, presented).await?;
    let Some(grant) = find_grant(&store, tenant, token).await?.filter(|grant| grant.client_id == client.id) else {
        return Ok(());
    };
    if store.revoke_oauth_grant(grant.id, "revoked_by_client").await? {
        store.void_tokens_of_grant(grant.id).await?;
        store.audit(AuditEntry {
            actor: Actor::Anonymous,
            action: "oauth_grant.revoked",
            target_kind: "oauth_grant",
            target_id: Some(grant.id.0),
            detail: json!({ "user": grant.user_id, "client": client.id, "by": "client" }),
        });
        store.commit().await?;
    }
    Ok(())
}

/// The kinds of token tell themselves apart, so the client's hint is not needed (RFC 7009 §2.1).
async fn find_grant(store: &TenantStore, tenant: &Tenant, token: &SecretString) -> Result<Option<Grant>> {
    if token.expose_secret().starts_with(REFRESH_TOKEN_PREFIX) {
        return match store.lock_refresh_token(tokens::sha256(token)).await? {
            Some(token) => store.find_oauth_grant(token.grant_id).await,
            None => Ok(None),
        };
    }
    // Keys that retired long ago signed nothing that still lives.
    for key in store.list_signing_keys(store.now() - super::keys::signing_overlap()).await? {
        let claims: Option<AccessClaims> = signing::verify(token, &key.public_jwk, &tenant.issuer);
        if let Some(claims) = claims.filter(|claims| claims.tid == tenant.id.0) {
            return store.find_oauth_grant(OAuthGrantId(claims.gid)).await;
        }
    }
    Ok(None)
}
