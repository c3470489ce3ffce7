//! Call records on their way to the control plane: a bounded queue, and a bounded ring on disk for while the control
//! plane is away. Both count what they drop. It must never slow a call down.

pub(crate) mod backlog;
pub(crate) mod report;
pub(crate) mod spool;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::wire::CallRecord;
use tokio::sync::Notify;

use crate::limits;
use crate::metrics::Metrics;

/// Where a finished call leaves its record. Cheap to clone; clones share the queue.
#[derive(Clone)]
pub struct UsageQueue {
    shared: Arc<Shared>,
    metrics: Metrics,
}

struct Shared {
    records: Mutex<VecDeque<CallRecord>>,
    /// Lost since the last batch was taken.
    dropped: AtomicU64,
    filled: Notify,
}

impl UsageQueue {
    pub fn new(metrics: Metrics) -> Self {
        let shared = Shared { records: Mutex::default(), dropped: AtomicU64::new(0), filled: Notify::new() };
        Self { shared: Arc::new(shared), metrics }
    }

    /// Never waits: a full queue drops the record and counts it.
    pub fn push(&self, record: CallRecord) {
        let mut records = self.records();
        if records.len() >= limits::USAGE_QUEUE_MAX {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            self.metrics.usage_dropped.inc();
            return;
        }
        records.push_back(record);
        self.gauge(&records);
        drop(records);
        self.shared.filled.notify_one();
    }

    /// The oldest records, at most a batch of them, and how many were lost since this was asked last.
    pub(crate) fn take(&self) -> (Vec<CallRecord>, u64) {
        let mut records = self.records();
        let count = records.len().min(limits::USAGE_BATCH_RECORDS_MAX);
        let taken = records.drain(..count).collect();
        self.gauge(&records);
        (taken, self.shared.dropped.swap(0, Ordering::Relaxed))
    }

    /// What was taken and could not be put elsewhere, to where it was.
    pub(crate) fn put_back(&self, taken: Vec<CallRecord>, dropped: u64) {
        let mut records = self.records();
        taken.into_iter().rev().for_each(|record| records.push_front(record));
        self.gauge(&records);
        self.tell_lost(dropped);
    }

    /// Records that are gone and counted, of which the control plane does not know yet.
    pub(crate) fn tell_lost(&self, dropped: u64) {
        self.shared.dropped.fetch_add(dropped, Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> usize {
        self.records().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records().is_empty()
    }

    /// Returns when a record was pushed since the last time.
    pub(crate) async fn filled(&self) {
        self.shared.filled.notified().await;
    }

    fn gauge(&self, records: &VecDeque<CallRecord>) {
        self.metrics.usage_queued.set(i64::try_from(records.len()).unwrap_or(i64::MAX));
    }

    fn records(&self) -> MutexGuard<'_, VecDeque<CallRecord>> {
        self.shared.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
