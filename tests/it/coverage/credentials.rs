//! What people present to servers for themselves.

use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/me/accounts",                "",               [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/servers/{server}/credentials", "",             [401,   401,     404,   200, 200,    200,    200,  200,  401,     401]),
    ("PUT /tenants/{tenant}/servers/{server}/credentials", "",             [401,   401,     404,   204, 204,    404,    404,  404,  401,     401]),
    ("PUT /tenants/{tenant}/servers/{server}/credentials", "somebody else's", [401, 401,    404,   403, 204,    403,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/servers/{server}/credentials/{credential}", "", [401, 401,   404,   404, 204,    404,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/servers/{server}/credentials/{credential}", "oneself", [401, 401, 404, 204, 204, 204,    204,  204,  401,     401]),
    ("GET /tenants/{tenant}/servers/{server}/overrides", "",               [401,   401,     404,   200, 200,    200,    200,  200,  401,     401]),
    ("PUT /tenants/{tenant}/servers/{server}/overrides", "",               [401,   401,     404,   204, 204,    404,    404,  404,  401,     401]),
    ("PUT /tenants/{tenant}/servers/{server}/overrides", "somebody else's", [401, 401,      404,   403, 204,    403,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/servers/{server}/overrides/{override}", "", [401,   401,     404,   404, 204,    404,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/servers/{server}/overrides/{override}", "oneself", [401, 401, 404, 204, 204, 204,        204,  204,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        ("PUT", "/tenants/{tenant}/servers/{server}/credentials") if asked.what == "somebody else's" => {
            let subject = json!({"kind": "user", "id": asked.things.person.id});
            json!({"subject": subject, "values": {"token": "typed"}})
        }
        ("PUT", "/tenants/{tenant}/servers/{server}/credentials") => json!({"values": {"token": "typed"}}),
        ("PUT", "/tenants/{tenant}/servers/{server}/overrides") => {
            let headers = json!([{"name": "authorization", "value": "Bearer theirs"}]);
            match asked.what {
                "somebody else's" => {
                    json!({"subject": {"kind": "user", "id": asked.things.person.id}, "headers": headers})
                }
                _ => json!({ "headers": headers }),
            }
        }
        _ => return None,
    })
}
