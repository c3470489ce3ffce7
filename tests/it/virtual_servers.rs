//! Virtual servers: several servers behind one URL, for people who are granted that one only.

use serde_json::{Value, json};
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::fakes::provider::Provider;
use world::ide::{Ide, REDIRECT, parameter};
use world::people::Person;
use world::{World, on_both};

/// A server that tells what it was called with, and lists one tool of its name.
async fn telling(era: Era, tool: &'static str) -> McpServer {
    let upstream = McpServer::start(era).await;
    upstream.on("tools/list", move |_| {
        let list = json!([{"name": tool, "description": "Tells", "inputSchema": {"type": "object"}}]);
        Reply::Result(json!({"tools": list, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}))
    });
    upstream.on("tools/call", |seen| {
        let said = seen.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let text = format!("{} {}", seen.json()["params"]["name"], said.unwrap_or_default());
        Reply::Result(json!({"content": [{"type": "text", "text": text}], "resultType": "complete"}))
    });
    upstream
}

async fn register(owner: &Person, slug: &str, upstream: &McpServer, auth: Value) -> String {
    let body =
        json!({"slug": slug, "display_name": slug, "upstream_url": upstream.url.as_str(), "outbound_auth": auth});
    owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned()
}

async fn bundle(owner: &Person, slug: &str, members: Value) -> String {
    let body = json!({"slug": slug, "display_name": "Everything", "members": members});
    owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned()
}

