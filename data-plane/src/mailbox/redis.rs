//! Nodes on several machines, over Redis publish and subscribe: a channel per node and one for all of them.
//!
//! Not streams or lists: nobody is helped by a letter that arrives late, what nobody read would have to be cleaned up,
//! and the answer of the recipient says more than a queue could. What gets lost while a subscription is made anew is
//! told to its sender as [`MailError::Gone`]. Any node of a Redis Cluster passes on what is published at any other.
//!
//! A letter is sealed with the tenant's session keys; its envelope and the channel are associated data, so that it
//! cannot be sent on to another node or answered by anybody else.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::StreamExt as _;
use prometheus_client::metrics::counter::Counter;
use redis::aio::PubSub;
use redis::{Cmd, RedisResult};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::envelope::{Channel, Envelope, Kind};
use super::{Letter, MailError, Mailbox, Receipt, Recipient};
use crate::limits::{
    LETTER_ANSWER_TIMEOUT, LETTER_BYTES_MAX, LETTERS_READING_MAX, LETTERS_UNANSWERED_MAX, REDIS_CONNECT_TIMEOUT,
    RESUBSCRIBE_PAUSE, SUBSCRIPTION_PING_EVERY,
};
use crate::metrics::Metrics;
use crate::redis_link::Link;
use crate::snapshot::SessionKey;
use crate::tasks::Tasks;

pub struct RedisMailbox {
    instance: Uuid,
    link: Arc<Link>,
    recipient: Recipient,
    tasks: Tasks,
    /// Who waits for the answer to which letter.
    asking: Mutex<HashMap<Uuid, oneshot::Sender<Receipt>>>,
    reading: Arc<Semaphore>,
    listening: AtomicBool,
    lost: Counter,
}

impl RedisMailbox {
    /// Hears nothing before [`RedisMailbox::listen`] runs.
    pub fn new(instance: Uuid, link: Arc<Link>, recipient: Recipient, tasks: Tasks, metrics: &Metrics) -> Arc<Self> {
        let lost = Counter::default();
        metrics.add("portway_letters_lost", "Letters to other nodes that nobody answered", lost.clone());
        Arc::new(Self {
            instance,
            link,
            recipient,
            tasks,
            asking: Mutex::default(),
            reading: Arc::new(Semaphore::new(LETTERS_READING_MAX)),
            listening: AtomicBool::new(false),
            lost,
        })
    }

