//! Users and invitations.

use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/users",                      "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}",               "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}",               "oneself",        [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/grants",        "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/grants",        "oneself",        [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/users/{user}",             "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/users/{user}",             "oneself",        [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/users/{user}",             "own role",       [401,   401,     403,   403, 403,    403,    403,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/users/{user}",             "make owner",     [401,   401,     403,   403, 403,    403,    403,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/users/{user}",             "of an owner",    [401,   401,     403,   403, 403,    403,    403,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/users/{user}",             "deactivate",     [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/invitations",                "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/invitations",               "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("POST /tenants/{tenant}/invitations",               "make owner",     [401,   401,     403,   403, 403,    403,    403,  201,  401,     401]),
    ("DELETE /tenants/{tenant}/invitations/{invitation}", "",              [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/invitations/{invitation}", "of an owner",   [401,   401,     403,   403, 403,    403,    403,  204,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}/users/{user}") => match asked.what {
            "own role" | "make owner" => json!({"role": "owner"}),
            "of an owner" => json!({"role": "member"}),
            "deactivate" => json!({"status": "deactivated"}),
            _ => json!({"display_name": "Somebody else"}),
        },
        (_, "/tenants/{tenant}/invitations") => {
            json!({"email": asked.email(), "role": if asked.what == "make owner" { "owner" } else { "member" }})
        }
        _ => return None,
    })
}
