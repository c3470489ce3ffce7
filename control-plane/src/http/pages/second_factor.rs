//! The second step of a sign-in, and setting up the app that it needs. Whoever has only shown a password holds a cookie
//! of its own, which opens these pages and nothing else.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};

use super::form::Fields;
use super::security::seal_codes;
use super::sign_in::{next, parse_request, request_of, sign_in_path};
use super::{PageError, PageTenant, page, see_other, signed_in, with_cookie};
use crate::app::second_factor::{self, Enrolment, Taken, Who};
use crate::app::sign_in::Entry;
use crate::crypto::csrf;
use crate::domain::ids::AuthorizationRequestId;
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::http::cookies::{self, CookieKind};
use crate::http::rate::ClientAddress;
use crate::rate::Door;
use crate::state::App;

const CODE_FORM: &str = "second-factor";
const ENROL_FORM: &str = "enrol-second-factor";
/// White around the picture, in modules; cameras want four.
const QUIET_MODULES: usize = 4;

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct CodePage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    request: String,
    csrf: String,
    /// What went wrong with the last attempt; empty at first.
    problem: &'a str,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    request: String,
    csrf: String,
    problem: &'a str,
    /// The person cannot go on without.
    is_required: bool,
    picture: Picture,
    secret: String,
}

/// A QR code as one path, so that it needs nothing that the page's policy forbids.
struct Picture {
    size: usize,
    path: String,
}

/// Whose pages these are, and the cookie that form tokens derive from.
struct Visitor {
    who: Who,
    cookie: SecretString,
}

