//! The official suite for authorization servers against our issuer; a person in a browser does what it asks for.

use std::collections::BTreeSet;

use tokio::net::TcpListener;
use url::Url;
use world::World;
use world::conformance::Run;
use world::ide::Ide;

#[tokio::test]
async fn our_issuer_passes_the_official_suite() {
    let world = World::start().await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", "https://mcp.example/mcp").await;
    let mut ide = Ide::new(&owner.url("github"));
    ide.discover().await;
    // The suite listens there itself; loopback redirects match any port.
    ide.register(&["http://127.0.0.1/callback"]).await;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port().to_string();
    let issuer = ide.metadata["issuer"].as_str().unwrap();
    let words = ["authorization", "--url", issuer, "--client-id", &ide.client_id, "--resource", ide.url.as_str()];
    let mut run = Run::start(&[&words[..], &["--port", &port]].concat());
    let address = run.line(|line| line.contains("/oauth/authorize?")).await;
    let address: Url = address.trim().parse().unwrap();
    let back = ide.approve(&owner.browser, address.as_str()).await;
    ide.http.get(back).send().await.unwrap();
    let required = ["authorization-server-metadata-endpoint", "authorization-code-grant"];
    let required: BTreeSet<String> = required.map(str::to_owned).into();
    let report = run.finish().await;
    report.judge(&required, &[]);
    assert!(!report.list(&required).contains("warned"), "{}", report.list(&required));
}
