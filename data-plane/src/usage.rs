//! Call records on their way to the control plane: a bounded queue that counts what it drops.
//! It must never slow a call down.

use std::collections::VecDeque;
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
    filled: Notify,
}

impl UsageQueue {
    pub fn new(metrics: Metrics) -> Self {
        let shared = Shared { records: Mutex::default(), filled: Notify::new() };
        Self { shared: Arc::new(shared), metrics }
    }

    /// Never waits: a full queue drops the record and counts it.
    pub fn push(&self, record: CallRecord) {
        let mut records = self.records();
        if records.len() >= limits::USAGE_QUEUE_MAX {
            self.metrics.usage_dropped.inc();
            return;
        }
        records.push_back(record);
        self.metrics.usage_queued.set(i64::try_from(records.len()).unwrap_or(i64::MAX));
        drop(records);
        self.shared.filled.notify_one();
    }

    fn records(&self) -> MutexGuard<'_, VecDeque<CallRecord>> {
        self.shared.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
