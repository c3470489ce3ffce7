//! Servers and who may use them.

use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/me/servers",                 "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/server-tags",                "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/servers",                    "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/servers",                   "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("GET /tenants/{tenant}/presets",                    "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/servers/{server}",           "",               [401,   401,     404,   200, 200,    200,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/servers/{server}",         "",               [401,   401,     404,   403, 200,    403,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/servers/{server}",        "",               [401,   401,     404,   403, 204,    403,    204,  204,  401,     401]),
    ("GET /tenants/{tenant}/servers/{server}/grants",    "",               [401,   401,     404,   403, 200,    403,    200,  200,  401,     401]),
    ("PUT /tenants/{tenant}/servers/{server}/grants",    "",               [401,   401,     404,   403, 200,    403,    200,  200,  401,     401]),
    ("PUT /tenants/{tenant}/servers/{server}/grants",    "everyone",       [401,   401,     404,   403, 200,    403,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/servers/{server}/candidates", "",              [401,   401,     404,   403, 200,    403,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/servers/{server}/grants/{grant}", "",       [401,   401,     404,   403, 204,    403,    204,  204,  401,     401]),
    ("GET /tenants/{tenant}/servers/{server}/tool-switches", "",           [401,   401,     404,   403, 200,    200,    200,  200,  401,     401]),
    ("PUT /tenants/{tenant}/servers/{server}/tool-switches", "",           [401,   401,     404,   403, 200,    403,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/servers/{server}/tool-switches", "",         [401,   401,     404,   403, 200,    403,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/server-probes",             "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/servers/{server}/playground", "",             [401,   401,     404,   200, 200,    403,    403,  403,  401,     401]),
    ("GET /tenants/{tenant}/servers/{server}/uses",      "",               [401,   401,     404,   403, 200,    403,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/servers/{server}/uses/{use}", "",           [401,   401,     404,   403, 204,    403,    204,  204,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}/servers") => {
            json!({"slug": asked.slug(), "display_name": "New", "upstream_url": "https://mcp.example/mcp"})
        }
        (_, "/tenants/{tenant}/servers/{server}") => json!({"description": "changed"}),
        (_, "/tenants/{tenant}/server-probes") => json!({"upstream_url": "https://127.0.0.1:1/mcp"}),
        (_, "/tenants/{tenant}/servers/{server}/playground") => json!({"method": "tools/list"}),
        (_, "/tenants/{tenant}/servers/{server}/tool-switches") => json!({"off": ["delete_everything"]}),
        (_, "/tenants/{tenant}/servers/{server}/grants") if asked.what == "everyone" => {
            json!({"subject": {"kind": "everyone"}, "role": "user"})
        }
        (_, "/tenants/{tenant}/servers/{server}/grants") => {
            json!({"subject": {"kind": "user", "id": asked.things.person.id}, "role": "manager"})
        }
        _ => return None,
    })
}
