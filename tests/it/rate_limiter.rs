//! What every limiter promises, on each of them: memory, one Redis, Redis behind TLS, a Redis Cluster. And what nodes do
//! when their Redis is slow, gone, or has forgotten everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use data_plane::limiter::gcra::Window;
use data_plane::limiter::local::LocalLimiter;
use data_plane::limiter::redis::RedisLimiter;
use data_plane::limiter::{Charge, RateLimiter, Verdict};
use data_plane::metrics::Metrics;
use data_plane::redis_link::Link;
use data_plane::snapshot::LimitRule;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use world::redis::Redis;

const DAY: u32 = 86_400;
const ALLOWED: Verdict = Verdict::Allowed { over: Vec::new() };

/// Limiters of three nodes that share the budgets.
struct Nodes {
    all: [Arc<dyn RateLimiter>; 3],
    _redis: Option<Redis>,
}

fn in_memory() -> Nodes {
    let limiter: Arc<dyn RateLimiter> = Arc::new(LocalLimiter::default());
    Nodes { all: [limiter.clone(), limiter.clone(), limiter], _redis: None }
}

fn in_redis(redis: Redis) -> Nodes {
    let limiter = || -> Arc<dyn RateLimiter> { Arc::new(redis_limiter(&redis, None)) };
    Nodes { all: [limiter(), limiter(), limiter()], _redis: Some(redis) }
}

fn redis_limiter(redis: &Redis, deadline: Option<Duration>) -> RedisLimiter {
    let mut config = redis.config();
    config.deadline = deadline.unwrap_or(config.deadline);
    RedisLimiter::new(Link::new(&config, &Metrics::default()).expect("usable settings"))
}

