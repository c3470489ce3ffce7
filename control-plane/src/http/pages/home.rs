//! Home of a signed-in person: their servers, and how to add each to an IDE.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use proto::names::ServerSlug;
use secrecy::ExposeSecret as _;

use super::sign_in::SIGN_OUT;
use super::{PageBrowser, PageError, PageTenant, page, see_other, with_cookie};
use crate::app::home::{AccountNeed, Home, View, home};
use crate::crypto::csrf;
use crate::domain::limits::NAME_CHARS_MAX;
use crate::http::console;
use crate::http::cookies::{self, CookieKind};
use crate::state::App;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    csrf_sign_out: String,
    home: &'a Home,
    view: &'a View,
    admins: String,
    public_origin: &'a str,
    has_console: bool,
}

/// `/t/acme` is what people type.
pub(super) async fn add_slash(PageTenant(tenant): PageTenant) -> Response {
    see_other(&format!("/t/{}/", tenant.slug))
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    PageBrowser(tenant, browser): PageBrowser,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    // Whoever had to sign in on the way to connect a server goes on there.
    let wanted = cookies::read(&app.config, CookieKind::Connect, &tenant.slug, &headers);
    if let Some(slug) = wanted.and_then(|slug| ServerSlug::parse(slug.expose_secret()).ok()) {
        let response = see_other(&super::connect::path(&tenant, &slug));
        return Ok(with_cookie(response, &cookies::clear(&app.config, CookieKind::Connect, &tenant.slug)));
    }
    // And whoever had to on the way to the console goes on there.
    if let Some(rest) = cookies::read(&app.config, CookieKind::Console, &tenant.slug, &headers) {
        let response = see_other(&console::path(&tenant.slug, &console::way_back(rest.expose_secret())));
        return Ok(with_cookie(response, &cookies::clear(&app.config, CookieKind::Console, &tenant.slug)));
    }
    let view = view(&query.unwrap_or_default());
    let home = home(&browser.ctx, &tenant, &view).await?;
    let template = HomePage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        csrf_sign_out: csrf::token(&browser.token, SIGN_OUT),
        admins: home.admins.join(", "),
        home: &home,
        view: &view,
        public_origin: &app.config.public_origin,
        has_console: console::is_built(),
    };
    Ok(page(StatusCode::OK, &template))
}

/// What cannot be read is left out: the page has something to show in any case.
fn view(query: &str) -> View {
    let mut view = View::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "q" => view.text = value.trim().chars().take(NAME_CHARS_MAX).collect(),
            // People count from 1.
            "page" => view.page = value.parse::<u64>().unwrap_or(1).saturating_sub(1),
            _ => {}
        }
    }
    view
}

impl HomePage<'_> {
    fn previous_link(&self) -> String {
        self.page_link(self.view.page)
    }

    fn next_link(&self) -> String {
        self.page_link(self.view.page.saturating_add(2))
    }

    /// The same view, another page, counted from 1.
    fn page_link(&self, page: u64) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &self.view.text)
            .append_pair("page", &page.to_string())
            .finish();
        format!("?{query}")
    }

    fn is_narrowed(&self) -> bool {
        self.view.page > 0 || !self.view.text.is_empty()
    }
}
