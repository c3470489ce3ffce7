//! Other companies' systems, faked on loopback.

pub mod mcp_server;
