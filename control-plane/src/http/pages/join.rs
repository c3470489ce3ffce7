//! The page behind a one-time link: a name and a password, then signed in. Opening it changes nothing, because mail
//! scanners open links too. The token is in the path, which is never logged, and pages send no referrer.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};

use super::form::Fields;
use super::second_factor::lead_on;
use super::sign_in::{Button, SSO_FORM, buttons};
use super::{FlowCookie, PageError, PageTenant, page};
use crate::app::invitations::{self, Acceptance};
use crate::app::sign_in;
use crate::crypto::csrf;
use crate::domain::Error;
use crate::domain::invitation::Invitation;
use crate::domain::tenancy::Tenant;
use crate::http::rate::ClientAddress;
use crate::rate::Door;
use crate::state::App;

const FORM: &str = "join";

#[derive(Template)]
#[template(path = "join.html")]
struct JoinPage<'a> {
    tenant_name: &'a str,
    csrf: String,
    email: &'a str,
    display_name: &'a str,
    /// What to correct; empty at first.
    problem: &'a str,
    tenant_slug: &'a str,
    local_accounts: bool,
    /// Identity providers, as another way to join.
    providers: Vec<Button>,
    csrf_sso: String,
    invitation: &'a str,
}

/// The token of the link.
pub(super) struct LinkToken(pub(super) SecretString);

impl FromRequestParts<Arc<App>> for LinkToken {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, PageError> {
        let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| PageError::link_gone())?;
        let token = params.iter().find(|(name, _)| *name == "token").map(|(_, text)| text.into());
        token.map(Self).ok_or_else(PageError::link_gone)
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    ClientAddress(address): ClientAddress,
    LinkToken(token): LinkToken,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    app.rates.take(tenant.id, Door::SignIn(address))?;
    let invitation = find(&app, &tenant, &token).await?;
    let flow = FlowCookie::read_or_make(&app.config, &tenant.slug, &headers)?;
    let template = join_page(&app, &tenant, &flow, &invitation, &token).await?;
    Ok(flow.keep(page(StatusCode::OK, &template)))
}

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    ClientAddress(address): ClientAddress,
    LinkToken(token): LinkToken,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    app.rates.take(tenant.id, Door::SignIn(address))?;
    let flow = FlowCookie::read_or_make(&app.config, &tenant.slug, &headers)?;
    fields.check(Some(&flow.value), FORM)?;
    let invitation = find(&app, &tenant, &token).await?;
    let (display_name, password) = (fields.text("display_name"), fields.get("password"));
    let empty = join_page(&app, &tenant, &flow, &invitation, &token).await?;
    let again = |problem: &str| {
        let template = JoinPage { display_name: &display_name, problem, ..empty };
        Ok(page(StatusCode::BAD_REQUEST, &template))
    };
    if password.expose_secret() != fields.get("password_again").expose_secret() {
        return again("The two passwords differ.");
    }
    let form = Acceptance { display_name: &display_name, password };
    let user = match invitations::accept(&app, tenant.id, &token, form).await {
        Ok(user) => user,
        Err(Error::InvalidFields(mistakes)) => {
            let lines: Vec<String> =
                mistakes.iter().map(|one| format!("{} {}.", label(&one.field), one.message)).collect();
            return again(&lines.join(" "));
        }
        Err(Error::NotFound { .. }) => return Err(PageError::link_gone()),
        Err(error) => return Err(error.into()),
    };
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let entry = sign_in::first(&app, tenant.id, user.id, user_agent).await?;
    Ok(lead_on(&app, &tenant, &entry, None))
}

async fn find(app: &App, tenant: &Tenant, token: &SecretString) -> Result<Invitation, PageError> {
    invitations::find_by_token(app, tenant.id, token).await?.ok_or_else(PageError::link_gone)
}

fn label(field: &str) -> &str {
    match field {
        "display_name" => "Your name",
        "password" => "The password",
        other => other,
    }
}

async fn join_page<'a>(
    app: &App,
    tenant: &'a Tenant,
    flow: &FlowCookie,
    invitation: &'a Invitation,
    token: &'a SecretString,
) -> Result<JoinPage<'a>, Error> {
    Ok(JoinPage {
        tenant_name: &tenant.display_name,
        csrf: csrf::token(&flow.value, FORM),
        email: &invitation.email,
        display_name: "",
        problem: "",
        tenant_slug: tenant.slug.as_str(),
        local_accounts: tenant.settings.local_accounts,
        providers: buttons(app, tenant).await?,
        csrf_sso: csrf::token(&flow.value, SSO_FORM),
        invitation: token.expose_secret(),
    })
}
