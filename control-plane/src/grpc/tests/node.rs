//! A node as a test plays it: says what it is told to, and reads what comes.

use std::time::Duration;

use proto::convert::uuid_bytes;
use proto::wire::config_sync_client::ConfigSyncClient;
use proto::wire::control_message::Message as Control;
use proto::wire::node_message::Message as Said;
use proto::wire::resource::Body;
use proto::wire::{
    Ack, ControlMessage, DirectoryUpdate, Heartbeat, Hello, NodeMessage, Reject, Resource, Subscribe, TenantPosition,
    UpdateBegin, Welcome,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataValue;
use tonic::{Request, Status, Streaming};
use uuid::Uuid;

use super::plane::Plane;
use crate::domain::ids::TenantId;

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Node {
    said: mpsc::Sender<NodeMessage>,
    heard: Streaming<ControlMessage>,
}

/// An update as it arrived.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) begin: UpdateBegin,
    pub(super) resources: Vec<Resource>,
}

impl Update {
    /// Kinds in the order of their names.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        let kind = |resource: &Resource| match resource.body.as_ref().unwrap() {
            Body::TenantSettings(_) => "tenant_settings",
            Body::Server(_) => "server",
            Body::Principal(_) => "principal",
            Body::AccessGrant(_) => "access_grant",
            Body::SigningKey(_) => "signing_key",
            Body::SessionKey(_) => "session_key",
            Body::Deleted(_) => "deleted",
            _ => "other",
        };
        let mut kinds: Vec<_> = self.resources.iter().map(kind).collect();
        kinds.sort_unstable();
        kinds
    }
}

pub(super) fn hello(pool: &str) -> Hello {
    Hello {
        node_id: "node-1".to_owned(),
        instance_id: uuid_bytes(Uuid::new_v4()),
        version: "0.0.0".to_owned(),
        pool: pool.to_owned(),
        capabilities: vec!["servers".to_owned()],
        ..Hello::default()
    }
}

/// A hello of a node that was here before.
pub(super) fn hello_again(pool: &str, history_id: &str, have: &[(TenantId, u64)]) -> Hello {
    let position = |&(id, revision): &(TenantId, u64)| TenantPosition { tenant_id: uuid_bytes(id.0), revision };
    Hello { history_id: history_id.to_owned(), have: have.iter().map(position).collect(), ..hello(pool) }
}

pub(super) fn with_bearer<T>(message: T, secret: &SecretString) -> Request<T> {
    let mut request = Request::new(message);
    let bearer: MetadataValue<_> = format!("Bearer {}", secret.expose_secret()).parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

impl Node {
    /// Opens the stream and says hello; the welcome is still to come.
    pub(super) async fn open(plane: &Plane, secret: &SecretString, hello: Hello) -> Result<Self, Status> {
        let (said, messages) = mpsc::channel(1_000);
        said.send(NodeMessage { message: Some(Said::Hello(hello)) }).await.unwrap();
        let mut client = ConfigSyncClient::new(plane.channel().await);
        let heard = client.stream(with_bearer(ReceiverStream::new(messages), secret)).await?.into_inner();
        Ok(Self { said, heard })
    }

    /// Opens the stream and takes the welcome and the directory.
    pub(super) async fn welcomed(plane: &Plane, secret: &SecretString, hello: Hello) -> (Self, Welcome) {
        let mut node = Self::open(plane, secret, hello).await.unwrap();
        let Control::Welcome(welcome) = node.next().await.unwrap() else { panic!("no welcome") };
        (node, welcome)
    }

    pub(super) async fn say(&self, message: Said) {
        self.said.send(NodeMessage { message: Some(message) }).await.unwrap();
    }

    pub(super) async fn subscribe(&self, id: TenantId, revision: u64) {
        self.say(Said::Subscribe(Subscribe { tenant_id: uuid_bytes(id.0), revision })).await;
    }

    pub(super) async fn ack(&self, id: TenantId, revision: u64) {
        self.say(Said::Ack(Ack { tenant_id: uuid_bytes(id.0), revision, rejects: Vec::new() })).await;
    }

    /// Takes the revision, but not this resource.
    pub(super) async fn ack_rejecting(&self, id: TenantId, revision: u64, resource: Uuid) {
        let reject = Reject { kind: "api_key".to_owned(), resource_id: uuid_bytes(resource), reason: String::new() };
        self.say(Said::Ack(Ack { tenant_id: uuid_bytes(id.0), revision, rejects: vec![reject] })).await;
    }

    /// The next message that is no heartbeat; heartbeats are answered.
    pub(super) async fn next(&mut self) -> Result<Control, Status> {
        loop {
            let heard =
                tokio::time::timeout(PATIENCE, self.heard.message()).await.expect("nothing was said in time")?;
            match heard.ok_or_else(|| Status::cancelled("closed"))?.message.unwrap() {
                Control::Heartbeat(_) => {
                    let beat = NodeMessage { message: Some(Said::Heartbeat(Heartbeat::default())) };
                    let _ = self.said.send(beat).await;
                }
                other => return Ok(other),
            }
        }
    }

    pub(super) async fn directory(&mut self) -> DirectoryUpdate {
        match self.next().await.unwrap() {
            Control::Directory(update) => update,
            other => panic!("expected a directory, got {other:?}"),
        }
    }

    /// The next update of a tenant, whatever comes before it.
    pub(super) async fn update(&mut self) -> Update {
        let begin = loop {
            if let Control::Begin(begin) = self.next().await.unwrap() {
                break begin;
            }
        };
        let mut resources = Vec::new();
        loop {
            match self.next().await.unwrap() {
                Control::Chunk(chunk) => resources.extend(chunk.resources),
                Control::End(end) => {
                    assert_eq!(end.revision, begin.to_revision);
                    return Update { begin, resources };
                }
                other => panic!("within an update: {other:?}"),
            }
        }
    }

    /// The code of the next refusal.
    pub(super) async fn refusal(&mut self) -> (String, u32) {
        loop {
            if let Control::SubscribeRefused(refused) = self.next().await.unwrap() {
                return (refused.code, refused.retry_after_ms);
            }
        }
    }

    /// Reads until the stream ends and answers why.
    pub(super) async fn end(&mut self) -> Status {
        loop {
            if let Err(status) = self.next().await {
                return status;
            }
        }
    }

    /// Says it without caring whether anybody listens.
    pub(super) async fn subscribe_if_open(&self, id: TenantId) {
        let subscribe = Said::Subscribe(Subscribe { tenant_id: uuid_bytes(id.0), revision: 0 });
        let _ = self.said.send(NodeMessage { message: Some(subscribe) }).await;
    }

    /// Reads until the stream ends, without a word.
    pub(super) async fn end_in_silence(&mut self) -> Status {
        loop {
            match tokio::time::timeout(PATIENCE, self.heard.message()).await.expect("the stream goes on") {
                Ok(Some(_)) => {}
                Ok(None) => return Status::cancelled("closed"),
                Err(status) => return status,
            }
        }
    }
}
