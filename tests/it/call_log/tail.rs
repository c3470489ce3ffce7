//! The live tail: what the list would find, as it is stored, on whichever replica; and who is shut out of it.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use control_plane::domain::call::{CallOutcome, CallRecord, Fault};
use control_plane::domain::ids::{ServerId, UserId};
use control_plane::domain::limits::{TAIL_QUEUED_MAX, TAILS_PER_PRINCIPAL_MAX};
use reqwest::Method;
use serde_json::{Value, json};
use world::events::{Event, Events};
use world::people::Person;
use world::{World, on_both};

use super::{Log, report};
use crate::isolation::rows::Backstage;

/// Servers and people besides those of the log.
struct Cast {
    log: Log,
    ana: Person,
    anas: UserId,
    wiki: ServerId,
    /// Virtual, with the wiki in it.
    all: ServerId,
}

impl Cast {
    async fn of(setup: world::world::Setup) -> Self {
        let log = Log::of(setup).await;
        let wiki: ServerId = log.owner.register_server("wiki", "https://wiki.example/mcp").await.parse().unwrap();
        let body = json!({"slug": "all", "display_name": "All", "members": [{"server_id": wiki, "alias": "w"}]});
        let all: ServerId = log.owner.post("servers", body).await.ok()["id"].as_str().unwrap().parse().unwrap();
        let ana = log.owner.invite("ana", "member").await;
        let anas = ana.id().await.parse().unwrap();
        Self { log, ana, anas, wiki, all }
    }

    /// New calls, each different from the others in something that is asked for.
    fn calls(&self) -> Vec<CallRecord> {
        let (wiki, all, second) = (self.wiki, self.all, TimeDelta::seconds(1));
        let some = || self.log.call(second);
        vec![
            CallRecord { rule_ids: vec![self.log.world.app().new_id()], bytes_in: u64::MAX, ..some() },
            CallRecord { method: "tools/list".to_owned(), target: String::new(), ..some() },
            CallRecord { method: "prompts/get".to_owned(), ..some() },
            CallRecord { server_id: all, member_id: Some(wiki), target: "read".to_owned(), ..some() },
            CallRecord { server_id: all, ..some() },
            CallRecord { server_id: wiki, target: "read".to_owned(), client_name: "terminal".to_owned(), ..some() },
            CallRecord {
                outcome: CallOutcome::Refused,
                fault: Fault::Client,
                error_reason: "forbidden".to_owned(),
                ..some()
            },
            CallRecord { outcome: CallOutcome::ToolError, fault: Fault::Upstream, ..some() },
            CallRecord {
                principal_id: self.anas.0,
                client_name: "Terminal".to_owned(),
                client_id: "terminal-1".to_owned(),
                ..some()
            },
        ]
    }

    /// What the tail shows of new calls is what the list finds of them, though they are reported twice.
    async fn agrees(&self, person: &Person, query: &str) {
        let mut tail = Events::open(person, &format!("calls/tail?{query}")).await;
        // What came beyond the first ones would be met among the second.
        for _ in 0..2 {
            let calls = self.calls();
            self.log.report(&calls).await;
            self.log.report(&calls).await;
            let ids: Vec<_> = calls.iter().map(|call| call.id.to_string()).collect();
            let page = person.get(&format!("calls?limit=200&{query}")).await.ok();
            let items = page["items"].as_array().unwrap().iter().map(|item| (item["id"].as_str().unwrap(), item));
            let found: BTreeMap<_, _> = items.filter(|(id, _)| ids.iter().any(|own| own == id)).collect();
            assert!(!found.is_empty(), "{query} shows nothing: nothing is shown by it");
            let mut shown = BTreeMap::new();
            for _ in 0..found.len() {
                let event = tail.next().await.unwrap();
                assert_eq!(
                    (event.name.as_str(), event.data["id"].as_str()),
                    ("call", Some(event.id.as_str())),
                    "{event:?}"
                );
                shown.insert(event.id.clone(), event.data);
            }
            let shown: BTreeMap<_, _> = shown.iter().map(|(id, data)| (id.as_str(), data)).collect();
            assert_eq!(shown, found, "{query}");
        }
    }
}

