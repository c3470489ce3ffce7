//! Notes what the control plane says and writes it down a moment later, in a task of its own. Noting never waits; what
//! could not be written is tried again.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use proto::Message as _;
use proto::convert::uuid_bytes;
use proto::wire::{self, DirectoryEntry, DirectoryUpdate};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::contact::{self, Contact};
use super::files::{Files, Found};
use super::picture::Picture;
use crate::metrics::Metrics;
use crate::node_key::{NoRandom, NodeKey};
use crate::snapshot::apply::Update;
use crate::snapshot::{Directory, TenantStatus};
use crate::{Node, limits};

const KEY: &str = "node-key";
const CONTACT: &str = "contact";
const DIRECTORY: &str = "directory";
const TENANT: &str = "tenant-";

/// What a node knew when it stopped.
pub struct Restored {
    /// Of the database that all of it came from.
    pub(crate) history_id: String,
    pub(crate) directory: DirectoryUpdate,
    pub(crate) tenants: Vec<RestoredTenant>,
    /// How long the control plane has been away.
    pub(crate) away: Duration,
}

/// All of one tenant, as it was known.
pub(crate) struct RestoredTenant {
    pub(crate) id: Uuid,
    pub(crate) update: Update,
    /// Kinds that the version before did not know are missing: no delta can be applied to it.
    pub(crate) lacks_kinds: bool,
}

pub struct Keeper {
    files: Arc<Files>,
    metrics: Metrics,
    /// The key pair was made by this process: what was sealed to the one before does not open.
    key_is_new: bool,
    kept: Mutex<Kept>,
    changed: Notify,
}

#[derive(Default)]
struct Kept {
    /// Of the control plane this node talks to.
    history_id: String,
    directory: Option<Vec<u8>>,
    tenants: HashMap<Uuid, Picture>,
    /// Written since, or gone: what is on disk is not what is kept.
    stale: HashSet<Uuid>,
    directory_is_stale: bool,
}

/// One file to write, or to remove.
type Task = (String, Option<Zeroizing<Vec<u8>>>);

impl Keeper {
    /// The keeper of a folder, and the node's key pair that is kept there.
    pub fn open(files: Arc<Files>, metrics: Metrics) -> Result<(Self, NodeKey), NoRandom> {
        let found = match files.read(KEY) {
            Found::Contents(bytes) => NodeKey::from_bytes(&bytes),
            Found::Missing => None,
            Found::Refused => {
                refused(&metrics, KEY);
                None
            }
        };
        let (key, key_is_new) = match found {
            Some(key) => (key, false),
            None => (NodeKey::generate()?, true),
        };
        if key_is_new && let Err(error) = files.write(KEY, &key.to_bytes()) {
            failed(&metrics, KEY, &error);
        }
        let keeper = Self { files, metrics, key_is_new, kept: Mutex::default(), changed: Notify::new() };
        Ok((keeper, key))
    }

    /// What sealed secrets of the node before are worth: nothing, if its key pair is lost.
    pub(crate) fn key_is_new(&self) -> bool {
        self.key_is_new
    }

    /// Reads what is there. A tenant that the directory does not have, or of another history, is not read.
    pub(crate) async fn restore(self: &Arc<Self>, now: DateTime<Utc>) -> Option<Restored> {
        let keeper = self.clone();
        tokio::task::spawn_blocking(move || keeper.load(now)).await.ok().flatten()
    }

    fn load(&self, now: DateTime<Utc>) -> Option<Restored> {
        let names = self.files.names();
        let (history_id, directory) = self.read(DIRECTORY, from_directory_bytes)?;
        let away = self.read(CONTACT, |bytes| serde_json::from_slice::<Contact>(bytes).ok());
        let away = away.map_or_else(contact::unknown, |contact| contact.away(now));
        let of_pool: HashSet<&[u8]> = directory.entries.iter().map(|entry| entry.tenant_id.as_ref()).collect();
        let mut tenants = Vec::new();
        let mut kept = self.kept();
        kept.history_id.clone_from(&history_id);
        for name in names.iter().filter(|name| name.starts_with(TENANT)) {
            let id = name.strip_prefix(TENANT).and_then(|id| Uuid::try_parse(id).ok());
            let Some(id) = id.filter(|id| of_pool.contains(id.as_bytes().as_slice())) else {
                let _ = self.files.remove(name);
                continue;
            };
            let Some((picture, update)) = self.read(name, Picture::from_bytes) else { continue };
            if picture.history_id == history_id && tenants.len() < limits::SUBSCRIPTIONS_MAX {
                tenants.push(RestoredTenant { id, update, lacks_kinds: picture.lacks_kinds });
                kept.tenants.insert(id, picture);
            }
        }
        kept.directory = Some(to_directory_bytes(&history_id, &directory));
        Some(Restored { history_id, directory, tenants, away })
    }

    fn read<T>(&self, name: &str, parse: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let parsed = match self.files.read(name) {
            Found::Missing => return None,
            Found::Refused => None,
            Found::Contents(contents) => parse(&contents),
        };
        if parsed.is_none() {
            refused(&self.metrics, name);
        }
        parsed
    }

    /// From now on everything comes from this database.
    pub(crate) fn welcomed(&self, history_id: &str) {
        history_id.clone_into(&mut self.kept().history_id);
    }

