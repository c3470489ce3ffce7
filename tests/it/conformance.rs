//! The official conformance suites. First a fixture server alone: what fails there is not ours. Then the same fixture
//! behind the gateway, on two nodes in turn, in the fixture's own era.

mod authorization;
mod client;
mod legacy;
mod modern;

use serde_json::json;
use world::World;
use world::bearer::Bearer;
use world::conformance::{baseline, required_of_a_server, server};
use world::fakes::mcp_server::Era;
use world::fixtures::Fixture;

/// The fixture without a gateway; nothing that is required may fail.
#[expect(clippy::print_stdout, reason = "what nobody scores is still shown")]
async fn alone(era: Era, revision: &str) {
    let fixture = Fixture::start(era).await;
    let (required, report) = (required_of_a_server(revision), server(&fixture.url, revision).await);
    report.judge(&required, &[]);
    println!("{revision}, the fixture alone\n{}", report.list(&required));
}

/// The same behind a virtual server of this one member, which offers everything under its own names.
#[expect(clippy::print_stdout, reason = "what nobody scores is still shown")]
async fn through_a_virtual_server(era: Era, revision: &str) {
    let fixture = Fixture::start(era).await;
    let world = World::setup().nodes(2).redis().start().await;
    let owner = world.tenant("acme").await;
    let member = owner.register_server("fixture", &fixture.url).await;
    let mut ide = owner.ide("fixture").await;
    let mut offer = json!({ "plain_uris": true });
    for kind in ["tools", "prompts"] {
        let list = match era {
            Era::Legacy => {
                ide.initialize().await;
                ide.request(&format!("{kind}/list"), json!({})).await
            }
            Era::Modern => ide.modern(&format!("{kind}/list"), json!({})).await,
        };
        let list = list.json()["result"][kind].clone();
        let names = list.as_array().unwrap_or_else(|| panic!("{list}")).iter().map(|one| one["name"].clone());
        offer[kind] = names.map(|name| json!({ "name": name, "exposed_as": name })).collect();
    }
    let members = json!([{ "server_id": member, "alias": "f", "offer": offer }]);
    owner.post("servers", json!({ "slug": "whole", "display_name": "Whole", "members": members })).await.ok();
    let ide = owner.ide("whole").await;
    let bearer = Bearer::start(&ide.url, ide.access_token()).await;
    let (required, report) = (required_of_a_server(revision), server(bearer.url.as_str(), revision).await);
    report.judge(&required, &baseline(revision));
    println!("{revision}, through a virtual server\n{}", report.list(&required));
}

/// The fixture behind two nodes in turn, which share sessions and answers through Redis.
#[expect(clippy::print_stdout, reason = "what nobody scores is still shown")]
async fn through_the_gateway(era: Era, revision: &str) {
    let fixture = Fixture::start(era).await;
    let world = World::setup().nodes(2).redis().start().await;
    let owner = world.tenant("acme").await;
    owner.register_server("fixture", &fixture.url).await;
    let ide = owner.ide("fixture").await;
    let bearer = Bearer::start(&ide.url, ide.access_token()).await;
    let (required, report) = (required_of_a_server(revision), server(bearer.url.as_str(), revision).await);
    report.judge(&required, &baseline(revision));
    println!("{revision}, through the gateway\n{}", report.list(&required));
}
