//! Calls through a node: what gets through, what is refused, and in which words.

use reqwest::Method;
use serde_json::{Value, json};
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::ide::Ide;
use world::{World, people::Person};

struct Scene {
    world: World,
    upstream: McpServer,
    owner: Person,
    ide: Ide,
}

async fn scene(era: Era) -> Scene {
    let world = World::start().await;
    let upstream = McpServer::start(era).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let ide = owner.ide("github").await;
    Scene { world, upstream, owner, ide }
}

#[tokio::test]
async fn a_call_is_relayed_and_recorded() {
    let Scene { world: _world, upstream, owner, mut ide } = scene(Era::Legacy).await;
    assert_eq!(ide.initialize().await.status, 200);
    let tools = ide.request("tools/list", json!({})).await.json();
    assert_eq!(tools["result"]["tools"][0]["x-unknown"], json!([1.0, 1e3]), "unknown members survive");
    let answer = ide.call_tool("echo", json!({"text": "hi"})).await.json();
    assert_eq!(answer["result"]["content"][0]["text"], r#"{"text":"hi"}"#);
    let record = recorded(&owner, "tools/call").await;
    let expected = json!({"/method": "tools/call", "/target": "echo", "/outcome": "ok", "/fault": "none", "/error_reason": "",
        "/principal/id": owner.id().await, "/client/name": "test-ide", "/client/version": "1.2", "/client/protocol": "2025-11-25",
        "/upstream_protocol": "2025-11-25", "/node_id": "node-1"});
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(record.pointer(field), Some(value), "{field} of {record}");
    }
    assert!(record["bytes_in"].as_u64() > Some(0) && record["duration_us"].as_u64() > Some(0));
    for seen in upstream.seen() {
        assert!(
            seen.headers.get("authorization").is_none() && seen.headers.get("cookie").is_none(),
            "{:?}",
            seen.headers
        );
    }
}

/// The newest record of a method, once it arrived.
async fn recorded(person: &Person, method: &str) -> Value {
    let mut found = Value::Null;
    for _ in 0..400 {
        let page = person.get(&format!("calls?method={method}&limit=1")).await.ok();
        if let Some(record) = page["items"].get(0) {
            found = record.clone();
            break;
        }
        tokio::task::yield_now().await;
        tokio::time::timeout(std::time::Duration::from_millis(25), std::future::pending::<()>()).await.unwrap_err();
    }
    assert!(found.is_object(), "no record of {method}");
    found
}

#[tokio::test]
async fn a_modern_call_is_relayed() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Modern).await;
    let discovered = ide.modern("server/discover", json!({})).await;
    assert_eq!(discovered.json()["result"]["supportedVersions"], json!(["2026-07-28"]), "{}", discovered.body);
    let answer = ide.modern("tools/call", json!({"name": "echo", "arguments": {"n": 1}})).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], r#"{"n":1}"#, "{}", answer.body);
    let seen = upstream.seen_method("tools/call").pop().unwrap();
    assert_eq!(seen.headers["mcp-method"], "tools/call");
    assert_eq!(seen.headers["mcp-name"], "echo");
    assert_eq!(seen.headers["mcp-protocol-version"], "2026-07-28");
    assert_eq!(ide.modern("logging/setLevel", json!({"level": "debug"})).await.status, 404, "removed in 2026-07-28");
}

#[tokio::test]
async fn progress_streams_and_the_token_is_the_clients_own() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Legacy).await;
    upstream.on("tools/call", |_| {
        Reply::Stream(vec![
            json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": "$token", "progress": 1}}),
            json!({"jsonrpc": "2.0", "id": "$id", "result": {"content": []}}),
        ])
    });
    ide.initialize().await;
    let answer =
        ide.request("tools/call", json!({"name": "slow", "arguments": {}, "_meta": {"progressToken": "mine"}})).await;
    let events = answer.events();
    assert_eq!(events[0]["params"]["progressToken"], "mine", "{}", answer.body);
    assert_eq!(events[1]["id"], answer.json()["id"]);
    let upstream_token = &upstream.seen_method("tools/call")[0].json()["params"]["_meta"]["progressToken"];
    assert_ne!(upstream_token, "mine", "two clients may choose the same token");
}

#[tokio::test]
async fn a_session_goes_on_when_the_upstream_forgot_its_own_and_ends_with_delete() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Legacy).await;
    ide.initialize().await;
    ide.call_tool("echo", json!({})).await;
    upstream.forget_sessions();
    let answer = ide.call_tool("echo", json!({"again": true})).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], r#"{"again":true}"#, "{}", answer.body);
    assert_eq!(ide.send(Method::DELETE, Value::Null, &[]).await.status.as_u16() / 100, 2);
    assert_eq!(ide.call_tool("echo", json!({})).await.status, 404);
}

