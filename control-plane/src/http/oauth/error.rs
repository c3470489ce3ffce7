//! Refusals of the token and registration endpoints as RFC 6749 §5.2 and RFC 7591 §3.2.2 have them.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::domain::Error;
use crate::domain::oauth::OAuthError;
use crate::http::problem::error_id;

/// What goes back to a program.
pub(super) enum OAuthProblem {
    NoTenant,
    OAuth(OAuthError),
}

impl<E: Into<OAuthError>> From<E> for OAuthProblem {
    fn from(error: E) -> Self {
        Self::OAuth(error.into())
    }
}

impl IntoResponse for OAuthProblem {
    fn into_response(self) -> Response {
        match self {
            Self::NoTenant => refusal(StatusCode::NOT_FOUND, "not_found", "there is no such issuer here"),
            Self::OAuth(OAuthError::Domain(error)) => unavailable(error),
            Self::OAuth(error) => {
                let status = match error {
                    OAuthError::InvalidClient | OAuthError::InvalidClientDocument(_) => StatusCode::UNAUTHORIZED,
                    _ => StatusCode::BAD_REQUEST,
                };
                let mut response = refusal(status, error.code(), error.description());
                if status == StatusCode::UNAUTHORIZED {
                    let challenge = HeaderValue::from_static("Basic realm=\"oauth\"");
                    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
                }
                response
            }
        }
    }
}

/// Ours to repair: the client keeps what it has and comes back. Never `invalid_grant`, which would sign people out.
fn unavailable(error: Error) -> Response {
    let code = "temporarily_unavailable";
    let (mut response, seconds) = match error {
        Error::RateLimited { retry_after_ms } => {
            let text = "too many requests; try again later";
            (refusal(StatusCode::TOO_MANY_REQUESTS, code, text), retry_after_ms.div_ceil(1000).max(1))
        }
        error => {
            let id = error_id();
            tracing::error!(error.id = id, cause = %error, "an OAuth endpoint failed");
            let text = format!("the authorization server cannot answer now; try again (id {id})");
            (refusal(StatusCode::SERVICE_UNAVAILABLE, code, &text), 1)
        }
    };
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

fn refusal(status: StatusCode, code: &str, description: &str) -> Response {
    let body = Json(json!({ "error": code, "error_description": description }));
    (status, [(CACHE_CONTROL, "no-store")], body).into_response()
}

/// An unknown well-known place.
pub(super) async fn nothing_here() -> Response {
    refusal(StatusCode::NOT_FOUND, "not_found", "there is no such document here")
}
