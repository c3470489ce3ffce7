//! Tampering, one kind after the other.

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::domain::ids::{AuditEventId, TenantId};

/// Events 1 to `count`; the first `old` of them by rule 1.
fn events(count: i64, old: i64) -> Vec<AuditEvent> {
    let mut previous = ORIGIN.to_vec();
    let event = |seq: i64| {
        let (id, at) = (Uuid::from_u128(seq as u128), DateTime::UNIX_EPOCH + TimeDelta::seconds(seq));
        let (actor, target) = (Uuid::from_u128(100), Uuid::from_u128(200));
        let body = json!({
            "seq": seq, "id": id, "at": at, "action": "server.changed", "actor": { "kind": "user", "id": actor },
            "target": { "kind": "server", "id": target }, "detail": { "name": seq },
        });
        let mut event = AuditEvent {
            tenant_id: TenantId(Uuid::from_u128(7)),
            seq,
            id: AuditEventId(id),
            at,
            actor_kind: "user".to_owned(),
            actor_id: Some(actor),
            action: "server.changed".to_owned(),
            target_kind: "server".to_owned(),
            target_id: Some(target),
            body: serde_json::to_vec(&body).unwrap(),
            chain: if seq <= old { 1 } else { RULE },
            prev_sha256: previous.clone(),
            sha256: Vec::new(),
        };
        event.sha256 = link(&event).unwrap().to_vec();
        previous.clone_from(&event.sha256);
        event
    };
    (1..=count).map(event).collect()
}

fn head_of(events: &[AuditEvent]) -> ChainHead {
    events.last().map(|last| ChainHead { seq: last.seq, sha256: last.sha256.clone() }).unwrap()
}

#[track_caller]
fn check(old: i64, tamper: impl FnOnce(&mut Vec<AuditEvent>), expected: &[(i64, &str)]) {
    let mut events = events(6, old);
    let head = head_of(&events);
    tamper(&mut events);
    let mut walk = Walk::from_origin();
    events.iter().for_each(|event| walk.step(event));
    walk.finish(&head);
    let found: Vec<_> = walk.flaws.iter().map(|flaw| (flaw.seq, flaw.code())).collect();
    assert_eq!(found, expected);
}

#[test]
fn nothing_changed() {
    for old in [0, 3, 6] {
        check(old, |_| {}, &[]);
    }
}

#[test]
fn a_changed_column() {
    type Change = fn(&mut AuditEvent);
    let changes: [Change; 9] = [
        |event| event.id = AuditEventId(Uuid::nil()),
        |event| event.at += TimeDelta::microseconds(1),
        |event| event.actor_kind = "system".to_owned(),
        |event| event.actor_id = None,
        |event| event.action = "server.retired".to_owned(),
        |event| event.target_kind = "user".to_owned(),
        |event| event.target_id = Some(Uuid::from_u128(100)),
        |event| event.body = b"{}".to_vec(),
        |event| event.chain = 3 - event.chain,
    ];
    for change in changes {
        for old in [0, 6] {
            check(old, |events| change(&mut events[2]), &[(3, "event.changed")]);
        }
    }
    check(0, |events| events[2].tenant_id = TenantId(Uuid::nil()), &[(3, "event.changed")]);
    check(0, |events| events[2].chain = 9, &[(3, "event.changed")]);
}

#[test]
fn nothing_moves_from_one_column_to_the_next() {
    let swap = |events: &mut Vec<AuditEvent>| {
        let event = &mut events[2];
        event.actor_kind = "use".to_owned();
        event.action = "rserver.changed".to_owned();
    };
    check(0, swap, &[(3, "event.changed")]);
}

#[test]
fn removed_added_and_swapped() {
    let remove = |at: usize| move |events: &mut Vec<AuditEvent>| drop(events.remove(at));
    check(3, remove(2), &[(4, "event.missing")]);
    check(0, remove(0), &[(2, "event.missing")]);
    check(0, remove(5), &[(6, "chain.tail")]);
    check(0, |events| events.clear(), &[(6, "chain.tail")]);
    check(0, |events| events.truncate(2), &[(6, "chain.tail")]);
    let again = |events: &mut Vec<AuditEvent>| {
        let first = events[0].clone();
        events.insert(3, first);
    };
    check(0, again, &[(1, "event.out_of_order"), (4, "event.unlinked")]);
    // What is in two places is exchanged, numbers apart.
    let swap = |events: &mut Vec<AuditEvent>| {
        events.swap(2, 3);
        (events[2].seq, events[3].seq) = (3, 4);
    };
    check(
        0,
        swap,
        &[
            (3, "event.unlinked"),
            (3, "event.changed"),
            (4, "event.unlinked"),
            (4, "event.changed"),
            (5, "event.unlinked"),
        ],
    );
}

#[test]
fn a_forged_hash_shows_at_the_event_or_at_the_next() {
    check(0, |events| events[2].sha256 = vec![1; 32], &[(3, "event.changed"), (4, "event.unlinked")]);
    check(0, |events| events[2].sha256.clear(), &[(3, "event.changed"), (4, "event.unlinked")]);
    let consistent = |events: &mut Vec<AuditEvent>| {
        events[2].body = b"{}".to_vec();
        events[2].sha256 = link(&events[2]).unwrap().to_vec();
    };
    check(0, consistent, &[(4, "event.unlinked")]);
    check(0, |events| events[0].prev_sha256 = vec![1; 32], &[(1, "event.unlinked"), (1, "event.changed")]);
}

/// Whoever rewrites everything, the head too, is found by what was noted elsewhere.
#[test]
fn a_rewritten_chain_is_not_as_noted() {
    let honest = events(6, 0);
    let noted = |seq: usize| Anchor { seq: seq as i64, sha256: honest[seq - 1].sha256.clone() };
    let mut forged = events(6, 0);
    forged[2].body = b"{}".to_vec();
    for at in 2..6 {
        forged[at].prev_sha256 = forged[at - 1].sha256.clone();
        forged[at].sha256 = link(&forged[at]).unwrap().to_vec();
    }
    let walk = |events: &[AuditEvent], anchor: Option<Anchor>| {
        let mut walk = Walk::from_origin().with_anchor(anchor);
        events.iter().for_each(|event| walk.step(event));
        walk.finish(&head_of(events));
        walk.flaws.iter().map(|flaw| (flaw.seq, flaw.code())).collect::<Vec<_>>()
    };
    assert_eq!(walk(&forged, None), []);
    assert_eq!(walk(&forged, Some(noted(2))), []);
    assert_eq!(walk(&forged, Some(noted(5))), [(5, "chain.not_as_noted")]);
    assert_eq!(walk(&forged[..4], Some(noted(5))), [(5, "chain.not_as_noted")]);
    assert_eq!(walk(&honest, Some(noted(6))), []);
}

#[test]
fn a_walk_goes_on_where_another_ended() {
    let events = events(6, 2);
    let mut first = Walk::from_origin();
    events[..3].iter().for_each(|event| first.step(event));
    let place = first.place().unwrap();
    let mut second = Walk::after(place.seq, Some(place.sha256));
    events[3..].iter().for_each(|event| second.step(event));
    second.finish(&head_of(&events));
    assert!(first.flaws.is_empty() && second.flaws.is_empty());
    let mut elsewhere = Walk::after(3, Some(events[1].sha256.clone()));
    elsewhere.step(&events[3]);
    assert_eq!(elsewhere.flaws, [Flaw { seq: 4, kind: FlawKind::Unlinked }]);
}
