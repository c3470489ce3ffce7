//! Calls that other replicas store: each tells the others where in the log new ones lie, and whoever has listeners for
//! them reads them there. What may have been lost on the way is said to every listener.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

use crate::domain::Result;
use crate::domain::call::CallPlace;
use crate::domain::ids::TenantId;
use crate::domain::limits::{TAIL_TELL_PAUSE_MS, TAIL_TOLD_MAX, TAIL_UNTOLD_MAX};
use crate::state::App;
use crate::store::NewCalls;

const PAUSE: Duration = Duration::from_millis(TAIL_TELL_PAUSE_MS);

/// What the other replicas have not been told yet.
#[derive(Debug, Default)]
pub(super) struct Untold {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    calls: BTreeMap<TenantId, Vec<CallPlace>>,
    count: usize,
    /// Calls that they will not be told.
    missed: bool,
}

impl Untold {
    /// Never waits: what is too much is missed.
    pub(super) fn add(&self, tenant: TenantId, mut calls: Vec<CallPlace>) {
        if calls.is_empty() {
            return;
        }
        let mut waiting = self.waiting();
        if waiting.count + calls.len() > TAIL_UNTOLD_MAX {
            waiting.missed = true;
        } else {
            waiting.count += calls.len();
            waiting.calls.entry(tenant).or_default().append(&mut calls);
        }
        drop(waiting);
        self.filled.notify_one();
    }

    pub(super) fn miss(&self) {
        self.waiting().missed = true;
        self.filled.notify_one();
    }

    async fn take(&self) -> Waiting {
        self.filled.notified().await;
        std::mem::take(&mut self.waiting())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the other replicas what this one stores, until shutdown.
pub async fn tell(app: &App) {
    loop {
        let waiting = tokio::select! {
            () = app.tasks.shutdown().cancelled() => return,
            waiting = app.tails.untold.take() => waiting,
        };
        let Err(error) = tell_all(app, waiting).await else { continue };
        tracing::warn!(%error, "other replicas were not told of new calls");
        app.tails.untold.miss();
        tokio::select! {
            () = app.tasks.shutdown().cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn tell_all(app: &App, waiting: Waiting) -> Result<()> {
    if waiting.missed {
        app.store.tell_calls(&NewCalls::Missed).await?;
    }
    for (tenant, calls) in waiting.calls {
        for some in calls.chunks(TAIL_TOLD_MAX) {
            app.store.tell_calls(&NewCalls::Stored { tenant, calls: some.to_vec() }).await?;
        }
    }
    Ok(())
}

/// Shows what other replicas store to whoever listens here, until shutdown.
pub async fn hear(app: &App) {
    let Some(mut heard) = app.store.hear_calls() else { return };
    loop {
        let told = tokio::select! {
            () = app.tasks.shutdown().cancelled() => return,
            told = heard.recv() => told,
        };
        match told {
            Ok(NewCalls::Stored { tenant, calls }) if app.tails.listeners.any(tenant) => {
                if let Err(error) = show(app, tenant, &calls).await {
                    tracing::warn!(tenant.id = %tenant, %error, "calls of another replica could not be read");
                    app.tails.listeners.miss(tenant);
                }
            }
            Ok(NewCalls::Stored { .. }) => {}
            Ok(NewCalls::Missed) | Err(RecvError::Lagged(_)) => app.tails.listeners.miss_everywhere(),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn show(app: &App, tenant: TenantId, places: &[CallPlace]) -> Result<()> {
    let calls = app.store.tenant_read(tenant).await?.list_calls_at(places).await?;
    super::show(app, tenant, calls);
    Ok(())
}
