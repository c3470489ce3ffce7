//! Where people connect an account of their own at a server: in the middle of an IDE's sign-in, or by the link of an
//! error. A key is typed here; a provider is gone to, by a page of ours that navigates, because browsers apply
//! `form-action` to redirects.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, RawPathParams, RawQuery, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use proto::names::ServerSlug;

use super::form::Fields;
use super::sign_in::{Button, SSO_FORM, parse_request, request_of, sign_in_path};
use super::sso::PathFlow;
use super::{FlowCookie, PageBrowser, PageError, PageTenant, SignedIn, page, see_other, signed_in, with_cookie};
use crate::app::consent;
use crate::app::sso::kept;
use crate::app::upstream_oauth;
use crate::app::upstream_oauth::flow::{self, Arrived, Refused};
use crate::app::user_credentials::{self, Account};
use crate::crypto::csrf;
use crate::domain::Error;
use crate::domain::credential::AccountState;
use crate::domain::identity::IdentityProvider;
use crate::domain::ids::AuthorizationRequestId;
use crate::domain::server::Server;
use crate::domain::tenancy::Tenant;
use crate::http::cookies::{self, CookieKind};
use crate::state::App;

#[derive(Template)]
#[template(path = "connect.html")]
struct ConnectPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    server_slug: &'a str,
    server_name: &'a str,
    csrf: String,
    csrf_remove: String,
    /// The request of an IDE that waits; empty for a visit of one's own.
    request: String,
    /// What is to be typed; empty where the provider asks.
    fields: Vec<FieldRow<'a>>,
    state: AccountState,
    /// Since when something is stored; empty where nothing is.
    since: String,
    /// What was wrong with what was typed; empty at first.
    problem: &'a str,
    /// Rights that the server wanted in mid-session, for the provider; empty for the usual ones.
    wider: &'a str,
}

/// The members of a virtual server that want something of the person, each with its state.
#[derive(Template)]
#[template(path = "connect_members.html")]
struct MembersPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    server_name: &'a str,
    request: String,
    members: Vec<MemberRow<'a>>,
    /// How many are still to be connected.
    missing: usize,
}

struct MemberRow<'a> {
    slug: &'a str,
    name: &'a str,
    state: AccountState,
}

/// For a server that people can only call with a fresh sign-in.
#[derive(Template)]
#[template(path = "connect_sign_in.html")]
struct SignInAgainPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    server_name: &'a str,
    csrf_sso: String,
    /// None: nobody has set up a provider that would do.
    providers: Vec<Button>,
}

/// On the way to the provider.
#[derive(Template)]
#[template(path = "sso_out.html")]
struct OutPage<'a> {
    tenant_name: &'a str,
    label: &'a str,
    url: &'a str,
}

struct FieldRow<'a> {
    name: &'a str,
    label: &'a str,
    hint: &'a str,
    problem: String,
}

/// The server that the path names.
pub(super) struct Slug(ServerSlug);

impl FromRequestParts<Arc<App>> for Slug {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, PageError> {
        let absent = || PageError::from(Error::NotFound { what: "server" });
        let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| absent())?;
        let text = params.iter().find(|(name, _)| *name == "server").map(|(_, text)| text);
        text.and_then(|text| ServerSlug::parse(text).ok()).map(Self).ok_or_else(absent)
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    Slug(slug): Slug,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let request = request_of(query.as_deref())?;
    let Some(browser) = signed_in(&app, &tenant, &headers).await? else {
        // The way back from the sign-in, however many steps it has: home looks for it.
        let back = cookies::set(&app.config, CookieKind::Connect, &tenant.slug, &slug.to_string().into());
        return Ok(with_cookie(see_other(&sign_in_path(&tenant, request)), &back));
    };
    if let Some((server, accounts)) = user_credentials::mine_of_members(&browser.ctx, &slug).await? {
        return Ok(members_page(&tenant, &server, &accounts, request));
    }
    let Some(account) = user_credentials::mine_by_slug(&browser.ctx, &slug).await? else {
        return match kept::wanted_by(&browser.ctx, &slug).await? {
            Some((server, providers)) if request.is_none() => {
                sign_in_again(&app, &tenant, &headers, &server, &providers)
            }
            _ => Ok(see_other(&connected(&tenant, request))),
        };
    };
    let wider = parameter(query.as_deref(), "scope").unwrap_or_default();
    Ok(connect_page(StatusCode::OK, (&tenant, &browser), &account, request, Shown { wider: &wider, mistakes: None }))
}

