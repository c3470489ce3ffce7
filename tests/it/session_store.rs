//! What every session store promises, on each of them: memory, one Redis, Redis behind TLS, a Redis Cluster.

use std::sync::Arc;
use std::time::Duration;

use data_plane::metrics::Metrics;
use data_plane::redis_link::Link;
use data_plane::session_store::memory::MemoryStore;
use data_plane::session_store::redis::RedisStore;
use data_plane::session_store::{
    Lifetimes, Loaded, Saved, SessionAt, SessionStore, TooMany, UpstreamSession, Wish, Wishes,
};
use data_plane::snapshot::SessionKey;
use reqwest::header::HeaderValue;
use uuid::Uuid;
use world::redis::Redis;

const LONG: Lifetimes = Lifetimes { idle: Duration::from_secs(600), ended: Duration::from_secs(600) };
/// Ends while the test looks on.
const SHORT: Lifetimes = Lifetimes { idle: Duration::from_millis(300), ended: Duration::from_millis(300) };

/// Stores of two nodes that share what they store.
struct Nodes {
    one: Arc<dyn SessionStore>,
    two: Arc<dyn SessionStore>,
    _redis: Option<Redis>,
}

fn in_memory(lifetimes: Lifetimes) -> Nodes {
    let store: Arc<dyn SessionStore> = Arc::new(MemoryStore::new(lifetimes));
    Nodes { one: store.clone(), two: store, _redis: None }
}

fn in_redis(redis: Redis, lifetimes: Lifetimes) -> Nodes {
    let store = || redis_store(&redis, lifetimes);
    Nodes { one: store(), two: store(), _redis: Some(redis) }
}

fn redis_store(redis: &Redis, lifetimes: Lifetimes) -> Arc<dyn SessionStore> {
    let link = Link::new(&redis.config(), &Metrics::default()).expect("usable settings");
    Arc::new(RedisStore::new(link, lifetimes))
}

