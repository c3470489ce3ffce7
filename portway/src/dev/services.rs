//! The parts that run side by side in `portway dev`. If one of them ends by itself, all end, and its name is told.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Calls under way may go on this long after Ctrl-C.
pub(super) const DRAIN: Duration = Duration::from_secs(3);
/// Everything has ended by then, or is cut off.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// What runs.
pub(super) struct Services {
    running: JoinSet<(&'static str, anyhow::Result<()>)>,
    pub(super) shutdown: CancellationToken,
}

impl Services {
    pub(super) fn new() -> Self {
        Self { running: JoinSet::new(), shutdown: CancellationToken::new() }
    }

    pub(super) fn add(
        &mut self,
        name: &'static str,
        service: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.running.spawn(async move { (name, service.await) });
    }

    /// Waits for `work`, unless a service ends before it.
    pub(super) async fn while_running<T>(
        &mut self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        tokio::select! {
            done = work => done,
            Some(ended) = self.running.join_next() => {
                let (name, result) = ended?;
                result.with_context(|| format!("the {name} failed"))?;
                bail!("the {name} ended by itself; the log says why")
            }
        }
    }

    /// Asks everything to stop and waits for it.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        let all_ended = async {
            while let Some(ended) = self.running.join_next().await {
                let (name, result) = ended?;
                result.with_context(|| format!("the {name} failed while stopping"))?;
            }
            Ok(())
        };
        tokio::time::timeout(STOP_TIMEOUT, all_ended).await.context("some part did not stop in time")?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_service_that_ends_is_named_and_a_stop_waits_for_the_others() {
        let mut services = Services::new();
        let (shutdown, (stopped, seen)) = (services.shutdown.clone(), tokio::sync::oneshot::channel());
        services.add("patient part", async move {
            shutdown.cancelled().await;
            stopped.send(()).ok();
            Ok(())
        });
        services.add("broken part", async { bail!("no disk") });
        let error = services.while_running(std::future::pending::<anyhow::Result<()>>()).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "the broken part failed: no disk");
        services.stop().await.unwrap();
        seen.await.unwrap();
    }
}
