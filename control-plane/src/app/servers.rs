//! Registered MCP servers: register, edit, retire. What the caller may not see does not exist for them.

use std::collections::BTreeMap;

use proto::names::GatewayPath;
use serde_json::json;

use super::credentials::{self, Headers, Outbound};
use super::{Ctx, user_credentials};
use crate::domain::access::{Action, ServerRole, allows};
use crate::domain::audit::AuditEntry;
use crate::domain::bundle::{self, Member};
use crate::domain::credential::{CredentialMark, OutboundInput};
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::{AccessGrantId, ServerId, UserId};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::server::{AccessGrant, OutboundAuth, Server, ServerFilter, ServerKind, ServerStatus, origin};
use crate::domain::tags;
use crate::domain::tenancy::Tenant;
use crate::domain::tool_switches::ToolSwitches;
use crate::domain::transport::Transport;
use crate::domain::{Error, Result};
use crate::store::{ResourceKind, ServersOf, TenantStore};

/// A server as somebody sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub server: Server,
    /// Where IDEs connect.
    pub gateway_url: String,
    /// By grant; `None` for those who see it by their tenant role only.
    pub role: Option<ServerRole>,
    /// Addresses inside the tenant's network are not for everybody who may use the server.
    pub sees_upstream: bool,
    /// Of its shared credential, if it has one.
    pub credential: Option<CredentialMark>,
    /// Of a virtual server.
    pub members: Option<Vec<Member>>,
}

/// What to register, as typed.
pub struct NewServer {
    pub slug: String,
    pub display_name: String,
    pub description: String,
    pub tags: Vec<String>,
    /// Of a server; a virtual one has `members` in its place.
    pub upstream_url: Option<String>,
    pub members: Option<Vec<Member>>,
    pub outbound_auth: OutboundInput,
    pub timeout_ms: u32,
    pub transport: Transport,
}

/// What to change, as typed; `None` leaves as is.
#[derive(Default)]
pub struct ServerChange {
    pub display_name: Option<String>,
    pub description: Option<String>,
    /// All of them.
    pub tags: Option<Vec<String>>,
    pub upstream_url: Option<String>,
    pub outbound_auth: Option<OutboundInput>,
    pub timeout_ms: Option<u32>,
    pub transport: Option<Transport>,
    /// All of them, of a virtual server.
    pub members: Option<Vec<Member>>,
    pub enabled: Option<bool>,
}

/// Registers a server; who does becomes its manager.
pub async fn register(ctx: &Ctx, new: NewServer) -> Result<Seen> {
    ctx.require(Action::RegisterServers)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let (server, outbound) = checked(&store, &new, ctx.caller.principal.user())?;
    let members = new.members.unwrap_or_default();
    may_add(ctx, &store, &members, &[]).await?;
    store.insert_server(&server).await?;
    store.replace_server_members(server.id, &members, ctx.caller.principal.user()).await?;
    credentials::put(&ctx.app, &store, None, &server, &outbound, ctx.caller.principal.user()).await?;
    let grant = AccessGrant {
        id: AccessGrantId(store.new_id()),
        server_id: server.id,
        role: ServerRole::Manager,
        subject: ctx.caller.principal.into(),
        created_at: store.now(),
    };
    store.insert_access_grant(&grant, ctx.caller.principal.user()).await?;
    store.changed(resource(&server), server.id.0);
    store.changed(ResourceKind::AccessGrant, grant.id.0);
    let detail = json!({
        "slug": server.slug, "manager_grant_id": grant.id, "outbound_auth": server.outbound_auth, "members": members,
    });
    store.audit(entry(ctx, "server.registered", server.id, detail));
    let seen = seen(ctx, &store, server, Some(ServerRole::Manager)).await?;
    store.commit().await?;
    Ok(seen)
}

