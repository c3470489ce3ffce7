//! The contract between the planes: wire types, names that appear in URLs, access-token claims.
//!
//! The only crate that the control plane and the data plane share. It must never hold behaviour of either plane.

pub mod api_key;
pub mod claims;
pub mod convert;
pub mod members;
pub mod names;
pub mod shared_secret;

/// `encoded_len` and its like, for bounds.
pub use prost::Message;

/// Generated from `proto/portway/node/v1/*.proto` by `cargo xtask gen`; `gen --check` fails when stale.
#[rustfmt::skip]
#[expect(clippy::all, clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "generated code")]
#[path = "gen/portway.node.v1.rs"]
pub mod wire;
