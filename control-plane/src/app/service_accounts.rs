//! Service accounts: machines with keys and grants of their own. Owners and admins keep them; nobody signs in as one.

use serde_json::json;

use super::{Ctx, provisioning};
use crate::domain::access::Action;
use crate::domain::audit::AuditEntry;
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::ServiceAccountId;
use crate::domain::limits::SERVICE_ACCOUNTS_MAX;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::server::Subject;
use crate::domain::service_account::{ServiceAccount, ServiceAccountFilter, ServiceAccountStatus};
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

/// What to change, as typed; `None` leaves as is.
#[derive(Debug, Default)]
pub struct ServiceAccountChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub active: Option<bool>,
}

/// What went with an account.
#[derive(Debug, Clone, Copy)]
pub struct Removed {
    pub api_keys: usize,
    pub grants: usize,
}

pub async fn list(
    ctx: &Ctx,
    filter: &ServiceAccountFilter,
    page: PageRequest<Created>,
) -> Result<Page<ServiceAccount>> {
    ctx.require(Action::ReadServiceAccounts)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_service_accounts(filter, page).await
}

/// An account may see itself.
pub async fn get(ctx: &Ctx, id: ServiceAccountId) -> Result<ServiceAccount> {
    if ctx.caller.principal != PrincipalId::ServiceAccount(id) {
        ctx.require(Action::ReadServiceAccounts)?;
    }
    ctx.app.store.tenant_read(ctx.tenant_id).await?.get_service_account(id).await
}

pub async fn create(ctx: &Ctx, name: &str, description: &str) -> Result<ServiceAccount> {
    ctx.require(Action::ManageServiceAccounts)?;
    let mut mistakes = Mistakes::default();
    let name = mistakes.take("name", fields::name(name));
    let description = mistakes.take("description", fields::description(description));
    let (name, description) = mistakes.finish(name.zip(description))?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    if store.count_service_accounts().await? >= SERVICE_ACCOUNTS_MAX {
        let public = format!("there are {SERVICE_ACCOUNTS_MAX} service accounts already: delete one first");
        return Err(Error::conflict("service_account.too_many", public));
    }
    let (id, created_at) = (ServiceAccountId(store.new_id()), store.now());
    let status = ServiceAccountStatus::Active;
    let account = ServiceAccount { id, name, description, status, epoch: 1, created_at };
    store.insert_service_account(&account).await?;
    store.changed(ResourceKind::Principal, id.0);
    store.audit(entry(ctx, "service_account.created", id, json!({ "name": account.name })));
    store.commit().await?;
    Ok(account)
}

/// Changes an account. Deactivation ends its keys in this very transaction (I9); reactivation brings none back.
pub async fn update(ctx: &Ctx, id: ServiceAccountId, change: ServiceAccountChange) -> Result<ServiceAccount> {
    ctx.require(Action::ManageServiceAccounts)?;
    let mut mistakes = Mistakes::default();
    let name = mistakes.take_some("name", change.name.as_deref().map(fields::name));
    let description = mistakes.take_some("description", change.description.as_deref().map(fields::description));
    mistakes.finish(Some(()))?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let old = store.lock_service_account(id).await?.ok_or(Error::NotFound { what: "service account" })?;
    let mut account = ServiceAccount {
        name: name.unwrap_or_else(|| old.name.clone()),
        description: description.unwrap_or_else(|| old.description.clone()),
        ..old.clone()
    };
    if account != old {
        let renamed = account.name != old.name;
        store.audit(entry(ctx, "service_account.changed", id, json!({ "renamed": renamed, "name": account.name })));
    }
    match change.active {
        Some(false) if old.is_active() => {
            account.status = ServiceAccountStatus::Deactivated { at: store.now() };
            let api_keys = lock_out(&store, &mut account).await?;
            store.audit(entry(ctx, "service_account.deactivated", id, json!({ "api_keys": api_keys })));
        }
        Some(true) if !old.is_active() => {
            account.status = ServiceAccountStatus::Active;
            store.changed(ResourceKind::Principal, id.0);
            store.audit(entry(ctx, "service_account.reactivated", id, json!({})));
        }
        _ => {}
    }
    if account != old {
        store.update_service_account(&account).await?;
        store.commit().await?;
    }
    Ok(account)
}

/// Removes an account for good, with its keys and grants.
pub async fn delete(ctx: &Ctx, id: ServiceAccountId) -> Result<Removed> {
    ctx.require(Action::ManageServiceAccounts)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let mut account = store.lock_service_account(id).await?.ok_or(Error::NotFound { what: "service account" })?;
    let api_keys = lock_out(&store, &mut account).await?;
    let grants = provisioning::take_grants(&store, Subject::ServiceAccount(id)).await?;
    store.delete_service_account(id).await?;
    let removed = Removed { api_keys, grants };
    let detail = json!({ "name": account.name, "api_keys": api_keys, "grants": grants });
    store.audit(entry(ctx, "service_account.deleted", id, detail));
    store.commit().await?;
    Ok(removed)
}

/// Ends every way in, and answers how many keys there were.
async fn lock_out(store: &TenantStore, account: &mut ServiceAccount) -> Result<usize> {
    account.epoch += 1;
    let keys = store.revoke_api_keys_of(account.id).await?;
    keys.iter().for_each(|key| store.changed(ResourceKind::ApiKey, key.0));
    store.changed(ResourceKind::Principal, account.id.0);
    Ok(keys.len())
}

fn entry(ctx: &Ctx, action: &'static str, id: ServiceAccountId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind: "service_account", target_id: Some(id.0), detail }
}
