//! A ring in a real folder, which nodes leave and find.

use std::fs;
use std::path::PathBuf;

use proto::wire::CallRecord;
use tempfile::TempDir;

use super::*;
use crate::config::{StateConfig, StateKey};

struct Place {
    folder: TempDir,
    metrics: Metrics,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), metrics: Metrics::default() }
    }

    fn open(&self, bytes_max: u64) -> Spool {
        let config = StateConfig { dir: self.folder.path().to_owned(), key: StateKey::from_bytes([1; 32]) };
        Spool::open(Arc::new(Files::open(&config).unwrap()), self.metrics.clone(), bytes_max)
    }

    fn segments(&self) -> Vec<PathBuf> {
        let mut paths: Vec<_> = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.to_string_lossy().contains(PREFIX));
        paths.sort();
        paths
    }
}

/// Records that are told apart by their method, and as large as records are.
fn batch(from: usize, count: usize) -> UsageBatch {
    let record = |n: usize| CallRecord { method: format!("{n:08}"), target: "t".repeat(200), ..CallRecord::default() };
    UsageBatch { sequence: 0, records: (from..from + count).map(record).collect(), dropped_before: 0 }
}

fn methods(spool: &Spool) -> Vec<usize> {
    let mut methods = Vec::new();
    while let (Some((_, batch)), _) = spool.take() {
        methods.extend(batch.records.iter().map(|record| record.method.parse::<usize>().unwrap()));
    }
    methods
}

const ROOM: u64 = 1024 * 1024;
const FULL: usize = limits::USAGE_BATCH_RECORDS_MAX;

#[test]
fn what_was_not_acknowledged_is_found_again_in_order() {
    let place = Place::new();
    let spool = place.open(ROOM);
    for n in 0..3 {
        assert!(spool.append(&batch(n * FULL, FULL)).is_written);
    }
    let ((first, _), (second, _)) = (spool.take().0.unwrap(), spool.take().0.unwrap());
    spool.acknowledged(second);
    assert_ne!(first, second);
    drop(spool);
    let spool = place.open(ROOM);
    let expected: Vec<_> = (0..FULL).chain(2 * FULL..3 * FULL).collect();
    assert_eq!(place.metrics.usage_spooled.get(), 2 * FULL as i64);
    assert_eq!(methods(&spool), expected);
    assert!(spool.is_empty() && spool.take().0.is_none());
    spool.take_back();
    assert_eq!(methods(&spool), expected, "nothing was acknowledged");
}

#[test]
fn small_batches_share_a_segment() {
    let place = Place::new();
    let spool = place.open(ROOM);
    for n in 0..20 {
        assert!(spool.append(&batch(n, 1)).is_written);
    }
    assert_eq!(place.segments().len(), 1);
    let (key, taken) = spool.take().0.unwrap();
    assert_eq!(taken.records.len(), 20);
    // What is on its way is not written anew.
    spool.append(&batch(20, 1));
    assert_eq!(place.segments().len(), 2);
    spool.acknowledged(key);
    assert_eq!(methods(&spool), [20]);
}

#[test]
fn a_full_ring_drops_the_oldest_and_says_how_many() {
    let place = Place::new();
    let one = place.open(ROOM).append(&batch(0, FULL));
    assert!(one.is_written);
    let size = fs::metadata(&place.segments()[0]).unwrap().len();
    let spool = place.open(size * 3 + 100);
    let lost: Vec<_> = (1..5).map(|n| spool.append(&batch(n * FULL, FULL)).lost).collect();
    assert_eq!(lost, [0, 0, FULL as u64, FULL as u64]);
    assert_eq!(place.metrics.usage_dropped.get(), 2 * FULL as u64);
    assert!(place.segments().iter().map(|path| fs::metadata(path).unwrap().len()).sum::<u64>() <= size * 3 + 100);
    assert_eq!(methods(&spool), (2 * FULL..5 * FULL).collect::<Vec<_>>());
}

#[test]
fn what_a_dropped_segment_was_to_tell_is_told() {
    let place = Place::new();
    let spool = place.open(1);
    let told = UsageBatch { dropped_before: 7, ..batch(0, FULL) };
    assert_eq!(spool.append(&told).lost, 0, "one always fits: it is all there is");
    assert_eq!(spool.append(&batch(FULL, FULL)).lost, FULL as u64 + 7);
    assert_eq!(place.metrics.usage_dropped.get(), FULL as u64, "the seven were counted before");
}

#[test]
fn garbage_is_ignored_said_and_counted() {
    let place = Place::new();
    let spool = place.open(ROOM);
    for n in 0..4 {
        spool.append(&batch(n * FULL, FULL));
    }
    drop(spool);
    let paths = place.segments();
    // Torn, of another place, and things that were never ours.
    let bytes = fs::read(&paths[0]).unwrap();
    fs::write(&paths[0], &bytes[..bytes.len() / 2]).unwrap();
    fs::copy(&paths[3], &paths[1]).unwrap();
    let folder = place.folder.path();
    fs::write(folder.join("calls-ffffffffffffffff-500.sealed"), b"x").unwrap();
    fs::write(folder.join("calls-0000000000000007-99999999.sealed"), b"x").unwrap();
    fs::write(folder.join("calls-x.sealed"), b"x").unwrap();
    fs::create_dir(folder.join("calls-0000000000000008-1.sealed")).unwrap();
    let huge = fs::File::create(folder.join("calls-0000000000000009-1.sealed")).unwrap();
    huge.set_len(limits::USAGE_SEGMENT_BYTES_MAX + 1).unwrap();
    fs::write(folder.join("calls-0000000000000003-500.new"), b"half").unwrap();
    let spool = place.open(ROOM);
    assert_eq!(place.metrics.state_refused.get(), 5, "said at the start");
    let (taken, lost) = spool.take();
    assert_eq!((taken.unwrap().1.records[0].method.as_str(), lost), ("00001000", 2 * FULL as u64));
    assert_eq!(place.metrics.state_refused.get(), 7);
    assert_eq!(methods(&spool), (3 * FULL..4 * FULL).collect::<Vec<_>>());
    assert!(!folder.join("calls-0000000000000003-500.new").exists());
    assert!(spool.append(&batch(9, 1)).is_written, "and it goes on");
}

#[test]
fn a_stranger_with_the_number_of_a_segment_does_not_take_its_place() {
    let place = Place::new();
    place.open(ROOM).append(&batch(0, 3));
    fs::write(place.folder.path().join("calls-0000000000000000-9.sealed"), b"x").unwrap();
    let spool = place.open(ROOM);
    assert_eq!(spool.take().0.unwrap().1.records.len(), 3);
    assert!(spool.take().0.is_none());
    spool.take_back();
    assert_eq!(methods(&spool), [0, 1, 2], "still there until it is acknowledged");
}

#[test]
fn a_folder_that_cannot_be_written_keeps_records_in_memory() {
    let place = Place::new();
    let spool = place.open(ROOM);
    fs::remove_dir_all(place.folder.path()).unwrap();
    assert!(!spool.append(&batch(0, 1)).is_written);
    assert!(!spool.append(&batch(0, 1)).is_written);
    assert_eq!(place.metrics.state_failures.get(), 2);
    fs::create_dir(place.folder.path()).unwrap();
    assert!(spool.append(&batch(0, 1)).is_written);
}
