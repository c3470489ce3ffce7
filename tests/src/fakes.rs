//! Other companies' systems, faked on loopback.

pub mod document_site;
pub mod mail_server;
pub mod idp;
pub mod mcp_server;
