//! Signed-in browsers: start, recognise, end.

use secrecy::SecretString;

use super::{Caller, Proof};
use crate::crypto::tokens;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{SessionId, TenantId, UserId};
use crate::domain::limits::{SESSION_ABSOLUTE_S, USER_AGENT_CHARS_MAX};
use crate::domain::session::Session;
use crate::domain::tenancy::TenantStatus;
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

/// Starts a session with a fresh token, whatever session the browser had before (no fixation).
pub async fn start(
    app: &App,
    tenant_id: TenantId,
    user_id: UserId,
    user_agent: &str,
) -> Result<(SessionId, SecretString)> {
    let store = app.store.tenant(tenant_id).await?;
    let started = start_in(&store, user_id, user_agent).await?;
    store.commit().await?;
    Ok(started)
}

/// The same as part of a transaction, for sign-ins that write more. The caller commits.
pub async fn start_in(store: &TenantStore, user_id: UserId, user_agent: &str) -> Result<(SessionId, SecretString)> {
    let (now, token) = (store.now(), tokens::opaque("")?);
    let session = Session {
        id: SessionId(store.new_id()),
        user_id,
        created_at: now,
        last_seen_at: now,
        expires_at: now + chrono::TimeDelta::seconds(SESSION_ABSOLUTE_S),
        revoked_at: None,
    };
    let user_agent: String = user_agent.chars().take(USER_AGENT_CHARS_MAX).collect();
    store.insert_session(&session, tokens::sha256(&token), &user_agent).await?;
    store.audit(entry(Actor::User(user_id), "session.started", session.id));
    Ok((session.id, token))
}

/// Who the bearer of a session token is. Unknown, expired, revoked, of an inactive person or tenant: all the same.
pub async fn authenticate(app: &App, tenant_id: TenantId, token: &SecretString) -> Result<Caller> {
    let store = app.store.tenant_read(tenant_id).await?;
    let now = store.now();
    let session = store.find_session_by_token(tokens::sha256(token)).await?.filter(|session| session.is_live(now));
    let session = session.ok_or(Error::Unauthenticated)?;
    let user = store.find_user(session.user_id).await?.filter(|user| user.is_active()).ok_or(Error::Unauthenticated)?;
    if store.get_tenant().await?.status != TenantStatus::Active {
        return Err(Error::Unauthenticated);
    }
    drop(store);
    if session.touch_is_due(now) {
        let store = app.store.tenant(tenant_id).await?;
        store.touch_session(session.id, now).await?;
        store.commit().await?;
    }
    Ok(Caller { principal: user.id.into(), role: user.role, proof: Proof::Session(session.id) })
}

/// Signs the browser out. Ending an ended session is fine.
pub async fn end(app: &App, tenant_id: TenantId, caller: &Caller) -> Result<()> {
    let session_id = caller.session_id()?;
    let store = app.store.tenant(tenant_id).await?;
    if store.revoke_session(session_id).await? {
        store.audit(entry(Actor::User(caller.user_id()?), "session.ended", session_id));
    }
    store.commit().await?;
    Ok(())
}

fn entry(actor: Actor, action: &'static str, id: SessionId) -> AuditEntry {
    AuditEntry { actor, action, target_kind: "session", target_id: Some(id.0), detail: serde_json::json!({}) }
}
