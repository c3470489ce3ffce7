//! SCIM: people and groups as identity providers sent them. Only those that an identity provider owns are seen here.

mod filter;
mod groups;
mod requests;
mod tokens;
mod users;

pub use users::ScimFound;

use crate::domain::scim::Window;
use crate::domain::{Error, Result};

/// `OFFSET` of a window.
fn offset(window: Window) -> u64 {
    window.start.saturating_sub(1)
}

/// The next version of a resource.
fn advance(version: i64) -> Result<i64> {
    version.checked_add(1).ok_or_else(|| Error::internal("version overflow"))
}
