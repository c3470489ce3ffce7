//! SeaORM entities, one file per table, private to the store.

pub(super) mod audit_event;
pub(super) mod browser_session;
pub(super) mod data_key;
pub(super) mod deployment;
pub(super) mod group_member;
pub(super) mod node_identity;
pub(super) mod outbox;
pub(super) mod server;
pub(super) mod server_grant;
pub(super) mod service_account;
pub(super) mod session_key;
pub(super) mod signing_key;
pub(super) mod tenant;
pub(super) mod tenant_head;
pub(super) mod user;
