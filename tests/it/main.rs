//! The single integration binary: features, told as stories.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that finds something unexpected must fail"
)]

mod accounts;
mod api_key_rotation;
mod api_keys;
mod apply;
mod attacks;
mod audit;
mod binaries;
mod call_log;
mod certified_provider;
mod client_registry;
mod clients;
mod concurrency;
mod config_sync;
mod conformance;
mod contract;
mod coverage;
mod deploy;
mod doctor;
mod domains;
mod door;
mod drain;
mod dump;
mod golden;
mod groups;
mod ide;
mod isolation;
mod key_rotation;
mod legacy;
mod lockout;
mod mail;
mod mailbox;
mod metadata_documents;
mod methods;
mod modern;
mod nodes;
mod oauth;
mod offline;
mod operators;
mod origins;
mod outbound;
mod own_keys;
mod playground;
mod proxy;
mod rate_limiter;
mod rate_limits;
mod reach;
mod renewal;
mod scene;
mod scim;
mod second_factor;
mod server_probes;
mod servers;
mod service_accounts;
mod session_store;
mod shared_credentials;
mod sign_up;
mod sso;
mod tenancy;
mod traces;
mod vault;
mod virtual_servers;
mod vouched;
