//! A usage sink that acknowledges when the test tells it to.

use proto::wire::usage_sink_server::{UsageSink, UsageSinkServer};
use proto::wire::{CallRecord, RefusedRecord};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};
use url::Url;

use super::*;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::tasks::Tasks;
use crate::usage::UsageQueue;

/// One stream of batches, in the hands of the test.
struct Stream {
    batches: Streaming<UsageBatch>,
    acks: mpsc::Sender<Result<UsageAck, Status>>,
}

struct Sink(mpsc::Sender<Stream>);

#[tonic::async_trait]
impl UsageSink for Sink {
    type ReportStream = ReceiverStream<Result<UsageAck, Status>>;

    async fn report(&self, request: Request<Streaming<UsageBatch>>) -> Result<Response<Self::ReportStream>, Status> {
        let (acks, answers) = mpsc::channel(16);
        let stream = Stream { batches: request.into_inner(), acks };
        self.0.send(stream).await.map_err(|_| Status::unavailable("closing"))?;
        Ok(Response::new(ReceiverStream::new(answers)))
    }
}

struct World {
    queue: UsageQueue,
    metrics: Metrics,
    streams: mpsc::Receiver<Stream>,
    tasks: Tasks,
}

impl World {
    async fn start() -> Self {
        let (sender, streams) = mpsc::channel(4);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let server = tonic::transport::Server::builder()
            .add_service(UsageSinkServer::new(Sink(sender)))
            .serve_with_incoming(TcpListenerStream::new(listener));
        Tasks::default().spawn("sink", server);
        let (metrics, tasks) = (Metrics::default(), Tasks::default());
        let queue = UsageQueue::new(metrics.clone());
        let plane = ControlPlane::new(&Config::new("n", url, SecretString::from("pwn_x")).control_plane).unwrap();
        let mut reporter = Reporter::new(Arc::new(Backlog::new(queue.clone(), None)), tasks.closing());
        tasks.spawn("usage", async move { reporter.run(&plane).await });
        Self { queue, metrics, streams, tasks }
    }

    fn push(&self, count: usize) {
        for n in 0..count {
            self.queue.push(CallRecord { method: n.to_string(), ..CallRecord::default() });
        }
    }
}

impl Stream {
    async fn batch(&mut self) -> UsageBatch {
        self.batches.message().await.unwrap().unwrap()
    }

    async fn ack(&self, sequence: u64) {
        self.acks.send(Ok(UsageAck { sequence, refused: Vec::new() })).await.unwrap();
    }
}

#[tokio::test]
async fn records_come_in_batches_in_order() {
    let mut world = World::start().await;
    world.push(limits::USAGE_BATCH_RECORDS_MAX + 1);
    let mut stream = world.streams.recv().await.unwrap();
    let (first, second) = (stream.batch().await, stream.batch().await);
    assert_eq!((first.sequence, first.records.len(), first.dropped_before), (1, limits::USAGE_BATCH_RECORDS_MAX, 0));
    assert_eq!((second.sequence, second.records.len()), (2, 1));
    assert_eq!(second.records[0].method, limits::USAGE_BATCH_RECORDS_MAX.to_string());
}

#[tokio::test]
async fn what_was_not_acknowledged_is_repeated() {
    let mut world = World::start().await;
    let window = limits::USAGE_UNACKED_BATCHES_MAX as u64;
    world.push(limits::USAGE_BATCH_RECORDS_MAX * (limits::USAGE_UNACKED_BATCHES_MAX + 1));
    let mut stream = world.streams.recv().await.unwrap();
    let mut sent = Vec::new();
    for _ in 0..window {
        sent.push(stream.batch().await);
    }
    // The window opens for one more only once the acknowledgement has been read.
    stream.ack(1).await;
    sent.push(stream.batch().await);
    drop(stream);
    let mut stream = world.streams.recv().await.unwrap();
    for expected in &sent[1..] {
        assert_eq!(stream.batch().await, *expected);
    }
}

#[tokio::test]
async fn a_full_queue_drops_and_says_how_many() {
    let mut world = World::start().await;
    world.push(limits::USAGE_QUEUE_MAX + 3);
    let mut stream = world.streams.recv().await.unwrap();
    assert_eq!(stream.batch().await.dropped_before, 3);
    assert_eq!(stream.batch().await.dropped_before, 0);
    assert_eq!(world.metrics.usage_dropped.get(), 3);
}

#[tokio::test]
async fn no_more_than_the_window_is_sent_unacknowledged() {
    let mut world = World::start().await;
    world.push(limits::USAGE_BATCH_RECORDS_MAX * (limits::USAGE_UNACKED_BATCHES_MAX + 1));
    let mut stream = world.streams.recv().await.unwrap();
    for _ in 0..limits::USAGE_UNACKED_BATCHES_MAX {
        stream.batch().await;
    }
    assert!(timeout(limits::USAGE_BATCH_EVERY * 2, stream.batch()).await.is_err(), "the window is shut");
    let refused = vec![RefusedRecord { code: "record.too_old".to_owned(), ..RefusedRecord::default() }];
    stream.acks.send(Ok(UsageAck { sequence: 1, refused })).await.unwrap();
    assert_eq!(stream.batch().await.sequence, limits::USAGE_UNACKED_BATCHES_MAX as u64 + 1);
    assert_eq!(world.metrics.usage_refused.get(), 1);
}

#[tokio::test]
async fn what_is_left_at_shutdown_is_reported_first() {
    let mut world = World::start().await;
    world.push(1);
    let mut stream = world.streams.recv().await.unwrap();
    let first = stream.batch().await;
    world.push(2);
    let tasks = world.tasks.clone();
    let closed = Tasks::default().spawn("close", async move { tasks.close().await });
    stream.ack(first.sequence).await;
    let last = stream.batch().await;
    assert_eq!(last.records.len(), 2);
    assert!(!closed.is_finished());
    stream.ack(last.sequence).await;
    closed.await.unwrap();
}
