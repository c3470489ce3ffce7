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
mod clients;
mod config_sync;
mod conformance;
mod contract;
mod coverage;
mod ide;
mod isolation;
mod legacy;
mod mailbox;
mod modern;
mod nodes;
mod oauth;
mod offline;
mod proxy;
mod scene;
mod servers;
mod session_store;
mod shared_credentials;
mod tenancy;
