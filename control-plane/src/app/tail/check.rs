//! Whether those who listen still may. Looked at again and again, and soon after something changed in their tenant, for
//! all of them by one task: a reader that stands still is shut out like the others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::super::{Caller, Ctx, Proof, api_keys, calls, publish};
use super::listeners::Listener;
use crate::domain::api_key::ApiKeyStatus;
use crate::domain::ids::TenantId;
use crate::domain::limits::{TAIL_CHECK_MS, TAIL_CHECK_SOON_MS};
use crate::domain::tail::TailEnd;
use crate::domain::tenancy::TenantStatus;
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::{Changed, TenantStore};

const EVERY: Duration = Duration::from_millis(TAIL_CHECK_MS);
const SOON: Duration = Duration::from_millis(TAIL_CHECK_SOON_MS);

/// Until shutdown.
pub async fn watch(app: &Arc<App>) {
    let mut changes = publish::feed(app);
    let (mut due, mut seen) = (Instant::now() + EVERY, HashMap::new());
    loop {
        tokio::select! {
            () = app.tasks.shutdown().cancelled() => return,
            () = tokio::time::sleep_until(due) => {
                check(app).await;
                seen.retain(|id, _| app.tails.listeners.any(*id));
                due = Instant::now() + EVERY;
            }
            changed = changes.recv() => match changed {
                // The poll repeats what is known. However much changes, one look is enough for all of it.
                Ok(Changed::Tenant { id, revision }) => {
                    if app.tails.listeners.any(id) && seen.insert(id, revision) != Some(revision) {
                        due = due.min(Instant::now() + SOON);
                    }
                }
                // A tenant that is closed also changes itself.
                Ok(Changed::Directory) => {}
                Err(RecvError::Lagged(_)) => due = due.min(Instant::now() + SOON),
                Err(RecvError::Closed) => return,
            },
        }
    }
}

async fn check(app: &Arc<App>) {
    for (tenant, listeners) in app.tails.listeners.by_tenant() {
        if let Err(error) = check_tenant(app, tenant, &listeners).await {
            // Who cannot be looked at may have been shut out.
            tracing::warn!(tenant.id = %tenant, %error, "tails of the call log end: their listeners cannot be looked at");
            for listener in &listeners {
                app.tails.listeners.end(listener, TailEnd::Unavailable);
            }
        }
    }
}

async fn check_tenant(app: &Arc<App>, tenant: TenantId, listeners: &[Arc<Listener>]) -> Result<()> {
    let store = app.store.tenant_read(tenant).await?;
    let is_open = match store.get_tenant().await {
        Ok(tenant) => tenant.status == TenantStatus::Active,
        Err(Error::NotFound { .. }) => false,
        Err(error) => return Err(error),
    };
    for listener in listeners {
        let standing = if is_open { standing(&store, listener.caller).await? } else { Err(TailEnd::TenantSuspended) };
        let shown = match standing {
            Ok(caller) => {
                let ctx = Ctx { app: app.clone(), tenant_id: tenant, caller };
                listener.show(calls::confine(&ctx, &store, listener.asked.clone()).await?)
            }
            Err(why) => Err(why),
        };
        if let Err(why) = shown {
            app.tails.listeners.end(listener, why);
        }
    }
    Ok(())
}

/// The caller as they are now, or why they are nobody any more. Writes down no use: a page that is left open keeps
/// nobody signed in.
async fn standing(store: &TenantStore, caller: Caller) -> Result<Result<Caller, TailEnd>> {
    let now = store.now();
    let Some(role) = api_keys::role_of(store, caller.principal).await? else {
        return Ok(Err(TailEnd::Deactivated));
    };
    let over = match caller.proof {
        Proof::Session(id) => {
            let session = store.find_session(id).await?;
            session.is_none_or(|session| !session.is_live(now)).then_some(TailEnd::SessionEnded)
        }
        Proof::ApiKey(id) => {
            let key = store.find_api_key(id).await?;
            key.is_none_or(|(key, _)| key.status(now) != ApiKeyStatus::Active).then_some(TailEnd::KeyEnded)
        }
    };
    Ok(match over {
        None => Ok(Caller { role, ..caller }),
        Some(why) => Err(why),
    })
}
