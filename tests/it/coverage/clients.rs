//! Registered OAuth clients.

use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/clients",                    "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/clients",                   "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("GET /tenants/{tenant}/clients/{client}",           "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/clients/{client}",         "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/clients/{client}",        "",               [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
    ("POST /tenants/{tenant}/clients/{client}/secrets",  "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}/clients") => {
            json!({"name": "New", "redirect_uris": ["http://localhost/callback"], "auth": "secret"})
        }
        (_, "/tenants/{tenant}/clients/{client}") => json!({"name": "Renamed"}),
        (_, "/tenants/{tenant}/clients/{client}/secrets") => json!({"overlap_s": 0}),
        _ => return None,
    })
}
