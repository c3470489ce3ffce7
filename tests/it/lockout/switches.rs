//! Kill switches: a tenant's calls, a server, a tool, a client. One request turns each off on every connected node, what
//! is under way is cut, and one request turns it on again, with the tokens and sessions of before.

use serde_json::{Value, json};
use world::fakes::mcp_server::Reply;
use world::ide::{Answer, Ide};
use world::on_both;
use world::people::Person;

use super::{Open, Scene};

/// The stable code of a refusal.
fn code(answer: &Answer) -> Value {
    let answer = answer.json();
    let data = &answer["error"]["data"]["code"];
    if data.is_null() { answer["result"]["_meta"]["portway/error"]["code"].clone() } else { data.clone() }
}

/// What each client hears on each node from a call of the tool.
async fn calls(scene: &Scene, tool: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for node in &scene.world.nodes {
        let mut legacy = scene.ides[0].at(&node.origin());
        let greeting = legacy.initialize().await;
        answers.push(if greeting.json()["error"].is_null() {
            legacy.call_tool(tool, json!({})).await
        } else {
            greeting
        });
        let call = json!({"name": tool, "arguments": {}});
        answers.push(scene.ides[1].at(&node.origin()).modern("tools/call", call).await);
    }
    answers
}

async fn all_refused(scene: &Scene, expected: &str) {
    for answer in calls(scene, "echo").await {
        assert_eq!(answer.status, 200, "clients keep what they have: {}", answer.body);
        assert_eq!(code(&answer), expected, "{}", answer.body);
    }
}

async fn all_served(scene: &Scene) {
    for answer in calls(scene, "echo").await {
        assert!(answer.json()["result"]["isError"].is_null() && answer.status == 200, "{}", answer.body);
    }
}

/// The names that a server's list has for this client.
async fn listed(ide: &Ide, is_legacy: bool) -> Value {
    let mut ide = ide.clone();
    let answer = match is_legacy {
        true => {
            ide.initialize().await;
            ide.request("tools/list", json!({})).await
        }
        false => ide.modern("tools/list", json!({})).await,
    };
    let tools = answer.json()["result"]["tools"].clone();
    let names = tools.as_array().unwrap_or_else(|| panic!("{}", answer.body)).iter().map(|tool| tool["name"].clone());
    names.collect()
}

/// Both servers have three tools.
fn with_lists(scene: &Scene) {
    for server in [&scene.legacy, &scene.modern] {
        server.on("tools/list", |_| {
            let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}, "x": 1.5});
            let tools = ["echo", "slow", "delete_all"].map(tool);
            Reply::Result(json!({"tools": tools, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}))
        });
    }
}

async fn switch(owner: &Person, server: &str, change: Value) -> Value {
    owner.patch(&format!("servers/{server}/tool-switches"), change).await.ok()
}

