//! The operator's side.

use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /platform/session",                            "",               [401,   401,     401,   401, 401,    401,    401,  401,  200,     401]),
    ("POST /platform/session",                           "",               [200,   200,     200,   200, 200,    200,    200,  200,  200,     200]),
    ("DELETE /platform/session",                         "",               [401,   401,     401,   401, 401,    401,    401,  401,  403,     401]),
    ("GET /platform/nodes",                              "",               [401,   401,     401,   401, 401,    401,    401,  401,  200,     401]),
    ("POST /platform/nodes",                             "",               [401,   401,     401,   401, 401,    401,    401,  401,  201,     401]),
    ("GET /platform/nodes/{node}",                       "",               [401,   401,     401,   401, 401,    401,    401,  401,  200,     401]),
    ("PATCH /platform/nodes/{node}",                     "",               [401,   401,     401,   401, 401,    401,    401,  401,  200,     401]),
    ("DELETE /platform/nodes/{node}",                    "",               [401,   401,     401,   401, 401,    401,    401,  401,  204,     401]),
    ("GET /platform/tenants",                            "",               [401,   401,     401,   401, 401,    401,    401,  401,  200,     401]),
    ("POST /platform/tenants",                           "",               [401,   401,     401,   401, 401,    401,    401,  401,  201,     401]),
    ("GET /platform/tenants/{tenant}",                   "",               [401,   401,     401,   401, 401,    401,    401,  401,  200,     401]),
    ("PATCH /platform/tenants/{tenant}",                 "",               [401,   401,     401,   401, 401,    401,    401,  401,  200,     401]),
    ("POST /platform/tenants/{tenant}/key-rotations",    "",               [401,   401,     401,   401, 401,    401,    401,  401,  200,     401]),
    ("POST /platform/tenants/{tenant}/owner-invitations", "",              [401,   401,     401,   401, 401,    401,    401,  401,  201,     401]),
    ("DELETE /platform/tenants/{tenant}",                "",               [401,   401,     401,   401, 401,    401,    401,  401,  400,     401]),
    ("POST /platform/data-keys/rewrap",                  "",               [401,   401,     401,   401, 401,    401,    401,  401,  200,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/platform/session") => json!({"token": asked.operator_token}),
        (_, "/platform/tenants/{tenant}") => json!({"display_name": "Acme"}),
        (_, "/platform/data-keys/rewrap") => json!({}),
        (_, "/platform/tenants/{tenant}/key-rotations") => json!({"keys": ["signing", "session"]}),
        (_, "/platform/nodes") => json!({"name": asked.fresh, "pool": "default"}),
        (_, "/platform/nodes/{node}") => json!({"draining": true}),
        (_, "/platform/tenants") => json!({"slug": asked.slug(), "display_name": "New"}),
        (_, "/platform/tenants/{tenant}/owner-invitations") => json!({"email": asked.email()}),
        _ => return None,
    })
}
