//! What waits to be reported, in memory and on disk. What is on disk is older and goes first; while the control plane is
//! away, or slower than the calls, records go from memory to disk. One at a time takes or moves, so that the order stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proto::wire::UsageBatch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::UsageQueue;
use super::spool::{SegmentKey, Spool};
use crate::limits;

pub(crate) struct Backlog {
    pub(super) queue: UsageQueue,
    spool: Option<Arc<Spool>>,
    /// Held by whoever takes or moves.
    turn: tokio::sync::Mutex<()>,
    is_away: AtomicBool,
}

/// Records to report.
pub(super) struct Taken {
    pub(super) batch: UsageBatch,
    /// Where they lie on disk, until they are acknowledged.
    pub(super) segment: Option<SegmentKey>,
}

impl Backlog {
    pub(crate) fn new(queue: UsageQueue, spool: Option<Arc<Spool>>) -> Self {
        Self { queue, spool, turn: tokio::sync::Mutex::default(), is_away: AtomicBool::new(false) }
    }

    /// Moves records to disk when it is time, until the node closes.
    pub(crate) async fn run(self: Arc<Self>, closing: CancellationToken) {
        let mut ticks = interval(limits::USAGE_SPOOL_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.spool.is_some() {
            tokio::select! {
                _ = ticks.tick() => {}
                () = closing.cancelled() => return,
            }
            if self.is_away.load(Ordering::Relaxed) || self.queue.len() > limits::USAGE_QUEUE_SPOOL_AT {
                self.stow().await;
            }
        }
    }

    /// Whether the control plane takes what is reported.
    pub(super) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    pub(super) fn has_spool(&self) -> bool {
        self.spool.is_some()
    }

    pub(super) fn is_spool_empty(&self) -> bool {
        self.spool.as_ref().is_none_or(|spool| spool.is_empty())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.is_spool_empty() && self.queue.is_empty()
    }

    /// The oldest records, at most a batch of them.
    pub(super) async fn take(&self) -> Option<Taken> {
        let _turn = self.turn.lock().await;
        if !self.is_spool_empty()
            && let Some((taken, lost)) = self.on_disk(|spool| spool.take()).await
        {
            self.queue.tell_lost(lost);
            if let Some((key, batch)) = taken {
                return Some(Taken { batch, segment: Some(key) });
            }
        }
        if self.queue.is_empty() {
            return None;
        }
        let (records, dropped_before) = self.queue.take();
        Some(Taken { batch: UsageBatch { sequence: 0, records, dropped_before }, segment: None })
    }

    /// Moves what is in memory to disk; what cannot be written stays.
    pub(super) async fn stow(&self) {
        let _turn = self.turn.lock().await;
        while self.has_spool() && !self.queue.is_empty() {
            let (records, dropped_before) = self.queue.take();
            if let Err(batch) = self.append(UsageBatch { sequence: 0, records, dropped_before }).await {
                self.queue.put_back(batch.records, batch.dropped_before);
                return;
            }
        }
    }

    /// The same for what was on its way and may not have arrived. What is on disk already is to be taken again.
    pub(super) async fn stow_unacked(&self, unacked: impl IntoIterator<Item = Taken>) -> Vec<Taken> {
        let _turn = self.turn.lock().await;
        let mut kept = Vec::new();
        for taken in unacked.into_iter().filter(|taken| taken.segment.is_none()) {
            if let Err(batch) = self.append(taken.batch).await {
                kept.push(Taken { batch, segment: None });
            }
        }
        self.on_disk(|spool| spool.take_back()).await;
        kept
    }

    /// The control plane has what lies there.
    pub(super) async fn acknowledged(&self, segment: SegmentKey) {
        self.on_disk(move |spool| spool.acknowledged(segment)).await;
    }

    async fn append(&self, batch: UsageBatch) -> Result<(), UsageBatch> {
        let kept = batch.clone();
        match self.on_disk(move |spool| spool.append(&batch)).await {
            Some(appended) => {
                self.queue.tell_lost(appended.lost);
                if appended.is_written { Ok(()) } else { Err(kept) }
            }
            None => Err(kept),
        }
    }

    /// Off the threads that serve.
    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce(&Spool) -> T + Send + 'static) -> Option<T> {
        let spool = self.spool.clone()?;
        tokio::task::spawn_blocking(move || work(&spool)).await.ok()
    }
}
