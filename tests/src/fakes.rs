//! Other companies' systems, faked on loopback.

pub mod document_site;
pub mod idp;
pub mod mail_server;
pub mod mcp_server;
pub mod provider;
pub(crate) mod tls;
