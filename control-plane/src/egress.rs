//! The only client for sockets that the control plane opens to URLs from outside (ATK-15): resolve once, judge every
//! address, dial the address that was judged. https (plaintext to loopback at most, for identity providers on the same
//! machine), no redirects, no cookies, no proxies; bounded in time and size.
//!
//! Nodes have the same rule in their own crate: the planes share the contract and nothing else.

pub mod address;
mod connect;
mod fetch;
mod resolve;

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

pub use self::fetch::{Conversation, FetchError, Fetched, Fetcher, Patience};
pub use self::resolve::{Resolve, StaticResolver, SystemResolver, TextTable};

/// Settings of outgoing requests.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EgressConfig {
    /// Ranges that are not public and may be reached all the same.
    pub allowed_private_ranges: Vec<IpNet>,
    /// Name servers to ask for the records that prove domains, address and port; empty = this machine's. To be set where
    /// those answer differently inside and outside.
    pub name_servers: Vec<SocketAddr>,
    /// Certificates (PEM) that are trusted besides the public roots.
    pub extra_ca_file: Option<PathBuf>,
}
