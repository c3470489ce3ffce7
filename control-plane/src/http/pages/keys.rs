//! A person's API keys: make one, see it once, replace it, end it. The fresh key reaches the page after the form through
//! a cookie that only this session can open and that the page clears, so that reloading neither makes another key nor
//! shows it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::form::Fields;
use super::sign_in::SIGN_OUT;
use super::{PageBrowser, PageError, SignedIn, page, see_other, with_cookie};
use crate::app::api_keys::{self, Expiry, IssuedApiKey, KeysOf, NewApiKey, WhichKeys};
use crate::app::home::{self, KeyServer};
use crate::crypto::csrf;
use crate::crypto::vault::{Key, Purpose};
use crate::domain::api_key::{ApiKey, ApiKeyStatus};
use crate::domain::ids::ApiKeyId;
use crate::domain::limits::{API_KEY_DAYS_DEFAULT, API_KEY_EXPIRES_SOON_DAYS, API_KEYS_SHOWN};
use crate::domain::page::PageRequest;
use crate::domain::snippets::with_api_key;
use crate::domain::tenancy::{Tenant, User};
use crate::domain::{Error, Result};
use crate::http::cookies::{self, CookieKind};
use crate::state::App;

const FORM: &str = "create-key";
/// Lines with the fresh key that are shown, one for each server.
const LINES_MAX: usize = 5;

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    csrf_sign_out: String,
    csrf_create: String,
    display_name: &'a str,
    servers: &'a [KeyServer],
    keys: Vec<KeyRow>,
    fresh: Option<Fresh>,
    /// What to correct; empty at first.
    problem: &'a str,
    typed_name: &'a str,
    days_default: u32,
    has_more: bool,
}

struct KeyRow {
    id: String,
    name: String,
    reaches: String,
    created: String,
    used: String,
    ends: String,
    /// When it ends, if that is soon: `in 5 days`.
    soon: Option<String>,
    is_replaced: bool,
    status: ApiKeyStatus,
    csrf: String,
    csrf_rotate: String,
}

/// A key that was just made.
struct Fresh {
    text: String,
    lines: Vec<String>,
    pending_nodes: usize,
}

/// What the page needs, whatever is shown on it.
struct Shown<'a> {
    tenant: &'a Tenant,
    browser: &'a SignedIn,
    user: User,
    servers: Vec<KeyServer>,
    keys: Vec<ApiKey>,
    has_more: bool,
}

/// The key that the path names.
pub(super) struct PathKey(ApiKeyId);

impl FromRequestParts<Arc<App>> for PathKey {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, PageError> {
        let absent = || PageError::from(Error::NotFound { what: "key" });
        let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| absent())?;
        let text = params.iter().find(|(name, _)| *name == "key").map(|(_, text)| text);
        text.and_then(|text| text.parse().ok()).map(Self).ok_or_else(absent)
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    PageBrowser(tenant, browser): PageBrowser,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let shown = Shown::read(&tenant, &browser).await?;
    let cookie = cookies::read(&app.config, CookieKind::FreshKey, &tenant.slug, &headers);
    let fresh = cookie.as_ref().and_then(|cookie| open(&browser, cookie)).map(|fresh| shown.fresh(&fresh));
    let response = page(StatusCode::OK, &shown.template(fresh, "", ""));
    match cookie {
        Some(_) => Ok(with_cookie(response, &cookies::clear(&app.config, CookieKind::FreshKey, &tenant.slug))),
        None => Ok(response),
    }
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    PageBrowser(tenant, browser): PageBrowser,
    fields: Fields,
) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), FORM)?;
    let name = fields.text("name");
    let problem = match api_keys::create(&browser.ctx, wanted(&fields, &name)?).await {
        Ok(issued) => return show_once(&app, &tenant, &browser, &issued),
        Err(Error::InvalidFields(mistakes)) => {
            let lines = mistakes.iter().map(|one| format!("{} {}.", label(&one.field), one.message));
            lines.collect::<Vec<_>>().join(" ")
        }
        Err(Error::Conflict { public, .. }) => format!("{public}."),
        Err(error) => return Err(error.into()),
    };
    let shown = Shown::read(&tenant, &browser).await?;
    Ok(page(StatusCode::BAD_REQUEST, &shown.template(None, &problem, &name)))
}