fn names(list: &Value) -> Vec<String> {
    let tools = list["result"]["tools"].as_array().unwrap_or_else(|| panic!("{list}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

async fn said(ide: &mut Ide, tool: &str) -> String {
    let answer = ide.call_tool(tool, json!({})).await.json();
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn form() -> Value {
    json!({"kind": "per_user_header", "fields": [{"name": "token", "label": "Token"}],
        "headers": [{"name": "authorization", "value": "Bearer {token}"}]})
}

on_both! {
    async fn one_grant_one_url_and_the_members_answer(setup: Setup) {
        let world = setup.nodes(2).start().await;
        let (wiki, tickets) = (telling(Era::Legacy, "find").await, telling(Era::Legacy, "open").await);
        let owner = world.tenant("acme").await;
        let shared = json!({"kind": "shared_header", "headers": [{"name": "authorization", "value": "Bearer shared-key"}]});
        let (wiki_id, tickets_id) =
            (register(&owner, "wiki", &wiki, json!({"kind": "none"})).await, register(&owner, "tickets", &tickets, shared).await);
        let all = bundle(&owner, "all", json!([
            {"server_id": wiki_id, "alias": "w", "offer": {"tools": [{"name": "find", "exposed_as": "look_up", "description": "Looks in the wiki"}]}},
            {"server_id": tickets_id, "alias": "t"},
        ])).await;
        owner.grant_everyone(&all).await;
        let ana = owner.invite("ana", "member").await;
        let mut ide = ana.ide("all").await;
        assert_eq!(ide.initialize().await.status, 200);
        for node in &world.nodes {
            let mut there = ide.at(&node.origin());
            there.initialize().await;
            let list = there.request("tools/list", json!({})).await.json();
            assert_eq!(names(&list), ["look_up", "t_open"]);
            assert_eq!(list["result"]["tools"][0]["description"], "Looks in the wiki");
            assert_eq!(said(&mut there, "look_up").await, "\"find\" ");
            assert_eq!(said(&mut there, "t_open").await, "\"open\" Bearer shared-key");
        }
        // A grant on the whole is none on its parts.
        let key = ana.post("keys", json!({"name": "ci"})).await.ok()["secret"].as_str().unwrap().to_owned();
        let mut part = Ide::new(&ana.url("tickets"));
        part.tokens = json!({ "access_token": key });
        assert_eq!(part.initialize().await.status, 404);
        // Who called what is in the record, by member and by its own name.
        world::eventually("the records are there", || async {
            let calls = owner.get("calls?limit=50").await.ok();
            let calls = calls["items"].as_array().unwrap();
            calls.iter().any(|call| call["target"] == "open" && call["member_id"] == json!(tickets_id) && call["server_id"] == json!(all))
        }).await;

        // The managers of a member see where it is used, and end that; what is left goes on.
        let uses = owner.get(&format!("servers/{tickets_id}/uses")).await.ok();
        assert_eq!(uses["items"][0]["slug"], "all", "{uses}");
        owner.delete(&format!("servers/{tickets_id}/uses/{all}")).await.ok();
        world.synced("acme").await;
        assert_eq!(names(&ide.request("tools/list", json!({})).await.json()), ["look_up"]);
        let gone = ide.call_tool("t_open", json!({})).await.json();
        assert!(gone["error"]["message"].as_str().unwrap_or_default().contains("no tool of that name"), "{gone}");
    }

    async fn what_may_be_put_together(setup: Setup) {
        let world = setup.start().await;
        let wiki = telling(Era::Legacy, "find").await;
        let owner = world.tenant("acme").await;
        let wiki_id = register(&owner, "wiki", &wiki, json!({"kind": "none"})).await;
        let all = bundle(&owner, "all", json!([{"server_id": wiki_id, "alias": "w"}])).await;
        let refused = async |person: &Person, body: Value, field: &str, code: &str| {
            let answer = person.post("servers", body).await;
            assert_eq!(answer.status, 400, "{}", answer.text);
            let errors = answer.body["errors"].clone();
            let found = errors.as_array().unwrap().iter().any(|one| one["field"] == field && one["code"] == code);
            assert!(found, "{field} {code}: {errors}");
        };
        let of = |members: Value| json!({"slug": "more", "display_name": "More", "members": members});
        refused(&owner, of(json!([])), "members", "members.count").await;
        refused(&owner, of(json!([{"server_id": all, "alias": "a"}])), "members[0].server_id", "members.nested").await;
        let mut with_url = of(json!([{"server_id": wiki_id, "alias": "w"}]));
        with_url["upstream_url"] = json!("https://x.example/mcp");
        refused(&owner, with_url, "members", "members.alone").await;
        refused(&owner, json!({"slug": "none", "display_name": "None"}), "upstream_url", "url.malformed").await;
        // Somebody who may register, but does not manage the member.
        let admin = owner.invite("adam", "admin").await;
        owner.put(&format!("servers/{wiki_id}/grants"), json!({"subject": {"kind": "everyone"}, "role": "user"})).await.ok();
        let unmanaged = admin.post("servers", of(json!([{"server_id": wiki_id, "alias": "w"}]))).await;
        assert_eq!(unmanaged.status, 201, "an admin manages every server: {}", unmanaged.text);
        let patched = owner.patch(&format!("servers/{wiki_id}"), json!({"members": []})).await;
        assert_eq!(patched.body["errors"][0]["code"], "members.single", "{}", patched.text);
        // A member that is retired is gone from what it was in.
        owner.delete(&format!("servers/{wiki_id}?confirm=wiki")).await.ok();
        assert_eq!(owner.get(&format!("servers/{all}")).await.ok()["members"], json!([]));
    }

    async fn every_prompt_in_one_trip_then_calls_to_all(setup: Setup) {
        let world = setup.providers().nodes(1).start().await;
        let (open, keyed, guarded) =
            (telling(Era::Legacy, "a").await, telling(Era::Legacy, "b").await, telling(Era::Legacy, "c").await);
        let provider = Provider::start().await;
        guarded.guard(&provider, &json!({}));
        let owner = world.tenant("acme").await;
        let ids = [
            register(&owner, "open", &open, json!({"kind": "none"})).await,
            register(&owner, "keyed", &keyed, form()).await,
            register(&owner, "guarded", &guarded, json!({"kind": "oauth_per_user"})).await,
        ];
        let members = json!([{"server_id": ids[0], "alias": "o"}, {"server_id": ids[1], "alias": "k"}, {"server_id": ids[2], "alias": "g"}]);
        let all = bundle(&owner, "all", members).await;
        owner.grant_everyone(&all).await;
        let ana = owner.invite("ana", "member").await;
        provider.person("ana");

        let mut ide = Ide::new(&ana.url("all"));
        ide.discover().await;
        ide.register(&[REDIRECT]).await;
        let consent = ana.browser.open(ide.authorize_url(&[])).await;
        let page = ana.browser.press(&consent, "approve", &[]).await;
        assert!(page.heading().contains("Connect Everything") && page.text().contains("2 of them want"), "{}", page.text());
        let key = ana.browser.open(page.link("Connect keyed")).await;
        let page = ana.browser.press(&key, "connect", &[("value_token", "anas-key")]).await;
        assert!(page.heading().contains("Connect Everything") && page.text().contains("one of them wants"), "{}", page.text());
        let account = ana.browser.open(page.link("Connect guarded")).await;
        let connected = ana.browser.there_and_back(&account, "continue to guarded").await;
        assert_eq!(connected.heading(), "Connected", "{} {}", connected.url, connected.text());
        let back = connected.refresh().expect("back to the IDE");
        let answer = ide.exchange(&parameter(&back, "code").unwrap(), &[]).await;
        ide.tokens = answer.json();
        assert_eq!(ide.initialize().await.status, 200);
        assert_eq!(names(&ide.request("tools/list", json!({})).await.json()), ["o_a", "k_b", "g_c"]);
        assert_eq!(said(&mut ide, "o_a").await, "\"a\" ");
        assert_eq!(said(&mut ide, "k_b").await, "\"b\" Bearer anas-key");
        assert!(said(&mut ide, "g_c").await.contains("Bearer at-ana-"));

        // Somebody who skips it: what is open works, the rest says what to do.
        let bo = owner.invite("bo", "member").await;
        let mut ide = Ide::new(&bo.url("all"));
        ide.discover().await;
        ide.register(&[REDIRECT]).await;
        let consent = bo.browser.open(ide.authorize_url(&[])).await;
        let page = bo.browser.press(&consent, "approve", &[]).await;
        let connected = bo.browser.open(page.link("Not now: go back to the application")).await;
        let back = connected.refresh().expect("back to the IDE");
        ide.tokens = ide.exchange(&parameter(&back, "code").unwrap(), &[]).await.json();
        assert_eq!(ide.initialize().await.status, 200);
        let list = ide.request("tools/list", json!({})).await.json();
        assert_eq!(names(&list), ["o_a"]);
        let missing = &list["result"]["_meta"]["portway/unavailable"];
        assert_eq!((&missing[0]["member"], &missing[0]["code"]), (&json!("k"), &json!("credential.never_connected")), "{missing}");
        assert!(missing[1]["url"].as_str().unwrap().ends_with("/t/acme/connect/guarded"), "{missing}");
        let refused = ide.call_tool("k_b", json!({})).await.json()["result"].clone();
        assert_eq!(refused["_meta"]["portway/error"]["code"], "credential.never_connected", "{refused}");
        let page = bo.browser.open(refused["_meta"]["portway/error"]["url"].as_str().unwrap()).await;
        assert!(page.heading().contains("Connect keyed"), "a member of a virtual server is enough: {}", page.text());
    }
}

#[tokio::test]
async fn atk_33_a_client_in_a_loop_makes_no_crowd_of_its_lists() {
    let world = World::setup().start().await;
    let wiki = McpServer::start(Era::Modern).await;
    wiki.on("tools/list", |_| Reply::Hang);
    let owner = world.tenant("acme").await;
    let wiki_id = register(&owner, "wiki", &wiki, json!({"kind": "none"})).await;
    bundle(&owner, "all", json!([{"server_id": wiki_id, "alias": "w"}])).await;
    let ide = owner.ide("all").await;
    let lists = (0..12).map(|_| {
        let mut ide = ide.clone();
        world::spawn(async move { ide.modern("tools/list", json!({})).await.json() })
    });
    for list in lists.collect::<Vec<_>>() {
        let list = list.await.unwrap();
        assert_eq!(list["error"]["data"]["code"], "upstream.timeout", "{list}");
    }
    // Each is one request for each member: four at once, and then the member is known not to answer.
    assert_eq!(wiki.seen_method("tools/list").len(), 4);
}
