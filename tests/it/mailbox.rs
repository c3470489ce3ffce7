//! What every mailbox promises, on each of them: memory, one Redis, a Redis Cluster.

use std::sync::Arc;

use bytes::Bytes;
use data_plane::limits::LETTER_BYTES_MAX;
use data_plane::mailbox::memory::Exchange;
use data_plane::mailbox::redis::RedisMailbox;
use data_plane::mailbox::{Letter, MailError, Mailbox, Receipt, Recipient};
use data_plane::map::HashMap;
use data_plane::metrics::Metrics;
use data_plane::redis_link::Link;
use data_plane::snapshot::{SessionKey, Snapshot, TenantStatus};
use data_plane::tasks::Tasks;
use tokio::sync::watch;
use uuid::Uuid;
use world::redis::Redis;

const TENANT: Uuid = Uuid::from_u128(1);

/// One node: its mailbox, and what arrived there.
struct Node {
    instance: Uuid,
    mailbox: Arc<dyn Mailbox>,
    arrived: watch::Receiver<Vec<(Uuid, Letter)>>,
    redis: Option<(Arc<RedisMailbox>, Tasks)>,
}

struct Nodes {
    one: Node,
    two: Node,
    three: Node,
    redis: Option<Redis>,
}

/// Knows the sessions `Uuid::from_u128(7)`, and the keys of one tenant.
fn recipient(secret: u8) -> (Recipient, watch::Receiver<Vec<(Uuid, Letter)>>) {
    let (sender, arrived) = watch::channel(Vec::new());
    let recipient = Recipient {
        snapshot: Box::new(move |tenant| (tenant == TENANT).then(|| Arc::new(snapshot(secret)))),
        deliver: Box::new(move |tenant, letter| {
            let known = match &letter {
                Letter::Reply { correlation, .. } => correlation == "known",
                Letter::Cancel { session, .. } | Letter::Ended { session } | Letter::Listening { session } => {
                    *session == Uuid::from_u128(7)
                }
            };
            sender.send_modify(|all| all.push((tenant, letter)));
            Box::pin(async move { if known { Receipt::Delivered } else { Receipt::Unknown } })
        }),
    };
    (recipient, arrived)
}

fn keys(secret: u8) -> Vec<SessionKey> {
    vec![SessionKey::new(1, [secret; 32].into(), 0)]
}

fn snapshot(secret: u8) -> Snapshot {
    Snapshot {
        tenant_id: TENANT,
        revision: 1,
        status: TenantStatus::Active,
        allowed_origins: Vec::new(),
        offline_max_s: 0,
        calls_off: false,
        blocked_clients: Arc::default(),
        concurrent_calls_max: None,
        servers: HashMap::default(),
        principals: HashMap::default(),
        api_keys: HashMap::default(),
        signing_keys: HashMap::default(),
        session_keys: keys(secret),
        revoked_grants: Arc::default(),
        limits: Arc::default(),
    }
}

fn in_memory() -> Nodes {
    let exchange = Exchange::default();
    let node = || {
        let (recipient, arrived) = recipient(7);
        let instance = Uuid::new_v4();
        Node { instance, mailbox: Arc::new(exchange.join(instance, recipient)), arrived, redis: None }
    };
    Nodes { one: node(), two: node(), three: node(), redis: None }
}

async fn in_redis(redis: Redis) -> Nodes {
    let (one, two, three) = (redis_node(&redis, 7), redis_node(&redis, 7), redis_node(&redis, 7));
    Nodes { one: one.await, two: two.await, three: three.await, redis: Some(redis) }
}

async fn redis_node(redis: &Redis, secret: u8) -> Node {
    let (instance, metrics, tasks) = (Uuid::new_v4(), Metrics::default(), Tasks::default());
    let (recipient, arrived) = recipient(secret);
    let link = Link::new(&redis.config(), &metrics).expect("usable settings");
    let mailbox = RedisMailbox::new(instance, link, recipient, tasks.clone(), &metrics);
    tasks.spawn("mailbox", mailbox.clone().listen(tasks.closing()));
    listening(&mailbox).await;
    Node { instance, mailbox: mailbox.clone(), arrived, redis: Some((mailbox, tasks)) }
}

async fn listening(mailbox: &RedisMailbox) {
    world::eventually("it listens", || async { mailbox.is_listening() }).await;
}

impl Node {
    async fn ask(&self, to: Uuid, letter: Letter) -> Result<Receipt, MailError> {
        self.mailbox.ask(&keys(7), to, TENANT, letter).await
    }

    fn arrived(&self) -> Vec<Letter> {
        self.arrived.borrow().iter().map(|(_, letter)| letter.clone()).collect()
    }

    async fn heard(&mut self, letter: &Letter) {
        let heard = self.arrived.wait_for(|all| all.contains(&(TENANT, letter.clone())));
        tokio::time::timeout(world::PATIENCE, heard).await.expect("it arrives").expect("it listens");
    }
}

