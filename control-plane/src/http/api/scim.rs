//! SCIM for administrators: where the identity provider connects, its tokens, the last requests received, and who is in
//! its hands. The protocol itself is in `http/scim`.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, PageView};
use crate::app::scim::{handover, requests, tokens};
use crate::domain::ids::{ScimTokenId, UserId};
use crate::domain::scim::request::ScimRequest;
use crate::domain::scim::token::{ScimToken, ScimTokenStatus};
use crate::domain::tenancy::Provisioning;
use crate::domain::{Error, Result};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

/// What to enter at the identity provider, and what came from there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scim)]
pub(crate) struct ScimView {
    base_url: String,
    /// How people come into the tenant; SCIM works in every mode.
    provisioning: Provisioning,
    /// People whom an identity provider manages.
    users: u64,
    groups: u64,
    tokens: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScimToken)]
pub(crate) struct TokenView {
    id: ScimTokenId,
    name: String,
    status: ScimTokenStatus,
    /// Absent if that person is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<UserId>,
    created_at: DateTime<Utc>,
    /// Absent if it never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    /// To about five minutes; absent if it was never used.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<DateTime<Utc>>,
}

impl TokenView {
    fn at(now: DateTime<Utc>, token: ScimToken) -> Self {
        let status = token.status(now);
        let ScimToken { id, name, created_by, created_at, expires_at, last_used_at } = token;
        Self { id, name, status, created_by, created_at, expires_at, last_used_at }
    }
}

/// A fresh token.
#[derive(Serialize, ToSchema)]
#[schema(as = NewScimToken)]
pub(crate) struct NewTokenView {
    token: TokenView,
    /// The identity provider sends it as `Authorization: Bearer …`. It is never shown again.
    secret: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScimTokenBody)]
pub(crate) struct TokenBody {
    /// Where it will be used.
    name: String,
    /// 1 to 3650; 365 if absent.
    expires_in_days: Option<u32>,
    /// Instead of `expires_in_days`: the token works until somebody deletes it.
    #[serde(default)]
    never_expires: bool,
}

/// A request that an identity provider sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScimRequest)]
pub(crate) struct RequestView {
    at: DateTime<Utc>,
    token_id: ScimTokenId,
    method: String,
    /// Below the base URL, with the query.
    path: String,
    status: u16,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    duration_ms: i64,
    /// JSON as received, without secrets; what is longer than 4 KiB is cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl From<ScimRequest> for RequestView {
    fn from(request: ScimRequest) -> Self {
        let ScimRequest { id: _, at, token_id, method, path, status, detail, duration_ms, body } = request;
        Self { at, token_id, method, path, status, detail, duration_ms, body }
    }
}

/// Where an identity provider connects, and how much came from there.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/scim", tag = "scim", operation_id = "get_scim",
    responses((status = 200, body = ScimView)))]
pub(crate) async fn overview(TenantScope(ctx): TenantScope) -> Result<Json<ScimView>, Problem> {
    let tokens::ScimOverview { base_url, provisioning, users, groups, tokens } = tokens::overview(&ctx).await?;
    Ok(Json(ScimView { base_url, provisioning, users, groups, tokens }))
}

/// List the tokens of identity providers, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/scim/tokens", tag = "scim", operation_id = "list_scim_tokens",
    params(PageQuery), responses((status = 200, body = PageView<TokenView>)))]
pub(crate) async fn list_tokens(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<TokenView>>, Problem> {
    let now = ctx.app.clock.now();
    let page = tokens::list(&ctx, query.parse()?).await?;
    Ok(Json(PageView::of(page.map(|token| TokenView::at(now, token)))))
}

/// Make a token for an identity provider.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/scim/tokens", tag = "scim", operation_id = "create_scim_token",
    request_body = TokenBody, responses((status = 201, body = NewTokenView)))]
pub(crate) async fn create_token(
    TenantScope(ctx): TenantScope,
    Json(body): Json<TokenBody>,
) -> Result<(StatusCode, Json<NewTokenView>), Problem> {
    let life = match (body.expires_in_days, body.never_expires) {
        (None, false) => tokens::TokenLife::Default,
        (Some(days), false) => tokens::TokenLife::Days(days),
        (None, true) => tokens::TokenLife::Endless,
        (Some(_), true) => {
            let public = "must be absent when never_expires is true";
            return Err(Error::invalid("scim_token.expiry", "expires_in_days", public).into());
        }
    };
    let (token, text) = tokens::create(&ctx, &body.name, life).await?;
    let token = TokenView::at(token.created_at, token);
    Ok((StatusCode::CREATED, Json(NewTokenView { token, secret: text.expose_secret().to_owned() })))
}

/// Delete a token: it stops working at once.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/scim/tokens/{token}", tag = "scim",
    operation_id = "delete_scim_token", params(("token" = ScimTokenId, Path)), responses((status = 204)))]
pub(crate) async fn delete_token(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ScimTokenId>,
) -> Result<StatusCode, Problem> {
    tokens::delete(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the last requests that identity providers sent, newest first. 200 are kept.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/scim/requests", tag = "scim",
    operation_id = "list_scim_requests", params(PageQuery), responses((status = 200, body = PageView<RequestView>)))]
pub(crate) async fn list_requests(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<RequestView>>, Problem> {
    Ok(Json(PageView::of(requests::list(&ctx, query.parse()?).await?)))
}

/// Hand a person over to the identity provider, which finds them by their user name and decides about them from now on.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/scim/users/{user}", tag = "scim",
    operation_id = "give_user_to_scim", params(("user" = UserId, Path)), responses((status = 204)))]
pub(crate) async fn give_user(
    TenantScope(ctx): TenantScope,
    Target(id): Target<UserId>,
) -> Result<StatusCode, Problem> {
    handover::give(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a person back from the identity provider: they stay, and it does not know them any more.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/scim/users/{user}", tag = "scim",
    operation_id = "take_user_from_scim", params(("user" = UserId, Path)), responses((status = 204)))]
pub(crate) async fn take_user(
    TenantScope(ctx): TenantScope,
    Target(id): Target<UserId>,
) -> Result<StatusCode, Problem> {
    handover::take_back(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
