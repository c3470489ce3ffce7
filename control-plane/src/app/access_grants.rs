//! Who may use or manage a server. Its managers and the tenant's admins decide.

use serde_json::json;

use super::{Ctx, servers};
use crate::domain::access::ServerRole;
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{AccessGrantId, ServerId};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::server::{AccessGrant, Subject};
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

pub async fn list(ctx: &Ctx, server_id: ServerId, page: PageRequest<Created>) -> Result<Page<AccessGrant>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    servers::find_managed(ctx, &store, server_id).await?;
    store.list_access_grants(server_id, page).await
}

/// Gives the subject this role on the server, whatever it had before. Repeating it changes nothing.
pub async fn put(ctx: &Ctx, server_id: ServerId, subject: Subject, role: ServerRole) -> Result<AccessGrant> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    servers::find_managed(ctx, &store, server_id).await?;
    check_subject(&store, subject, role).await?;
    let grant = match store.find_access_grant_of(server_id, subject).await? {
        Some(grant) if grant.role == role => return Ok(grant),
        Some(grant) => {
            store.update_access_grant(grant.id, role).await?;
            AccessGrant { role, ..grant }
        }
        None => {
            let id = AccessGrantId(store.new_id());
            let grant = AccessGrant { id, server_id, role, subject, created_at: store.now() };
            store.insert_access_grant(&grant, Some(ctx.caller.user_id)).await?;
            grant
        }
    };
    note(ctx, &store, "grant.given", &grant);
    store.commit().await?;
    Ok(grant)
}

pub async fn delete(ctx: &Ctx, server_id: ServerId, id: AccessGrantId) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    servers::find_managed(ctx, &store, server_id).await?;
    let grant = store.find_access_grant(server_id, id).await?.ok_or(Error::NotFound { what: "grant" })?;
    store.delete_access_grant(id).await?;
    note(ctx, &store, "grant.taken", &grant);
    store.commit().await?;
    Ok(())
}

async fn check_subject(store: &TenantStore, subject: Subject, role: ServerRole) -> Result<()> {
    match subject {
        Subject::User(id) => match store.find_user(id).await? {
            Some(_) => Ok(()),
            None => Err(Error::invalid("grant.unknown_subject", "subject.id", "is nobody of this tenant")),
        },
        Subject::Everyone if role == ServerRole::Manager => {
            Err(Error::invalid("grant.everyone_manages", "role", "must be user when the subject is everyone"))
        }
        Subject::Everyone => Ok(()),
        Subject::Group(id) => match store.find_group(id).await? {
            Some(_) => Ok(()),
            None => Err(Error::invalid("grant.unknown_subject", "subject.id", "is no group of this tenant")),
        },
        Subject::ServiceAccount(_) => {
            Err(Error::invalid("grant.subject_kind", "subject.kind", "must be user, group or everyone"))
        }
    }
}

fn note(ctx: &Ctx, store: &TenantStore, action: &'static str, grant: &AccessGrant) {
    store.changed(ResourceKind::AccessGrant, grant.id.0);
    let subject = match grant.subject {
        Subject::User(id) => json!({ "kind": "user", "id": id }),
        Subject::Group(id) => json!({ "kind": "group", "id": id }),
        Subject::ServiceAccount(id) => json!({ "kind": "service_account", "id": id }),
        Subject::Everyone => json!({ "kind": "everyone" }),
    };
    let detail = json!({ "grant_id": grant.id, "subject": subject, "role": grant.role });
    let (target_kind, target_id) = ("server", Some(grant.server_id.0));
    store.audit(AuditEntry { actor: ctx.actor(), action, target_kind, target_id, detail });
}
