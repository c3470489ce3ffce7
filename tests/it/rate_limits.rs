//! Limits as people meet them: admins set them, IDEs run into them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::{Answer, Ide};
use world::people::Person;

struct Scene {
    world: World,
    upstream: McpServer,
    owner: Person,
    server: String,
    ide: Ide,
}

impl Scene {
    async fn open(world: World) -> Self {
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let server = owner.register_server("github", upstream.url.as_str()).await;
        owner.grant_everyone(&server).await;
        let mut ide = owner.ide("github").await;
        assert_eq!(ide.initialize().await.status, 200);
        Self { world, upstream, owner, server, ide }
    }

    /// Saves a rule and waits until it is in force.
    async fn limit(&self, rule: Value) -> Value {
        let saved = self.owner.post("limit-rules", rule).await.ok();
        self.world.synced("acme").await;
        saved
    }

    async fn person(&self, name: &str) -> Ide {
        let person = self.owner.invite(name, "member").await;
        self.world.synced("acme").await;
        let mut ide = person.ide("github").await;
        assert_eq!(ide.initialize().await.status, 200);
        ide
    }
}

fn per_day(limit: u64, key: &[&str]) -> Value {
    json!({"name": "searches", "key": key, "windows": [{"limit": limit, "per": "day"}]})
}

fn with(mut rule: Value, field: &str, value: Value) -> Value {
    rule[field] = value;
    rule
}

/// Whether a tool call was let through; fails the test on every other refusal than a limit's.
fn passed(answer: &Answer) -> bool {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let result = answer.json()["result"].clone();
    let refused = result["isError"] == true;
    if refused {
        assert_eq!(result["_meta"]["portway/error"]["code"], "rate_limited", "{}", answer.body);
    }
    !refused
}

async fn calls(ide: &mut Ide, tool: &str, count: usize) -> usize {
    let mut through = 0;
    for _ in 0..count {
        through += usize::from(passed(&ide.call_tool(tool, json!({})).await));
    }
    through
}

#[tokio::test]
async fn each_person_has_a_budget_and_hears_when_it_is_used_up() {
    let mut scene = Scene::open(World::start().await).await;
    let saved = scene.limit(per_day(3, &["subject"])).await;
    assert_eq!(calls(&mut scene.ide, "echo", 3).await, 3);
    let refused = scene.ide.call_tool("echo", json!({})).await;
    assert!(!passed(&refused));
    let result = refused.json()["result"].clone();
    let text = result["content"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("\"searches\"") && text.contains("Try again in"), "{text}");
    let error = &result["_meta"]["portway/error"];
    assert_eq!((&error["limit"], error["retryAfter"].as_u64().unwrap() > 3_600), (&json!("searches"), true));
    assert_eq!(refused.headers["retry-after"].to_str().unwrap(), error["retryAfter"].to_string());
    // Lists and discovery count, too.
    let listed = scene.ide.request("tools/list", json!({})).await;
    assert_eq!((listed.status.as_u16(), &listed.json()["error"]["code"]), (200, &json!(-32011)), "{}", listed.body);
    let mut anew = scene.ide.clone();
    assert_eq!(anew.initialize().await.json()["error"]["data"]["code"], "rate_limited");
    assert_eq!(scene.ide.request("ping", json!({})).await.json()["result"], json!({}), "pings are free");
    let mut ben = scene.person("ben").await;
    assert_eq!(calls(&mut ben, "echo", 5).await, 2, "initialize was his first");
    assert_eq!(scene.upstream.seen_method("tools/call").len(), 5, "what is refused goes nowhere");

    let id = saved["id"].as_str().unwrap();
    world::eventually("the records name the limit", || async {
        let page = scene.owner.get("calls?limit=200").await.ok();
        let records: Vec<Value> = page["items"].as_array().unwrap().clone();
        let refused = records.iter().filter(|one| one["error_reason"] == "rate_limited").count();
        refused == 6 && records.iter().filter(|one| one["rule_ids"].to_string().contains(id)).count() >= 9
    })
    .await;
    scene.owner.delete(&format!("limit-rules/{id}")).await.ok();
    scene.world.synced("acme").await;
    assert_eq!(calls(&mut scene.ide, "echo", 5).await, 5, "gone is gone");
}