#[tokio::test]
async fn without_a_token_nothing_tells_whether_a_server_exists() {
    let Scene { world, owner, .. } = scene(Era::Legacy).await;
    let ask = async |method: Method, path: &str| {
        let ide = Ide::new(&format!("{}{path}", world.gateway_origin));
        let answer = ide.send(method, json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}), &[]).await;
        let mut headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        (answer.status.as_u16(), headers.join("\n"), answer.body)
    };
    for method in [Method::POST, Method::GET, Method::HEAD, Method::DELETE, Method::PUT] {
        let (status, headers, body) = ask(method.clone(), "/acme/mcp/github/server").await;
        assert_eq!(status, 401, "{method}");
        let other = ask(method, "/acme/mcp/nothing/server").await;
        assert_eq!(
            (other.0, other.1.replace("nothing", "github"), other.2.replace("nothing", "github")),
            (status, headers, body)
        );
    }
    assert_eq!(ask(Method::POST, "/nobody/mcp/github/server").await.0, 404, "no such tenant");
    let metadata = |server: &str| {
        format!("{}/.well-known/oauth-protected-resource/acme/mcp/{server}/server", world.gateway_origin)
    };
    let client = owner.browser.client();
    for server in ["github", "nothing"] {
        let document: Value = client.get(metadata(server)).send().await.unwrap().json().await.unwrap();
        assert_eq!(document["resource"], owner.url(server).as_str());
    }
    let unknown = client.get(format!("{}/.well-known/whatever", world.gateway_origin)).send().await.unwrap();
    assert_eq!(
        (
            unknown.status().as_u16(),
            unknown.headers()["content-type"].to_str().unwrap().starts_with("application/json")
        ),
        (404, true)
    );
}

#[tokio::test]
async fn with_a_token_an_unknown_server_and_one_not_granted_answer_alike() {
    let Scene { world, upstream, owner, .. } = scene(Era::Legacy).await;
    owner.register_server("private", upstream.url.as_str()).await;
    let open = owner.register_server("open", upstream.url.as_str()).await;
    let ana = owner.invite("ana", "member").await;
    let grant = owner.grant(&open, &ana).await;
    let ide = ana.ide("open").await;
    owner.delete(&format!("servers/{open}/grants/{}", grant["id"].as_str().unwrap())).await.ok();
    world.synced("acme").await;
    // Her token is for `open`, which exists but is not granted any more; and one for a retired server.
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let not_granted = ide.send(Method::POST, body.clone(), &[]).await;
    owner.delete(&format!("servers/{open}?confirm=open")).await.ok();
    world.synced("acme").await;
    let unknown = ide.send(Method::POST, body, &[]).await;
    assert_eq!(not_granted.status, 404);
    assert_eq!((unknown.status, &unknown.body), (not_granted.status, &not_granted.body), "byte for byte");
}

#[tokio::test]
async fn atk_17_tokens_for_another_server_another_tenant_or_nobody_are_refused_with_a_reason() {
    let Scene { world, upstream, owner, ide } = scene(Era::Legacy).await;
    owner.register_server("other", upstream.url.as_str()).await;
    let globex = world.tenant("globex").await;
    globex.register_server("github", upstream.url.as_str()).await;
    let foreign = globex.ide("github").await;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let send = async |url: &str, token: &str| {
        let ide = Ide::new(url);
        ide.send(Method::POST, body.clone(), &[("authorization", &format!("Bearer {token}"))]).await
    };
    let token = ide.access_token();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for (what, url, token) in [
        ("another server's", owner.url("other"), token),
        ("another tenant's", owner.url("github"), foreign.access_token()),
        ("forged", owner.url("github"), &forged),
        ("garbage", owner.url("github"), "garbage"),
        ("unsigned", owner.url("github"), "eyJhbGciOiJub25lIn0.e30."),
    ] {
        let answer = send(&url, token).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        let challenge = answer.challenge();
        assert!(
            challenge.contains("error=\"invalid_token\"") && challenge.contains("error_description=\""),
            "{what}: {challenge}"
        );
        assert!(challenge.contains("resource_metadata=\""), "{what}: {challenge}");
    }
    assert!(upstream.seen().is_empty(), "nothing went upstream");
    // A token in the query is no token.
    let query = send(&format!("{}?access_token={token}", owner.url("github")), "").await;
    assert_eq!(query.status, 401);
    world.advance(chrono::TimeDelta::minutes(61));
    let expired = send(&owner.url("github"), token).await;
    assert_eq!(expired.status, 401);
    assert!(expired.challenge().contains("expired"), "{}", expired.challenge());
}