pub(super) async fn rotate(
    State(app): State<Arc<App>>,
    PageBrowser(tenant, browser): PageBrowser,
    PathKey(id): PathKey,
    fields: Fields,
) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), &rotate_form(id))?;
    let overlap_s = fields.text("overlap").parse().map_err(|_| PageError::unreadable_form())?;
    let problem = match api_keys::rotate(&browser.ctx, id, Some(overlap_s)).await {
        Ok(issued) => return show_once(&app, &tenant, &browser, &issued),
        Err(Error::Conflict { public, .. }) => format!("{public}."),
        Err(error) => return Err(error.into()),
    };
    let shown = Shown::read(&tenant, &browser).await?;
    Ok(page(StatusCode::CONFLICT, &shown.template(None, &problem, "")))
}

/// Back to the page, which shows the key this one time.
fn show_once(app: &App, tenant: &Tenant, browser: &SignedIn, issued: &IssuedApiKey) -> Result<Response, PageError> {
    let cookie = cookies::set(&app.config, CookieKind::FreshKey, &tenant.slug, &seal(browser, issued)?);
    Ok(with_cookie(see_other(&keys_path(tenant)), &cookie))
}

pub(super) async fn revoke(
    PageBrowser(tenant, browser): PageBrowser,
    PathKey(id): PathKey,
    fields: Fields,
) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), &revoke_form(id))?;
    api_keys::revoke(&browser.ctx, id).await?;
    Ok(see_other(&keys_path(&tenant)))
}

fn keys_path(tenant: &Tenant) -> String {
    format!("/t/{}/keys", tenant.slug)
}

fn revoke_form(id: ApiKeyId) -> String {
    format!("revoke-key {id}")
}

fn rotate_form(id: ApiKeyId) -> String {
    format!("rotate-key {id}")
}

/// The form's choices; ticking no server means all of them.
fn wanted(fields: &Fields, name: &str) -> Result<NewApiKey, PageError> {
    let expiry = match fields.text("expires").as_str() {
        "never" => Expiry::Never,
        days => Expiry::Days(days.parse().map_err(|_| PageError::unreadable_form())?),
    };
    let servers: Result<Vec<_>, _> = fields.all("server").map(|id| id.parse()).collect();
    let servers = servers.map_err(|_| PageError::unreadable_form())?;
    let servers = (!servers.is_empty()).then_some(servers);
    Ok(NewApiKey { name: name.to_owned(), expiry, servers, service_account: None })
}

fn label(field: &str) -> &str {
    match field {
        "name" => "The name",
        "expires_in_days" => "The number of days",
        "server_ids" => "The choice of servers",
        other => other,
    }
}

/// Only the holder of the session can open it, and only the holder of the cookie has it.
fn seal(browser: &SignedIn, issued: &IssuedApiKey) -> Result<SecretString> {
    let key = Key::derived(&browser.token, Purpose::FreshApiKey)?;
    let plain = SecretString::from(format!("{} {}", issued.pending_nodes, issued.text.expose_secret()));
    let (tenant, user) = (browser.ctx.tenant_id, browser.ctx.caller.principal.uuid());
    let sealed = key.seal(tenant, Purpose::FreshApiKey, user, plain.expose_secret().as_bytes())?;
    Ok(URL_SAFE_NO_PAD.encode(sealed).into())
}

