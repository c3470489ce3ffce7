//! Takes batches of call records and acknowledges each once it is stored.

use std::sync::Arc;

use proto::wire::{RefusedRecord, UsageAck, UsageBatch, usage_sink_server};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{authority, status};
use crate::app::usage;
use crate::domain::limits::{USAGE_ACKS_QUEUED_MAX, USAGE_BATCH_RECORDS_MAX};
use crate::domain::node::NodeIdentity;
use crate::state::App;

/// Implements `UsageSink`.
pub(super) struct Service {
    app: Arc<App>,
}

impl Service {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[async_trait::async_trait]
impl usage_sink_server::UsageSink for Service {
    type ReportStream = ReceiverStream<Result<UsageAck, Status>>;

    async fn report(&self, request: Request<Streaming<UsageBatch>>) -> Result<Response<Self::ReportStream>, Status> {
        let identity = authority::authenticate(&self.app, request.metadata()).await?;
        let (acks, answers) = mpsc::channel(USAGE_ACKS_QUEUED_MAX);
        let (app, batches) = (self.app.clone(), request.into_inner());
        self.app.tasks.spawn("usage-stream", async move {
            let revoked = app.nodes.while_enrolled(&identity);
            let ended = tokio::select! {
                ended = take(&app, &identity, batches, &acks) => ended,
                () = revoked.cancelled() => Err(Status::unauthenticated("revoked")),
                () = app.tasks.shutdown().cancelled() => Err(Status::unavailable("shutting down")),
            };
            if let Err(reason) = ended {
                tracing::info!(node.identity = %identity.id, reason = reason.message(), "usage stream ended");
                let _ = acks.try_send(Err(reason));
            }
        });
        Ok(Response::new(ReceiverStream::new(answers)))
    }
}

/// Until the node closes the stream. What is not acknowledged the node sends again, on a new stream.
async fn take(
    app: &App,
    identity: &NodeIdentity,
    mut batches: Streaming<UsageBatch>,
    acks: &mpsc::Sender<Result<UsageAck, Status>>,
) -> Result<(), Status> {
    while let Some(batch) = batches.message().await? {
        if batch.records.len() > USAGE_BATCH_RECORDS_MAX {
            return Err(Status::invalid_argument("usage.batch_too_large"));
        }
        if batch.dropped_before > 0 {
            tracing::warn!(node.identity = %identity.id, dropped = batch.dropped_before, "a node lost call records");
        }
        let refused = usage::store(app, identity, batch.records).await.map_err(|error| status(&error))?;
        let refused = refused.into_iter().map(|(id, code)| RefusedRecord { id, code: code.to_owned() }).collect();
        let ack = UsageAck { sequence: batch.sequence, refused };
        acks.send(Ok(ack)).await.map_err(|_| Status::cancelled("the node went away"))?;
    }
    Ok(())
}
