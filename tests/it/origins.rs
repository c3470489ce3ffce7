//! Which web pages may talk to the product, and what they may put before a person.

use reqwest::Method;
use serde_json::json;
use world::World;
use world::fakes::mcp_server::Era;
use world::ide::Ide;

use crate::scene::{Scene, scene};

#[tokio::test]
async fn atk_26_editors_and_what_the_tenant_lists_are_let_in_and_nobody_else() {
    let Scene { world, owner, ide, upstream: _upstream } = scene(Era::Legacy).await;
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let send = async |origin: &str| ide.send(Method::POST, body.clone(), &[("origin", origin)]).await.status.as_u16();
    for editor in ["vscode-file://vscode-app", "vscode-webview://1a2b", "https://vscode.dev", "http://localhost:6274"] {
        assert_ne!(send(editor).await, 403, "{editor}");
    }
    for stranger in ["https://app.example", "vscode-file://other", "https://vscode.dev.evil.example", "null"] {
        assert_eq!(send(stranger).await, 403, "{stranger}");
    }
    owner.patch("", json!({"settings": {"allowed_origins": ["https://app.example"]}})).await.ok();
    world.synced("acme").await;
    assert_ne!(send("https://app.example").await, 403);
    assert_eq!(send("https://app.example.evil.example").await, 403);
    for bad in ["https://app.example/", "app.example", "*", "https://*.example"] {
        let refused = owner.patch("", json!({"settings": {"allowed_origins": [bad]}})).await;
        assert_eq!(refused.status, 400, "{bad}: {}", refused.text);
    }
}

#[tokio::test]
async fn atk_03_a_name_cannot_pass_for_another_and_no_page_is_framed() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", "https://mcp.example/mcp").await;
    let mut ide = Ide::new(&owner.url("github"));
    ide.discover().await;
    let register = async |name: &str, uri: &str| {
        let url = ide.metadata["registration_endpoint"].as_str().unwrap();
        let body = json!({"client_name": name, "redirect_uris": [uri]});
        let client: serde_json::Value = ide.http.post(url).json(&body).send().await.unwrap().json().await.unwrap();
        client["client_id"].as_str().unwrap().to_owned()
    };
    let open = async |client_id: &str, uri: &str| {
        let page = owner.browser.open(ide.authorize_url(&[("client_id", client_id), ("redirect_uri", uri)])).await;
        assert_eq!(page.headers["x-frame-options"], "DENY");
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
        assert_eq!(
            (&page.headers["cache-control"], &page.headers["referrer-policy"]),
            (&"no-store".parse().unwrap(), &"no-referrer".parse().unwrap())
        );
        page
    };
    // What shows nothing, or turns the text around it, is not kept.
    let hidden = "Vis\u{ad}ual\u{200b} \u{202e}Studio\u{2066} Co\u{e0041}de\u{0}\u{115f}\u{fe0f}";
    let uri = "https://evil.example/callback";
    let page = open(&register(hidden, uri).await, uri).await;
    assert_eq!(
        page.heading().split_whitespace().collect::<Vec<_>>().join(" "),
        "Allow Visual Studio Code to use github ?"
    );
    assert!(page.text().contains("chosen by the application itself") && page.text().contains("evil.example"));
    // An approval is of one client and one place; a namesake is asked about again, and so is every program.
    let good = register("Claude", "https://good.example/callback").await;
    let first = open(&good, "https://good.example/callback").await;
    ide.back(&owner.browser, first, "approve").await;
    let again = open(&good, "https://good.example/callback").await;
    assert!(!again.has_button("approve"), "remembered: {}", again.text());
    let namesake = register("Claude", uri).await;
    assert!(open(&namesake, uri).await.has_button("approve"));
    for program in
        ["http://localhost/callback", "cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/callback"]
    {
        let client = register("Claude", program).await;
        for _ in 0..2 {
            let page = open(&client, program).await;
            assert!(page.text().contains("A program on your own machine is asking"), "{program}: {}", page.text());
            ide.back(&owner.browser, page, "approve").await;
        }
    }
}
