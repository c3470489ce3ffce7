//! Where most stories about calls begin: one tenant, one server, its owner signed in through an IDE.

use world::World;
use world::fakes::mcp_server::{Era, McpServer};
use world::ide::Ide;
use world::people::Person;

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) upstream: McpServer,
    pub(crate) owner: Person,
    pub(crate) ide: Ide,
}

pub(crate) async fn scene(era: Era) -> Scene {
    let world = World::start().await;
    let upstream = McpServer::start(era).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let ide = owner.ide("github").await;
    Scene { world, upstream, owner, ide }
}
