//! Every bound of the control plane, named, with units.

/// Time an answer may wait for nodes to acknowledge a change (DESIGN: configuration stream).
pub const ACK_WAIT_MAX_MS: u64 = 2_000;
/// Encoded size of one chunk of a configuration update.
pub const CHUNK_BYTES_MAX: usize = 1024 * 1024;
/// Rows of one page of any list.
pub const PAGE_SIZE_DEFAULT: u64 = 50;
pub const PAGE_SIZE_MAX: u64 = 200;
/// Length of names that people type.
pub const NAME_CHARS_MAX: usize = 120;
pub const DESCRIPTION_CHARS_MAX: usize = 2_000;
pub const URL_BYTES_MAX: usize = 2_048;
/// Request bodies of the REST API and of the authorization server.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
