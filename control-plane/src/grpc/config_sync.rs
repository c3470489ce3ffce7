//! The configuration stream. One task per node: [`reader`] takes what the node says and never waits for it to read;
//! [`writer`] sends what is due; between them the [`board`] notes what that is. A slow node is told the latest state
//! once, and holds up nobody else.

mod board;
mod reader;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use proto::convert;
use proto::wire::control_message::Message as Control;
use proto::wire::node_message::Message as Said;
use proto::wire::{ControlMessage, GetRequest, GetResponse, Hello, NodeMessage, Welcome, config_sync_server};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use self::board::Board;
use super::{authority, status};
use crate::app::publish::{self, Answer, Recipient};
use crate::crypto::hpke::PUBLIC_KEY_BYTES;
use crate::domain::ids::TenantId;
use crate::domain::limits::{HEARTBEAT_MS, SILENCE_MAX_MS, STREAM_OUTBOX_MAX, SUBSCRIPTIONS_MAX};
use crate::domain::node::NodeIdentity;
use crate::nodes::NodeStatus;
use crate::state::App;

/// Capability of nodes that refuse tokens of ended grants.
const REVOKED_GRANTS: &str = "revoked_grants";
const VIRTUAL_SERVERS: &str = "virtual_servers";
const SWITCHES: &str = "switches";

type Outbox = mpsc::Sender<Result<ControlMessage, Status>>;

/// Implements `ConfigSync`.
pub(super) struct Service {
    app: Arc<App>,
}

impl Service {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[async_trait::async_trait]
impl config_sync_server::ConfigSync for Service {
    type StreamStream = ReceiverStream<Result<ControlMessage, Status>>;

    async fn stream(&self, request: Request<Streaming<NodeMessage>>) -> Result<Response<Self::StreamStream>, Status> {
        let identity = authority::authenticate(&self.app, request.metadata()).await?;
        let (outbox, messages) = mpsc::channel(STREAM_OUTBOX_MAX);
        let (app, incoming) = (self.app.clone(), request.into_inner());
        self.app.tasks.spawn("config-stream", async move {
            let Err(ended) = run(&app, &identity, incoming, &outbox).await;
            tracing::info!(node.identity = %identity.id, reason = ended.message(), "configuration stream ended");
            // A node whose queue is full learns it from the end of the stream.
            let _ = outbox.try_send(Err(ended));
        });
        Ok(Response::new(ReceiverStream::new(messages)))
    }

    /// The full picture of one tenant, for diagnosis, under the same authority.
    async fn get(&self, request: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        let identity = authority::authenticate(&self.app, request.metadata()).await?;
        let id = tenant_id(&request.get_ref().tenant_id)?;
        let to = Recipient {
            pool: &identity.pool,
            public_key: &[],
            knows_revoked_grants: true,
            knows_virtual_servers: true,
            knows_switches: true,
        };
        let answer = publish::tenant(&self.app, to, id, 0).await.map_err(|error| status(&error))?;
        let Answer::Update(update) = answer else { return Err(Status::permission_denied("tenant.outside_pool")) };
        let history_id = publish::history_id(&self.app).await.map_err(|error| status(&error))?;
        Ok(Response::new(GetResponse {
            history_id,
            revision: update.to,
            resources: update.resources,
            capabilities: Vec::new(),
        }))
    }
}

/// Serves one node until the stream must end, and says why.
async fn run(
    app: &App,
    identity: &NodeIdentity,
    mut incoming: Streaming<NodeMessage>,
    outbox: &Outbox,
) -> Result<std::convert::Infallible, Status> {
    // Before the first read of anything, so that no change falls between.
    let feed = publish::feed(app);
    let hello = hello(&mut incoming).await?;
    // A node that says another pool than it was enrolled for is misconfigured or lies (ATK-6).
    if hello.pool != identity.pool {
        return Err(Status::permission_denied("node.wrong_pool"));
    }
    if !matches!(hello.hpke_public_key.len(), 0 | PUBLIC_KEY_BYTES) {
        return Err(Status::invalid_argument("hpke_public_key: expected an X25519 public key, or none"));
    }
    let history_id = publish::history_id(app).await.map_err(|error| status(&error))?;
    // Positions in another history say nothing about ours.
    let same_history = hello.history_id == history_id;
    let connection = app.nodes.connect(identity, node_status(app, identity, &hello, same_history)?);
    tracing::info!(node.id = hello.node_id, node.identity = %identity.id, version = hello.version, "node connected");
    let board = Board::new(&hello, same_history);
    let to = Recipient {
        pool: &identity.pool,
        public_key: &hello.hpke_public_key,
        knows_revoked_grants: hello.capabilities.iter().any(|one| one == REVOKED_GRANTS),
        knows_virtual_servers: hello.capabilities.iter().any(|one| one == VIRTUAL_SERVERS),
        knows_switches: hello.capabilities.iter().any(|one| one == SWITCHES),
    };
    let known_directory = if same_history { hello.directory_revision } else { 0 };
    send(outbox, Control::Welcome(Welcome { history_id, heartbeat_interval_ms: HEARTBEAT_MS as u32 })).await?;
    tokio::select! {
        ended = reader::run(app, incoming, &connection, &board, feed) => ended,
        ended = writer::run(app, to, known_directory, outbox, &connection, &board) => ended,
        () = connection.ended().cancelled() => Err(Status::unauthenticated("replaced by a newer stream, or revoked")),
        () = app.tasks.shutdown().cancelled() => Err(Status::unavailable("shutting down")),
    }
}

async fn hello(incoming: &mut Streaming<NodeMessage>) -> Result<Hello, Status> {
    let first = tokio::time::timeout(Duration::from_millis(SILENCE_MAX_MS), incoming.message());
    let first = first.await.map_err(|_| Status::deadline_exceeded("no hello"))??;
    match first.and_then(|message| message.message) {
        Some(Said::Hello(hello)) => Ok(hello),
        _ => Err(Status::invalid_argument("the first message must be a hello")),
    }
}

fn node_status(app: &App, identity: &NodeIdentity, hello: &Hello, same_history: bool) -> Result<NodeStatus, Status> {
    // Counted from the first moment: a node that comes back with an older picture answers requests with it already.
    let had = hello.have.iter().take(SUBSCRIPTIONS_MAX);
    let had =
        had.filter_map(|one| Some((tenant_id(&one.tenant_id).ok()?, if same_history { one.revision } else { 0 })));
    let instance_id = convert::uuid("instance_id", &hello.instance_id);
    Ok(NodeStatus {
        identity_id: identity.id,
        node_id: hello.node_id.clone(),
        instance_id: instance_id.map_err(|error| Status::invalid_argument(error.to_string()))?,
        pool: identity.pool.clone(),
        region: hello.region.clone(),
        version: hello.version.clone(),
        capabilities: hello.capabilities.clone(),
        connected_at: app.clock.now(),
        directory_acked: 0,
        acked: had.collect(),
        rejects: Default::default(),
        load: None,
    })
}

fn tenant_id(bytes: &[u8]) -> Result<TenantId, Status> {
    convert::uuid("tenant_id", bytes).map(TenantId).map_err(|error| Status::invalid_argument(error.to_string()))
}

/// Sends one message; a node that does not take it in time is stuck.
async fn send(outbox: &Outbox, message: Control) -> Result<(), Status> {
    use crate::domain::limits::SEND_STALL_MAX_MS;
    let message = ControlMessage { message: Some(message) };
    let stalled = Duration::from_millis(SEND_STALL_MAX_MS);
    outbox.send_timeout(Ok(message), stalled).await.map_err(|_| Status::cancelled("the node does not read"))
}