fn dropped(event: &Event) -> Option<&Value> {
    (event.name == "dropped").then(|| &event.data["count"])
}

/// Reads on to the end, which must be for that reason.
async fn ends(tail: &mut Events, reason: &str) {
    loop {
        let event = tail.next().await.expect("an end that is said");
        if event.name == "end" {
            assert_eq!(event.data, json!({ "reason": reason }));
            break;
        }
    }
    assert_eq!(tail.next().await, None);
}

on_both! {
    async fn it_shows_what_the_list_finds(setup: Setup) {
        let cast = Cast::of(setup).await;
        let Cast { log, ana, anas, wiki, all } = &cast;
        for query in [
            String::new(),
            format!("principal={anas}"),
            "client=Terminal".to_owned(),
            "client=terminal".to_owned(),
            "client_id=terminal-1".to_owned(),
            format!("server={wiki}"),
            format!("server={all}"),
            format!("member={wiki}"),
            format!("server={wiki}&member={wiki}"),
            "tool=read".to_owned(),
            "target=search".to_owned(),
            "method=tools/list".to_owned(),
            "outcome=refused".to_owned(),
            "outcome=tool_error&fault=upstream".to_owned(),
            "fault=none".to_owned(),
            "outcome=ok&tool=search&client=Editor".to_owned(),
        ] {
            cast.agrees(&log.owner, &query).await;
        }
        // Everybody sees there what they see in the list.
        cast.agrees(ana, "").await;
        cast.agrees(ana, "tool=search").await;
        let grant = json!({"subject": {"kind": "user", "id": anas}, "role": "manager"});
        log.owner.put(&format!("servers/{wiki}/grants"), grant).await.ok();
        for query in [String::new(), format!("server={wiki}"), format!("server={all}"), format!("principal={}", log.principal)] {
            cast.agrees(ana, &query).await;
        }
        let auditor = log.owner.invite("eva", "auditor").await;
        cast.agrees(&auditor, "").await;
    }

    async fn it_is_refused_as_the_list_is(setup: Setup) {
        let log = Log::of(setup).await;
        for (query, code) in [
            ("tool=search&method=tools/call", "calls.tool_and_target"),
            ("principal=ana", "principal.invalid"),
            ("outcome=bad", "query.invalid"),
            ("server=srv_1", "query.invalid"),
            ("from=2026-01-01T00:00:00Z", "query.invalid"),
            ("limit=1", "query.invalid"),
        ] {
            log.owner.get(&format!("calls/tail?{query}")).await.refused(400, code);
        }
        // Of another tenant nothing is said, nor whether there is one.
        let mut stranger = log.world.tenant("globex").await;
        for tenant in ["acme", "nowhere"] {
            tenant.clone_into(&mut stranger.tenant);
            stranger.get("calls/tail").await.refused(401, "unauthenticated");
        }
        "globex".clone_into(&mut stranger.tenant);
        let mut tail = Events::open(&stranger, &format!("calls/tail?server={}", log.server)).await;
        log.report(&[log.call(TimeDelta::zero())]).await;
        stranger.browser.client().delete(format!("{}/api/v1/tenants/globex/session", stranger.auth_origin()))
            .header("x-portway-csrf", "1").send().await.unwrap();
        let event = tail.next().await.unwrap();
        assert_eq!((event.name.as_str(), &event.data), ("end", &json!({"reason": "session_ended"})));
    }

    async fn a_reader_that_is_too_slow_loses_calls_and_holds_nothing_up(setup: Setup) {
        let log = Log::of(setup.split_hosts()).await;
        let mut slow = Events::open(&log.owner, "calls/tail").await;
        // Large ones: they fill what the network keeps for a reader, and then its queue.
        let text = "😀".repeat(512);
        let large = || CallRecord {
            client_name: text.clone(), client_version: text.clone(), client_id: text.clone(), method: text.clone(),
            target: text.clone(), error_reason: text.clone(), trace_id: text.clone(), node_id: text.clone(),
            ..log.call(TimeDelta::zero())
        };
        let (batches, batch) = (3, TAIL_QUEUED_MAX);
        for _ in 0..batches {
            log.report(&(0..batch).map(|_| large()).collect::<Vec<_>>()).await;
        }
        let (mut shown, mut missed) = (0, 0);
        while shown + missed < (batches * batch) as u64 {
            let event = slow.next().await.unwrap();
            match dropped(&event) {
                Some(count) => missed += count.as_u64().unwrap(),
                None => shown += u64::from(event.name == "call"),
            }
        }
        assert!(shown >= TAIL_QUEUED_MAX as u64 && missed > 0, "{shown} shown, {missed} missed");
        assert_eq!(log.world.app().metrics.tail_dropped.get(), missed);
        // It goes on with the next.
        let next = log.call(TimeDelta::zero());
        log.report(std::slice::from_ref(&next)).await;
        assert_eq!(slow.next().await.unwrap().id, next.id.to_string());
    }

    async fn who_may_no_longer_listen_is_shut_out(setup: Setup) {
        let Cast { log, ana, anas, wiki, .. } = Cast::of(setup).await;
        let owner = &log.owner;
        let (ben, eva) = (owner.invite("ben", "member").await, owner.invite("eva", "auditor").await);
        let grant = |role: &str| json!({"subject": {"kind": "user", "id": anas}, "role": role});
        owner.put(&format!("servers/{wiki}/grants"), grant("manager")).await.ok();
        let key = owner.post("keys", json!({"name": "console"})).await.ok();
        let url = format!("{}/api/v1/tenants/acme/calls/tail", owner.auth_origin());
        let by_key = world::http::builder().build().unwrap().get(url).bearer_auth(key["secret"].as_str().unwrap());

        let mut of_owner = Events::open(owner, "calls/tail").await;
        let mut of_key = Events::request(by_key).await;
        let mut of_ana = Events::open(&ana, "calls/tail").await;
        let mut of_ben = Events::open(&ben, "calls/tail").await;
        let mut of_eva = Events::open(&eva, "calls/tail").await;
        let mut elsewhere = Events::open(&eva, "calls/tail").await;
        assert_eq!(log.world.app().tails.listeners.count(), 6);

        owner.put(&format!("servers/{wiki}/grants"), grant("user")).await.ok();
        ends(&mut of_ana, "role_lost").await;
        owner.delete(&format!("keys/{}", key["key"]["id"].as_str().unwrap())).await.ok();
        ends(&mut of_key, "key_ended").await;
        owner.patch(&format!("users/{}", ben.id().await), json!({"status": "deactivated"})).await.ok();
        ends(&mut of_ben, "deactivated").await;
        owner.patch(&format!("users/{}", eva.id().await), json!({"role": "member"})).await.ok();
        ends(&mut of_eva, "role_lost").await;
        ends(&mut elsewhere, "role_lost").await;
        // Of what their own role shows they are told again.
        let mut again = Events::open(&eva, "calls/tail").await;
        eva.delete("session").await.ok();
        ends(&mut again, "session_ended").await;
        log.world.operator.api(Method::PATCH, "tenants/acme", Some(json!({"status": "suspended"}))).await.ok();
        ends(&mut of_owner, "tenant_suspended").await;
        assert_eq!(log.world.app().tails.listeners.count(), 0);
    }

    async fn it_says_that_the_process_stops(setup: Setup) {
        let mut log = Log::of(setup).await;
        let mut tail = Events::open(&log.owner, "calls/tail").await;
        log.world.stop_control_plane().await;
        ends(&mut tail, "shutting_down").await;
    }

    async fn one_person_has_so_many_and_a_place_is_free_again(setup: Setup) {
        let log = Log::of(setup).await;
        let mut tails = Vec::new();
        for _ in 0..TAILS_PER_PRINCIPAL_MAX {
            tails.push(Events::open(&log.owner, "calls/tail").await);
        }
        let refused = log.owner.get("calls/tail").await.refused(429, "calls.too_many_tails");
        assert!(refused["detail"].as_str().unwrap().contains("close one of them"), "{refused}");
        let _anas = Events::open(&log.owner.invite("ana", "member").await, "calls/tail").await;
        tails.pop();
        world::eventually("the place is free", || async {
            log.world.app().tails.listeners.count() == TAILS_PER_PRINCIPAL_MAX
        }).await;
        tails.push(Events::open(&log.owner, "calls/tail").await);
    }
}

