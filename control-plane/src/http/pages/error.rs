//! What people see when a page cannot be shown: what happened, what to do, a stable code and an id that is in the log.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

use super::page;
use crate::domain::Error;
use crate::http::problem::error_id;

/// A refusal for a person.
#[derive(Debug)]
pub(in crate::http) struct PageError {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    message: String,
    retry_after_s: Option<u64>,
    /// For the log only.
    cause: Option<String>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    message: &'a str,
    code: &'a str,
    id: &'a str,
}

impl PageError {
    fn new(status: StatusCode, code: &'static str, title: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, title, message: message.into(), retry_after_s: None, cause: None }
    }

    pub(in crate::http) fn no_tenant() -> Self {
        let message = "Check the address: there is no organisation of this name here.";
        Self::new(StatusCode::NOT_FOUND, "tenant.unknown", "Nothing here", message)
    }

    pub(in crate::http) fn suspended() -> Self {
        let message = "This organisation is suspended, so nobody can sign in. Its owner can tell you more.";
        Self::new(StatusCode::FORBIDDEN, "tenant.suspended", "Suspended", message)
    }

    pub(in crate::http) fn unknown_client() -> Self {
        let message = "The application that sent you here is not registered, or its registration has expired. Remove \
                       the server from the application and add it again.";
        Self::new(StatusCode::BAD_REQUEST, "oauth.unknown_client", "Unknown application", message)
    }

    pub(in crate::http) fn client_document(why: &'static str) -> Self {
        let message = format!(
            "The application that sent you here describes itself at a web address, and that does not work: {why}. Try \
             again later; if it stays so, show this page to an administrator."
        );
        Self::new(StatusCode::BAD_REQUEST, "oauth.client_document", "Unknown application", message)
    }

    pub(in crate::http) fn unknown_redirect_uri() -> Self {
        let message = "The application asked to return to an address that it did not register. We do not send you \
                       there. If you trust the application, remove the server from it and add it again.";
        Self::new(StatusCode::BAD_REQUEST, "oauth.unknown_redirect_uri", "Unknown return address", message)
    }

    pub(super) fn link_gone() -> Self {
        let message = "This link was used, replaced or revoked, or it has expired. If you have joined, just sign in; \
                       else ask for a new link.";
        Self::new(StatusCode::NOT_FOUND, "invitation.gone", "This link is no longer good", message)
    }

    /// A form without the token that only our own pages contain, or too old a page.
    pub(super) fn forged() -> Self {
        let message = "This form was open for too long, or you signed in or out in another tab. Go back, reload the \
                       page and try again.";
        Self::new(StatusCode::FORBIDDEN, "csrf", "Please try again", message)
    }

    pub(super) fn unreadable_form() -> Self {
        let message = "Go back, reload the page and try again.";
        Self::new(StatusCode::BAD_REQUEST, "form.unreadable", "The form did not arrive whole", message)
    }

    /// An error on the way from a client's request to its answer, in words for that situation.
    pub(super) fn of_request(error: Error) -> Self {
        match error {
            Error::NotFound { .. } => {
                let message = "This request has expired, or it was started in another browser. Go back to the \
                               application and connect again.";
                Self::new(StatusCode::BAD_REQUEST, "oauth.request_gone", "Start again", message)
            }
            Error::Conflict { code, .. } => {
                let message = "You have answered this request. Go back to the application; if it is not connected, \
                               connect again.";
                Self::new(StatusCode::CONFLICT, code, "Already answered", message)
            }
            error => error.into(),
        }
    }
}

impl From<Error> for PageError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { .. } => {
                let message = "There is nothing at this address, or you may not see it.";
                Self::new(StatusCode::NOT_FOUND, "not_found", "Nothing here", message)
            }
            Error::Conflict { code, public } => Self::new(StatusCode::CONFLICT, code, "Not possible now", public),
            Error::Invalid { code, field, public } => {
                let message = format!("{field}: {public}");
                Self::new(StatusCode::BAD_REQUEST, code, "Something needs correction", message)
            }
            Error::InvalidFields(fields) => {
                let lines: Vec<String> = fields.iter().map(|one| format!("{}: {}", one.field, one.message)).collect();
                Self::new(StatusCode::BAD_REQUEST, "invalid", "Something needs correction", lines.join("; "))
            }
            Error::Forbidden { action } => {
                let message = format!("You may not {action}.");
                Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", message)
            }
            Error::Unauthenticated => {
                Self::new(StatusCode::FORBIDDEN, "unauthenticated", "Not signed in", "Sign in and try again.")
            }
            Error::BadKey { code, public } => Self::new(StatusCode::FORBIDDEN, code, "Not signed in", public),
            Error::KeyNotAllowed { public } => {
                Self::new(StatusCode::FORBIDDEN, "key.not_allowed", "Not allowed", public)
            }
            Error::RateLimited { retry_after_ms } => {
                let seconds = retry_after_ms.div_ceil(1000).max(1);
                let message = format!("There were too many requests from your network. Try again in {seconds} s.");
                let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests", message);
                Self { retry_after_s: Some(seconds), ..error }
            }
            Error::Unavailable { internal } => {
                let message = "A part of the service is away. Try again in a moment.";
                let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available now", message);
                Self { retry_after_s: Some(1), cause: Some(internal), ..error }
            }
            Error::Internal(cause) => {
                let message = "Something went wrong on our side. If it happens again, tell your administrator the id.";
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Self {
                    cause: Some(cause.to_string()),
                    ..Self::new(status, "internal", "Something went wrong", message)
                }
            }
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let id = error_id();
        match &self.cause {
            Some(cause) => tracing::error!(error.id = id, code = self.code, cause, "a page failed"),
            None => tracing::info!(error.id = id, code = self.code, "a page was refused"),
        }
        let template = ErrorPage { title: self.title, message: &self.message, code: self.code, id: &id };
        let mut response = page(self.status, &template);
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
