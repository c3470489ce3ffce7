//! The last requests received, for whoever sets up the identity provider.

use super::ScimCtx;
use crate::app::Ctx;
use crate::domain::Result;
use crate::domain::access::Action;
use crate::domain::limits::SCIM_LOG_TEXT_CHARS_MAX;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::scim::request::{ScimRequest, keepable};

/// A request and how it was answered.
pub struct Received<'a> {
    pub method: &'a str,
    /// Below the base, with the query.
    pub path: &'a str,
    pub status: u16,
    pub detail: Option<String>,
    pub duration_ms: i64,
    pub body: &'a [u8],
}

/// Keeps a request. The identity provider has its answer already: what fails here is logged and nothing else.
pub async fn keep(ctx: &ScimCtx, received: Received<'_>) {
    if let Err(error) = insert(ctx, received).await {
        tracing::warn!(tenant.id = %ctx.tenant_id, %error, "a SCIM request is not kept");
    }
}

async fn insert(ctx: &ScimCtx, received: Received<'_>) -> Result<()> {
    let cut = |text: &str| text.chars().take(SCIM_LOG_TEXT_CHARS_MAX).collect::<String>();
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let request = ScimRequest {
        id: store.new_id(),
        at: store.now(),
        token_id: ctx.token_id,
        method: received.method.to_owned(),
        path: cut(received.path),
        status: received.status,
        detail: received.detail.as_deref().map(cut),
        duration_ms: received.duration_ms,
        body: keepable(received.body),
    };
    store.insert_scim_request(&request).await?;
    store.commit_records().await
}

/// Requests, newest first.
pub async fn list(ctx: &Ctx, page: PageRequest<Created>) -> Result<Page<ScimRequest>> {
    ctx.require(Action::ReadProvisioning)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_scim_requests(page).await
}