/// The next call; a loss of unknown size may be said before it.
async fn next_call(tail: &mut Events) -> Event {
    loop {
        let event = tail.next().await.unwrap();
        match dropped(&event) {
            Some(count) => assert_eq!(count, &Value::Null),
            None => return event,
        }
    }
}

/// The ear of a replica may still be opening: calls are reported until one is shown.
async fn heard_from(other: &control_plane::state::App, log: &Log, tail: &mut Events) {
    let mut told = Vec::new();
    let event = {
        let shown = next_call(tail);
        tokio::pin!(shown);
        loop {
            let call = log.call(TimeDelta::zero());
            told.push(call.id.to_string());
            report(other, &[call]).await;
            match tokio::time::timeout(std::time::Duration::from_millis(500), &mut shown).await {
                Ok(event) => break event,
                Err(_) => assert!(told.len() < 20, "nothing was heard"),
            }
        }
    };
    assert!(told.contains(&event.id), "{event:?}");
    assert_eq!(event.data, log.owner.get(&format!("calls/{}", event.id)).await.ok());
    // Those that were told after it follow: the ear was only slow.
    for id in told.iter().skip_while(|id| **id != event.id).skip(1) {
        assert_eq!(&next_call(tail).await.id, id);
    }
}

#[tokio::test]
async fn a_call_is_shown_on_the_replica_that_did_not_store_it() {
    let log = Log::of(World::setup().postgres().control_planes(2)).await;
    let other = log.world.replicas[0].app.clone();
    let ana = log.owner.invite("ana", "member").await;
    let anas: UserId = ana.id().await.parse().unwrap();
    let mut tail = Events::open(&log.owner, "calls/tail").await;
    heard_from(&other, &log, &mut tail).await;

    // Filters and sight hold there too; a batch that comes twice, once to each, is shown once; a large one whole.
    let mut of_ana = Events::open(&ana, "calls/tail").await;
    let mut narrow = Events::open(&log.owner, "calls/tail?tool=read").await;
    let own = CallRecord { principal_id: anas.0, target: "read".to_owned(), ..log.call(TimeDelta::zero()) };
    let mut calls: Vec<_> = (0..400).map(|number| log.call(TimeDelta::milliseconds(400 - number))).collect();
    calls.push(own.clone());
    calls.sort_by_key(|call| (call.started_at, call.id.0));
    report(&other, &calls).await;
    log.report(&calls).await;
    for call in &calls {
        assert_eq!(tail.next().await.unwrap().id, call.id.to_string());
    }
    for mine in [&mut of_ana, &mut narrow] {
        assert_eq!(mine.next().await.unwrap().id, own.id.to_string());
    }
    let last = log.call(TimeDelta::zero());
    log.report(std::slice::from_ref(&last)).await;
    assert_eq!(tail.next().await.unwrap().id, last.id.to_string());

    // A connection that listened and broke may have missed something.
    let backstage = Backstage::open(log.world.db()).await;
    let ears = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    assert_eq!(backstage.texts(ears, []).await.len(), 2);
    let event = tail.next().await.unwrap();
    assert_eq!(dropped(&event), Some(&Value::Null), "{event:?}");
    heard_from(&other, &log, &mut tail).await;
}
