//! The tenant itself, its audit trail, and sessions.

use serde_json::{Value, json};
use world::people::PASSWORD;

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}",                            "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}",                          "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/audit",                      "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/audit/verification",         "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/audit/export",               "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/session",                    "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/session",                   "",               [200,   200,     200,   200, 200,    200,    200,  200,  200,     200]),
    ("DELETE /tenants/{tenant}/session",                 "",               [401,   401,     204,   204, 204,    204,    204,  204,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}") => json!({"display_name": "Acme"}),
        (_, "/tenants/{tenant}/session") => json!({"user_name": asked.owner_name, "password": PASSWORD}),
        _ => return None,
    })
}
