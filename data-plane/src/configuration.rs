//! What the control plane told this node, as requests see it. Reading never blocks; only [`Configuration::at_least`]
//! and [`Configuration::known`] wait, and only for a bounded time.
//!
//! I1: a request takes one `Arc<Snapshot>` and sees nothing else. I2: nothing here needs the control plane to be up.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock::Clock;
use crate::limits;
use crate::map::{HashMap, HashSet};
use crate::snapshot::{Directory, Snapshot};

/// The snapshot a request needs is not there in time: 503 with Retry-After.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration of this tenant has not arrived yet")]
pub struct NotReady {
    pub retry_after_s: u32,
}

impl Default for NotReady {
    fn default() -> Self {
        Self { retry_after_s: limits::NOT_READY_RETRY_AFTER_S }
    }
}

/// Directory and snapshots, and who waits for them.
pub struct Configuration {
    clock: Arc<dyn Clock>,
    directory: ArcSwap<Directory>,
    directory_received: watch::Sender<bool>,
    tenants: ArcSwap<HashMap<Uuid, Arc<Tenant>>>,
    /// Serializes changes of the map behind `tenants`; readers never take it.
    tenants_writer: Mutex<()>,
    /// A request asked for a tenant that is not in the map yet.
    wanted: Notify,
    connected: AtomicBool,
    /// Counts connections; 0 = there was none yet.
    connection: AtomicU64,
    connected_since: Mutex<Option<Instant>>,
    last_contact_ms: AtomicI64,
    /// Time away that no date tells: over restarts, and by a clock that nobody sets.
    away: Mutex<Away>,
}

struct Away {
    before: Duration,
    since: Instant,
}

/// One tenant somebody asked for.
struct Tenant {
    snapshot: ArcSwapOption<Snapshot>,
    revision: watch::Sender<Option<u64>>,
    last_used_ms: AtomicI64,
    /// The connection that brought the snapshot.
    connection: AtomicU64,
    /// Since when the control plane no longer stands behind this snapshot (its history changed); 0 = it does.
    void_since_ms: AtomicI64,
}

