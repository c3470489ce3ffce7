//! MCP on the wire: the strict scan, eras and versions, session ids, event framing. Pure: no sockets, no clock.
//!
//! Nothing here decodes a message into a typed model: typed models lose members they do not know. Policy reads the
//! very bytes that are forwarded, and edits splice them.

pub mod capabilities;
pub mod correlation;
pub mod era;
pub mod header_text;
pub mod message;
pub mod meta;
pub mod method;
pub mod param_headers;
pub mod reserved;
pub mod scan;
pub mod seal;
pub mod session;
pub mod splice;
pub mod sse;
pub mod version;
