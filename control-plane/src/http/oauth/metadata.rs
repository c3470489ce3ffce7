//! What the authorization server says of itself (RFC 8414), and its keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use proto::claims::SCOPE_MCP;
use serde_json::{Value, json};

use super::Issuer;
use super::error::OAuthProblem;
use crate::app::grants::JWT_BEARER;
use crate::app::sso::assertion;
use crate::app::{documents, keys};
use crate::state::App;

/// Clients look again after this long.
const CACHE: &str = "public, max-age=300";

/// Says that identity assertions are taken (MCP enterprise-managed authorization §6).
const ID_JAG_PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// The same document in all three places.
pub(super) async fn show(State(app): State<Arc<App>>, Issuer(tenant): Issuer) -> Result<Response, OAuthProblem> {
    let mut document = document(&tenant.issuer, documents::are_welcome(&app, &tenant));
    if assertion::are_welcome(&app, tenant.id).await?
        && let Some(members) = document.as_object_mut()
    {
        members.insert("grant_types_supported".to_owned(), json!(["authorization_code", "refresh_token", JWT_BEARER]));
        members.insert("authorization_grant_profiles_supported".to_owned(), json!([ID_JAG_PROFILE]));
    }
    Ok(([(CACHE_CONTROL, CACHE)], Json(document)).into_response())
}

pub(super) async fn jwks(State(app): State<Arc<App>>, Issuer(tenant): Issuer) -> Result<Response, OAuthProblem> {
    let keys = keys::jwks(&app, tenant.id).await?;
    Ok(([(CACHE_CONTROL, CACHE)], Json(keys)).into_response())
}

/// Only what exists: a flow that a client finds here must work. Scopes leave out `offline_access`, because refresh
/// tokens are always issued and clients that see it ask for consent each time.
fn document(issuer: &str, client_documents: bool) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "registration_endpoint": format!("{issuer}/oauth/register"),
        "jwks_uri": format!("{issuer}/oauth/jwks"),
        "scopes_supported": [SCOPE_MCP],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": client_documents,
    })
}
