//! Limits: how often callers may call.

use control_plane::domain::ids::LimitRuleId;
use control_plane::domain::limit_rule::{LimitRule, LimitRuleSpec};
use control_plane::store::TenantStore;
use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/limit-rules",                "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/limit-rules",               "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("GET /tenants/{tenant}/limit-rules/{limit_rule}",   "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("PUT /tenants/{tenant}/limit-rules/{limit_rule}",   "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/limit-rules/{limit_rule}", "",              [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}/limit-rules" | "/tenants/{tenant}/limit-rules/{limit_rule}") => rule(&asked.slug()),
        _ => return None,
    })
}

fn rule(name: &str) -> Value {
    json!({"name": name, "key": ["subject"], "windows": [{"limit": 100, "per": "minute"}]})
}

pub(super) async fn insert(store: &TenantStore) -> LimitRuleId {
    let id = LimitRuleId(store.new_id());
    let spec: LimitRuleSpec = serde_json::from_value(rule(&id.to_string())).unwrap();
    let rule = LimitRule { id, spec, created_at: store.now(), updated_at: store.now() };
    store.insert_limit_rule(&rule, None).await.unwrap();
    id
}
