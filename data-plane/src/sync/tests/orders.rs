//! Orders of messages, by hand, against the follower alone.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use proto::convert::uuid_bytes;
use proto::wire::control_message::Message as Control;
use proto::wire::resource::Body;
use proto::wire::{DirectoryUpdate, Hello, Resource, SubscribeRefused, Welcome};
use tokio::time::Instant;
use uuid::Uuid;

use super::script::{begin, chunk, delta, directory, end, full, short};
use crate::clock::FixedClock;
use crate::configuration::Configuration;
use crate::limits;
use crate::metrics::Metrics;
use crate::snapshot::tests::wire::{KEY, TENANT, bad_rule, deleted, resource, server, settings};
use crate::sync::follower::{Follower, Violation};

struct World {
    clock: Arc<FixedClock>,
    configuration: Arc<Configuration>,
    follower: Follower,
    now: Instant,
}

impl World {
    /// Welcomed, with a directory, and asked for the tenant.
    async fn new() -> Self {
        let clock = Arc::new(FixedClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
        let configuration = Arc::new(Configuration::new(clock.clone()));
        let follower = Follower::new(configuration.clone(), Metrics::default(), KEY.clone());
        let mut world = Self { clock, configuration, follower, now: Instant::now() };
        assert_eq!(world.welcome("h1"), Vec::<String>::new());
        assert_eq!(world.take([directory(1, &[(TENANT, "acme")])]), ["directory-ack 1"]);
        world.want().await;
        assert_eq!(world.ask(), ["subscribe 0"]);
        world
    }

    /// With one server at revision 1.
    async fn served() -> Self {
        let mut world = Self::new().await;
        assert_eq!(world.take(full(TENANT, 1, base())), ["ack 1 rejects 0"]);
        world
    }

    fn welcome(&mut self, history_id: &str) -> Vec<String> {
        self.configuration.contact();
        let welcome = Welcome { history_id: history_id.to_owned(), heartbeat_interval_ms: 0 };
        self.follower.welcome(&welcome).iter().map(short).collect()
    }

    async fn want(&mut self) {
        let _not_yet = self.configuration.known(TENANT, Duration::ZERO).await;
        self.follower.note_wanted();
    }

    fn ask(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.follower.ask_for_new()).map(|reply| short(&reply)).collect()
    }

    fn take(&mut self, messages: impl IntoIterator<Item = Control>) -> Vec<String> {
        messages.into_iter().flat_map(|message| self.try_take(message).unwrap()).collect()
    }

    fn try_take(&mut self, message: Control) -> Result<Vec<String>, Violation> {
        Ok(self.follower.take(Some(message), self.now)?.iter().map(short).collect())
    }

    /// Revision and slugs that requests see.
    fn seen(&self) -> (u64, Vec<String>) {
        let snapshot = self.configuration.snapshot(TENANT).unwrap();
        let mut slugs: Vec<_> = snapshot.servers.keys().map(ToString::to_string).collect();
        slugs.sort();
        (snapshot.revision, slugs)
    }

    fn sees(&self, revision: u64, slugs: &[&str]) {
        assert_eq!(self.seen(), (revision, slugs.iter().map(|slug| (*slug).to_owned()).collect()));
    }
}

fn base() -> Vec<Resource> {
    vec![settings(), one()]
}

fn one() -> Resource {
    resource(1, Body::Server(server("one")))
}

fn two() -> Resource {
    resource(2, Body::Server(server("two")))
}

#[tokio::test]
async fn everything_becomes_visible_at_end() {
    let mut world = World::new().await;
    let chunks = [begin(TENANT, true, 0, 1), chunk(TENANT, vec![settings()]), chunk(TENANT, vec![one()])];
    assert_eq!(world.take(chunks), Vec::<String>::new());
    assert!(world.configuration.snapshot(TENANT).is_none());
    assert_eq!(world.take([end(TENANT, 1)]), ["ack 1 rejects 0"]);
    world.sees(1, &["one"]);

    assert_eq!(world.take([begin(TENANT, false, 1, 2), chunk(TENANT, vec![two()])]), Vec::<String>::new());
    assert_eq!(world.take([chunk(TENANT, vec![deleted(1, "server")])]), Vec::<String>::new());
    world.sees(1, &["one"]);
    assert_eq!(world.take([end(TENANT, 2)]), ["ack 2 rejects 0"]);
    world.sees(2, &["two"]);
}

#[tokio::test]
async fn rejects_travel_in_the_ack_and_the_revision_advances() {
    let mut world = World::served().await;
    let rule = resource(40, Body::LimitRule(bad_rule(&[1])));
    assert_eq!(world.take(delta(TENANT, 1, 2, vec![rule, two()])), ["ack 2 rejects 1"]);
    world.sees(2, &["one", "two"]);
}

