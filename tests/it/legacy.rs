//! Sessions of the legacy era with an official client and an official server on either side of the gateway: what the
//! server asks, what it says unasked, and how long it may.

use reqwest::Method;
use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::Era;
use world::fixtures::Fixture;
use world::ide::Ide;
use world::people::Person;
use world::sdk::SdkIde;

async fn scene(world: &World) -> (Fixture, Person, String) {
    let fixture = Fixture::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    let server = owner.register_server("fixture", &fixture.url).await;
    (fixture, owner, server)
}

async fn host(person: &Person) -> SdkIde {
    let ide = person.ide("fixture").await;
    SdkIde::host(ide.url.as_str(), ide.access_token())
}

async fn text(host: &mut SdkIde, tool: &str, arguments: Value) -> String {
    let answer = host.run("call", json!({"name": tool, "arguments": arguments})).await.expect("an answer");
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}")).to_owned()
}

/// Everything that goes from the server to the client, for one session.
async fn the_whole_session(host: &mut SdkIde) {
    let capabilities = host.run("connect", json!({})).await.expect("it connects");
    assert_eq!(capabilities["resources"], json!({"subscribe": true, "listChanged": true}));

    let sampled = text(host, "test_sampling", json!({"prompt": "a question"})).await;
    assert_eq!(sampled, "LLM response: sampled a question");
    let elicited = text(host, "test_elicitation", json!({"message": "who?"})).await;
    assert!(elicited.contains("action=accept") && elicited.contains("elicited who?"), "{elicited}");
    let roots = text(host, "test_roots", json!({})).await;
    assert!(roots.contains("file:///test-root"), "{roots}");
    host.run("roots_changed", json!({})).await.expect("told");

    let progress = host.run("call", json!({"name": "test_tool_with_progress"})).await.expect("an answer");
    assert_eq!(progress["progress"], json!([0, 50, 100]), "{progress}");
    host.run("level", json!({"level": "info"})).await.expect("a level");
    text(host, "test_tool_with_logging", json!({})).await;
    for _ in 0..3 {
        host.run("wait", json!({"method": "notifications/message"})).await.expect("a log message");
    }

    let uri = json!({"uri": "test://watched-resource"});
    host.run("watch", uri.clone()).await.expect("subscribes");
    assert_eq!(text(host, "test_trigger_resource_update", json!({})).await, "updated");
    let updated = host.run("wait", json!({"method": "notifications/resources/updated"})).await.expect("an update");
    assert_eq!(updated["uri"], uri["uri"]);
    host.run("unwatch", uri).await.expect("unsubscribes");
    assert_eq!(text(host, "test_trigger_resource_update", json!({})).await, "nobody watches");
    text(host, "test_trigger_tool_change", json!({})).await;
    host.run("wait", json!({"method": "notifications/tools/list_changed"})).await.expect("a change");

    assert_eq!(text(host, "test_reconnection", json!({})).await, "Reconnection test completed");
}

#[tokio::test]
async fn an_official_client_is_asked_told_and_reconnects() {
    let world = World::start().await;
    let (_fixture, owner, _) = scene(&world).await;
    let mut host = host(&owner).await;
    the_whole_session(&mut host).await;
    host.run("close", json!({})).await.expect("it closes");
}

#[tokio::test]
async fn two_clients_of_one_person_never_hear_each_other() {
    let world = World::start().await;
    let (_fixture, owner, _) = scene(&world).await;
    let (mut first, mut second) = (host(&owner).await, host(&owner).await);
    first.run("connect", json!({})).await.expect("it connects");
    second.run("connect", json!({})).await.expect("it connects");
    let (one, two) = tokio::join!(
        text(&mut first, "test_sampling", json!({"prompt": "one"})),
        text(&mut second, "test_sampling", json!({"prompt": "two"}))
    );
    assert_eq!((one.as_str(), two.as_str()), ("LLM response: sampled one", "LLM response: sampled two"));
    text(&mut first, "test_trigger_tool_change", json!({})).await;
    first.run("wait", json!({"method": "notifications/tools/list_changed"})).await.expect("a change");
    text(&mut second, "test_trigger_prompt_change", json!({})).await;
    second.run("wait", json!({"method": "notifications/prompts/list_changed"})).await.expect("a change");
    for host in [&mut first, &mut second] {
        assert_eq!(host.run("heard", json!({})).await.expect("a list"), json!([]), "nothing of the other's");
    }
}

/// The client's own stream, unread.
async fn listen(ide: &Ide) -> reqwest::Response {
    let request = ide.http.request(Method::GET, ide.url.clone()).bearer_auth(ide.access_token());
    let session = ide.session.as_deref().expect("a session");
    let response = request.header("accept", "text/event-stream").header("mcp-session-id", session).send().await;
    response.expect("an answer")
}

#[tokio::test]
async fn a_stream_ends_when_the_grant_is_removed_and_when_the_session_is_ended() {
    let world = World::start().await;
    let (_fixture, owner, server) = scene(&world).await;
    let ana = owner.invite("ana", "member").await;
    let grant = owner.grant(&server, &ana).await;
    let mut ide = ana.ide("fixture").await;
    ide.initialize().await;
    let stream = listen(&ide).await;
    assert_eq!(stream.status(), 200);
    owner.delete(&format!("servers/{server}/grants/{}", grant["id"].as_str().expect("an id"))).await.ok();
    stream.bytes().await.expect("it ends in good order");
    assert_eq!(listen(&ide).await.status(), 404);

    let mut ide = owner.ide("fixture").await;
    ide.initialize().await;
    let stream = listen(&ide).await;
    assert_eq!(stream.status(), 200);
    assert_eq!(ide.send(Method::DELETE, Value::Null, &[]).await.status, 204);
    stream.bytes().await.expect("it ends in good order");
    assert_eq!(listen(&ide).await.status(), 404);
}
