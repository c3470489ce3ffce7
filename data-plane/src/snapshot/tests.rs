//! What updates of every kind come to: tables for single resources, a property for sequences.

mod sequences;
pub(crate) mod wire;

use proto::wire::resource::Body;
use proto::wire::{Deleted, Resource, SharedSecret};
use uuid::Uuid;

use super::apply::{TenantState, Update, apply};
use super::*;
use wire::{TENANT, bad_rule, grant, id, key, limit_rule, principal, resource, server, settings};

/// A tenant with one server `one`, granted to user 10, at revision 1.
fn state() -> TenantState {
    let resources = vec![
        settings(),
        resource(1, Body::Server(server("one"))),
        resource(10, Body::Principal(principal(1))),
        resource(20, Body::AccessGrant(grant(1, 10))),
        resource(30, Body::SigningKey(key("k1"))),
    ];
    let applied =
        apply(TenantState::empty(TENANT).with_key(wire::KEY.clone()), Update { full: true, revision: 1, resources });
    assert_eq!(applied.rejects, [], "the base is good");
    applied.state
}

/// Applies a delta to the base; says what was rejected and how each server stands.
fn delta(resources: Vec<Resource>) -> (Vec<String>, Vec<(String, ServerState)>) {
    let applied = apply(state(), Update { full: false, revision: 2, resources });
    assert_eq!((applied.snapshot.revision, applied.state.revision()), (2, 2), "the revision always advances");
    let rejects = applied.rejects.iter().map(|reject| format!("{} {}", reject.kind, reject.reason)).collect();
    let mut servers: Vec<_> =
        applied.snapshot.servers.values().map(|server| (server.slug.to_string(), server.state.clone())).collect();
    servers.sort_by(|a, b| a.0.cmp(&b.0));
    (rejects, servers)
}

