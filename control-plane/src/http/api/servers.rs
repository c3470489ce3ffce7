//! MCP servers: register, list, edit, retire.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::outbound_auth::{OutboundAuthBody, OutboundAuthView};
use super::{PageQuery, PageView};
use crate::app::servers::{self, NewServer, Seen, ServerChange};
use crate::domain::access::ServerRole;
use crate::domain::bundle::Member;
use crate::domain::ids::{ServerId, UserId};
use crate::domain::page::PageRequest;
use crate::domain::server::{ServerFilter, ServerKind, ServerStatus};
use crate::domain::transport::Transport;
use crate::http::extract::{Json, Query, Target, TenantScope, VirtualServerId};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerView {
    id: ServerId,
    #[schema(value_type = String)]
    slug: proto::names::ServerSlug,
    display_name: String,
    description: String,
    /// In the order in which they were given.
    tags: Vec<String>,
    status: ServerStatus,
    /// What to paste into an IDE.
    gateway_url: String,
    /// Your role on the server by grant; absent if you see it by your tenant role only.
    #[serde(skip_serializing_if = "Option::is_none")]
    your_role: Option<ServerRole>,
    kind: ServerKind,
    /// How the gateway reaches it; absent for those who may only use it, and of virtual servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<UpstreamView>,
    /// Of a virtual server: what it is made of; absent for those who may only use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<Member>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<UserId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UpstreamView {
    url: String,
    outbound_auth: OutboundAuthView,
    /// Of one call; 0 = the node's default.
    timeout_ms: u32,
    transport: Transport,
}

/// A virtual server that has a server as a member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServerUse)]
pub(crate) struct UseView {
    id: ServerId,
    #[schema(value_type = String)]
    slug: proto::names::ServerSlug,
    display_name: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServerUses)]
pub(crate) struct UsesView {
    items: Vec<UseView>,
}

impl From<Seen> for ServerView {
    fn from(Seen { server, gateway_url, role, sees_upstream, credential, members }: Seen) -> Self {
        let upstream = UpstreamView {
            url: server.upstream_url,
            outbound_auth: OutboundAuthView::of(server.outbound_auth, credential),
            timeout_ms: server.timeout_ms,
            transport: server.transport,
        };
        Self {
            id: server.id,
            slug: server.slug,
            display_name: server.display_name,
            description: server.description,
            tags: server.tags,
            status: server.status,
            gateway_url,
            your_role: role,
            kind: server.kind,
            upstream: (sees_upstream && members.is_none()).then_some(upstream),
            members: members.filter(|_| sees_upstream),
            created_by: server.created_by,
            created_at: server.created_at,
            updated_at: server.updated_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerBody {
    /// Part of the gateway URL for ever: lower-case letters, digits, single hyphens, 2 to 40.
    slug: String,
    display_name: String,
    #[serde(default)]
    description: String,
    /// Words to find it by: at most 10, of 1 to 32 lower-case letters, digits and hyphens, each once.
    #[serde(default)]
    tags: Vec<String>,
    /// Where the server speaks MCP over HTTP.
    upstream_url: Option<String>,
    /// In place of `upstream_url`: the servers that a virtual server is made of. You must manage each of them.
    members: Option<Vec<Member>>,
    #[serde(default)]
    outbound_auth: OutboundAuthBody,
    #[serde(default)]
    timeout_ms: u32,
    #[serde(default)]
    transport: Transport,
}

/// What to change; absent members stay. The slug cannot change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerPatch {
    display_name: Option<String>,
    description: Option<String>,
    /// All of them: what is left out is removed.
    tags: Option<Vec<String>>,
    upstream_url: Option<String>,
    outbound_auth: Option<OutboundAuthBody>,
    timeout_ms: Option<u32>,
    /// All of it: what is left out is removed.
    transport: Option<Transport>,
    /// All of them: what is left out is removed. You must manage each that is new.
    members: Option<Vec<Member>>,
    #[schema(inline)]
    status: Option<Switch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Switch {
    Enabled,
    Disabled,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ServerQuery {
    /// Part of the name or the slug.
    #[serde(default)]
    q: String,
    /// Servers with this tag.
    tag: Option<String>,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RetireQuery {
    /// The server's slug, repeated.
    confirm: Option<String>,
}

/// List servers you see, newest first: those granted to you, or all for owners, admins and auditors.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/servers", tag = "servers", operation_id = "list_servers",
    params(ServerQuery), responses((status = 200, body = PageView<ServerView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<ServerQuery>,
) -> Result<Json<PageView<ServerView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    let filter = ServerFilter { text: query.q.trim().to_owned(), tag: query.tag };
    Ok(Json(PageView::of(servers::list(&ctx, &filter, page).await?)))
}

/// A tag, and how many of the servers you see have it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServerTagView {
    tag: String,
    servers: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ServerTagsView {
    items: Vec<ServerTagView>,
}

/// List the tags of the servers you see, in alphabetical order.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/server-tags", tag = "servers", operation_id = "list_server_tags",
    responses((status = 200, body = ServerTagsView)))]
pub(crate) async fn list_tags(TenantScope(ctx): TenantScope) -> Result<Json<ServerTagsView>, Problem> {
    let counts = servers::count_tags(&ctx).await?;
    let items = counts.into_iter().map(|(tag, servers)| ServerTagView { tag, servers });
    Ok(Json(ServerTagsView { items: items.collect() }))
}

/// List servers you may use, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/me/servers", tag = "servers", operation_id = "list_my_servers",
    params(PageQuery), responses((status = 200, body = PageView<ServerView>)))]
pub(crate) async fn list_mine(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<ServerView>>, Problem> {
    Ok(Json(PageView::of(servers::list_mine(&ctx, query.parse()?).await?)))
}

/// Register a server; you become its manager.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/servers", tag = "servers", operation_id = "register_server",
    request_body = ServerBody, responses((status = 201, body = ServerView)))]
