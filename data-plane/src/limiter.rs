//! How often callers may call: the rules of a tenant, counted. In this process where the node is alone, in Redis where
//! several nodes share the budgets. Must never make a call wait for Redis beyond its deadline: when Redis is away, each
//! rule says whether calls are refused or counted here against this node's share.
//!
//! Either every rule of a call is charged or none: a refused call costs nothing.

pub mod gcra;
pub mod local;
pub mod redis;

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::snapshot::LimitRule;

/// One rule that a call falls under, and which of its budgets.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    pub rule: &'a LimitRule,
    /// Of what the rule counts apart: a fingerprint of caller, server and tool. 0 where it counts all together.
    pub budget: u128,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every rule was charged, but those that are only watched and would have refused: their places among the charges.
    Allowed { over: Vec<usize> },
    /// Nothing was charged. The rule that the caller has to wait for longest.
    Refused { charge: usize, retry_after: Duration },
    /// Nobody counts now, and this rule lets nothing through uncounted.
    Uncounted { charge: usize },
}

/// Nodes that share a limiter share the budgets. Two limiters decide alike, but for how exactly they know the time.
#[async_trait]
pub trait RateLimiter: Send + Sync + 'static {
    async fn charge(&self, tenant: Uuid, charges: &[Charge<'_>]) -> Verdict;

    /// Nodes that share what is bounded, this one included, as far as is known.
    fn nodes(&self) -> u32;
}
