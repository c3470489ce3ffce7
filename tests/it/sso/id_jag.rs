//! Identity assertions: an IDE that is signed in to the company's provider gets a token with no browser.

use control_plane::domain::Clock;
use control_plane::domain::clock::SystemClock;
use control_plane::domain::tenancy::Provisioning;
use serde_json::{Value, json};
use world::fakes::idp::Signing;
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::{Answer, Ide, REDIRECT};
use world::sdk::{Sdk, SdkIde};
use world::world::Setup;
use world::{World, eventually, on_both};

use super::{Stage, stage};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Ana is known at the provider and may use `github`; a client with a secret wants to act for her.
struct Scene {
    stage: Stage,
    ide: Ide,
    secret: String,
    user: String,
    _upstream: McpServer,
}

async fn scene(setup: Setup) -> Scene {
    let stage = stage(setup).await;
    let upstream = McpServer::start(Era::Legacy).await;
    let server = stage.owner.register_server("github", upstream.url.as_str()).await;
    stage.owner.grant_everyone(&server).await;
    stage.provisioning(Provisioning::Scim).await;
    let user = stage.scim_user("ana@acme.example", "00u1").await;
    let binding = json!({"claim": "sub", "attribute": "external_id"});
    let settings = json!({"binding": binding, "id_jag": {"enabled": true}});
    let path = format!("identity-providers/{}", stage.provider);
    stage.owner.patch(&path, json!({"scim_source": true, "settings": settings})).await.ok();
    let body = json!({"name": "Company IDE", "redirect_uris": [REDIRECT], "auth": "secret"});
    let made = stage.owner.post("clients", body).await.ok();
    let mut ide = Ide::new(&stage.owner.url("github"));
    ide.discover().await;
    ide.client_id = made["client"]["client_id"].as_str().unwrap().to_owned();
    let secret = made["secret"].as_str().unwrap().to_owned();
    Scene { stage, ide, secret, user, _upstream: upstream }
}

impl Scene {
    /// What the provider says when nothing is wrong, and what of it is changed.
    fn assertion(&self, change: &Value) -> String {
        let issuer = self.ide.metadata["issuer"].as_str().unwrap();
        let said =
            json!({"sub": "00u1", "aud": issuer, "client_id": self.ide.client_id, "resource": self.ide.url.as_str()});
        self.stage.idp.assertion(&said, change)
    }

    async fn present(&self, assertion: &str, change: &[(&str, &str)]) -> Answer {
        let form = [
            ("grant_type", JWT_BEARER),
            ("assertion", assertion),
            ("client_id", &self.ide.client_id),
            ("client_secret", &self.secret),
        ];
        self.ide.token(&form, change).await
    }

    async fn refused(&self, assertion: &str, change: &[(&str, &str)], error: &str) {
        let answer = self.present(assertion, change).await;
        let status = if error == "invalid_client" { 401 } else { 400 };
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]),
            (status, &json!(error)),
            "{change:?} {}",
            answer.body
        );
    }
}

