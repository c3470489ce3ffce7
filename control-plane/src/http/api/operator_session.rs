//! An operator's session in a browser: trade the token for it, who am I, sign out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::operator_sessions;
use crate::domain::Error;
use crate::domain::ids::OperatorId;
use crate::domain::operator::Operator;
use crate::http::cookies::{self, OutsideCookie};
use crate::http::extract::{Json, OperatorScope, Unforged};
use crate::http::problem::Problem;
use crate::http::rate::ClientAddress;
use crate::state::App;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorSignIn {
    /// Of an operator: `pwo_…`.
    #[schema(value_type = String, format = Password)]
    token: SecretString,
}

/// Who runs this deployment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operator)]
pub(crate) struct OperatorView {
    id: OperatorId,
    name: String,
}

/// Which operator is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperatorSessionView {
    operator: OperatorView,
    /// When the session ends however much it is used; absent where a token came with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
}

impl OperatorSessionView {
    fn of(Operator { id, name, .. }: Operator, expires_at: Option<DateTime<Utc>>) -> Self {
        Self { operator: OperatorView { id, name }, expires_at }
    }
}

/// Sign in with an operator's token.
#[utoipa::path(post, path = "/api/v1/platform/session", tag = "platform", operation_id = "platform_sign_in",
    request_body = OperatorSignIn, security(()),
    responses((status = 200, body = OperatorSessionView, description = "Signed in; the cookie is set")))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    _: Unforged,
    ClientAddress(address): ClientAddress,
    Json(body): Json<OperatorSignIn>,
) -> Result<impl IntoResponse, Problem> {
    let token = SecretString::from(body.token.expose_secret().trim());
    let signed_in = operator_sessions::start(&app, &token, address).await.map_err(|error| match error {
        Error::Unauthenticated => refused(),
        error => error.into(),
    })?;
    let cookie = cookies::set_outside(&app.config, OutsideCookie::Operator, &signed_in.token);
    let view = OperatorSessionView::of(signed_in.operator, Some(signed_in.session.expires_at));
    Ok(([(SET_COOKIE, cookie)], Json(view)))
}

fn refused() -> Problem {
    let detail = "This is no operator's token, or it was revoked.";
    Problem::new(StatusCode::UNAUTHORIZED, "operator.refused", detail)
}

/// Which operator am I?
#[utoipa::path(get, path = "/api/v1/platform/session", tag = "platform", operation_id = "platform_get_session",
    responses((status = 200, body = OperatorSessionView)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    OperatorScope { operator, session }: OperatorScope,
) -> Result<Json<OperatorSessionView>, Problem> {
    let operator = operator_sessions::get(&app, operator).await?;
    Ok(Json(OperatorSessionView::of(operator, session.map(|session| session.expires_at))))
}

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/platform/session", tag = "platform", operation_id = "platform_sign_out",
    responses((status = 204, description = "Signed out; the cookie is gone")))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    OperatorScope { session, .. }: OperatorScope,
) -> Result<impl IntoResponse, Problem> {
    let public = "There is no session to end: the request came with an operator's token.";
    operator_sessions::end(&app, &session.ok_or(Error::KeyNotAllowed { public })?).await?;
    let cookie = cookies::clear_outside(&app.config, OutsideCookie::Operator);
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]))
}
