//! The one place where a node spawns. Every task has a name and is joined at shutdown.

use std::future::Future;
use std::sync::Arc;

use arc_swap::ArcSwap;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Spawns tasks and waits for them. Cheap to clone; clones share the same tasks.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    /// Cancelled when the node begins to stop.
    draining: CancellationToken,
    /// The present child of it, which [`Tasks::move_on`] cancels and replaces.
    staying: Arc<ArcSwap<CancellationToken>>,
    /// Cancelled when the node closes for good; long-lived tasks end then.
    closing: CancellationToken,
}

impl Default for Tasks {
    fn default() -> Self {
        let draining = CancellationToken::new();
        let staying = Arc::new(ArcSwap::from_pointee(draining.child_token()));
        Self { tracker: TaskTracker::new(), draining, staying, closing: CancellationToken::new() }
    }
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

    /// Ends when what is open now and has no end of its own must end, in good order: the node begins to stop, or is
    /// to be empty.
    pub fn staying(&self) -> CancellationToken {
        CancellationToken::clone(&self.staying.load())
    }

    /// Tells what is open to end; what is opened from now on stays.
    pub fn move_on(&self) {
        self.staying.swap(Arc::new(self.draining.child_token())).cancel();
    }

    /// Tells what is open to end, and whatever is opened from now on.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Whether the node has begun to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
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
