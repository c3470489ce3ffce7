//! What a node is told of a tenant and of its pool. Whoever asks is answered only about its own pool (ATK-6); the check and
//! the answer come from one read.

mod messages;

use std::collections::HashSet;

use chrono::TimeDelta;
use prost::Message;
use proto::convert::uuid_bytes;
use proto::wire::resource::Body;
use proto::wire::{self, Deleted, DirectoryEntry};
use tokio::sync::broadcast;
use uuid::Uuid;

use self::messages::{entry, resource};
use crate::domain::configuration::{Resource, ResourceKind};
use crate::domain::ids::TenantId;
use crate::domain::limits::{CHUNK_BYTES_MAX, OUTBOX_KEPT_DAYS};
use crate::domain::tenancy::TenantStatus;
use crate::domain::{Error, Result};
use crate::state::App;
pub use crate::store::Changed;
use crate::store::{Changes, TenantStore};

/// Tag and lengths of the message around the resources of a chunk, generously.
const CHUNK_OVERHEAD_BYTES: usize = 64;
/// Tag and length of one resource in a chunk.
const RESOURCE_OVERHEAD_BYTES: usize = 8;

/// Batches of one run of the pruning job; the rest waits for the next.
const PRUNE_BATCHES_MAX: usize = 100;

/// What to tell a node that has `have`.
pub enum Answer {
    Update(Update),
    UpToDate,
    Unknown,
    OutsidePool,
}

/// One consistent picture, or the way to it from the revision the node has.
pub struct Update {
    pub tenant_id: TenantId,
    pub full: bool,
    pub from: u64,
    pub to: u64,
    pub resources: Vec<wire::Resource>,
}

/// The node that is told.
#[derive(Clone, Copy)]
pub struct Recipient<'a> {
    pub pool: &'a str,
    /// Shared credentials are sealed to it; a node without a key is told of none.
    pub public_key: &'a [u8],
    /// It refuses tokens of ended grants. To another node such a resource would be a control that it does not know.
    pub knows_revoked_grants: bool,
    /// It serves virtual servers. To another node such a slug is unknown.
    pub knows_virtual_servers: bool,
    /// It knows tools, clients and tenants that are switched off. To another node all that such a switch decides about is
    /// off.
    pub knows_switches: bool,
}

/// The way from revision `have` (0 = nothing) to the present one.
pub async fn tenant(app: &App, to: Recipient<'_>, id: TenantId, have: u64) -> Result<Answer> {
    let store = app.store.tenant_snapshot(id).await?;
    let tenant = match store.get_tenant().await {
        Err(Error::NotFound { .. }) => return Ok(Answer::Unknown),
        found => found?,
    };
    if tenant.pool != to.pool {
        return Ok(Answer::OutsidePool);
    }
    // Nothing of it opens any more; the directory says what became of it.
    if tenant.status == TenantStatus::Deleting {
        return Ok(Answer::Unknown);
    }
    let revision = store.revision().await?;
    if have == revision && have > 0 {
        return Ok(Answer::UpToDate);
    }
    // A node that is ahead knows a history that this database has lost (a restored backup): everything anew.
    let changes = match have {
        0 => Changes::TooFar,
        ahead if ahead > revision => Changes::TooFar,
        behind => store.list_changes(behind, revision).await?,
    };
    let (full, resources) = match changes {
        Changes::TooFar => (true, present(app, &store, to, store.list_configuration().await?).await?),
        Changes::Delta(changed) => (false, delta(app, &store, to, &changed).await?),
    };
    let from = if full { 0 } else { have };
    Ok(Answer::Update(Update { tenant_id: id, full, from, to: revision, resources }))
}

/// Revision and entries of a pool's directory.
pub async fn directory(app: &App, pool: &str) -> Result<(u64, Vec<(TenantId, DirectoryEntry)>)> {
    let store = app.store.system_snapshot().await?;
    let revision = store.directory_revision().await?;
    let tenants = store.list_tenants_of_pool(pool).await?;
    Ok((revision, tenants.into_iter().map(|tenant| (tenant.id, entry(tenant))).collect()))
}

