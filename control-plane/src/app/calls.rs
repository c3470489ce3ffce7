//! Reading call records. Who may not read other people's calls sees their own and nothing that tells of others.

use super::Ctx;
use crate::domain::access::{Action, allows};
use crate::domain::call::{CallFilter, CallRecord};
use crate::domain::ids::CallRecordId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};

/// Newest first.
pub async fn list(ctx: &Ctx, filter: CallFilter, page: PageRequest<Created>) -> Result<Page<CallRecord>> {
    let Some(filter) = confine(ctx, filter) else {
        return Ok(Page { items: Vec::new(), next_cursor: None });
    };
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_calls(&filter, page).await
}

pub async fn get(ctx: &Ctx, id: CallRecordId) -> Result<CallRecord> {
    let call = ctx.app.store.tenant_read(ctx.tenant_id).await?.get_call(id).await?;
    // Another person's call is answered like one that never was.
    if !reads_all(ctx) && call.principal_id != ctx.caller.principal.uuid() {
        return Err(Error::NotFound { what: "call" });
    }
    Ok(call)
}

/// The filter within what the caller may see; `None` if it asks for somebody else only.
fn confine(ctx: &Ctx, mut filter: CallFilter) -> Option<CallFilter> {
    if !reads_all(ctx) {
        let own = ctx.caller.principal.uuid();
        if filter.principal_id.is_some_and(|id| id != own) {
            return None;
        }
        filter.principal_id = Some(own);
    }
    Some(filter)
}

fn reads_all(ctx: &Ctx) -> bool {
    allows(ctx.caller.role, Action::ReadAllCalls)
}