#[tokio::test]
async fn rules_are_about_tools_servers_and_subjects() {
    let mut scene = Scene::open(World::start().await).await;
    let other = scene.owner.register_server("jira", scene.upstream.url.as_str()).await;
    scene.owner.grant_everyone(&other).await;
    let mut ben = scene.person("ben").await;
    let ana_id = scene.owner.id().await;
    let rule = with(per_day(2, &["tenant"]), "tools", json!(["search"]));
    let rule = with(with(rule, "servers", json!([scene.server])), "subjects", json!([{"kind": "user", "id": ana_id}]));
    scene.limit(rule).await;
    assert_eq!(calls(&mut scene.ide, "search", 5).await, 2);
    assert_eq!(calls(&mut scene.ide, "echo", 3).await, 3, "another tool");
    assert_eq!(calls(&mut ben, "search", 3).await, 3, "another person");
    let mut jira = scene.owner.ide("jira").await;
    jira.initialize().await;
    assert_eq!(calls(&mut jira, "search", 3).await, 3, "another server");
}

#[tokio::test]
async fn a_watched_limit_refuses_nothing_and_is_counted() {
    let mut scene = Scene::open(World::start().await).await;
    scene.limit(with(per_day(1, &["tenant"]), "mode", json!("audit"))).await;
    assert_eq!(calls(&mut scene.ide, "echo", 4).await, 4);
    let admin = scene.world.nodes[0].admin;
    let metrics = reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
    assert!(metrics.contains(r#"portway_limit_decisions_total{decision="would_refuse"} 3"#), "{metrics}");
    assert!(metrics.contains(r#"portway_limit_decisions_total{decision="allowed"} 1"#), "{metrics}");
}

#[tokio::test]
async fn atk_32_strangers_drain_nobodys_budget() {
    let mut scene = Scene::open(World::start().await).await;
    let globex = scene.world.tenant("globex").await;
    globex.register_server("github", scene.upstream.url.as_str()).await;
    let mut theirs = globex.ide("github").await;
    theirs.initialize().await;
    scene.limit(per_day(3, &["tenant"])).await;
    let mut nobody = Ide::new(&scene.owner.url("github"));
    let mut foreign = nobody.clone();
    foreign.tokens = theirs.tokens.clone();
    for _ in 0..5 {
        assert_eq!(nobody.call_tool("echo", json!({})).await.status, 401);
        assert_eq!(foreign.call_tool("echo", json!({})).await.status, 401);
        assert!(passed(&theirs.call_tool("echo", json!({})).await), "another tenant has no limit");
    }
    assert_eq!(calls(&mut scene.ide, "echo", 5).await, 3);
}

#[tokio::test]
async fn the_rules_of_a_member_hold_through_a_virtual_server() {
    let mut scene = Scene::open(World::start().await).await;
    let jira = scene.owner.register_server("jira", scene.upstream.url.as_str()).await;
    let members = json!([{"server_id": scene.server, "alias": "gh"}, {"server_id": jira, "alias": "jira"}]);
    let bundle = json!({"slug": "all", "display_name": "All", "members": members});
    let bundle = scene.owner.post("servers", bundle).await.ok()["id"].clone();
    scene.world.synced("acme").await;
    let mut all = scene.owner.ide("all").await;
    assert_eq!(all.initialize().await.status, 200);
    let rule = with(per_day(3, &["server", "tool"]), "servers", json!([scene.server]));
    scene.limit(with(rule, "tools", json!(["echo"]))).await;
    assert_eq!(calls(&mut all, "gh_echo", 2).await, 2);
    assert_eq!(calls(&mut scene.ide, "echo", 2).await, 1, "one budget, whichever way one comes");
    assert_eq!(calls(&mut all, "gh_echo", 1).await, 0);
    assert_eq!(calls(&mut all, "jira_echo", 3).await, 3, "the other member has no limit");
    // The virtual server's own rules count besides.
    let rule = with(per_day(2, &["tenant"]), "servers", json!([bundle]));
    scene.limit(with(rule, "name", json!("bundle"))).await;
    assert_eq!(calls(&mut all, "jira_echo", 3).await, 2);
}

#[tokio::test]
async fn atk_33_lists_of_a_virtual_server_count_at_it_and_at_members_with_limits() {
    let scene = Scene::open(World::start().await).await;
    let jira = scene.owner.register_server("jira", scene.upstream.url.as_str()).await;
    let members = json!([{"server_id": scene.server, "alias": "gh"}, {"server_id": jira, "alias": "jira"}]);
    let bundle = json!({"slug": "all", "display_name": "All", "members": members});
    scene.owner.post("servers", bundle).await.ok();
    scene.limit(with(per_day(2, &["server"]), "servers", json!([jira]))).await;
    scene.limit(with(per_day(5, &["tenant"]), "name", json!("everything"))).await;
    let mut all = scene.owner.ide("all").await;
    assert_eq!(all.initialize().await.status, 200);
    let mut lists = Vec::new();
    for _ in 0..5 {
        lists.push(all.request("tools/list", json!({})).await.json());
    }
    let missing: Vec<&Value> = lists.iter().map(|list| &list["result"]["_meta"]["portway/unavailable"]).collect();
    assert!(missing[..2].iter().all(|missing| missing.is_null()), "{missing:?}");
    for missing in &missing[2..4] {
        assert_eq!((&missing[0]["member"], &missing[0]["code"]), (&json!("jira"), &json!("rate_limited")));
    }
    assert_eq!(lists[4]["error"]["data"]["limit"], "everything", "{}", lists[4]);
}

#[tokio::test]
async fn exact_under_64_clients_on_three_nodes() {
    let scene = Scene::open(World::setup().nodes(3).redis().start().await).await;
    scene.limit(per_day(500, &["tenant"])).await;
    let origins: Vec<String> = scene.world.nodes.iter().map(|node| node.origin()).collect();
    let clients = (0..64).map(|client| {
        let mut ide = scene.ide.at(&origins[client % 3]);
        world::spawn(async move { calls(&mut ide, "echo", 12).await })
    });
    let mut through = 0;
    for client in clients.collect::<Vec<_>>() {
        through += client.await.unwrap();
    }
    assert!((495..=500).contains(&through), "{through}");
    assert_eq!(scene.upstream.seen_method("tools/call").len(), through);
}

#[tokio::test]
async fn redis_killed_and_back_in_mid_load() {
    let mut scene = Scene::open(World::setup().nodes(2).redis().start().await).await;
    scene.limit(with(per_day(5_000, &["tenant"]), "name", json!("shared"))).await;
    let strict = with(with(per_day(5_000, &["tenant"]), "tools", json!(["strict"])), "without_redis", json!("refuse"));
    scene.limit(strict).await;
    let (longest, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let load: Vec<_> = (0..8)
        .map(|client| {
            let mut ide = scene.ide.at(&scene.world.nodes[client % 2].origin());
            let (longest, done) = (longest.clone(), done.clone());
            world::spawn(async move {
                let mut through = 0;
                while !done.load(Ordering::Relaxed) {
                    let started = Instant::now();
                    through += usize::from(passed(&ide.call_tool("echo", json!({})).await));
                    longest.fetch_max(started.elapsed().as_millis() as usize, Ordering::Relaxed);
                }
                through
            })
        })
        .collect();
    let strict = |answer: Answer| answer.json()["result"]["_meta"]["portway/error"].clone();
    assert_eq!(strict(scene.ide.call_tool("strict", json!({})).await), Value::Null);
    scene.world.redis.as_mut().unwrap().stop().await;
    world::eventually("what must be counted is refused", || async {
        let error = strict(scene.ide.clone().call_tool("strict", json!({})).await);
        error["code"] == "limits.unavailable" && error["retryAfter"].is_u64()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    scene.world.redis.as_mut().unwrap().restart().await;
    world::eventually("what must be counted is counted again", || async {
        strict(scene.ide.clone().call_tool("strict", json!({})).await).is_null()
    })
    .await;
    done.store(true, Ordering::Relaxed);
    for client in load {
        assert!(client.await.unwrap() > 0, "no client was shut out");
    }
    // The deadline of this world is long; what hangs would be longer.
    assert!(longest.load(Ordering::Relaxed) < 6_000, "{longest:?} ms");
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_what_is_not_meant_is_said_before_it_is_saved() {
    let scene = Scene::open(World::start().await).await;
    let fields = |body: Value| -> Vec<String> {
        let fields = body["errors"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|one| format!("{} {}", one["field"], one["code"]).replace('"', "")).collect()
    };
    let owner = &scene.owner;
    let globex = scene.world.tenant("globex").await;
    let theirs = globex.register_server("github", scene.upstream.url.as_str()).await;
    let their_id = globex.id().await;
    let bad = json!({
        "name": "x", "servers": [theirs], "subjects": [{"kind": "user", "id": their_id}], "key": ["tenant"],
        "windows": [{"limit": 5, "per": "minute"}, {"limit": 9, "per": "minute"}],
    });
    let refused = owner.post("limit-rules", bad).await;
    assert_eq!(
        fields(refused.refused(400, "invalid")),
        [
            "windows[1].per limit_rule.period_twice",
            "servers[0] limit_rule.unknown_server",
            "subjects[0].id limit_rule.unknown_subject"
        ]
    );
    let windows = json!([{"limit": 100, "per": "minute"}, {"limit": 10_000, "per": "hour"}]);
    let idle = with(per_day(1, &["tenant", "tool"]), "windows", windows);
    let looked_at = owner.post("limit-rules?dry_run=true", idle.clone()).await;
    assert_eq!(looked_at.status, 200);
    let codes: Vec<&str> =
        looked_at.body["warnings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["window.never_binds", "key.tenant_redundant"]);
    assert_eq!(owner.get("limit-rules").await.ok()["items"], json!([]), "nothing was saved");

    let saved = owner.post("limit-rules", idle.clone()).await.ok();
    let (id, warnings) = (saved["id"].as_str().unwrap(), saved["warnings"].as_array().unwrap().len());
    assert_eq!(warnings, 2);
    owner
        .post("limit-rules", with(idle.clone(), "name", json!("SEARCHES")))
        .await
        .refused(409, "limit_rule.name_taken");
    let path = format!("limit-rules/{id}");
    let replaced = owner.put(&path, per_day(7, &["server"])).await.ok();
    assert_eq!((&replaced["windows"][0]["limit"], &replaced["warnings"]), (&json!(7), &json!([])));
    assert_eq!(owner.get(&path).await.ok()["key"], json!(["server"]));
    for (method, body) in [(Method::GET, None), (Method::PUT, Some(idle.clone())), (Method::DELETE, None)] {
        globex.api(method, &path, body).await.refused(404, "not_found");
    }
    let member = owner.invite("mo", "member").await;
    member.post("limit-rules", idle).await.refused(403, "forbidden");
    member.get("limit-rules").await.refused(403, "forbidden");
    let audit = owner.get("audit?limit=50").await.ok().to_string();
    assert!(audit.contains("limit_rule.created") && audit.contains("limit_rule.changed"), "{audit}");
}
