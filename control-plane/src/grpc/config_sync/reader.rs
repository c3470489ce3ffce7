//! Takes what a node says and what changed, and notes on the board what is due. Never waits for the node to read.

use std::convert::Infallible;
use std::time::Duration;

use proto::wire::node_message::Message as Said;
use proto::wire::{Ack, NodeMessage};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Instant, timeout_at};
use tonic::{Status, Streaming};

use super::board::{Board, Flood};
use super::tenant_id;
use crate::app::publish::Changed;
use crate::domain::limits::{REJECT_REASON_CHARS_MAX, REJECTS_KEPT_MAX, SILENCE_MAX_MS};
use crate::nodes::{Connection, NodeLoad, Rejected};
use crate::state::App;

pub(super) async fn run(
    app: &App,
    mut incoming: Streaming<NodeMessage>,
    connection: &Connection,
    board: &Board,
    mut feed: broadcast::Receiver<Changed>,
) -> Result<Infallible, Status> {
    let silence_max = Duration::from_millis(SILENCE_MAX_MS);
    let mut deadline = Instant::now() + silence_max;
    loop {
        tokio::select! {
            said = timeout_at(deadline, incoming.message()) => {
                let said = said.map_err(|_| Status::deadline_exceeded("the node fell silent"))??;
                let Some(message) = said.ok_or_else(|| Status::cancelled("the node closed the stream"))?.message else {
                    return Err(Status::invalid_argument("a message of an unknown kind"));
                };
                deadline = Instant::now() + silence_max;
                take(message, connection, board)?;
            }
            changed = feed.recv() => match changed {
                Ok(Changed::Tenant { id, revision }) => board.changed(id, revision),
                Ok(Changed::Directory) => board.directory_changed(),
                Err(RecvError::Lagged(_)) => board.everything_changed(),
                Err(RecvError::Closed) => return Err(Status::unavailable("shutting down")),
            },
            () = app.tasks.shutdown().cancelled() => return Err(Status::unavailable("shutting down")),
        }
    }
}

fn take(message: Said, connection: &Connection, board: &Board) -> Result<(), Status> {
    match message {
        Said::Hello(_) => return Err(Status::invalid_argument("a second hello")),
        Said::Subscribe(subscribe) => {
            let id = tenant_id(&subscribe.tenant_id)?;
            let accepted = board.subscribe(id, subscribe.revision).map_err(flood)?;
            if let Some(have) = accepted {
                connection.update(|node| {
                    node.acked.insert(id, have);
                });
            }
        }
        Said::Unsubscribe(unsubscribe) => {
            let id = tenant_id(&unsubscribe.tenant_id)?;
            board.unsubscribe(id);
            connection.update(|node| {
                node.acked.remove(&id);
                node.rejects.remove(&id);
            });
        }
        Said::Ack(ack) => acknowledge(ack, connection, board)?,
        Said::DirectoryAck(ack) => connection.update(|node| node.directory_acked = ack.revision),
        Said::Heartbeat(beat) => {
            let load = beat.load.map(|load| NodeLoad {
                calls: load.calls,
                streams: load.streams,
                sessions: load.sessions,
                draining: load.draining,
            });
            connection.busy_with(load);
        }
    }
    Ok(())
}

fn acknowledge(ack: Ack, connection: &Connection, board: &Board) -> Result<(), Status> {
    let id = tenant_id(&ack.tenant_id)?;
    if !board.is_subscribed(id) {
        return Ok(());
    }
    let rejects = ack.rejects.into_iter().take(REJECTS_KEPT_MAX).map(|reject| Rejected {
        kind: reject.kind.chars().take(REJECT_REASON_CHARS_MAX).collect(),
        resource_id: uuid::Uuid::from_slice(&reject.resource_id).ok(),
        reason: reject.reason.chars().take(REJECT_REASON_CHARS_MAX).collect(),
    });
    let rejects: Vec<Rejected> = rejects.collect();
    for one in &rejects {
        tracing::warn!(tenant.id = %id, revision = ack.revision, kind = one.kind, resource.id = ?one.resource_id,
            reason = one.reason, "a node refused a resource");
    }
    connection.update(|node| {
        node.acked.insert(id, ack.revision);
        if rejects.is_empty() {
            node.rejects.remove(&id);
        } else {
            node.rejects.insert(id, rejects);
        }
    });
    Ok(())
}

fn flood(Flood: Flood) -> Status {
    Status::resource_exhausted("subscribe.too_fast")
}
