//! Reading call records. Who may not read everybody's calls sees their own and those of servers that they manage, and
//! nothing that tells of others.

use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, Stream};

use super::{Ctx, upkeep};
use crate::domain::access::{Action, ServerRole, allows};
use crate::domain::call::{CallFilter, CallRecord, Reach};
use crate::domain::ids::{CallRecordId, TenantId};
use crate::domain::limits::{
    CALLS_EXPORT_BATCH, CALLS_EXPORT_ROWS_MAX, CALLS_FORGOTTEN_BATCH, CALLS_FORGOTTEN_BATCHES_MAX,
    CALLS_MANAGED_SERVERS_MAX, USAGE_DAYS_MAX, USAGE_DAYS_MAX_BY_HOUR,
};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::usage::Span;
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

/// Newest first, within the time that one search may span.
pub async fn list(ctx: &Ctx, filter: CallFilter, page: PageRequest<Created>) -> Result<Page<CallRecord>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let filter = confine(ctx, &store, filter.bounded(store.now())?).await?;
    store.list_calls(&filter, page).await
}

pub async fn get(ctx: &Ctx, id: CallRecordId) -> Result<CallRecord> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let call = store.get_call(id).await?;
    if reads_all(ctx) || call.principal_id == ctx.caller.principal.uuid() {
        return Ok(call);
    }
    let servers: Vec<_> = call.servers().collect();
    let roles = store.list_server_roles(ctx.caller.principal, &servers).await?;
    // What one may not see is answered like a call that never was.
    if roles.values().any(|role| *role == ServerRole::Manager) {
        Ok(call)
    } else {
        Err(Error::NotFound { what: "call" })
    }
}

/// Everything that a search finds, newest first, in pages as they are asked for; each page is a transaction of its own.
pub async fn export(ctx: &Ctx, filter: CallFilter) -> Result<impl Stream<Item = Result<Vec<CallRecord>>> + use<>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let filter = confine(ctx, &store, filter.bounded(store.now())?).await?;
    if store.count_calls(&filter, CALLS_EXPORT_ROWS_MAX + 1).await? > CALLS_EXPORT_ROWS_MAX {
        let public = format!("finds more than {CALLS_EXPORT_ROWS_MAX} calls: export a shorter time, or fewer of them");
        return Err(Error::invalid("calls.export_too_large", "from", public));
    }
    drop(store);
    let ctx = ctx.clone();
    Ok(stream::try_unfold(Some(None), move |place| {
        let (ctx, filter) = (ctx.clone(), filter.clone());
        async move {
            let Some(after) = place else { return Ok(None) };
            let page = PageRequest { limit: CALLS_EXPORT_BATCH, after };
            let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
            let page = store.list_calls(&filter, page).await?;
            let last = page.items.last().map(|call| Created { at: call.started_at, id: call.id.0 });
            Ok(Some((page.items, last.filter(|_| page.next_cursor.is_some()).map(Some))))
        }
    }))
}

/// The filter within what the caller may see.
pub(super) async fn confine(ctx: &Ctx, store: &TenantStore, filter: CallFilter) -> Result<CallFilter> {
    let Some(reach) = reach(ctx, store).await? else { return Ok(filter) };
    // Every call of a server that one manages is in reach, and its index is then all that is needed.
    let is_managed = |id| reach.servers.contains(&id);
    if filter.server_id.or(filter.member_id).is_some_and(is_managed) {
        return Ok(filter);
    }
    Ok(CallFilter { within: Some(reach), ..filter })
}

/// What the caller sees of calls; `None` is everything.
pub(super) async fn reach(ctx: &Ctx, store: &TenantStore) -> Result<Option<Reach>> {
    if reads_all(ctx) {
        return Ok(None);
    }
    let principal = ctx.caller.principal;
    let servers = store.list_managed_servers(principal, CALLS_MANAGED_SERVERS_MAX).await?;
    Ok(Some(Reach { principal_id: principal.uuid(), servers }))
}

fn reads_all(ctx: &Ctx) -> bool {
    allows(ctx.caller.role, Action::ReadAllCalls)
}

/// Forgets the calls that each tenant no longer wants to keep: whole months that nobody does, then row by row.
pub async fn forget_old(app: &App) -> Result<()> {
    let tenants = upkeep::list_kept_tenants(app).await?;
    let now = app.clock.now();
    let longest = tenants.iter().map(|tenant| tenant.settings.call_log_days).max();
    if let Some(days) = longest {
        let before = (now - TimeDelta::days(i64::from(days))).date_naive();
        let store = app.store.system().await?;
        let dropped = store.drop_call_record_partitions(before).await?;
        store.commit().await?;
        if dropped > 0 {
            tracing::info!(dropped, %before, "months of call records dropped");
        }
    }
    for tenant in tenants {
        let cutoff = now - TimeDelta::days(i64::from(tenant.settings.call_log_days));
        if let Err(error) = forget_before(app, tenant.id, cutoff).await {
            tracing::error!(tenant.id = %tenant.id, %error, "old calls were not forgotten");
        }
    }
    Ok(())
}

async fn forget_before(app: &App, tenant: TenantId, cutoff: DateTime<Utc>) -> Result<()> {
    let mut rows = 0;
    for _ in 0..CALLS_FORGOTTEN_BATCHES_MAX {
        let store = app.store.tenant(tenant).await?;
        let gone = store.delete_calls_before(cutoff, CALLS_FORGOTTEN_BATCH).await?;
        store.commit_records().await?;
        rows += gone;
        if gone < CALLS_FORGOTTEN_BATCH {
            break;
        }
    }
    let store = app.store.tenant(tenant).await?;
    // Roll-ups stay as long as a series may ask for them, whatever becomes of the calls.
    for (span, days) in [(Span::Hour, USAGE_DAYS_MAX_BY_HOUR), (Span::Day, USAGE_DAYS_MAX)] {
        rows += store.delete_usage_before(span, store.now() - TimeDelta::days(days + 1)).await?;
    }
    store.commit_records().await?;
    if rows > 0 {
        tracing::info!(tenant.id = %tenant, rows, "old calls forgotten");
    }
    Ok(())
}
