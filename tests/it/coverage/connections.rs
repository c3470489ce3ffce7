//! What people are signed in with.

use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/me/connections",             "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/me/connections/{connection}", "",           [401,   401,     404,   404, 404,    404,    404,  404,  401,     401]),
    ("DELETE /tenants/{tenant}/me/connections/{connection}", "oneself",    [401,   401,     204,   204, 204,    204,    204,  204,  401,     401]),
    ("GET /tenants/{tenant}/me/sessions",                "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/me/sessions/{session}",   "",               [401,   401,     404,   404, 404,    404,    404,  404,  401,     401]),
    ("DELETE /tenants/{tenant}/me/sessions/{session}",   "oneself",        [401,   401,     204,   204, 204,    204,    204,  204,  401,     401]),
    ("POST /tenants/{tenant}/me/sign-out-everywhere",    "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/connections",   "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/users/{user}/connections/{connection}", "", [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/users/{user}/connections/{connection}", "of an owner", [401, 401, 403, 403, 403, 403,    403,  204,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/sessions",      "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/users/{user}/sessions/{session}", "",       [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/users/{user}/sessions/{session}", "of an owner", [401, 401,  403,   403, 403,    403,    403,  204,  401,     401]),
    ("POST /tenants/{tenant}/users/{user}/sign-out",     "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/users/{user}/sign-out",     "of an owner",    [401,   401,     403,   403, 403,    403,    403,  200,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    let signs_out = asked.path.ends_with("/sign-out-everywhere") || asked.path.ends_with("/sign-out");
    signs_out.then(|| json!({ "api_keys": true }))
}