/// Runs a promise on every implementation.
macro_rules! on_every_limiter {
    ($($(#[$doc:meta])* async fn $name:ident($nodes:ident: Nodes) $body:block)+) => {
        $($(#[$doc])* mod $name {
            use super::*;

            async fn promise($nodes: Nodes) $body

            #[tokio::test]
            async fn memory() {
                promise(in_memory()).await;
            }

            #[tokio::test]
            async fn redis() {
                promise(in_redis(Redis::start().await)).await;
            }

            #[tokio::test]
            async fn redis_tls() {
                promise(in_redis(Redis::start_tls().await)).await;
            }

            #[tokio::test]
            async fn redis_cluster() {
                promise(in_redis(Redis::start_cluster().await)).await;
            }
        })+
    };
}

fn tenant() -> Uuid {
    Uuid::from_u128(1)
}

/// So many a day.
fn rule(number: u128, limit: u64) -> LimitRule {
    LimitRule::plain(Uuid::from_u128(number), limit, DAY)
}

fn with_windows(number: u128, windows: &[(u64, u32, u64)]) -> LimitRule {
    let mut rule = rule(number, 1);
    let window = |&(limit, period_s, burst): &(u64, u32, u64)| Window::new(limit, period_s, burst).expect("a window");
    rule.windows = windows.iter().map(window).collect();
    rule
}

fn charge(rule: &LimitRule, budget: u128) -> Charge<'_> {
    Charge { rule, budget }
}

/// How many of so many calls are let through.
async fn let_through(limiter: &dyn RateLimiter, charges: &[Charge<'_>], calls: usize) -> usize {
    let mut count = 0;
    for _ in 0..calls {
        count += usize::from(matches!(limiter.charge(tenant(), charges).await, Verdict::Allowed { .. }));
    }
    count
}

#[track_caller]
fn refused(verdict: Verdict) -> (usize, Duration) {
    match verdict {
        Verdict::Refused { charge, retry_after } => (charge, retry_after),
        other => panic!("{other:?}"),
    }
}

on_every_limiter! {
    async fn as_many_as_the_limit_says_and_then_when_to_come_back(nodes: Nodes) {
        let rule = rule(1, 5);
        for call in 0..5 {
            assert_eq!(nodes.all[call % 3].charge(tenant(), &[charge(&rule, 0)]).await, ALLOWED);
        }
        let (place, wait) = refused(nodes.all[0].charge(tenant(), &[charge(&rule, 0)]).await);
        let interval = Duration::from_secs(u64::from(DAY) / 5);
        assert!(place == 0 && wait <= interval && wait > interval - Duration::from_secs(60), "{wait:?}");
    }

    async fn budgets_rules_and_tenants_are_apart(nodes: Nodes) {
        let (one, other) = (rule(1, 1), rule(2, 1));
        for charges in [[charge(&one, 0)], [charge(&one, 1)], [charge(&one, u128::MAX)], [charge(&other, 0)]] {
            assert_eq!(let_through(&*nodes.all[0], &charges, 3).await, 1);
        }
        assert_eq!(nodes.all[0].charge(Uuid::from_u128(2), &[charge(&one, 0)]).await, ALLOWED);
    }

    async fn a_refused_call_is_charged_nowhere(nodes: Nodes) {
        let (wide, narrow) = (rule(1, 10), rule(2, 3));
        let both = [charge(&wide, 0), charge(&narrow, 0)];
        assert_eq!(let_through(&*nodes.all[0], &both, 20).await, 3);
        let (place, _) = refused(nodes.all[1].charge(tenant(), &both).await);
        assert_eq!(place, 1, "the narrow one refuses");
        assert_eq!(let_through(&*nodes.all[2], &both[..1], 20).await, 7);
    }

    async fn every_window_must_have_room(nodes: Nodes) {
        let rule = with_windows(1, &[(3, DAY, 0), (20, 1, 1)]);
        let charges = [charge(&rule, 0)];
        assert_eq!(nodes.all[0].charge(tenant(), &charges).await, ALLOWED);
        let (_, wait) = refused(nodes.all[0].charge(tenant(), &charges).await);
        assert!(wait <= Duration::from_millis(50), "{wait:?}");
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(80)).await;
            assert_eq!(nodes.all[1].charge(tenant(), &charges).await, ALLOWED);
        }
        tokio::time::sleep(Duration::from_millis(80)).await;
        let (_, wait) = refused(nodes.all[2].charge(tenant(), &charges).await);
        assert!(wait > Duration::from_secs(3_600), "the day is used up: {wait:?}");
    }

    async fn a_watched_rule_counts_and_refuses_nothing(nodes: Nodes) {
        let (mut watched, other) = (rule(1, 2), rule(2, 4));
        watched.is_watched = true;
        let both = [charge(&watched, 0), charge(&other, 0)];
        for over in [vec![], vec![], vec![0], vec![0]] {
            assert_eq!(nodes.all[0].charge(tenant(), &both).await, Verdict::Allowed { over });
        }
        let (place, _) = refused(nodes.all[0].charge(tenant(), &both).await);
        assert_eq!(place, 1);
        // Enforced from now on, it has counted what it saw.
        watched.is_watched = false;
        assert_eq!(let_through(&*nodes.all[1], &[charge(&watched, 0)], 3).await, 0);
    }

    async fn a_larger_limit_is_there_at_once_and_a_smaller_one_too(nodes: Nodes) {
        let (small, large) = (rule(1, 2), rule(1, 100));
        assert_eq!(let_through(&*nodes.all[0], &[charge(&small, 0)], 5).await, 2);
        // Used up stays used up, in proportion; the wait is the new one.
        let (_, wait) = refused(nodes.all[0].charge(tenant(), &[charge(&large, 0)]).await);
        assert!(wait <= Duration::from_secs(u64::from(DAY) / 100), "{wait:?}");
    }

    /// Never one more than the limit, whoever asks where.
    async fn exact_under_many_at_once(nodes: Nodes) {
        let rule = Arc::new(rule(1, 500));
        let clients = (0..64).map(|client| {
            let (limiter, rule) = (nodes.all[client % 3].clone(), rule.clone());
            world::spawn(async move { let_through(&*limiter, &[charge(&rule, 0)], 20).await })
        });
        let mut through = 0;
        for client in clients.collect::<Vec<_>>() {
            through += client.await.unwrap();
        }
        assert_eq!(through, 500);
    }
}

