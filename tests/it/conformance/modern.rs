//! `server --requirements 2026-07-28`.

use world::fakes::mcp_server::Era;

use super::{alone, through_a_virtual_server, through_the_gateway};

const REVISION: &str = "2026-07-28";

#[tokio::test]
async fn the_modern_fixture_alone() {
    alone(Era::Modern, REVISION).await;
}

#[tokio::test]
async fn the_modern_fixture_through_two_nodes() {
    through_the_gateway(Era::Modern, REVISION).await;
}

#[tokio::test]
async fn the_modern_fixture_through_a_virtual_server() {
    through_a_virtual_server(Era::Modern, REVISION).await;
}