impl Configuration {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let now_ms = clock.now().timestamp_millis();
        Self {
            clock,
            directory: ArcSwap::default(),
            directory_received: watch::Sender::new(false),
            tenants: ArcSwap::default(),
            tenants_writer: Mutex::new(()),
            wanted: Notify::new(),
            connected: AtomicBool::new(false),
            connection: AtomicU64::new(0),
            connected_since: Mutex::new(None),
            last_contact_ms: AtomicI64::new(now_ms),
            away: Mutex::new(Away { before: Duration::ZERO, since: Instant::now() }),
        }
    }

    /// All tenants of the pool; empty until the control plane was heard for the first time.
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    /// Whether the directory has arrived at all.
    pub fn has_directory(&self) -> bool {
        *self.directory_received.borrow()
    }

    /// The directory, waiting up to `wait` for the first one after a start.
    pub async fn directory_within(&self, wait: Duration) -> Result<Arc<Directory>, NotReady> {
        if !self.has_directory() {
            let mut received = self.directory_received.subscribe();
            let arrived = tokio::time::timeout(wait, received.wait_for(|received| *received)).await;
            arrived.map_err(|_| NotReady::default())?.map_err(|_| NotReady::default())?;
        }
        Ok(self.directory())
    }

    /// The newest snapshot of a tenant, if there is one. Never subscribes.
    pub fn snapshot(&self, tenant_id: Uuid) -> Option<Arc<Snapshot>> {
        let tenants = self.tenants.load();
        let tenant = tenants.get(&tenant_id)?;
        tenant.last_used_ms.store(self.now_ms(), Ordering::Relaxed);
        tenant.snapshot.load_full()
    }

    /// Told of every new snapshot of a tenant this node knows, and dropped when it knows it no longer.
    pub fn changes(&self, tenant_id: Uuid) -> Option<watch::Receiver<Option<u64>>> {
        Some(self.tenants.load().get(&tenant_id)?.revision.subscribe())
    }

    /// A snapshot of at least this revision; subscribes to the tenant if nobody has, and waits up to `wait`.
    /// The caller must have seen a bearer of this very tenant: strangers must not fill the node with subscriptions.
    pub async fn at_least(&self, tenant_id: Uuid, revision: u64, wait: Duration) -> Result<Arc<Snapshot>, NotReady> {
        if let Some(snapshot) = self.snapshot(tenant_id).filter(|snapshot| snapshot.revision >= revision) {
            return Ok(snapshot);
        }
        let tenant = self.subscribe(tenant_id).ok_or_else(NotReady::default)?;
        let mut seen = tenant.revision.subscribe();
        let arrived = seen.wait_for(|seen| seen.is_some_and(|seen| seen >= revision));
        match tokio::time::timeout(wait, arrived).await {
            Ok(Ok(_)) => tenant.snapshot.load_full().ok_or_else(NotReady::default),
            _ => Err(NotReady::default()),
        }
    }

    /// A snapshot of any revision; subscribes and waits like [`Configuration::at_least`].
    pub async fn known(&self, tenant_id: Uuid, wait: Duration) -> Result<Arc<Snapshot>, NotReady> {
        self.at_least(tenant_id, 0, wait).await
    }

    /// Whether the snapshot is too old to be served: the control plane has been away for longer than the tenant allows.
    pub fn stale(&self, snapshot: &Snapshot, now: DateTime<Utc>) -> bool {
        let allowed_ms = i64::from(snapshot.offline_max_s) * 1_000;
        let void_since = match self.tenants.load().get(&snapshot.tenant_id) {
            Some(tenant) => tenant.void_since_ms.load(Ordering::Relaxed),
            None => 0,
        };
        if void_since != 0 {
            return now.timestamp_millis() - void_since > allowed_ms;
        }
        !self.connected() && (allowed_ms == 0 || self.away(now) > Duration::from_millis(allowed_ms.unsigned_abs()))
    }

    /// Whether the configuration stream is up.
    pub fn connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Whether the snapshot has everything that the control plane said was on all connected nodes. Right after a
    /// connection it may lack what happened before, until an update comes or enough time has passed for one.
    pub fn is_current(&self, tenant_id: Uuid) -> bool {
        if !self.connected() {
            return false;
        }
        let connection = self.connection.load(Ordering::Acquire);
        let updated = |tenant: &Arc<Tenant>| tenant.connection.load(Ordering::Acquire) == connection;
        let since = *self.connected_since.lock().unwrap_or_else(PoisonError::into_inner);
        self.tenants.load().get(&tenant_id).is_some_and(updated)
            || since.is_some_and(|since| since.elapsed() >= limits::SNAPSHOT_WAIT)
    }

    /// Time since the control plane was last heard, also by a process before this one. A clock that is set back does
    /// not make it shorter.
    pub fn away(&self, now: DateTime<Utc>) -> Duration {
        let by_date_ms = now.timestamp_millis() - self.last_contact_ms.load(Ordering::Relaxed);
        let by_date = Duration::from_millis(u64::try_from(by_date_ms).unwrap_or(0));
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = away.since.elapsed();
        away.before.saturating_add(by_date.max(counted))
    }

    /// What a process before this one knew is served from now on, as of so long ago.
    pub(crate) fn resume(&self, away: Duration) {
        self.last_contact_ms.store(self.now_ms(), Ordering::Relaxed);
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = Away { before: away, since: Instant::now() };
    }

    /// Makes a snapshot visible to requests that start from now on, and wakes those that wait for it.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        let Some(tenant) = self.entry(snapshot.tenant_id) else { return };
        let revision = snapshot.revision;
        tenant.void_since_ms.store(0, Ordering::Relaxed);
        tenant.snapshot.store(Some(snapshot));
        // After the snapshot: whoever reads "current" finds at least this one.
        tenant.connection.store(self.connection.load(Ordering::Acquire), Ordering::Release);
        tenant.revision.send_replace(Some(revision));
    }

    /// Makes a directory visible; tenants that left it are forgotten.
    pub fn publish_directory(&self, directory: Directory) {
        let ids: HashSet<Uuid> = directory.tenants.values().map(|entry| entry.id).collect();
        self.directory.store(Arc::new(directory));
        self.directory_received.send_replace(true);
        self.change_tenants(|tenants| tenants.retain(|id, _| ids.contains(id)));
    }

    /// Tenants somebody asked for.
    pub(crate) fn tenant_ids(&self) -> Vec<Uuid> {
        self.tenants.load().keys().copied().collect()
    }

    /// Tenants with a snapshot.
    pub(crate) fn snapshot_count(&self) -> usize {
        self.tenants.load().values().filter(|tenant| tenant.snapshot.load().is_some()).count()
    }

    /// Returns when somebody asked for a tenant the node may not know.
    pub(crate) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// The control plane was heard on a welcomed stream.
    pub(crate) fn contact(&self) {
        self.resume(Duration::ZERO);
        if !self.connected.swap(true, Ordering::AcqRel) {
            self.connection.fetch_add(1, Ordering::AcqRel);
            *self.connected_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    pub(crate) fn disconnected(&self) {
        self.connected.store(false, Ordering::Relaxed);
    }

    /// The control plane has another history: these snapshots are served until new ones come, for `offline_max`.
    pub(crate) fn void_all(&self) {
        let now_ms = self.now_ms();
        for tenant in self.tenants.load().values() {
            let _already = tenant.void_since_ms.compare_exchange(0, now_ms, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// The control plane refuses this tenant to this node for good.
    pub(crate) fn forget(&self, tenant_id: Uuid) {
        self.change_tenants(|tenants| tenants.remove(&tenant_id));
    }

    /// Forgets tenants that nobody asked for since [`limits::SUBSCRIPTION_IDLE`].
    pub(crate) fn forget_idle(&self) {
        let idle_ms = i64::try_from(limits::SUBSCRIPTION_IDLE.as_millis()).unwrap_or(i64::MAX);
        let oldest_ms = self.now_ms() - idle_ms;
        let is_used = |tenant: &Arc<Tenant>| tenant.last_used_ms.load(Ordering::Relaxed) > oldest_ms;
        if !self.tenants.load().values().all(is_used) {
            self.change_tenants(|tenants| tenants.retain(|_, tenant| is_used(tenant)));
        }
    }

    fn subscribe(&self, tenant_id: Uuid) -> Option<Arc<Tenant>> {
        let tenant = self.entry(tenant_id)?;
        tenant.last_used_ms.store(self.now_ms(), Ordering::Relaxed);
        if tenant.snapshot.load().is_none() {
            self.wanted.notify_one();
        }
        Some(tenant)
    }

    /// The tenant's entry, made if missing; `None` when the node holds as many as it may.
    fn entry(&self, tenant_id: Uuid) -> Option<Arc<Tenant>> {
        if let Some(tenant) = self.tenants.load().get(&tenant_id) {
            return Some(tenant.clone());
        }
        let now_ms = self.now_ms();
        self.change_tenants(|tenants| {
            if tenants.len() >= limits::SUBSCRIPTIONS_MAX && !tenants.contains_key(&tenant_id) {
                return None;
            }
            Some(tenants.entry(tenant_id).or_insert_with(|| Arc::new(Tenant::new(now_ms))).clone())
        })
    }

    fn change_tenants<T>(&self, change: impl FnOnce(&mut HashMap<Uuid, Arc<Tenant>>) -> T) -> T {
        let _writer = self.tenants_writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tenants = HashMap::clone(&self.tenants.load());
        let result = change(&mut tenants);
        self.tenants.store(Arc::new(tenants));
        result
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }
}

impl Tenant {
    fn new(now_ms: i64) -> Self {
        Self {
            snapshot: ArcSwapOption::empty(),
            revision: watch::Sender::new(None),
            last_used_ms: AtomicI64::new(now_ms),
            connection: AtomicU64::new(0),
            void_since_ms: AtomicI64::new(0),
        }
    }
}