    pub(crate) fn note_update(&self, tenant_id: Uuid, update: &Update) {
        let mut kept = self.kept();
        let history_id = kept.history_id.clone();
        kept.tenants.entry(tenant_id).or_default().apply(&history_id, update);
        kept.stale.insert(tenant_id);
        self.changed.notify_one();
    }

    pub(crate) fn note_directory(&self, directory: &Directory) {
        let mut kept = self.kept();
        kept.directory = Some(to_directory_bytes(&kept.history_id, &told(directory)));
        kept.directory_is_stale = true;
        self.changed.notify_one();
    }

    /// Nothing of the tenant stays on disk.
    pub(crate) fn note_gone(&self, tenant_id: Uuid) {
        let mut kept = self.kept();
        kept.tenants.remove(&tenant_id);
        kept.stale.insert(tenant_id);
        self.changed.notify_one();
    }

    /// Writes until the node closes, and once more then.
    pub(crate) async fn run(self: Arc<Self>, node: Arc<Node>) {
        let closing = node.tasks.closing();
        let mut contact = interval(limits::STATE_CONTACT_EVERY);
        contact.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !closing.is_cancelled() {
            tokio::select! {
                _ = contact.tick() => {}
                () = self.changed.notified() => tokio::select! {
                    () = sleep(limits::STATE_WRITE_DELAY) => {}
                    () = closing.cancelled() => {}
                },
                () = closing.cancelled() => {}
            }
            self.write(&node).await;
        }
    }

    async fn write(&self, node: &Node) {
        let (tasks, stale, directory_is_stale) = self.due(node);
        let (files, metrics) = (self.files.clone(), self.metrics.clone());
        let written = tokio::task::spawn_blocking(move || write_all(&files, &metrics, tasks)).await;
        if !written.unwrap_or(false) {
            let mut kept = self.kept();
            kept.stale.extend(stale);
            kept.directory_is_stale |= directory_is_stale;
        }
    }

    fn due(&self, node: &Node) -> (Vec<Task>, HashSet<Uuid>, bool) {
        let mut tasks: Vec<Task> = Vec::new();
        let mut kept = self.kept();
        let stale = std::mem::take(&mut kept.stale);
        for id in &stale {
            tasks.push((format!("{TENANT}{id}"), kept.tenants.get(id).map(Picture::to_bytes)));
        }
        let directory_is_stale = std::mem::take(&mut kept.directory_is_stale);
        if let Some(directory) = kept.directory.as_ref().filter(|_| directory_is_stale) {
            tasks.push((DIRECTORY.to_owned(), Some(Zeroizing::new(directory.clone()))));
        }
        let now = node.clock.now();
        // A node that never heard the control plane has nothing to count from.
        if kept.directory.is_some()
            && let Ok(contact) = serde_json::to_vec(&Contact::new(now, node.configuration.away(now)))
        {
            tasks.push((CONTACT.to_owned(), Some(Zeroizing::new(contact))));
        }
        (tasks, stale, directory_is_stale)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_all(files: &Files, metrics: &Metrics, tasks: Vec<Task>) -> bool {
    let mut all = true;
    for (name, contents) in tasks {
        let done = match contents {
            Some(contents) => files.write(&name, &contents),
            None => files.remove(&name),
        };
        match done {
            Ok(()) => drop(metrics.state_writes.inc()),
            Err(error) => {
                failed(metrics, &name, &error);
                all = false;
            }
        }
    }
    all
}

fn refused(metrics: &Metrics, name: &str) {
    metrics.state_refused.inc();
    tracing::warn!(file = name, "a state file is damaged, of another key or of another version: ignored");
}

fn failed(metrics: &Metrics, name: &str, error: &io::Error) {
    metrics.state_failures.inc();
    tracing::warn!(file = name, %error, "a state file cannot be written: a restart would go without it");
}

/// History id in a line of its own, then the directory as the control plane would tell it.
fn to_directory_bytes(history_id: &str, directory: &DirectoryUpdate) -> Vec<u8> {
    [history_id.as_bytes(), b"\n", &directory.encode_to_vec()].concat()
}

fn from_directory_bytes(bytes: &[u8]) -> Option<(String, DirectoryUpdate)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (history_id, rest) = bytes.split_at_checked(end)?;
    let directory = DirectoryUpdate::decode(rest.get(1..)?).ok()?;
    Some((std::str::from_utf8(history_id).ok()?.to_owned(), directory))
}

fn told(directory: &Directory) -> DirectoryUpdate {
    let status = |status| match status {
        TenantStatus::Active => wire::TenantStatus::Active,
        TenantStatus::Suspended => wire::TenantStatus::Suspended,
        TenantStatus::Deleting => wire::TenantStatus::Deleting,
    };
    let entries = directory.tenants.values().map(|entry| DirectoryEntry {
        tenant_id: uuid_bytes(entry.id),
        slug: entry.slug.to_string(),
        status: status(entry.status).into(),
        issuer: entry.issuer.clone(),
        gateway_origins: entry.gateway_origins.clone(),
    });
    DirectoryUpdate {
        full: true,
        entries: entries.collect(),
        revision: directory.revision,
        last: true,
        ..DirectoryUpdate::default()
    }
}
