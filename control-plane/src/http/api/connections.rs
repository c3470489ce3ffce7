//! What people are signed in with: clients and browsers, one's own and, for administrators, others'.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, PageView};
use crate::app::connections::{self, Ended};
use crate::app::{Ctx, Proof};
use crate::domain::ids::{OAuthGrantId, ServerId, SessionId, UserId};
use crate::domain::oauth::connection::Connection;
use crate::domain::session::BrowserSession;
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

/// A client that can act for a person at one server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
pub(crate) struct ConnectionView {
    id: OAuthGrantId,
    /// As the client calls itself.
    client_name: String,
    server_id: ServerId,
    server_slug: String,
    server_name: String,
    /// Where the client was sent back to: a host, or the scheme of a program.
    redirect_host: String,
    created_at: DateTime<Utc>,
    /// When it got its last token: to about the life of one, an hour by default.
    last_used_at: DateTime<Utc>,
}

impl From<Connection> for ConnectionView {
    fn from(one: Connection) -> Self {
        let Connection { id, client_name, server_id, server_slug, server_name, .. } = one;
        let Connection { redirect_host, created_at, last_used_at, .. } = one;
        Self { id, client_name, server_id, server_slug, server_name, redirect_host, created_at, last_used_at }
    }
}

/// A browser in which a person is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BrowserSession)]
pub(crate) struct BrowserView {
    id: SessionId,
    /// In words, such as "Firefox on Linux".
    browser: String,
    user_agent: String,
    created_at: DateTime<Utc>,
    /// To about a minute.
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// The session that asks.
    current: bool,
}

impl BrowserView {
    fn of(ctx: &Ctx, one: BrowserSession) -> Self {
        let (browser, session) = (one.browser(), one.session);
        Self {
            id: session.id,
            browser,
            user_agent: one.user_agent,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
            current: ctx.caller.proof == Proof::Session(session.id),
        }
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignOutBody {
    /// End the API keys, too.
    #[serde(default)]
    api_keys: bool,
}

/// How much was ended.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedOut)]
pub(crate) struct SignedOutView {
    sessions: u64,
    connections: u64,
    api_keys: u64,
}

impl From<Ended> for SignedOutView {
    fn from(Ended { sessions, connections, api_keys }: Ended) -> Self {
        Self { sessions, connections, api_keys }
    }
}

/// Clients that can act for you, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/me/connections", tag = "connections",
    operation_id = "list_my_connections", params(PageQuery),
    responses((status = 200, body = PageView<ConnectionView>)))]
pub(crate) async fn list_mine(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<ConnectionView>>, Problem> {
    Ok(Json(PageView::of(connections::list(&ctx, ctx.caller.user_id()?, query.parse()?).await?)))
}

/// Disconnect a client of yours: its tokens and streams end on every node.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/me/connections/{connection}", tag = "connections",
    operation_id = "end_my_connection", params(("connection" = OAuthGrantId, Path)), responses((status = 204)))]
pub(crate) async fn end_mine(
    TenantScope(ctx): TenantScope,
    Target(id): Target<OAuthGrantId>,
) -> Result<StatusCode, Problem> {
    connections::disconnect(&ctx, ctx.caller.user_id()?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Browsers in which you are signed in, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/me/sessions", tag = "connections",
    operation_id = "list_my_sessions", params(PageQuery), responses((status = 200, body = PageView<BrowserView>)))]
pub(crate) async fn list_my_sessions(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<BrowserView>>, Problem> {
    let page = connections::list_sessions(&ctx, ctx.caller.user_id()?, query.parse()?).await?;
    Ok(Json(PageView::of(page.map(|one| BrowserView::of(&ctx, one)))))
}

/// Sign one of your browsers out.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/me/sessions/{session}", tag = "connections",
    operation_id = "end_my_session", params(("session" = SessionId, Path)), responses((status = 204)))]
pub(crate) async fn end_my_session(
    TenantScope(ctx): TenantScope,
    Target(id): Target<SessionId>,
) -> Result<StatusCode, Problem> {
    connections::end_session(&ctx, ctx.caller.user_id()?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out everywhere: every browser, every client and, if asked for, every API key of yours.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/me/sign-out-everywhere", tag = "connections",
    operation_id = "sign_out_everywhere", request_body = SignOutBody, responses((status = 200, body = SignedOutView)))]
pub(crate) async fn sign_out_mine(
    TenantScope(ctx): TenantScope,
    Json(body): Json<SignOutBody>,
) -> Result<Json<SignedOutView>, Problem> {
    Ok(Json(connections::sign_out_everywhere(&ctx, ctx.caller.user_id()?, body.api_keys).await?.into()))
}

/// Clients that can act for a person, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/connections", tag = "connections",
    operation_id = "list_connections", params(("user" = UserId, Path), PageQuery),
    responses((status = 200, body = PageView<ConnectionView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Target(user): Target<UserId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<ConnectionView>>, Problem> {
    Ok(Json(PageView::of(connections::list(&ctx, user, query.parse()?).await?)))
}

/// Disconnect a client of a person.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/users/{user}/connections/{connection}", tag = "connections",
    operation_id = "end_connection", params(("user" = UserId, Path), ("connection" = OAuthGrantId, Path)),
    responses((status = 204)))]
pub(crate) async fn end(
    TenantScope(ctx): TenantScope,
    Target(user): Target<UserId>,
    Target(id): Target<OAuthGrantId>,
) -> Result<StatusCode, Problem> {
    connections::disconnect(&ctx, user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Browsers in which a person is signed in, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/sessions", tag = "connections",
    operation_id = "list_sessions", params(("user" = UserId, Path), PageQuery),
    responses((status = 200, body = PageView<BrowserView>)))]
pub(crate) async fn list_sessions(
    TenantScope(ctx): TenantScope,
    Target(user): Target<UserId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<BrowserView>>, Problem> {
    let page = connections::list_sessions(&ctx, user, query.parse()?).await?;
    Ok(Json(PageView::of(page.map(|one| BrowserView::of(&ctx, one)))))
}

/// Sign one browser of a person out.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/users/{user}/sessions/{session}", tag = "connections",
    operation_id = "end_session", params(("user" = UserId, Path), ("session" = SessionId, Path)),
    responses((status = 204)))]
pub(crate) async fn end_session(
    TenantScope(ctx): TenantScope,
    Target(user): Target<UserId>,
    Target(id): Target<SessionId>,
) -> Result<StatusCode, Problem> {
    connections::end_session(&ctx, user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign a person out everywhere. They stay active and may sign in again.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/users/{user}/sign-out", tag = "connections",
    operation_id = "sign_user_out", params(("user" = UserId, Path)), request_body = SignOutBody,
    responses((status = 200, body = SignedOutView)))]
pub(crate) async fn sign_out(
    TenantScope(ctx): TenantScope,
    Target(user): Target<UserId>,
    Json(body): Json<SignOutBody>,
) -> Result<Json<SignedOutView>, Problem> {
    Ok(Json(connections::sign_out_everywhere(&ctx, user, body.api_keys).await?.into()))
}
