//! Auth overrides: what goes out in place of all that a server would be called with, for one principal. A manager sets
//! them for anybody, a person for themselves. Values go in and never come out, but by the broker.

use proto::Message as _;
use proto::wire::SecretHeaders;
use serde_json::json;
use zeroize::Zeroizing;

use super::Ctx;
use super::credentials::{self, Headers, next_mark};
use super::servers::find_visible;
use super::user_credentials::{manages, usable};
use crate::crypto::vault::Purpose;
use crate::domain::access::Action;
use crate::domain::audit::AuditEntry;
use crate::domain::credential::{AuthOverride, HeaderInput, OutboundInput};
use crate::domain::fields::Mistakes;
use crate::domain::ids::{AuthOverrideId, ServerId};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::server::{Server, ServerKind, Subject, SubjectName};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::{ResourceKind, TenantStore};

/// A stored override, and whose it is.
pub struct Stored {
    pub one: AuthOverride,
    pub owner: SubjectName,
}

/// Everybody's for those who manage the server, else one's own.
pub async fn list(ctx: &Ctx, server_id: ServerId, page: PageRequest<Created>) -> Result<Page<Stored>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let (_, role) = find_visible(ctx, &store, server_id).await?;
    let of = if manages(ctx, role) { None } else { Some(ctx.caller.principal) };
    let page = store.list_auth_overrides(server_id, of, page).await?;
    let subjects: Vec<Subject> = page.items.iter().map(|one| one.owner.into()).collect();
    let mut names = store.name_subjects(&subjects).await?;
    Ok(page.map(|one| {
        let subject = one.owner.into();
        Stored { owner: names.remove(&subject).unwrap_or_else(|| SubjectName::gone(subject)), one }
    }))
}

/// Sets what goes out for somebody; for oneself if nobody is named. Replaces what was there.
pub async fn put(ctx: &Ctx, server_id: ServerId, whose: Option<PrincipalId>, headers: Vec<HeaderInput>) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let owner = whose.unwrap_or(ctx.caller.principal);
    let server = if owner == ctx.caller.principal {
        usable(ctx, &store, server_id).await?
    } else {
        let (server, role) = find_visible(ctx, &store, server_id).await?;
        if !manages(ctx, role) {
            ctx.require(Action::ManageAllServers)?;
        }
        let known = store.name_subjects(&[owner.into()]).await?.remove(&owner.into());
        known.ok_or_else(|| Error::invalid("credential.unknown_subject", "subject.id", "is nobody of this tenant"))?;
        server
    };
    if server.kind == ServerKind::Virtual {
        return Err(Error::conflict("server.virtual", "a virtual server has no credential: set it at its members"));
    }
    let mut mistakes = Mistakes::default();
    let input = OutboundInput::SharedHeader { headers };
    let checked = credentials::check(&input, &Headers::default(), false, &mut mistakes);
    mistakes.finish(Some(()))?;
    let before = store.find_auth_override(server_id, owner).await?;
    let id = AuthOverrideId(store.new_id());
    let plain = Zeroizing::new(checked.headers.encoded());
    let key = ctx.app.data_key(&store).await?;
    let one = AuthOverride {
        id,
        owner,
        server_id,
        upstream_origin: server.origin(),
        header_names: checked.headers.names(),
        headers_sealed: key.seal(ctx.tenant_id, Purpose::AuthOverride, id.0, &plain)?,
        mark: next_mark(before.as_ref().map(|before| before.mark), store.now()),
        set_by: ctx.caller.principal.user(),
        created_at: store.now(),
    };
    if let Some(before) = before {
        store.delete_auth_override(before.id).await?;
    }
    store.insert_auth_override(&one).await?;
    told(&store, &one).await?;
    store.audit(entry(ctx, "auth_override.set", &one));
    store.commit().await?;
    Ok(())
}

/// Takes an override away: one's own, or anybody's for those who manage the server.
pub async fn delete(ctx: &Ctx, server_id: ServerId, id: AuthOverrideId) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let (_, role) = find_visible(ctx, &store, server_id).await?;
    let one = store.get_auth_override(server_id, id).await?;
    if one.owner != ctx.caller.principal && !manages(ctx, role) {
        return Err(Error::NotFound { what: "override" });
    }
    store.delete_auth_override(id).await?;
    told(&store, &one).await?;
    store.audit(entry(ctx, "auth_override.removed", &one));
    store.commit().await?;
    Ok(())
}

/// The headers of a call.
pub(super) async fn open(
    app: &App,
    store: &TenantStore,
    one: &AuthOverride,
) -> Result<Vec<(String, Zeroizing<String>)>> {
    let key = app.data_key(store).await?;
    let plain = key.open(store.tenant_id(), Purpose::AuthOverride, one.id.0, &one.headers_sealed)?;
    let headers = SecretHeaders::decode(plain.as_slice()).map_err(Error::internal)?.headers;
    Ok(headers.into_iter().map(|header| (header.name, Zeroizing::new(header.value))).collect())
}

/// Whether it may go where the server is now.
pub(super) fn is_for(one: &AuthOverride, server: &Server) -> bool {
    one.upstream_origin == server.origin()
}

/// Nodes learn for whom there is one, and let go of what they hold for them.
async fn told(store: &TenantStore, one: &AuthOverride) -> Result<()> {
    store.changed(ResourceKind::Server, one.server_id.0);
    store.void_leases_of(one.owner).await.map(drop)
}

fn entry(ctx: &Ctx, action: &'static str, one: &AuthOverride) -> AuditEntry {
    let AuthOverride { owner, server_id, header_names, mark, .. } = one;
    let detail = json!({
        "owner": owner.to_string(), "server": server_id, "headers": header_names, "version": mark.version,
    });
    AuditEntry { actor: ctx.actor(), action, target_kind: "auth_override", target_id: Some(one.id.0), detail }
}