    /// Whether letters to this node arrive.
    pub fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Relaxed)
    }

    /// Listens until `closing`; subscribes anew whenever the subscription breaks.
    pub async fn listen(self: Arc<Self>, closing: CancellationToken) {
        let listening = async {
            loop {
                if let Some(subscriber) = self.link.subscriber().await {
                    // Why it ended is of no consequence: the link counts errors, and the answer is the same.
                    let _ = self.hear(subscriber).await;
                    self.listening.store(false, Ordering::Relaxed);
                }
                sleep(RESUBSCRIBE_PAUSE).await;
            }
        };
        tokio::select! { () = listening => {}, () = closing.cancelled() => {} }
    }

    async fn hear(self: &Arc<Self>, mut subscriber: PubSub) -> RedisResult<()> {
        let (mine, all) = (Channel::Node(self.instance), Channel::All);
        subscriber.subscribe(&[mine.name(), all.name()]).await?;
        self.listening.store(true, Ordering::Relaxed);
        let (mut sink, stream) = subscriber.split();
        let mut messages = pin!(stream);
        let mut pings = interval(SUBSCRIPTION_PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { return Ok(()) };
                    let channel = if message.get_channel_name() == all.name() { all } else { mine };
                    self.received(channel, message.get_payload_bytes());
                }
                // A connection that died in silence would otherwise never be missed.
                _ = pings.tick() => {
                    if timeout(REDIS_CONNECT_TIMEOUT, sink.ping::<redis::Value>()).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// One letter or answer. What does not open is none of ours.
    fn received(self: &Arc<Self>, channel: Channel, bytes: &[u8]) {
        let Some((envelope, sealed)) = Envelope::split(bytes) else { return };
        if envelope.from == self.instance {
            return;
        }
        let Some(snapshot) = (self.recipient.snapshot)(envelope.tenant) else { return };
        let Some(contents) = envelope.open(&snapshot.session_keys, channel, sealed) else { return };
        if envelope.kind == Kind::Answer {
            let receipt = if contents == [1] { Receipt::Delivered } else { Receipt::Unknown };
            if let Some(asking) = self.lock().remove(&envelope.id) {
                // Whoever asked may have given up.
                let _ = asking.send(receipt);
            }
            return;
        }
        let Some(letter) = Letter::from_bytes(contents) else { return };
        // Full: the sender hears nothing, as from a node that is gone.
        let Ok(permit) = self.reading.clone().try_acquire_owned() else { return self.count_lost() };
        let mailbox = self.clone();
        self.tasks.spawn("letter", async move {
            let receipt = (mailbox.recipient.deliver)(envelope.tenant, letter).await;
            drop(permit);
            if envelope.kind == Kind::Ask {
                mailbox.answer(&snapshot.session_keys, envelope, receipt).await;
            }
        });
    }

    async fn answer(&self, keys: &[SessionKey], asked: Envelope, receipt: Receipt) {
        let envelope = Envelope { kind: Kind::Answer, from: self.instance, ..asked };
        let contents = [u8::from(receipt == Receipt::Delivered)];
        // Lost: the asker takes this node for gone.
        let _ = self.publish(keys, envelope, Channel::Node(asked.from), &contents).await;
    }

    /// How many heard it, if Redis could be reached. In a cluster the number is of one of its nodes.
    async fn publish(
        &self,
        keys: &[SessionKey],
        envelope: Envelope,
        to: Channel,
        contents: &[u8],
    ) -> Result<u64, MailError> {
        let message = envelope.seal(keys, to, contents).ok_or(MailError::Away)?;
        let publish = Cmd::publish(to.name(), message);
        self.link.send(&publish, LETTER_ANSWER_TIMEOUT).await.ok_or(MailError::Away)
    }

    async fn ask_other(
        &self,
        keys: &[SessionKey],
        instance: Uuid,
        tenant: Uuid,
        letter: &Letter,
    ) -> Result<Receipt, MailError> {
        let deadline = Instant::now() + LETTER_ANSWER_TIMEOUT;
        let envelope = Envelope { kind: Kind::Ask, tenant, from: self.instance, id: Uuid::new_v4() };
        let (sender, answer) = oneshot::channel();
        let asking = Asking { mailbox: self, id: envelope.id };
        {
            let mut waiting = self.lock();
            if waiting.len() >= LETTERS_UNANSWERED_MAX {
                return Err(MailError::Full);
            }
            waiting.insert(asking.id, sender);
        }
        let heard = self.publish(keys, envelope, Channel::Node(instance), &letter.to_bytes()).await?;
        if heard == 0 && !self.link.is_cluster() {
            return Err(MailError::Gone);
        }
        match timeout_at(deadline, answer).await {
            Ok(Ok(receipt)) => Ok(receipt),
            _ => Err(MailError::Gone),
        }
    }

    fn count_lost(&self) {
        self.lost.inc();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, oneshot::Sender<Receipt>>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for an answer; forgotten when dropped.
struct Asking<'a> {
    mailbox: &'a RedisMailbox,
    id: Uuid,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.mailbox.lock().remove(&self.id);
    }
}

#[async_trait]
impl Mailbox for RedisMailbox {
    async fn ask(
        &self,
        keys: &[SessionKey],
        instance: Uuid,
        tenant: Uuid,
        letter: Letter,
    ) -> Result<Receipt, MailError> {
        if letter.size() > LETTER_BYTES_MAX {
            return Err(MailError::TooLarge);
        }
        if instance == self.instance {
            return Ok((self.recipient.deliver)(tenant, letter).await);
        }
        self.ask_other(keys, instance, tenant, &letter).await.inspect_err(|_| self.count_lost())
    }

    async fn tell_all(&self, keys: &[SessionKey], tenant: Uuid, letter: Letter) {
        if letter.size() > LETTER_BYTES_MAX {
            return self.count_lost();
        }
        let envelope = Envelope { kind: Kind::Tell, tenant, from: self.instance, id: Uuid::new_v4() };
        let Some(message) = envelope.seal(keys, Channel::All, &letter.to_bytes()) else { return self.count_lost() };
        let (link, lost) = (self.link.clone(), self.lost.clone());
        self.tasks.spawn("tell nodes", async move {
            let publish = Cmd::publish(Channel::All.name(), message);
            if link.send::<u64>(&publish, LETTER_ANSWER_TIMEOUT).await.is_none() {
                lost.inc();
            }
        });
    }
}
