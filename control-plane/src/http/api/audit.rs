//! The audit log.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::audit::{self, ExportRange, Verification};
use crate::crypto::audit_chain::Flaw;
use crate::domain::audit::export::Line;
use crate::domain::audit::{ActionFilter, Anchor, AuditEvent, AuditFilter, ChainStatus};
use crate::domain::ids::{
    self, ApiKeyId, AuditEventId, ClientId, DomainId, GroupId, IdentityProviderId, InvitationId, OAuthGrantId,
    OperatorId, ScimTokenId, ServerId, ServiceAccountId, SessionId, TenantId, UserCredentialId, UserId,
};
use crate::domain::page::PageRequest;
use crate::domain::{Error, Result};
use crate::http::download::{self, Download, FileFormat};
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

/// The hash chain, recomputed over the items of this page and their link to the one before; of a search, which leaves
/// events out, only each item by itself.
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

/// What is absent does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Id of who did it, such as `usr_…`.
    actor: Option<String>,
    /// Id of what it was done to, such as `srv_…`.
    target: Option<String>,
    /// `noun.verb`, or a noun for all its verbs.
    action: Option<String>,
    /// At or after.
    from: Option<DateTime<Utc>>,
    /// Before.
    to: Option<DateTime<Utc>>,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl AuditQuery {
    fn filter(&self) -> Result<AuditFilter> {
        let id = |field: &'static str, text: &Option<String>| {
            let invalid = || Error::invalid("id.invalid", field, "expected an id such as usr_…");
            text.as_deref().map(|text| ids::any(text).ok_or_else(invalid)).transpose()
        };
        let (actor_id, target_id) = (id("actor", &self.actor)?, id("target", &self.target)?);
        let action = self.action.as_deref().map(ActionFilter::parse).transpose()?;
        Ok(AuditFilter { actor_id, target_id, action, from: self.from, to: self.to })
    }
}

/// Read the audit log, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/audit", tag = "audit", operation_id = "list_audit_events",
    params(AuditQuery), responses((status = 200, body = AuditPageView)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPageView>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    let (page, chain) = audit::list(&ctx, &query.filter()?, page).await?;
    let items = page.items.into_iter().map(AuditEventView::from).collect();
    Ok(Json(AuditPageView { items, next_cursor: page.next_cursor, verify: chain.into() }))
}

/// What walking along the chain found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerificationView {
    /// Nothing was found in this stretch.
    intact: bool,
    /// Events looked at.
    checked: u64,
    /// The first hundred places where the chain does not hold.
    flaws: Vec<FlawView>,
    flaws_total: usize,
    /// The last event that was looked at, as `SEQ:SHA256`: noted elsewhere, it can be given as `anchor` later.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The newest event when this began.
    head_seq: i64,
    /// Give it as `after` to go on; absent when the end of the log was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlawView {
    /// The event at which it shows.
    seq: i64,
    /// `event.changed`, `event.missing`, `event.unlinked`, `event.out_of_order`, `chain.tail` or `chain.not_as_noted`.
    code: &'static str,
    /// For people.
    message: String,
}

impl From<Flaw> for FlawView {
    fn from(flaw: Flaw) -> Self {
        Self { seq: flaw.seq, code: flaw.code(), message: flaw.message() }
    }
}

impl From<Verification> for VerificationView {
    fn from(found: Verification) -> Self {
        Self {
            intact: found.flaws_total == 0,
            checked: found.checked,
            flaws: found.flaws.into_iter().map(FlawView::from).collect(),
            flaws_total: found.flaws_total,
            next_after: found.place.as_ref().filter(|_| !found.done).map(|place| place.seq),
            place: found.place.map(|place| place.to_string()),
            head_seq: found.head.seq,
        }
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VerifyQuery {
    /// Begin after the event of that number, whose hash is taken as it is; from the first one if absent.
    after: Option<i64>,
    /// An event as it was noted elsewhere, `SEQ:SHA256`: the log must have the same.
    anchor: Option<String>,
}

/// Recompute the audit log's hash chain: at most 50,000 events, then it says where to go on.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/audit/verification", tag = "audit",
    operation_id = "verify_audit_log", params(VerifyQuery), responses((status = 200, body = VerificationView)))]
pub(crate) async fn verify(
    TenantScope(ctx): TenantScope,
    Query(query): Query<VerifyQuery>,
) -> Result<Json<VerificationView>, Problem> {
    let invalid = || Error::invalid("anchor.invalid", "anchor", "expected SEQ:SHA256, as verification answers it");
    let anchor = query.anchor.as_deref().map(|text| Anchor::parse(text).ok_or_else(invalid)).transpose()?;
    Ok(Json(audit::verify(&ctx, query.after.unwrap_or_default(), anchor).await?.into()))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Begin after the event of that number: the last one of the export before.
    after: Option<i64>,
    /// At or after.
    from: Option<DateTime<Utc>>,
    /// Before.
    to: Option<DateTime<Utc>>,
}

/// Export the audit log: a heading and one line for each event, oldest first, with everything that the hashes cover.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/audit/export", tag = "audit", operation_id = "export_audit_log",
    params(ExportQuery), responses((status = 200, content_type = "application/x-ndjson", body = String)))]
pub(crate) async fn export(
    TenantScope(ctx): TenantScope,
    Query(query): Query<ExportQuery>,
) -> Result<Download, Problem> {
    let range = ExportRange { after: query.after.unwrap_or_default(), from: query.from, to: query.to };
    let (heading, pages) = audit::export(&ctx, range).await?;
    let name = format!("audit-{}-{}", heading.after.seq + 1, heading.last_seq);
    let heading = download::json_line(&heading)?;
    let lines = |events: Vec<AuditEvent>| events.iter().map(|event| download::json_line(&Line::from(event))).collect();
    Ok(Download::new(&name, FileFormat::Ndjson, heading, pages, lines))
}