pub(crate) async fn register(
    TenantScope(ctx): TenantScope,
    Json(body): Json<ServerBody>,
) -> Result<(StatusCode, Json<ServerView>), Problem> {
    let new = NewServer {
        slug: body.slug,
        display_name: body.display_name,
        description: body.description,
        tags: body.tags,
        upstream_url: body.upstream_url,
        members: body.members,
        outbound_auth: body.outbound_auth.into(),
        timeout_ms: body.timeout_ms,
        transport: body.transport,
    };
    Ok((StatusCode::CREATED, Json(servers::register(&ctx, new).await?.into())))
}

/// One server.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/servers/{server}", tag = "servers", operation_id = "get_server",
    params(("server" = ServerId, Path)), responses((status = 200, body = ServerView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
) -> Result<Json<ServerView>, Problem> {
    Ok(Json(servers::get(&ctx, id).await?.into()))
}

/// Change a server.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/servers/{server}", tag = "servers",
    operation_id = "update_server", params(("server" = ServerId, Path)), request_body = ServerPatch,
    responses((status = 200, body = ServerView)))]
pub(crate) async fn update(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Json(body): Json<ServerPatch>,
) -> Result<Json<ServerView>, Problem> {
    let enabled = body.status.map(|status| status == Switch::Enabled);
    let change = ServerChange {
        display_name: body.display_name,
        description: body.description,
        tags: body.tags,
        upstream_url: body.upstream_url,
        outbound_auth: body.outbound_auth.map(Into::into),
        timeout_ms: body.timeout_ms,
        transport: body.transport,
        members: body.members,
        enabled,
    };
    Ok(Json(servers::update(&ctx, id, change).await?.into()))
}

/// Retire a server for ever. Its slug stays taken.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/servers/{server}", tag = "servers",
    operation_id = "retire_server", params(("server" = ServerId, Path), RetireQuery), responses((status = 204)))]
pub(crate) async fn retire(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Query(query): Query<RetireQuery>,
) -> Result<StatusCode, Problem> {
    servers::retire(&ctx, id, query.confirm.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the virtual servers that have a server as a member; for its managers.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/servers/{server}/uses", tag = "servers",
    operation_id = "list_server_uses", params(("server" = ServerId, Path)),
    responses((status = 200, body = UsesView)))]
pub(crate) async fn list_uses(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
) -> Result<Json<UsesView>, Problem> {
    let uses = servers::list_uses(&ctx, id).await?.into_iter();
    let items = uses.map(|one| UseView { id: one.id, slug: one.slug, display_name: one.display_name });
    Ok(Json(UsesView { items: items.collect() }))
}

/// Take a server out of a virtual server, as a manager of the member.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/servers/{server}/uses/{use}", tag = "servers",
    operation_id = "end_server_use", params(("server" = ServerId, Path), ("use" = ServerId, Path)), responses((status = 204)))]
pub(crate) async fn end_use(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Target(VirtualServerId(of)): Target<VirtualServerId>,
) -> Result<StatusCode, Problem> {
    servers::end_use(&ctx, id, of).await?;
    Ok(StatusCode::NO_CONTENT)
}
