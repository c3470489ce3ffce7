//! The modern era with clients and servers that nobody here wrote: questions in mid-call, subscriptions, and what ends
//! them.

use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::Era;
use world::fixtures::Fixture;
use world::modern_ide::ModernIde;
use world::people::Person;

async fn office(world: &World) -> (Fixture, Person, Person, String) {
    let fixture = Fixture::start(Era::Modern).await;
    let owner = world.tenant("acme").await;
    let server = owner.register_server("fixture", &fixture.url).await;
    let ana = owner.invite("ana", "member").await;
    owner.grant(&server, &ana).await;
    (fixture, owner, ana, server)
}

async fn connected(person: &Person) -> ModernIde {
    let ide = person.ide("fixture").await;
    let mut sdk = ModernIde::start(&person.url("fixture"), ide.access_token());
    assert_eq!(sdk.run("connect", json!({})).await.expect("connects")["protocol"], "2026-07-28");
    sdk
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_question_in_mid_call_is_answered_on_whatever_node() {
    let world = World::setup().nodes(2).start().await;
    let (_fixture, _owner, ana, _server) = office(&world).await;
    let mut sdk = connected(&ana).await;
    let call = |name: &str| json!({"name": name, "arguments": {}});
    for name in ["test_input_required_result_elicitation", "test_input_required_result_request_state"] {
        let result = sdk.run("call", call(name)).await.expect("a result");
        assert!(!text(&result).is_empty() && result["isError"] != true, "{name}: {result}");
    }
    assert!(sdk.heard("question").await["params"]["message"].is_string());
}

#[tokio::test]
async fn a_listening_client_hears_of_changes_until_its_grant_goes() {
    let world = World::start().await;
    let (_fixture, owner, ana, server) = office(&world).await;
    let mut sdk = connected(&ana).await;
    let honored = sdk.run("listen", json!({"filter": {"toolsListChanged": true}})).await.expect("listens");
    assert_eq!(honored, json!({"toolsListChanged": true}));
    sdk.run("call", json!({"name": "test_trigger_tool_change", "arguments": {}})).await.expect("a result");
    assert_eq!(sdk.heard("notification").await["method"], "notifications/tools/list_changed");

    let grants = owner.get(&format!("servers/{server}/grants")).await.ok();
    for grant in grants["items"].as_array().expect("a list") {
        owner.delete(&format!("servers/{server}/grants/{}", grant["id"].as_str().expect("an id"))).await;
    }
    // The notification of the end comes before the result; this client goes by the first it hears.
    assert_eq!(sdk.heard("closed").await["how"], "remote");
    let refused = sdk.run("listen", json!({"filter": {"toolsListChanged": true}})).await;
    assert!(refused.is_err(), "{refused:?}");
}
