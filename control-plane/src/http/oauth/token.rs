//! The token endpoint (RFC 6749 §3.2): form in, JSON out, never cached, never a cookie.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde_json::json;

use super::Issuer;
use super::error::OAuthProblem;
use crate::app::grants::{self, TokenRequest, Tokens};
use crate::domain::oauth::OAuthError;
use crate::http::rate::ClientAddress;
use crate::state::App;

const FORM: &str = "application/x-www-form-urlencoded";

pub(super) async fn token(
    State(app): State<Arc<App>>,
    Issuer(tenant): Issuer,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthProblem> {
    let body = body.map_err(|_| OAuthError::InvalidRequest("the body cannot be read"))?;
    let request = parse(&headers, &body)?;
    let tokens = grants::exchange(&app, &tenant, address, &request).await?;
    Ok(([(CACHE_CONTROL, "no-store"), (axum::http::header::PRAGMA, "no-cache")], Json(view(&tokens))).into_response())
}

fn view(tokens: &Tokens) -> serde_json::Value {
    json!({
        "access_token": tokens.access_token.expose_secret(),
        "token_type": "Bearer",
        "expires_in": tokens.expires_in_s,
        "refresh_token": tokens.refresh_token.expose_secret(),
        "scope": tokens.scope,
    })
}

/// Reads the form. Unknown parameters are ignored, known ones may occur once (RFC 6749 §3.2).
fn parse(headers: &HeaderMap, body: &[u8]) -> Result<TokenRequest, OAuthError> {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case(FORM)) {
        return Err(OAuthError::InvalidRequest("the body must be application/x-www-form-urlencoded"));
    }
    // Clients here hold no secret: one that sends credentials means another server.
    if headers.contains_key(AUTHORIZATION) {
        return Err(OAuthError::InvalidClient);
    }
    let mut request = TokenRequest::default();
    for (name, value) in url::form_urlencoded::parse(body).filter(|(_, value)| !value.is_empty()) {
        let value = value.into_owned();
        let repeated = match &*name {
            "grant_type" => request.grant_type.replace(value).is_some(),
            "client_id" => request.client_id.replace(value).is_some(),
            "code" => request.code.replace(value.into()).is_some(),
            "redirect_uri" => request.redirect_uri.replace(value).is_some(),
            "code_verifier" => request.code_verifier.replace(value.into()).is_some(),
            "refresh_token" => request.refresh_token.replace(value.into()).is_some(),
            "resource" => request.resource.replace(value).is_some(),
            _ => false,
        };
        if repeated {
            return Err(OAuthError::InvalidRequest("a parameter occurs more than once"));
        }
    }
    Ok(request)
}
