//! `domain::Error` as problem+json (RFC 9457): the error format of everything under `/api`.
//!
//! An internal error shows an id and nothing else; the same id is in the log with the cause. What is invisible and what
//! does not exist have one body, byte for byte.

use std::any::Any;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::crypto::tokens;
use crate::domain::Error;
use crate::domain::error::FieldError;

/// A refusal.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    id: Option<String>,
    retry_after_s: Option<u64>,
}

/// Body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView<'a> {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'a str,
    status: u16,
    /// Stable and machine-readable, such as `server.slug_taken`.
    code: &'a str,
    /// What happened, for people.
    detail: &'a str,
    /// The fields to correct.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(value_type = Vec<FieldError>, required = false)]
    errors: &'a [FieldError],
    /// Quote this to your operator: the log has the cause under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new(), id: None, retry_after_s: None }
    }

    pub(super) fn view(&self) -> ProblemView<'_> {
        ProblemView {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            errors: &self.errors,
            id: self.id.as_deref(),
        }
    }

    fn fields(status: StatusCode, code: &'static str, detail: impl Into<String>, errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(status, code, detail) }
    }

    /// The request was meant for another host (RFC 9110 §15.5.20).
    pub(super) fn misdirected() -> Self {
        Self::new(StatusCode::MISDIRECTED_REQUEST, "host.unknown", "This service does not answer under that host name.")
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here, or you may not see it.")
    }

    /// Logs the cause under a fresh id and shows the id.
    fn internal(cause: &dyn std::fmt::Display) -> Self {
        let id = error_id();
        tracing::error!(error.id = id, %cause, "internal error");
        let detail = "Something went wrong on our side. Quote the id to your operator.";
        Self { id: Some(id), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { .. } => Self::not_found(),
            Error::Conflict { code, public } => Self::new(StatusCode::CONFLICT, code, public),
            Error::Invalid { code, field, public } => {
                let fields = vec![FieldError { field: field.to_owned(), code, message: public.clone() }];
                Self::fields(StatusCode::BAD_REQUEST, code, format!("{field}: {public}"), fields)
            }
            Error::InvalidFields(errors) => {
                Self::fields(StatusCode::BAD_REQUEST, "invalid", "Some fields need correction.", errors)
            }
            Error::Forbidden { action } => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", format!("You may not {action}."))
            }
            Error::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first."),
            Error::BadKey { code, public } => Self::new(StatusCode::UNAUTHORIZED, code, public),
            Error::KeyNotAllowed { public } => Self::new(StatusCode::FORBIDDEN, "key.not_allowed", public),
            Error::TooMany { code, public } => Self::new(StatusCode::TOO_MANY_REQUESTS, code, public),
            Error::RateLimited { retry_after_ms } => Self {
                retry_after_s: Some(retry_after_ms.div_ceil(1000).max(1)),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests: wait and try again.")
            },
            Error::Unavailable { internal } => {
                let id = error_id();
                tracing::warn!(error.id = id, cause = internal, "unavailable");
                let detail = "A part of the service is away: try again in a moment.";
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
                Self { id: Some(id), retry_after_s: Some(1), ..problem }
            }
            Error::Internal(cause) => Self::internal(&cause),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.view()).unwrap_or_default();
        let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
        let mut response = (self.status, headers, body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2 wants a challenge: people have a session or a key, operators a token.
            let challenge = HeaderValue::from_static("Session realm=\"portway\", Bearer realm=\"portway\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// An unknown path.
pub(super) async fn no_route(_: Uri) -> Problem {
    Problem::not_found()
}

/// A known path with another method.
pub(super) async fn no_method(method: Method) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", format!("{method} is not possible here."))
}

pub(super) fn from_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    Problem::internal(&format!("panic: {}", text.unwrap_or("without a message"))).into_response()
}

/// Short enough to read over the phone, long enough to be found in a log.
pub(super) fn error_id() -> String {
    let bytes = tokens::random_bytes::<6>().unwrap_or_default();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
