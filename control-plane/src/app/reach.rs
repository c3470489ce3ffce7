//! Which servers somebody reaches, and why: the grants to them, to their groups and to everyone.

use super::access_grants::NamedGrant;
use super::{Ctx, people, service_accounts};
use crate::domain::ids::{ServerId, ServiceAccountId, UserId};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::server::{Server, Subject, SubjectName};
use crate::domain::{Error, Result};

/// A grant that reaches somebody, and the server it is on.
pub struct ReachingGrant {
    pub grant: NamedGrant,
    pub server: Server,
}

/// Of a person; everybody may see their own.
pub async fn of_user(ctx: &Ctx, id: UserId, page: PageRequest<Created>) -> Result<Page<ReachingGrant>> {
    people::get(ctx, id).await?;
    of(ctx, id.into(), page).await
}

/// Of a service account; it may see its own.
pub async fn of_service_account(
    ctx: &Ctx,
    id: ServiceAccountId,
    page: PageRequest<Created>,
) -> Result<Page<ReachingGrant>> {
    service_accounts::get(ctx, id).await?;
    of(ctx, id.into(), page).await
}

async fn of(ctx: &Ctx, principal: PrincipalId, page: PageRequest<Created>) -> Result<Page<ReachingGrant>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let page = store.list_grants_reaching(principal, page).await?;
    let subjects: Vec<Subject> = page.items.iter().map(|grant| grant.subject).collect();
    let servers: Vec<ServerId> = page.items.iter().map(|grant| grant.server_id).collect();
    let names = store.name_subjects(&subjects).await?;
    let servers = store.find_servers(&servers).await?;
    let named = page.items.into_iter().map(|grant| {
        let subject = names.get(&grant.subject).cloned().unwrap_or_else(|| SubjectName::gone(grant.subject));
        let server = servers.get(&grant.server_id).cloned().ok_or(Error::NotFound { what: "server" })?;
        Ok(ReachingGrant { grant: NamedGrant { grant, subject }, server })
    });
    Ok(Page { items: named.collect::<Result<_>>()?, next_cursor: page.next_cursor })
}
