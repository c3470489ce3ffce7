//! Who loses their right is out on every node: what is under way is cut, the next call is refused with the right answer,
//! refreshing says so, and the audit trail has it. Each way to lose it, on three nodes.

mod pages;
mod paths;
mod restart;
mod scim;
mod switches;

use reqwest::Method;
use serde_json::{Value, json};
use world::fakes::mcp_server::{Era, McpServer, Reply};
use world::ide::Ide;
use world::people::Person;
use world::world::Setup;
use world::{PATIENCE, World};

const NODES: usize = 3;
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// A person with everything open, on every node.
struct Scene {
    world: World,
    legacy: McpServer,
    modern: McpServer,
    owner: Person,
    ana: Person,
    /// Ids of the servers `github` (legacy) and `search` (modern).
    servers: [String; 2],
    /// Ana's clients of them.
    ides: [Ide; 2],
}

/// What is under way for one client on one node.
struct Open(Vec<(&'static str, reqwest::Response)>);

impl Scene {
    /// Both servers are granted to Ana alone.
    async fn start(setup: Setup) -> Self {
        let world = setup.nodes(NODES).start().await;
        let (legacy, modern) = (McpServer::start(Era::Legacy).await, McpServer::start(Era::Modern).await);
        legacy.on("GET", |_| Reply::Hang);
        modern.on("subscriptions/listen", |seen| {
            let id = seen.json()["id"].clone();
            Reply::StreamThenHang(vec![json!({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                "params": {"notifications": {"toolsListChanged": true}, "_meta": {SUBSCRIPTION: id}}})])
        });
        for server in [&legacy, &modern] {
            server.on("tools/call", |seen| match seen.json()["params"]["name"].as_str() {
                Some("slow") => {
                    Reply::StreamThenHang(vec![json!({"jsonrpc": "2.0", "method": "notifications/progress",
                    "params": {"progressToken": "$token", "progress": 1}})])
                }
                _ => Reply::Result(json!({"content": [], "resultType": "complete"})),
            });
        }
        let owner = world.tenant("acme").await;
        let servers = [
            owner.register_server("github", legacy.url.as_str()).await,
            owner.register_server("search", modern.url.as_str()).await,
        ];
        let ana = owner.invite("ana", "member").await;
        for server in &servers {
            owner.grant(server, &ana).await;
        }
        world.synced("acme").await;
        let ides = [ana.ide("github").await, ana.ide("search").await];
        Self { world, legacy, modern, owner, ana, servers, ides }
    }

    /// Opens a stream and a streaming call with each client on each node, and waits until all of it runs.
    async fn open_all(&self, ides: &[Ide; 2]) -> Vec<Open> {
        let mut open = Vec::new();
        for node in &self.world.nodes {
            open.push(Open::legacy(ides[0].at(&node.origin())).await);
            open.push(Open::modern(&ides[1].at(&node.origin())).await);
        }
        open
    }

    /// The status that each client hears on each node now.
    async fn next_calls(&self, ides: &[Ide; 2]) -> Vec<u16> {
        let mut statuses = Vec::new();
        for node in &self.world.nodes {
            statuses.push(ides[0].at(&node.origin()).initialize().await.status.as_u16());
            let call = json!({"name": "echo", "arguments": {}});
            statuses.push(ides[1].at(&node.origin()).modern("tools/call", call).await.status.as_u16());
        }
        statuses
    }

    /// The newest audit entry of this action, if there is one.
    async fn noted(&self, action: &str) -> Option<Value> {
        let page = self.owner.get("audit?limit=50").await.ok();
        page["items"].as_array()?.iter().find(|event| event["action"] == action).cloned()
    }
}

impl Open {
    async fn legacy(mut ide: Ide) -> Self {
        assert_eq!(ide.initialize().await.status, 200);
        let stream = ide.open(Method::GET, String::new(), &[("accept", "text/event-stream")]).await;
        assert_eq!(stream.status(), 200, "the session's stream");
        let call = json!({"jsonrpc": "2.0", "id": 77, "method": "tools/call",
            "params": {"name": "slow", "arguments": {}, "_meta": {"progressToken": "p"}}});
        let call = ide.open(Method::POST, call.to_string(), &[]).await;
        Self(vec![("GET stream", stream), ("call", Self::running(call).await)])
    }

    async fn modern(ide: &Ide) -> Self {
        let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}, "progressToken": "p",
            "io.modelcontextprotocol/clientInfo": {"name": "test-ide", "version": "1.2"}});
        let send = async |id: u32, method: &str, mut params: Value| {
            params["_meta"] = meta.clone();
            let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string();
            let mut headers = vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
            headers.extend((method == "tools/call").then_some(("mcp-name", "slow")));
            let response = ide.open(Method::POST, body, &headers).await;
            Self::running(response).await
        };
        let listen = send(1, "subscriptions/listen", json!({"notifications": {"toolsListChanged": true}})).await;
        let call = send(2, "tools/call", json!({"name": "slow", "arguments": {}})).await;
        Self(vec![("subscriptions/listen", listen), ("call", call)])
    }

    /// A stream of which something was read.
    async fn running(mut response: reqwest::Response) -> reqwest::Response {
        assert_eq!(response.status(), 200);
        let first = tokio::time::timeout(PATIENCE, response.chunk()).await.expect("in time").expect("whole");
        assert!(first.is_some(), "it runs");
        response
    }

    /// Waits until all of it has ended.
    async fn ended(self) {
        for (what, response) in self.0 {
            let rest = tokio::time::timeout(PATIENCE, response.bytes()).await;
            let rest = rest.unwrap_or_else(|_| panic!("{what} goes on")).expect("ends properly");
            if what == "call" {
                let text = String::from_utf8_lossy(&rest);
                assert!(text.contains("error\":"), "a call that was cut says why: {text}");
            }
        }
    }

    /// Whether all of it goes on.
    async fn goes_on(&mut self) -> bool {
        for (_, response) in &mut self.0 {
            // A moment is enough: what ends, ends with the change that the nodes acknowledged.
            if tokio::time::timeout(std::time::Duration::from_millis(100), response.chunk()).await.is_ok() {
                return false;
            }
        }
        true
    }
}