/// What the page shows besides how things stand.
#[derive(Clone, Copy, Default)]
struct Shown<'a> {
    wider: &'a str,
    mistakes: Option<&'a [crate::domain::error::FieldError]>,
}

/// The server goes by the word of the company's provider about the person, and that word has ended.
fn sign_in_again(
    app: &App,
    tenant: &Tenant,
    headers: &HeaderMap,
    server: &Server,
    providers: &[IdentityProvider],
) -> Result<Response, PageError> {
    let flow = FlowCookie::read_or_make(&app.config, &tenant.slug, headers)?;
    let template = SignInAgainPage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        server_name: &server.display_name,
        csrf_sso: csrf::token(&flow.value, SSO_FORM),
        providers: providers.iter().map(|one| Button { id: one.id.to_string(), label: one.label.clone() }).collect(),
    };
    // Home looks for it, and leads back here.
    let back = cookies::set(&app.config, CookieKind::Connect, &tenant.slug, &server.slug.to_string().into());
    Ok(flow.keep(with_cookie(page(StatusCode::OK, &template), &back)))
}

fn members_page(
    tenant: &Tenant,
    server: &Server,
    accounts: &[Account],
    request: Option<AuthorizationRequestId>,
) -> Response {
    let missing = accounts.iter().filter(|account| account.state != AccountState::Ready).count();
    // With nothing left to do in the middle of an IDE's way in, there is nothing to read either.
    if missing == 0 && request.is_some() {
        return see_other(&connected(tenant, request));
    }
    let rows = accounts.iter().map(|account| MemberRow {
        slug: account.server.slug.as_str(),
        name: &account.server.display_name,
        state: account.state,
    });
    let template = MembersPage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        server_name: &server.display_name,
        request: request.map(|id| id.to_string()).unwrap_or_default(),
        members: rows.collect(),
        missing,
    };
    page(StatusCode::OK, &template)
}

pub(super) async fn submit(
    PageBrowser(tenant, browser): PageBrowser,
    Slug(slug): Slug,
    fields: Fields,
) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), &form(&slug))?;
    let request = parse_request(&fields.text("request"))?;
    let Some(account) = user_credentials::mine_by_slug(&browser.ctx, &slug).await? else {
        return Ok(see_other(&connected(&tenant, request)));
    };
    if user_credentials::oauth(&account.server).is_some() {
        let wider = fields.text("scope");
        return match flow::begin(&browser.ctx, &tenant, &account.server, request, &wider).await {
            Ok(flow) => Ok(see_other(&format!("/t/{}/accounts/out/{flow}", tenant.slug))),
            Err(refusal) => Err(PageError::account(refusal, &tenant, Some(&slug), request)),
        };
    }
    let asked = user_credentials::form(&account.server).map(|form| form.fields.as_slice()).unwrap_or_default();
    let values: BTreeMap<_, _> =
        asked.iter().map(|field| (field.name.clone(), fields.get(&format!("value_{}", field.name)))).collect();
    match user_credentials::put(&browser.ctx, account.server.id, None, &values).await {
        Ok(()) if request.is_some() => Ok(see_other(&on(&browser, &tenant, request).await?)),
        Ok(()) => Ok(see_other(&path(&tenant, &slug))),
        Err(Error::InvalidFields(mistakes)) => {
            let status = StatusCode::BAD_REQUEST;
            let shown = Shown { mistakes: Some(&mistakes), ..Shown::default() };
            Ok(connect_page(status, (&tenant, &browser), &account, request, shown))
        }
        Err(error) => Err(error.into()),
    }
}

/// The page that navigates to the provider.
pub(super) async fn out(
    PageBrowser(tenant, browser): PageBrowser,
    PathFlow(id): PathFlow,
) -> Result<Response, PageError> {
    let out = flow::way_out(&browser.ctx, &tenant, id).await;
    let (label, url) = out.map_err(|refusal| PageError::account(refusal, &tenant, None, None))?;
    let template = OutPage { tenant_name: &tenant.display_name, label: &label, url: url.as_str() };
    Ok(page(StatusCode::OK, &template))
}