/// Runs a promise on every implementation.
macro_rules! on_every_mailbox {
    ($(async fn $name:ident(mut $nodes:ident: Nodes) $body:block)+) => {
        $(mod $name {
            use super::*;

            async fn promise(mut $nodes: Nodes) $body

            #[tokio::test]
            async fn memory() {
                promise(in_memory()).await;
            }

            #[tokio::test]
            async fn redis() {
                promise(in_redis(Redis::start().await).await).await;
            }

            #[tokio::test]
            async fn redis_cluster() {
                promise(in_redis(Redis::start_cluster().await).await).await;
            }
        })+
    };
}

fn reply(correlation: &'static str, body: impl Into<Bytes>) -> Letter {
    Letter::Reply { correlation: correlation.into(), body: body.into() }
}

on_every_mailbox! {
    async fn a_letter_reaches_one_node_and_says_what_it_did(mut nodes: Nodes) {
        let large = Bytes::from(vec![b'x'; LETTER_BYTES_MAX - 100]);
        for letter in [reply("known", "{}"), reply("known", large)] {
            assert_eq!(nodes.one.ask(nodes.two.instance, letter.clone()).await, Ok(Receipt::Delivered));
            nodes.two.heard(&letter).await;
        }
        assert_eq!(nodes.one.ask(nodes.two.instance, reply("other", "{}")).await, Ok(Receipt::Unknown));
        assert_eq!(nodes.one.ask(nodes.one.instance, reply("known", "{}")).await, Ok(Receipt::Delivered), "itself");
        assert_eq!((nodes.one.arrived().len(), nodes.three.arrived().len()), (1, 0));
    }

    async fn a_node_that_is_gone_is_told_apart(mut nodes: Nodes) {
        assert_eq!(nodes.one.ask(Uuid::new_v4(), reply("known", "{}")).await, Err(MailError::Gone));
        let gone = nodes.two.instance;
        if let Some((_, tasks)) = &nodes.two.redis {
            tasks.close().await;
        }
        nodes.two = nodes.three;
        let answer = nodes.one.ask(gone, reply("known", "{}")).await;
        assert_eq!(answer, Err(MailError::Gone));
    }

    async fn all_others_hear_what_is_told_to_all(mut nodes: Nodes) {
        let ended = Letter::Ended { session: Uuid::from_u128(7) };
        let cancel = Letter::Cancel { session: Uuid::from_u128(7), body: "{}".into() };
        for letter in [&ended, &cancel] {
            nodes.one.mailbox.tell_all(&keys(7), TENANT, letter.clone()).await;
            nodes.two.heard(letter).await;
            nodes.three.heard(letter).await;
        }
        assert_eq!(nodes.one.arrived(), [], "but not itself");
    }

    async fn what_is_too_large_is_refused_before_it_leaves(mut nodes: Nodes) {
        let large = reply("known", vec![b'x'; LETTER_BYTES_MAX]);
        assert_eq!(nodes.one.ask(nodes.two.instance, large.clone()).await, Err(MailError::TooLarge));
        assert_eq!(nodes.one.ask(nodes.one.instance, large.clone()).await, Err(MailError::TooLarge));
        nodes.one.mailbox.tell_all(&keys(7), TENANT, large).await;
        let small = reply("known", "{}");
        nodes.one.mailbox.tell_all(&keys(7), TENANT, small.clone()).await;
        nodes.two.heard(&small).await;
        assert_eq!(nodes.two.arrived().len(), 1);
    }
}

#[tokio::test]
async fn atk_29_what_is_sealed_with_other_keys_is_not_read() {
    let mut nodes = in_redis(Redis::start().await).await;
    let stranger = redis_node(nodes.redis.as_ref().expect("it runs"), 8).await;
    assert_eq!(nodes.one.ask(stranger.instance, reply("known", "{}")).await, Err(MailError::Gone));
    assert_eq!(stranger.arrived(), []);
    let (keys, other_tenant) = (keys(7), Uuid::from_u128(9));
    let answer = nodes.one.mailbox.ask(&keys, nodes.two.instance, other_tenant, reply("known", "{}")).await;
    assert_eq!(answer, Err(MailError::Gone), "a tenant it knows nothing of");
    nodes.redis.as_ref().expect("it runs").command(&["PUBLISH", "pw:nodes", "noise"]).await;
    assert_eq!(nodes.one.ask(nodes.two.instance, reply("known", "{}")).await, Ok(Receipt::Delivered));
    nodes.two.heard(&reply("known", "{}")).await;
    assert_eq!(nodes.two.arrived().len(), 1);
}

#[tokio::test]
async fn nodes_find_each_other_again_after_redis_was_away() {
    let mut nodes = in_redis(Redis::start().await).await;
    let redis = nodes.redis.as_mut().expect("it runs");
    redis.stop().await;
    let away = nodes.one.ask(nodes.two.instance, reply("known", "{}")).await;
    assert!(matches!(away, Err(MailError::Away | MailError::Gone)), "{away:?}");
    redis.restart().await;
    world::eventually("letters arrive again", || async {
        nodes.one.ask(nodes.two.instance, reply("known", "{}")).await == Ok(Receipt::Delivered)
    })
    .await;
    let ended = Letter::Ended { session: Uuid::from_u128(7) };
    let (three, _) = nodes.three.redis.as_ref().expect("it runs");
    listening(three).await;
    nodes.one.mailbox.tell_all(&keys(7), TENANT, ended.clone()).await;
    nodes.three.heard(&ended).await;
}
