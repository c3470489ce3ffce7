//! The control plane: tenants, people, servers, the OAuth authorization server, the configuration stream.

pub mod app;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod http;
pub mod nodes;
pub mod state;
pub mod store;
pub mod tasks;
