//! The revocation endpoint (RFC 7009).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Issuer;
use super::error::OAuthProblem;
use super::form::Form;
use crate::app::revocation;
use crate::domain::oauth::OAuthError;
use crate::http::rate::ClientAddress;
use crate::state::App;

pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Issuer(tenant): Issuer,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthProblem> {
    let body = body.map_err(|_| OAuthError::InvalidRequest("the body cannot be read"))?;
    let form = Form::parse(&headers, &body)?;
    let token = form.secret("token")?.ok_or(OAuthError::InvalidRequest("token is missing"))?;
    revocation::revoke(&app, &tenant, address, &form.client(&headers)?, &token).await?;
    Ok((StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response())
}