on_both! {
    async fn all_calls_of_a_tenant(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let open = scene.open_all(&scene.ides).await;
        let settings = |off: bool| json!({"settings": {"calls_off": off}});
        scene.ana.patch("", settings(true)).await.refused(403, "forbidden");
        scene.owner.patch("", settings(true)).await.ok();
        scene.world.synced("acme").await;
        for one in open {
            one.ended().await;
        }
        all_refused(&scene, "tenant.calls_off").await;
        for ide in &mut scene.ides {
            let refreshed = ide.refresh().await;
            assert_eq!(refreshed.status, 200, "tokens live on: {}", refreshed.body);
        }
        scene.owner.patch("", settings(false)).await.ok();
        scene.world.synced("acme").await;
        all_served(&scene).await;
        assert!(scene.noted("tenant.changed").await.is_some());
    }

    async fn a_server(setup: Setup) {
        let scene = Scene::start(setup).await;
        let [github, search] = &scene.servers;
        let open = scene.open_all(&scene.ides).await;
        for (server, status) in [(github, "disabled"), (search, "disabled")] {
            scene.owner.patch(&format!("servers/{server}"), json!({"status": status})).await.ok();
        }
        scene.world.synced("acme").await;
        for one in open {
            one.ended().await;
        }
        assert!(scene.next_calls(&scene.ides).await.iter().all(|status| *status == 404));
        for server in &scene.servers {
            scene.owner.patch(&format!("servers/{server}"), json!({"status": "enabled"})).await.ok();
        }
        scene.world.synced("acme").await;
        all_served(&scene).await;
    }

    async fn a_tool(setup: Setup) {
        let scene = Scene::start(setup).await;
        with_lists(&scene);
        let open = scene.open_all(&scene.ides).await;
        let path = format!("servers/{}/tool-switches", scene.servers[0]);
        scene.ana.patch(&path, json!({"off": ["slow"]})).await.refused(403, "forbidden");
        for server in &scene.servers {
            let now = switch(&scene.owner, server, json!({"off": ["slow"]})).await;
            assert_eq!(now, json!({"new_tools": "on", "off": ["slow"]}));
        }
        scene.world.synced("acme").await;
        for Open(mut parts) in open {
            let call = parts.pop().expect("the call comes last");
            assert!(Open(parts).goes_on().await, "a stream that is not the tool's");
            Open(vec![call]).ended().await;
        }
        // ATK-5: the list leaves out what a call refuses, on every node.
        for answer in calls(&scene, "slow").await {
            assert_eq!((answer.status.as_u16(), code(&answer)), (200, json!("tool.off")), "{}", answer.body);
        }
        all_served(&scene).await;
        for (ide, is_legacy) in [(&scene.ides[0], true), (&scene.ides[1], false)] {
            assert_eq!(listed(ide, is_legacy).await, json!(["echo", "delete_all"]));
        }
        let [github, search] = &scene.servers;
        // All off; only chosen ones; back to all.
        let held = switch(&scene.owner, github, json!({"new_tools": "held", "reset": ["slow"]})).await;
        assert_eq!(held, json!({"new_tools": "held"}));
        switch(&scene.owner, search, json!({"new_tools": "held", "on": ["slow"]})).await;
        scene.world.synced("acme").await;
        assert_eq!(listed(&scene.ides[0], true).await, json!([]));
        assert_eq!(listed(&scene.ides[1], false).await, json!(["slow"]));
        all_refused(&scene, "tool.off").await;
        for server in &scene.servers {
            let now = scene.owner.put(&format!("servers/{server}/tool-switches"), json!({"new_tools": "on"})).await.ok();
            assert_eq!(now, json!({"new_tools": "on"}));
        }
        scene.world.synced("acme").await;
        assert_eq!(listed(&scene.ides[1], false).await, json!(["echo", "slow", "delete_all"]));
        all_served(&scene).await;
        let entry = scene.noted("server.tools_switched").await.expect("noted");
        assert_eq!(entry["detail"]["tool_switches"], json!({"new_tools": "on"}));
    }

    async fn a_tool_of_a_member_of_a_virtual_server(setup: Setup) {
        let scene = Scene::start(setup).await;
        with_lists(&scene);
        let members = json!([{"server_id": scene.servers[0], "alias": "gh"}]);
        let all = json!({"slug": "all", "display_name": "All", "members": members});
        let all = scene.owner.post("servers", all).await.ok()["id"].as_str().unwrap().to_owned();
        scene.owner.grant(&all, &scene.ana).await;
        scene.world.synced("acme").await;
        let mut ide = scene.ana.ide("all").await;
        assert_eq!(listed(&ide, true).await, json!(["gh_echo", "gh_slow", "gh_delete_all"]));
        switch(&scene.owner, &scene.servers[0], json!({"off": ["delete_all"]})).await;
        scene.world.synced("acme").await;
        assert_eq!(listed(&ide, true).await, json!(["gh_echo", "gh_slow"]));
        ide.initialize().await;
        let refused = ide.call_tool("gh_delete_all", json!({})).await;
        assert_eq!(code(&refused), "tool.off", "{}", refused.body);
        assert!(scene.legacy.seen_method("tools/call").is_empty(), "nothing went upstream");
        let path = format!("servers/{all}/tool-switches");
        scene.owner.patch(&path, json!({"off": ["gh_echo"]})).await.refused(409, "switches.virtual");
    }

    async fn a_client(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let clients = scene.owner.get("clients").await.ok();
        let ids: Vec<String> = clients["items"].as_array().unwrap().iter()
            .map(|client| client["id"].as_str().unwrap().to_owned()).collect();
        let open = scene.open_all(&scene.ides).await;
        for id in &ids {
            let path = format!("clients/{id}");
            scene.ana.patch(&path, json!({"blocked": true})).await.refused(403, "forbidden");
            let blocked = scene.owner.patch(&path, json!({"blocked": true})).await.ok();
            assert!(blocked["blocked_at"].is_string(), "{blocked}");
            scene.owner.delete(&path).await.refused(409, "client.blocked");
        }
        scene.world.synced("acme").await;
        for one in open {
            one.ended().await;
        }
        all_refused(&scene, "client.blocked").await;
        for ide in &mut scene.ides {
            let refreshed = ide.refresh().await;
            assert_eq!(refreshed.json()["error"], "unauthorized_client", "{}", refreshed.body);
        }
        let page = scene.ana.browser.open(scene.ides[0].authorize_url(&[])).await;
        assert_eq!((page.status.as_u16(), page.heading().as_str()), (403, "Blocked application"));
        for id in &ids {
            let open = scene.owner.patch(&format!("clients/{id}"), json!({"blocked": false})).await.ok();
            assert!(open["blocked_at"].is_null(), "{open}");
        }
        scene.world.synced("acme").await;
        all_served(&scene).await;
        assert!(scene.noted("client.blocked").await.is_some() && scene.noted("client.unblocked").await.is_some());
    }
}

#[tokio::test]
async fn switches_that_make_no_sense_are_refused_and_nothing_is_lost() {
    let scene = Scene::start(world::World::setup()).await;
    let path = format!("servers/{}/tool-switches", scene.servers[0]);
    let refused = scene.owner.patch(&path, json!({"off": ["a"], "on": ["a"]})).await.refused(400, "invalid");
    assert_eq!(refused["errors"][0]["code"], "switches.twice", "{refused}");
    let refused = scene.owner.put(&path, json!({"off": [""]})).await.refused(400, "invalid");
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
        (&json!("off"), &json!("switches.name"))
    );
    scene.owner.patch(&path, json!({"of": ["a"]})).await.refused(400, "invalid");
    assert_eq!(scene.owner.get(&path).await.ok(), json!({"new_tools": "on"}));

    // Two at once: neither undoes the other's.
    let (one, other) = (json!({"off": ["one"]}), json!({"off": ["other"]}));
    let (one, other) = tokio::join!(scene.owner.patch(&path, one), scene.owner.patch(&path, other));
    one.ok();
    other.ok();
    assert_eq!(scene.owner.get(&path).await.ok()["off"], json!(["one", "other"]));
    // An edit of the server leaves them alone.
    scene.owner.patch(&format!("servers/{}", scene.servers[0]), json!({"description": "x"})).await.ok();
    assert_eq!(scene.owner.get(&path).await.ok()["off"], json!(["one", "other"]));
}
