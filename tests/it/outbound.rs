//! Ways to authenticate upstream that ask nobody: Portway's own token, tokens about the caller, overrides, headers.

use serde_json::{Value, json};
use world::World;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::fakes::provider::Provider;
use world::ide::Ide;
use world::on_both;
use world::people::Person;
use world::world::Setup;

/// Answers tool calls with the headers that they came with.
async fn telling(era: Era) -> McpServer {
    let upstream = McpServer::start(era).await;
    upstream.on("tools/call", |seen| {
        let headers: Value =
            seen.headers.iter().map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap()))).collect();
        Reply::Result(json!({"content": [], "structuredContent": headers, "resultType": "complete"}))
    });
    upstream
}

struct Stage {
    world: World,
    upstream: McpServer,
    owner: Person,
    ana: Person,
    server: String,
}

async fn stage(setup: Setup, body: Value) -> Stage {
    let world = setup.providers().start().await;
    let upstream = telling(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    let mut server = json!({"slug": "github", "display_name": "GitHub", "upstream_url": upstream.url.as_str()});
    for (name, value) in body.as_object().unwrap() {
        server[name] = value.clone();
    }
    let server = owner.post("servers", server).await.ok()["id"].as_str().unwrap().to_owned();
    owner.grant_everyone(&server).await;
    let ana = owner.invite("ana", "member").await;
    Stage { world, upstream, owner, ana, server }
}

async fn ready(person: &Person) -> Ide {
    let mut ide = person.ide("github").await;
    assert_eq!(ide.initialize().await.status, 200);
    ide
}

async fn sent(ide: &mut Ide) -> Value {
    let answer = ide.call_tool("any", json!({})).await.json();
    match &answer["result"]["structuredContent"] {
        Value::Null => answer,
        headers => headers.clone(),
    }
}

fn claims(header: &Value) -> Value {
    use base64::Engine as _;
    let token = header.as_str().unwrap().strip_prefix("Bearer ").unwrap();
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

on_both! {
    async fn portways_own_token_is_got_once_for_everybody_and_again_when_refused(setup: Setup) {
        let provider = Provider::start().await;
        let auth = json!({"kind": "client_credentials", "client_id": "by-hand", "client_secret": "a secret & more",
            "token_endpoint": format!("{}/token", provider.origin), "scopes": ["read"]});
        let stage = stage(setup, json!({"outbound_auth": auth})).await;
        let bo = stage.owner.invite("bo", "member").await;
        let (mut anas, mut bos) = (ready(&stage.ana).await, ready(&bo).await);
        let first = sent(&mut anas).await["authorization"].clone();
        assert!(first.as_str().unwrap_or_default().starts_with("Bearer at-"), "{first}");
        assert_eq!(sent(&mut bos).await["authorization"], first, "one token for everybody");
        let asked: Vec<_> = provider.forms("/token").iter().map(|form| (form["grant_type"].clone(), form["scope"].clone())).collect();
        assert_eq!(asked, [("client_credentials".to_owned(), "read".to_owned())]);
        assert_eq!(provider.forms("/token")[0]["resource"], stage.upstream.url.as_str());

        // The server lets only another token in: it is got, and the call that was refused is sent again.
        let old = first.as_str().unwrap().to_owned();
        stage.upstream.on("tools/list", move |seen| match seen.headers["authorization"] == old.as_str() {
            true => Reply::Raw(axum::response::IntoResponse::into_response(axum::http::StatusCode::UNAUTHORIZED)),
            false => Reply::Result(json!({"tools": []})),
        });
        let list = anas.request("tools/list", json!({})).await.json();
        assert_eq!(list["result"]["tools"], json!([]), "{list}");
        assert_eq!(provider.forms("/token").len(), 2);

        // Nobody reads the secret, and a provider that says no is told about to administrators only.
        let view = stage.owner.get(&format!("servers/{}", stage.server)).await.text;
        assert!(view.contains("by-hand") && !view.contains("a secret"), "{view}");
        let wrong = json!({"kind": "client_credentials", "client_id": "unknown", "client_secret": "x",
            "token_endpoint": format!("{}/token", provider.origin)});
        stage.owner.patch(&format!("servers/{}", stage.server), json!({"outbound_auth": wrong})).await.ok();
        stage.world.synced("acme").await;
        let refused = anas.call_tool("any", json!({})).await.json();
        assert_eq!(refused["result"]["_meta"]["portway/error"]["code"], "credential.machine_refused", "{refused}");
        let audit = stage.owner.get("audit?limit=50").await.ok();
        assert!(audit["items"].as_array().unwrap().iter().any(|one| one["action"] == "machine_token.refused"), "{audit}");
    }

    async fn a_minted_token_is_for_the_server_and_no_token_of_ours(setup: Setup) {
        let stage = stage(setup, json!({"outbound_auth": {"kind": "passthrough", "mode": "minted"}})).await;
        let mut ide = ready(&stage.ana).await;
        let header = sent(&mut ide).await["authorization"].clone();
        let said = claims(&header);
        assert_eq!((&said["aud"], &said["preferred_username"]), (&json!(stage.upstream.url.as_str()), &json!(stage.ana.user_name)));
        let minted = header.as_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
        assert_ne!(minted, ide.access_token());
        // ATK-17: the server that got it cannot come back with it.
        let mut thief = ide.clone();
        thief.tokens["access_token"] = json!(minted);
        assert_eq!(thief.request("tools/list", json!({})).await.status, 401);
        assert_eq!(thief.initialize().await.status, 401);
    }

    async fn the_callers_own_token_goes_only_where_that_was_said_and_a_key_never(setup: Setup) {
        let stage = stage(setup, json!({"outbound_auth": {"kind": "passthrough", "mode": "original"}})).await;
        let mut ide = ready(&stage.ana).await;
        assert_eq!(sent(&mut ide).await["authorization"], format!("Bearer {}", ide.access_token()));
        let key = stage.ana.post("keys", json!({"name": "ci"})).await.ok()["secret"].as_str().unwrap().to_owned();
        stage.world.synced("acme").await;
        let mut by_key = Ide::new(&stage.ana.url("github"));
        by_key.tokens = json!({"access_token": key});
        let refused = by_key.initialize().await.json();
        assert_eq!(refused["error"]["data"]["code"], "credential.key_not_forwarded", "{refused}");
        assert!(stage.upstream.seen().iter().all(|seen| !format!("{:?}", seen.headers).contains("pwk_")));
    }

    async fn a_statement_about_the_caller_is_exchanged_for_a_token(setup: Setup) {
        let provider = Provider::start().await;
        let auth = json!({"kind": "token_exchange", "client_id": "by-hand", "client_secret": "a secret & more",
            "token_endpoint": format!("{}/token", provider.origin), "audience": "api"});
        let stage = stage(setup, json!({"outbound_auth": auth})).await;
        let mut ide = ready(&stage.ana).await;
        let header = sent(&mut ide).await["authorization"].clone();
        assert!(header.as_str().unwrap_or_default().starts_with("Bearer at-"), "{header}");
        let form = provider.forms("/token").remove(0);
        assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:token-exchange");
        assert_eq!(form["audience"], "api");
        let subject = claims(&json!(format!("Bearer {}", form["subject_token"])));
        assert_eq!(subject["preferred_username"], json!(stage.ana.user_name), "{subject}");
    }

    async fn what_goes_before_what(setup: Setup) {
        let auth = json!({"kind": "shared_header", "headers": [{"name": "authorization", "value": "Bearer shared-marker"}]});
        let transport = json!({"static_headers": {"X-Team": "platform"}, "forwardable_headers": ["X-Region"]});
        let stage = stage(setup.nodes(2), json!({"outbound_auth": auth, "transport": transport})).await;
        let bo = stage.owner.invite("bo", "member").await;
        let (mut anas, mut bos) = (ready(&stage.ana).await, ready(&bo).await);
        let of = |headers: &Value| (headers["authorization"].clone(), headers["x-team"].clone(), headers["x-region"].clone());
        assert_eq!(of(&sent(&mut anas).await), (json!("Bearer shared-marker"), json!("platform"), Value::Null));

        // An override is for one person, on every node, and before the server's own.
        let subject = json!({"kind": "user", "id": stage.ana.id().await});
        let path = format!("servers/{}/overrides", stage.server);
        let body = json!({"subject": subject, "headers": [{"name": "Authorization", "value": "Bearer override-marker"}]});
        stage.owner.put(&path, body).await.ok();
        stage.world.synced("acme").await;
        for node in &stage.world.nodes {
            let mut there = anas.at(&node.origin());
            there.initialize().await;
            assert_eq!(sent(&mut there).await["authorization"], "Bearer override-marker");
        }
        assert_eq!(sent(&mut bos).await["authorization"], "Bearer shared-marker");
        let listed = stage.owner.get(&path).await;
        assert!(!listed.text.contains("marker") && listed.ok()["items"][0]["header_names"] == json!(["authorization"]));
        assert_eq!(bo.get(&path).await.ok()["items"], json!([]), "another's is nobody's business");

        // What the caller sends along goes before that, too; headers that nobody allowed are refused.
        let call = json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": "any", "arguments": {}}});
        let forwarded = r#"{"github": {"authorization": "Bearer forwarded-marker", "x-region": "eu"}, "wiki": {"x": "y"}}"#;
        let answer = anas.send(reqwest::Method::POST, call.clone(), &[("x-portway-mcp-headers", forwarded)]).await.json();
        let headers = answer["result"]["structuredContent"].clone();
        assert_eq!(of(&headers), (json!("Bearer forwarded-marker"), json!("platform"), json!("eu")), "{answer}");
        for bad in [r#"{"github": {"x-team": "mine"}}"#, r#"{"github": {"x-other": "y"}}"#, "nonsense"] {
            let answer = anas.send(reqwest::Method::POST, call.clone(), &[("x-portway-mcp-headers", bad)]).await;
            assert_eq!(answer.status, 400, "{bad}: {}", answer.body);
        }

        // Taken away again.
        let id = stage.owner.get(&path).await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
        stage.ana.delete(&format!("{path}/{id}")).await.ok();
        stage.world.synced("acme").await;
        assert_eq!(sent(&mut anas).await["authorization"], "Bearer shared-marker");
    }
}

#[tokio::test]
async fn a_servers_own_authority_is_trusted_for_its_provider_and_for_no_other_server() {
    let provider = Provider::start_tls().await;
    let auth = json!({"kind": "client_credentials", "client_id": "by-hand", "client_secret": "a secret & more",
        "issuer": provider.origin});
    let transport = json!({"ca_certificates": provider.certificate});
    let stage = stage(World::setup(), json!({"outbound_auth": auth, "transport": transport})).await;
    let other = json!({"slug": "other", "display_name": "Other", "upstream_url": stage.upstream.url.as_str(),
        "outbound_auth": auth});
    let other = stage.owner.post("servers", other).await.ok()["id"].as_str().unwrap().to_owned();
    stage.owner.grant_everyone(&other).await;
    let mut ide = ready(&stage.ana).await;
    let header = sent(&mut ide).await["authorization"].clone();
    assert!(header.as_str().unwrap_or_default().starts_with("Bearer at-"), "{header}");
    assert!(provider.asked("/.well-known/oauth-authorization-server") > 0, "its metadata was read as well");

    let mut elsewhere = stage.ana.ide("other").await;
    let refused = elsewhere.initialize().await.json();
    assert_eq!(refused["error"]["data"]["code"], "credential.machine_refused", "{refused}");
    stage.owner.patch(&format!("servers/{}", stage.server), json!({"transport": {}})).await.ok();
    stage.world.synced("acme").await;
    let refused = ide.call_tool("any", json!({})).await.json();
    assert_eq!(refused["result"]["_meta"]["portway/error"]["code"], "credential.machine_refused", "{refused}");
}
