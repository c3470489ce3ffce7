//! Groups and their members.

use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/groups",                     "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/groups",                    "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("POST /tenants/{tenant}/groups",                    "gives a role",   [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("GET /tenants/{tenant}/groups/{group}",             "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/groups/{group}",           "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/groups/{group}",           "gives a role",   [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/groups/{group}",          "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/groups/{group}/members",     "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/groups/{group}/members",   "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/groups",        "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/groups",        "oneself",        [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}/groups") if asked.what == "gives a role" => {
            json!({"display_name": asked.slug(), "tenant_role": "admin"})
        }
        (_, "/tenants/{tenant}/groups") => json!({"display_name": asked.slug()}),
        (_, "/tenants/{tenant}/groups/{group}") if asked.what == "gives a role" => json!({"tenant_role": "auditor"}),
        (_, "/tenants/{tenant}/groups/{group}") => json!({"display_name": asked.slug()}),
        (_, "/tenants/{tenant}/groups/{group}/members") => json!({"add": [asked.things.person.id]}),
        _ => return None,
    })
}