/// Back from the provider. The session is the one that began, or nobody's answer is taken (ATK-19).
pub(super) async fn callback(
    PageBrowser(tenant, browser): PageBrowser,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let parameter = |name: &str| parameter(query.as_deref(), name);
    let answer = flow::Answer {
        state: parameter("state"),
        code: parameter("code"),
        error: parameter("error"),
        iss: parameter("iss"),
    };
    match flow::finish(&browser.ctx, &tenant, &answer).await {
        Ok(Arrived { request: Some(id), .. }) => Ok(see_other(&on(&browser, &tenant, Some(id)).await?)),
        Ok(Arrived { server, request: None }) => Ok(see_other(&path(&tenant, &server.slug))),
        Err(Refused { refusal, server, request }) => {
            Err(PageError::account(refusal, &tenant, server.as_ref().map(|server| &server.slug), request))
        }
    }
}

/// What we say of ourselves to providers that take documents (CIMD). Public.
pub(super) async fn document(State(app): State<Arc<App>>, PageTenant(tenant): PageTenant) -> Response {
    let mut document = upstream_oauth::description(&app, &tenant);
    if let Some(members) = document.as_object_mut() {
        members.insert("client_id".to_owned(), upstream_oauth::document_url(&app, &tenant).into());
        members.insert("token_endpoint_auth_method".to_owned(), "none".into());
    }
    ([(CACHE_CONTROL, "public, max-age=300")], axum::Json(document)).into_response()
}

pub(super) async fn remove(
    PageBrowser(tenant, browser): PageBrowser,
    Slug(slug): Slug,
    fields: Fields,
) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), &remove_form(&slug))?;
    let account = user_credentials::mine_by_slug(&browser.ctx, &slug).await?;
    if let Some(Account { server, stored: Some(stored), .. }) = account {
        user_credentials::delete(&browser.ctx, server.id, stored.id).await?;
    }
    Ok(see_other(&path(&tenant, &slug)))
}

fn connect_page(
    status: StatusCode,
    (tenant, browser): (&Tenant, &SignedIn),
    account: &Account,
    request: Option<AuthorizationRequestId>,
    Shown { wider, mistakes }: Shown<'_>,
) -> Response {
    let Account { server, stored, state, .. } = account;
    let wrong = |name: &str| {
        let field = format!("values.{name}");
        let found = mistakes.unwrap_or_default().iter().find(|mistake| mistake.field == field);
        found.map(|mistake| mistake.message.clone()).unwrap_or_default()
    };
    let fields = user_credentials::form(server).map(|form| form.fields.as_slice()).unwrap_or_default();
    let rows = fields.iter().map(|field| FieldRow {
        name: &field.name,
        label: &field.label,
        hint: &field.hint,
        problem: wrong(&field.name),
    });
    let template = ConnectPage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        server_slug: server.slug.as_str(),
        server_name: &server.display_name,
        csrf: csrf::token(&browser.token, &form(&server.slug)),
        csrf_remove: csrf::token(&browser.token, &remove_form(&server.slug)),
        request: request.map(|id| id.to_string()).unwrap_or_default(),
        fields: rows.collect(),
        state: *state,
        since: stored.as_ref().map(|one| one.mark.set_at.format("%-d %b %Y").to_string()).unwrap_or_default(),
        problem: if mistakes.is_some() { "Nothing was stored yet: look at what is marked." } else { "" },
        wider,
    };
    page(status, &template)
}

/// The page itself.
pub(super) fn path(tenant: &Tenant, slug: &ServerSlug) -> String {
    format!("/t/{}/connect/{slug}", tenant.slug)
}

/// Where a browser goes on that has connected one server: to what is still missing, else back to the IDE.
async fn on(browser: &SignedIn, tenant: &Tenant, request: Option<AuthorizationRequestId>) -> Result<String, PageError> {
    let missing = match request {
        Some(id) => consent::missing_account(&browser.ctx, id).await?,
        None => None,
    };
    Ok(match (missing, request) {
        (Some(slug), Some(id)) => format!("{}?request={id}", path(tenant, &slug)),
        _ => connected(tenant, request),
    })
}

/// The one value of a parameter.
fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let query = query.unwrap_or_default();
    let mut found = url::form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value.into_owned()),
        _ => None,
    }
}

/// Back to the IDE that waits, or home.
fn connected(tenant: &Tenant, request: Option<AuthorizationRequestId>) -> String {
    match request {
        Some(id) => format!("/t/{}/connected/{id}", tenant.slug),
        None => format!("/t/{}/", tenant.slug),
    }
}

fn form(slug: &ServerSlug) -> String {
    format!("connect {slug}")
}

fn remove_form(slug: &ServerSlug) -> String {
    format!("disconnect account {slug}")
}
