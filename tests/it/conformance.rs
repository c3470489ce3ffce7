//! The official conformance suites. First a fixture server alone: what fails there is not ours. Then the same fixture
//! behind the gateway, on two nodes in turn, in the fixture's own era.

mod authorization;
mod legacy;
mod modern;

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