/// Where a right password leads: in, or to the second step.
pub(super) fn lead_on(app: &App, tenant: &Tenant, entry: &Entry, request: Option<AuthorizationRequestId>) -> Response {
    let (kind, token, path) = match entry {
        Entry::In(done) => (CookieKind::Session, &done.token, next(tenant, request)),
        Entry::CodeNeeded(token) => (CookieKind::Halfway, token, with_request(tenant, "login/code", request)),
        Entry::EnrolmentNeeded(token) => (CookieKind::Halfway, token, with_request(tenant, "security/enrol", request)),
        Entry::CodeRefused => return see_other(&sign_in_path(tenant, request)),
    };
    with_cookie(see_other(&path), &cookies::set(&app.config, kind, &tenant.slug, token))
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let request = request_of(query.as_deref())?;
    match halfway(&app, &tenant, &headers).await? {
        Some(visitor) => Ok(page(StatusCode::OK, &code_page(&tenant, request, &visitor.cookie, ""))),
        None => Ok(see_other(&sign_in_path(&tenant, request))),
    }
}

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    app.rates.take(tenant.id, Door::SignIn(address))?;
    let request = parse_request(&fields.text("request"))?;
    let Some(visitor) = halfway(&app, &tenant, &headers).await? else {
        return Ok(see_other(&sign_in_path(&tenant, request)));
    };
    fields.check(Some(&visitor.cookie), CODE_FORM)?;
    let code = fields.get("code");
    let finished = second_factor::finish_sign_in(&app, tenant.id, &visitor.cookie, &code, user_agent(&headers)).await;
    let again = |status, problem: &str| Ok(page(status, &code_page(&tenant, request, &visitor.cookie, problem)));
    match finished {
        Ok(Some((done, taken))) => {
            let path = match taken {
                Taken::RecoveryCode { .. } => with_request(&tenant, "security/recovered", request),
                Taken::Code | Taken::Refused => next(&tenant, request),
            };
            Ok(signed_in_response(&app, &tenant, &path, &done.token))
        }
        Ok(None) => again(StatusCode::FORBIDDEN, WRONG_CODE),
        Err(Error::RateLimited { retry_after_ms }) => again(StatusCode::TOO_MANY_REQUESTS, &too_many(retry_after_ms)),
        Err(Error::Unauthenticated) => Ok(see_other(&sign_in_path(&tenant, request))),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn show_enrolment(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let request = request_of(query.as_deref())?;
    let Some(visitor) = visitor(&app, &tenant, &headers).await? else {
        return Ok(see_other(&sign_in_path(&tenant, request)));
    };
    let enrolment = match second_factor::begin_enrolment(&app, tenant.id, visitor.who).await {
        Err(Error::Unauthenticated) => return Ok(see_other(&sign_in_path(&tenant, request))),
        enrolment => enrolment?,
    };
    Ok(page(StatusCode::OK, &enrol_page(&tenant, request, &visitor, &enrolment, "")?))
}

pub(super) async fn enrol(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    app.rates.take(tenant.id, Door::SignIn(address))?;
    let request = parse_request(&fields.text("request"))?;
    let Some(visitor) = visitor(&app, &tenant, &headers).await? else {
        return Ok(see_other(&sign_in_path(&tenant, request)));
    };
    fields.check(Some(&visitor.cookie), ENROL_FORM)?;
    let code = fields.get("code");
    let confirmed = second_factor::confirm_enrolment(&app, tenant.id, visitor.who, &code, user_agent(&headers)).await;
    let (status, problem) = match confirmed {
        Ok(Some(enrolled)) => {
            let session = enrolled.signed_in.as_ref().map_or(&visitor.cookie, |done| &done.token);
            let fresh = seal_codes(session, tenant.id, visitor.who.user_id(), &enrolled.codes)?;
            let shown = with_request(&tenant, "security/codes", request);
            let response = match &enrolled.signed_in {
                Some(done) => signed_in_response(&app, &tenant, &shown, &done.token),
                None => see_other(&shown),
            };
            return Ok(with_cookie(response, &cookies::set(&app.config, CookieKind::FreshCodes, &tenant.slug, &fresh)));
        }
        Ok(None) => (StatusCode::FORBIDDEN, WRONG_CODE.to_owned()),
        Err(Error::RateLimited { retry_after_ms }) => (StatusCode::TOO_MANY_REQUESTS, too_many(retry_after_ms)),
        Err(Error::Unauthenticated) => return Ok(see_other(&sign_in_path(&tenant, request))),
        Err(error) => return Err(error.into()),
    };
    let enrolment = second_factor::begin_enrolment(&app, tenant.id, visitor.who).await?;
    Ok(page(status, &enrol_page(&tenant, request, &visitor, &enrolment, &problem)?))
}

const WRONG_CODE: &str = "That code is not right, or it was used before. Wait for the next one and type that.";

pub(super) fn too_many(retry_after_ms: u64) -> String {
    format!("There were too many wrong codes. Wait {} s and try again.", retry_after_ms.div_ceil(1000).max(1))
}

/// The session's cookie instead of the one for halfway.
fn signed_in_response(app: &App, tenant: &Tenant, path: &str, token: &SecretString) -> Response {
    let response = with_cookie(see_other(path), &cookies::set(&app.config, CookieKind::Session, &tenant.slug, token));
    with_cookie(response, &cookies::clear(&app.config, CookieKind::Halfway, &tenant.slug))
}

async fn halfway(app: &App, tenant: &Tenant, headers: &HeaderMap) -> Result<Option<Visitor>> {
    let Some(cookie) = cookies::read(&app.config, CookieKind::Halfway, &tenant.slug, headers) else { return Ok(None) };
    let who = second_factor::find_halfway(app, tenant.id, &cookie).await?;
    Ok(who.map(|who| Visitor { who, cookie }))
}

/// Who is halfway, else who is signed in.
async fn visitor(app: &Arc<App>, tenant: &Tenant, headers: &HeaderMap) -> Result<Option<Visitor>> {
    if let Some(visitor) = halfway(app, tenant, headers).await? {
        return Ok(Some(visitor));
    }
    let Some(browser) = signed_in(app, tenant, headers).await? else { return Ok(None) };
    Ok(Some(Visitor { who: Who::SignedIn(browser.ctx.caller.user_id()?), cookie: browser.token }))
}

pub(super) fn with_request(tenant: &Tenant, page: &str, request: Option<AuthorizationRequestId>) -> String {
    match request {
        Some(id) => format!("/t/{}/{page}?request={id}", tenant.slug),
        None => format!("/t/{}/{page}", tenant.slug),
    }
}

fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn code_page<'a>(
    tenant: &'a Tenant,
    request: Option<AuthorizationRequestId>,
    cookie: &SecretString,
    problem: &'a str,
) -> CodePage<'a> {
    CodePage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        request: request.map(|id| id.to_string()).unwrap_or_default(),
        csrf: csrf::token(cookie, CODE_FORM),
        problem,
    }
}

fn enrol_page<'a>(
    tenant: &'a Tenant,
    request: Option<AuthorizationRequestId>,
    visitor: &Visitor,
    enrolment: &Enrolment,
    problem: &'a str,
) -> Result<EnrolPage<'a>> {
    let letters: Vec<char> = enrolment.secret.expose_secret().chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    Ok(EnrolPage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        request: request.map(|id| id.to_string()).unwrap_or_default(),
        csrf: csrf::token(&visitor.cookie, ENROL_FORM),
        problem,
        is_required: matches!(visitor.who, Who::Halfway { .. }),
        picture: draw(&enrolment.uri)?,
        secret: groups.join(" "),
    })
}

fn draw(text: &SecretString) -> Result<Picture> {
    let code = qrcode::QrCode::new(text.expose_secret().as_bytes()).map_err(Error::internal)?;
    let width = code.width();
    let mut path = String::new();
    for (place, color) in code.to_colors().into_iter().enumerate() {
        if color == qrcode::Color::Dark {
            let (x, y) = (place % width + QUIET_MODULES, place / width + QUIET_MODULES);
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    Ok(Picture { size: width + 2 * QUIET_MODULES, path })
}
