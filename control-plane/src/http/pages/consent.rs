//! The consent page, and the page that takes the browser back to the client.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};

use super::form::Fields;
use super::sign_in::{SIGN_OUT, sign_in_path};
use super::{PageError, PageTenant, SignedIn, page, see_other, signed_in};
use crate::app::consent::{self, Access, Conclusion, Outcome, Question};
use crate::crypto::csrf;
use crate::domain::Error;
use crate::domain::ids::AuthorizationRequestId;
use crate::domain::oauth::Client;
use crate::domain::oauth::redirect::RedirectKind;
use crate::domain::tenancy::Tenant;
use crate::http::cookies::{self, CookieKind};
use crate::state::App;

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    request: String,
    csrf: String,
    csrf_sign_out: String,
    client_name: &'a str,
    client_host: Option<&'a str>,
    server_name: &'a str,
    gateway_url: &'a str,
    destination: &'a str,
    redirect_uri: &'a str,
    on_this_machine: bool,
    display_name: &'a str,
    user_name: &'a str,
}

#[derive(Template)]
#[template(path = "no_access.html")]
struct NoAccessPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    request: String,
    csrf: String,
    csrf_sign_out: String,
    client_name: &'a str,
    server_slug: &'a str,
    admins: &'a str,
    display_name: &'a str,
    user_name: &'a str,
}

#[derive(Template)]
#[template(path = "connected.html")]
struct ConnectedPage<'a> {
    tenant_name: &'a str,
    client_name: &'a str,
    approved: bool,
    /// Empty once the client has its answer.
    url: &'a str,
}

/// The request that the path names.
pub(super) struct RequestId(AuthorizationRequestId);

impl FromRequestParts<Arc<App>> for RequestId {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, PageError> {
        let absent = || PageError::of_request(Error::NotFound { what: "authorization request" });
        let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| absent())?;
        let text = params.iter().find(|(name, _)| *name == "request").map(|(_, text)| text);
        text.and_then(|text| text.parse().ok()).map(Self).ok_or_else(absent)
    }
}

/// Asks; or goes on at once if the person approved the same before.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    RequestId(id): RequestId,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let flow = cookies::read(&app.config, CookieKind::Flow, &tenant.slug, &headers);
    consent::check(&app, &tenant, id, flow.as_ref()).await.map_err(PageError::of_request)?;
    let Some(browser) = signed_in(&app, &tenant, &headers).await? else {
        return Ok(see_other(&sign_in_path(&tenant, Some(id))));
    };
    let question = consent::question(&browser.ctx, &tenant, id, flow.as_ref()).await.map_err(PageError::of_request)?;
    if matches!(question.access, Access::Granted { remembered: true, .. }) {
        consent::approve(&browser.ctx, &tenant, id, flow.as_ref()).await.map_err(PageError::of_request)?;
        return approved(&tenant, &browser, id).await;
    }
    Ok(question_page(&tenant, id, &browser, &question))
}

/// Takes the decision.
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    RequestId(id): RequestId,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    let flow = cookies::read(&app.config, CookieKind::Flow, &tenant.slug, &headers);
    let Some(browser) = signed_in(&app, &tenant, &headers).await? else {
        return Ok(see_other(&sign_in_path(&tenant, Some(id))));
    };
    fields.check(Some(&browser.token), &form(id))?;
    match fields.text("decision").as_str() {
        "approve" => match consent::approve(&browser.ctx, &tenant, id, flow.as_ref()).await {
            Ok(()) => return approved(&tenant, &browser, id).await,
            // The access went away while the page was open: show why.
            Err(Error::NotFound { what: "server" }) => return Ok(see_other(&consent_path(&tenant, id))),
            Err(error) => return Err(PageError::of_request(error)),
        },
        "deny" => consent::deny(&browser.ctx, id, flow.as_ref()).await.map_err(PageError::of_request)?,
        _ => return Err(PageError::unreadable_form()),
    }
    Ok(see_other(&connected_path(&tenant, id)))
}

/// Takes the browser back to the client. A page and not a redirect, because a redirect after a form is held against
/// `form-action`, and because a private scheme may do nothing at all: then there is a button.
pub(super) async fn connected(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    RequestId(id): RequestId,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let flow = cookies::read(&app.config, CookieKind::Flow, &tenant.slug, &headers);
    let Some(browser) = signed_in(&app, &tenant, &headers).await? else {
        return Err(PageError::of_request(Error::NotFound { what: "session" }));
    };
    let conclusion = consent::conclude(&browser.ctx, &tenant, id, flow.as_ref()).await;
    let Conclusion { client, outcome } = conclusion.map_err(PageError::of_request)?;
    let empty = SecretString::default();
    let (approved, url) = match &outcome {
        Outcome::Approved { url } => (true, url),
        Outcome::Denied { url } => (false, url),
        Outcome::Done => (true, &empty),
    };
    let template = ConnectedPage {
        tenant_name: &tenant.display_name,
        client_name: client_name(&client),
        approved,
        url: url.expose_secret(),
    };
    Ok(page(StatusCode::OK, &template))
}

/// To the server's own question, if it has one for this person; else back to the client.
async fn approved(tenant: &Tenant, browser: &SignedIn, id: AuthorizationRequestId) -> Result<Response, PageError> {
    let missing = consent::missing_account(&browser.ctx, id).await?;
    Ok(see_other(&match missing {
        Some(slug) => format!("{}?request={id}", super::connect::path(tenant, &slug)),
        None => connected_path(tenant, id),
    }))
}

fn question_page(tenant: &Tenant, id: AuthorizationRequestId, browser: &SignedIn, question: &Question) -> Response {
    let (tenant_slug, tenant_name) = (tenant.slug.as_str(), tenant.display_name.as_str());
    let (display_name, user_name) = (question.user.display_name.as_str(), question.user.user_name.as_str());
    let (csrf, csrf_sign_out) = (csrf::token(&browser.token, &form(id)), csrf::token(&browser.token, SIGN_OUT));
    let (request, client_name) = (id.to_string(), client_name(&question.client));
    match &question.access {
        Access::Granted { server, .. } => {
            let template = ConsentPage {
                tenant_slug,
                tenant_name,
                request,
                csrf,
                csrf_sign_out,
                client_name,
                client_host: question.client_host.as_deref(),
                server_name: &server.display_name,
                gateway_url: &question.resource,
                destination: &question.destination,
                redirect_uri: &question.redirect_uri,
                on_this_machine: question.redirect_kind != RedirectKind::Https,
                display_name,
                user_name,
            };
            page(StatusCode::OK, &template)
        }
        Access::None { server_slug, admins } => {
            let template = NoAccessPage {
                tenant_slug,
                tenant_name,
                request,
                csrf,
                csrf_sign_out,
                client_name,
                server_slug: server_slug.as_str(),
                admins: &admins.join(", "),
                display_name,
                user_name,
            };
            page(StatusCode::FORBIDDEN, &template)
        }
    }
}

/// A decision is about one request: the token of another page is no good.
fn form(id: AuthorizationRequestId) -> String {
    format!("consent {id}")
}

fn client_name(client: &Client) -> &str {
    if client.name.is_empty() { "An unnamed application" } else { &client.name }
}

fn consent_path(tenant: &Tenant, id: AuthorizationRequestId) -> String {
    format!("/t/{}/consent/{id}", tenant.slug)
}

fn connected_path(tenant: &Tenant, id: AuthorizationRequestId) -> String {
    format!("/t/{}/connected/{id}", tenant.slug)
}
