//! The proxy node.

pub mod snapshot;
