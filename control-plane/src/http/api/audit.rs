//! The audit log.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::PageQuery;
use crate::app::tenancy;
use crate::domain::audit::{AuditEvent, ChainStatus};
use crate::domain::ids::{
    ApiKeyId, AuditEventId, ClientId, DomainId, GroupId, IdentityProviderId, InvitationId, OAuthGrantId, OperatorId,
    ScimTokenId, ServerId, ServiceAccountId, SessionId, TenantId, UserCredentialId, UserId,
};
use crate::http::extract::{Json, Query, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEventView {
    seq: i64,
    id: AuditEventId,
    at: DateTime<Utc>,
    actor: PartyView,
    /// `noun.verb`, stable.
    action: String,
    target: PartyView,
    detail: serde_json::Value,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartyView {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

/// A page of the log, and whether its hashes fit together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPageView {
    items: Vec<AuditEventView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    verify: VerifyView,
}

/// The hash chain, recomputed over the items of this page and their link to the one before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerifyView {
    intact: bool,
    checked: usize,
    /// The oldest event that does not fit: it or its predecessor was changed or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_seq: Option<i64>,
}

impl From<ChainStatus> for VerifyView {
    fn from(ChainStatus { checked, broken_seq }: ChainStatus) -> Self {
        Self { intact: broken_seq.is_none(), checked, broken_seq }
    }
}

impl From<AuditEvent> for AuditEventView {
    fn from(event: AuditEvent) -> Self {
        // A body that does not parse was tampered with; `verify` says so.
        let body: serde_json::Value = serde_json::from_slice(&event.body).unwrap_or_default();
        Self {
            seq: event.seq,
            id: event.id,
            at: event.at,
            actor: party(event.actor_kind, event.actor_id),
            action: event.action,
            target: party(event.target_kind, event.target_id),
            detail: body.get("detail").cloned().unwrap_or_default(),
        }
    }
}

/// Ids as the rest of the API writes them.
fn party(kind: String, id: Option<Uuid>) -> PartyView {
    let id = id.map(|id| match kind.as_str() {
        "user" => UserId(id).to_string(),
        "operator" => OperatorId(id).to_string(),
        "tenant" => TenantId(id).to_string(),
        "server" => ServerId(id).to_string(),
        "service_account" => ServiceAccountId(id).to_string(),
        "group" => GroupId(id).to_string(),
        "api_key" => ApiKeyId(id).to_string(),
        "session" => SessionId(id).to_string(),
        "invitation" => InvitationId(id).to_string(),
        "client" => ClientId(id).to_string(),
        "domain" => DomainId(id).to_string(),
        "identity_provider" => IdentityProviderId(id).to_string(),
        "user_credential" => UserCredentialId(id).to_string(),
        "scim_token" => ScimTokenId(id).to_string(),
        "oauth_grant" => OAuthGrantId(id).to_string(),
        _ => id.to_string(),
    });
    PartyView { kind, id }
}

/// Read the audit log, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/audit", tag = "audit", operation_id = "list_audit_events",
    params(PageQuery), responses((status = 200, body = AuditPageView)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<AuditPageView>, Problem> {
    let (page, chain) = tenancy::list_audit_events(&ctx, query.parse()?).await?;
    let items = page.items.into_iter().map(AuditEventView::from).collect();
    Ok(Json(AuditPageView { items, next_cursor: page.next_cursor, verify: chain.into() }))
}
