//! The layer around every SCIM request: who calls, how much they may send, and what is kept of it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use proto::names::TenantSlug;
use secrecy::SecretString;
use serde_json::Value;

use super::error::{Detail, Refusal};
use crate::app::scim::requests::{self, Received};
use crate::app::scim::{Conditions, ScimCtx, tokens};
use crate::domain::limits::SCIM_BODY_BYTES_MAX;
use crate::domain::scim::{Object, ScimError, ScimResult};
use crate::http::rate::ClientAddress;
use crate::state::App;

/// An admitted request.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) ctx: ScimCtx,
    pub(super) conditions: Conditions,
    query: String,
    body: Bytes,
    is_json: bool,
}

impl Call {
    /// The body as a JSON object.
    pub(super) fn object(&self) -> ScimResult<Object> {
        if !self.is_json {
            let text = "send the body as application/scim+json or application/json";
            return Err(ScimError::InvalidSyntax(text.to_owned()));
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(ScimError::InvalidSyntax("the body must be a JSON object".to_owned())),
            Err(error) => Err(ScimError::InvalidSyntax(format!("the body is no JSON: {error}"))),
        }
    }

    /// A query parameter; names are compared in any case.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // A handler outside of the layer is refused, never let in.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ScimError::Unauthenticated.into())
    }
}

/// Proves who calls before anything is read of the body; keeps what valid callers sent.
pub(super) async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let ctx = match authenticate(&app, &mut parts).await {
        Ok(ctx) => ctx,
        Err(error) => return Refusal::from(error).into_response(),
    };
    let (method, path) = (parts.method.clone(), path_and_query(&parts));
    let read = to_bytes(body, SCIM_BODY_BYTES_MAX).await;
    let body = read.as_ref().cloned().unwrap_or_default();
    let response = match read {
        Ok(body) => {
            let call = Call {
                ctx: ctx.clone(),
                conditions: conditions(&parts.headers),
                query: parts.uri.query().unwrap_or_default().to_owned(),
                is_json: is_json(&parts.headers),
                body,
            };
            parts.extensions.insert(call);
            next.run(Request::from_parts(parts, Body::empty())).await
        }
        Err(_) => Refusal::from(ScimError::BodyTooLarge { max_bytes: SCIM_BODY_BYTES_MAX }).into_response(),
    };
    let received = Received {
        method: method.as_str(),
        path: &path,
        status: response.status().as_u16(),
        detail: response.extensions().get::<Detail>().map(|detail| detail.0.clone()),
        duration_ms: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
        body: &body,
    };
    requests::keep(&ctx, received).await;
    response
}

async fn authenticate(app: &Arc<App>, parts: &mut Parts) -> ScimResult<ScimCtx> {
    let address: Result<_, Infallible> = ClientAddress::from_request_parts(parts, app).await;
    let Ok(ClientAddress(address)) = address;
    let params = RawPathParams::from_request_parts(parts, &()).await.ok();
    let slug = params.iter().flatten().find(|(name, _)| *name == "tenant").map(|(_, text)| text.to_owned());
    let tenant = slug.and_then(|text| TenantSlug::parse(&text).ok());
    tokens::authenticate(app, tenant, address, bearer(&parts.headers)).await
}

fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().into())
}

/// Without the base, which is the same for all.
fn path_and_query(parts: &Parts) -> String {
    let below = parts.uri.path().to_owned();
    match parts.uri.query() {
        Some(query) => format!("{below}?{query}"),
        None => below,
    }
}

fn conditions(headers: &HeaderMap) -> Conditions {
    let value = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Conditions { matching: value(IF_MATCH), none_matching: value(IF_NONE_MATCH) }
}

/// Some senders of JSON name no type; none sends a form.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return true };
    let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
    ["application/scim+json", "application/json", "text/json"]
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
}

/// Text that is no id of its kind is answered like an id that does not exist.
pub(super) struct Id<T>(pub(super) T);

impl<T: std::str::FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let params = RawPathParams::from_request_parts(parts, &()).await.ok();
        let text = params.iter().flatten().find(|(name, _)| *name == "id").map(|(_, text)| text.to_owned());
        let id = text.and_then(|text| text.parse().ok());
        id.map(Self).ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "There is no such resource here."))
    }
}
