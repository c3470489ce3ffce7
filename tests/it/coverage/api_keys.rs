//! API keys.

use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/keys",                       "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/keys",                       "somebody's",     [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/keys",                       "everybody's",    [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/keys",                      "",               [401,   401,     201,   201, 201,    201,    201,  201,  401,     401]),
    ("POST /tenants/{tenant}/keys",                      "for a server",   [401,   401,     400,   201, 201,    201,    201,  201,  401,     401]),
    ("GET /tenants/{tenant}/keys",                       "of a service account", [401, 401, 403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/keys",                      "of a service account", [401, 401, 403,   403, 403,    403,    201,  201,  401,     401]),
    ("POST /tenants/{tenant}/keys/{key}/rotations",      "",               [401,   401,     404,   404, 404,    403,    403,  403,  401,     401]),
    ("POST /tenants/{tenant}/keys/{key}/rotations",      "oneself",        [401,   401,     201,   201, 201,    201,    201,  201,  401,     401]),
    ("POST /tenants/{tenant}/keys/{key}/rotations",      "of a service account", [401, 401, 404,   404, 404,    403,    201,  201,  401,     401]),
    ("DELETE /tenants/{tenant}/keys/{key}",              "of a service account", [401, 401, 404,   404, 404,    403,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/keys/{key}",              "",               [401,   401,     404,   404, 404,    403,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/keys/{key}",              "oneself",        [401,   401,     204,   204, 204,    204,    204,  204,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}/keys") if asked.what == "for a server" => {
            json!({"name": "ci", "never_expires": true, "server_ids": [asked.things.server.id]})
        }
        (_, "/tenants/{tenant}/keys") if asked.what == "of a service account" => {
            json!({"name": "ci", "service_account_id": asked.things.service_account})
        }
        (_, "/tenants/{tenant}/keys") => json!({"name": "ci"}),
        (_, "/tenants/{tenant}/keys/{key}/rotations") => json!({"overlap_s": 60}),
        _ => return None,
    })
}
