//! The live tail of the call log: calls as they are stored, whichever replica takes them from a node.
//!
//! The replica that stores a batch shows it to its own listeners from memory and names it to the others, which read it
//! themselves (`replicas`). Storing never waits for any of it and never fails by it: what is lost on the way is said to
//! listeners as such. Who may no longer listen is shut out (`check`), also those who do not read.

mod check;
mod listeners;
mod replicas;

use std::sync::Arc;

use futures::stream::{self, Stream};

pub use self::check::watch;
use self::listeners::Listener;
pub use self::listeners::{Heard, Listeners};
use self::replicas::Untold;
pub use self::replicas::{hear, tell};
use super::{Ctx, calls};
use crate::domain::Result;
use crate::domain::call::{CallFilter, CallRecord};
use crate::domain::ids::TenantId;
use crate::domain::tail::TailEnd;
use crate::state::App;

/// Of one replica.
#[derive(Debug, Default)]
pub struct Tails {
    pub listeners: Listeners,
    untold: Untold,
}

/// Calls that are stored from now on and that the caller may see; ends after [`Heard::End`].
pub async fn open(ctx: &Ctx, asked: CallFilter) -> Result<impl Stream<Item = Heard> + use<>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let shown = calls::confine(ctx, &store, asked.clone()).await?;
    drop(store);
    let seat = ctx.app.tails.listeners.join(Listener::new(ctx.tenant_id, ctx.caller, asked, shown))?;
    let shutdown = ctx.app.tasks.shutdown().clone();
    Ok(stream::unfold(Some((seat, shutdown)), |open| async {
        let (seat, shutdown) = open?;
        let heard = tokio::select! {
            () = shutdown.cancelled() => Heard::End(TailEnd::ShuttingDown),
            heard = seat.next() => heard,
        };
        let open = (!matches!(heard, Heard::End(_))).then_some((seat, shutdown));
        Some((heard, open))
    }))
}

/// Calls that were just stored. Waits for nobody.
pub fn stored(app: &App, tenant: TenantId, calls: impl Iterator<Item = CallRecord>) {
    let (told, shown) = (app.store.is_shared(), app.tails.listeners.any(tenant));
    if !told && !shown {
        return;
    }
    let calls: Vec<_> = calls.collect();
    if told {
        app.tails.untold.add(tenant, calls.iter().map(CallRecord::place).collect());
    }
    if shown {
        show(app, tenant, calls);
    }
}

/// Calls may have been stored that nobody will be shown.
pub fn missed(app: &App, tenant: TenantId) {
    app.tails.listeners.miss(tenant);
    if app.store.is_shared() {
        app.tails.untold.miss();
    }
}

fn show(app: &App, tenant: TenantId, calls: Vec<CallRecord>) {
    let calls: Vec<_> = calls.into_iter().map(Arc::new).collect();
    let dropped = app.tails.listeners.offer(tenant, &calls);
    app.metrics.tail_dropped.inc_by(dropped);
}
