//! Signing in and out. The only way on from here is home, a place in the console (by way of home), or an authorization
//! request of this browser, named by its id: no address ever comes from outside.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::header::{RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::form::Fields;
use super::second_factor::lead_on;
use super::{FlowCookie, PageError, PageTenant, page, see_other, signed_in, with_cookie};
use crate::app::sign_in::{Attempt, with_password};
use crate::app::sso::{flow, logout};
use crate::app::{consent, sessions};
use crate::crypto::csrf;
use crate::domain::Error;
use crate::domain::ids::AuthorizationRequestId;
use crate::domain::tenancy::Tenant;
use crate::http::console;
use crate::http::cookies::{self, CookieKind};
use crate::http::rate::ClientAddress;
use crate::state::App;

const FORM: &str = "sign-in";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    request: String,
    csrf: String,
    user_name: &'a str,
    /// What went wrong with the last attempt; empty at first.
    problem: String,
    local_accounts: bool,
    csrf_sso: String,
    /// Identity providers, one button each.
    providers: Vec<Button>,
    /// The person left an account to take another one: the provider shall ask.
    other: bool,
}

/// One way to sign in.
pub(super) struct Button {
    pub(super) id: String,
    pub(super) label: String,
}

/// The tenant's identity providers, as buttons.
pub(super) async fn buttons(app: &App, tenant: &Tenant) -> Result<Vec<Button>, Error> {
    let providers = flow::list(app, tenant).await?;
    Ok(providers.into_iter().map(|one| Button { id: one.id.to_string(), label: one.label }).collect())
}

/// Name of the form behind each of those buttons.
pub(super) const SSO_FORM: &str = "sso";

pub(super) async fn show(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let request = request_of(query.as_deref())?;
    let flow = FlowCookie::read_or_make(&app.config, &tenant.slug, &headers)?;
    if let Some(id) = request {
        consent::check(&app, &tenant, id, Some(&flow.value)).await.map_err(PageError::of_request)?;
    }
    let back = find_parameter(query.as_deref(), "console").map(|text| console::way_back(&text));
    if signed_in(&app, &tenant, &headers).await?.is_some() {
        return Ok(see_other(&back.map_or_else(|| next(&tenant, request), |rest| console::path(&tenant.slug, &rest))));
    }
    let template = SignInPage {
        other: parameter(query.as_deref(), "other") == "1",
        ..sign_in_page(&app, &tenant, request, &flow).await?
    };
    let response = flow.keep(page(StatusCode::OK, &template));
    Ok(match back {
        Some(rest) => {
            with_cookie(response, &cookies::set(&app.config, CookieKind::Console, &tenant.slug, &rest.into()))
        }
        None => response,
    })
}

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    let flow = FlowCookie::read_or_make(&app.config, &tenant.slug, &headers)?;
    fields.check(Some(&flow.value), FORM)?;
    let request = parse_request(&fields.text("request"))?;
    let user_name = fields.text("user_name");
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let attempt = Attempt { user_name: &user_name, password: fields.get("password"), code: None, address, user_agent };
    let (status, problem, retry_after_s) = match with_password(&app, &tenant, attempt).await {
        Ok(entry) => return Ok(lead_on(&app, &tenant, &entry, request)),
        Err(Error::Unauthenticated) => {
            (StatusCode::FORBIDDEN, "The name or the password is not right.".to_owned(), None)
        }
        Err(Error::RateLimited { retry_after_ms }) => {
            let seconds = retry_after_ms.div_ceil(1000).max(1);
            let problem = format!("Too many attempts. Wait {seconds} s and try again.");
            (StatusCode::TOO_MANY_REQUESTS, problem, Some(seconds))
        }
        Err(error) => return Err(error.into()),
    };
    let template = SignInPage { user_name: &user_name, problem, ..sign_in_page(&app, &tenant, request, &flow).await? };
    let mut response = page(status, &template);
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// Ends the session; with a request, to sign in as somebody else and go on with it.
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    let request = parse_request(&fields.text("request"))?;
    let mut ended = None;
    if let Some(browser) = signed_in(&app, &tenant, &headers).await? {
        fields.check(Some(&browser.token), SIGN_OUT)?;
        sessions::end(&app, tenant.id, &browser.ctx.caller).await?;
        let session = browser.ctx.caller.session_id()?;
        ended = logout::rests_on_provider(&app, &tenant, session).await?.then_some(browser.token);
    }
    let cookie = cookies::clear(&app.config, CookieKind::Session, &tenant.slug);
    let response = match (request, ended) {
        (Some(id), _) => see_other(&format!("/t/{}/login?other=1&request={id}", tenant.slug)),
        (None, Some(token)) => {
            let ended = cookies::set(&app.config, CookieKind::SignedOut, &tenant.slug, &token);
            with_cookie(see_other(&format!("/t/{}/signed-out", tenant.slug)), &ended)
        }
        (None, None) => see_other(&sign_in_path(&tenant, None)),
    };
    Ok(with_cookie(response, &cookie))
}

/// Name of the sign-out form, on whatever page it is.
pub(super) const SIGN_OUT: &str = "sign-out";

/// Where to sign in, and go on with the request.
pub(super) fn sign_in_path(tenant: &Tenant, request: Option<AuthorizationRequestId>) -> String {
    match request {
        Some(id) => format!("/t/{}/login?request={id}", tenant.slug),
        None => format!("/t/{}/login", tenant.slug),
    }
}

/// Where a signed-in person goes on.
pub(super) fn next(tenant: &Tenant, request: Option<AuthorizationRequestId>) -> String {
    match request {
        Some(id) => format!("/t/{}/consent/{id}", tenant.slug),
        None => format!("/t/{}/", tenant.slug),
    }
}

/// The authorization request that a query names.
pub(super) fn request_of(query: Option<&str>) -> Result<Option<AuthorizationRequestId>, PageError> {
    parse_request(&parameter(query, "request"))
}

/// A parameter of a query; empty if it is not there.
fn parameter(query: Option<&str>, wanted: &str) -> String {
    find_parameter(query, wanted).unwrap_or_default()
}

fn find_parameter(query: Option<&str>, wanted: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

pub(super) fn parse_request(text: &str) -> Result<Option<AuthorizationRequestId>, PageError> {
    if text.is_empty() {
        return Ok(None);
    }
    let absent = |_| PageError::of_request(Error::NotFound { what: "authorization request" });
    text.parse().map(Some).map_err(absent)
}

async fn sign_in_page<'a>(
    app: &App,
    tenant: &'a Tenant,
    request: Option<AuthorizationRequestId>,
    flow: &FlowCookie,
) -> Result<SignInPage<'a>, Error> {
    Ok(SignInPage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        request: request.map(|id| id.to_string()).unwrap_or_default(),
        csrf: csrf::token(&flow.value, FORM),
        user_name: "",
        problem: String::new(),
        local_accounts: tenant.settings.local_accounts,
        csrf_sso: csrf::token(&flow.value, SSO_FORM),
        providers: buttons(app, tenant).await?,
        other: false,
    })
}
