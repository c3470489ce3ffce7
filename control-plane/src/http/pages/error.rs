//! What people see when a page cannot be shown: what happened, what to do, a stable code and an id that is in the log.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};

use proto::names::ServerSlug;

use super::page;
use crate::app::sso::Refusal;
use crate::app::sso::person::Stranger;
use crate::app::upstream_oauth;
use crate::domain::Error;
use crate::domain::ids::AuthorizationRequestId;
use crate::domain::tenancy::Tenant;
use crate::http::problem::error_id;

/// A refusal for a person.
#[derive(Debug)]
pub(in crate::http) struct PageError {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    message: String,
    retry_after_s: Option<u64>,
    next: Option<Box<Next>>,
    /// For the log only.
    cause: Option<String>,
}

/// Where to go on, and what the link says.
#[derive(Debug)]
struct Next {
    url: String,
    label: &'static str,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    message: &'a str,
    code: &'a str,
    id: &'a str,
    next: Option<&'a Next>,
}

impl PageError {
    fn new(status: StatusCode, code: &'static str, title: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, title, message: message.into(), retry_after_s: None, next: None, cause: None }
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

    pub(in crate::http) fn client_blocked() -> Self {
        let message = "An administrator of this organisation has blocked the application that sent you here. Use another \
                       one, or ask them.";
        Self::new(StatusCode::FORBIDDEN, "oauth.client_blocked", "Blocked application", message)
    }

    pub(in crate::http) fn client_document(why: &'static str) -> Self {
        let message = format!(
            "The application that sent you here describes itself at a web address, and that does not work: {why}. Try \
             again later; if it stays so, show this page to an administrator."
        );
        Self::new(StatusCode::BAD_REQUEST, "oauth.client_document", "Unknown application", message)
    }

    /// An account at a server was not connected. What exactly was wrong is for the tenant's administrators.
    pub(in crate::http) fn account(
        refusal: upstream_oauth::Refusal,
        tenant: &Tenant,
        server: Option<&ServerSlug>,
        request: Option<AuthorizationRequestId>,
    ) -> Self {
        use upstream_oauth::Refusal as Why;
        let code = refusal.code();
        let (status, message) = match refusal {
            Why::Gone => {
                let message = "This authorization took too long, was finished before, or was begun by somebody else.";
                (StatusCode::BAD_REQUEST, message.to_owned())
            }
            Why::Away(_) => {
                let message = "The server, or whoever signs people in to it, does not answer as it should. Try again in a moment.";
                (StatusCode::BAD_GATEWAY, message.to_owned())
            }
            Why::Refused(code) => {
                let message =
                    format!("The provider did not authorize this ({code}). If you did not cancel, try again.");
                (StatusCode::FORBIDDEN, message)
            }
            Why::Answer(_) => {
                let message = "What the provider sent did not pass our checks, so nothing was connected.";
                (StatusCode::BAD_REQUEST, message.to_owned())
            }
            Why::Setup(_) => {
                let message = "This server is not set up yet so that people can connect it.";
                (StatusCode::CONFLICT, message.to_owned())
            }
            Why::Domain(error) => return error.into(),
        };
        let message =
            format!("{message} If it stays so, show this page to an administrator of {}.", tenant.display_name);
        let next = server.map(|slug| {
            let query = request.map(|id| format!("?request={id}")).unwrap_or_default();
            let url = format!("{}{query}", super::connect::path(tenant, slug));
            Box::new(Next { url, label: "Back to the server" })
        });
        Self { next, ..Self::new(status, code, "Not connected", message) }
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

    pub(super) fn no_sign_up() -> Self {
        let message = "Organisations are created by whoever runs this Portway. Ask them for one.";
        Self::new(StatusCode::NOT_FOUND, "sign_up.off", "Nothing here", message)
    }

    pub(super) fn sign_up_gone() -> Self {
        let message = "This link was used, or it has expired. If you have created your organisation, find it and sign in; \
                       else ask for a new link.";
        let next = Next { url: "/".to_owned(), label: "Go to sign-in" };
        let gone = Self::new(StatusCode::NOT_FOUND, "sign_up.gone", "This link is no longer good", message);
        Self { next: Some(Box::new(next)), ..gone }
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

    /// A sign-in by a provider that did not come to its end. What the provider did is for administrators, in the audit
    /// trail; the person hears what to do.
    pub(super) fn of_sign_in(refusal: Refusal, tenant: &Tenant, request: Option<AuthorizationRequestId>) -> Self {
        let again = Next { url: super::sign_in::sign_in_path(tenant, request), label: "Back to sign-in" };
        let code = refusal.code();
        let (status, title, message) = match refusal {
            Refusal::Gone => {
                let message = "This sign-in took too long, was used before, or began in another browser. Nothing was \
                               changed. Sign in again in this browser.";
                (StatusCode::BAD_REQUEST, "Start again", message.to_owned())
            }
            Refusal::Disabled => {
                let message = "This way to sign in is switched off. Choose another one.".to_owned();
                (StatusCode::FORBIDDEN, "Not available", message)
            }
            Refusal::Away { label, .. } => {
                let message = format!(
                    "{label} does not answer as it should, so it cannot tell us who you are. Try again in a moment; if \
                     it stays so, show this page to an administrator of {}.",
                    tenant.display_name
                );
                (StatusCode::BAD_GATEWAY, "Sign-in is not available", message)
            }
            Refusal::Refused { label, code } => {
                let message =
                    format!("{label} did not sign you in ({code}). If you did not cancel, ask an administrator.");
                (StatusCode::FORBIDDEN, "Not signed in", message)
            }
            Refusal::Answer { label, .. } => {
                let message = format!(
                    "What {label} sent did not pass our checks, so nobody was signed in. Try again; if it stays so, show \
                     this page to an administrator of {}.",
                    tenant.display_name
                );
                (StatusCode::BAD_REQUEST, "Not signed in", message)
            }
            Refusal::Person { label, why } => (StatusCode::FORBIDDEN, "No access", stranger(why, &label, tenant)),
            Refusal::Domain(error) => return error.into(),
        };
        Self { next: Some(Box::new(again)), ..Self::new(status, code, title, message) }
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

fn stranger(why: Stranger, label: &str, tenant: &Tenant) -> String {
    let tenant = &tenant.display_name;
    match why {
        Stranger::Deactivated => {
            format!("Your account at {tenant} is deactivated. If that is a mistake, ask an administrator of {tenant}.")
        }
        Stranger::NotInvited => format!(
            "{label} knows you, but you have no account at {tenant} yet. Ask an administrator of {tenant} for an \
             invitation, and sign in by its link."
        ),
        Stranger::OtherAddress => format!(
            "The invitation is for another e-mail address than the one that {label} vouches for. Sign in with the \
             address that was invited, or ask for an invitation to yours."
        ),
        Stranger::InvitationGone => {
            "The invitation was used, replaced or revoked, or it has expired. If you have joined, just sign in; else \
             ask for a new link."
                .to_owned()
        }
        Stranger::NotProvisioned => format!(
            "{label} knows you, but you are not assigned to Portway there. Ask the administrator of {label} at {tenant} \
             to assign you; your account then appears by itself."
        ),
        Stranger::NoVerifiedAddress => format!(
            "{label} does not vouch for an e-mail address of yours, so no account can be made. Ask an administrator of \
             {tenant}."
        ),
        Stranger::ForeignDomain => format!(
            "Your e-mail address is not of a domain of {tenant}. Sign in with your company account, or ask an \
             administrator of {tenant} for an invitation."
        ),
        Stranger::NameTaken => format!(
            "There is an account with your e-mail address at {tenant} that is not connected to {label}. It is not joined \
             to yours by itself: ask an administrator of {tenant}."
        ),
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
            Error::TooMany { code, public } => Self::new(StatusCode::TOO_MANY_REQUESTS, code, "Too many", public),
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
        let template = ErrorPage {
            title: self.title,
            message: &self.message,
            code: self.code,
            id: &id,
            next: self.next.as_deref(),
        };
        let mut response = page(self.status, &template);
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
