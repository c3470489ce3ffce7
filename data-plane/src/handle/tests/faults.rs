//! Bad upstreams, and what must never cross the node.

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::json;

use super::upstream::{FakeUpstream, Speaks};
use super::world::{ANA, DEMO, World, call, initialize};

#[tokio::test]
async fn failures_of_an_upstream_become_tool_errors_that_say_what_and_whose() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    for (tool, code) in [
        ("s401", "upstream.credential_refused"),
        ("s403", "upstream.credential_refused"),
        ("s418", "upstream.failed"),
        ("s500", "upstream.failed"),
        ("s429", "upstream.rate_limited"),
        ("redirect", "upstream.redirect"),
        ("garbage", "upstream.bad_response"),
        ("html", "upstream.bad_response"),
        ("wrong_id", "upstream.bad_response"),
        ("no_answer", "upstream.bad_response"),
        ("huge", "upstream.too_large"),
        ("huge_event", "upstream.too_large"),
    ] {
        let answer = ide.call(json!("f"), tool).await;
        let body = answer.json();
        assert_eq!(
            (answer.status.as_u16(), &body["id"], &body["result"]["isError"]),
            (200, &json!("f"), &json!(true)),
            "{tool}: {body}"
        );
        let text = body["result"]["content"][0]["text"].as_str().expect("text");
        assert!(text.contains(code), "{tool}: {text}");
        assert_eq!(body["result"]["_meta"]["portway/error"]["code"], code);
        assert!(!text.contains("10.0.0.7") && !text.contains("127.0.0.1"), "{text}");
        assert_eq!((answer.header("www-authenticate"), answer.header("location")), ("", ""));
        let retry_after = if tool == "s429" { "7" } else { "" };
        assert_eq!(answer.header("retry-after"), retry_after, "{tool}");
        let counted = format!("reason=\"{code}\"");
        assert!(world.node.metrics.render().contains(&counted), "{tool}");
    }
    let cut = ide.call(1, "cut").await.events();
    assert_eq!((&cut[0]["method"], &cut[1]["result"]["isError"]), (&json!("notifications/progress"), &json!(true)));
    assert_eq!(cut[1]["result"]["_meta"]["portway/error"]["code"], "upstream.interrupted");
    assert_eq!(ide.call(2, "tool_error").await.json()["result"]["isError"], true);
}

#[tokio::test]
async fn atk_18_a_redirect_is_never_followed() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let before = world.upstream.seen().len();
    ide.call(1, "redirect").await;
    assert_eq!(world.upstream.seen().len(), before + 1);
}

#[tokio::test]
async fn a_silent_upstream_is_given_up() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "hasty").await;
    let text = ide.call(1, "hang").await.json()["result"]["content"][0]["text"].to_string();
    assert!(text.contains("upstream.timeout") && text.contains("may have run"), "{text}");
    let events = ide.call(2, "hang_stream").await.events();
    assert_eq!(events.last().expect("an end")["result"]["_meta"]["portway/error"]["code"], "upstream.timeout");
}

#[tokio::test]
async fn atk_14_a_private_address_is_not_reached_unless_the_operator_allows_it() {
    let fake = FakeUpstream::start(Speaks::Legacy).await;
    let world = World::with(fake, |config| config.upstream.allowed_private_ranges.clear());
    let answer = world.ide(ANA, "demo").await.post(&initialize("2025-11-25")).await;
    assert_eq!(answer.json()["error"]["data"]["code"], "upstream.blocked_address");
    assert_eq!(world.upstream.seen().len(), 0);
}

#[tokio::test]
async fn atk_36_only_a_call_that_did_not_run_is_sent_twice() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let times = |tool: &str| world.upstream.seen().iter().filter(|seen| seen.body["params"]["name"] == tool).count();
    for tool in ["s500", "garbage", "cut", "s418"] {
        ide.call(1, tool).await;
        assert_eq!(times(tool), 1, "{tool}");
    }
    world.upstream.forget_sessions();
    assert_eq!(ide.call(1, "echo").await.json()["id"], 1);
    assert_eq!(times("echo"), 2, "the first one met a 404");
}

#[tokio::test]
async fn atk_06_atk_17_nothing_private_crosses_in_either_direction() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let mut headers = ide.headers();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    headers.extend([
        ("cookie", "session=1"),
        ("x-portway-tenant", "globex"),
        ("x-tfy-mcp-headers", "{}"),
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("proxy-authorization", "Basic eA=="),
        ("accept-language", "de"),
        ("traceparent", trace),
    ]);
    let answer = world.send(Method::POST, DEMO, &headers, call(1, "headers").to_string()).await;
    let seen = world.upstream.saw(|seen| seen.method() == "tools/call").await;
    let mut names: Vec<&str> = seen.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-language",
            "content-length",
            "content-type",
            "host",
            "mcp-protocol-version",
            "mcp-session-id",
            "traceparent",
            "user-agent",
        ]
    );
    assert_eq!(seen.headers["traceparent"], trace, "a node that records no trace is no link of it");
    let token = ide.authorization.trim_start_matches("Bearer ");
    assert!(seen.headers.values().all(|value| !value.to_str().unwrap_or_default().contains(token)));

    let mut names: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["cache-control", "content-type"]);
}

#[tokio::test]
async fn a_silent_stream_is_kept_open_until_the_call_is_given_up() {
    let world = World::start(Speaks::Legacy).await;
    let ide = world.legacy(ANA, "demo").await;
    let response = world.open(Method::POST, DEMO, &ide.headers(), call(1, "hang_stream").to_string()).await;
    let mut body = response.into_body();
    body.frame().await.expect("progress").expect("whole");
    tokio::time::pause();
    let kept = body.frame().await.expect("a comment").expect("whole").into_data().expect("data");
    assert_eq!(kept, crate::mcp::sse::KEEP_ALIVE);
    let rest = body.collect().await.expect("whole").to_bytes();
    assert!(String::from_utf8_lossy(&rest).contains("upstream.timeout"), "{rest:?}");
}
