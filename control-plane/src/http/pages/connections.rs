//! What a person is signed in with: the applications that act for them, their browsers, and how to end one or all.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::ago::{ago, day};
use super::form::Fields;
use super::sign_in::{SIGN_OUT, sign_in_path};
use super::{PageBrowser, PageError, SignedIn, page, see_other, with_cookie};
use crate::app::{Proof, connections, people};
use crate::crypto::csrf;
use crate::domain::Error;
use crate::domain::ids::{OAuthGrantId, SessionId};
use crate::domain::limits::CONNECTIONS_SHOWN;
use crate::domain::oauth::connection::Connection;
use crate::domain::page::PageRequest;
use crate::domain::session::BrowserSession;
use crate::domain::tenancy::Tenant;
use crate::http::cookies::{self, CookieKind};
use crate::state::App;

const EVERYWHERE: &str = "sign-out-everywhere";

#[derive(Template)]
#[template(path = "connections.html")]
struct ConnectionsPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    csrf_sign_out: String,
    display_name: &'a str,
    connections: Vec<ConnectionRow>,
    browsers: Vec<BrowserRow>,
    /// There are more than the page shows.
    has_more: bool,
}

struct ConnectionRow {
    id: OAuthGrantId,
    client: String,
    server: String,
    used: String,
    since: String,
    redirect_host: String,
    csrf: String,
}

struct BrowserRow {
    id: SessionId,
    browser: String,
    seen: String,
    since: String,
    is_current: bool,
    csrf: String,
}

#[derive(Template)]
#[template(path = "sign_out_everywhere.html")]
struct EverywherePage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    csrf: String,
}

/// An id that the path names.
pub(super) struct Named<T>(T);

trait InPath: std::str::FromStr {
    const PARAM: &'static str;
}

impl InPath for OAuthGrantId {
    const PARAM: &'static str = "connection";
}

impl InPath for SessionId {
    const PARAM: &'static str = "session";
}

impl<T: InPath> FromRequestParts<Arc<App>> for Named<T> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, PageError> {
        let absent = || PageError::from(Error::NotFound { what: T::PARAM });
        let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| absent())?;
        let text = params.iter().find(|(name, _)| *name == T::PARAM).map(|(_, text)| text);
        text.and_then(|text| text.parse().ok()).map(Self).ok_or_else(absent)
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    PageBrowser(tenant, browser): PageBrowser,
) -> Result<Response, PageError> {
    let (ctx, me, now) = (&browser.ctx, browser.ctx.caller.user_id()?, app.clock.now());
    let first = || PageRequest { limit: CONNECTIONS_SHOWN, after: None };
    let user = people::get(ctx, me).await?;
    let connections = connections::list(ctx, me, first()).await?;
    let browsers = connections::list_sessions(ctx, me, first()).await?;
    let template = ConnectionsPage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        csrf_sign_out: csrf::token(&browser.token, SIGN_OUT),
        display_name: &user.display_name,
        has_more: connections.next_cursor.is_some() || browsers.next_cursor.is_some(),
        connections: connections.items.into_iter().map(|one| ConnectionRow::of(&browser, one, now)).collect(),
        browsers: browsers.items.into_iter().map(|one| BrowserRow::of(&browser, &one, now)).collect(),
    };
    Ok(page(StatusCode::OK, &template))
}

pub(super) async fn disconnect(
    PageBrowser(tenant, browser): PageBrowser,
    Named(id): Named<OAuthGrantId>,
    fields: Fields,
) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), &disconnect_form(id))?;
    connections::disconnect(&browser.ctx, browser.ctx.caller.user_id()?, id).await?;
    Ok(see_other(&connections_path(&tenant)))
}

pub(super) async fn end_session(
    PageBrowser(tenant, browser): PageBrowser,
    Named(id): Named<SessionId>,
    fields: Fields,
) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), &end_form(id))?;
    connections::end_session(&browser.ctx, browser.ctx.caller.user_id()?, id).await?;
    Ok(see_other(&connections_path(&tenant)))
}

/// Asks before everything ends: by a link anybody may lead here.
pub(super) async fn confirm(PageBrowser(tenant, browser): PageBrowser) -> Result<Response, PageError> {
    let template = EverywherePage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        csrf: csrf::token(&browser.token, EVERYWHERE),
    };
    Ok(page(StatusCode::OK, &template))
}

pub(super) async fn sign_out_everywhere(
    State(app): State<Arc<App>>,
    PageBrowser(tenant, browser): PageBrowser,
    fields: Fields,
) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), EVERYWHERE)?;
    let api_keys = fields.text("api_keys") == "too";
    connections::sign_out_everywhere(&browser.ctx, browser.ctx.caller.user_id()?, api_keys).await?;
    let cookie = cookies::clear(&app.config, CookieKind::Session, &tenant.slug);
    Ok(with_cookie(see_other(&sign_in_path(&tenant, None)), &cookie))
}

fn connections_path(tenant: &Tenant) -> String {
    format!("/t/{}/connections", tenant.slug)
}

fn disconnect_form(id: OAuthGrantId) -> String {
    format!("disconnect {id}")
}

fn end_form(id: SessionId) -> String {
    format!("end-session {id}")
}

impl ConnectionRow {
    fn of(browser: &SignedIn, one: Connection, now: DateTime<Utc>) -> Self {
        let client = if one.client_name.is_empty() { "An application".to_owned() } else { one.client_name };
        Self {
            csrf: csrf::token(&browser.token, &disconnect_form(one.id)),
            id: one.id,
            client,
            server: one.server_name,
            used: ago(now, one.last_used_at),
            since: day(one.created_at),
            redirect_host: one.redirect_host,
        }
    }
}

impl BrowserRow {
    fn of(browser: &SignedIn, one: &BrowserSession, now: DateTime<Utc>) -> Self {
        let id = one.session.id;
        Self {
            id,
            browser: one.browser(),
            seen: ago(now, one.session.last_seen_at),
            since: day(one.session.created_at),
            is_current: browser.ctx.caller.proof == Proof::Session(id),
            csrf: csrf::token(&browser.token, &end_form(id)),
        }
    }
}
