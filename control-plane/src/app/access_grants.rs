//! Who may use or manage a server. Its managers and the tenant's admins decide.

use serde_json::json;

use super::{Ctx, servers};
use crate::domain::access::ServerRole;
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{AccessGrantId, ServerId};
use crate::domain::limits::CANDIDATES_MAX;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::server::{AccessGrant, GrantFilter, Subject, SubjectName};
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, TenantStore};

/// A grant, and who it is to.
pub struct NamedGrant {
    pub grant: AccessGrant,
    pub subject: SubjectName,
}

pub async fn list(
    ctx: &Ctx,
    server_id: ServerId,
    filter: &GrantFilter,
    page: PageRequest<Created>,
) -> Result<Page<NamedGrant>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    servers::find_managed(ctx, &store, server_id).await?;
    let page = store.list_access_grants(server_id, filter, page).await?;
    let subjects: Vec<Subject> = page.items.iter().map(|grant| grant.subject).collect();
    let mut names = store.name_subjects(&subjects).await?;
    Ok(page.map(|grant| {
        // One that went between the two reads is as good as one without a name.
        let subject = names.remove(&grant.subject).unwrap_or_else(|| SubjectName::gone(grant.subject));
        NamedGrant { grant, subject }
    }))
}

/// Whom a grant on the server may be given to, by part of their name. Managers need not see the people of the tenant
/// otherwise.
pub async fn candidates(ctx: &Ctx, server_id: ServerId, text: &str) -> Result<Vec<SubjectName>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    servers::find_managed(ctx, &store, server_id).await?;
    store.list_candidates(text.trim(), CANDIDATES_MAX).await
}

/// Gives the subject this role on the server, whatever it had before. Repeating it changes nothing.
pub async fn put(ctx: &Ctx, server_id: ServerId, subject: Subject, role: ServerRole) -> Result<NamedGrant> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    servers::find_managed(ctx, &store, server_id).await?;
    let name = check_subject(&store, subject, role).await?;
    let grant = match store.find_access_grant_of(server_id, subject).await? {
        Some(grant) if grant.role == role => return Ok(NamedGrant { grant, subject: name }),
        Some(grant) => {
            store.update_access_grant(grant.id, role).await?;
            AccessGrant { role, ..grant }
        }
        None => {
            let id = AccessGrantId(store.new_id());
            let grant = AccessGrant { id, server_id, role, subject, created_at: store.now() };
            store.insert_access_grant(&grant, ctx.caller.principal.user()).await?;
            grant
        }
    };
    note(ctx, &store, "grant.given", &grant);
    store.commit().await?;
    Ok(NamedGrant { grant, subject: name })
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

async fn check_subject(store: &TenantStore, subject: Subject, role: ServerRole) -> Result<SubjectName> {
    if subject == Subject::Everyone && role == ServerRole::Manager {
        return Err(Error::invalid("grant.everyone_manages", "role", "must be user when the subject is everyone"));
    }
    let words = match subject {
        Subject::User(_) => "is nobody of this tenant",
        Subject::Group(_) => "is no group of this tenant",
        Subject::ServiceAccount(_) | Subject::Everyone => "is no service account of this tenant",
    };
    let found = store.name_subjects(&[subject]).await?.remove(&subject);
    found.ok_or_else(|| Error::invalid("grant.unknown_subject", "subject.id", words))
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
