//! Dynamic client registration (RFC 7591).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use super::Issuer;
use super::error::OAuthProblem;
use crate::app::registration;
use crate::domain::oauth::OAuthError;
use crate::http::rate::ClientAddress;
use crate::state::App;

pub(super) async fn register(
    State(app): State<Arc<App>>,
    Issuer(tenant): Issuer,
    ClientAddress(address): ClientAddress,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthProblem> {
    let unreadable = || OAuthError::InvalidClientMetadata("the body must be JSON of a reasonable size");
    let body = body.map_err(|_| unreadable())?;
    let body = serde_json::from_slice(&body).map_err(|_| unreadable())?;
    let client = registration::register(&app, &tenant, address, &body).await?;
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(client)).into_response())
}
