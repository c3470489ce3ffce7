//! Attacks on a node, by the numbers of the list of attacks to survive: each was seen on some other gateway.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use control_plane::egress::address::may_reach;
use data_plane::upstream::address::{Verdict, judge};
use reqwest::Method;
use serde_json::json;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::ide::Ide;

use crate::scene::{Scene, scene};

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

/// The planes share the contract and no code, so each has this rule; what one refuses the other must refuse.
#[test]
fn atk_15_both_planes_judge_addresses_alike() {
    let v4 = (0..=0xffff_u32)
        .flat_map(|prefix| [prefix << 16, prefix << 16 | 0x0001, prefix << 16 | 0x0263, prefix << 16 | 0x7105]);
    let v4 = v4.map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
    let v6 = (0..=0xffff_u128).flat_map(|first| {
        let rest = [0, 1, 0x01ff, 0x0200, 0x0db8, 0x0fff, 0x1000, 0xffff];
        rest.map(|second| IpAddr::V6(Ipv6Addr::from_bits(first << 112 | second << 96 | 1)))
    });
    let mapped = Ipv4Addr::new(10, 1, 2, 3).to_ipv6_mapped();
    let mut refused = 0;
    for address in v4.chain(v6).chain([mapped.into()]) {
        let by_node = judge(address, &[]) != Verdict::Refused;
        assert_eq!(may_reach(address, &[]), by_node, "{address}");
        refused += usize::from(!by_node);
    }
    assert!(refused > 100_000, "most of IPv6 is not public: {refused}");
}