#[test]
fn a_resource_is_accepted_or_rejected_by_itself() {
    fn check(resources: Vec<Resource>, rejects: &[&str], servers: &[(&str, ServerState)]) {
        let (got_rejects, got_servers) = delta(resources);
        assert_eq!(got_rejects, rejects);
        let servers: Vec<_> = servers.iter().map(|(slug, state)| ((*slug).to_owned(), state.clone())).collect();
        assert_eq!(got_servers, servers, "after {rejects:?}");
    }
    use ServerState::{ConfigRejected, Disabled, Enabled};
    let one = [("one", Enabled)];
    let one_stopped = [("one", ConfigRejected)];
    check(vec![], &[], &one);
    let mut off = server("one");
    off.enabled = false;
    check(vec![resource(1, Body::Server(off))], &[], &[("one", Disabled)]);

    // Servers.
    let mut with_auth = server("one");
    with_auth.outbound_auth = Some(wire::passthrough());
    check(vec![resource(1, Body::Server(with_auth))], &["server outbound_auth: unsupported"], &one_stopped);
    let mut no_auth = server("one");
    no_auth.outbound_auth = None;
    check(vec![resource(1, Body::Server(no_auth))], &["server outbound_auth: missing or unknown"], &one_stopped);
    let mut bad_url = server("one");
    bad_url.upstream_url = "file:///etc/passwd".to_owned();
    let reason = "server upstream_url: must be http or https with a host";
    check(vec![resource(1, Body::Server(bad_url.clone()))], &[reason], &one_stopped);
    // A bad resource is gone with the next good one, or with its deletion.
    check(vec![resource(1, Body::Server(bad_url)), resource(1, Body::Server(server("one")))], &[], &one);
    let clash = "server slug: another server has it";
    check(vec![resource(2, Body::Server(server("one")))], &[clash], &one);
    check(vec![resource(2, Body::Server(server("two")))], &[], &[("one", Enabled), ("two", Enabled)]);
    let (rejects, servers) = delta(vec![resource(1, Body::Server(server("Not A Slug")))]);
    assert_eq!((rejects.len(), servers), (1, vec![("one".to_owned(), ConfigRejected)]), "known by its old slug");

    // Grants.
    let mut no_role = grant(1, 10);
    no_role.role = 0;
    check(vec![resource(20, Body::AccessGrant(no_role))], &["access_grant role: missing or unknown"], &one_stopped);
    let mut no_subject = grant(1, 10);
    no_subject.subject = None;
    let reason = "access_grant subject: missing or unknown";
    check(vec![resource(21, Body::AccessGrant(no_subject))], &[reason], &one_stopped);
    let mut no_server = grant(1, 10);
    no_server.server_id = vec![1, 2, 3].into();
    let reason = "access_grant server_id: expected a UUID";
    check(vec![resource(20, Body::AccessGrant(no_server.clone()))], &[reason], &one_stopped);
    check(vec![resource(21, Body::AccessGrant(no_server))], &[reason], &one_stopped);
    check(vec![resource(22, Body::AccessGrant(grant(9, 10)))], &["access_grant server_id: no such server"], &one);

    // Rules: what cannot be counted is not passed over.
    let reason = "limit_rule windows: expected 1 to 4";
    check(vec![resource(40, Body::LimitRule(bad_rule(&[1])))], &[reason], &one_stopped);
    check(vec![resource(40, Body::LimitRule(bad_rule(&[])))], &[reason], &one_stopped);
    check(vec![resource(40, Body::LimitRule(bad_rule(&[2])))], &[reason], &one);
    check(vec![resource(40, Body::LimitRule(limit_rule(&[1])))], &[], &one);
    let unknown = Resource { id: id(50).as_bytes().to_vec().into(), body: None };
    check(vec![unknown], &["unknown unsupported"], &one_stopped);

    // Kinds that give nothing when they are missing.
    check(vec![resource(60, Body::ApiKey(Default::default()))], &["api_key public_id: is not the id's"], &one);
    let reason = "virtual_server server_slug: must have 2 to 40 characters";
    check(vec![resource(61, Body::VirtualServer(Default::default()))], &[reason], &one);
    let bundle = wire::bundle("all", &[(1, "a"), (9, "b")]);
    check(vec![resource(61, Body::VirtualServer(bundle))], &[], &[("all", Enabled), ("one", Enabled)]);
    let twice = wire::bundle("all", &[(1, "a"), (1, "b")]);
    let reason = "virtual_server members: one is given twice";
    check(vec![resource(61, Body::VirtualServer(twice))], &[reason], &[("all", ConfigRejected), ("one", Enabled)]);
    let bad = wire::bundle("all", &[(1, "A_b")]);
    let (rejects, servers) = delta(vec![resource(61, Body::VirtualServer(bad))]);
    assert_eq!((rejects.len(), servers[0].1.clone()), (1, ConfigRejected));

    // Malformed ids stop what the resource names.
    let malformed = Resource { id: vec![7; 3].into(), body: Some(Body::AccessGrant(grant(1, 10))) };
    check(vec![malformed], &["access_grant id: expected a 16-byte UUID, got 3 bytes"], &one_stopped);
    let malformed = Resource { id: vec![7; 3].into(), body: Some(Body::RevokedGrant(Default::default())) };
    check(vec![malformed], &["revoked_grant id: expected a 16-byte UUID, got 3 bytes"], &one_stopped);
}

#[test]
fn a_rejected_resource_stops_its_server_until_it_is_gone() {
    let stopped = apply(
        state(),
        Update { full: false, revision: 2, resources: vec![resource(40, Body::LimitRule(bad_rule(&[1])))] },
    );
    let deletion = wire::deleted(40, "limit_rule");
    let freed = apply(stopped.state, Update { full: false, revision: 3, resources: vec![deletion] });
    assert_eq!(freed.snapshot.servers["one"].state, ServerState::Enabled);
    assert_eq!(freed.snapshot.servers["one"].grants.subjects[&id(10)], Role::User);
}

