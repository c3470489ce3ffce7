//! Out to an identity provider and back, and signing out there.
//!
//! A browser applies `form-action` to redirects as well, so a form cannot lead to a provider: it leads to a page of ours
//! that navigates there.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, RawPathParams, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use super::form::Fields;
use super::sign_in::{SSO_FORM, next, parse_request, sign_in_path};
use super::{FlowCookie, PageError, PageTenant, page, see_other, with_cookie};
use crate::app::consent;
use crate::app::sso::flow::{self, Answer, Purposes, Visitor};
use crate::app::sso::logout::{self, LogoutError};
use crate::domain::Error;
use crate::domain::ids::IdentityProviderId;
use crate::http::cookies::{self, CookieKind};
use crate::http::extract::Target;
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::state::App;

#[derive(Template)]
#[template(path = "sso_out.html")]
struct OutPage<'a> {
    tenant_name: &'a str,
    label: &'a str,
    url: &'a str,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage<'a> {
    tenant_name: &'a str,
    label: &'a str,
    url: &'a str,
    sign_in: String,
}

/// The id of the path; text that is none is like an id that nobody has.
pub(super) type Provider = Result<Target<IdentityProviderId>, Problem>;

fn id_of(provider: Provider) -> Result<IdentityProviderId, PageError> {
    provider.map(|Target(id)| id).map_err(|_| Error::NotFound { what: "identity provider" }.into())
}

/// The sign-in of the path.
pub(super) struct PathFlow(pub(super) Uuid);

impl FromRequestParts<Arc<App>> for PathFlow {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, PageError> {
        let gone = || PageError::from(Error::NotFound { what: "sign-in" });
        let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| gone())?;
        let text = params.iter().find(|(name, _)| *name == "flow").map(|(_, text)| text);
        text.and_then(|text| text.parse().ok()).map(Self).ok_or_else(gone)
    }
}

fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The button of the sign-in page, or of the page behind an invitation.
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    ClientAddress(address): ClientAddress,
    provider: Provider,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    let id = id_of(provider)?;
    let cookie = FlowCookie::read_or_make(&app.config, &tenant.slug, &headers)?;
    fields.check(Some(&cookie.value), SSO_FORM)?;
    let request = parse_request(&fields.text("request"))?;
    if let Some(request) = request {
        consent::check(&app, &tenant, request, Some(&cookie.value)).await.map_err(PageError::of_request)?;
    }
    let invitation = Some(fields.get("invitation")).filter(|token| !token.expose_secret().is_empty());
    let is_invited = invitation.is_some();
    let purposes = Purposes { request, invitation, other_account: fields.text("other") == "1" };
    let visitor = Visitor { address, browser: &cookie.value, user_agent: user_agent(&headers) };
    match flow::begin(&app, &tenant, id, &visitor, purposes).await {
        Ok(flow) => Ok(cookie.keep(see_other(&format!("/t/{}/sso/{id}/out/{flow}", tenant.slug)))),
        Err(flow_error) if is_invited && flow_error.code() == "not_found" => Err(PageError::link_gone()),
        Err(refusal) => Err(PageError::of_sign_in(refusal, &tenant, request)),
    }
}

/// Takes the browser to the provider.
pub(super) async fn out(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    provider: Provider,
    flow: PathFlow,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let id = id_of(provider)?;
    let cookie = FlowCookie::read_or_make(&app.config, &tenant.slug, &headers)?;
    let way_out = flow::way_out(&app, &tenant, id, flow.0, &cookie.value).await;
    let (label, url) = way_out.map_err(|refusal| PageError::of_sign_in(refusal, &tenant, None))?;
    Ok(page(StatusCode::OK, &OutPage { tenant_name: &tenant.display_name, label: &label, url: url.as_str() }))
}

/// Takes the browser back.
pub(super) async fn callback(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    ClientAddress(address): ClientAddress,
    provider: Provider,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let id = id_of(provider)?;
    let cookie = FlowCookie::read_or_make(&app.config, &tenant.slug, &headers)?;
    let visitor = Visitor { address, browser: &cookie.value, user_agent: user_agent(&headers) };
    let answer = answer(&query.unwrap_or_default());
    match flow::finish(&app, &tenant, id, &visitor, &answer).await {
        Ok(arrived) => {
            let session = cookies::set(&app.config, CookieKind::Session, &tenant.slug, &arrived.token);
            Ok(with_cookie(see_other(&next(&tenant, arrived.request)), &session))
        }
        Err(refused) => Err(PageError::of_sign_in(refused.refusal, &tenant, refused.request)),
    }
}

/// A parameter that comes twice has been added by somebody: then none of it counts.
fn answer(query: &str) -> Answer {
    let mut answer = Answer::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let member = match &*name {
            "state" => &mut answer.state,
            "code" => &mut answer.code,
            "error" => &mut answer.error,
            "iss" => &mut answer.iss,
            _ => continue,
        };
        if member.replace(value.into_owned()).is_some() {
            return Answer::default();
        }
    }
    answer
}

/// After signing out here: offers the same at the provider, if the session came from one.
pub(super) async fn signed_out(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let sign_in = sign_in_path(&tenant, None);
    let Some(ended) = cookies::read(&app.config, CookieKind::SignedOut, &tenant.slug, &headers) else {
        return Ok(see_other(&sign_in));
    };
    let Some(way_out) = logout::way_out(&app, &tenant, &ended).await? else { return Ok(see_other(&sign_in)) };
    let (tenant_name, url) = (tenant.display_name.as_str(), way_out.url.as_str());
    Ok(page(StatusCode::OK, &SignedOutPage { tenant_name, label: &way_out.label, url, sign_in }))
}

/// A provider ends sessions that came from it (OpenID Connect Back-Channel Logout §2.8).
pub(super) async fn backchannel_logout(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    ClientAddress(address): ClientAddress,
    provider: Provider,
    axum::Form(fields): axum::Form<Vec<(String, String)>>,
) -> Response {
    let token = fields.iter().find(|(name, _)| name == "logout_token").map_or("", |(_, token)| token);
    let outcome = match provider {
        Ok(Target(id)) => logout::by_provider(&app, &tenant, id, address, token).await,
        Err(_) => Err(LogoutError::Token("no such client".to_owned())),
    };
    let no_store = [(CACHE_CONTROL, "no-store")];
    match outcome {
        Ok(_) => (StatusCode::OK, no_store).into_response(),
        Err(LogoutError::Token(why)) => {
            let body = json!({ "error": "invalid_request", "error_description": why });
            (StatusCode::BAD_REQUEST, no_store, axum::Json(body)).into_response()
        }
        Err(LogoutError::Domain(error)) => Problem::from(error).into_response(),
    }
}
