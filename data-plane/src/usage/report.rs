//! Reports call records in batches and repeats what was not acknowledged: a record is stored once, or counted as lost.
//! When a stream breaks, what was on its way goes to disk, if the node has a place for it.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use proto::wire::usage_sink_client::UsageSinkClient;
use proto::wire::{UsageAck, UsageBatch};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Streaming;

use super::backlog::{Backlog, Taken};
use crate::sync::backoff::{Backoff, random};
use crate::sync::channel::ControlPlane;
use crate::{Node, limits};

/// Reports until the node closes, and then what is left, within a bound.
pub(crate) async fn run(node: Arc<Node>, plane: ControlPlane) {
    let closing = node.tasks.closing();
    let mut reporter = Reporter::new(node.backlog.clone(), closing.clone());
    let flush_ends = async {
        closing.cancelled().await;
        sleep(limits::USAGE_FLUSH_TIMEOUT).await;
    };
    tokio::select! {
        () = reporter.run(&plane) => {}
        () = flush_ends => {}
    }
    reporter.put_down().await;
}

struct Reporter {
    backlog: Arc<Backlog>,
    closing: CancellationToken,
    sequence: u64,
    /// Sent and not acknowledged, oldest first.
    unacked: VecDeque<Taken>,
}

#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("cannot connect: {0}")]
    Connect(#[from] tonic::transport::Error),
    #[error("refused: {}", .0.message())]
    Status(#[from] Box<tonic::Status>),
    #[error("the control plane closed the stream")]
    Closed,
    #[error("batches are not acknowledged")]
    Silent,
}

impl Reporter {
    fn new(backlog: Arc<Backlog>, closing: CancellationToken) -> Self {
        Self { backlog, closing, sequence: 0, unacked: VecDeque::new() }
    }

    async fn run(&mut self, plane: &ControlPlane) {
        let mut backoff = Backoff::new(limits::RECONNECT_PAUSE_MIN, limits::RECONNECT_PAUSE_MAX);
        loop {
            // A stream is opened when there is something to say.
            while self.is_done() {
                tokio::select! {
                    () = self.backlog.queue.filled() => {}
                    () = self.closing.cancelled() => return,
                }
            }
            match self.report(plane, &mut backoff).await {
                Ok(()) => return,
                Err(reason) => {
                    let pause = backoff.pause(random());
                    tracing::debug!(%reason, pause_ms = pause.as_millis(), "usage stream ended");
                    self.backlog.set_away(true);
                    self.put_on_disk().await;
                    sleep(pause).await;
                }
            }
        }
    }

    /// One stream. `Ok`: the node closes and everything is reported.
    async fn report(&mut self, plane: &ControlPlane, backoff: &mut Backoff) -> Result<(), Ended> {
        let (channel, bearer) = plane.connect().await?;
        let mut client = UsageSinkClient::with_interceptor(channel, bearer);
        let (outbox, batches) = mpsc::channel(limits::USAGE_UNACKED_BATCHES_MAX);
        for taken in &self.unacked {
            outbox.send(taken.batch.clone()).await.map_err(|_| Ended::Closed)?;
        }
        self.send_new(&outbox).await?;
        let opened = timeout(limits::USAGE_ACK_TIMEOUT, client.report(ReceiverStream::new(batches)));
        let acks = opened.await.map_err(|_| Ended::Silent)?.map_err(Box::new)?.into_inner();
        self.follow(acks, outbox, backoff).await
    }

    async fn follow(
        &mut self,
        mut acks: Streaming<UsageAck>,
        outbox: mpsc::Sender<UsageBatch>,
        backoff: &mut Backoff,
    ) -> Result<(), Ended> {
        let mut batch = interval(limits::USAGE_BATCH_EVERY);
        batch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut progress = Instant::now();
        loop {
            if self.closing.is_cancelled() && self.is_done() {
                return Ok(());
            }
            if self.unacked.is_empty() {
                progress = Instant::now();
            }
            tokio::select! {
                ack = acks.message() => {
                    let ack = ack.map_err(Box::new)?.ok_or(Ended::Closed)?;
                    self.acknowledged(&ack).await;
                    backoff.reset();
                    progress = Instant::now();
                }
                _ = batch.tick() => self.send_new(&outbox).await?,
                () = sleep_until(progress + limits::USAGE_ACK_TIMEOUT) => {
                    if !self.unacked.is_empty() {
                        return Err(Ended::Silent);
                    }
                }
            }
        }
    }

    /// Sends what waits as long as the window is open; keeps each batch until it is acknowledged.
    async fn send_new(&mut self, outbox: &mpsc::Sender<UsageBatch>) -> Result<(), Ended> {
        while self.unacked.len() < limits::USAGE_UNACKED_BATCHES_MAX && !self.is_drained() {
            let Some(mut taken) = self.backlog.take().await else { break };
            self.sequence += 1;
            taken.batch.sequence = self.sequence;
            let batch = taken.batch.clone();
            self.unacked.push_back(taken);
            outbox.send(batch).await.map_err(|_| Ended::Closed)?;
        }
        Ok(())
    }

    async fn acknowledged(&mut self, ack: &UsageAck) {
        if let Some(place) = self.unacked.iter().position(|taken| taken.batch.sequence == ack.sequence)
            && let Some(Taken { segment: Some(segment), .. }) = self.unacked.remove(place)
        {
            self.backlog.acknowledged(segment).await;
        }
        self.backlog.set_away(false);
        for refused in &ack.refused {
            self.backlog.queue.metrics.usage_refused.inc();
            tracing::warn!(code = refused.code, "call record refused");
        }
    }

    /// What was on its way, to where it survives; without such a place it stays here.
    async fn put_on_disk(&mut self) {
        if self.backlog.has_spool() {
            let unacked = std::mem::take(&mut self.unacked);
            self.unacked = self.backlog.stow_unacked(unacked).await.into();
        }
    }

    /// The node ends: what was not reported waits on disk for the next start.
    async fn put_down(&mut self) {
        self.put_on_disk().await;
        self.backlog.stow().await;
        if !self.unacked.is_empty() || !self.backlog.queue.is_empty() {
            tracing::warn!("call records were left unreported at shutdown");
        }
    }

    /// Nothing is left to be sent. What is on disk has time until after the restart.
    fn is_drained(&self) -> bool {
        let can_wait = self.closing.is_cancelled() && !self.backlog.is_spool_empty();
        can_wait || self.backlog.is_empty()
    }

    fn is_done(&self) -> bool {
        self.unacked.is_empty() && self.is_drained()
    }
}
