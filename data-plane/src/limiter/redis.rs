//! Budgets that nodes share: one script call for all rules of a call. Time is Redis's own, so no node's clock matters.
//!
//! Keys are `pw:{tenant}:l:rule:period:budget`: all of a tenant lie in one slot of a cluster. A value is the time at
//! which the budget is full again, and is gone by then. What Redis loses is full.
//!
//! Nodes write down in Redis that they are there, so that each knows its share when Redis is away: the number that was
//! heard last.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use redis::Script;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::local::LocalLimiter;
use super::{Charge, RateLimiter, Verdict};
use crate::limits::{NODE_PRESENCE_EVERY, NODE_PRESENCE_MAX};
use crate::redis_link::Link;

pub struct RedisLimiter {
    link: Arc<Link>,
    charge: Script,
    presence: Script,
    /// Counts while Redis is away.
    local: LocalLimiter,
    nodes: AtomicU32,
}

/// Of each key its place among the charges, the interval, the depth, and whether the rule is only watched. `gcra.rs`
/// says the same. Answers the place that refuses and the wait, or 0, 0 and the places that would have refused.
const CHARGE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local known = redis.call('MGET', unpack(KEYS))
local refused, longest, over, list, full = 0, 0, {}, {}, {}
for i = 1, #KEYS do
  local place, interval = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local depth, watched = tonumber(ARGV[4 * i - 1]), ARGV[4 * i] == '1'
  local full_at = tonumber(known[i] or '') or now
  local next = math.min(math.max(full_at, now), now + depth) + interval
  local wait = next - now - depth
  full[i] = next
  if wait > 0 and watched then
    if not over[place] then
      over[place] = true
      list[#list + 1] = place
    end
  elseif wait > longest then
    refused, longest = place, wait
  end
end
if refused > 0 then return { refused, longest } end
for i = 1, #KEYS do
  if not over[tonumber(ARGV[4 * i - 3])] then
    redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000))
  end
end
return { 0, 0, unpack(list) }
";

/// A node is there; how many are. What is of the future was written by another clock.
const PRESENCE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], now + 1, '+inf')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
";

impl RedisLimiter {
    pub fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            charge: Script::new(CHARGE),
            presence: Script::new(PRESENCE),
            local: LocalLimiter::default(),
            nodes: AtomicU32::new(1),
        }
    }

    /// Keeps saying that this node is there, and how many are.
    pub async fn be_present(&self, instance_id: Uuid, pool: &str, closing: CancellationToken) {
        let mut ticks = interval(NODE_PRESENCE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut say = self.presence.prepare_invoke();
        say.key(format!("pw:nodes:{pool}")).arg(instance_id.simple().to_string()).arg(millis(NODE_PRESENCE_MAX));
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = closing.cancelled() => return,
            }
            let heard: Option<u32> = self.link.ask(async |mut redis| say.invoke_async(&mut redis).await).await;
            if let Some(nodes) = heard {
                self.nodes.store(nodes.max(1), Ordering::Relaxed);
            }
        }
    }

    async fn shared(&self, tenant: Uuid, charges: &[Charge<'_>]) -> Option<Verdict> {
        let tenant = tenant.simple();
        let mut charge = self.charge.prepare_invoke();
        for (place, one) in charges.iter().enumerate() {
            let rule = one.rule.id.simple();
            for window in &one.rule.windows {
                charge.key(format!("pw:{{{tenant}}}:l:{rule}:{}:{:x}", window.period_s, one.budget));
                charge.arg(place + 1).arg(window.interval_us()).arg(window.depth_us());
                charge.arg(u8::from(one.rule.is_watched));
            }
        }
        let said: Vec<u64> = self.link.ask(async |mut redis| charge.invoke_async(&mut redis).await).await?;
        let place = |said: u64| usize::try_from(said).ok()?.checked_sub(1).filter(|place| *place < charges.len());
        match said.split_first_chunk::<2>()? {
            ([0, _], over) => Some(Verdict::Allowed { over: over.iter().filter_map(|one| place(*one)).collect() }),
            ([refused, wait], _) => {
                Some(Verdict::Refused { charge: place(*refused)?, retry_after: Duration::from_micros(*wait) })
            }
        }
    }
}

#[async_trait]
impl RateLimiter for RedisLimiter {
    async fn charge(&self, tenant: Uuid, charges: &[Charge<'_>]) -> Verdict {
        if let Some(verdict) = self.shared(tenant, charges).await {
            return verdict;
        }
        let strict = |one: &Charge<'_>| one.rule.refuses_uncounted && !one.rule.is_watched;
        match charges.iter().position(strict) {
            Some(charge) => Verdict::Uncounted { charge },
            None => self.local.share(tenant, charges, self.nodes()),
        }
    }

    /// Those that share this Redis, as last heard.
    fn nodes(&self) -> u32 {
        self.nodes.load(Ordering::Relaxed)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
