//! What real IDEs send on their way in, replayed: probes and discovery in their order, their registration, their
//! redirect URI, `resource` and scope, to a tool call. The recordings are in `tests/golden`, one file for each IDE.
//! `$server`, `$path`, `$gateway` and `$issuer` in them stand for this run's.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::WWW_AUTHENTICATE;
use serde::Deserialize;
use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::{Era, McpServer};
use world::generated::root;
use world::ide::{Ide, parameter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recording {
    client: String,
    discovery: Vec<Request>,
    registration: Registration,
    authorize: Authorize,
    call: Call,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    status: u16,
    /// The answer must say where the metadata is.
    #[serde(default)]
    challenge: bool,
    /// By JSON pointer, what the IDE compares exactly.
    #[serde(default)]
    expect: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Registration {
    Dynamic {
        body: Value,
    },
    Document {
        document: Value,
        /// Shown to the person.
        host: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorize {
    redirect_uri: String,
    parameters: BTreeMap<String, String>,
    /// The person is warned of a program on their own machine.
    warns: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    protocol: String,
}

#[tokio::test]
async fn cursor_registers_three_kinds_of_redirect_uri_at_once() {
    replay("cursor").await;
}

#[tokio::test]
async fn vs_code_takes_any_port_and_keeps_its_trailing_slash() {
    replay("vscode").await;
}

#[tokio::test]
async fn gemini_cli_probes_with_head_and_compares_the_resource_strictly() {
    replay("gemini-cli").await;
}

#[tokio::test]
async fn zed_is_named_by_its_document() {
    replay("zed").await;
}

#[tokio::test]
async fn chatgpt_finds_iss_and_keeps_its_fixed_redirect_uri() {
    replay("chatgpt").await;
}

async fn replay(name: &str) {
    let world = World::setup().documents().start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let mut ide = Ide::new(&owner.url("github"));
    let recording = read(name, &ide, &format!("{}/t/acme", world.auth_origin), &world.gateway_origin);
    let who = &recording.client;

    for request in &recording.discovery {
        discover(&mut ide, request, who).await;
    }
    let host = register(&world, &mut ide, &recording).await;

    let Authorize { redirect_uri, parameters, warns } = &recording.authorize;
    let mut asked: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (&**name, &**value)).collect();
    asked.push(("redirect_uri", redirect_uri));
    if !parameters.contains_key("scope") {
        asked.push(("scope", ""));
    }
    let page = owner.browser.open(ide.authorize_url(&asked)).await;
    assert_eq!(page.status, 200, "{who}: {}", page.text());
    assert_eq!(page.text().contains("A program on your own machine"), *warns, "{who}: {}", page.text());
    assert!(page.text().contains(redirect_uri.as_str()), "{who}: where it returns to: {}", page.text());
    assert!(page.text().contains(host.as_str()), "{who}: {}", page.text());
    let back = ide.back(&owner.browser, page, "approve").await;
    assert!(back.as_str().starts_with(redirect_uri.as_str()), "{who}: {back}");
    assert_eq!(parameter(&back, "state").as_ref(), parameters.get("state"), "{who}");
    assert_eq!(parameter(&back, "iss").as_deref(), ide.metadata["issuer"].as_str(), "{who}");

    let code = parameter(&back, "code").unwrap_or_else(|| panic!("{who}: no code in {back}"));
    let tokens = ide.exchange(&code, &[("redirect_uri", redirect_uri)]).await;
    assert_eq!(tokens.status, 200, "{who}: {}", tokens.body);
    ide.tokens = tokens.json();
    assert_eq!((&ide.tokens["scope"], &ide.tokens["expires_in"]), (&json!("mcp"), &json!(3600)), "{who}");
    call(&mut ide, &recording.call.protocol, who).await;
    assert_eq!(ide.refresh().await.status, 200, "{who}");
}

fn read(name: &str, ide: &Ide, issuer: &str, gateway: &str) -> Recording {
    let file = root().join("tests/golden").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let text = text.replace("$server", ide.url.as_str()).replace("$path", ide.url.path());
    let text = text.replace("$gateway", gateway).replace("$issuer", issuer);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

async fn discover(ide: &mut Ide, request: &Request, who: &str) {
    let method: Method = request.method.parse().unwrap();
    let mut sent = ide.http.request(method.clone(), &request.url);
    for (name, value) in &request.headers {
        sent = sent.header(name, value);
    }
    if let Some(body) = &request.body {
        sent = sent.body(body.to_string());
    }
    let answer = sent.send().await.unwrap();
    let at = format!("{who}: {method} {}", request.url);
    assert_eq!(answer.status().as_u16(), request.status, "{at}");
    if request.challenge {
        let challenge = answer.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Bearer ") && challenge.contains("resource_metadata=\""), "{at}: {challenge}");
    }
    if request.expect.is_empty() {
        return;
    }
    assert_eq!(answer.headers()["content-type"], "application/json", "{at}");
    let body: Value = answer.json().await.unwrap();
    for (pointer, expected) in &request.expect {
        assert_eq!(body.pointer(pointer), Some(expected), "{at} {pointer}: {body}");
    }
    if body.get("authorization_endpoint").is_some() {
        ide.metadata = body;
    }
}

/// Registers as recorded; answers words that the person must see of it.
async fn register(world: &World, ide: &mut Ide, recording: &Recording) -> String {
    match &recording.registration {
        Registration::Dynamic { body } => {
            let url = ide.metadata["registration_endpoint"].as_str().unwrap();
            let answer = ide.http.post(url).json(body).send().await.unwrap();
            assert_eq!(answer.status(), 201, "{}", recording.client);
            let client: Value = answer.json().await.unwrap();
            for member in ["redirect_uris", "client_name", "token_endpoint_auth_method"] {
                assert_eq!(client[member], body[member], "{}: what is stored is told: {client}", recording.client);
            }
            ide.client_id = client["client_id"].as_str().unwrap().to_owned();
            body["client_name"].as_str().unwrap().to_owned()
        }
        Registration::Document { document, host } => {
            world.documents.as_ref().unwrap().publish(document);
            ide.client_id = document["client_id"].as_str().unwrap().to_owned();
            host.clone()
        }
    }
}

async fn call(ide: &mut Ide, protocol: &str, who: &str) {
    let params = json!({"protocolVersion": protocol, "capabilities": {}, "clientInfo": {"name": who, "version": "1"}});
    let answer = ide.request("initialize", params).await;
    assert_eq!(answer.status, 200, "{who}: {}", answer.body);
    assert_eq!(answer.json()["result"]["protocolVersion"], protocol, "{who}");
    ide.session = answer.headers.get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
    let version = [("mcp-protocol-version", protocol)];
    let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(ide.send(Method::POST, done, &version).await.status, 202, "{who}");
    let echo =
        json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "echo", "arguments": {"a": 1}}});
    let answer = ide.send(Method::POST, echo, &version).await;
    assert_eq!(answer.json()["result"]["content"][0]["text"], r#"{"a":1}"#, "{who}: {}", answer.body);
}
