//! E-mail domains, and second factors of people.

use control_plane::domain::email_domain::{Domain, Proof};
use control_plane::domain::ids::DomainId;
use control_plane::domain::tenancy::User;
use control_plane::store::TenantStore;
use serde_json::{Value, json};
use world::World;

use super::Line;
use super::scene::Asked;

#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("GET /tenants/{tenant}/domains",                    "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/domains",                   "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("GET /tenants/{tenant}/domains/{domain}",           "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/domains/{domain}/verification", "",           [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/domains/{domain}",        "",               [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/second-factor", "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/second-factor", "oneself",        [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/users/{user}/second-factor", "",            [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
    ("DELETE /tenants/{tenant}/users/{user}/second-factor", "of an owner", [401,   401,     403,   403, 403,    403,    403,  204,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match asked.path {
        "/tenants/{tenant}/domains" => json!({"name": format!("{}.example", asked.slug())}),
        "/tenants/{tenant}/domains/{domain}/verification" => json!({}),
        _ => return None,
    })
}

/// A domain whose record is there.
pub(super) async fn insert_domain(world: &World, store: &TenantStore) -> DomainId {
    let id = DomainId(store.new_id());
    let domain = Domain {
        id,
        name: format!("{}.example", id.0.simple()),
        token: "token".to_owned(),
        created_at: store.now(),
        checked_at: None,
        proof: Proof::Pending,
    };
    world.dns.set(&domain.record_name(), &[&domain.record_value()]);
    store.insert_domain(&domain).await.unwrap();
    id
}

pub(super) async fn enrol(store: &TenantStore, user: &User) {
    store.insert_second_factor(user.id, vec![0; 32]).await.unwrap();
    assert!(store.accept_second_factor(user.id, 1).await.unwrap());
}
