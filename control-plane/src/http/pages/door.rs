//! The front door, `/`: which organisation? It tells nobody who has an account, and of tenants only which ones have
//! proved the domain of an address: by name, any well-formed one leads on.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use proto::names::TenantSlug;

use super::form::Fields;
use super::{PageError, page, see_other};
use crate::app::platform;
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::http::rate::ClientAddress;
use crate::rate::Door;
use crate::state::App;

#[derive(Default, Template)]
#[template(path = "door.html")]
struct DoorPage<'a> {
    email: &'a str,
    /// What to correct; empty at first.
    email_problem: String,
    name: &'a str,
    name_problem: String,
    /// Whether organisations can be created here.
    sign_up: bool,
}

#[derive(Template)]
#[template(path = "door_choice.html")]
struct ChoicePage<'a> {
    domain: &'a str,
    tenants: &'a [Tenant],
}

pub(super) async fn show(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    let empty = DoorPage { sign_up: app.config.tenant_sign_up, ..DoorPage::default() };
    let query = query.unwrap_or_default();
    let typed = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "tenant");
    let Some((_, typed)) = typed else {
        return page(StatusCode::OK, &empty);
    };
    let name = typed.trim().to_lowercase();
    match TenantSlug::parse(&name) {
        Ok(tenant) => see_other(&format!("/t/{tenant}/")),
        Err(reason) => {
            let name_problem = format!("That is no name of an organisation: it {reason}.");
            page(StatusCode::BAD_REQUEST, &DoorPage { name: &name, name_problem, ..empty })
        }
    }
}

/// The address comes in a form, not in a query: addresses of people stay out of histories and logs. It changes nothing,
/// so it needs no token.
pub(super) async fn find(
    State(app): State<Arc<App>>,
    ClientAddress(address): ClientAddress,
    fields: Fields,
) -> Result<Response, PageError> {
    app.rates.take_outside_tenants(Door::Front(address))?;
    let email = fields.text("email");
    let (domain, tenants) = match platform::find_tenants_by_email(&app, &email).await {
        Ok(found) => found,
        Err(Error::InvalidFields(mistakes)) => {
            let problem = mistakes.iter().map(|one| format!("The address {}.", one.message)).collect();
            return Ok(again(&app, &email, problem));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(match tenants.as_slice() {
        [] => {
            let problem = format!(
                "No organisation here has shown that {domain} is its own. Type its name below, or ask whoever told you \
                 about Portway for it."
            );
            again(&app, &email, problem)
        }
        [tenant] => see_other(&format!("/t/{}/", tenant.slug)),
        tenants => page(StatusCode::OK, &ChoicePage { domain: &domain, tenants }),
    })
}

fn again(app: &App, email: &str, email_problem: String) -> Response {
    let sign_up = app.config.tenant_sign_up;
    page(StatusCode::BAD_REQUEST, &DoorPage { email, email_problem, sign_up, ..DoorPage::default() })
}