/// The server as it is to be stored, and what it is called with, or every field that is wrong.
pub(super) fn checked(store: &TenantStore, new: &NewServer, created_by: Option<UserId>) -> Result<(Server, Outbound)> {
    let mut mistakes = Mistakes::default();
    let slug = mistakes.take("slug", fields::server_slug(&new.slug));
    let display_name = mistakes.take("display_name", fields::name(&new.display_name));
    let description = mistakes.take("description", fields::description(&new.description));
    tags::check(&new.tags, &mut mistakes);
    let (kind, upstream_url) = match (&new.members, &new.upstream_url) {
        (None, url) => {
            let url = url.as_deref().unwrap_or_default();
            (ServerKind::Single, mistakes.take("upstream_url", fields::upstream_url(url)))
        }
        (Some(members), url) => {
            bundle::check(members, &mut mistakes);
            if url.is_some() || !matches!(new.outbound_auth, OutboundInput::None) || !new.transport.is_default() {
                mistakes.add("members", only_members());
            }
            (ServerKind::Virtual, Some(String::new()))
        }
    };
    let timeout_ms = mistakes.take("timeout_ms", fields::timeout_ms(new.timeout_ms));
    let transport = new.transport.clone().checked(&mut mistakes);
    let outbound = credentials::check(&new.outbound_auth, &Headers::default(), false, &mut mistakes);
    let now = store.now();
    let server = (|| {
        Some(Server {
            id: ServerId(store.new_id()),
            slug: slug?,
            display_name: display_name?,
            description: description?,
            upstream_url: upstream_url?,
            outbound_auth: outbound.auth(),
            status: ServerStatus::Enabled,
            timeout_ms: timeout_ms?,
            kind,
            transport,
            tool_switches: ToolSwitches::default(),
            tags: new.tags.clone(),
            created_by,
            created_at: now,
            updated_at: now,
        })
    })();
    Ok((mistakes.finish(server)?, outbound))
}

fn only_members() -> fields::Mistake {
    let message = "must stand alone: a virtual server has no upstream_url, outbound_auth or transport of its own";
    ("members.alone", message.to_owned())
}

/// Whether the caller may make these the members: those that are new must be servers of their own that the caller
/// manages. Nested virtual servers are refused.
async fn may_add(ctx: &Ctx, store: &TenantStore, members: &[Member], before: &[Member]) -> Result<()> {
    let mut mistakes = Mistakes::default();
    for (index, member) in members.iter().enumerate() {
        if before.iter().any(|known| known.server_id == member.server_id) {
            continue;
        }
        let field = format!("members[{index}].server_id");
        // What the caller does not see is as absent as what does not exist.
        let Ok((server, role)) = find_visible(ctx, store, member.server_id).await else {
            mistakes.add(&field, ("members.unknown", "is no server that you see".to_owned()));
            continue;
        };
        if server.kind == ServerKind::Virtual {
            mistakes.add(&field, ("members.nested", "is a virtual server: add its members".to_owned()));
        } else if role != Some(ServerRole::Manager) && !allows(ctx.caller.role, Action::ManageAllServers) {
            mistakes.add(&field, ("members.not_managed", "is not managed by you: ask one of its managers".to_owned()));
        }
    }
    mistakes.finish(Some(()))
}

/// The virtual servers that have this one as a member, for those who manage it.
pub async fn list_uses(ctx: &Ctx, id: ServerId) -> Result<Vec<Server>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    find_managed(ctx, &store, id).await?;
    store.list_server_uses(id).await
}

/// Takes a server out of a virtual one; for those who manage the server, whoever manages the virtual one.
pub async fn end_use(ctx: &Ctx, id: ServerId, virtual_id: ServerId) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    find_managed(ctx, &store, id).await?;
    if !store.delete_server_member(virtual_id, id).await? {
        return Err(Error::NotFound { what: "use" });
    }
    store.changed(ResourceKind::VirtualServer, virtual_id.0);
    store.audit(entry(ctx, "server.use_ended", id, json!({ "virtual_server": virtual_id })));
    store.commit().await?;
    Ok(())
}

/// As nodes know it.
pub(super) const fn resource(server: &Server) -> ResourceKind {
    match server.kind {
        ServerKind::Single => ResourceKind::Server,
        ServerKind::Virtual => ResourceKind::VirtualServer,
    }
}

/// Servers that the caller sees: those granted, or all.
pub async fn list(ctx: &Ctx, filter: &ServerFilter, page: PageRequest<Created>) -> Result<Page<Seen>> {
    let mut mistakes = Mistakes::default();
    mistakes.take_some("tag", filter.tag.as_deref().map(tags::tag));
    mistakes.finish(Some(()))?;
    list_of(ctx, seen_by(ctx), filter, page).await
}

/// How many of the servers that the caller sees have each tag.
pub async fn count_tags(ctx: &Ctx) -> Result<BTreeMap<String, u64>> {
    ctx.app.store.tenant_read(ctx.tenant_id).await?.count_server_tags(seen_by(ctx)).await
}

fn seen_by(ctx: &Ctx) -> ServersOf {
    match allows(ctx.caller.role, Action::ReadAllServers) {
        true => ServersOf::Tenant,
        false => ServersOf::GrantedTo(ctx.caller.principal),
    }
}

/// Servers that the caller may use now, whatever their tenant role.
pub async fn list_mine(ctx: &Ctx, page: PageRequest<Created>) -> Result<Page<Seen>> {
    list_of(ctx, ServersOf::UsableBy(ctx.caller.principal), &ServerFilter::default(), page).await
}

