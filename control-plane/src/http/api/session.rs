//! The browser's session: sign in with a password, who am I, sign out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tenant::TenantView;
use super::users::UserView;
use crate::app::sign_in::{self, Entry};
use crate::app::{people, sessions, tenancy};
use crate::domain::Error;
use crate::domain::tenancy::Tenant;
use crate::http::cookies::{self, CookieKind};
use crate::http::extract::{Json, TenantDoor, TenantScope};
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::state::App;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    user_name: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Code of the second factor, or a recovery code: needed by who has one.
    #[schema(value_type = Option<String>, format = Password)]
    totp: Option<SecretString>,
}

/// Who is signed in, and where.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionView {
    user: UserView,
    tenant: TenantView,
}

/// Sign in with a local account.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/session", tag = "session", operation_id = "sign_in", request_body = SignIn, security(()),
    responses((status = 200, body = SessionView, description = "Signed in; the cookie is set")))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    TenantDoor(tenant): TenantDoor,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    Json(body): Json<SignIn>,
) -> Result<impl IntoResponse, Problem> {
    let tenant = tenant.ok_or_else(refused)?;
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let SignIn { user_name, password, totp: code } = body;
    let attempt = sign_in::Attempt { user_name: &user_name, password, code, address, user_agent };
    let signed_in = match sign_in::with_password(&app, &tenant, attempt).await {
        Ok(Entry::In(signed_in)) => signed_in,
        Ok(entry) => return Err(half_in(&app, &tenant, &entry)),
        Err(Error::Unauthenticated) => return Err(refused()),
        Err(error) => return Err(error.into()),
    };
    let cookie = cookies::set(&app.config, CookieKind::Session, &tenant.slug, &signed_in.token);
    let view = SessionView { user: signed_in.user.into(), tenant: tenant.into() };
    Ok(([(SET_COOKIE, cookie)], Json(view)))
}

/// One answer for an unknown tenant, an unknown name, a wrong password and a deactivated person.
fn refused() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "sign_in.refused", "The user name or the password is not right.")
}

/// The password was right, and a code is not there or not right.
fn half_in(app: &App, tenant: &Tenant, entry: &Entry) -> Problem {
    let (status, code, detail) = match entry {
        Entry::CodeRefused => (
            StatusCode::UNAUTHORIZED,
            "sign_in.totp_refused",
            "The code is not right, or it was used before: wait for the next one.".to_owned(),
        ),
        Entry::EnrolmentNeeded(_) => (
            StatusCode::FORBIDDEN,
            "sign_in.enrolment_needed",
            format!(
                "Your role needs a second factor: sign in once at {}/t/{}/ to set it up.",
                app.config.public_origin, tenant.slug
            ),
        ),
        Entry::In(_) | Entry::CodeNeeded(_) => (
            StatusCode::UNAUTHORIZED,
            "sign_in.totp_needed",
            "Send the code of your authenticator app, or a recovery code, as totp.".to_owned(),
        ),
    };
    Problem::new(status, code, detail)
}

/// Who am I?
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/session", tag = "session", operation_id = "get_session",
    responses((status = 200, body = SessionView)))]
pub(crate) async fn get(TenantScope(ctx): TenantScope) -> Result<Json<SessionView>, Problem> {
    let user = people::get(&ctx, ctx.caller.user_id()?).await?.into();
    Ok(Json(SessionView { user, tenant: tenancy::get(&ctx).await?.into() }))
}

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/session", tag = "session", operation_id = "sign_out",
    responses((status = 204, description = "Signed out; the cookie is gone")))]
pub(crate) async fn delete(TenantScope(ctx): TenantScope) -> Result<impl IntoResponse, Problem> {
    let tenant = tenancy::get(&ctx).await?;
    sessions::end(&ctx.app, ctx.tenant_id, &ctx.caller).await?;
    let cookie = cookies::clear(&ctx.app.config, CookieKind::Session, &tenant.slug);
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]))
}
