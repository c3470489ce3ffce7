//! Pages for people: the door, a new organisation, sign-in (by a password, its second step, by a provider), consent, connected, invitation,
//! home, API keys, accounts at servers, connections, security, errors. Server-rendered, no JavaScript, nothing from other origins. What they
//! may do is in the Content-Security-Policy below.

mod ago;
pub(super) mod assets;
mod connect;
mod connections;
mod consent;
mod door;
mod error;
mod form;
mod home;
mod join;
mod keys;
mod second_factor;
mod security;
mod sign_in;
mod sign_up;
mod sso;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use proto::names::TenantSlug;
use secrecy::SecretString;

pub(super) use self::error::PageError;
use super::cookies::{self, CookieKind, OutsideCookie};
use super::oauth::find_tenant;
use crate::app::{Ctx, sessions};
use crate::config::Config;
use crate::crypto::tokens;
use crate::domain::tenancy::{Tenant, TenantStatus};
use crate::domain::{Error, Result};
use crate::state::App;

/// Forms post to us only; the way back to a client is a navigation by the "connected" page, because browsers apply
/// `form-action` to redirects as well.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(door::show).post(door::find))
        .route("/new", get(sign_up::show).post(sign_up::ask))
        .route("/new/sent", get(sign_up::sent))
        .route("/new/{token}", get(sign_up::show_form).post(sign_up::submit))
        .route("/t/{tenant}", get(home::add_slash))
        .route("/t/{tenant}/", get(home::show))
        .route("/t/{tenant}/keys", get(keys::show).post(keys::create))
        .route("/t/{tenant}/keys/{key}/revoke", post(keys::revoke))
        .route("/t/{tenant}/connect/{server}", get(connect::show).post(connect::submit))
        .route("/t/{tenant}/connect/{server}/remove", post(connect::remove))
        .route("/t/{tenant}/accounts/out/{flow}", get(connect::out))
        .route("/t/{tenant}/accounts/callback", get(connect::callback))
        .route("/t/{tenant}/accounts/client.json", get(connect::document))
        .route("/t/{tenant}/connections", get(connections::show))
        .route("/t/{tenant}/connections/{connection}/end", post(connections::disconnect))
        .route("/t/{tenant}/sessions/{session}/end", post(connections::end_session))
        .route("/t/{tenant}/sign-out-everywhere", get(connections::confirm).post(connections::sign_out_everywhere))
        .route("/t/{tenant}/keys/{key}/rotate", post(keys::rotate))
        .route("/t/{tenant}/login", get(sign_in::show).post(sign_in::submit))
        .route("/t/{tenant}/login/code", get(second_factor::show).post(second_factor::submit))
        .route("/t/{tenant}/security", get(security::show))
        .route("/t/{tenant}/security/enrol", get(second_factor::show_enrolment).post(second_factor::enrol))
        .route("/t/{tenant}/security/codes", get(security::show_codes).post(security::renew))
        .route("/t/{tenant}/security/recovered", get(security::show_recovered))
        .route("/t/{tenant}/security/remove", post(security::remove))
        .route("/t/{tenant}/sso/{provider}", post(sso::begin))
        .route("/t/{tenant}/sso/{provider}/out/{flow}", get(sso::out))
        .route("/t/{tenant}/sso/{provider}/callback", get(sso::callback))
        .route("/t/{tenant}/sso/{provider}/backchannel-logout", post(sso::backchannel_logout))
        .route("/t/{tenant}/signed-out", get(sso::signed_out))
        .route("/t/{tenant}/logout", post(sign_in::sign_out))
        .route("/t/{tenant}/join/{token}", get(join::show).post(join::submit))
        .route("/t/{tenant}/consent/{request}", get(consent::show).post(consent::decide))
        .route("/t/{tenant}/connected/{request}", get(consent::connected))
        .route("/assets/theme.css", get(assets::theme))
        .route("/assets/{file}", get(assets::serve))
        .with_state(app)
}

/// A rendered page.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, POLICY)];
            (status, headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page does not render");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// 303, so that a POST is never repeated at the target (RFC 9700 §4.12).
pub(super) fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => {
            (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))])
                .into_response()
        }
        Err(_) => PageError::from(Error::internal("a redirect target is no header value")).into_response(),
    }
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// The active tenant of the path; others see a page that says so.
pub(super) struct PageTenant(pub(super) Tenant);

impl FromRequestParts<Arc<App>> for PageTenant {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, PageError> {
        let tenant = find_tenant(parts, app).await?.ok_or_else(PageError::no_tenant)?;
        if tenant.status == TenantStatus::Active { Ok(Self(tenant)) } else { Err(PageError::suspended()) }
    }
}

/// The cookie that ties sign-in and consent to one browser (ATK-1).
pub(super) struct FlowCookie {
    pub(super) value: SecretString,
    set: Option<String>,
}

impl FlowCookie {
    /// The browser's own, so that flows in several tabs do not break each other; a fresh one if it has none.
    pub(super) fn read_or_make(config: &Config, tenant: &TenantSlug, headers: &HeaderMap) -> Result<Self> {
        if let Some(value) = cookies::read(config, CookieKind::Flow, tenant, headers) {
            return Ok(Self { value, set: None });
        }
        let value = tokens::opaque("")?;
        let set = Some(cookies::set(config, CookieKind::Flow, tenant, &value));
        Ok(Self { value, set })
    }

    /// The same outside of tenants.
    pub(super) fn read_or_make_outside(config: &Config, headers: &HeaderMap) -> Result<Self> {
        let kind = OutsideCookie::SignUp;
        if let Some(value) = cookies::read_outside(config, kind, headers) {
            return Ok(Self { value, set: None });
        }
        let value = tokens::opaque("")?;
        let set = Some(cookies::set_outside(config, kind, &value));
        Ok(Self { value, set })
    }

    /// Puts a fresh cookie on the answer.
    pub(super) fn keep(&self, response: Response) -> Response {
        match &self.set {
            Some(cookie) => with_cookie(response, cookie),
            None => response,
        }
    }
}

/// A signed-in browser: the caller, and the session token that form tokens derive from.
struct SignedIn {
    ctx: Ctx,
    token: SecretString,
}

/// The active tenant of the path, and a browser that is signed in to it; others are sent to sign in.
pub(super) struct PageBrowser(Tenant, SignedIn);

impl FromRequestParts<Arc<App>> for PageBrowser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let tenant = PageTenant::from_request_parts(parts, app).await;
        let PageTenant(tenant) = tenant.map_err(IntoResponse::into_response)?;
        match signed_in(app, &tenant, &parts.headers).await {
            Ok(Some(browser)) => Ok(Self(tenant, browser)),
            Ok(None) => Err(see_other(&sign_in::sign_in_path(&tenant, None))),
            Err(error) => Err(PageError::from(error).into_response()),
        }
    }
}

/// Who the browser is signed in as, if anybody.
async fn signed_in(app: &Arc<App>, tenant: &Tenant, headers: &HeaderMap) -> Result<Option<SignedIn>> {
    let Some(token) = cookies::read(&app.config, CookieKind::Session, &tenant.slug, headers) else { return Ok(None) };
    match sessions::authenticate(app, tenant.id, &token).await {
        Ok(caller) => Ok(Some(SignedIn { ctx: Ctx { app: app.clone(), tenant_id: tenant.id, caller }, token })),
        Err(Error::Unauthenticated) => Ok(None),
        Err(error) => Err(error),
    }
}
