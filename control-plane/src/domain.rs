//! What Portway knows and decides, as pure types and functions.
//!
//! May import `proto::names`, `proto::claims` and data crates; must never see a database, a socket, a wire message or
//! the environment.

pub mod access;
pub mod api_key;
pub mod audit;
pub mod bundle;
pub mod call;
pub mod clock;
pub mod configuration;
pub mod credential;
pub mod csv;
pub mod email_domain;
pub mod error;
pub mod fields;
pub mod identity;
pub mod ids;
pub mod invitation;
pub mod key_form;
pub mod limit_rule;
pub mod limits;
pub mod machine_oauth;
pub mod mcp_client;
pub mod names;
pub mod node;
pub mod oauth;
pub mod operator;
pub mod page;
pub mod preset;
pub mod principal;
pub mod scim;
pub mod second_factor;
pub mod server;
pub mod server_probe;
pub mod service_account;
pub mod session;
pub mod sign_up;
pub mod snippets;
pub mod tags;
pub mod tail;
pub mod tenancy;
pub mod tool_switches;
pub mod transport;
pub mod upstream_oauth;
pub mod usage;

pub use clock::Clock;
pub use error::{Error, Result};
