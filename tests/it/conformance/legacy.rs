//! `server --requirements 2025-11-25`.

use world::fakes::mcp_server::Era;

use super::{alone, through_a_virtual_server, through_the_gateway};

const REVISION: &str = "2025-11-25";

#[tokio::test]
async fn the_legacy_fixture_alone() {
    alone(Era::Legacy, REVISION).await;
}

#[tokio::test]
async fn the_legacy_fixture_through_two_nodes() {
    through_the_gateway(Era::Legacy, REVISION).await;
}

#[tokio::test]
async fn the_legacy_fixture_through_a_virtual_server() {
    through_a_virtual_server(Era::Legacy, REVISION).await;
}
