//! Signing in with a local account.
//!
//! An unknown name, a wrong password, a deactivated person: one answer, after the same work.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::sessions;
use crate::crypto::password;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{SessionId, TenantId};
use crate::domain::limits::{NAME_CHARS_MAX, PASSWORD_BYTES_MAX};
use crate::domain::tenancy::{Tenant, TenantStatus, User};
use crate::domain::{Error, Result};
use crate::rate::Door;
use crate::state::App;

/// What somebody typed, and from where.
pub struct Attempt<'a> {
    pub user_name: &'a str,
    pub password: SecretString,
    pub address: IpAddr,
    pub user_agent: &'a str,
}

/// A session that just began; the token is for the cookie and nowhere else.
pub struct SignedIn {
    pub user: User,
    pub session_id: SessionId,
    pub token: SecretString,
}

/// Checks the password and starts a session.
pub async fn with_password(app: &App, tenant: &Tenant, attempt: Attempt<'_>) -> Result<SignedIn> {
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
            let (session_id, token) = sessions::start_in(&store, user.id, attempt.user_agent).await?;
            store.commit().await?;
            Ok(SignedIn { user, session_id, token })
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