#[test]
fn a_rule_that_is_refused_takes_the_one_before_it_with_it() {
    let update =
        |revision, rule| Update { full: false, revision, resources: vec![resource(40, Body::LimitRule(rule))] };
    let good = apply(state(), update(2, limit_rule(&[1])));
    assert!(good.rejects.is_empty() && !good.snapshot.limits.is_empty());
    let bad = apply(good.state, update(3, bad_rule(&[1])));
    assert!(bad.snapshot.limits.is_empty(), "and its server is stopped");
    assert_eq!(bad.snapshot.servers["one"].state, ServerState::ConfigRejected);
    let again = apply(bad.state, update(4, limit_rule(&[])));
    assert!(!again.snapshot.limits.is_empty() && again.snapshot.servers["one"].state == ServerState::Enabled);
}

#[test]
fn epochs_statuses_and_deletions_cannot_be_rejected() {
    let mut leaver = principal(7);
    (leaver.active, leaver.kind) = (false, 99);
    leaver.group_ids = vec![vec![1, 2].into()];
    let mut unknown_status = settings();
    if let Some(Body::TenantSettings(settings)) = &mut unknown_status.body {
        settings.status = 99;
    }
    let resources = vec![resource(10, Body::Principal(leaver)), unknown_status, wire::deleted(20, "access_grant")];
    let applied = apply(state(), Update { full: false, revision: 2, resources });
    let principal = &applied.snapshot.principals[&id(10)];
    assert_eq!((principal.active, principal.epoch, principal.kind), (false, 7, PrincipalKind::User));
    assert_eq!(applied.snapshot.status, TenantStatus::Suspended, "an unknown status is the strictest");
    assert!(applied.snapshot.servers["one"].grants.subjects.is_empty());

    let older = resource(10, Body::Principal(wire::principal(3)));
    let applied = apply(applied.state, Update { full: false, revision: 3, resources: vec![older] });
    assert_eq!(applied.snapshot.principals[&id(10)].epoch, 7, "an epoch never goes back");

    let full = Update { full: true, revision: 4, resources: vec![wire::deleted(1, "a kind of next year")] };
    let applied = apply(applied.state, full);
    assert_eq!(
        (applied.rejects, applied.snapshot.status),
        (vec![], TenantStatus::Suspended),
        "no settings, no service"
    );
}

#[test]
fn grants_add_up_and_wait_for_their_server() {
    let mut everyone = grant(2, 0);
    everyone.subject = Some(proto::wire::access_grant::Subject::Everyone(true));
    let mut manager = grant(2, 10);
    manager.role = proto::wire::ServerRole::Manager.into();
    let early = vec![
        resource(21, Body::AccessGrant(everyone)),
        resource(22, Body::AccessGrant(grant(2, 10))),
        resource(23, Body::AccessGrant(manager)),
    ];
    let applied = apply(state(), Update { full: false, revision: 2, resources: early });
    assert_eq!(applied.rejects.len(), 3, "reported");
    let late = vec![resource(2, Body::Server(server("two")))];
    let applied = apply(applied.state, Update { full: false, revision: 3, resources: late });
    let grants = &applied.snapshot.servers["two"].grants;
    assert_eq!((grants.everyone, grants.subjects[&id(10)]), (Some(Role::User), Role::Manager), "and remembered");
}

