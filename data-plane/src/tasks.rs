//! The one place where a node spawns. Every task has a name and is joined at shutdown.

use std::future::Future;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Spawns tasks and waits for them. Cheap to clone; clones share the same tasks.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    /// Cancelled when the node begins to stop; streams without an end of their own end then, in good order.
    draining: CancellationToken,
    /// Cancelled when the node closes for good; long-lived tasks end then.
    closing: CancellationToken,
}

impl Tasks {
    /// Runs `task` to its end. Long-lived tasks watch [`Tasks::closing`].
    #[expect(clippy::disallowed_methods, reason = "the home of tokio::spawn")]
    pub fn spawn<F>(&self, name: &'static str, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        // Boxed first: wrappers are then moved around it, not copied with it. The span is for those who look closely:
        // it would cost every call more than some phases do.
        let task = Box::pin(task).instrument(tracing::debug_span!("task", task.name = name));
        tokio::spawn(self.tracker.track_future(task))
    }

    /// Ends when the node begins to stop.
    pub fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// Tells streams to end.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Ends when the node closes for good.
    pub fn closing(&self) -> CancellationToken {
        self.closing.clone()
    }

    /// Tells every task to end and waits for them.
    pub async fn close(&self) {
        self.draining.cancel();
        self.closing.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
