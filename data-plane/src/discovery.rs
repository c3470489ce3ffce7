//! What an unauthenticated client may learn: where to get a token. Answered from the directory alone, equally for every
//! well-formed server name, so nothing tells whether a server exists.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use http::{HeaderValue, Method, Request, StatusCode};
use proto::claims::SCOPE_MCP;
use serde_json::json;

use crate::Node;
use crate::error::{Failure, TokenFault, json_response};
use crate::handle::route::{self, Route};

/// RFC 9728 §3.1: inserted before the path of the resource.
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Whether a path is one of those that [`protected_resource`] answers.
pub fn asked_for(path: &str) -> bool {
    path.strip_prefix(WELL_KNOWN).is_some_and(|rest| rest.starts_with('/'))
}

/// `GET /.well-known/oauth-protected-resource/<tenant>/mcp/<server>/server[/]`.
pub async fn protected_resource(node: Arc<Node>, request: Request<axum::body::Body>) -> Response {
    let (head, _) = request.into_parts();
    let path = head.uri.path().strip_prefix(WELL_KNOWN).unwrap_or_default();
    let mut response = match route::resolve(&node, &head, path).await {
        Err(failure) => failure.respond(None, None),
        Ok(_) if head.method == Method::OPTIONS => json_response(StatusCode::NO_CONTENT, Bytes::new()),
        Ok(_) if !matches!(head.method, Method::GET | Method::HEAD) => Failure::MethodNotAllowed.respond(None, None),
        Ok(route) => json_response(StatusCode::OK, document(&route)),
    };
    let headers = response.headers_mut();
    // Browser clients read this from anywhere, and send their protocol version along (R8).
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("MCP-Protocol-Version"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// `resource` is spelled as it was asked for: clients compare it with what their user typed (R2).
fn document(route: &Route) -> Bytes {
    json!({
        "resource": format!("{}{}{}", route.origin, route.path, route.trailing_slash()),
        "authorization_servers": [route.tenant.issuer],
        "scopes_supported": [SCOPE_MCP],
        "bearer_methods_supported": ["header"],
        "resource_name": format!("{} ({})", route.path.server, route.path.tenant),
    })
    .to_string()
    .into()
}

/// The `WWW-Authenticate` value of a 401 (RFC 6750 §3, RFC 9728 §5.1).
pub fn challenge(route: &Route, fault: Option<TokenFault>) -> Option<HeaderValue> {
    let error = match fault {
        Some(fault) => format!(", error=\"invalid_token\", error_description=\"{fault}\""),
        None => String::new(),
    };
    let metadata = format!("{}{WELL_KNOWN}{}{}", route.origin, route.path, route.trailing_slash());
    HeaderValue::from_str(&format!("Bearer resource_metadata=\"{metadata}\", scope=\"{SCOPE_MCP}\"{error}")).ok()
}
