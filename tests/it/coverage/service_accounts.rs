//! Service accounts.

use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/service-accounts",           "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/service-accounts",          "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("GET /tenants/{tenant}/service-accounts/{service_account}", "",       [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/service-accounts/{service_account}/grants", "", [401, 401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/service-accounts/{service_account}", "",     [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/service-accounts/{service_account}", "deactivate", [401, 401, 403,   403, 403,    403,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/service-accounts/{service_account}", "",    [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}/service-accounts") => json!({"name": asked.slug(), "description": "builds"}),
        (_, "/tenants/{tenant}/service-accounts/{service_account}") if asked.what == "deactivate" => {
            json!({"status": "deactivated"})
        }
        (_, "/tenants/{tenant}/service-accounts/{service_account}") => json!({"description": "changed"}),
        _ => return None,
    })
}
