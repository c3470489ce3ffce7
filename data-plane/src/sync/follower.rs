//! Follows the control plane: takes its messages, answers with ours. No sockets and no timers of its own, so every
//! order of messages can be tried in a test.
//!
//! What one tenant's updates do wrong costs that tenant a full update and never the others; what the stream itself
//! does wrong ends the connection. What is served stays as it was until something better is complete.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use proto::convert::{self, uuid_bytes};
use proto::wire::control_message::Message as Control;
use proto::wire::node_message::Message as Reply;
use proto::wire::{self, Ack, DirectoryAck, Hello, Subscribe, TenantPosition, Unsubscribe, Welcome};
use tokio::time::Instant;
use uuid::Uuid;

use super::assembly::{Assembly, Fault};
use super::backoff::{Backoff, random};
use super::directory::{DirectoryAssembly, DirectoryFault};
use crate::configuration::Configuration;
use crate::disk::{Keeper, Restored, RestoredTenant};
use crate::limits;
use crate::metrics::Metrics;
use crate::node_key::NodeKey;
use crate::snapshot::apply::{Applied, TenantState, apply};

/// The stream does not keep the contract: the connection ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum Violation {
    #[error("{0}")]
    Convert(#[from] convert::ConvertError),
    #[error("directory: {0}")]
    Directory(#[from] DirectoryFault),
    #[error("a second welcome")]
    SecondWelcome,
    #[error("a message of a kind this node does not know")]
    Unknown,
}

/// What outlives a connection: positions, and half-built things that do not.
pub(super) struct Follower {
    configuration: Arc<Configuration>,
    metrics: Metrics,
    key: Arc<NodeKey>,
    keeper: Option<Arc<Keeper>>,
    history_id: String,
    directory: DirectoryAssembly,
    updates: Assembly,
    tenants: HashMap<Uuid, Followed>,
    /// Tenants never asked for before; they are asked for at a limited rate.
    new: VecDeque<Uuid>,
}

struct Followed {
    state: TenantState,
    /// Its history is not the control plane's any more: only a full update helps.
    void: bool,
    phase: Phase,
    backoff: Backoff,
    /// Updates that could not be used since one was applied in sequence.
    faults: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not asked for on this connection yet.
    Unasked,
    Following,
    /// Within a delta that the node has already.
    Skipping,
    /// Asked for in full; all else is left over from before.
    Resyncing,
    RetryAt(Instant),
}

/// What to do with an update that begins.
enum Begin {
    Collect,
    Skip,
    Ignore,
}

impl Follower {
    pub(super) fn new(configuration: Arc<Configuration>, metrics: Metrics, key: Arc<NodeKey>) -> Self {
        Self {
            configuration,
            metrics,
            key,
            keeper: None,
            history_id: String::new(),
            directory: DirectoryAssembly::default(),
            updates: Assembly::default(),
            tenants: HashMap::new(),
            new: VecDeque::new(),
        }
    }

    /// Writes down what it is told.
    pub(super) fn kept_by(self, keeper: Arc<Keeper>) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// Serves what a process before this one was told; the control plane will send what changed since.
    pub(super) fn restore(&mut self, restored: Restored) {
        let Ok(Some((directory, _))) = self.directory.take(restored.directory) else { return };
        self.configuration.resume(restored.away);
        self.history_id = restored.history_id;
        // Sealed secrets of a lost key pair do not open: only a full update helps.
        let void = self.keeper.as_ref().is_some_and(|keeper| keeper.key_is_new());
        self.configuration.publish_directory(directory);
        let count = restored.tenants.len();
        for RestoredTenant { id, update, lacks_kinds } in restored.tenants {
            let mut tenant = Followed::new(id, self.key.clone());
            let previous = std::mem::replace(&mut tenant.state, TenantState::empty(id));
            let Applied { state, snapshot, rejects } = apply(previous, update);
            (tenant.state, tenant.void) = (state, void || lacks_kinds);
            tracing::info!(tenant.id = %id, revision = snapshot.revision, rejects = rejects.len(), "tenant restored");
            self.configuration.publish(snapshot);
            self.tenants.insert(id, tenant);
        }
        tracing::info!(tenants = count, away_s = restored.away.as_secs(), "serving what was known before the start");
    }

    /// Fills in what the node has.
    pub(super) fn hello(&self, identity: Hello) -> Hello {
        let known = self.tenants.iter().filter(|(_, tenant)| tenant.position() > 0);
        let have = known.map(|(id, tenant)| TenantPosition { tenant_id: uuid_bytes(*id), revision: tenant.position() });
        Hello {
            hpke_public_key: self.key.public().to_vec().into(),
            history_id: self.history_id.clone(),
            have: have.collect(),
            directory_revision: self.directory.revision(),
            ..identity
        }
    }

    /// The first message of a connection. Asks again for all the node follows.
    pub(super) fn welcome(&mut self, welcome: &Welcome) -> Vec<Reply> {
        if !self.history_id.is_empty() && self.history_id != welcome.history_id {
            tracing::warn!("the control plane has another history: everything is asked for in full");
            self.directory.forget();
            self.tenants.values_mut().for_each(|tenant| tenant.void = true);
            self.configuration.void_all();
        }
        self.history_id.clone_from(&welcome.history_id);
        if let Some(keeper) = &self.keeper {
            keeper.welcomed(&welcome.history_id);
        }
        self.updates = Assembly::default();
        self.directory.abandon();
        self.new.clear();
        self.tenants.values_mut().for_each(|tenant| tenant.phase = Phase::Unasked);
        self.note_wanted();
        let known = self.tenants.iter().filter(|(_, tenant)| tenant.state.is_known()).map(|(id, _)| *id);
        let known: Vec<Uuid> = known.collect();
        known.into_iter().filter_map(|id| self.ask(id)).collect()
    }

    /// Queues tenants that requests asked for and that this connection does not follow yet.
    pub(super) fn note_wanted(&mut self) {
        for id in self.configuration.tenant_ids() {
            let tenant = self.tenants.entry(id).or_insert_with(|| Followed::new(id, self.key.clone()));
            if tenant.phase == Phase::Unasked && !tenant.state.is_known() && !self.new.contains(&id) {
                self.new.push_back(id);
            }
        }
    }

    pub(super) fn has_new(&self) -> bool {
        !self.new.is_empty()
    }

    /// Asks for one tenant the node did not know; the caller keeps the pace.
    pub(super) fn ask_for_new(&mut self) -> Option<Reply> {
        let id = self.new.pop_front()?;
        self.ask(id)
    }

    /// Asks again for tenants whose pause is over.
    pub(super) fn ask_again(&mut self, now: Instant) -> Vec<Reply> {
        let is_due = |tenant: &Followed| matches!(tenant.phase, Phase::RetryAt(at) if at <= now);
        let due: Vec<Uuid> = self.tenants.iter().filter(|(_, tenant)| is_due(tenant)).map(|(id, _)| *id).collect();
        due.into_iter().filter_map(|id| self.ask(id)).collect()
    }

    /// Lets go of tenants that nobody asks for any more.
    pub(super) fn drop_idle(&mut self) -> Vec<Reply> {
        self.configuration.forget_idle();
        self.drop_unwanted()
    }

    /// Takes one message and answers it.
    pub(super) fn take(&mut self, message: Option<Control>, now: Instant) -> Result<Vec<Reply>, Violation> {
        match message {
            Some(Control::Begin(begin)) => self.begin(&begin, now),
            Some(Control::Chunk(chunk)) => self.chunk(chunk, now),
            Some(Control::End(end)) => self.end(&end, now),
            Some(Control::Directory(update)) => self.directory(update),
            Some(Control::SubscribeRefused(refused)) => self.refused(&refused, now),
            // Of the node as a whole, and taken by who has it.
            Some(Control::Heartbeat(_) | Control::Drain(_)) => Ok(Vec::new()),
            Some(Control::Welcome(_)) => Err(Violation::SecondWelcome),
            None => Err(Violation::Unknown),
        }
    }

    fn begin(&mut self, begin: &wire::UpdateBegin, now: Instant) -> Result<Vec<Reply>, Violation> {
        let id = convert::uuid("tenant_id", &begin.tenant_id)?;
        let Some(tenant) = self.tenants.get_mut(&id) else { return Ok(Vec::new()) };
        let begun = tenant.judge(begin).and_then(|verdict| match verdict {
            Begin::Collect => {
                tenant.phase = Phase::Following;
                self.updates.begin(id, begin)
            }
            Begin::Skip => {
                tenant.phase = Phase::Skipping;
                Ok(())
            }
            Begin::Ignore => Ok(()),
        });
        Ok(begun.err().and_then(|fault| self.resync(id, fault, now)).into_iter().collect())
    }

    fn chunk(&mut self, chunk: wire::UpdateChunk, now: Instant) -> Result<Vec<Reply>, Violation> {
        let id = convert::uuid("tenant_id", &chunk.tenant_id)?;
        if !self.follows(id) {
            return Ok(Vec::new());
        }
        let taken = self.updates.chunk(id, chunk);
        Ok(taken.err().and_then(|fault| self.resync(id, fault, now)).into_iter().collect())
    }

    fn end(&mut self, end: &wire::UpdateEnd, now: Instant) -> Result<Vec<Reply>, Violation> {
        let id = convert::uuid("tenant_id", &end.tenant_id)?;
        let Some(tenant) = self.tenants.get_mut(&id) else { return Ok(Vec::new()) };
        if tenant.phase == Phase::Skipping {
            tenant.phase = Phase::Following;
            return Ok(vec![ack(id, tenant.state.revision(), Vec::new())]);
        }
        if tenant.phase != Phase::Following {
            return Ok(Vec::new());
        }
        let update = match self.updates.end(id, end) {
            Ok(update) => update,
            Err(fault) => return Ok(self.resync(id, fault, now).into_iter().collect()),
        };
        if !update.full {
            // A delta in sequence shows that the stream works; a full one alone does not.
            tenant.faults = 0;
            tenant.backoff.reset();
        }
        tenant.void = false;
        if let Some(keeper) = &self.keeper {
            keeper.note_update(id, &update);
        }
        let previous = std::mem::replace(&mut tenant.state, TenantState::empty(id));
        let Applied { state, snapshot, rejects } = apply(previous, update);
        let revision = state.revision();
        tenant.state = state;
        // Visible before it is acknowledged: an ack means that requests see it.
        self.configuration.publish(snapshot);
        self.metrics.updates.inc();
        self.metrics.rejects.inc_by(rejects.len() as u64);
        for reject in &rejects {
            tracing::warn!(tenant.id = %id, revision, kind = reject.kind, reason = reject.reason, "resource rejected");
        }
        Ok(vec![ack(id, revision, rejects)])
    }

    fn directory(&mut self, update: wire::DirectoryUpdate) -> Result<Vec<Reply>, Violation> {
        let taken = self.directory.take(update).inspect_err(|_| self.directory.forget())?;
        let Some((directory, malformed)) = taken else { return Ok(Vec::new()) };
        for reason in malformed {
            tracing::warn!(reason, "directory entry left out");
        }
        let revision = directory.revision;
        if let Some(keeper) = &self.keeper {
            keeper.note_directory(&directory);
        }
        self.configuration.publish_directory(directory);
        self.metrics.directory_revision.set(i64::try_from(revision).unwrap_or(i64::MAX));
        let mut replies = self.drop_unwanted();
        replies.push(Reply::DirectoryAck(DirectoryAck { revision }));
        Ok(replies)
    }

    fn refused(&mut self, refused: &wire::SubscribeRefused, now: Instant) -> Result<Vec<Reply>, Violation> {
        let id = convert::uuid("tenant_id", &refused.tenant_id)?;
        let Some(tenant) = self.tenants.get_mut(&id) else { return Ok(Vec::new()) };
        self.updates.drop(id);
        tracing::warn!(tenant.id = %id, code = refused.code, "subscription refused");
        if refused.retry_after_ms == 0 {
            self.tenants.remove(&id);
            self.configuration.forget(id);
            if let Some(keeper) = &self.keeper {
                keeper.note_gone(id);
            }
        } else {
            let pause = Duration::from_millis(refused.retry_after_ms.into());
            tenant.phase = Phase::RetryAt(now + pause.clamp(limits::RESYNC_PAUSE_MIN, limits::RESYNC_PAUSE_MAX));
        }
        Ok(Vec::new())
    }

    fn follows(&self, id: Uuid) -> bool {
        self.tenants.get(&id).is_some_and(|tenant| tenant.phase == Phase::Following)
    }

    /// An update cannot be used: asks for the tenant in full, at once the first time, later after a growing pause.
    fn resync(&mut self, id: Uuid, fault: Fault, now: Instant) -> Option<Reply> {
        self.updates.drop(id);
        let tenant = self.tenants.get_mut(&id)?;
        tracing::warn!(tenant.id = %id, %fault, "update cannot be used: asking for all of it");
        self.metrics.resyncs.inc();
        tenant.faults += 1;
        if tenant.faults == 1 {
            tenant.phase = Phase::Resyncing;
            return Some(subscribe(id, 0));
        }
        tenant.phase = Phase::RetryAt(now + tenant.backoff.pause(random()));
        None
    }

    fn ask(&mut self, id: Uuid) -> Option<Reply> {
        let tenant = self.tenants.get_mut(&id)?;
        // After a fault what the node has is no base to go on from.
        let from = if tenant.faults > 0 { 0 } else { tenant.position() };
        tenant.phase = if from == 0 { Phase::Resyncing } else { Phase::Following };
        Some(subscribe(id, from))
    }

    fn drop_unwanted(&mut self) -> Vec<Reply> {
        let wanted: HashSet<Uuid> = self.configuration.tenant_ids().into_iter().collect();
        let unwanted: Vec<Uuid> = self.tenants.keys().filter(|id| !wanted.contains(id)).copied().collect();
        self.new.retain(|id| wanted.contains(id));
        let dropped = unwanted.into_iter().filter_map(|id| {
            self.updates.drop(id);
            if let Some(keeper) = &self.keeper {
                keeper.note_gone(id);
            }
            let asked = self.tenants.remove(&id)?.phase != Phase::Unasked;
            asked.then(|| Reply::Unsubscribe(Unsubscribe { tenant_id: uuid_bytes(id) }))
        });
        dropped.collect()
    }
}

impl Followed {
    fn new(id: Uuid, key: Arc<NodeKey>) -> Self {
        Self {
            state: TenantState::empty(id).with_key(key),
            void: false,
            phase: Phase::Unasked,
            backoff: Backoff::new(limits::RESYNC_PAUSE_MIN, limits::RESYNC_PAUSE_MAX),
            faults: 0,
        }
    }

    /// The revision to go on from; 0 = send all.
    fn position(&self) -> u64 {
        if self.void { 0 } else { self.state.revision() }
    }

    fn judge(&self, begin: &wire::UpdateBegin) -> Result<Begin, Fault> {
        // Full is always taken, also of an older revision: that is a control plane restored from a backup.
        if begin.full {
            return Ok(Begin::Collect);
        }
        if matches!(self.phase, Phase::Resyncing | Phase::RetryAt(_) | Phase::Unasked) {
            return Ok(Begin::Ignore);
        }
        if begin.to_revision < begin.from_revision {
            return Err(Fault::Backwards);
        }
        if self.void || !self.state.is_known() {
            return Err(Fault::Gap);
        }
        match self.state.revision() {
            position if begin.from_revision == position => Ok(Begin::Collect),
            position if begin.to_revision <= position => Ok(Begin::Skip),
            _ => Err(Fault::Gap),
        }
    }
}

fn subscribe(id: Uuid, revision: u64) -> Reply {
    Reply::Subscribe(Subscribe { tenant_id: uuid_bytes(id), revision })
}

fn ack(id: Uuid, revision: u64, mut rejects: Vec<wire::Reject>) -> Reply {
    rejects.truncate(limits::REJECTS_PER_ACK_MAX);
    Reply::Ack(Ack { tenant_id: uuid_bytes(id), revision, rejects })
}
