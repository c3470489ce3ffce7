//! The web console: the files that `web-admin` was built into, embedded in a release and read from the checkout by a debug
//! build. Whatever lies under `/console/{tenant}`, or under `/console/system` for operators, and is no file gets the one
//! page; its script reads the address.
//!
//! Nothing here looks at sessions: the page holds nothing, and its script asks the API like any client.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use proto::names::TenantSlug;
use secrecy::ExposeSecret as _;

use super::cookies;
use super::pages::{self, PageError, see_other};
use crate::crypto::tokens;
use crate::domain::limits::COOKIE_BYTES_MAX;
use crate::state::App;

/// Absent until somebody builds the console: nobody needs Node to build the rest.
#[derive(rust_embed::Embed)]
#[folder = "../web-admin/dist"]
#[allow_missing = true]
struct Dist;

/// What stands in the page for the nonce of its Content-Security-Policy (`web-admin/vite.config.ts`).
const NONCE: &str = "__CSP_NONCE__";
const SYSTEM_THEME: &str = "data-theme=\"system\"";

/// Where operators are. A reserved word, so that it is no tenant.
const OPERATIONS: &str = "system";

const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Of what keeps its name when it changes.
const AN_HOUR: &str = "public, max-age=3600";

#[derive(Template)]
#[template(path = "console_missing.html")]
struct MissingPage;

pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/console", get(door))
        .route("/console/", get(door))
        .route("/console/{*path}", get(serve))
        .with_state(app)
}

/// Whether this program has a console to lead to.
pub(super) fn is_built() -> bool {
    find("index.html").is_some()
}

/// A place in the tenant's console; `rest` is what `way_back` gave.
pub(super) fn path(tenant: &TenantSlug, rest: &str) -> String {
    format!("/console/{tenant}/{rest}")
}

/// Where in the console somebody was who has to sign in first: what the address bar had behind the tenant. Whatever does
/// not look like that leads to the console's first page; no spelling leads out of it.
pub(super) fn way_back(text: &str) -> String {
    let fits = |text: &str| {
        text.len() <= COOKIE_BYTES_MAX
            && !text.contains("..")
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~/?&=%+:@!$'()*".contains(&byte))
    };
    let place = text.split_once('?').map_or(text, |(place, _)| place);
    [text, place].into_iter().find(|text| !text.is_empty() && fits(text)).unwrap_or("servers").to_owned()
}

/// Without a tenant there is nothing to show.
async fn door() -> Response {
    see_other("/")
}

async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, PageError> {
    let nonce = tokens::opaque("")?;
    Ok(answer(find, &path, &headers, nonce.expose_secret()))
}

fn find(file: &str) -> Option<Cow<'static, [u8]>> {
    Dist::get(file).map(|file| file.data)
}

fn answer(find: impl Fn(&str) -> Option<Cow<'static, [u8]>>, path: &str, headers: &HeaderMap, nonce: &str) -> Response {
    let Some(index) = find("index.html") else {
        return pages::page(StatusCode::SERVICE_UNAVAILABLE, &MissingPage);
    };
    if path.starts_with("assets/") {
        return file(find, path, headers, FOR_EVER);
    }
    let place = path.split('/').next().unwrap_or_default();
    // No tenant is called like a file.
    if place == OPERATIONS || TenantSlug::parse(place).is_ok() {
        page(&index, headers, nonce)
    } else {
        file(find, path, headers, AN_HOUR)
    }
}

/// The one page, with a fresh nonce and the theme that the person chose, so that nothing flashes.
fn page(index: &[u8], headers: &HeaderMap, nonce: &str) -> Response {
    let theme =
        cookies::theme(headers).map_or_else(|| SYSTEM_THEME.to_owned(), |theme| format!("data-theme=\"{theme}\""));
    let html = String::from_utf8_lossy(index).replace(NONCE, nonce).replacen(SYSTEM_THEME, &theme, 1);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (headers, [(CONTENT_SECURITY_POLICY, policy)], html).into_response()
}

/// A file as it is, or packed as the client can take it (`web-admin/scripts/pack.mjs`).
fn file(
    find: impl Fn(&str) -> Option<Cow<'static, [u8]>>,
    path: &str,
    headers: &HeaderMap,
    keep: &'static str,
) -> Response {
    let packed = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(coding, end)| {
        takes(headers, coding).then(|| find(&format!("{path}.{end}"))).flatten().map(|body| (Some(coding), body))
    });
    let Some((coding, body)) = packed.or_else(|| find(path).map(|body| (None, body))) else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let headers = [(CONTENT_TYPE, media_type(path)), (CACHE_CONTROL, keep), (VARY, "accept-encoding")];
    let mut response = (headers, Body::from(body.into_owned())).into_response();
    if let Some(coding) = coding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// Whether a client says that it takes a coding (RFC 9110 §12.5.3); one that is named with `q=0` it does not.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
