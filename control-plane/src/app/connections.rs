//! What a person is signed in with: clients, browsers, and the end of one of them or of all. People do it for themselves,
//! and administrators for others; an owner's are an owner's matter.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Ctx;
use crate::domain::access::{Action, TenantRole};
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{OAuthGrantId, SessionId, UserId};
use crate::domain::oauth::connection::Connection;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::session::BrowserSession;
use crate::domain::tenancy::User;
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

/// How much was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    pub sessions: u64,
    pub connections: u64,
    pub api_keys: u64,
}

impl Ended {
    /// For the audit trail.
    pub fn detail(self) -> Value {
        json!({ "sessions": self.sessions, "oauth_grants": self.connections, "api_keys": self.api_keys })
    }
}

/// Clients that can act for the person, newest first.
pub async fn list(ctx: &Ctx, of: UserId, page: PageRequest<Created>) -> Result<Page<Connection>> {
    may_see(ctx, of)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    store.get_user(of).await?;
    store.list_connections(of, page).await
}

/// Ends one client's access: its refresh tokens, and on every node its access tokens and streams. It asks for consent
/// anew when it connects again. One that has ended stays ended.
pub async fn disconnect(ctx: &Ctx, of: UserId, id: OAuthGrantId) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let by = may_change(ctx, &store, of).await?;
    let grant = store.find_oauth_grant(id).await?.filter(|grant| grant.user_id == of);
    let grant = grant.ok_or(Error::NotFound { what: "connection" })?;
    let reason = if by == "user" { "revoked_by_user" } else { "revoked_by_admin" };
    if store.revoke_oauth_grant(id, reason).await? {
        store.void_tokens_of_grant(id).await?;
        store.forget_consents(of, grant.client_id, grant.server_id).await?;
        let detail = json!({ "user": of, "client": grant.client_id, "by": by });
        store.audit(entry(ctx, "oauth_grant.revoked", "oauth_grant", id.0, detail));
        store.commit().await?;
    }
    Ok(())
}

/// Browsers in which the person is signed in, newest first.
pub async fn list_sessions(ctx: &Ctx, of: UserId, page: PageRequest<Created>) -> Result<Page<BrowserSession>> {
    may_see(ctx, of)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    store.get_user(of).await?;
    store.list_sessions(of, page).await
}

/// Signs one browser out. Clients that were approved in it go on.
pub async fn end_session(ctx: &Ctx, of: UserId, id: SessionId) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    may_change(ctx, &store, of).await?;
    let session = store.find_session(id).await?.filter(|session| session.user_id == of);
    session.ok_or(Error::NotFound { what: "session" })?;
    if store.revoke_session(id).await? {
        store.audit(entry(ctx, "session.ended", "session", id.0, json!({ "user": of })));
        store.commit().await?;
    }
    Ok(())
}

/// Ends every browser session and every client of the person, and the API keys too if asked for, in one transaction.
/// The person stays active and signs in anew.
pub async fn sign_out_everywhere(ctx: &Ctx, of: UserId, api_keys: bool) -> Result<Ended> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    may_change(ctx, &store, of).await?;
    // Locked: no session may begin in between, and no other change of the person be lost.
    let mut user = store.lock_user(of).await?.ok_or(Error::NotFound { what: "user" })?;
    let ended = end_all(&store, &mut user, "signed_out_everywhere", api_keys).await?;
    store.update_user(&user).await?;
    store.audit(entry(ctx, "user.signed_out", "user", of.0, ended.detail()));
    store.commit().await?;
    Ok(ended)
}

/// Ends all that the person signed in with (I9). The caller writes the person, whose epoch rises: access tokens carry the
/// epoch they were minted in, and nodes refuse older ones.
pub(super) async fn end_all(
    store: &TenantStore,
    user: &mut User,
    reason: &'static str,
    api_keys: bool,
) -> Result<Ended> {
    user.epoch += 1;
    store.changed(ResourceKind::Principal, user.id.0);
    let sessions = store.revoke_sessions_of(user.id).await?;
    store.delete_identity_tokens(user.id, None).await?;
    let connections = store.revoke_oauth_grants_of(user.id, reason).await?;
    let keys = if api_keys { store.revoke_api_keys_of(user.id).await? } else { Vec::new() };
    keys.iter().for_each(|key| store.changed(ResourceKind::ApiKey, key.0));
    Ok(Ended { sessions, connections, api_keys: keys.len() as u64 })
}

/// One's own are for people who are there, others' for those who may see people.
fn may_see(ctx: &Ctx, of: UserId) -> Result<()> {
    match ctx.caller.principal == PrincipalId::User(of) {
        true => ctx.caller.session_id().map(drop),
        false => ctx.require(Action::ReadPeople),
    }
}

/// As whom: "user" or "admin".
async fn may_change(ctx: &Ctx, store: &TenantStore, of: UserId) -> Result<&'static str> {
    if ctx.caller.principal == PrincipalId::User(of) {
        ctx.caller.session_id()?;
        return Ok("user");
    }
    ctx.require(Action::ManagePeople)?;
    if store.get_user(of).await?.role == TenantRole::Owner {
        ctx.require(Action::ManageOwners)?;
    }
    Ok("admin")
}

fn entry(ctx: &Ctx, action: &'static str, target_kind: &'static str, id: Uuid, detail: Value) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind, target_id: Some(id), detail }
}