/// Revision of the directory alone.
pub async fn directory_revision(app: &App) -> Result<u64> {
    app.store.system_read().await?.directory_revision().await
}

/// Identifies the database from which all of this comes.
pub async fn history_id(app: &App) -> Result<String> {
    Ok(app.store.system_read().await?.history_id().await?.to_string())
}

/// Wakes for every commit of this replica and, on PostgreSQL, of the others.
pub fn feed(app: &App) -> broadcast::Receiver<Changed> {
    app.store.feed().subscribe()
}

/// Feeds what other replicas commit, until shutdown.
pub async fn listen(app: &App) {
    app.store.listen(app.tasks.shutdown().clone()).await;
}

/// Forgets changes that no node asks for any more; one that was away for longer gets the full picture.
pub async fn forget_old_changes(app: &App) -> Result<()> {
    let before = app.clock.now() - TimeDelta::days(OUTBOX_KEPT_DAYS);
    for _ in 0..PRUNE_BATCHES_MAX {
        let store = app.store.system().await?;
        let pruned = store.prune_outbox(before).await?;
        store.commit().await?;
        if pruned == 0 {
            break;
        }
        tracing::info!(rows = pruned, "old changes forgotten");
    }
    Ok(())
}

/// Splits messages so that each part stays below the bound of a chunk.
pub fn chunks<M: Message>(messages: Vec<M>) -> Vec<Vec<M>> {
    let (mut chunks, mut chunk, mut bytes) = (Vec::new(), Vec::new(), CHUNK_OVERHEAD_BYTES);
    for message in messages {
        let size = message.encoded_len() + RESOURCE_OVERHEAD_BYTES;
        if bytes + size > CHUNK_BYTES_MAX && !chunk.is_empty() {
            chunks.push(std::mem::take(&mut chunk));
            bytes = CHUNK_OVERHEAD_BYTES;
        }
        bytes += size;
        chunk.push(message);
    }
    if !chunk.is_empty() {
        chunks.push(chunk);
    }
    chunks
}

async fn delta(
    app: &App,
    store: &TenantStore,
    to: Recipient<'_>,
    changed: &[(ResourceKind, Uuid)],
) -> Result<Vec<wire::Resource>> {
    let found = store.list_resources(changed).await?;
    let alive: HashSet<(ResourceKind, Uuid)> = found.iter().map(|one| (one.kind(), one.id())).collect();
    let told = |kind: ResourceKind| match kind {
        ResourceKind::RevokedGrant => to.knows_revoked_grants,
        ResourceKind::VirtualServer => to.knows_virtual_servers,
        _ => true,
    };
    let gone = changed.iter().filter(|one| !alive.contains(*one) && told(one.0)).map(|&(kind, id)| wire::Resource {
        id: uuid_bytes(id),
        body: Some(Body::Deleted(Deleted { kind: kind.as_str().to_owned() })),
    });
    let mut resources: Vec<_> = gone.collect();
    resources.append(&mut present(app, store, to, found).await?);
    Ok(resources)
}

async fn present(
    app: &App,
    store: &TenantStore,
    to: Recipient<'_>,
    resources: Vec<Resource>,
) -> Result<Vec<wire::Resource>> {
    let key = app.data_key(store).await?;
    let tenant = store.tenant_id();
    resources.into_iter().filter_map(|one| resource(&key, tenant, to, one).transpose()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_stay_below_their_bound_and_lose_nothing() {
        fn check(sizes: &[usize], expected: &[usize]) {
            let messages: Vec<Deleted> = sizes.iter().map(|&size| Deleted { kind: "x".repeat(size) }).collect();
            let chunks = chunks(messages.clone());
            assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), expected, "{sizes:?}");
            assert_eq!(chunks.concat(), messages);
        }
        check(&[], &[]);
        check(&[1, 2, 3], &[3]);
        check(&[CHUNK_BYTES_MAX / 2, CHUNK_BYTES_MAX / 2], &[1, 1]);
        check(&[CHUNK_BYTES_MAX / 3, CHUNK_BYTES_MAX / 3, CHUNK_BYTES_MAX / 3 - 100, 1], &[3, 1]);
        check(&[CHUNK_BYTES_MAX * 2, 1], &[1, 1]);
    }
}
