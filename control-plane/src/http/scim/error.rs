//! Refusals as RFC 7644 §3.12 has them.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::domain::Error;
use crate::domain::scim::{ScimError, schema};
use crate::http::problem::error_id;

pub(super) const MEDIA_TYPE: &str = "application/scim+json; charset=utf-8";

/// A refusal on its way out.
pub(super) struct Refusal {
    status: StatusCode,
    scim_type: Option<&'static str>,
    detail: String,
    retry_after_s: Option<u64>,
}

/// Why a request was refused, for the log of requests.
#[derive(Clone)]
pub(super) struct Detail(pub(super) String);

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into(), retry_after_s: None }
    }

    /// Logs the cause under a fresh id and shows the id.
    fn ours(status: StatusCode, cause: &dyn std::fmt::Display) -> Self {
        let id = error_id();
        tracing::error!(error.id = id, %cause, "a SCIM request failed");
        Self::new(status, format!("Something went wrong on our side: try again, and quote the id {id} if it stays."))
    }
}

impl From<ScimError> for Refusal {
    fn from(error: ScimError) -> Self {
        let (status, scim_type, detail) = match &error {
            ScimError::Domain(_) => return Self::of_domain(error),
            ScimError::Uniqueness(_) => (StatusCode::CONFLICT, error.scim_type(), error.to_string()),
            ScimError::Changed { .. } => (StatusCode::PRECONDITION_FAILED, None, error.to_string()),
            ScimError::Unsupported(_) => (StatusCode::NOT_IMPLEMENTED, None, error.to_string()),
            ScimError::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, None, error.to_string()),
            ScimError::Unauthenticated => {
                let text = "The bearer token is missing, wrong, expired or deleted.";
                (StatusCode::UNAUTHORIZED, None, text.to_owned())
            }
            _ => (StatusCode::BAD_REQUEST, error.scim_type(), error.to_string()),
        };
        Self { status, scim_type, detail, retry_after_s: None }
    }
}

impl Refusal {
    fn of_domain(error: ScimError) -> Self {
        let scim_type = error.scim_type();
        let ScimError::Domain(error) = error else { return Self::ours(StatusCode::INTERNAL_SERVER_ERROR, &error) };
        let refusal = match error {
            Error::NotFound { what } => Self::new(StatusCode::NOT_FOUND, format!("There is no such {what} here.")),
            Error::Conflict { public, .. } => Self::new(StatusCode::CONFLICT, public),
            Error::Invalid { field, public, .. } => Self::new(StatusCode::BAD_REQUEST, format!("{field} {public}")),
            Error::RateLimited { retry_after_ms } => Self {
                retry_after_s: Some(retry_after_ms.div_ceil(1000).max(1)),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests: wait and try again.")
            },
            Error::Unavailable { internal } => {
                Self { retry_after_s: Some(1), ..Self::ours(StatusCode::SERVICE_UNAVAILABLE, &internal) }
            }
            other => Self::ours(StatusCode::INTERNAL_SERVER_ERROR, &other),
        };
        Self { scim_type, ..refusal }
    }
}

impl<E: Into<ScimError>> From<E> for Box<Refusal> {
    fn from(error: E) -> Self {
        Self::new(error.into().into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = Map::from_iter([
            ("schemas".to_owned(), json!([schema::ERROR])),
            ("status".to_owned(), self.status.as_u16().to_string().into()),
            ("detail".to_owned(), self.detail.clone().into()),
        ]);
        if let Some(scim_type) = self.scim_type {
            body.insert("scimType".to_owned(), scim_type.into());
        }
        let headers = [(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "no-store")];
        let mut response = (self.status, headers, Value::Object(body).to_string()).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"scim\""));
        }
        response.extensions_mut().insert(Detail(self.detail));
        response
    }
}

/// An unknown path below the base.
pub(super) async fn nothing_here(uri: Uri) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("There is nothing at {} here.", uri.path()))
}

/// A known path with another method.
pub(super) async fn no_method(method: Method) -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not possible here."))
}

pub(super) async fn no_bulk() -> Refusal {
    ScimError::Unsupported("Bulk requests are not supported: see ServiceProviderConfig.").into()
}

pub(super) async fn no_me() -> Refusal {
    ScimError::Unsupported("A token is nobody's: there is no /Me.").into()
}
