//! Puts the chunks of updates together between Begin and End. Pure. Memory is bounded per update and over all.

use std::collections::HashMap;

use proto::Message;
use proto::wire::{Resource, UpdateBegin, UpdateChunk, UpdateEnd};
use uuid::Uuid;

use crate::limits;
use crate::snapshot::apply::Update;

/// Why an update cannot be used; its tenant is asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("begin within an open update")]
    Nested,
    #[error("chunk or end without begin")]
    NotOpen,
    #[error("end names another revision than begin")]
    EndRevision,
    #[error("a delta that goes back")]
    Backwards,
    #[error("a delta from another revision than the node's")]
    Gap,
    #[error("too many or too large updates")]
    TooLarge,
}

/// Updates under way, by tenant.
#[derive(Default)]
pub(super) struct Assembly {
    open: HashMap<Uuid, Open>,
    bytes: usize,
}

struct Open {
    full: bool,
    to_revision: u64,
    resources: Vec<Resource>,
    bytes: usize,
}

impl Assembly {
    pub(super) fn begin(&mut self, tenant_id: Uuid, begin: &UpdateBegin) -> Result<(), Fault> {
        if self.open.contains_key(&tenant_id) {
            return self.fail(tenant_id, Fault::Nested);
        }
        if self.open.len() >= limits::UPDATES_OPEN_MAX {
            return Err(Fault::TooLarge);
        }
        let open = Open { full: begin.full, to_revision: begin.to_revision, resources: Vec::new(), bytes: 0 };
        self.open.insert(tenant_id, open);
        Ok(())
    }

    pub(super) fn chunk(&mut self, tenant_id: Uuid, chunk: UpdateChunk) -> Result<(), Fault> {
        let Some(open) = self.open.get_mut(&tenant_id) else { return Err(Fault::NotOpen) };
        let bytes = chunk.encoded_len();
        let fits = open.bytes + bytes <= limits::UPDATE_BYTES_MAX
            && self.bytes + bytes <= limits::UPDATES_BYTES_MAX
            && open.resources.len() + chunk.resources.len() <= limits::UPDATE_RESOURCES_MAX;
        if !fits {
            return self.fail(tenant_id, Fault::TooLarge);
        }
        open.bytes += bytes;
        self.bytes += bytes;
        open.resources.extend(chunk.resources);
        Ok(())
    }

    pub(super) fn end(&mut self, tenant_id: Uuid, end: &UpdateEnd) -> Result<Update, Fault> {
        let open = self.close(tenant_id).ok_or(Fault::NotOpen)?;
        if open.to_revision != end.revision {
            return Err(Fault::EndRevision);
        }
        Ok(Update { full: open.full, revision: open.to_revision, resources: open.resources })
    }

    /// Forgets what came of this tenant so far.
    pub(super) fn drop(&mut self, tenant_id: Uuid) {
        self.close(tenant_id);
    }

    fn fail(&mut self, tenant_id: Uuid, fault: Fault) -> Result<(), Fault> {
        self.close(tenant_id);
        Err(fault)
    }

    fn close(&mut self, tenant_id: Uuid) -> Option<Open> {
        let open = self.open.remove(&tenant_id)?;
        self.bytes -= open.bytes;
        Some(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::wire::{TENANT, settings};

    fn begin(to_revision: u64) -> UpdateBegin {
        UpdateBegin { to_revision, full: true, ..Default::default() }
    }

    fn end(revision: u64) -> UpdateEnd {
        UpdateEnd { revision, ..Default::default() }
    }

    fn chunk(resources: usize, padding: usize) -> UpdateChunk {
        let mut resource = settings();
        resource.id = vec![0; padding].into();
        UpdateChunk { resources: vec![resource; resources], ..Default::default() }
    }

    #[test]
    fn chunks_between_begin_and_end_are_one_update() {
        let mut assembly = Assembly::default();
        assembly.begin(TENANT, &begin(3)).unwrap();
        assembly.chunk(TENANT, chunk(2, 16)).unwrap();
        assembly.chunk(TENANT, chunk(1, 16)).unwrap();
        let update = assembly.end(TENANT, &end(3)).unwrap();
        assert_eq!((update.full, update.revision, update.resources.len()), (true, 3, 3));
        assert_eq!((assembly.bytes, assembly.open.len()), (0, 0));
    }

    #[test]
    fn what_is_out_of_order_is_a_fault_and_leaves_nothing_open() {
        let mut assembly = Assembly::default();
        assert_eq!(assembly.chunk(TENANT, chunk(1, 16)), Err(Fault::NotOpen));
        assert_eq!(assembly.end(TENANT, &end(1)).map(|_| ()), Err(Fault::NotOpen));
        assembly.begin(TENANT, &begin(1)).unwrap();
        assert_eq!(assembly.begin(TENANT, &begin(2)), Err(Fault::Nested));
        assert_eq!(assembly.chunk(TENANT, chunk(1, 16)), Err(Fault::NotOpen));
        assembly.begin(TENANT, &begin(1)).unwrap();
        assert_eq!(assembly.end(TENANT, &end(2)).map(|_| ()), Err(Fault::EndRevision));
        assert_eq!((assembly.bytes, assembly.open.len()), (0, 0));
    }

    #[test]
    fn hostile_sizes_are_faults() {
        let mut assembly = Assembly::default();
        assembly.begin(TENANT, &begin(1)).unwrap();
        let megabyte = || chunk(1, 1024 * 1024);
        let taken = (0..1_000).take_while(|_| assembly.chunk(TENANT, megabyte()).is_ok()).count();
        assert!((60..64).contains(&taken), "{taken} MiB");
        assert_eq!(assembly.bytes, 0, "given back");

        for tenant in 0..limits::UPDATES_OPEN_MAX as u128 {
            assembly.begin(Uuid::from_u128(tenant), &begin(1)).unwrap();
        }
        assert_eq!(assembly.begin(Uuid::from_u128(9_999), &begin(1)), Err(Fault::TooLarge));
        let fair = (0..limits::UPDATES_OPEN_MAX as u128)
            .filter(|tenant| assembly.chunk(Uuid::from_u128(*tenant), megabyte()).is_ok())
            .count();
        assert!(fair < 128, "all updates together are bounded: {fair} MiB");
    }
}
