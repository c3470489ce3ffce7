//! What upstreams give modern clients to bring back, and what they ask of them.

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::upstream::{FakeUpstream, Seen, json_answer};
use super::world::{ANA, BOB, Ide, World, modern};
use crate::limits::{REQUEST_STATE_AGE_MAX_S, REQUEST_STATE_BYTES_MAX};

const TASKS: &str = "io.modelcontextprotocol/tasks";
/// Spelled in a way that only a byte-faithful relay gives back.
const STATE: &str = r#""st\u0061te \"1\"""#;

fn result(seen: &Seen, result: &str) -> axum::http::Response<axum::body::Body> {
    let body = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, seen.body["id"]);
    super::upstream::raw_answer(200, "application/json", body)
}

/// Asks for a name on the first round, for tools, prompts and resources alike; runs `task` as a task.
fn answer(seen: &Seen) -> Option<axum::http::Response<axum::body::Body>> {
    let params = &seen.body["params"];
    let asks = r#"{"who":{"method":"elicitation/create","params":{"message":"Who?"}}}"#;
    match (seen.method(), params["name"].as_str().unwrap_or_default()) {
        ("tools/call", "task") => Some(result(
            seen,
            r#"{"resultType":"task","taskId":"up-7","status":"working","createdAt":"x","ttlMs":null}"#,
        )),
        ("tools/call", "link") => Some(result(
            seen,
            r#"{"resultType":"input_required","inputRequests":{"l":{"method":"elicitation/create","params":{"mode":"url","url":"javascript:alert(1)"}}}}"#,
        )),
        ("tools/call", "endless") => {
            let state = "x".repeat(REQUEST_STATE_BYTES_MAX);
            Some(result(seen, &format!(r#"{{"resultType":"input_required","requestState":"{state}"}}"#)))
        }
        ("tools/call", "odd") => Some(result(seen, r#"{"resultType":"odd"}"#)),
        ("tools/call", "forged") => {
            Some(result(seen, r#"{"resultType":"complete","content":[],"_meta":{"portway/error":{"code":"x"},"a":1}}"#))
        }
        ("tools/call" | "prompts/get", _) | ("resources/read", _) if params["requestState"].is_null() => Some(result(
            seen,
            &format!(r#"{{"resultType":"input_required","inputRequests":{asks},"requestState":{STATE}}}"#),
        )),
        ("tools/call" | "prompts/get" | "resources/read", _) => {
            Some(result(seen, r#"{"resultType":"complete","content":[],"ttlMs":500,"cacheScope":"public"}"#))
        }
        ("tools/list", _) => {
            Some(result(seen, r#"{"resultType":"complete","tools":[],"ttlMs":500,"cacheScope": "public"}"#))
        }
        ("prompts/list", _) => Some(result(seen, r#"{"resultType":"input_required","requestState":"x"}"#)),
        ("resources/list", _) => Some(json_answer(
            200,
            &json!({"jsonrpc": "2.0", "id": seen.body["id"], "error": {"code": -32002, "message": "gone"}}),
        )),
        ("tasks/get", _) => Some(result(
            seen,
            r#"{"resultType":"complete","taskId":"up-7","status":"completed","result":{"taskId":"inner"}}"#,
        )),
        ("tasks/update" | "tasks/cancel", _) => Some(result(seen, r#"{"resultType":"complete"}"#)),
        _ => None,
    }
}

async fn world() -> World {
    World::with(FakeUpstream::scripted(answer).await, |_| {})
}

fn request(method: &str, params: Value) -> Value {
    let mut body = modern(1, method, params);
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"elicitation": {}, "extensions": {TASKS: {}}});
    body
}

async fn ask(ide: &Ide<'_>, method: &str, params: Value) -> Value {
    send(ide, &request(method, params)).await
}

async fn send(ide: &Ide<'_>, body: &Value) -> Value {
    let body = ide.modern(body).await.into_body().collect().await.expect("whole").to_bytes();
    serde_json::from_slice(&body).expect("JSON")
}

fn text(answer: &Value) -> String {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn input_is_asked_for_and_brought_back() {
    let world = world().await;
    let ide = world.ide(ANA, "demo").await;
    for (method, params) in [
        ("tools/call", json!({"name": "greet", "arguments": {}})),
        ("prompts/get", json!({"name": "greet"})),
        ("resources/read", json!({"uri": "test://greet"})),
    ] {
        let first = ask(&ide, method, params.clone()).await;
        assert_eq!(first["result"]["inputRequests"]["who"]["params"]["message"], "Who?", "{method}: {first}");
        let state = first["result"]["requestState"].as_str().expect("a state");
        assert!(!state.contains("state"), "the upstream's words stay with us");

        let mut retry = params;
        retry["requestState"] = json!(state);
        retry["inputResponses"] = json!({"who": {"action": "accept", "content": {"name": "Ana"}}});
        let second = ask(&ide, method, retry.clone()).await;
        assert_eq!(second["result"]["resultType"], "complete", "{method}: {second}");
        let seen = world.upstream.saw(|seen| seen.method() == method && !seen.body["params"]["requestState"].is_null());
        let seen = seen.await;
        assert!(String::from_utf8_lossy(&seen.raw).contains(&format!(r#""requestState":{STATE}"#)), "byte for byte");
        assert_eq!(seen.body["params"]["inputResponses"]["who"]["content"]["name"], "Ana");
        // N13: what came of somebody's input is not to be kept.
        if method == "resources/read" {
            assert_eq!((&second["result"]["cacheScope"], &second["result"]["ttlMs"]), (&json!("private"), &json!(0)));
        }
        assert_eq!(
            ask(&ide, method, retry).await["result"]["resultType"],
            "complete",
            "a lost answer can be asked again"
        );
    }
}

#[tokio::test]
async fn atk_12_atk_34_a_state_serves_its_caller_and_its_request_only() {
    let world = world().await;
    let (ana, bob) = (world.ide(ANA, "demo").await, world.ide(BOB, "demo").await);
    let first = ask(&ana, "tools/call", json!({"name": "greet", "arguments": {}})).await;
    let state = first["result"]["requestState"].as_str().expect("a state").to_owned();
    let calls = |world: &World| world.upstream.methods().iter().filter(|method| *method != "server/discover").count();
    let before = calls(&world);
    let refused = |answer: &Value| answer["error"]["code"] == -32602 && answer.to_string().contains("requestState");
    let with = |name: &str, state: &Value| json!({"name": name, "arguments": {}, "requestState": state});
    let mut tampered = state.clone().into_bytes();
    tampered[40] ^= 1;
    let tampered = String::from_utf8(tampered).expect("ASCII");

    let foreign = ask(&bob, "tools/call", with("greet", &json!(state))).await;
    assert!(refused(&foreign), "another principal's: {foreign}");
    let elsewhere = world.ide(ANA, "hasty").await;
    assert!(refused(&ask(&elsewhere, "tools/call", with("greet", &json!(state))).await), "another server's");
    assert!(refused(&ask(&ana, "tools/call", with("other", &json!(state))).await), "another tool's");
    assert!(refused(&ask(&ana, "prompts/get", with("greet", &json!(state))).await), "another method's");
    assert!(refused(&ask(&ana, "tools/list", json!({"requestState": state})).await), "a method without states");
    for bad in [json!(tampered), json!("state \"1\""), json!(""), json!(7), Value::Null] {
        assert!(refused(&ask(&ana, "tools/call", with("greet", &bad)).await), "{bad}");
    }
    world.clock.advance(chrono::TimeDelta::seconds(REQUEST_STATE_AGE_MAX_S + 1));
    let ana_later = world.ide(ANA, "demo").await;
    assert!(refused(&ask(&ana_later, "tools/call", with("greet", &json!(state))).await), "too old");
    assert_eq!(calls(&world), before, "none of it reached the upstream");
}

#[tokio::test]
async fn atk_16_what_an_upstream_may_not_ask() {
    let world = world().await;
    let ide = world.ide(ANA, "demo").await;
    for (name, why) in [("link", "did not offer"), ("endless", "too long")] {
        let answer = ask(&ide, "tools/call", json!({"name": name, "arguments": {}})).await;
        assert!(text(&answer).contains(why) && text(&answer).contains("[upstream.bad_response]"), "{name}: {answer}");
    }
    let mut body = request("tools/call", json!({"name": "link", "arguments": {}}));
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {"url": {}}});
    assert!(text(&send(&ide, &body).await).contains("not https"));
    body["params"]["name"] = json!("greet");
    assert!(text(&send(&ide, &body).await).contains("did not offer"), "a form for a client that knows links only");
    let listed = ask(&ide, "prompts/list", json!({})).await;
    assert_eq!(listed["error"]["data"]["code"], "upstream.bad_response", "{listed}");
    // A resultType of an extension passes to a client that has extensions.
    let mut body = request("tools/call", json!({"name": "odd", "arguments": {}}));
    assert!(text(&send(&ide, &body).await).contains("resultType"));
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"extensions": {"x/odd": {}}});
    assert_eq!(send(&ide, &body).await["result"]["resultType"], "odd");
    let forged = ask(&ide, "tools/call", json!({"name": "forged", "arguments": {}})).await;
    assert_eq!(forged["result"]["_meta"], json!({"a": 1}), "only the gateway speaks for the gateway");
}

#[tokio::test]
async fn atk_35_lists_are_private_and_retired_codes_do_not_pass() {
    let world = world().await;
    let ide = world.ide(ANA, "demo").await;
    let listed = ask(&ide, "tools/list", json!({})).await;
    assert_eq!(listed["result"], json!({"resultType": "complete", "tools": [], "ttlMs": 500, "cacheScope": "private"}));
    let gone = ask(&ide, "resources/list", json!({})).await;
    assert_eq!(gone["error"]["code"], -32602);
}

#[tokio::test]
async fn atk_12_tasks_belong_to_who_started_them() {
    let world = world().await;
    let (ana, bob) = (world.ide(ANA, "demo").await, world.ide(BOB, "demo").await);
    let started = ask(&ana, "tools/call", json!({"name": "task", "arguments": {}})).await;
    let task = started["result"]["taskId"].as_str().expect("an id").to_owned();
    assert_ne!(task, "up-7");
    let got = ask(&ana, "tasks/get", json!({"taskId": task})).await;
    assert_eq!(
        got["result"],
        json!({"resultType": "complete", "taskId": task, "status": "completed", "result": {"taskId": "inner"}})
    );
    let seen = world.upstream.saw(|seen| seen.method() == "tasks/get").await;
    assert_eq!(
        (&seen.body["params"]["taskId"], &seen.headers["mcp-name"]),
        (&json!("up-7"), &"up-7".parse().expect("value"))
    );
    let answers = json!({"taskId": task, "inputResponses": {}});
    assert_eq!(ask(&ana, "tasks/update", answers).await["result"], json!({"resultType": "complete"}));
    assert_eq!(ask(&ana, "tasks/cancel", json!({"taskId": task})).await["result"], json!({"resultType": "complete"}));

    for (ide, id) in [(&bob, task.as_str()), (&ana, "up-7"), (&world.ide(ANA, "hasty").await, &task)] {
        for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
            let answer = ask(ide, method, json!({"taskId": id})).await;
            assert_eq!(
                (&answer["error"]["code"], &answer["error"]["message"]),
                (&json!(-32602), &json!("unknown task"))
            );
        }
    }
    assert_eq!(world.upstream.methods().iter().filter(|method| method.starts_with("tasks/")).count(), 3);
    // A client that takes no tasks is not given one.
    let mut body = request("tools/call", json!({"name": "task", "arguments": {}}));
    body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    assert!(text(&send(&ana, &body).await).contains("did not offer"));
}

#[tokio::test]
async fn a_client_without_the_extension_is_told_so_whatever_the_task_id() {
    let world = world().await;
    let ide = world.ide(ANA, "demo").await;
    let started = ask(&ide, "tools/call", json!({"name": "task", "arguments": {}})).await;
    for declared in [json!({}), json!({"tasks": {}}), json!({"extensions": {"x/tasks": {}}})] {
        for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
            for task in [&started["result"]["taskId"], &json!("made-up")] {
                let mut body = request(method, json!({"taskId": task}));
                body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = declared.clone();
                let response = ide.modern(&body).await;
                assert_eq!(response.status(), 400, "{method} {declared}");
                let answer = response.into_body().collect().await.expect("whole").to_bytes();
                let answer: Value = serde_json::from_slice(&answer).expect("JSON");
                assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32021)), "{answer}");
                let required = &answer["error"]["data"]["requiredCapabilities"];
                assert_eq!(required, &json!({"extensions": {TASKS: {}}}));
            }
        }
    }
    assert!(world.upstream.methods().iter().all(|method| !method.starts_with("tasks/")), "nothing went upstream");
}

#[tokio::test]
async fn the_trace_goes_on_in_header_and_metadata() {
    let world = world().await;
    let ide = world.ide(ANA, "demo").await;
    let mut body = request("tasks/cancel", json!({"taskId": "x"}));
    let started = ask(&ide, "tools/call", json!({"name": "task", "arguments": {}})).await;
    body["params"]["taskId"] = started["result"]["taskId"].clone();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    body["params"]["_meta"]["traceparent"] = json!(parent);
    body["params"]["_meta"]["tracestate"] = json!("a=b");
    body["params"]["_meta"]["portway/x"] = json!(1);
    send(&ide, &body).await;
    let seen = world.upstream.saw(|seen| seen.method() == "tasks/cancel").await;
    assert_eq!(seen.headers["traceparent"], parent);
    let meta = &seen.body["params"]["_meta"];
    assert_eq!((&meta["traceparent"], &meta["tracestate"]), (&json!(parent), &json!("a=b")));
    assert!(meta["portway/x"].is_null());
    let plain = world.upstream.saw(|seen| seen.method() == "tools/call").await;
    assert!(plain.body["params"]["_meta"]["traceparent"].is_null() && plain.headers.contains_key("traceparent"));
}
