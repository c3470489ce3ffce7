//! One connection to the control plane: hello, then messages and heartbeats both ways until it ends.

use std::time::Duration;

use proto::convert::uuid_bytes;
use proto::wire::config_sync_client::ConfigSyncClient;
use proto::wire::control_message::Message as Control;
use proto::wire::node_message::Message as Reply;
use proto::wire::{ControlMessage, Heartbeat, Hello, NodeMessage, Welcome};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::channel::ControlPlane;
use super::follower::{Follower, Violation};
use crate::snapshot::apply::CAPABILITIES;
use crate::{Node, drain, limits};

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("cannot connect: {0}")]
    Connect(#[from] tonic::transport::Error),
    #[error("refused: {}", .0.message())]
    Status(#[from] Box<tonic::Status>),
    #[error("the control plane closed the stream")]
    Closed,
    #[error("the control plane fell silent")]
    Silent,
    #[error("the stream breaks the contract: {0}")]
    Violation(#[from] Violation),
    #[error("the first message is no welcome")]
    NoWelcome,
}

/// A welcomed stream.
pub(super) struct Session {
    incoming: Streaming<ControlMessage>,
    outbox: mpsc::Sender<NodeMessage>,
    welcome: Welcome,
}

impl Session {
    /// Connects, says who the node is and what it has, and waits for the welcome.
    pub(super) async fn open(node: &Node, plane: &ControlPlane, follower: &Follower) -> Result<Self, Ended> {
        let (channel, bearer) = plane.connect().await?;
        let mut client = ConfigSyncClient::with_interceptor(channel, bearer)
            .max_decoding_message_size(limits::STREAM_MESSAGE_BYTES_MAX);
        let (outbox, messages) = mpsc::channel(limits::STREAM_OUTBOX_MAX);
        let hello = Reply::Hello(follower.hello(identity(node)));
        outbox.send(NodeMessage { message: Some(hello) }).await.map_err(|_| Ended::Closed)?;
        let opened = async {
            let mut incoming = client.stream(ReceiverStream::new(messages)).await.map_err(Box::new)?.into_inner();
            let first = incoming.message().await.map_err(Box::new)?.ok_or(Ended::Closed)?;
            let Some(Control::Welcome(welcome)) = first.message else { return Err(Ended::NoWelcome) };
            Ok(Self { incoming, outbox, welcome })
        };
        timeout(limits::STREAM_SILENCE_MAX, opened).await.unwrap_or(Err(Ended::Silent))
    }

    /// Follows the stream until it ends. `Ok`: the node closes.
    pub(super) async fn follow(mut self, node: &Node, follower: &mut Follower) -> Result<(), Ended> {
        let closing = node.tasks.closing();
        let every = heartbeat_every(&self.welcome);
        let silence_max = every.saturating_mul(5);
        let mut heartbeat = ticks(every);
        let mut pace = ticks(Duration::from_secs(1) / limits::NEW_SUBSCRIPTIONS_PER_S);
        let mut sweep = ticks(limits::SUBSCRIPTION_SWEEP_EVERY);
        let mut last_heard = Instant::now();
        node.configuration.contact();
        self.send(follower.welcome(&self.welcome)).await?;
        loop {
            // In this order: the timers are rare, and a flood of messages must not keep them from firing; silence
            // comes last, because a message that waits behind a long update is none.
            let replies = tokio::select! {
                biased;
                () = closing.cancelled() => return Ok(()),
                _ = heartbeat.tick() => {
                    self.send(vec![beat(node)]).await?;
                    follower.ask_again(Instant::now())
                }
                () = node.configuration.wanted() => {
                    follower.note_wanted();
                    Vec::new()
                }
                _ = pace.tick(), if follower.has_new() => follower.ask_for_new().into_iter().collect(),
                _ = sweep.tick() => follower.drop_idle(),
                message = self.incoming.message() => {
                    let message = message.map_err(Box::new)?.ok_or(Ended::Closed)?;
                    node.configuration.contact();
                    let replies = match message.message {
                        Some(Control::Drain(order)) => {
                            node.drain.ask(order.on);
                            vec![beat(node)]
                        }
                        other => follower.take(other, Instant::now())?,
                    };
                    last_heard = Instant::now();
                    replies
                }
                () = sleep_until(last_heard + silence_max) => return Err(Ended::Silent),
            };
            self.send(replies).await?;
        }
    }

    /// A control plane that does not read is as dead as one that does not speak.
    async fn send(&self, replies: Vec<Reply>) -> Result<(), Ended> {
        for message in replies {
            let message = NodeMessage { message: Some(message) };
            self.outbox.send_timeout(message, limits::STREAM_SILENCE_MAX).await.map_err(|_| Ended::Silent)?;
        }
        Ok(())
    }
}

fn identity(node: &Node) -> Hello {
    Hello {
        node_id: node.config.node_id.clone(),
        instance_id: uuid_bytes(node.instance_id),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pool: node.config.pool.clone(),
        region: node.config.region.clone(),
        capabilities: CAPABILITIES.map(str::to_owned).to_vec(),
        ..Hello::default()
    }
}

fn beat(node: &Node) -> Reply {
    let sent_unix_ms = u64::try_from(node.clock.now().timestamp_millis()).unwrap_or(0);
    Reply::Heartbeat(Heartbeat { sent_unix_ms, load: Some(drain::load(node)) })
}

fn heartbeat_every(welcome: &Welcome) -> Duration {
    match welcome.heartbeat_interval_ms {
        0 => limits::HEARTBEAT_EVERY,
        named => Duration::from_millis(named.into()).clamp(limits::HEARTBEAT_EVERY_MIN, limits::HEARTBEAT_EVERY_MAX),
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