async fn list_of(ctx: &Ctx, of: ServersOf, filter: &ServerFilter, page: PageRequest<Created>) -> Result<Page<Seen>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let page = store.list_servers(of, filter, page).await?;
    let ids: Vec<ServerId> = page.items.iter().map(|server| server.id).collect();
    let roles = store.list_server_roles(ctx.caller.principal, &ids).await?;
    let marks = store.list_credential_marks(&ids).await?;
    let mut members = store.list_server_members(&ids).await?;
    let tenant = store.get_tenant().await?;
    Ok(page.map(|server| {
        let (role, mark) = (roles.get(&server.id).copied(), marks.get(&server.id).copied());
        let members = members.remove(&server.id).unwrap_or_default();
        as_seen(ctx, &tenant, server, role, mark, members)
    }))
}

pub async fn get(ctx: &Ctx, id: ServerId) -> Result<Seen> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let (server, role) = find_visible(ctx, &store, id).await?;
    seen(ctx, &store, server, role).await
}

pub async fn update(ctx: &Ctx, id: ServerId, change: ServerChange) -> Result<Seen> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let (_, role) = find_managed(ctx, &store, id).await?;
    let old = store.lock_server(id).await?.ok_or(Error::NotFound { what: "server" })?;
    let mut mistakes = Mistakes::default();
    let display_name = mistakes.take_some("display_name", change.display_name.as_deref().map(fields::name));
    let description = mistakes.take_some("description", change.description.as_deref().map(fields::description));
    let upstream_url = mistakes.take_some("upstream_url", change.upstream_url.as_deref().map(fields::upstream_url));
    let timeout_ms = mistakes.take_some("timeout_ms", change.timeout_ms.map(fields::timeout_ms));
    let transport = change.transport.map(|transport| transport.checked(&mut mistakes));
    if let Some(tags) = &change.tags {
        tags::check(tags, &mut mistakes);
    }
    let is_virtual = old.kind == ServerKind::Virtual;
    if is_virtual && (upstream_url.is_some() || change.outbound_auth.is_some() || transport.is_some()) {
        mistakes.add("members", only_members());
    }
    let before = store.list_server_members(&[id]).await?.remove(&id).unwrap_or_default();
    match &change.members {
        Some(members) if is_virtual => bundle::check(members, &mut mistakes),
        Some(_) => {
            let message = "is for virtual servers: this one is called itself".to_owned();
            mistakes.add("members", ("members.single", message));
        }
        None => {}
    }
    let moved = upstream_url.as_ref().is_some_and(|url| origin(url) != old.origin());
    let stored = credentials::stored(&ctx.app, &store, id).await?;
    let outbound = change.outbound_auth.map(|input| credentials::check(&input, &stored, moved, &mut mistakes));
    if moved && outbound.is_none() && matches!(old.outbound_auth, OutboundAuth::SharedHeader { .. }) {
        mistakes.add("outbound_auth", credentials::origin_changed());
    }
    mistakes.finish(Some(()))?;
    let members = change.members.filter(|members| *members != before);
    if let Some(members) = &members {
        may_add(ctx, &store, members, &before).await?;
    }
    let status = change.enabled.map(|on| if on { ServerStatus::Enabled } else { ServerStatus::Disabled });
    let mut server = Server {
        display_name: display_name.unwrap_or_else(|| old.display_name.clone()),
        description: description.unwrap_or_else(|| old.description.clone()),
        upstream_url: upstream_url.unwrap_or_else(|| old.upstream_url.clone()),
        outbound_auth: outbound.as_ref().map_or_else(|| old.outbound_auth.clone(), Outbound::auth),
        timeout_ms: timeout_ms.unwrap_or(old.timeout_ms),
        transport: transport.unwrap_or_else(|| old.transport.clone()),
        status: status.unwrap_or(old.status),
        tags: change.tags.unwrap_or_else(|| old.tags.clone()),
        ..old.clone()
    };
    let mut mistakes = Mistakes::default();
    credentials::check_client(&store, &old, &server, outbound.as_ref(), &mut mistakes).await?;
    mistakes.finish(Some(()))?;
    // The same values for another origin are another credential.
    let rekeyed =
        outbound.filter(|outbound| moved || outbound.differs_from(&stored) || outbound.auth() != old.outbound_auth);
    if server == old && rekeyed.is_none() && members.is_none() {
        return seen(ctx, &store, server, role).await;
    }
    server.updated_at = store.now();
    store.update_server(&server).await?;
    store.changed(resource(&server), id.0);
    let mut fields = changed_fields(&old, &server);
    if let Some(members) = &members {
        store.replace_server_members(id, members, ctx.caller.principal.user()).await?;
        fields.push("members");
    }
    if let Some(outbound) = &rekeyed {
        credentials::put(&ctx.app, &store, Some(&old), &server, outbound, ctx.caller.principal.user()).await?;
        fields.push("credential");
    }
    let detail = json!({ "fields": fields, "outbound_auth": server.outbound_auth, "members": members });
    store.audit(entry(ctx, "server.changed", id, detail));
    let seen = seen(ctx, &store, server, role).await?;
    store.commit().await?;
    Ok(seen)
}

