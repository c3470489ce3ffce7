//! SCIM as administrators set it up.

use control_plane::domain::ids::ScimTokenId;
use control_plane::domain::page::PageRequest;
use control_plane::domain::scim::token::ScimToken;
use control_plane::store::TenantStore;
use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/scim",                       "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/scim/tokens",                "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/scim/tokens",               "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("DELETE /tenants/{tenant}/scim/tokens/{token}",     "",               [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
    ("GET /tenants/{tenant}/scim/requests",              "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("PUT /tenants/{tenant}/scim/users/{user}",          "",               [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
    ("PUT /tenants/{tenant}/scim/users/{user}",          "of an owner",    [401,   401,     403,   403, 403,    403,    403,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/scim/users/{user}",       "",               [401,   401,     403,   403, 403,    403,    409,  409,  401,     401]),
];

pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}/scim/tokens") => json!({"name": "okta"}),
        ("PUT", "/tenants/{tenant}/scim/users/{user}") => json!({}),
        _ => return None,
    })
}

/// A token for one call. The bound on a tenant's tokens is far below the number of cells, so the ones before go.
pub(super) async fn insert_token(store: &TenantStore) -> ScimTokenId {
    for token in store.list_scim_tokens(PageRequest { limit: 100, after: None }).await.unwrap().items {
        assert!(store.delete_scim_token(token.id).await.unwrap());
    }
    let (id, created_at) = (ScimTokenId(store.new_id()), store.now());
    let token =
        ScimToken { id, name: "okta".to_owned(), created_by: None, created_at, expires_at: None, last_used_at: None };
    store.insert_scim_token(&token, [7; 32]).await.unwrap();
    id
}
