//! Refreshing. Which of several copies of a token still works is `domain::oauth::refresh`; here is the doing.

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Granted, TokenRequest, Tokens, check_grant, conclude, entry, issue_refresh_token, revoke};
use crate::crypto::tokens;
use crate::crypto::vault::{Key, Purpose};
use crate::domain::limits::REFRESH_IDLE_S;
use crate::domain::oauth::refresh::{Decision, decide};
use crate::domain::oauth::{Client, OAuthError, RefreshToken};
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

pub(super) async fn exchange(
    app: &App,
    tenant: &Tenant,
    store: TenantStore,
    client: &Client,
    request: &TokenRequest,
) -> Result<Tokens, OAuthError> {
    let presented = request.refresh_token.as_ref().ok_or(OAuthError::InvalidRequest("refresh_token is missing"))?;
    let invalid = || OAuthError::InvalidGrant("the refresh token is not valid, was replaced, or has expired");
    let token = store.lock_refresh_token(tokens::sha256(presented)).await?.ok_or_else(invalid)?;
    let grant = store.find_oauth_grant(token.grant_id).await?.ok_or_else(invalid)?;
    if grant.client_id != client.id {
        return Err(invalid());
    }
    let user = check_grant(&store, tenant, &grant, request).await?;
    let refresh_token = match decide(&token, tenant.settings.refresh_rotation, store.now()) {
        Decision::Keep => keep(&store, &token, presented).await?,
        Decision::Rotate => rotate(&store, &token, presented).await?,
        Decision::Successor => successor(&store, &token, presented)?,
        Decision::Expired => return Err(invalid()),
        Decision::Replayed { revoke_family } => {
            if revoke_family {
                revoke(&store, &grant, "refresh_token.replayed").await?;
            } else {
                let detail = json!({ "user": grant.user_id, "family_revoked": false });
                store.audit(entry("refresh_token.replayed", grant.id.0, detail));
            }
            store.commit().await?;
            return Err(invalid());
        }
    };
    conclude(app, tenant, store, Granted { client, grant, user, refresh_token: Some(refresh_token) }).await
}

async fn keep(store: &TenantStore, token: &RefreshToken, presented: &SecretString) -> Result<SecretString> {
    store.extend_refresh_token(token.id, store.now() + TimeDelta::seconds(REFRESH_IDLE_S)).await?;
    Ok(presented.clone())
}

/// Makes the successor and leaves it for other holders of this token, sealed so that only they can read it: not even
/// the database with every key of ours yields it.
async fn rotate(
    store: &TenantStore,
    token: &RefreshToken,
    presented: &SecretString,
) -> Result<SecretString, OAuthError> {
    let successor = issue_refresh_token(store, token.grant_id).await?;
    let key = Key::derived(presented, Purpose::RefreshSuccessor)?;
    let text = successor.expose_secret().as_bytes();
    let sealed = key.seal(store.tenant_id(), Purpose::RefreshSuccessor, token.id, text)?;
    store.rotate_refresh_token(token.id, sealed).await?;
    Ok(successor)
}

fn successor(store: &TenantStore, token: &RefreshToken, presented: &SecretString) -> Result<SecretString> {
    let sealed = token.successor_sealed.as_ref().ok_or_else(|| Error::internal("a rotated token has no successor"))?;
    let key = Key::derived(presented, Purpose::RefreshSuccessor)?;
    let text = key.open(store.tenant_id(), Purpose::RefreshSuccessor, token.id, sealed)?;
    let text = std::str::from_utf8(&text).map_err(Error::internal)?;
    Ok(text.into())
}
