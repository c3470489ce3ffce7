//! A person's own second factor: what they have, fresh recovery codes, taking it away. Fresh codes reach the page after
//! the form through a cookie that only this session can open and that the page clears.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use super::form::Fields;
use super::second_factor::{too_many, with_request};
use super::sign_in::{SIGN_OUT, next, request_of, sign_in_path};
use super::{PageBrowser, PageError, PageTenant, SignedIn, page, see_other, signed_in, with_cookie};
use crate::app::people;
use crate::app::second_factor::{self, Status};
use crate::crypto::csrf;
use crate::crypto::vault::{Key, Purpose};
use crate::domain::ids::{TenantId, UserId};
use crate::domain::limits::RECOVERY_CODE_CHARS;
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};
use crate::http::cookies::{self, CookieKind};
use crate::state::App;

const RENEW_FORM: &str = "renew-recovery-codes";
const REMOVE_FORM: &str = "remove-second-factor";

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    display_name: String,
    csrf_sign_out: String,
    csrf_renew: String,
    csrf_remove: String,
    enrolled: String,
    codes_left: u64,
    is_required: bool,
    problem: &'a str,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage<'a> {
    tenant_name: &'a str,
    codes: Vec<String>,
    next: String,
}

#[derive(Template)]
#[template(path = "recovered.html")]
struct RecoveredPage<'a> {
    tenant_slug: &'a str,
    tenant_name: &'a str,
    left: u64,
    next: String,
}

pub(super) async fn show(PageBrowser(tenant, browser): PageBrowser) -> Result<Response, PageError> {
    security_page(StatusCode::OK, &tenant, &browser, "").await
}

/// The codes that were just made, once.
pub(super) async fn show_codes(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let request = request_of(query.as_deref())?;
    let Some(browser) = signed_in(&app, &tenant, &headers).await? else {
        return Ok(see_other(&sign_in_path(&tenant, request)));
    };
    let cookie = cookies::read(&app.config, CookieKind::FreshCodes, &tenant.slug, &headers);
    let Some(codes) = cookie.and_then(|cookie| open_codes(&browser, &cookie)) else {
        return Ok(see_other(&format!("/t/{}/security", tenant.slug)));
    };
    let template = CodesPage { tenant_name: &tenant.display_name, codes, next: next(&tenant, request) };
    let response = page(StatusCode::OK, &template);
    Ok(with_cookie(response, &cookies::clear(&app.config, CookieKind::FreshCodes, &tenant.slug)))
}

/// After a sign-in with a recovery code.
pub(super) async fn show_recovered(
    State(app): State<Arc<App>>,
    PageTenant(tenant): PageTenant,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let request = request_of(query.as_deref())?;
    let Some(browser) = signed_in(&app, &tenant, &headers).await? else {
        return Ok(see_other(&sign_in_path(&tenant, request)));
    };
    let left = second_factor::status(&browser.ctx, browser.ctx.caller.user_id()?).await?.recovery_codes_left;
    let (tenant_slug, tenant_name) = (tenant.slug.as_str(), tenant.display_name.as_str());
    Ok(page(StatusCode::OK, &RecoveredPage { tenant_slug, tenant_name, left, next: next(&tenant, request) }))
}

pub(super) async fn renew(
    State(app): State<Arc<App>>,
    PageBrowser(tenant, browser): PageBrowser,
    fields: Fields,
) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), RENEW_FORM)?;
    match second_factor::renew_codes(&browser.ctx, &fields.get("code")).await {
        Ok(Some(codes)) => {
            let caller = browser.ctx.caller.user_id()?;
            let fresh = seal_codes(&browser.token, tenant.id, caller, &codes)?;
            let response = see_other(&with_request(&tenant, "security/codes", None));
            Ok(with_cookie(response, &cookies::set(&app.config, CookieKind::FreshCodes, &tenant.slug, &fresh)))
        }
        refused => refusal(&tenant, &browser, refused.map(drop)).await,
    }
}

pub(super) async fn remove(PageBrowser(tenant, browser): PageBrowser, fields: Fields) -> Result<Response, PageError> {
    fields.check(Some(&browser.token), REMOVE_FORM)?;
    match second_factor::remove(&browser.ctx, &fields.get("code")).await {
        Ok(true) => Ok(see_other(&format!("/t/{}/security", tenant.slug))),
        refused => refusal(&tenant, &browser, refused.map(drop)).await,
    }
}

/// A wrong code, or one that has to wait.
async fn refusal(tenant: &Tenant, browser: &SignedIn, outcome: Result<()>) -> Result<Response, PageError> {
    let (status, problem) = match outcome {
        Ok(()) => (StatusCode::FORBIDDEN, "That code is not right, or it was used before.".to_owned()),
        Err(Error::RateLimited { retry_after_ms }) => (StatusCode::TOO_MANY_REQUESTS, too_many(retry_after_ms)),
        Err(error) => return Err(error.into()),
    };
    security_page(status, tenant, browser, &problem).await
}

async fn security_page(
    status: StatusCode,
    tenant: &Tenant,
    browser: &SignedIn,
    problem: &str,
) -> Result<Response, PageError> {
    let user = people::get(&browser.ctx, browser.ctx.caller.user_id()?).await?;
    let Status { enrolled_at, recovery_codes_left, is_required } = second_factor::status(&browser.ctx, user.id).await?;
    let template = SecurityPage {
        tenant_slug: tenant.slug.as_str(),
        tenant_name: &tenant.display_name,
        display_name: user.display_name,
        csrf_sign_out: csrf::token(&browser.token, SIGN_OUT),
        csrf_renew: csrf::token(&browser.token, RENEW_FORM),
        csrf_remove: csrf::token(&browser.token, REMOVE_FORM),
        enrolled: enrolled_at.map(|at| at.format("%-d %b %Y").to_string()).unwrap_or_default(),
        codes_left: recovery_codes_left,
        is_required,
        problem,
    };
    Ok(page(status, &template))
}

/// Only the holder of the session can open it, and only the holder of the cookie has it.
pub(super) fn seal_codes(
    session: &SecretString,
    tenant: TenantId,
    user: UserId,
    codes: &[SecretString],
) -> Result<SecretString> {
    let key = Key::derived(session, Purpose::FreshRecoveryCodes)?;
    let plain: SecretString = codes.iter().map(ExposeSecret::expose_secret).collect::<String>().into();
    let sealed = key.seal(tenant, Purpose::FreshRecoveryCodes, user.0, plain.expose_secret().as_bytes())?;
    Ok(URL_SAFE_NO_PAD.encode(sealed).into())
}

/// In two halves, easier to copy by hand.
fn open_codes(browser: &SignedIn, cookie: &SecretString) -> Option<Vec<String>> {
    let sealed = URL_SAFE_NO_PAD.decode(cookie.expose_secret()).ok()?;
    let key = Key::derived(&browser.token, Purpose::FreshRecoveryCodes).ok()?;
    let (tenant, user) = (browser.ctx.tenant_id, browser.ctx.caller.principal.uuid());
    let plain = key.open(tenant, Purpose::FreshRecoveryCodes, user, &sealed).ok()?;
    let halves = |code: &[u8]| {
        let (left, right) = code.split_at(code.len() / 2);
        format!("{}-{}", String::from_utf8_lossy(left), String::from_utf8_lossy(right))
    };
    Some(plain.chunks(RECOVERY_CODE_CHARS).map(halves).collect())
}
