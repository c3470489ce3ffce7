//! Whoever has the database, a node's disk and everybody's logs has no secret: one story uses every kind that Portway is
//! trusted with, and none is found there afterwards (ATK-30).

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use data_plane::config::{StateConfig, StateKey};
use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::filter::{LevelFilter, Targets};
use world::fakes::idp::Idp;
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::fakes::provider::Provider;
use world::ide::Ide;
use world::log::Log;
use world::on_both;
use world::people::Person;

const SHARED: &str = "shared-marker-5d1c";
const OWN: &str = "own-marker-77aa";
const OVERRIDE: &str = "override-marker-90be";
const FORWARDED: &str = "forwarded-marker-31fd";
/// Of the client that the provider knows by hand; nothing else has these words.
const CLIENT: &str = "a secret & more";
/// Of the identity provider, for a person whose sign-in is kept.
const SIGNED_IN: [&str; 2] = ["idp-at-", "idp-rt-"];
/// How the provider's tokens begin, for a person and for Portway itself; and the secrets of clients that registered.
const GRANTED: [&str; 5] = ["at-ana-", "rt-ana-", "at-by-hand-", "rt-by-hand-", "secret-1"];

/// Every file below, by its name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| match path.is_dir() {
        true => files(&path),
        false => vec![(path.display().to_string(), std::fs::read(&path).unwrap())],
    };
    entries.flat_map(read).collect()
}

/// A secret as it is, and as text formats write bytes.
fn spellings(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    // Of base64 what does not depend on the bytes that follow.
    let whole = secret.len() / 3 * 4;
    let base64 = [STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)].map(|text| text[..whole].to_owned());
    [secret.to_owned(), hex].into_iter().chain(base64).collect()
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part == word.as_bytes())
}

async fn server(owner: &Person, slug: &str, upstream: &McpServer, auth: Value) -> String {
    let body =
        json!({"slug": slug, "display_name": slug, "upstream_url": upstream.url.as_str(), "outbound_auth": auth});
    let server = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
    owner.grant_everyone(&server).await;
    server
}

/// Answers tool calls with the `Authorization` that they came with.
async fn telling() -> McpServer {
    let upstream = McpServer::start(Era::Legacy).await;
    upstream.on("tools/call", |seen| {
        let said = seen.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        Reply::Result(json!({"content": [{"type": "text", "text": said.unwrap_or_default()}]}))
    });
    upstream
}

