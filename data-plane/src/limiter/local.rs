//! Budgets in this process: of a node that is alone, and the share of one whose Redis is away. Time is the machine's
//! monotonic one. Bounded for each tenant: what is full again is forgotten first, then what is fullest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Charge, RateLimiter, Verdict};
use crate::limits::LIMIT_BUDGETS_MAX;

/// Rule, period, budget.
type Key = (Uuid, u32, u128);

pub struct LocalLimiter {
    started: Instant,
    tenants: RwLock<HashMap<Uuid, Arc<Mutex<Budgets>>>>,
}

/// When each budget of a tenant is full again; what is not here is full.
#[derive(Default)]
struct Budgets {
    full_at: HashMap<Key, u64>,
    /// So many are there before full ones are looked for.
    sweep_at: usize,
}

impl Default for LocalLimiter {
    fn default() -> Self {
        Self { started: Instant::now(), tenants: RwLock::default() }
    }
}

impl LocalLimiter {
    /// Decides for one of so many nodes.
    pub(super) fn share(&self, tenant: Uuid, charges: &[Charge<'_>], nodes: u32) -> Verdict {
        let now = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let budgets = self.budgets(tenant);
        let mut budgets = budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.charge(charges, nodes, now)
    }

    fn budgets(&self, tenant: Uuid) -> Arc<Mutex<Budgets>> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(budgets) = tenants.get(&tenant) {
            return budgets.clone();
        }
        drop(tenants);
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        tenants.entry(tenant).or_default().clone()
    }
}

#[async_trait]
impl RateLimiter for LocalLimiter {
    async fn charge(&self, tenant: Uuid, charges: &[Charge<'_>]) -> Verdict {
        self.share(tenant, charges, 1)
    }

    fn nodes(&self) -> u32 {
        1
    }
}

impl Budgets {
    fn charge(&mut self, charges: &[Charge<'_>], nodes: u32, now: u64) -> Verdict {
        let (mut taken, mut over, mut refused) = (Vec::with_capacity(charges.len()), Vec::new(), None);
        for (place, charge) in charges.iter().enumerate() {
            let (before, mut longest) = (taken.len(), 0);
            for window in &charge.rule.windows {
                let key = (charge.rule.id, window.period_s, charge.budget);
                match window.share(nodes).take(self.full_at.get(&key).copied().unwrap_or(0), now) {
                    Ok(next) => taken.push((key, next)),
                    Err(wait) => longest = longest.max(wait),
                }
            }
            match (longest, charge.rule.is_watched) {
                (0, _) => {}
                (_, true) => {
                    taken.truncate(before);
                    over.push(place);
                }
                (wait, false) if refused.is_none_or(|(_, known)| wait > known) => refused = Some((place, wait)),
                (_, false) => {}
            }
        }
        if let Some((charge, wait)) = refused {
            return Verdict::Refused { charge, retry_after: Duration::from_micros(wait) };
        }
        self.full_at.extend(taken);
        if self.full_at.len() >= self.sweep_at {
            self.sweep(now);
        }
        Verdict::Allowed { over }
    }

    fn sweep(&mut self, now: u64) {
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() > LIMIT_BUDGETS_MAX {
            // Forgetting a budget fills it: those that are nearly full change least.
            let mut times: Vec<u64> = self.full_at.values().copied().collect();
            let (_, middle, _) = times.select_nth_unstable(self.full_at.len() / 2);
            let middle = *middle;
            self.full_at.retain(|_, full_at| *full_at > middle);
        }
        self.sweep_at = (self.full_at.len() * 2).clamp(1_024, LIMIT_BUDGETS_MAX + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::LimitRule;

    #[test]
    fn memory_is_bounded_and_the_emptiest_budgets_stay() {
        let mut budgets = Budgets::default();
        let rule = LimitRule::plain(Uuid::from_u128(1), 5, 60);
        let charge = |budget| Charge { rule: &rule, budget };
        for _ in 0..5 {
            budgets.charge(&[charge(1)], 1, 0);
        }
        for budget in 2..=(3 * LIMIT_BUDGETS_MAX as u128) {
            budgets.charge(&[charge(budget)], 1, 0);
            assert!(budgets.full_at.len() <= LIMIT_BUDGETS_MAX + 1);
        }
        assert!(matches!(budgets.charge(&[charge(1)], 1, 0), Verdict::Refused { .. }), "still empty");
        budgets.sweep(61_000_000);
        assert_eq!(budgets.full_at.len(), 0, "full again, so forgotten");
    }
}
