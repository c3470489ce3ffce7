//! Creating an organisation, where the operator lets people: `/new` takes an address, a link is mailed, and behind it is
//! the form. Opening the link changes nothing, because mail scanners open links too.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};

use super::form::Fields;
use super::join::LinkToken;
use super::second_factor::lead_on;
use super::{FlowCookie, PageError, page, see_other, with_cookie};
use crate::app::sign_in;
use crate::app::sign_up::{self, NewOrganisation};
use crate::crypto::csrf;
use crate::domain::error::FieldError;
use crate::domain::names::slug_of;
use crate::domain::sign_up::SignUp;
use crate::domain::{Error, Result};
use crate::http::console;
use crate::http::cookies::{self, CookieKind};
use crate::http::rate::ClientAddress;
use crate::rate::Door;
use crate::state::App;

const FORM: &str = "sign-up";

#[derive(Template)]
#[template(path = "sign_up.html")]
struct AskPage<'a> {
    csrf: String,
    email: &'a str,
    /// What to correct; empty at first.
    problem: String,
}

#[derive(Template)]
#[template(path = "sign_up_sent.html")]
struct SentPage;

#[derive(Template)]
#[template(path = "sign_up_form.html")]
struct FormPage<'a> {
    csrf: String,
    email: &'a str,
    gateway_origin: &'a str,
    display_name: String,
    slug: String,
    owner_name: String,
    /// Fields, and what to correct.
    problems: Vec<(String, String)>,
}

impl FormPage<'_> {
    fn problem(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|(name, _)| name == field).map(|(_, problem)| problem.as_str())
    }
}

/// Whether people may create organisations here.
fn open(app: &App) -> Result<(), PageError> {
    if app.config.tenant_sign_up { Ok(()) } else { Err(PageError::no_sign_up()) }
}

pub(super) async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, PageError> {
    open(&app)?;
    let flow = FlowCookie::read_or_make_outside(&app.config, &headers)?;
    let template = AskPage { csrf: csrf::token(&flow.value, FORM), email: "", problem: String::new() };
    Ok(flow.keep(page(StatusCode::OK, &template)))
}

pub(super) async fn ask(
    State(app): State<Arc<App>>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    open(&app)?;
    let flow = FlowCookie::read_or_make_outside(&app.config, &headers)?;
    fields.check(Some(&flow.value), FORM)?;
    let email = fields.text("email");
    match sign_up::ask(&app, &email, address).await {
        Ok(()) => Ok(see_other("/new/sent")),
        Err(Error::InvalidFields(mistakes)) => {
            let problem = mistakes.iter().map(|one| format!("The address {}.", one.message)).collect();
            let template = AskPage { csrf: csrf::token(&flow.value, FORM), email: &email, problem };
            Ok(page(StatusCode::BAD_REQUEST, &template))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn sent(State(app): State<Arc<App>>) -> Result<Response, PageError> {
    open(&app)?;
    Ok(page(StatusCode::OK, &SentPage))
}

pub(super) async fn show_form(
    State(app): State<Arc<App>>,
    ClientAddress(address): ClientAddress,
    LinkToken(token): LinkToken,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    open(&app)?;
    app.rates.take_outside_tenants(Door::SignIn(address))?;
    let sign_up = find(&app, &token).await?;
    let flow = FlowCookie::read_or_make_outside(&app.config, &headers)?;
    let template = FormPage {
        display_name: sign_up.suggested_name(),
        slug: sign_up.suggested_slug(),
        ..form_page(&app, &flow, &sign_up)
    };
    Ok(flow.keep(page(StatusCode::OK, &template)))
}

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    ClientAddress(address): ClientAddress,
    LinkToken(token): LinkToken,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PageError> {
    open(&app)?;
    app.rates.take_outside_tenants(Door::SignIn(address))?;
    let flow = FlowCookie::read_or_make_outside(&app.config, &headers)?;
    fields.check(Some(&flow.value), FORM)?;
    let sign_up = find(&app, &token).await?;
    let text = |name: &str| fields.text(name).trim().to_owned();
    let (display_name, slug, owner_name) = (text("display_name"), text("slug").to_lowercase(), text("owner_name"));
    let password = fields.get("password");
    let outcome = if password.expose_secret() == fields.get("password_again").expose_secret() {
        let form = NewOrganisation { display_name: &display_name, slug: &slug, owner_name: &owner_name, password };
        match sign_up::complete(&app, &token, form).await {
            Ok(made) => Ok(made),
            Err(error) => Err(as_problems(error)?),
        }
    } else {
        Err(vec![("password_again".to_owned(), "The two passwords differ.".to_owned())])
    };
    let (tenant, owner) = match outcome {
        Ok(made) => made,
        Err(problems) => {
            // A name that fits is a better beginning than none.
            let slug = if slug.is_empty() { slug_of(&display_name) } else { slug };
            let template = FormPage { display_name, slug, owner_name, problems, ..form_page(&app, &flow, &sign_up) };
            return Ok(page(StatusCode::BAD_REQUEST, &template));
        }
    };
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let entry = sign_in::first(&app, tenant.id, owner.id, user_agent).await?;
    let response = lead_on(&app, &tenant, &entry, None);
    if !console::is_built() {
        return Ok(response);
    }
    // Past the second factor, where one has to be set up first, to where servers are registered.
    let wanted = cookies::set(&app.config, CookieKind::Console, &tenant.slug, &"servers".into());
    Ok(with_cookie(response, &wanted))
}

type Problems = Vec<(String, String)>;

/// What somebody can correct, beside its field.
fn as_problems(error: Error) -> Result<Problems, PageError> {
    match error {
        Error::InvalidFields(mistakes) => Ok(mistakes.iter().map(in_words).collect()),
        Error::Conflict { code: "tenant.slug_taken", .. } => {
            let problem = "Another organisation has or had this one: choose another.";
            Ok(vec![("slug".to_owned(), problem.to_owned())])
        }
        Error::NotFound { .. } => Err(PageError::sign_up_gone()),
        error => Err(error.into()),
    }
}

fn in_words(mistake: &FieldError) -> (String, String) {
    let label = match mistake.field.as_str() {
        "display_name" => "The name",
        "slug" => "The short name",
        "owner_name" => "Your name",
        _ => "The password",
    };
    (mistake.field.clone(), format!("{label} {}.", mistake.message))
}

async fn find(app: &App, token: &SecretString) -> Result<SignUp, PageError> {
    sign_up::find(app, token).await?.ok_or_else(PageError::sign_up_gone)
}

fn form_page<'a>(app: &'a App, flow: &FlowCookie, sign_up: &'a SignUp) -> FormPage<'a> {
    FormPage {
        csrf: csrf::token(&flow.value, FORM),
        email: &sign_up.email,
        gateway_origin: app.config.gateway_origins.first().map(String::as_str).unwrap_or_default(),
        display_name: String::new(),
        slug: String::new(),
        owner_name: String::new(),
        problems: Vec::new(),
    }
}
