//! Sends what is due, one thing at a time, and heartbeats between. Waits for the node to read, within a bound.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use proto::convert::uuid_bytes;
use proto::wire::control_message::Message as Control;
use proto::wire::{DirectoryEntry, DirectoryUpdate, Drain, Heartbeat, UpdateBegin, UpdateChunk, UpdateEnd};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tonic::Status;

use super::board::{Board, Due};
use super::{Outbox, send};
use crate::app::publish::{self, Answer, Recipient, Update};
use crate::domain::ids::TenantId;
use crate::domain::limits::HEARTBEAT_MS;
use crate::grpc::status;
use crate::nodes::Connection;
use crate::state::App;

/// What the node was told of its pool.
struct Directory {
    revision: u64,
    entries: HashMap<TenantId, DirectoryEntry>,
    /// The node has a picture to which changes can be applied.
    told: bool,
}

pub(super) async fn run(
    app: &App,
    to: Recipient<'_>,
    known_directory: u64,
    outbox: &Outbox,
    connection: &Connection,
    board: &Board,
) -> Result<Infallible, Status> {
    let mut heartbeat = interval(Duration::from_millis(HEARTBEAT_MS));
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut draining = connection.draining();
    if let Some(draining) = &mut draining {
        draining.mark_changed();
    }
    let mut directory = Directory { revision: known_directory, entries: HashMap::new(), told: false };
    loop {
        let due = tokio::select! {
            biased;
            _ = heartbeat.tick() => {
                let sent_unix_ms = u64::try_from(app.clock.now().timestamp_millis()).unwrap_or_default();
                send(outbox, Control::Heartbeat(Heartbeat { sent_unix_ms, load: None })).await?;
                continue;
            }
            on = changed(&mut draining) => {
                send(outbox, Control::Drain(Drain { on })).await?;
                continue;
            }
            due = board.next() => due,
        };
        match due {
            Due::Refusal(refusal) => send(outbox, Control::SubscribeRefused(refusal)).await?,
            Due::Directory => {
                for gone in tell_directory(app, to.pool, &mut directory, outbox).await? {
                    board.unsubscribe(gone);
                    forget(connection, gone);
                }
            }
            Due::Tenant { id, have, generation } => {
                let answer = publish::tenant(app, to, id, have).await.map_err(|error| status(&error))?;
                let refusal = match answer {
                    Answer::UpToDate => continue,
                    Answer::Update(update) => {
                        let to = update.to;
                        tell_tenant(update, outbox).await?;
                        board.sent(id, generation, to);
                        continue;
                    }
                    Answer::Unknown => "tenant.unknown",
                    Answer::OutsidePool => "tenant.outside_pool",
                };
                tracing::warn!(tenant.id = %id, pool = to.pool, code = refusal, "subscription refused");
                forget(connection, id);
                board.refuse_for_good(id, refusal).map_err(|_| Status::resource_exhausted("subscribe.too_fast"))?;
            }
        }
    }
}

/// The next order; never one for a node that takes none, or after its identity is gone.
async fn changed(draining: &mut Option<watch::Receiver<bool>>) -> bool {
    if let Some(draining) = draining
        && draining.changed().await.is_ok()
    {
        return *draining.borrow_and_update();
    }
    std::future::pending().await
}

fn forget(connection: &Connection, tenant: TenantId) {
    connection.update(|node| {
        node.acked.remove(&tenant);
        node.rejects.remove(&tenant);
    });
}

async fn tell_tenant(update: Update, outbox: &Outbox) -> Result<(), Status> {
    let tenant_id = uuid_bytes(update.tenant_id.0);
    let (full, from_revision, to_revision) = (update.full, update.from, update.to);
    let begin = UpdateBegin { tenant_id: tenant_id.clone(), full, from_revision, to_revision };
    send(outbox, Control::Begin(begin)).await?;
    for resources in publish::chunks(update.resources) {
        send(outbox, Control::Chunk(UpdateChunk { tenant_id: tenant_id.clone(), resources })).await?;
    }
    send(outbox, Control::End(UpdateEnd { tenant_id, revision: to_revision })).await
}

/// Tells what the node does not know of its pool, and answers the tenants that left it.
async fn tell_directory(
    app: &App,
    pool: &str,
    known: &mut Directory,
    outbox: &Outbox,
) -> Result<Vec<TenantId>, Status> {
    let revision = publish::directory_revision(app).await.map_err(|error| status(&error))?;
    if known.told && known.revision == revision {
        return Ok(Vec::new());
    }
    let (revision, entries) = publish::directory(app, pool).await.map_err(|error| status(&error))?;
    let entries: HashMap<TenantId, DirectoryEntry> = entries.into_iter().collect();
    // A node that comes back with the present revision has the present picture.
    let resumed = !known.told && known.revision == revision && revision > 0;
    if !resumed {
        let full = !known.told || revision < known.revision;
        let changed: Vec<DirectoryEntry> = entries
            .iter()
            .filter(|(id, entry)| full || known.entries.get(id) != Some(entry))
            .map(|(_, entry)| entry.clone())
            .collect();
        let removed = known.entries.keys().filter(|id| !full && !entries.contains_key(id));
        let removed: Vec<_> = removed.map(|id| uuid_bytes(id.0)).collect();
        send_directory(revision, full, changed, removed, outbox).await?;
    }
    let gone = known.entries.keys().filter(|id| !entries.contains_key(id)).copied().collect();
    *known = Directory { revision, entries, told: true };
    Ok(gone)
}

async fn send_directory(
    revision: u64,
    full: bool,
    changed: Vec<DirectoryEntry>,
    removed: Vec<prost::bytes::Bytes>,
    outbox: &Outbox,
) -> Result<(), Status> {
    let mut chunks = publish::chunks(changed);
    // Also an empty picture is one.
    let last = chunks.pop().unwrap_or_default();
    let mut first = true;
    for entries in chunks {
        let full = full && std::mem::take(&mut first);
        let update = DirectoryUpdate { full, entries, revision, ..DirectoryUpdate::default() };
        send(outbox, Control::Directory(update)).await?;
    }
    let full = full && first;
    let update = DirectoryUpdate { full, entries: last, removed_tenant_ids: removed, revision, last: true };
    send(outbox, Control::Directory(update)).await
}