#[tokio::test]
async fn an_older_epoch_is_refused_everywhere_at_once() {
    let Scene { world, owner, upstream, .. } = scene(Era::Legacy).await;
    let server = owner.register_server("open", upstream.url.as_str()).await;
    owner.grant_everyone(&server).await;
    let ana = owner.invite("ana", "member").await;
    let id = ana.id().await;
    let mut ide = ana.ide("open").await;
    assert_eq!(ide.initialize().await.status, 200);
    owner.patch(&format!("users/{id}"), json!({"status": "deactivated"})).await.ok();
    world.synced("acme").await;
    let refused = ide.call_tool("echo", json!({})).await;
    assert_eq!(refused.status, 401, "{}", refused.body);
    assert_eq!(ide.refresh().await.json()["error"], "invalid_grant");
    assert_eq!(ana.get("session").await.status, 401);
    // Coming back does not bring old tokens back.
    owner.patch(&format!("users/{id}"), json!({"status": "active"})).await.ok();
    world.synced("acme").await;
    assert_eq!(ide.call_tool("echo", json!({})).await.status, 401);
}

#[tokio::test]
async fn atk_08_what_the_policy_reads_is_what_is_forwarded() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Legacy).await;
    ide.initialize().await;
    let before = upstream.seen().len();
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","name":"admin"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","\u006eame":"admin"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","Name":"admin"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":1,"a":2}}}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"} {}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list""#,
        "",
    ] {
        let answer = ide.send_raw(Method::POST, body.to_owned(), &[]).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(
            [-32700, -32600, -32602].contains(&answer.json()["error"]["code"].as_i64().unwrap_or_default()),
            "{body}: {}",
            answer.body
        );
    }
    assert_eq!(upstream.seen().len(), before, "nothing went upstream");
    let huge = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"echo","arguments":"{}"}}}}"#,
        "x".repeat(5 << 20)
    );
    assert_eq!(ide.send_raw(Method::POST, huge, &[]).await.status, 413);
}

#[tokio::test]
async fn atk_09_headers_must_say_what_the_body_says() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Modern).await;
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}});
    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "admin", "arguments": {}, "_meta": meta}});
    let version = ("mcp-protocol-version", "2026-07-28");
    for headers in [
        vec![version, ("mcp-method", "tools/call"), ("mcp-name", "echo")],
        vec![version, ("mcp-method", "tools/list"), ("mcp-name", "admin")],
        vec![version, ("mcp-method", "tools/call")],
        vec![version, ("mcp-name", "admin")],
    ] {
        let answer = ide.send(Method::POST, call.clone(), &headers).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"]["code"].as_i64()),
            (400, Some(-32020)),
            "{headers:?} {}",
            answer.body
        );
        assert_eq!(answer.json()["id"], 7);
    }
    assert!(upstream.seen_method("tools/call").is_empty());
    // The sentinel of a name that is no header text: "=?base64?YWRtaW4=?=" is "admin".
    let encoded = [version, ("mcp-method", "tools/call"), ("mcp-name", "=?base64?YWRtaW4=?=")];
    assert_eq!(ide.send(Method::POST, call, &encoded).await.status, 200);
    let unsupported = ide.modern("tools/list", json!({})).await;
    assert_eq!(unsupported.status, 200);
}

#[tokio::test]
async fn atk_10_a_session_id_is_worth_nothing_to_another_person() {
    let Scene { world, owner, upstream, mut ide } = scene(Era::Legacy).await;
    let globex = world.tenant("globex").await;
    globex.register_server("github", upstream.url.as_str()).await;
    let server = owner.get("servers?limit=1").await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    owner.grant_everyone(&server).await;
    ide.initialize().await;
    let stolen = ide.session.clone().unwrap();
    for thief in [owner.invite("ana", "member").await, globex] {
        let mut theirs = thief.ide("github").await;
        theirs.session = Some(stolen.clone());
        assert_eq!(theirs.call_tool("echo", json!({})).await.status, 404);
    }
    for bad in ["x", "", &stolen[..stolen.len() - 1], &format!("{stolen}A")] {
        let mut mine = ide.clone();
        mine.session = Some(bad.to_owned());
        let status = mine.call_tool("echo", json!({})).await.status;
        assert!([400, 404].contains(&status.as_u16()), "{bad:?}: {status}");
    }
    assert_eq!(ide.call_tool("echo", json!({})).await.status, 200);
}

