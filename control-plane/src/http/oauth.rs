//! The endpoints of the authorization server that programs call. People's pages are in `pages`.

mod authorize;
mod error;
mod form;
mod metadata;
mod register;
mod revoke;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use proto::names::TenantSlug;

use self::error::OAuthProblem;
use crate::app::platform;
use crate::domain::tenancy::Tenant;
use crate::state::App;

/// Endpoints below `/t/{tenant}` and the well-known places.
pub fn router(app: Arc<App>) -> Router {
    let for_any_origin = Router::new()
        // RFC 8414 §3.1 inserts the issuer's path; OpenID Connect Discovery appends it; clients try all three.
        .route("/.well-known/oauth-authorization-server/t/{tenant}", get(metadata::show))
        .route("/.well-known/openid-configuration/t/{tenant}", get(metadata::show))
        .route("/t/{tenant}/.well-known/openid-configuration", get(metadata::show))
        // JSON, never a page: several clients parse whatever they find there.
        .route("/.well-known/{*rest}", any(error::nothing_here))
        .route("/t/{tenant}/.well-known/{*rest}", any(error::nothing_here))
        .route("/t/{tenant}/oauth/jwks", get(metadata::jwks))
        .route("/t/{tenant}/oauth/register", post(register::register))
        .route("/t/{tenant}/oauth/token", post(token::token))
        .route("/t/{tenant}/oauth/revoke", post(revoke::revoke))
        .layer(from_fn(allow_any_origin));
    // No other origin may read /authorize (RFC 9700 §2.6).
    Router::new().route("/t/{tenant}/oauth/authorize", get(authorize::begin)).merge(for_any_origin).with_state(app)
}

/// Clients in browsers come from anywhere, and none of these answers depends on a cookie.
async fn allow_any_origin(request: Request, next: Next) -> Response {
    let any = HeaderValue::from_static("*");
    if request.method() == Method::OPTIONS {
        let preflight = [
            (ACCESS_CONTROL_ALLOW_ORIGIN, any),
            (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS")),
            (
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("Accept, Authorization, Content-Type, MCP-Protocol-Version"),
            ),
            (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
        ];
        return (StatusCode::NO_CONTENT, preflight).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, any);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("WWW-Authenticate, Retry-After"));
    response
}

/// The tenant of the path, whatever its status, for endpoints that answer in JSON.
struct Issuer(Tenant);

impl FromRequestParts<Arc<App>> for Issuer {
    type Rejection = OAuthProblem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, OAuthProblem> {
        let tenant = find_tenant(parts, app).await.map_err(OAuthProblem::from)?;
        tenant.map(Self).ok_or(OAuthProblem::NoTenant)
    }
}

/// The tenant that the path names.
pub(super) async fn find_tenant(parts: &mut Parts, app: &App) -> crate::domain::Result<Option<Tenant>> {
    let Ok(params) = RawPathParams::from_request_parts(parts, &()).await else { return Ok(None) };
    let slug = params.iter().find(|(name, _)| *name == "tenant").and_then(|(_, text)| TenantSlug::parse(text).ok());
    match slug {
        Some(slug) => platform::find_tenant(app, &slug).await,
        None => Ok(None),
    }
}