#[test]
fn signing_keys() {
    fn check(key: proto::wire::SigningKey, expected: Option<&str>) {
        let resources = vec![resource(31, Body::SigningKey(key))];
        let applied = apply(state(), Update { full: false, revision: 2, resources });
        assert_eq!(applied.rejects.first().map(|reject| reject.reason.as_str()), expected);
        assert_eq!(applied.snapshot.signing_keys.len(), if expected.is_none() { 2 } else { 1 });
    }
    check(key("k2"), None);
    check(key("k1"), Some("kid: another key has it"));
    let edited = |from: &str, to: &str| {
        let mut key = key("k2");
        key.jwk = key.jwk.replace(from, to);
        key
    };
    check(edited("P-256", "P-384"), Some("jwk: expected an ES256 signing key"));
    check(edited("ES256", "ES384"), Some("jwk: expected an ES256 signing key"));
    check(edited("\"sig\"", "\"enc\""), Some("jwk: expected an ES256 signing key"));
    check(edited("\"k2\"", "\"k9\""), Some("jwk: kid differs"));
    check(edited("\"use\"", "\"d\":\"AAAA\",\"use\""), Some("jwk: carries a private key"));
    check(edited("{", "["), Some("jwk: not JSON"));
    let symmetric = proto::wire::SigningKey { kid: "k2".into(), jwk: r#"{"kty":"oct","k":"AAAA"}"#.into() };
    check(symmetric, Some("jwk: expected an ES256 signing key"));
}

#[test]
fn session_keys_are_a_ring_with_the_newest_last() {
    let session = |key_id: u32, created_unix_ms: u64, length: usize| {
        Body::SessionKey(proto::wire::SessionKey { key_id, secret: vec![1; length].into(), created_unix_ms })
    };
    let resources = vec![
        resource(51, session(5, 300, 32)),
        resource(52, session(6, 100, 32)),
        resource(53, session(7, 200, 31)),
        resource(54, session(5, 400, 32)),
    ];
    let applied = apply(state(), Update { full: false, revision: 2, resources });
    let ring: Vec<_> = applied.snapshot.session_keys.iter().map(|key| key.key_id).collect();
    assert_eq!((ring, applied.rejects.len()), (vec![6, 5], 2));
}

#[test]
fn unchanged_servers_are_shared_between_snapshots() {
    let before = state();
    let first = before.snapshot.clone().unwrap();
    let second =
        apply(before, Update { full: false, revision: 2, resources: vec![resource(2, Body::Server(server("two")))] });
    assert!(Arc::ptr_eq(&first.servers["one"], &second.snapshot.servers["one"]));
    let full =
        vec![settings(), resource(1, Body::Server(server("one"))), resource(20, Body::AccessGrant(grant(1, 10)))];
    let third = apply(second.state, Update { full: true, revision: 3, resources: full });
    assert!(Arc::ptr_eq(&first.servers["one"], &third.snapshot.servers["one"]), "also over a full update");
    assert_eq!(third.snapshot.servers.len(), 1);
}

#[test]
fn a_reject_names_what_it_is_about_within_bounds() {
    let resources = vec![Resource { id: vec![9; 5_000].into(), body: Some(Body::LimitRule(limit_rule(&[1]))) }];
    let applied = apply(state(), Update { full: false, revision: 2, resources });
    let reject = &applied.rejects[0];
    assert!(reject.resource_id.len() <= 16 && reject.reason.len() <= crate::limits::REJECT_REASON_BYTES_MAX);
    let deletion =
        Resource { id: vec![9; 5_000].into(), body: Some(Body::Deleted(Deleted { kind: "limit_rule".into() })) };
    let applied = apply(applied.state, Update { full: false, revision: 3, resources: vec![deletion] });
    assert_eq!(applied.snapshot.servers["one"].state, ServerState::Enabled, "a malformed id can be taken back");
    assert_eq!(Uuid::from_u128(1), id(1));
}

#[test]
fn a_server_is_served_with_its_own_credential_or_not_at_all() {
    fn check(secret: Option<Resource>, rejects: &[&str], expected: ServerState) {
        let mut keyed = server("one");
        keyed.outbound_auth = Some(wire::shared_header());
        let mut resources = vec![resource(1, Body::Server(keyed))];
        resources.extend(secret);
        let (got_rejects, servers) = delta(resources);
        assert_eq!(
            (got_rejects, servers),
            (rejects.iter().map(ToString::to_string).collect(), vec![("one".into(), expected)])
        );
    }
    use ServerState::{ConfigRejected, Enabled};
    let (here, there) = ("https://one.example", "https://other.example");
    let sealed = |origin, version| wire::secret(1, origin, "k", version);
    let secret = |secret| Some(resource(1, Body::SharedSecret(secret)));
    check(None, &[], ConfigRejected);
    check(secret(sealed(here, 3)), &[], Enabled);
    check(secret(sealed(there, 3)), &[], ConfigRejected);
    let torn = "shared_secret does not open with this node's key";
    check(secret(SharedSecret { version: 4, ..sealed(here, 3) }), &[torn], ConfigRejected);
    check(secret(SharedSecret { upstream_origin: here.into(), ..sealed(there, 3) }), &[torn], ConfigRejected);
    check(secret(SharedSecret { sealed_headers: Default::default(), ..sealed(here, 3) }), &[torn], ConfigRejected);
    let spelled = SharedSecret { upstream_origin: "https://ONE.example/".into(), ..sealed(here, 3) };
    check(secret(spelled), &["shared_secret upstream_origin: not an origin"], ConfigRejected);
    let reason = "shared_secret server_id: is not the resource's id";
    check(Some(resource(2, Body::SharedSecret(sealed(here, 3)))), &[reason], ConfigRejected);
    let value = "shared_secret sealed_headers: not what a credential may be";
    check(secret(wire::secret(1, here, "a\r\nb: c", 1)), &[value], ConfigRejected);
}

#[test]
fn a_credential_that_is_refused_or_gone_leaves_none_in_force() {
    let mut keyed = server("one");
    keyed.outbound_auth = Some(wire::shared_header());
    let good = wire::secret(1, "https://one.example", "k", 3);
    let resources = vec![resource(1, Body::Server(keyed)), resource(1, Body::SharedSecret(good.clone()))];
    let first = apply(state(), Update { full: false, revision: 2, resources });
    let stands = |applied: &apply::Applied| applied.snapshot.servers["one"].state.clone();
    assert_eq!(stands(&first), ServerState::Enabled);
    assert_eq!(first.snapshot.servers["one"].credential_version(), 3);
    let torn = resource(1, Body::SharedSecret(SharedSecret { version: 4, ..good.clone() }));
    let second = apply(first.state, Update { full: false, revision: 3, resources: vec![torn] });
    assert_eq!(stands(&second), ServerState::ConfigRejected);
    let resources = vec![wire::deleted(1, "shared_secret")];
    let third = apply(second.state, Update { full: false, revision: 4, resources });
    assert_eq!(stands(&third), ServerState::ConfigRejected, "the server still wants one");
    let resources = vec![resource(1, Body::SharedSecret(good))];
    let fourth = apply(third.state, Update { full: false, revision: 5, resources });
    assert_eq!(stands(&fourth), ServerState::Enabled);
}

#[test]
fn ended_grants_are_kept_until_their_tokens_are_dead_and_cannot_be_rejected() {
    let ended = |n, revoked_unix_ms, forget_after_unix_ms| {
        resource(n, Body::RevokedGrant(proto::wire::RevokedGrant { revoked_unix_ms, forget_after_unix_ms }))
    };
    let update = |revision, resources| Update { full: false, revision, resources };
    let kept = |applied: &apply::Applied| {
        let mut ids: Vec<_> = applied.snapshot.revoked_grants.keys().copied().collect();
        ids.sort_unstable();
        ids
    };
    let first = apply(state(), update(2, vec![ended(70, 100, 200), ended(71, 150, 0)]));
    assert_eq!((kept(&first), first.rejects.len()), (vec![id(70), id(71)], 0));
    let shared = first.snapshot.revoked_grants.clone();
    let second = apply(first.state, update(3, vec![resource(2, Body::Server(server("two")))]));
    assert!(Arc::ptr_eq(&shared, &second.snapshot.revoked_grants), "another change copies nothing");
    let third = apply(second.state, update(4, vec![ended(72, 200, 300)]));
    assert_eq!(kept(&third), [id(70), id(71), id(72)], "its last token may live yet");
    let fourth = apply(third.state, update(5, vec![ended(73, 201, 400)]));
    assert_eq!(
        kept(&fourth),
        [id(71), id(72), id(73)],
        "forgotten by the control plane's time; one without an end is not"
    );
    let fifth =
        apply(fourth.state, update(6, vec![wire::deleted(72, "revoked_grant"), wire::deleted(99, "revoked_grant")]));
    assert_eq!(kept(&fifth), [id(71), id(73)]);
    let full = Update { full: true, revision: 7, resources: vec![settings(), ended(74, 1, 2)] };
    assert_eq!(kept(&apply(fifth.state, full)), [id(74)], "a full picture forgets the rest");
}