#[tokio::test]
async fn atk_11_two_clients_with_equal_ids_get_their_own_answers() {
    let Scene { world: _world, owner, upstream, ide } = scene(Era::Legacy).await;
    let mut other = owner.ide("github").await;
    let mut mine = ide;
    mine.initialize().await;
    other.initialize().await;
    let call = |who: &str| json!({"jsonrpc": "2.0", "id": "same", "method": "tools/call", "params": {"name": "echo", "arguments": {"who": who}}});
    let calls = (0..20).map(|number| {
        let (ide, who) = if number % 2 == 0 { (&mine, "mine") } else { (&other, "other") };
        async move {
            let answer = ide.send(Method::POST, call(who), &[]).await.json();
            assert_eq!(
                (answer["id"].as_str(), answer["result"]["content"][0]["text"].as_str()),
                (Some("same"), Some(format!(r#"{{"who":"{who}"}}"#).as_str()))
            );
        }
    });
    futures::future::join_all(calls).await;
    let ids: std::collections::HashSet<String> =
        upstream.seen_method("tools/call").iter().map(|seen| seen.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 20, "each call has an id of its own upstream");
}

#[tokio::test]
async fn atk_14_18_private_addresses_and_redirects_lead_nowhere() {
    let Scene { world, owner, upstream, mut ide } = scene(Era::Legacy).await;
    ide.initialize().await;
    let elsewhere = McpServer::start(Era::Legacy).await;
    let target = elsewhere.url.to_string();
    upstream.on("tools/call", move |_| {
        Reply::Raw(axum::response::IntoResponse::into_response(axum::response::Redirect::temporary(&target)))
    });
    let answer = ide.call_tool("echo", json!({})).await.json();
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(elsewhere.seen().is_empty(), "no redirect is followed");
    for (slug, url) in [
        ("metadata", "http://169.254.169.254/latest"),
        ("private", "http://10.1.2.3/mcp"),
        ("mapped", "http://[::ffff:10.1.2.3]/mcp"),
    ] {
        owner.register_server(slug, url).await;
        let mut ide = owner.ide(slug).await;
        let refused = ide.initialize().await.json();
        assert_eq!(refused["error"]["data"]["code"], "upstream.blocked_address", "{slug}: {refused}");
    }
    drop(world);
}

#[tokio::test]
async fn atk_26_unknown_origins_and_hosts_are_refused() {
    let Scene { world, ide, .. } = scene(Era::Legacy).await;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(ide.send(Method::POST, body.clone(), &[("origin", "https://evil.example")]).await.status, 403);
    assert_ne!(ide.send(Method::POST, body.clone(), &[("origin", &world.gateway_origin)]).await.status, 403);
    let node = ide.at(&world.nodes[0].origin());
    let rebound = node.send(Method::POST, body, &[("host", "evil.example")]).await;
    assert!(rebound.status.is_client_error(), "{}", rebound.body);
    let admin = world::http::builder().build().unwrap().get(format!("http://{}/metrics", world.nodes[0].admin));
    assert!(admin.header("host", "evil.example").send().await.unwrap().status().is_client_error());
}

#[tokio::test]
async fn a_hostile_or_broken_upstream_is_named_and_its_answer_kept_out() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Legacy).await;
    ide.initialize().await;
    let answer = |status: u16, kind: &'static str, body: &'static str| {
        move || {
            axum::response::Response::builder()
                .status(status)
                .header("content-type", kind)
                .header("set-cookie", "stolen=1")
                .header("www-authenticate", "Bearer realm=\"evil\"")
                .body(body.into())
                .unwrap()
        }
    };
    for (make, code) in [
        (
            Box::new(answer(401, "text/plain", "who")) as Box<dyn Fn() -> axum::response::Response + Send>,
            "upstream.credential_refused",
        ),
        (Box::new(answer(500, "text/html", "<h1>stack trace</h1>")), "upstream."),
        (Box::new(answer(429, "text/plain", "slow down")), "upstream."),
        (Box::new(answer(200, "text/html", "<h1>hi</h1>")), "upstream.bad_response"),
        (
            Box::new(answer(200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":99999,\"result\":{}}")),
            "upstream.bad_response",
        ),
        (Box::new(answer(200, "application/json", "{\"jsonrpc\":")), "upstream.bad_response"),
    ] {
        upstream.on("tools/call", move |_| Reply::Raw(make()));
        let refused = ide.call_tool("echo", json!({})).await;
        assert_eq!(refused.status, 200, "{}", refused.body);
        assert_eq!(refused.json()["result"]["isError"], true, "{}", refused.body);
        let text = refused.json()["result"].to_string();
        assert!(text.contains(code), "{code}: {text}");
        assert!(!text.contains("stack trace"));
        for header in ["set-cookie", "www-authenticate"] {
            assert!(refused.headers.get(header).is_none(), "{header}");
        }
    }
}

#[tokio::test]
async fn a_modern_client_that_goes_away_cancels_its_call() {
    let Scene { world: _world, upstream, mut ide, .. } = scene(Era::Modern).await;
    upstream.on("tools/call", |_| {
        Reply::StreamThenHang(vec![json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": "$token", "progress": 1}})])
    });
    let call = ide.modern("tools/call", json!({"name": "slow", "arguments": {}}));
    tokio::time::timeout(std::time::Duration::from_millis(500), call).await.expect_err("it hangs");
    tokio::time::timeout(world::PATIENCE, upstream.dropped(1)).await.expect("the upstream sees the cancellation");
}