#[tokio::test]
async fn a_gap_asks_for_all_and_serves_the_old_until_it_is_there() {
    let mut world = World::served().await;
    assert_eq!(world.take(delta(TENANT, 5, 6, vec![two()])), ["subscribe 0"]);
    world.sees(1, &["one"]);
    assert_eq!(world.take(delta(TENANT, 6, 7, vec![])), Vec::<String>::new(), "left over from before");
    world.sees(1, &["one"]);
    assert_eq!(world.take(full(TENANT, 7, vec![settings(), two()])), ["ack 7 rejects 0"]);
    world.sees(7, &["two"]);
}

#[tokio::test]
async fn a_repeated_delta_is_acknowledged_and_not_applied() {
    let mut world = World::served().await;
    assert_eq!(world.take(delta(TENANT, 1, 2, vec![two()])), ["ack 2 rejects 0"]);
    assert_eq!(world.take(delta(TENANT, 1, 2, vec![deleted(1, "server")])), ["ack 2 rejects 0"]);
    assert_eq!(world.take(delta(TENANT, 0, 1, vec![deleted(1, "server")])), ["ack 2 rejects 0"]);
    world.sees(2, &["one", "two"]);
    assert_eq!(world.take(delta(TENANT, 2, 3, vec![deleted(1, "server")])), ["ack 3 rejects 0"]);
    world.sees(3, &["two"]);
}

#[tokio::test]
async fn what_is_out_of_order_costs_a_full_update_and_nothing_else() {
    let wrong: [Vec<Control>; 5] = [
        vec![chunk(TENANT, vec![two()])],
        vec![end(TENANT, 2)],
        vec![begin(TENANT, false, 1, 2), begin(TENANT, false, 1, 2)],
        vec![begin(TENANT, false, 1, 2), end(TENANT, 3)],
        vec![begin(TENANT, false, 1, 0)],
    ];
    for messages in wrong {
        let mut world = World::served().await;
        assert_eq!(world.take(messages), ["subscribe 0"]);
        world.sees(1, &["one"]);
        assert_eq!(world.take(full(TENANT, 2, base())), ["ack 2 rejects 0"]);
    }
}

#[tokio::test]
async fn a_tenant_that_keeps_failing_is_asked_for_after_growing_pauses() {
    let mut world = World::served().await;
    assert_eq!(world.take([end(TENANT, 9)]), ["subscribe 0"]);
    assert_eq!(world.take(full(TENANT, 2, base())), ["ack 2 rejects 0"]);
    for _ in 0..3 {
        assert_eq!(world.take([end(TENANT, 9)]), Vec::<String>::new(), "not at once again");
        assert!(world.follower.ask_again(world.now).is_empty());
        let again = world.follower.ask_again(world.now + limits::RESYNC_PAUSE_MAX);
        assert_eq!(again.iter().map(short).collect::<Vec<_>>(), ["subscribe 0"]);
        assert_eq!(world.take(full(TENANT, 2, base())), ["ack 2 rejects 0"]);
    }
    assert_eq!(world.take(delta(TENANT, 2, 3, vec![])), ["ack 3 rejects 0"]);
    assert_eq!(world.take([end(TENANT, 9)]), ["subscribe 0"], "forgiven");
}

#[tokio::test]
async fn another_history_voids_positions_and_not_the_service() {
    let mut world = World::served().await;
    assert_eq!(world.follower.hello(Hello::default()).have.len(), 1);
    assert_eq!(world.welcome("h2"), ["subscribe 0"]);
    let hello = world.follower.hello(Hello::default());
    assert_eq!((hello.history_id.as_str(), hello.have.len(), hello.directory_revision), ("h2", 0, 0));
    world.sees(1, &["one"]);
    assert!(world.try_take(Control::Directory(DirectoryUpdate::default())).is_err(), "needs a full directory");
    assert_eq!(world.take(delta(TENANT, 1, 2, vec![two()])), Vec::<String>::new());
    world.sees(1, &["one"]);

    // Nobody stands behind the old snapshot any more: it ages although the stream is up.
    let snapshot = world.configuration.snapshot(TENANT).unwrap();
    let now = crate::clock::Clock::now(&*world.clock);
    assert!(!world.configuration.stale(&snapshot, now));
    assert!(world.configuration.stale(&snapshot, now + TimeDelta::seconds(61)));

    assert_eq!(world.take(full(TENANT, 1, vec![settings(), two()])), ["ack 1 rejects 0"]);
    world.sees(1, &["two"]);
    assert!(!world.configuration.stale(&snapshot, now + TimeDelta::seconds(61)));
}

