//! SCIM 2.0 (RFC 7643, 7644) as pure functions on JSON: filters, PATCH, projection, schemas. Resources stay JSON, so that
//! values come back as they were sent; what we act on is taken out of them.

pub mod error;
pub mod evaluate;
pub mod filter;
pub mod group;
pub mod patch;
pub mod projection;
pub mod request;
pub mod resource;
pub mod schema;
mod target;
pub mod token;
pub mod user;

pub use error::ScimError;
pub use schema::Kind;

/// Result of everything that reads what an identity provider sent.
pub type ScimResult<T> = Result<T, ScimError>;

/// A JSON object.
pub type Object = serde_json::Map<String, serde_json::Value>;

/// The resource as of a version; the tag is weak, because `groups` and `display` of others are no part of it.
pub fn etag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// Which rows of a list (RFC 7644 §3.4.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first row, counted from 1.
    pub start: u64,
    pub count: u64,
}