on_both! {
    async fn an_assertion_is_a_token_for_one_client_and_one_server_once(setup: Setup) {
        let mut scene = scene(setup).await;
        let profiles = json!(["urn:ietf:params:oauth:grant-profile:id-jag"]);
        assert_eq!(scene.ide.metadata["authorization_grant_profiles_supported"], profiles);
        assert!(scene.ide.metadata["grant_types_supported"].as_array().unwrap().contains(&json!(JWT_BEARER)));
        for (change, error) in [
            (json!({"iss": "https://evil.example"}), "invalid_grant"),
            (json!({"aud": "https://elsewhere.example"}), "invalid_grant"),
            (json!({"aud": [scene.ide.metadata["issuer"], "https://elsewhere.example"]}), "invalid_grant"),
            (json!({"client_id": "somebody-else"}), "invalid_grant"),
            (json!({"client_id": null}), "invalid_grant"),
            (json!({"exp": 1}), "invalid_grant"),
            (json!({"iat": 1}), "invalid_grant"),
            (json!({"jti": null}), "invalid_grant"),
            (json!({"sub": null}), "invalid_grant"),
            (json!({"sub": "nobody"}), "invalid_grant"),
            (json!({"resource": "https://elsewhere.example/mcp"}), "invalid_target"),
            (json!({"resource": scene.stage.owner.url("unknown")}), "invalid_target"),
            (json!({"resource": scene.stage.owner.url("github").replace("/acme/", "/globex/")}), "invalid_target"),
            (json!({"scope": "calendar.read"}), "invalid_scope"),
        ] {
            let assertion = scene.assertion(&change);
            let answer = scene.present(&assertion, &[]).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!(error)), "{change} {}", answer.body);
        }
        for signing in [Signing::Unpublished, Signing::None, Signing::Secret] {
            scene.stage.idp.sign_with(signing);
            let assertion = scene.assertion(&json!({}));
            scene.refused(&assertion, &[], "invalid_grant").await;
        }
        scene.stage.idp.sign_with(Signing::Newest);
        // An ID token of the same provider, for the same person, is no assertion.
        let id_token = scene.stage.idp.logout_token(&json!({"sub": "00u1", "aud": scene.ide.metadata["issuer"]}));
        scene.refused(&id_token, &[], "invalid_grant").await;
        scene.refused("no.jwt.atall", &[], "invalid_grant").await;
        scene.refused("", &[], "invalid_request").await;
        let good = scene.assertion(&json!({"scope": "mcp"}));
        scene.refused(&good, &[("client_secret", "pwc_wrong")], "invalid_client").await;
        scene.refused(&good, &[("resource", &scene.stage.owner.url("other"))], "invalid_target").await;

        let answer = scene.present(&good, &[("scope", "mcp"), ("resource", scene.ide.url.as_str())]).await;
        assert_eq!(answer.status, 200, "the refusals used nothing up: {}", answer.body);
        assert_eq!(answer.json().get("refresh_token"), None, "{}", answer.body);
        scene.refused(&good, &[], "invalid_grant").await;
        scene.ide.tokens = answer.json();
        assert_eq!(scene.ide.initialize().await.status, 200);
        assert_eq!(scene.ide.call_tool("echo", json!({"text": "hello"})).await.status, 200);

        // Two at once are one connection, which is nobody's browser.
        let two = (scene.assertion(&json!({})), scene.assertion(&json!({})));
        let (one, other) = tokio::join!(scene.present(&two.0, &[]), scene.present(&two.1, &[]));
        assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200), "{} {}", one.body, other.body);
        let connections = scene.stage.owner.get(&format!("users/{}/connections", scene.user)).await.ok();
        assert_eq!(connections["items"].as_array().unwrap().len(), 1, "{connections}");
        let sessions = scene.stage.owner.get(&format!("users/{}/sessions", scene.user)).await.ok();
        assert_eq!(sessions["items"], json!([]));
        let identities = scene.stage.owner.get(&format!("users/{}/identities", scene.user)).await.ok();
        assert_eq!(identities["items"][0]["subject"], "00u1", "the first assertion bound the person: {identities}");
        let audit = scene.stage.owner.get("audit?limit=200").await.ok();
        let actions: Vec<&str> = audit["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
        assert!(actions.contains(&"oauth_grant.asserted") && actions.contains(&"identity_assertion.refused"), "{actions:?}");
    }

    async fn whoever_is_locked_out_gets_no_token_by_assertion(setup: Setup) {
        let mut scene = scene(setup).await;
        let answer = scene.present(&scene.assertion(&json!({})), &[]).await;
        scene.ide.tokens = answer.json();
        assert_eq!(scene.ide.initialize().await.status, 200);

        // Switched off, what rests on it ends too, and nothing says any more that it is taken.
        let path = format!("identity-providers/{}", scene.stage.provider);
        let settings = |on: bool| json!({"settings": {
            "binding": {"claim": "sub", "attribute": "external_id"}, "id_jag": {"enabled": on}}});
        scene.stage.owner.patch(&path, settings(false)).await.ok();
        let ide = scene.ide.clone();
        eventually("the token is refused", || {
            let mut ide = ide.clone();
            async move { ide.request("tools/list", json!({})).await.status == 401 }
        })
        .await;
        scene.refused(&scene.assertion(&json!({})), &[], "invalid_grant").await;
        scene.ide.discover().await;
        assert_eq!(scene.ide.metadata.get("authorization_grant_profiles_supported"), None);
        scene.stage.owner.patch(&path, settings(true)).await.ok();
        let answer = scene.present(&scene.assertion(&json!({})), &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);

        scene.stage.deactivate(&scene.user).await;
        scene.refused(&scene.assertion(&json!({})), &[], "invalid_grant").await;

        // A client without a secret cannot: anybody could say its name.
        let body = json!({"name": "App", "redirect_uris": [REDIRECT], "auth": "none"});
        let public = scene.stage.owner.post("clients", body).await.ok();
        let public = public["client"]["client_id"].as_str().unwrap();
        let assertion = scene.assertion(&json!({"client_id": public}));
        let change = [("client_id", public), ("client_secret", "")];
        scene.refused(&assertion, &change, "unauthorized_client").await;
    }
}

/// The client of the official SDK, which gets a fresh assertion whenever it needs a token.
#[tokio::test]
async fn python_sdk_connects_and_renews_without_a_browser() {
    let scene = scene(World::setup()).await;
    let now = SystemClock.now().timestamp();
    let at = |later: i64| scene.assertion(&json!({"iat": now + later, "exp": now + later + 300}));
    let mut ide = SdkIde::start(Sdk::Python, scene.ide.url.as_str());
    let config = json!({
        "client_id": scene.ide.client_id, "client_secret": scene.secret, "issuer": scene.ide.metadata["issuer"],
        "assertions": [at(0), at(7_200)],
    });
    ide.run("connect", config).await.expect("it connects");
    let first = ide.run("tokens", json!({})).await.unwrap();
    assert!(!ide.run("list", json!({})).await.expect("tools").as_array().unwrap().is_empty());
    scene.stage.world.advance(chrono::TimeDelta::hours(2));
    ide.run("list", json!({})).await.expect("by the next assertion");
    let next = ide.run("tokens", json!({})).await.unwrap();
    assert_ne!(first["access_token"], next["access_token"]);
    ide.run("close", json!({})).await.expect("it closes");
}