#[tokio::test]
async fn without_redis_each_rule_does_what_it_says() {
    let mut redis = Redis::start().await;
    let limiters = [redis_limiter(&redis, None), redis_limiter(&redis, None)];
    let closing = CancellationToken::new();
    let present = |place: usize| limiters[place].be_present(Uuid::from_u128(place as u128), "default", closing.clone());
    let story = async {
        world::eventually("both nodes know of each other", || async { limiters.iter().all(|one| one.nodes() == 2) })
            .await;
        let (shared, mut strict) = (rule(1, 10), rule(2, 10));
        strict.refuses_uncounted = true;
        let both = [charge(&shared, 0), charge(&strict, 0)];
        assert_eq!(limiters[0].charge(tenant(), &both).await, ALLOWED);
        redis.stop().await;
        assert_eq!(limiters[0].charge(tenant(), &both).await, Verdict::Uncounted { charge: 1 });
        strict.is_watched = true;
        assert_eq!(
            limiters[0].charge(tenant(), &[charge(&strict, 0)]).await,
            ALLOWED,
            "what is only watched stops nothing"
        );
        for limiter in &limiters {
            assert_eq!(let_through(limiter, &[charge(&shared, 0)], 20).await, 5, "half of it is each one's");
        }
        redis.restart().await;
        let fresh = AtomicU64::new(1);
        world::eventually("Redis counts again", || async {
            let budget = fresh.fetch_add(1, Ordering::Relaxed).into();
            let_through(&limiters[0], &[charge(&shared, budget)], 1).await == 1
                && let_through(&limiters[1], &[charge(&shared, budget)], 20).await == 9
        })
        .await;
        closing.cancel();
    };
    tokio::join!(story, present(0), present(1));
}

#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up() {
    let redis = Redis::start().await;
    let limiter = redis_limiter(&redis, Some(Duration::from_millis(50)));
    let (shared, mut strict) = (rule(1, 1_000), rule(2, 1_000));
    strict.refuses_uncounted = true;
    world::eventually("it is connected", || async { limiter.charge(tenant(), &[charge(&strict, 0)]).await == ALLOWED })
        .await;
    redis.command(&["CLIENT", "PAUSE", "5000", "ALL"]).await;
    let started = Instant::now();
    for _ in 0..200 {
        assert_eq!(limiter.charge(tenant(), &[charge(&shared, 0)]).await, ALLOWED);
    }
    // Three deadlines, then nobody asks but once in a while.
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!(limiter.charge(tenant(), &[charge(&strict, 0)]).await, Verdict::Uncounted { charge: 0 });
}

#[tokio::test]
async fn a_flushed_redis_begins_anew_and_holds_no_names() {
    let redis = Redis::start().await;
    let limiter = redis_limiter(&redis, None);
    let rule = rule(1, 2);
    assert_eq!(let_through(&limiter, &[charge(&rule, 0)], 5).await, 2);
    let dump = String::from_utf8_lossy(&redis.dump().await).into_owned();
    assert_eq!(dump, format!("pw:{{{}}}:l:{}:{DAY}:0", tenant().simple(), rule.id.simple()));
    redis.flush().await;
    assert_eq!(let_through(&limiter, &[charge(&rule, 0)], 5).await, 2);
    // What no limiter wrote, and a time of another clock.
    let key = dump.as_str();
    redis.command(&["SET", key, "nonsense"]).await;
    assert_eq!(let_through(&limiter, &[charge(&rule, 0)], 5).await, 2);
    redis.command(&["SET", key, "9007199254740991"]).await;
    let (_, wait) = refused(limiter.charge(tenant(), &[charge(&rule, 0)]).await);
    assert!(wait <= Duration::from_secs(u64::from(DAY) / 2), "a clock that was set back: {wait:?}");
}