on_both! {
    async fn who_has_the_database_the_disk_and_the_logs_has_no_secret(setup: Setup) {
        let levels = Targets::new().with_default(LevelFilter::DEBUG);
        let log = Log::start(levels.with_targets([("control_plane", LevelFilter::TRACE), ("data_plane", LevelFilter::TRACE)]));
        let mut world = setup.providers().nodes(1).start().await;
        let state = tempfile::tempdir().unwrap();
        let mut config = world.node_config("keeper");
        config.state = Some(StateConfig { dir: state.path().join("state"), key: StateKey::from_bytes([9; 32]) });
        let keeper = world.add_node_with(config).await;
        keeper.ready().await;
        let at = keeper.origin();
        let (provider, open, guarded) = (Provider::start().await, telling().await, telling().await);
        guarded.guard(&provider, &json!({}));
        let owner = world.tenant("acme").await;
        let ana = owner.invite("ana", "member").await;

        // One server for each kind of credential.
        let shared = server(&owner, "shared", &open, json!({"kind": "shared_header",
            "headers": [{"name": "authorization", "value": format!("Bearer {SHARED}")}]})).await;
        server(&owner, "own", &open, json!({"kind": "per_user_header",
            "fields": [{"name": "token", "label": "Token"}],
            "headers": [{"name": "Authorization", "value": "Bearer {token}"}]})).await;
        server(&owner, "account", &guarded, json!({"kind": "oauth_per_user"})).await;
        server(&owner, "hand", &guarded, json!({"kind": "oauth_per_user", "client_id": "by-hand", "client_secret": CLIENT})).await;
        server(&owner, "machine", &guarded, json!({"kind": "client_credentials", "client_id": "by-hand",
            "client_secret": CLIENT, "token_endpoint": format!("{}/token", provider.origin)})).await;
        let private_key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        server(&owner, "signed", &guarded, json!({"kind": "client_credentials", "client_id": "by-hand", "client_auth": "private_key_jwt",
            "private_key": private_key, "token_endpoint": format!("{}/token", provider.origin)})).await;
        server(&owner, "vouched", &open, json!({"kind": "token_exchange", "profile": "identity_provider", "client_id": "by-hand",
            "client_secret": CLIENT, "token_endpoint": format!("{}/token", provider.origin)})).await;
        let connect = |slug: &str| format!("{}/t/acme/connect/{slug}", world.auth_origin);
        let page = ana.browser.open(connect("own")).await;
        ana.browser.press(&page, "connect", &[("value_token", OWN)]).await;
        for slug in ["account", "hand"] {
            let page = ana.browser.open(connect(slug)).await;
            let back = ana.browser.there_and_back(&page, &format!("continue to {slug}")).await;
            assert!(back.heading().contains("is connected"), "{}", back.text());
        }
        let key = ana.post("keys", json!({"name": "laptop"})).await.ok()["secret"].as_str().unwrap().to_owned();
        let signed_in = ana.ide("shared").await;
        let idp = Idp::start().await;
        idp.person(json!({"sub": "cleo-1", "email": "cleo@acme.example", "email_verified": true, "name": "Cleo"}));
        let mut settings = idp.settings("Okta");
        settings["settings"] = json!({"scopes": ["openid", "email", "offline_access"], "keep_tokens": true});
        owner.post("identity-providers", settings).await.ok();
        let invited = owner.post("invitations", json!({"email": "cleo@acme.example", "role": "member"})).await.ok();
        let cleo = owner.elsewhere();
        let page = cleo.browser.open(invited["link"].as_str().unwrap()).await;
        cleo.browser.there_and_back(&page, "continue with okta").await;
        let cleos = cleo.post("keys", json!({"name": "phone"})).await.ok()["secret"].as_str().unwrap().to_owned();
        world.synced("acme").await;

        // Each is used, on the node that keeps what it knows.
        let call_with = async |key: &str, slug: &str, headers: &[(&str, &str)]| {
            let mut ide = Ide::new(&ana.url(slug)).at(&at);
            ide.tokens = json!({"access_token": key});
            let opened = ide.initialize().await;
            if opened.json()["error"].is_object() {
                return opened.body;
            }
            let call = json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": "any", "arguments": {}}});
            let answer = ide.send(Method::POST, call, headers).await.json();
            answer["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
        };
        let call = async |slug: &str, headers: &[(&str, &str)]| call_with(&key, slug, headers).await;
        let forwarded = json!({"shared": {"authorization": format!("Bearer {FORWARDED}")}}).to_string();
        assert_eq!(call("shared", &[]).await, format!("Bearer {SHARED}"));
        assert_eq!(call("shared", &[("x-portway-mcp-headers", &forwarded)]).await, format!("Bearer {FORWARDED}"));
        assert_eq!(call("own", &[]).await, format!("Bearer {OWN}"));
        assert!(call_with(&cleos, "vouched", &[]).await.starts_with("Bearer at-by-hand-"));
        let shown = provider.forms("/token").pop().unwrap();
        assert!(shown["subject_token"].starts_with(SIGNED_IN[0]), "{shown:?}");
        call("signed", &[]).await;
        assert!(provider.forms("/token").pop().unwrap().contains_key("client_assertion"));
        for advance in [0, 570] {
            world.advance(TimeDelta::seconds(advance));
            for (slug, expected) in [("account", "at-ana-"), ("hand", "at-ana-"), ("machine", "at-by-hand-")] {
                let heard = call(slug, &[]).await;
                assert!(heard.starts_with(&format!("Bearer {expected}")), "{slug}: {heard}");
            }
        }
        let subject = json!({"kind": "user", "id": ana.id().await});
        let body = json!({"subject": subject, "headers": [{"name": "Authorization", "value": format!("Bearer {OVERRIDE}")}]});
        owner.put(&format!("servers/{shared}/overrides"), body).await.ok();
        world.synced("acme").await;
        assert_eq!(call("shared", &[]).await, format!("Bearer {OVERRIDE}"));
        // What the provider says of a refusal is not repeated either.
        provider.answer("/token", 400, "application/json", r#"{"error": "invalid_grant", "refresh_token": "rt-ana-0"}"#);
        world.advance(TimeDelta::seconds(601));
        let heard = call("account", &[]).await;
        assert!(heard.contains("credential.expired"), "{heard}");

        world.nodes.remove(1).stop().await;
        let mut places = files(world.folder());
        places.extend(files(state.path()));
        places.push(("the tables".to_owned(), world.rows().await.into_bytes()));
        places.push(("the logs".to_owned(), log.bytes()));
        let knows = |word: &str| places.iter().filter(|(_, bytes)| holds(bytes, word)).count();
        assert!(knows("by-hand") > 0 && knows("laptop") > 0, "what is no secret is found: the places are the right ones");
        assert!(places.iter().any(|(name, bytes)| name == "the logs" && !bytes.is_empty()), "the logs are caught");
        assert!(places.iter().any(|(name, _)| name.contains("tenant-")), "the node keeps what it knows");
        let tokens = ["access_token", "refresh_token"].map(|name| signed_in.tokens[name].as_str().unwrap());
        let of_the_key = private_key.lines().nth(1).unwrap();
        let own = [SHARED, OWN, OVERRIDE, FORWARDED, CLIENT, of_the_key, &key, &cleos];
        let secrets = own.into_iter().chain(GRANTED).chain(SIGNED_IN).chain(tokens);
        for secret in secrets {
            for spelling in spellings(secret) {
                let found: Vec<&String> =
                    places.iter().filter(|(_, bytes)| holds(bytes, &spelling)).map(|(name, _)| name).collect();
                assert!(found.is_empty(), "{secret} is in {found:?}");
            }
        }
    }
}