fn changed_fields(old: &Server, new: &Server) -> Vec<&'static str> {
    let fields = [
        ("display_name", old.display_name != new.display_name),
        ("description", old.description != new.description),
        ("upstream_url", old.upstream_url != new.upstream_url),
        ("outbound_auth", old.outbound_auth != new.outbound_auth),
        ("timeout_ms", old.timeout_ms != new.timeout_ms),
        ("transport", old.transport != new.transport),
        ("status", old.status != new.status),
        ("tags", old.tags != new.tags),
    ];
    fields.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field).collect()
}

/// Takes a server out of service for ever; its slug stays taken. `confirm` repeats the slug.
pub async fn retire(ctx: &Ctx, id: ServerId, confirm: Option<&str>) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let (mut server, _) = find_managed(ctx, &store, id).await?;
    if confirm != Some(server.slug.as_str()) {
        let public = format!("must be {}: the server goes for ever", server.slug);
        return Err(Error::invalid("server.confirm", "confirm", public));
    }
    (server.status, server.updated_at) = (ServerStatus::Retired, store.now());
    store.update_server(&server).await?;
    store.changed(resource(&server), id.0);
    credentials::remove(&store, id).await?;
    user_credentials::forget_server(&store, id).await?;
    store.delete_auth_overrides_for(id).await?;
    store.replace_server_members(id, &[], None).await?;
    for of in store.list_server_uses(id).await? {
        store.delete_server_member(of.id, id).await?;
        store.changed(ResourceKind::VirtualServer, of.id.0);
    }
    for grant in store.delete_access_grants_on(id).await? {
        store.changed(ResourceKind::AccessGrant, grant.0);
    }
    store.audit(entry(ctx, "server.retired", id, json!({ "slug": server.slug })));
    store.commit().await?;
    Ok(())
}

/// The server and the caller's role on it, if they may see it.
pub(super) async fn find_visible(ctx: &Ctx, store: &TenantStore, id: ServerId) -> Result<(Server, Option<ServerRole>)> {
    let server = store.find_server(id).await?.ok_or(Error::NotFound { what: "server" })?;
    let role = store.list_server_roles(ctx.caller.principal, &[id]).await?.remove(&id);
    if role.is_none() && !allows(ctx.caller.role, Action::ReadAllServers) {
        return Err(Error::NotFound { what: "server" });
    }
    Ok((server, role))
}

/// The same if they may also change it: 404 for what they do not see, 403 for what they only see.
pub(super) async fn find_managed(ctx: &Ctx, store: &TenantStore, id: ServerId) -> Result<(Server, Option<ServerRole>)> {
    let (server, role) = find_visible(ctx, store, id).await?;
    if role != Some(ServerRole::Manager) {
        ctx.require(Action::ManageAllServers)?;
    }
    Ok((server, role))
}

async fn seen(ctx: &Ctx, store: &TenantStore, server: Server, role: Option<ServerRole>) -> Result<Seen> {
    let mark = store.list_credential_marks(&[server.id]).await?.remove(&server.id);
    let members = store.list_server_members(&[server.id]).await?.remove(&server.id).unwrap_or_default();
    Ok(as_seen(ctx, &store.get_tenant().await?, server, role, mark, members))
}

fn as_seen(
    ctx: &Ctx,
    tenant: &Tenant,
    server: Server,
    role: Option<ServerRole>,
    credential: Option<CredentialMark>,
    members: Vec<Member>,
) -> Seen {
    let path = GatewayPath { tenant: tenant.slug.clone(), server: server.slug.clone() };
    let gateway_url = tenant.gateway_origins.first().map(|origin| path.resource(origin)).unwrap_or_default();
    let sees_upstream = role == Some(ServerRole::Manager) || allows(ctx.caller.role, Action::ReadAllServers);
    let members = (server.kind == ServerKind::Virtual).then_some(members);
    Seen { server, gateway_url, role, sees_upstream, credential, members }
}

pub(super) fn entry(ctx: &Ctx, action: &'static str, id: ServerId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind: "server", target_id: Some(id.0), detail }
}
