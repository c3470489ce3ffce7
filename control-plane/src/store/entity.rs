//! SeaORM entities, one file per table, private to the store.

pub(super) mod audit_event;
pub(super) mod authorization_code;
pub(super) mod authorization_request;
pub(super) mod browser_session;
pub(super) mod call_record;
pub(super) mod consent;
pub(super) mod data_key;
pub(super) mod deployment;
pub(super) mod group_member;
pub(super) mod invitation;
pub(super) mod local_credential;
pub(super) mod node_identity;
pub(super) mod oauth_client;
pub(super) mod oauth_grant;
pub(super) mod operator;
pub(super) mod outbox;
pub(super) mod refresh_token;
pub(super) mod server;
pub(super) mod server_grant;
pub(super) mod service_account;
pub(super) mod session_key;
pub(super) mod signing_key;
pub(super) mod tenant;
pub(super) mod tenant_head;
pub(super) mod user;
