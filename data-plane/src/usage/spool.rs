//! Call records on disk, while the control plane is away or slow: a ring of sealed segments, each at most a batch. What
//! is over the bound costs the oldest segment, which is counted and said. A segment that does not open is ignored, said
//! and counted as lost. Blocking: never called on the path of a request.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::Message as _;
use proto::wire::UsageBatch;

use crate::disk::{Files, Found};
use crate::limits;
use crate::metrics::Metrics;

const PREFIX: &str = "calls-";
/// Numbers only grow; one that leaves no room to grow was made by somebody else.
const NUMBER_MAX: u64 = u64::MAX / 2;

pub(crate) struct Spool {
    files: Arc<Files>,
    metrics: Metrics,
    bytes_max: u64,
    ring: Mutex<Ring>,
    /// Segments that nobody took, readable without the lock.
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Ring {
    /// Oldest first.
    segments: VecDeque<Segment>,
    bytes: u64,
    next: u64,
    /// The last write failed, and that was said.
    is_failing: bool,
}

#[derive(Clone, Copy)]
struct Segment {
    number: u64,
    records: usize,
    bytes: u64,
    /// On its way to the control plane: neither given out again nor dropped.
    is_taken: bool,
}

/// What a segment is told from others by: its number, and how many records it holds.
pub(super) type SegmentKey = (u64, usize);

/// What became of a write.
pub(super) struct Appended {
    pub(super) is_written: bool,
    /// Records that it cost, to be told to the control plane.
    pub(super) lost: u64,
}

impl Spool {
    /// The ring that is in the folder, whoever left it there.
    pub(crate) fn open(files: Arc<Files>, metrics: Metrics, bytes_max: u64) -> Self {
        let mut ring = Ring::default();
        for name in files.names().into_iter().filter(|name| name.starts_with(PREFIX)) {
            let segment = files.size(&name).and_then(|bytes| Segment::parse(&name, bytes));
            match segment {
                Some(segment) => {
                    ring.next = ring.next.max(segment.number + 1);
                    ring.bytes += segment.bytes;
                    ring.segments.push_back(segment);
                }
                None => refused(&metrics, &name),
            }
        }
        ring.segments.make_contiguous().sort_by_key(|segment| segment.key());
        let spool = Self { files, metrics, bytes_max, ring: Mutex::default(), waiting: AtomicUsize::new(0) };
        *spool.ring() = ring;
        spool.measure(&spool.ring());
        spool
    }

    /// Nothing waits to be taken.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }

    /// Writes a batch, into the newest segment if there is room.
    pub(super) fn append(&self, batch: &UsageBatch) -> Appended {
        let mut ring = self.ring();
        let newest = ring.segments.back().copied().filter(|newest| newest.has_room_for(batch.records.len()));
        // One that does not open stays where it is, to be counted when its turn comes.
        let (replaced, joined) = newest.and_then(|newest| Some((newest, self.read(newest)?))).unzip();
        let mut whole = joined.unwrap_or_default();
        whole.records.extend(batch.records.iter().cloned());
        whole.dropped_before += batch.dropped_before;
        let contents = whole.encode_to_vec();
        let mut segment =
            Segment { number: ring.next, records: whole.records.len(), bytes: contents.len() as u64, is_taken: false };
        let spared = replaced.map(Segment::key);
        let lost = self.make_room(&mut ring, segment.bytes, spared);
        let is_written = match self.files.write(&segment.name(), &contents) {
            Ok(()) => true,
            Err(error) => {
                self.failed(&mut ring, &error);
                false
            }
        };
        if is_written {
            (ring.is_failing, ring.next) = (false, ring.next + 1);
            segment.bytes = self.files.size(&segment.name()).unwrap_or(segment.bytes);
            // Written before the other is removed: a crash in between leaves records twice, which are stored once.
            if let Some(key) = spared {
                self.forget(&mut ring, key);
            }
            ring.bytes += segment.bytes;
            ring.segments.push_back(segment);
        }
        self.measure(&ring);
        Appended { is_written, lost }
    }

