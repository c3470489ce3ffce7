//! The token endpoint (RFC 6749 §3.2): form in, JSON out, never cached, never a cookie.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::Issuer;
use super::error::OAuthProblem;
use super::form::Form;
use crate::app::grants::{self, TokenRequest, Tokens};
use crate::domain::oauth::OAuthError;
use crate::http::rate::ClientAddress;
use crate::state::App;

pub(super) async fn token(
    State(app): State<Arc<App>>,
    Issuer(tenant): Issuer,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthProblem> {
    let body = body.map_err(|_| OAuthError::InvalidRequest("the body cannot be read"))?;
    let request = read(&headers, &Form::parse(&headers, &body)?)?;
    let tokens = grants::exchange(&app, &tenant, address, &request).await?;
    Ok(([(CACHE_CONTROL, "no-store"), (axum::http::header::PRAGMA, "no-cache")], Json(view(&tokens))).into_response())
}

/// RFC 6749 §5.1.
#[derive(Serialize)]
struct TokensView<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    scope: &'a str,
}

fn view(tokens: &Tokens) -> TokensView<'_> {
    TokensView {
        access_token: tokens.access_token.expose_secret(),
        token_type: "Bearer",
        expires_in: tokens.expires_in_s,
        refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose_secret()),
        scope: &tokens.scope,
    }
}

fn read(headers: &HeaderMap, form: &Form) -> Result<TokenRequest, OAuthError> {
    Ok(TokenRequest {
        grant_type: form.text("grant_type")?,
        client: form.client(headers)?,
        code: form.secret("code")?,
        redirect_uri: form.text("redirect_uri")?,
        code_verifier: form.secret("code_verifier")?,
        refresh_token: form.secret("refresh_token")?,
        assertion: form.secret("assertion")?,
        resource: form.text("resource")?,
    })
}
