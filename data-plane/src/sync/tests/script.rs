//! A control plane that says what the test tells it to, and the messages it says.

use std::net::SocketAddr;

use proto::convert::uuid_bytes;
use proto::wire::config_sync_server::{ConfigSync, ConfigSyncServer};
pub(super) use proto::wire::control_message as control;
use proto::wire::control_message::Message as Control;
use proto::wire::node_message::Message as Reply;
use proto::wire::{
    ControlMessage, DirectoryEntry, DirectoryUpdate, GetRequest, GetResponse, Hello, NodeMessage, Resource,
    TenantStatus, UpdateBegin, UpdateChunk, UpdateEnd, Welcome,
};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::serve::tests::Certificate;
pub(super) use crate::serve::tests::certificate;
use crate::tasks::Tasks;

pub(super) const SECRET: &str = "pwn_test";

/// One accepted stream, in the hands of the test.
pub(super) struct Connection {
    pub(super) hello: Hello,
    from_node: Streaming<NodeMessage>,
    to_node: mpsc::Sender<Result<ControlMessage, Status>>,
}

impl Connection {
    pub(super) async fn send(&self, message: Control) {
        self.to_node.send(Ok(ControlMessage { message: Some(message) })).await.unwrap();
    }

    pub(super) async fn send_all(&self, messages: impl IntoIterator<Item = Control>) {
        for message in messages {
            self.send(message).await;
        }
    }

    pub(super) async fn any_reply(&mut self) -> Option<Reply> {
        self.from_node.message().await.ok()??.message
    }

    /// The next message that is no heartbeat.
    pub(super) async fn reply(&mut self) -> Option<Reply> {
        loop {
            match self.any_reply().await? {
                Reply::Heartbeat(_) => {}
                reply => return Some(reply),
            }
        }
    }
}

/// Accepts streams whose bearer is right and hands them to the test.
pub(super) struct Script {
    pub(super) address: SocketAddr,
    connections: mpsc::Receiver<Connection>,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<()>,
}

struct Door(mpsc::Sender<Connection>);

#[tonic::async_trait]
impl ConfigSync for Door {
    type StreamStream = ReceiverStream<Result<ControlMessage, Status>>;

    async fn stream(&self, request: Request<Streaming<NodeMessage>>) -> Result<Response<Self::StreamStream>, Status> {
        let bearer = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
        if bearer != Some(&format!("Bearer {SECRET}")) {
            return Err(Status::unauthenticated("unknown node"));
        }
        let mut from_node = request.into_inner();
        let Some(Reply::Hello(hello)) = from_node.message().await?.and_then(|first| first.message) else {
            return Err(Status::invalid_argument("expected a hello"));
        };
        let (to_node, messages) = mpsc::channel(64);
        self.0.send(Connection { hello, from_node, to_node }).await.map_err(|_| Status::unavailable("closing"))?;
        Ok(Response::new(ReceiverStream::new(messages)))
    }

    async fn get(&self, _: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }
}

impl Script {
    pub(super) async fn start(listener: TcpListener) -> Self {
        Self::serve(listener, Server::builder())
    }

    pub(super) async fn start_tls(listener: TcpListener, certificate: &Certificate) -> Self {
        let identity = Identity::from_pem(certificate.read("cert.pem"), certificate.read("key.pem"));
        let tls = ServerTlsConfig::new().identity(identity);
        Self::serve(listener, Server::builder().tls_config(tls).unwrap())
    }

    fn serve(listener: TcpListener, mut server: Server) -> Self {
        let address = listener.local_addr().unwrap();
        let (sender, connections) = mpsc::channel(8);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let server = Tasks::default().spawn("script", async move {
            server
                .add_service(ConfigSyncServer::new(Door(sender)))
                .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stopped.cancelled_owned())
                .await
                .unwrap();
        });
        Self { address, connections, stop, server }
    }

    pub(super) async fn accept(&mut self) -> Connection {
        self.connections.recv().await.unwrap()
    }

    /// Closes the port; connections must be dropped before.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        drop(self.connections);
        self.server.await.unwrap();
    }
}

/// A node counts a stream dead after five times the interval.
pub(super) fn welcome(history_id: &str, heartbeat_interval_ms: u32) -> Control {
    Control::Welcome(Welcome { history_id: history_id.to_owned(), heartbeat_interval_ms })
}

pub(super) fn directory(revision: u64, tenants: &[(Uuid, &str)]) -> Control {
    let entries = tenants.iter().map(|(id, slug)| DirectoryEntry {
        tenant_id: uuid_bytes(*id),
        slug: (*slug).to_owned(),
        status: TenantStatus::Active.into(),
        issuer: format!("https://auth.example/t/{slug}"),
        gateway_origins: vec!["https://gw.example".to_owned()],
    });
    Control::Directory(DirectoryUpdate {
        full: true,
        entries: entries.collect(),
        removed_tenant_ids: Vec::new(),
        revision,
        last: true,
    })
}

pub(super) fn begin(tenant: Uuid, full: bool, from_revision: u64, to_revision: u64) -> Control {
    Control::Begin(UpdateBegin { tenant_id: uuid_bytes(tenant), full, from_revision, to_revision })
}

pub(super) fn chunk(tenant: Uuid, resources: Vec<Resource>) -> Control {
    Control::Chunk(UpdateChunk { tenant_id: uuid_bytes(tenant), resources })
}

pub(super) fn end(tenant: Uuid, revision: u64) -> Control {
    Control::End(UpdateEnd { tenant_id: uuid_bytes(tenant), revision })
}

pub(super) fn full(tenant: Uuid, revision: u64, resources: Vec<Resource>) -> Vec<Control> {
    vec![begin(tenant, true, 0, revision), chunk(tenant, resources), end(tenant, revision)]
}

pub(super) fn delta(tenant: Uuid, from: u64, to: u64, resources: Vec<Resource>) -> Vec<Control> {
    vec![begin(tenant, false, from, to), chunk(tenant, resources), end(tenant, to)]
}

/// A reply, short.
pub(super) fn short(reply: &Reply) -> String {
    match reply {
        Reply::Hello(_) => "hello".to_owned(),
        Reply::Subscribe(message) => format!("subscribe {}", message.revision),
        Reply::Unsubscribe(_) => "unsubscribe".to_owned(),
        Reply::Ack(ack) => format!("ack {} rejects {}", ack.revision, ack.rejects.len()),
        Reply::Heartbeat(_) => "heartbeat".to_owned(),
        Reply::DirectoryAck(ack) => format!("directory-ack {}", ack.revision),
    }
}
