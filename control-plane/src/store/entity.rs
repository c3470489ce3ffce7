//! SeaORM entities, one file per table, private to the store.

pub(super) mod audit_event;
pub(super) mod data_key;
pub(super) mod deployment;
pub(super) mod outbox;
pub(super) mod tenant;
pub(super) mod tenant_head;
