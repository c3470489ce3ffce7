//! Identity providers, and who is bound to them.

use control_plane::domain::identity::{IdentityProvider, ProviderSettings, UserIdentity};
use control_plane::domain::ids::{IdentityProviderId, UserId, UserIdentityId};
use control_plane::store::TenantStore;
use serde_json::{Value, json};

use super::Line;
use super::scene::Asked;

// Creating comes first: a tenant has a bounded number of providers, and each later line makes some.
#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    //                                                                      nobody stranger member user manager auditor admin owner operator revoked
    ("POST /tenants/{tenant}/identity-providers",        "",               [401,   401,     403,   403, 403,    403,    201,  201,  401,     401]),
    ("GET /tenants/{tenant}/identity-providers",         "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/identity-providers/test",   "",               [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/identity-providers/{provider}", "",            [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("PATCH /tenants/{tenant}/identity-providers/{provider}", "",          [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("POST /tenants/{tenant}/identity-providers/{provider}/test", "",      [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/identity-providers/{provider}", "",         [401,   401,     403,   403, 403,    403,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/identities",    "",               [401,   401,     403,   403, 403,    200,    200,  200,  401,     401]),
    ("GET /tenants/{tenant}/users/{user}/identities",    "oneself",        [401,   401,     200,   200, 200,    200,    200,  200,  401,     401]),
    ("DELETE /tenants/{tenant}/users/{user}/identities/{identity}", "",    [401,   401,     403,   403, 403,    403,    204,  204,  401,     401]),
];

/// What is sent.
pub(super) fn body(asked: &Asked<'_>) -> Option<Value> {
    Some(match (asked.method, asked.path) {
        (_, "/tenants/{tenant}/identity-providers" | "/tenants/{tenant}/identity-providers/test") => {
            json!({"label": asked.slug(), "issuer": "https://127.0.0.1:1", "client_id": "portway"})
        }
        ("PATCH", "/tenants/{tenant}/identity-providers/{provider}") => json!({"enabled": false}),
        (_, "/tenants/{tenant}/identity-providers/{provider}/test") => json!({}),
        _ => return None,
    })
}

/// A provider to act upon, and somebody bound to it.
pub(super) async fn insert_provider(store: &TenantStore, user_id: UserId) -> (IdentityProviderId, UserIdentityId) {
    let (id, now) = (IdentityProviderId(store.new_id()), store.now());
    let provider = IdentityProvider {
        id,
        label: id.to_string(),
        issuer: "https://127.0.0.1:1".to_owned(),
        endpoints: None,
        client_id: "portway".to_owned(),
        client_secret_sealed: None,
        settings: ProviderSettings::default(),
        enabled: true,
        scim_source: false,
        created_at: now,
        updated_at: now,
    };
    store.insert_identity_provider(&provider).await.unwrap();
    let identity = UserIdentity {
        id: UserIdentityId(store.new_id()),
        user_id,
        provider_id: id,
        issuer: provider.issuer,
        subject: id.to_string(),
        created_at: now,
        last_used_at: None,
    };
    store.insert_user_identity(&identity).await.unwrap();
    (id, identity.id)
}

#[test]
fn atk_13_a_trial_needs_the_role_that_saving_needs() {
    let row = |operation: &str| LINES.iter().find(|(line, ..)| *line == operation).expect("a line").2;
    let may = |row: [u16; 10]| row.map(|status| (200..300).contains(&status));
    let (create, typed) =
        (row("POST /tenants/{tenant}/identity-providers"), row("POST /tenants/{tenant}/identity-providers/test"));
    let (change, saved) = (
        row("PATCH /tenants/{tenant}/identity-providers/{provider}"),
        row("POST /tenants/{tenant}/identity-providers/{provider}/test"),
    );
    assert_eq!((may(create), may(change)), (may(typed), may(saved)));
}