/// What does not open is not shown: the session changed, or somebody planted it.
fn open(browser: &SignedIn, cookie: &SecretString) -> Option<SecretString> {
    let sealed = URL_SAFE_NO_PAD.decode(cookie.expose_secret()).ok()?;
    let key = Key::derived(&browser.token, Purpose::FreshApiKey).ok()?;
    let (tenant, user) = (browser.ctx.tenant_id, browser.ctx.caller.principal.uuid());
    let plain = key.open(tenant, Purpose::FreshApiKey, user, &sealed).ok()?;
    std::str::from_utf8(&plain).ok().map(Into::into)
}

impl<'a> Shown<'a> {
    async fn read(tenant: &'a Tenant, browser: &'a SignedIn) -> Result<Self> {
        let (user, servers) = home::key_servers(&browser.ctx, tenant).await?;
        let first = PageRequest { limit: API_KEYS_SHOWN, after: None };
        let keys = api_keys::list(&browser.ctx, KeysOf::Mine, WhichKeys::default(), first).await?;
        let has_more = keys.next_cursor.is_some();
        Ok(Self { tenant, browser, user, servers, keys: keys.items, has_more })
    }

    fn fresh(&self, plain: &SecretString) -> Fresh {
        let (pending, text) = plain.expose_secret().split_once(' ').unwrap_or_default();
        // The newest one is the one that was just made.
        let scope = self.keys.first().and_then(|key| key.scope.servers());
        let reached = self.servers.iter().filter(|server| scope.is_none_or(|ids| ids.contains(&server.id)));
        let lines = reached.take(LINES_MAX).map(|server| with_api_key(&server.slug, &server.gateway_url, text));
        Fresh { text: text.to_owned(), lines: lines.collect(), pending_nodes: pending.parse().unwrap_or(0) }
    }

    fn row(&self, key: &ApiKey, now: DateTime<Utc>) -> KeyRow {
        let day = |time: DateTime<Utc>| time.format("%-d %b %Y").to_string();
        let reaches = match key.scope.servers() {
            None => "all your servers, and the API".to_owned(),
            Some(ids) => {
                let named = self.servers.iter().filter(|server| ids.contains(&server.id));
                let mut names: Vec<&str> = named.map(|server| server.display_name.as_str()).collect();
                if names.len() < ids.len() {
                    names.push("servers you cannot use now");
                }
                names.join(", ")
            }
        };
        KeyRow {
            id: key.id.to_string(),
            name: key.name.clone(),
            reaches,
            created: day(key.created_at),
            used: key.last_used_at.map_or_else(|| "never".to_owned(), day),
            ends: key.expires_at.map_or_else(|| "never".to_owned(), day),
            soon: soon(key, now),
            is_replaced: key.successor_id.is_some(),
            status: key.status(now),
            csrf: csrf::token(&self.browser.token, &revoke_form(key.id)),
            csrf_rotate: csrf::token(&self.browser.token, &rotate_form(key.id)),
        }
    }

    fn template(&'a self, fresh: Option<Fresh>, problem: &'a str, typed_name: &'a str) -> KeysPage<'a> {
        let now = self.browser.ctx.app.clock.now();
        KeysPage {
            tenant_slug: self.tenant.slug.as_str(),
            tenant_name: &self.tenant.display_name,
            csrf_sign_out: csrf::token(&self.browser.token, SIGN_OUT),
            csrf_create: csrf::token(&self.browser.token, FORM),
            display_name: &self.user.display_name,
            servers: &self.servers,
            keys: self.keys.iter().map(|key| self.row(key, now)).collect(),
            fresh,
            problem,
            typed_name,
            days_default: API_KEY_DAYS_DEFAULT,
            has_more: self.has_more,
        }
    }
}

/// How soon a working key ends, if that is soon.
fn soon(key: &ApiKey, now: DateTime<Utc>) -> Option<String> {
    let end = key.expires_at.filter(|_| key.status(now) == ApiKeyStatus::Active)?;
    match (end - now).num_days() {
        days if days > API_KEY_EXPIRES_SOON_DAYS => None,
        0 => Some("within a day".to_owned()),
        1 => Some("in 1 day".to_owned()),
        days => Some(format!("in {days} days")),
    }
}
