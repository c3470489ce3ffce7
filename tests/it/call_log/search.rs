//! By person, client, server, member, tool, outcome, time; and by whom.

use chrono::{SecondsFormat, TimeDelta};
use control_plane::domain::call::{CallFilter, CallOutcome, CallRecord, Fault};
use control_plane::domain::ids::ServerId;
use serde_json::json;
use world::on_both;
use world::people::Person;

use super::Log;

/// Ids of what a search finds, in its order, page by page.
async fn found(person: &Person, query: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = person.get(&format!("calls?limit=2&{query}{cursor}")).await.ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        ids.extend(items.iter().map(|call| call["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

fn ids(calls: &[&CallRecord]) -> Vec<String> {
    calls.iter().map(|call| call.id.to_string()).collect()
}

on_both! {
    async fn each_filter_finds_what_it_says(setup: Setup) {
        let log = Log::of(setup).await;
        let owner = &log.owner;
        let wiki: ServerId = owner.register_server("wiki", "https://wiki.example/mcp").await.parse().unwrap();
        let body = json!({"slug": "all", "display_name": "All", "members": [{"server_id": wiki, "alias": "w"}]});
        let all: ServerId = owner.post("servers", body).await.ok()["id"].as_str().unwrap().parse().unwrap();
        let ana = owner.invite("ana", "member").await;
        let anas = ana.id().await;
        let minutes = TimeDelta::minutes;
        let plain = log.call(minutes(60));
        let listing = CallRecord { method: "tools/list".to_owned(), target: String::new(), ..log.call(minutes(50)) };
        let prompt = CallRecord { method: "prompts/get".to_owned(), ..log.call(minutes(45)) };
        let routed = CallRecord { server_id: all, member_id: Some(wiki), target: "read".to_owned(), ..log.call(minutes(40)) };
        let direct = CallRecord { server_id: wiki, target: "read".to_owned(), ..log.call(minutes(30)) };
        let refused = CallRecord {
            outcome: CallOutcome::Refused, fault: Fault::Client, error_reason: "forbidden".to_owned(), ..log.call(minutes(20))
        };
        let by_ana = CallRecord {
            principal_id: anas.parse::<control_plane::domain::ids::UserId>().unwrap().0,
            client_name: "Terminal".to_owned(),
            client_id: "terminal-1".to_owned(),
            ..log.call(minutes(10))
        };
        let old = log.call(TimeDelta::days(3));
        log.keep(&[&plain, &listing, &prompt, &routed, &direct, &refused, &by_ana, &old].map(Clone::clone)).await;

        let day = [&by_ana, &refused, &direct, &routed, &prompt, &listing, &plain];
        assert_eq!(found(owner, "").await, ids(&day));
        for (query, expected) in [
            (format!("principal={anas}"), vec![&by_ana]),
            ("client=Terminal".to_owned(), vec![&by_ana]),
            ("client_id=terminal-1".to_owned(), vec![&by_ana]),
            ("client=terminal".to_owned(), vec![]),
            (format!("server={wiki}"), vec![&direct, &routed]),
            (format!("server={all}"), vec![&routed]),
            (format!("member={wiki}"), vec![&routed]),
            (format!("server={wiki}&member={wiki}"), vec![&routed]),
            ("tool=read".to_owned(), vec![&direct, &routed]),
            ("tool=search".to_owned(), vec![&by_ana, &refused, &plain]),
            ("target=search".to_owned(), vec![&by_ana, &refused, &prompt, &plain]),
            ("method=tools/list".to_owned(), vec![&listing]),
            ("outcome=refused".to_owned(), vec![&refused]),
            ("outcome=error".to_owned(), vec![]),
            ("fault=client".to_owned(), vec![&refused]),
            ("outcome=ok&tool=search&client=Editor".to_owned(), vec![&plain]),
        ] {
            assert_eq!(found(owner, &query).await, ids(&expected), "{query}");
        }
        let time = |call: &CallRecord| call.started_at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let between = format!("from={}&to={}", time(&routed), time(&refused));
        assert_eq!(found(owner, &between).await, ids(&[&direct, &routed]), "from counts, to does not");
        let week = format!("from={}", (log.now() - TimeDelta::days(7)).to_rfc3339_opts(SecondsFormat::Secs, true));
        assert_eq!(found(owner, &week).await.len(), 8);
        assert_eq!(found(owner, &format!("to={}", time(&plain))).await, ids(&[]), "a day before `to`");

        // What would look at everything is refused, and says what would do.
        let wrong = owner.get("calls?from=2020-01-01T00:00:00Z").await.refused(400, "calls.range_too_long");
        assert_eq!(wrong["errors"][0]["field"], "from", "{wrong}");
        assert!(wrong["detail"].as_str().unwrap().contains("at most 31 days before now"), "{wrong}");
        owner.get("calls?from=2020-01-01T00:00:00Z&to=2020-03-01T00:00:00Z").await.refused(400, "calls.range_too_long");
        owner.get("calls?from=2020-01-01T00:00:00Z&to=2020-01-01T00:00:00Z").await.refused(400, "calls.empty_range");
        owner.get("calls?tool=search&method=tools/call").await.refused(400, "calls.tool_and_target");
        owner.get("calls?principal=ana").await.refused(400, "principal.invalid");
        owner.get("calls?outcome=bad").await.refused(400, "query.invalid");
        assert_eq!(found(owner, "from=2020-01-01T00:00:00Z&to=2020-01-20T00:00:00Z").await, ids(&[]));

        // An old call is found by its id alone; another tenant's id, and one without a time, are not.
        assert_eq!(owner.get(&format!("calls/{}", old.id)).await.ok()["target"], "search");
        owner.get("calls/cal_00000000000000000000000007").await.refused(404, "not_found");
        let store = log.store().tenant_read(log.tenant).await.unwrap();
        assert_eq!(store.count_calls(&CallFilter::default(), 5).await.unwrap(), 5);
        assert_eq!(store.count_calls(&CallFilter::default(), 100).await.unwrap(), 8);
    }

    async fn managers_see_the_calls_of_their_servers_and_nobody_elses(setup: Setup) {
        let log = Log::of(setup).await;
        let owner = &log.owner;
        let wiki: ServerId = owner.register_server("wiki", "https://wiki.example/mcp").await.parse().unwrap();
        let body = json!({"slug": "all", "display_name": "All", "members": [{"server_id": wiki, "alias": "w"}]});
        let all: ServerId = owner.post("servers", body).await.ok()["id"].as_str().unwrap().parse().unwrap();
        let ana = owner.invite("ana", "member").await;
        let anas: control_plane::domain::ids::UserId = ana.id().await.parse().unwrap();
        let minutes = TimeDelta::minutes;
        let other = log.call(minutes(60));
        let own = CallRecord { principal_id: anas.0, ..log.call(minutes(50)) };
        let routed = CallRecord { server_id: all, member_id: Some(wiki), ..log.call(minutes(40)) };
        let elsewhere = CallRecord { server_id: all, ..log.call(minutes(35)) };
        let direct = CallRecord { server_id: wiki, ..log.call(minutes(30)) };
        let both = CallRecord { server_id: wiki, principal_id: anas.0, ..log.call(minutes(20)) };
        log.keep(&[&other, &own, &routed, &elsewhere, &direct, &both].map(Clone::clone)).await;

        assert_eq!(found(&ana, "").await, ids(&[&both, &own]), "a member sees their own");
        ana.get(&format!("calls/{}", direct.id)).await.refused(404, "not_found");
        let group = owner.post("groups", json!({"display_name": "Wiki people"})).await.ok()["id"].as_str().unwrap().to_owned();
        owner.patch(&format!("groups/{group}/members"), json!({"add": [ana.id().await]})).await.ok();
        let grant = json!({"subject": {"kind": "group", "id": group}, "role": "manager"});
        owner.put(&format!("servers/{wiki}/grants"), grant).await.ok();
        for (query, expected) in [
            (String::new(), vec![&both, &direct, &routed, &own]),
            (format!("server={wiki}"), vec![&both, &direct, &routed]),
            (format!("server={all}"), vec![&routed]),
            (format!("server={}", log.server), vec![&own]),
            (format!("member={wiki}"), vec![&routed]),
            (format!("principal={anas}"), vec![&both, &own]),
            (format!("principal={}", log.principal), vec![&direct, &routed]),
        ] {
            assert_eq!(found(&ana, &query).await, ids(&expected), "{query}");
        }
        for call in [&direct, &routed, &own] {
            ana.get(&format!("calls/{}", call.id)).await.ok();
        }
        for call in [&other, &elsewhere] {
            ana.get(&format!("calls/{}", call.id)).await.refused(404, "not_found");
        }
        // To use a server is not to manage it.
        owner.put(&format!("servers/{wiki}/grants"), json!({"subject": {"kind": "group", "id": group}, "role": "user"})).await.ok();
        assert_eq!(found(&ana, "").await, ids(&[&both, &own]));
        let auditor = owner.invite("eva", "auditor").await;
        assert_eq!(found(&auditor, "").await.len(), 6);
    }
}
