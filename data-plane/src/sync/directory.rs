//! Puts the directory together: what came before `last` becomes visible with it. Pure.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use proto::convert;
use proto::names::TenantSlug;
use proto::wire::{DirectoryEntry, DirectoryUpdate};
use uuid::Uuid;

use crate::limits;
use crate::map;
use crate::snapshot::{Directory, TenantEntry, TenantStatus, tenant_status};

type Tenants = HashMap<Uuid, Arc<TenantEntry>>;

/// The directory stream cannot be followed; the connection is opened anew and the directory asked for in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DirectoryFault {
    #[error("a delta before any full directory")]
    NoBase,
    #[error("a delta that goes back")]
    Backwards,
    #[error("too many tenants")]
    TooLarge,
}

/// The directory as it came so far.
#[derive(Default)]
pub(super) struct DirectoryAssembly {
    revision: u64,
    /// `None` until the first full one, and again when history changed.
    visible: Option<Tenants>,
    open: Option<Tenants>,
}

impl DirectoryAssembly {
    /// What the node has; 0 = nothing, send all.
    pub(super) fn revision(&self) -> u64 {
        if self.visible.is_some() { self.revision } else { 0 }
    }

    /// The next update must be full.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// A connection ended: half an update is worth nothing.
    pub(super) fn abandon(&mut self) {
        self.open = None;
    }

    /// Takes one message; `Some` when it closes an update. Entries that do not convert are left out and named.
    pub(super) fn take(&mut self, update: DirectoryUpdate) -> Result<Option<(Directory, Vec<String>)>, DirectoryFault> {
        let mut tenants = match (update.full, self.open.take()) {
            (true, _) => HashMap::new(),
            (false, Some(open)) => open,
            (false, None) => self.visible.clone().ok_or(DirectoryFault::NoBase)?,
        };
        let mut malformed = Vec::new();
        for removed in &update.removed_tenant_ids {
            match convert::uuid("removed_tenant_ids", removed) {
                Ok(id) => drop(tenants.remove(&id)),
                Err(error) => malformed.push(error.to_string()),
            }
        }
        for wire in update.entries {
            match entry(wire) {
                Ok(entry) => drop(tenants.insert(entry.id, Arc::new(entry))),
                Err(error) => malformed.push(error.to_string()),
            }
        }
        if tenants.len() > limits::DIRECTORY_TENANTS_MAX {
            return Err(DirectoryFault::TooLarge);
        }
        if !update.last {
            self.open = Some(tenants);
            return Ok(None);
        }
        if !update.full && update.revision < self.revision {
            return Err(DirectoryFault::Backwards);
        }
        self.revision = update.revision;
        let directory = Directory { revision: update.revision, tenants: by_slug(&tenants, &mut malformed) };
        self.visible = Some(tenants);
        Ok(Some((directory, malformed)))
    }
}

/// Slugs are never shared or reused; should two tenants claim one, the older (by id) has it.
fn by_slug(tenants: &Tenants, malformed: &mut Vec<String>) -> map::HashMap<TenantSlug, Arc<TenantEntry>> {
    let mut oldest_first: Vec<_> = tenants.values().collect();
    oldest_first.sort_by_key(|entry| entry.id);
    let mut by_slug = map::HashMap::default();
    by_slug.reserve(tenants.len());
    for entry in oldest_first {
        match by_slug.entry(entry.slug.clone()) {
            Entry::Vacant(vacant) => drop(vacant.insert(entry.clone())),
            Entry::Occupied(_) => malformed.push(format!("slug: {} is another tenant's", entry.slug)),
        }
    }
    by_slug
}

fn entry(wire: DirectoryEntry) -> Result<TenantEntry, convert::ConvertError> {
    if wire.gateway_origins.len() > limits::GATEWAY_ORIGINS_MAX {
        return Err(convert::ConvertError::Invalid { field: "gateway_origins", reason: "too many" });
    }
    Ok(TenantEntry {
        id: convert::uuid("tenant_id", &wire.tenant_id)?,
        slug: convert::tenant_slug(&wire.slug)?,
        // A status cannot be rejected; one this node does not know is taken for the strictest.
        status: tenant_status(wire.status).unwrap_or(TenantStatus::Suspended),
        issuer: wire.issuer,
        gateway_origins: wire.gateway_origins,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(full: bool, entries: &[(u128, &str)], removed: &[u128], revision: u64, last: bool) -> DirectoryUpdate {
        let entries = entries.iter().map(|(id, slug)| DirectoryEntry {
            tenant_id: convert::uuid_bytes(Uuid::from_u128(*id)),
            slug: (*slug).to_owned(),
            status: 1,
            issuer: format!("https://auth.example/t/{slug}"),
            gateway_origins: vec!["https://gw.example".to_owned()],
        });
        DirectoryUpdate {
            full,
            entries: entries.collect(),
            removed_tenant_ids: removed.iter().map(|id| convert::uuid_bytes(Uuid::from_u128(*id))).collect(),
            revision,
            last,
        }
    }

    fn slugs(taken: Option<(Directory, Vec<String>)>) -> Vec<String> {
        let mut slugs: Vec<_> = taken.unwrap().0.tenants.keys().map(ToString::to_string).collect();
        slugs.sort();
        slugs
    }

    #[test]
    fn chunks_become_visible_at_the_last() {
        let mut assembly = DirectoryAssembly::default();
        assert_eq!(assembly.take(update(false, &[(1, "acme")], &[], 1, true)).map(|_| ()), Err(DirectoryFault::NoBase));
        assert!(assembly.take(update(true, &[(1, "acme")], &[], 5, false)).unwrap().is_none());
        assert_eq!(assembly.revision(), 0);
        assert_eq!(slugs(assembly.take(update(false, &[(2, "globex")], &[], 5, true)).unwrap()), ["acme", "globex"]);
        assert_eq!(
            slugs(assembly.take(update(false, &[(3, "initech")], &[1], 6, true)).unwrap()),
            ["globex", "initech"]
        );
        assert_eq!(assembly.revision(), 6);
        assert_eq!(assembly.take(update(false, &[], &[], 5, true)).map(|_| ()), Err(DirectoryFault::Backwards));
        assert_eq!(slugs(assembly.take(update(true, &[(1, "acme")], &[], 2, true)).unwrap()), ["acme"]);
        assembly.forget();
        assert_eq!(assembly.take(update(false, &[], &[], 9, true)).map(|_| ()), Err(DirectoryFault::NoBase));
    }

    #[test]
    fn half_an_update_is_forgotten_with_its_connection() {
        let mut assembly = DirectoryAssembly::default();
        assembly.take(update(true, &[(1, "acme")], &[], 1, true)).unwrap();
        assembly.take(update(true, &[(2, "globex")], &[], 2, false)).unwrap();
        assembly.abandon();
        assert_eq!(slugs(assembly.take(update(false, &[], &[], 2, true)).unwrap()), ["acme"]);
    }

    #[test]
    fn malformed_entries_are_left_out_and_named() {
        let mut assembly = DirectoryAssembly::default();
        let (directory, malformed) =
            assembly.take(update(true, &[(1, "acme"), (2, "Not A Slug"), (3, "acme")], &[], 1, true)).unwrap().unwrap();
        assert_eq!((directory.tenants.len(), malformed.len()), (1, 2));
        assert_eq!(directory.tenants["acme"].id, Uuid::from_u128(1), "a slug is never taken over");
    }
}
