//! OAuth clients of the tenant.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, PageView};
use crate::app::clients::{self, ClientChange, NewClient};
use crate::domain::ids::ClientId;
use crate::domain::limits::SECRET_OVERLAP_S;
use crate::domain::oauth::client::{Client, ClientAuth, ClientKind, ClientSecret};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientView {
    id: ClientId,
    /// What the client sends as `client_id`.
    client_id: String,
    kind: ClientKind,
    auth: ClientAuth,
    name: String,
    redirect_uris: Vec<String>,
    created_at: DateTime<Utc>,
    /// When it last got a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<DateTime<Utc>>,
    /// Since when nothing is done for it and its tokens open nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_at: Option<DateTime<Utc>>,
}

/// A client and its live secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientDetailView {
    #[serde(flatten)]
    client: ClientView,
    secrets: Vec<SecretView>,
}

/// A secret without its text, which nobody can read any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecretView {
    created_at: DateTime<Utc>,
    /// Set once a successor was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
}

/// A fresh client.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewClientView {
    client: ClientView,
    /// Shown this once; absent for a public client.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct NewSecretView {
    /// Shown this once.
    secret: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientBody {
    name: String,
    /// https, http on loopback (any port matches), or a private-use scheme.
    redirect_uris: Vec<String>,
    auth: ClientAuth,
}

/// What to change; absent members stay. Name and redirect URIs are of clients that were registered by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientPatch {
    name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    /// Whether it is shut out, at once on every connected node. Clients that register themselves can come back under
    /// another id.
    blocked: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretBody {
    /// How long earlier secrets work on, seconds: 0 to 2,592,000; a day if absent.
    overlap_s: Option<u32>,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> Self {
        let Client { id, client_id, kind, auth, name, redirect_uris, created_at, last_used_at, blocked_at } = client;
        Self { id, client_id, kind, auth, name, redirect_uris, created_at, last_used_at, blocked_at }
    }
}

impl From<ClientSecret> for SecretView {
    fn from(ClientSecret { created_at, expires_at, .. }: ClientSecret) -> Self {
        Self { created_at, expires_at }
    }
}

fn shown(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}

/// List clients of every kind, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/clients", tag = "clients", operation_id = "list_clients",
    params(PageQuery), responses((status = 200, body = PageView<ClientView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<ClientView>>, Problem> {
    Ok(Json(PageView::of(clients::list(&ctx, query.parse()?).await?)))
}

/// Register a client by hand, for programs that can neither register nor describe themselves.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/clients", tag = "clients", operation_id = "create_client",
    request_body = ClientBody, responses((status = 201, body = NewClientView)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Json(body): Json<ClientBody>,
) -> Result<(StatusCode, Json<NewClientView>), Problem> {
    let ClientBody { name, redirect_uris, auth } = body;
    let (client, secret) = clients::create(&ctx, NewClient { name, redirect_uris, auth }).await?;
    let secret = secret.as_ref().map(shown);
    Ok((StatusCode::CREATED, Json(NewClientView { client: client.into(), secret })))
}

/// One client.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/clients/{client}", tag = "clients", operation_id = "get_client",
    params(("client" = ClientId, Path)), responses((status = 200, body = ClientDetailView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ClientId>,
) -> Result<Json<ClientDetailView>, Problem> {
    let (client, secrets) = clients::get(&ctx, id).await?;
    let secrets = secrets.into_iter().map(SecretView::from).collect();
    Ok(Json(ClientDetailView { client: client.into(), secrets }))
}

/// Change a client that was registered by hand.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/clients/{client}", tag = "clients",
    operation_id = "update_client", params(("client" = ClientId, Path)), request_body = ClientPatch,
    responses((status = 200, body = ClientView)))]
pub(crate) async fn update(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ClientId>,
    Json(ClientPatch { name, redirect_uris, blocked }): Json<ClientPatch>,
) -> Result<Json<ClientView>, Problem> {
    Ok(Json(clients::update(&ctx, id, ClientChange { name, redirect_uris, blocked }).await?.into()))
}

/// Delete a client of any kind; its grants end.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/clients/{client}", tag = "clients",
    operation_id = "delete_client", params(("client" = ClientId, Path)), responses((status = 204)))]
pub(crate) async fn delete(TenantScope(ctx): TenantScope, Target(id): Target<ClientId>) -> Result<StatusCode, Problem> {
    clients::delete(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a further secret; earlier ones end after the overlap.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/clients/{client}/secrets", tag = "clients",
    operation_id = "rotate_client_secret", params(("client" = ClientId, Path)), request_body = SecretBody,
    responses((status = 201, body = NewSecretView)))]
pub(crate) async fn rotate_secret(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ClientId>,
    Json(body): Json<SecretBody>,
) -> Result<(StatusCode, Json<NewSecretView>), Problem> {
    let secret = clients::rotate_secret(&ctx, id, body.overlap_s.unwrap_or(SECRET_OVERLAP_S)).await?;
    Ok((StatusCode::CREATED, Json(NewSecretView { secret: shown(&secret) })))
}
