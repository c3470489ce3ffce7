//! Enrolled data-plane nodes.

use chrono::{DateTime, Utc};

use super::ids::NodeId;
use super::limits::{NODE_NAME_CHARS_MAX, POOL_CHARS_MAX};
use super::{Error, Result};

/// Prefix of enrolment secrets.
pub const NODE_SECRET_PREFIX: &str = "pwn_";

/// Who a node is to us, and the only pool whose tenants it may learn of (ATK-6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeIdentity {
    pub id: NodeId,
    pub name: String,
    pub pool: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// Since when an operator wants it to be empty.
    pub draining_since: Option<DateTime<Utc>>,
}

/// A name an operator may give: letters, digits, `.`, `_`, `-`.
pub fn check_name(name: &str) -> Result<()> {
    if is_label(name, NODE_NAME_CHARS_MAX) {
        return Ok(());
    }
    let public = format!("1 to {NODE_NAME_CHARS_MAX} letters, digits, dots, underscores or hyphens");
    Err(Error::invalid("node.bad_name", "name", public))
}

pub fn check_pool(pool: &str) -> Result<()> {
    if is_label(pool, POOL_CHARS_MAX) {
        return Ok(());
    }
    let public = format!("1 to {POOL_CHARS_MAX} letters, digits, dots, underscores or hyphens");
    Err(Error::invalid("node.bad_pool", "pool", public))
}

fn is_label(text: &str, max: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && text.len() <= max && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_nodes_and_pools() {
        for good in ["a", "eu-1.node_7", "A", &"x".repeat(NODE_NAME_CHARS_MAX)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "ä", "a\n", &"x".repeat(NODE_NAME_CHARS_MAX + 1)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        assert!(check_pool("default").is_ok() && check_pool("").is_err());
    }
}