/// Runs a promise on every implementation.
macro_rules! on_every_store {
    ($($(#[$doc:meta])* async fn $name:ident($nodes:ident: Nodes, $lifetimes:expr) $body:block)+) => {
        $($(#[$doc])* mod $name {
            use super::*;

            async fn promise($nodes: Nodes) $body

            #[tokio::test]
            async fn memory() {
                promise(in_memory($lifetimes)).await;
            }

            #[tokio::test]
            async fn redis() {
                promise(in_redis(Redis::start().await, $lifetimes)).await;
            }

            #[tokio::test]
            async fn redis_tls() {
                promise(in_redis(Redis::start_tls().await, $lifetimes)).await;
            }

            #[tokio::test]
            async fn redis_cluster() {
                promise(in_redis(Redis::start_cluster().await, $lifetimes)).await;
            }
        })+
    };
}

fn keys() -> Vec<SessionKey> {
    vec![SessionKey::new(1, [7; 32].into(), 0)]
}

fn at() -> SessionAt {
    SessionAt { tenant: Uuid::from_u128(1), holder: Uuid::from_u128(2), server: Uuid::from_u128(3), credential: 0 }
}

fn upstream(id: &'static str) -> Arc<UpstreamSession> {
    let url = "https://up.example/mcp".parse().expect("a URL");
    let id = Some(HeaderValue::from_static(id));
    Arc::new(UpstreamSession::new(url, id, HeaderValue::from_static("2025-06-18")))
}

fn uris(wishes: &Wishes) -> Vec<&str> {
    wishes.subscriptions.iter().map(String::as_str).collect()
}

on_every_store! {
    async fn what_one_node_saves_the_other_loads(nodes: Nodes, LONG) {
        let keys = keys();
        assert_eq!(nodes.one.load(&keys, at()).await, Loaded::Missing);
        let session = upstream("up-1");
        assert_eq!(nodes.one.save(&keys, at(), &session, None).await, Saved::Kept);
        assert_eq!(nodes.one.load(&keys, at()).await, Loaded::Found(session.clone()));
        assert_eq!(nodes.two.load(&keys, at()).await, Loaded::Found(session));
        let without_id = Arc::new(UpstreamSession { id: None, ..UpstreamSession::clone(&upstream("x")) });
        let elsewhere = SessionAt { server: Uuid::from_u128(33), ..at() };
        nodes.two.save(&keys, elsewhere, &without_id, None).await;
        assert_eq!(nodes.one.load(&keys, elsewhere).await, Loaded::Found(without_id));
    }

    async fn another_tenant_holder_server_or_credential_sees_nothing(nodes: Nodes, LONG) {
        let keys = keys();
        nodes.one.save(&keys, at(), &upstream("up-1"), None).await;
        let other = Uuid::from_u128(99);
        for foreign in [
            SessionAt { tenant: other, ..at() },
            SessionAt { holder: other, ..at() },
            SessionAt { server: other, ..at() },
            SessionAt { credential: 1, ..at() },
        ] {
            for node in [&nodes.one, &nodes.two] {
                assert_eq!(node.load(&keys, foreign).await, Loaded::Missing, "{foreign:?}");
            }
        }
        nodes.two.end(&keys, other, at().holder).await;
        assert!(matches!(nodes.one.load(&keys, at()).await, Loaded::Found(_)), "nor can it end anything");
    }

    /// Two nodes open at once: calls may be running in the first, so the second is given up.
    async fn the_first_of_two_stays(nodes: Nodes, LONG) {
        let keys = keys();
        let (first, second) = (upstream("up-1"), upstream("up-2"));
        assert_eq!(nodes.one.save(&keys, at(), &first, None).await, Saved::Kept);
        assert_eq!(nodes.two.save(&keys, at(), &second, None).await, Saved::Instead(first.clone()));
        assert_eq!(nodes.two.load(&keys, at()).await, Loaded::Found(first.clone()));
        let replaced = nodes.two.save(&keys, at(), &second, Some(first.opened)).await;
        assert_eq!(replaced, Saved::Kept, "a replacement names what it replaces");
        assert_eq!(nodes.one.load(&keys, at()).await, Loaded::Found(second));
    }

    async fn one_with_another_credential_takes_the_place(nodes: Nodes, LONG) {
        let keys = keys();
        let renewed = SessionAt { credential: 2, ..at() };
        nodes.one.save(&keys, at(), &upstream("up-1"), None).await;
        let second = upstream("up-2");
        assert_eq!(nodes.two.save(&keys, renewed, &second, None).await, Saved::Kept);
        assert_eq!(nodes.one.load(&keys, renewed).await, Loaded::Found(second));
        assert_eq!(nodes.one.load(&keys, at()).await, Loaded::Missing);
    }

    async fn forgetting_leaves_a_newer_one(nodes: Nodes, LONG) {
        let keys = keys();
        let (lost, newer) = (upstream("up-1"), upstream("up-2"));
        nodes.one.save(&keys, at(), &lost, None).await;
        nodes.one.forget(at(), lost.opened).await;
        assert_eq!(nodes.two.load(&keys, at()).await, Loaded::Missing);
        nodes.two.save(&keys, at(), &newer, None).await;
        nodes.one.forget(at(), lost.opened).await;
        assert_eq!(nodes.one.load(&keys, at()).await, Loaded::Found(newer.clone()));
        nodes.two.forget(at(), newer.opened).await;
        assert_eq!(nodes.one.load(&keys, at()).await, Loaded::Missing);
    }

    async fn an_ended_session_stays_ended(nodes: Nodes, LONG) {
        let keys = keys();
        let (first, second) = (upstream("up-1"), upstream("up-2"));
        let elsewhere = SessionAt { server: Uuid::from_u128(33), ..at() };
        nodes.one.save(&keys, at(), &first, None).await;
        nodes.two.save(&keys, elsewhere, &second, None).await;
        nodes.one.remember(&keys, at(), Wish::LogLevel("debug".into())).await.expect("room");
        let mut ended = nodes.two.end(&keys, at().tenant, at().holder).await;
        ended.sort_by_key(|session| session.id.clone().map(|id| id.as_bytes().to_vec()));
        assert_eq!(ended, [first, second], "all of its upstream sessions, also those of another node");
        for node in [&nodes.one, &nodes.two] {
            assert_eq!(node.load(&keys, at()).await, Loaded::Ended);
            assert_eq!(node.load(&keys, elsewhere).await, Loaded::Ended);
            assert_eq!(node.save(&keys, at(), &upstream("late"), None).await, Saved::Ended);
            assert_eq!(node.load(&keys, at()).await, Loaded::Ended, "not brought back");
        }
        assert_eq!(nodes.one.end(&keys, at().tenant, at().holder).await, [], "nothing is left to end");
        assert_eq!(nodes.one.wishes(&keys, at()).await, Wishes::default());
    }

    async fn wishes_are_remembered_for_the_next_upstream_session(nodes: Nodes, LONG) {
        let keys = keys();
        let remember = async |node: &Arc<dyn SessionStore>, wish| node.remember(&keys, at(), wish).await;
        assert_eq!(nodes.one.wishes(&keys, at()).await, Wishes::default());
        for uri in ["b:2", "a:1", "c:3", "a:1"] {
            remember(&nodes.one, Wish::Subscribed(uri.into())).await.expect("room");
        }
        for level in ["debug", "error"] {
            remember(&nodes.one, Wish::LogLevel(level.into())).await.expect("room");
        }
        remember(&nodes.two, Wish::Unsubscribed("c:3".into())).await.expect("room");
        remember(&nodes.two, Wish::Unsubscribed("never:9".into())).await.expect("room");
        let lost = upstream("up-1");
        nodes.one.save(&keys, at(), &lost, None).await;
        nodes.one.forget(at(), lost.opened).await;
        for node in [&nodes.one, &nodes.two] {
            let wishes = node.wishes(&keys, at()).await;
            assert_eq!((uris(&wishes), wishes.log_level.as_deref()), (vec!["a:1", "b:2"], Some("error")));
            let elsewhere = SessionAt { server: Uuid::from_u128(33), ..at() };
            assert_eq!(node.wishes(&keys, elsewhere).await, Wishes::default());
            let renewed = SessionAt { credential: 7, ..at() };
            assert_eq!(uris(&node.wishes(&keys, renewed).await), ["a:1", "b:2"], "whatever the credential");
        }
    }

    async fn there_is_no_end_of_wishes_but_of_memory(nodes: Nodes, LONG) {
        use data_plane::limits::{SUBSCRIPTION_URI_BYTES_MAX, SUBSCRIPTIONS_PER_SESSION_MAX};
        let keys = keys();
        let remember = async |node: &Arc<dyn SessionStore>, uri: String| {
            node.remember(&keys, at(), Wish::Subscribed(uri)).await
        };
        for number in 0..SUBSCRIPTIONS_PER_SESSION_MAX {
            let node = if number % 2 == 0 { &nodes.one } else { &nodes.two };
            assert_eq!(remember(node, format!("a:{number}")).await, Ok(()), "{number}");
        }
        assert_eq!(remember(&nodes.one, "one:more".into()).await, Err(TooMany));
        assert_eq!(remember(&nodes.one, "a:0".into()).await, Ok(()), "known already");
        assert_eq!(nodes.one.remember(&keys, at(), Wish::LogLevel("info".into())).await, Ok(()));
        nodes.one.remember(&keys, at(), Wish::Unsubscribed("a:0".into())).await.expect("room");
        assert_eq!(remember(&nodes.two, "one:more".into()).await, Ok(()), "room again");
        let long = "x".repeat(SUBSCRIPTION_URI_BYTES_MAX + 1);
        assert_eq!(remember(&nodes.two, long).await, Err(TooMany));
        assert_eq!(nodes.two.wishes(&keys, at()).await.subscriptions.len(), SUBSCRIPTIONS_PER_SESSION_MAX);
    }

    async fn what_nobody_uses_goes(nodes: Nodes, SHORT) {
        let keys = keys();
        nodes.one.save(&keys, at(), &upstream("up-1"), None).await;
        let ended = SessionAt { holder: Uuid::from_u128(22), ..at() };
        nodes.one.end(&keys, ended.tenant, ended.holder).await;
        // Looking keeps alive: the sessions of other holders are looked at.
        let gone = async |at: SessionAt, node: &Arc<dyn SessionStore>| node.load(&keys, at).await == Loaded::Missing;
        world::eventually("the mark of the end goes", || gone(ended, &nodes.two)).await;
        let wishes_gone = async || nodes.two.wishes(&keys, at()).await == Wishes::default();
        world::eventually("nothing is known", wishes_gone).await;
        let mut pause = tokio::time::interval(SHORT.idle * 2);
        pause.tick().await;
        pause.tick().await;
        assert!(gone(at(), &nodes.two).await && gone(at(), &nodes.one).await);
    }
}

#[tokio::test]
async fn redis_never_holds_anything_in_clear_and_what_was_tampered_with_is_missing() {
    let redis = Redis::start().await;
    let (one, two) = (redis_store(&redis, LONG), redis_store(&redis, LONG));
    let keys = keys();
    one.save(&keys, at(), &upstream("secret-upstream-id"), None).await;
    one.remember(&keys, at(), Wish::Subscribed("secret:uri".into())).await.expect("room");
    one.remember(&keys, at(), Wish::LogLevel("secretly".into())).await.expect("room");
    let dump = redis.dump().await;
    assert!(dump.starts_with(b"pw:{") && dump.len() > 300, "there is something: {}", dump.len());
    for secret in [&b"secret"[..], b"up.example", b"2025-06-18"] {
        assert!(!dump.windows(secret.len()).any(|bytes| bytes == secret), "{}", String::from_utf8_lossy(secret));
    }

    let others = vec![SessionKey::new(1, [8; 32].into(), 0)];
    assert_eq!(two.load(&others, at()).await, Loaded::Missing, "another tenant's keys open nothing");
    redis.tamper().await;
    assert_eq!(two.load(&keys, at()).await, Loaded::Missing);
    assert_eq!(two.wishes(&keys, at()).await, Wishes::default());
    let healed = upstream("up-2");
    assert_eq!(two.save(&keys, at(), &healed, None).await, Saved::Kept, "it makes way");
    assert_eq!(one.load(&keys, at()).await, Loaded::Found(healed));
}

#[tokio::test]
async fn a_node_remembers_by_itself_while_redis_is_away_and_tells_it_afterwards() {
    let mut redis = Redis::start().await;
    let (one, two) = (redis_store(&redis, LONG), redis_store(&redis, LONG));
    let keys = keys();
    let before = upstream("up-1");
    one.save(&keys, at(), &before, None).await;
    let ended = SessionAt { holder: Uuid::from_u128(22), ..at() };
    one.save(&keys, ended, &upstream("up-2"), None).await;
    redis.stop().await;
    assert_eq!(one.load(&keys, at()).await, Loaded::Found(before), "what it knew");
    assert_eq!(two.load(&keys, at()).await, Loaded::Missing, "and no more");
    let meanwhile = SessionAt { holder: Uuid::from_u128(23), ..at() };
    let session = upstream("up-3");
    assert_eq!(one.save(&keys, meanwhile, &session, None).await, Saved::Kept);
    assert_eq!(one.end(&keys, ended.tenant, ended.holder).await.len(), 1);
    assert_eq!(one.load(&keys, ended).await, Loaded::Ended);
    one.remember(&keys, meanwhile, Wish::LogLevel("debug".into())).await.expect("room");

    redis.restart().await;
    world::eventually("the second node hears of it", || async {
        one.load(&keys, meanwhile).await;
        two.load(&keys, meanwhile).await == Loaded::Found(session.clone())
    })
    .await;
    assert_eq!(one.load(&keys, ended).await, Loaded::Ended);
    assert_eq!(two.load(&keys, ended).await, Loaded::Ended);
    assert_eq!(one.load(&keys, at()).await, Loaded::Missing, "what Redis lost is opened anew");
    one.wishes(&keys, meanwhile).await;
    assert_eq!(two.wishes(&keys, meanwhile).await.log_level.as_deref(), Some("debug"));
}