    /// The oldest segment that nobody took, and how many records of unreadable ones were found lost on the way.
    pub(super) fn take(&self) -> (Option<(SegmentKey, UsageBatch)>, u64) {
        let (mut ring, mut lost) = (self.ring(), 0);
        loop {
            let Some(segment) = ring.segments.iter_mut().find(|segment| !segment.is_taken) else {
                return (None, lost);
            };
            segment.is_taken = true;
            let segment = *segment;
            if let Some(batch) = self.read(segment) {
                self.measure(&ring);
                return (Some((segment.key(), batch)), lost);
            }
            refused(&self.metrics, &segment.name());
            lost += self.lose(segment);
            self.forget(&mut ring, segment.key());
            self.measure(&ring);
        }
    }

    /// The control plane has it.
    pub(super) fn acknowledged(&self, key: SegmentKey) {
        let mut ring = self.ring();
        self.forget(&mut ring, key);
        self.measure(&ring);
    }

    /// What was taken and not acknowledged is to be taken again.
    pub(super) fn take_back(&self) {
        let mut ring = self.ring();
        ring.segments.iter_mut().for_each(|segment| segment.is_taken = false);
        self.measure(&ring);
    }

    /// Drops the oldest until `bytes` more fit. What is on its way, or about to be written anew, stays.
    fn make_room(&self, ring: &mut Ring, bytes: u64, spared: Option<SegmentKey>) -> u64 {
        let mut lost = 0;
        while ring.bytes + bytes > self.bytes_max {
            let mut droppable = ring.segments.iter().filter(|one| !one.is_taken && Some(one.key()) != spared);
            let Some(oldest) = droppable.next().copied() else { break };
            // What it was to tell of has been counted already, and not been told.
            lost += self.lose(oldest) + self.read(oldest).map_or(0, |batch| batch.dropped_before);
            self.forget(ring, oldest.key());
        }
        lost
    }

    fn lose(&self, segment: Segment) -> u64 {
        let records = segment.records as u64;
        self.metrics.usage_dropped.inc_by(records);
        records
    }

    fn read(&self, segment: Segment) -> Option<UsageBatch> {
        let Found::Contents(contents) = self.files.read(&segment.name()) else { return None };
        UsageBatch::decode(contents.as_slice()).ok().filter(|batch| batch.records.len() == segment.records)
    }

    fn forget(&self, ring: &mut Ring, key: SegmentKey) {
        let Some(place) = ring.segments.iter().position(|segment| segment.key() == key) else { return };
        if let Some(segment) = ring.segments.remove(place) {
            ring.bytes = ring.bytes.saturating_sub(segment.bytes);
            if let Err(error) = self.files.remove(&segment.name()) {
                self.failed(ring, &error);
            }
        }
    }

    fn failed(&self, ring: &mut Ring, error: &io::Error) {
        self.metrics.state_failures.inc();
        if !std::mem::replace(&mut ring.is_failing, true) {
            tracing::warn!(%error, "call records cannot be spooled: they wait in memory");
        }
    }

    fn measure(&self, ring: &Ring) {
        self.waiting.store(ring.segments.iter().filter(|segment| !segment.is_taken).count(), Ordering::Release);
        let records: usize = ring.segments.iter().map(|segment| segment.records).sum();
        self.metrics.usage_spooled.set(i64::try_from(records).unwrap_or(i64::MAX));
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Segment {
    fn key(self) -> SegmentKey {
        (self.number, self.records)
    }

    /// Sealed under this name: neither number nor count can be changed without the key.
    fn name(self) -> String {
        format!("{PREFIX}{:016x}-{}", self.number, self.records)
    }

    fn parse(name: &str, bytes: u64) -> Option<Self> {
        let (number, records) = name.strip_prefix(PREFIX)?.split_once('-')?;
        let number = u64::from_str_radix(number, 16).ok().filter(|number| *number <= NUMBER_MAX)?;
        let records = records.parse().ok().filter(|records| (1..=limits::USAGE_BATCH_RECORDS_MAX).contains(records))?;
        let segment = Self { number, records, bytes, is_taken: false };
        (segment.name() == name && bytes <= limits::USAGE_SEGMENT_BYTES_MAX).then_some(segment)
    }

    fn has_room_for(self, records: usize) -> bool {
        !self.is_taken && self.records + records <= limits::USAGE_BATCH_RECORDS_MAX
    }
}

fn refused(metrics: &Metrics, name: &str) {
    metrics.state_refused.inc();
    tracing::warn!(file = name, "spooled call records are damaged, of another key or not ours: ignored");
}