#[tokio::test]
async fn a_control_plane_that_went_back_is_followed() {
    let mut world = World::served().await;
    assert_eq!(world.take(delta(TENANT, 1, 9, vec![two()])), ["ack 9 rejects 0"]);
    assert_eq!(world.welcome("h1"), ["subscribe 9"]);
    assert_eq!(world.take(full(TENANT, 4, base())), ["ack 4 rejects 0"]);
    world.sees(4, &["one"]);
}

#[tokio::test]
async fn half_an_update_is_forgotten_with_its_connection() {
    let mut world = World::served().await;
    world.take([begin(TENANT, false, 1, 2), chunk(TENANT, vec![deleted(1, "server")])]);
    assert_eq!(world.welcome("h1"), ["subscribe 1"]);
    assert_eq!(world.take(delta(TENANT, 1, 2, vec![two()])), ["ack 2 rejects 0"]);
    world.sees(2, &["one", "two"]);
}

#[tokio::test]
async fn tenants_that_leave_the_directory_are_let_go() {
    let mut world = World::served().await;
    assert_eq!(world.take([directory(2, &[])]), ["unsubscribe", "directory-ack 2"]);
    assert!(world.configuration.snapshot(TENANT).is_none());
    assert_eq!(world.take(full(TENANT, 2, base())), Vec::<String>::new(), "nobody asked");
    assert!(world.configuration.snapshot(TENANT).is_none());
}

#[tokio::test]
async fn idle_tenants_are_unsubscribed() {
    let mut world = World::served().await;
    world.clock.advance(TimeDelta::minutes(14));
    assert!(world.follower.drop_idle().is_empty());
    world.sees(1, &["one"]);
    world.clock.advance(TimeDelta::minutes(14));
    assert!(world.follower.drop_idle().is_empty(), "just used");
    world.clock.advance(TimeDelta::minutes(2));
    let dropped = world.follower.drop_idle();
    assert_eq!(dropped.iter().map(short).collect::<Vec<_>>(), ["unsubscribe"]);
    world.want().await;
    assert_eq!(world.ask(), ["subscribe 0"]);
}

#[tokio::test]
async fn refusals() {
    let refused = |retry_after_ms| {
        let code = "subscribe.too_fast".to_owned();
        Control::SubscribeRefused(SubscribeRefused { tenant_id: uuid_bytes(TENANT), code, retry_after_ms })
    };
    let mut world = World::new().await;
    assert_eq!(world.take([refused(1_000)]), Vec::<String>::new());
    assert!(world.follower.ask_again(world.now + Duration::from_millis(900)).is_empty());
    assert_eq!(world.follower.ask_again(world.now + Duration::from_millis(1_000)).len(), 1);
    assert_eq!(world.take(full(TENANT, 1, base())), ["ack 1 rejects 0"]);

    assert_eq!(world.take([refused(0)]), Vec::<String>::new());
    assert!(world.configuration.snapshot(TENANT).is_none(), "refused for good: no longer served");
}

#[tokio::test]
async fn what_breaks_the_stream() {
    let mut world = World::served().await;
    assert!(matches!(world.try_take(super::script::welcome("h1", 0)), Err(Violation::SecondWelcome)));
    assert!(matches!(world.follower.take(None, world.now), Err(Violation::Unknown)));
    let mut malformed = end(TENANT, 1);
    if let Control::End(end) = &mut malformed {
        end.tenant_id = vec![1, 2].into();
    }
    assert!(matches!(world.try_take(malformed), Err(Violation::Convert(_))));
    assert_eq!(world.take(full(Uuid::from_u128(99), 1, base())), Vec::<String>::new(), "nobody's: ignored");
    world.sees(1, &["one"]);
}

#[tokio::test]
async fn snapshots_grow_stale_only_without_the_control_plane() {
    let world = World::served().await;
    let snapshot = world.configuration.snapshot(TENANT).unwrap();
    let now = crate::clock::Clock::now(&*world.clock);
    let later = now + TimeDelta::hours(1);
    assert!(!world.configuration.stale(&snapshot, later), "connected");
    world.configuration.disconnected();
    assert!(!world.configuration.stale(&snapshot, now + TimeDelta::seconds(60)));
    assert!(world.configuration.stale(&snapshot, now + TimeDelta::seconds(61)));
    let never = crate::snapshot::Snapshot { offline_max_s: 0, ..(*snapshot).clone() };
    assert!(world.configuration.stale(&never, now), "0 = not at all");
}
