//! Home of a signed-in person: their servers, and how to add each to an IDE.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::sign_in::{SIGN_OUT, sign_in_path};
use super::{PageError, PageTenant, page, see_other, signed_in};
use crate::app::home::{Home, home};
use crate::crypto::csrf;
use crate::state::App;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    csrf_sign_out: String,
    home: &'a Home,
    admins: String,
    public_origin: &'a str,
}

/// `/t/acme` is what people type.
pub(super) async fn add_slash(PageTenant(tenant): PageTenant) -> Response {
    see_other(&format!("/t/{}/", tenant.slug))
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let Some(browser) = signed_in(&app, &tenant, &headers).await? else {
        return Ok(see_other(&sign_in_path(&tenant, None)));
    };
    let home = home(&browser.ctx, &tenant).await?;
    let template = HomePage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        csrf_sign_out: csrf::token(&browser.token, SIGN_OUT),
        admins: home.admins.join(", "),
        home: &home,
        public_origin: &app.config.public_origin,
    };
    Ok(page(StatusCode::OK, &template))
}
