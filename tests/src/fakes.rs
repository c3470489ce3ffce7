//! Other companies' systems, faked on loopback.

pub mod document_site;
pub mod mcp_server;
