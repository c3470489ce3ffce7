//! Usage from roll-ups: each call counts once, for whom and what it was.

use chrono::TimeDelta;
use control_plane::app::calls::forget_old;
use control_plane::domain::call::{CallOutcome, CallRecord};
use control_plane::domain::ids::{ServerId, UserId};
use serde_json::{Value, json};
use world::on_both;

use super::Log;

/// What each series is of, and its calls, errors and refusals.
fn series(answer: &Value) -> Vec<(String, [u64; 3])> {
    let number = |value: &Value| value.as_u64().unwrap();
    let series = answer["series"].as_array().unwrap().iter().map(|one| {
        let name = ["tool", "client", "name"].iter().find_map(|key| one[key].as_str()).unwrap_or_default();
        let total = &one["total"];
        (name.to_owned(), [number(&total["calls"]), number(&total["errors"]), number(&total["refused"])])
    });
    series.collect()
}

on_both! {
    async fn each_call_counts_once_for_whom_and_what_it_was(setup: Setup) {
        let log = Log::of(setup).await;
        let owner = &log.owner;
        let wiki: ServerId = owner.register_server("wiki", "https://wiki.example/mcp").await.parse().unwrap();
        let body = json!({"slug": "all", "display_name": "All", "members": [{"server_id": wiki, "alias": "w"}]});
        let all: ServerId = owner.post("servers", body).await.ok()["id"].as_str().unwrap().parse().unwrap();
        let ana = owner.invite("ana", "member").await;
        let anas: UserId = ana.id().await.parse().unwrap();
        for group in ["Red", "Blue"] {
            let id = owner.post("groups", json!({"display_name": group})).await.ok()["id"].as_str().unwrap().to_owned();
            owner.patch(&format!("groups/{id}/members"), json!({"add": [anas.to_string()]})).await.ok();
        }
        let second = TimeDelta::seconds;
        let mut calls: Vec<_> = (0..10).map(|ago| log.call(second(ago))).collect();
        calls.push(CallRecord { outcome: CallOutcome::ToolError, ..log.call(second(20)) });
        calls.push(CallRecord { outcome: CallOutcome::Refused, target: "nonsense".to_owned(), ..log.call(second(21)) });
        for ago in 30..33 {
            calls.push(CallRecord {
                principal_id: anas.0, server_id: all, member_id: Some(wiki), target: "read".to_owned(),
                client_name: "Terminal".to_owned(), outcome: CallOutcome::Error, duration_us: 2_000_000, ..log.call(second(ago))
            });
        }
        calls.push(CallRecord { method: "tools/list".to_owned(), target: String::new(), ..log.call(TimeDelta::days(3)) });
        // A batch that is repeated because its acknowledgement was lost, and one that overlaps.
        log.report(&calls).await;
        log.report(&calls).await;
        log.report(&calls[5..]).await;

        let usage = async |query: &str| owner.get(&format!("usage?{query}")).await.ok();
        let hours = usage("bucket=hour").await;
        assert_eq!((&hours["all"]["total"]["calls"], &hours["all"]["total"]["errors"], &hours["all"]["total"]["refused"]), (&json!(15), &json!(4), &json!(1)), "{hours}");
        let points = hours["all"]["points"].as_array().unwrap();
        assert_eq!(points.iter().map(|point| point["calls"].as_u64().unwrap()).sum::<u64>(), 15, "{hours}");
        assert_eq!(hours["series"], json!([]));
        let (p50, p95) = (&hours["all"]["total"]["p50_us"], &hours["all"]["total"]["p95_us"]);
        assert!((20_000..45_000).contains(&p50.as_u64().unwrap()) && (1_200_000..3_000_000).contains(&p95.as_u64().unwrap()), "{hours}");
        assert_eq!(usage("bucket=day&group_by=client").await["all"]["total"]["calls"], 16);

        let name = |name: &str, counts| (name.to_owned(), counts);
        let (owners, terminal) = ([12, 1, 1], [3, 3, 0]);
        for (query, expected) in [
            ("bucket=hour&group_by=client", vec![name("Editor", owners), name("Terminal", terminal)]),
            ("bucket=hour&group_by=server", vec![name("github", owners), name("wiki", terminal)]),
            ("bucket=hour&group_by=tool", vec![name("search", [11, 1, 0]), name("read", terminal)]),
            ("bucket=hour&group_by=client&limit=1", vec![name("Editor", owners)]),
            ("bucket=hour&group_by=tool&tool=read", vec![name("read", terminal)]),
            ("bucket=hour&group_by=client&method=tools/list", vec![]),
        ] {
            assert_eq!(series(&usage(query).await), expected, "{query}");
        }
        let by_user = usage("bucket=hour&group_by=user").await;
        assert_eq!(by_user["series"][0]["id"], log.principal.to_string(), "{by_user}");
        assert_eq!((by_user["series"][1]["id"].clone(), &by_user["series"][1]["total"]["calls"]), (json!(anas.to_string()), &json!(3)));
        let mut groups = series(&usage("bucket=hour&group_by=group").await);
        groups.sort();
        assert_eq!(groups, [name("Blue", terminal), name("Red", terminal)]);
        for server in [wiki, all] {
            assert_eq!(usage(&format!("bucket=hour&server={server}")).await["all"]["total"]["calls"], 3);
        }
        assert_eq!(usage(&format!("bucket=hour&principal={anas}")).await["all"]["total"]["calls"], 3);

        // A member sees their own.
        assert_eq!(ana.get("usage?bucket=hour&group_by=user").await.ok()["all"]["total"]["calls"], 3);
        owner.get("usage").await.refused(400, "query.invalid");
        owner.get("usage?bucket=hour&limit=51").await.refused(400, "usage.bad_limit");
        owner.get("usage?bucket=hour&from=2020-01-01T00:00:00Z").await.refused(400, "usage.range_too_long");
        owner.get("usage?bucket=day&from=2020-01-01T00:00:00Z").await.refused(400, "usage.range_too_long");

        // Calls are forgotten, what they added up to is not, until nobody may ask for it any more.
        log.owner.patch("", json!({"settings": {"call_log_days": 1}})).await.ok();
        log.world.advance(TimeDelta::days(10));
        forget_old(log.world.app()).await.unwrap();
        let store = log.store().tenant_read(log.tenant).await.unwrap();
        let page = control_plane::domain::page::PageRequest { limit: 100, after: None };
        assert_eq!(store.list_calls(&Default::default(), page).await.unwrap().items.len(), 0);
        drop(store);
        log.owner.sign_in().await.ok();
        assert_eq!(usage("bucket=day").await["all"]["total"]["calls"], 16);
    }

    // Nodes that report the same people and servers at once wait for each other, never both.
    async fn reports_that_meet_add_up(setup: Setup) {
        let log = std::sync::Arc::new(Log::of(setup).await);
        let tasks = (0..6).map(|_| {
            let log = log.clone();
            let calls: Vec<_> = (0..200)
                .map(|n| CallRecord {
                    target: format!("tool-{}", (n * 7) % 20),
                    client_name: format!("client-{}", (n * 13) % 5),
                    ..log.call(TimeDelta::milliseconds(n))
                })
                .collect();
            world::spawn(async move { log.report(&calls).await })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        let usage = log.owner.get("usage?bucket=hour&group_by=tool&limit=50").await.ok();
        assert_eq!(usage["all"]["total"]["calls"], 1_200, "{usage}");
        assert_eq!(usage["series"].as_array().unwrap().len(), 20);
    }
}
