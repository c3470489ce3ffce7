//! The single integration binary: features, told as stories.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that finds something unexpected must fail"
)]

mod api_keys;
mod apply;
mod attacks;
mod binaries;
mod client_registry;
mod clients;
mod config_sync;
mod conformance;
mod contract;
mod coverage;
mod golden;
mod ide;
mod isolation;
mod key_rotation;
mod legacy;
mod mailbox;
mod metadata_documents;
mod modern;
mod nodes;
mod oauth;
mod offline;
mod origins;
mod proxy;
mod scene;
mod servers;
mod session_store;
mod shared_credentials;
mod sso;
mod tenancy;
