//! The audit log: whatever is changed behind its back is found, by the control plane and by an exported file alone.

mod export;
mod tampering;

use serde_json::{Value, json};
use world::on_both;
use world::people::Person;

/// A tenant with a short history.
async fn history(world: &world::World) -> Person {
    let owner = world.tenant("acme").await;
    for slug in ["github", "wiki", "search"] {
        owner.register_server(slug, "https://mcp.example/mcp").await;
    }
    owner.invite("ana", "member").await;
    owner
}

/// Codes of what verification finds, with the events at which it shows.
fn flaws(answer: &Value) -> Vec<(i64, &str)> {
    let flaws = answer["flaws"].as_array().unwrap();
    assert_eq!(answer["intact"], flaws.is_empty(), "{answer}");
    flaws.iter().map(|flaw| (flaw["seq"].as_i64().unwrap(), flaw["code"].as_str().unwrap())).collect()
}

on_both! {
    async fn it_is_searched_by_who_what_and_when(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = history(&world).await;
        let server = owner.register_server("late", "https://mcp.example/mcp").await;
        world.advance(chrono::TimeDelta::hours(1));
        let noon = world.app().store.tenant_read(world.tenant_id("acme").await).await.unwrap().now();
        owner.patch(&format!("servers/{server}"), json!({"display_name": "Later"})).await.ok();
        let ana = owner.invite("bo", "member").await;
        let found = async |query: &str| {
            let page = owner.get(&format!("audit?{query}")).await.ok();
            assert_eq!(page["verify"]["intact"], true, "{page}");
            let actions = page["items"].as_array().unwrap().iter().map(|item| item["action"].as_str().unwrap().to_owned());
            actions.collect::<Vec<_>>()
        };
        assert_eq!(found(&format!("target={server}&action=server")).await, ["server.changed", "server.registered"]);
        assert_eq!(found(&format!("target={server}&action=server.changed")).await, ["server.changed"]);
        assert_eq!(found("action=server.registered").await.len(), 4);
        assert_eq!(found("action=server_").await.len(), 0);
        assert!(found(&format!("actor={}", ana.id().await)).await.contains(&"session.started".to_owned()));
        assert_eq!(found("actor=usr_00000000000000000000000000").await.len(), 0);
        let time = noon.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        assert_eq!(found(&format!("action=server&from={time}")).await, ["server.changed"]);
        assert_eq!(found(&format!("action=server.changed&to={time}")).await.len(), 0);
        let first = owner.get("audit?action=server.registered&limit=3").await.ok();
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = owner.get(&format!("audit?action=server.registered&limit=3&cursor={cursor}")).await.ok();
        assert_eq!(second["items"].as_array().unwrap().len(), 1, "{second}");
        for (query, code) in [
            ("action=server.%25", "action.invalid"),
            ("actor=somebody", "id.invalid"),
            ("from=yesterday", "query.invalid"),
            ("actr=x", "query.invalid"),
        ] {
            owner.get(&format!("audit?{query}")).await.refused(400, code);
        }
    }
}
