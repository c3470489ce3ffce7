//! Signing in with a local account.
//!
//! An unknown name, a wrong password, a deactivated person: one answer, after the same work.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::second_factor::Taken;
use super::{second_factor, sessions};
use crate::crypto::password;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{SessionId, TenantId, UserId};
use crate::domain::limits::{NAME_CHARS_MAX, PASSWORD_BYTES_MAX};
use crate::domain::second_factor::{Need, need};
use crate::domain::tenancy::{Tenant, TenantStatus, User};
use crate::domain::{Error, Result};
use crate::rate::Door;
use crate::state::App;
use crate::store::TenantStore;

/// What somebody typed, and from where.
pub struct Attempt<'a> {
    pub user_name: &'a str,
    pub password: SecretString,
    /// Of the second factor, if it comes along.
    pub code: Option<SecretString>,
    pub address: IpAddr,
    pub user_agent: &'a str,
}

/// What a right password leads to.
pub enum Entry {
    In(SignedIn),
    /// A code is missing; the token is for the cookie of the second step.
    CodeNeeded(SecretString),
    /// The person's role asks for a second factor, and they have none yet.
    EnrolmentNeeded(SecretString),
    /// A code came along, and it is not right.
    CodeRefused,
}

/// A session that just began; the token is for the cookie and nowhere else.
pub struct SignedIn {
    pub user: User,
    pub session_id: SessionId,
    pub token: SecretString,
}

/// Checks the password, and starts a session unless a second factor is needed.
pub async fn with_password(app: &App, tenant: &Tenant, attempt: Attempt<'_>) -> Result<Entry> {
    let user_name = attempt.user_name.trim().to_lowercase();
    app.rates.take(tenant.id, Door::SignIn(attempt.address))?;
    if tenant.status != TenantStatus::Active {
        return Err(Error::conflict("tenant.suspended", "this tenant is suspended"));
    }
    if !tenant.settings.local_accounts {
        return Err(Error::conflict("sign_in.local_accounts_off", "signing in with a password is switched off here"));
    }
    if user_name.chars().count() > NAME_CHARS_MAX || attempt.password.expose_secret().len() > PASSWORD_BYTES_MAX {
        return Err(Error::Unauthenticated);
    }
    app.rates.take(tenant.id, Door::Account(user_name.clone()))?;
    let (user, stored) = find_credential(app, tenant.id, &user_name).await?;
    // Outside of any transaction: hashing takes long.
    let same = password::verify(attempt.password, stored).await?;
    let store = app.store.tenant(tenant.id).await?;
    // Read again, locked: a deactivation during the hash must not leave a session behind (I9).
    let user = match user {
        Some(user) if same => store.lock_user(user.id).await?,
        _ => None,
    };
    match user.filter(User::is_active) {
        Some(user) => {
            let entry = admit(app, &store, user, attempt.code.as_ref(), attempt.user_agent).await?;
            store.commit().await?;
            Ok(entry)
        }
        // Written for unknown names as well, so that the answer takes as long; the name itself is not kept, it may
        // be a password typed into the wrong field.
        None => {
            store.audit(failed());
            store.commit().await?;
            Err(Error::Unauthenticated)
        }
    }
}

/// Lets a person in who has just chosen a password.
pub async fn first(app: &App, tenant_id: TenantId, user_id: UserId, user_agent: &str) -> Result<Entry> {
    let store = app.store.tenant(tenant_id).await?;
    let user = store.lock_user(user_id).await?.filter(User::is_active).ok_or(Error::Unauthenticated)?;
    let entry = admit(app, &store, user, None, user_agent).await?;
    store.commit().await?;
    Ok(entry)
}

/// The password was right.
async fn admit(
    app: &App,
    store: &TenantStore,
    user: User,
    code: Option<&SecretString>,
    user_agent: &str,
) -> Result<Entry> {
    let factor = store.lock_second_factor(user.id).await?;
    match (need(app.config.require_second_factor, user.role, factor.as_ref()), factor, code) {
        (Need::Nothing, ..) => {}
        (Need::Enrolment, ..) => return Ok(Entry::EnrolmentNeeded(second_factor::challenge(store, user.id).await?)),
        (Need::Code, Some(factor), Some(code)) => {
            if second_factor::take(app, store, user.id, &factor, code).await? == Taken::Refused {
                return Ok(Entry::CodeRefused);
            }
        }
        (Need::Code, ..) => return Ok(Entry::CodeNeeded(second_factor::challenge(store, user.id).await?)),
    }
    let (session_id, token) = sessions::start_in(store, user.id, user_agent).await?;
    Ok(Entry::In(SignedIn { user, session_id, token }))
}

async fn find_credential(app: &App, tenant_id: TenantId, user_name: &str) -> Result<(Option<User>, Option<String>)> {
    let store = app.store.tenant_read(tenant_id).await?;
    let Some(user) = store.find_user_by_name(user_name).await? else { return Ok((None, None)) };
    let stored = store.find_password_hash(user.id).await?;
    Ok((Some(user), stored))
}

fn failed() -> AuditEntry {
    AuditEntry {
        actor: Actor::Anonymous,
        action: "sign_in.refused",
        target_kind: "session",
        target_id: None,
        detail: json!({ "method": "password" }),
    }
}
