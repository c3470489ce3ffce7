//! Call records.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PageView;
use crate::app::calls;
use crate::domain::call::{CallFilter, CallOutcome, CallRecord, Fault};
use crate::domain::configuration::PrincipalKind;
use crate::domain::ids::{ApiKeyId, CallRecordId, LimitRuleId, ServerId, ServiceAccountId, UserId};
use crate::domain::page::PageRequest;
use crate::domain::{Error, Result};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallView {
    id: CallRecordId,
    started_at: DateTime<Utc>,
    principal: PrincipalView,
    client: ClientView,
    server_id: ServerId,
    /// The member that was called, if the server is virtual.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<ServerId>,
    /// MCP method.
    method: String,
    /// Tool, prompt or resource, as the upstream names it.
    target: String,
    outcome: CallOutcome,
    /// Stable code; empty when the call went well.
    error_reason: String,
    fault: Fault,
    bytes_in: u64,
    bytes_out: u64,
    duration_us: u64,
    /// Part of it spent with the upstream.
    upstream_us: u64,
    /// MCP revision spoken with the upstream; empty if it was not reached.
    upstream_protocol: String,
    /// W3C trace id.
    trace_id: String,
    /// Limits that it fell under.
    rule_ids: Vec<LimitRuleId>,
    node_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PrincipalView {
    kind: PrincipalKind,
    /// `usr_…` or `sva_…`
    id: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientView {
    /// As it says.
    name: String,
    version: String,
    /// OAuth client_id; empty for API keys.
    client_id: String,
    /// The API key that was used, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<ApiKeyId>,
    /// MCP revision spoken with it.
    protocol: String,
}

impl From<CallRecord> for CallView {
    fn from(call: CallRecord) -> Self {
        let id = match call.principal_kind {
            PrincipalKind::User => UserId(call.principal_id).to_string(),
            PrincipalKind::ServiceAccount => ServiceAccountId(call.principal_id).to_string(),
        };
        Self {
            id: call.id,
            started_at: call.started_at,
            principal: PrincipalView { kind: call.principal_kind, id },
            client: ClientView {
                name: call.client_name,
                version: call.client_version,
                client_id: call.client_id,
                api_key_id: call.api_key_id,
                protocol: call.client_protocol,
            },
            server_id: call.server_id,
            member_id: call.member_id,
            method: call.method,
            target: call.target,
            outcome: call.outcome,
            error_reason: call.error_reason,
            fault: call.fault,
            bytes_in: call.bytes_in,
            bytes_out: call.bytes_out,
            duration_us: call.duration_us,
            upstream_us: call.upstream_us,
            upstream_protocol: call.upstream_protocol,
            trace_id: call.trace_id,
            rule_ids: call.rule_ids.into_iter().map(LimitRuleId).collect(),
            node_id: call.node_id,
        }
    }
}

/// What is absent does not matter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallQuery {
    /// Called as such or as a member.
    #[param(value_type = Option<String>)]
    server: Option<ServerId>,
    /// `usr_…` or `sva_…`
    principal: Option<String>,
    /// Name of the client program.
    client: Option<String>,
    method: Option<String>,
    target: Option<String>,
    #[param(inline)]
    outcome: Option<CallOutcome>,
    #[param(inline)]
    fault: Option<Fault>,
    /// Started at or after.
    from: Option<DateTime<Utc>>,
    /// Started before.
    to: Option<DateTime<Utc>>,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List calls, newest first. Without the right to read all calls: your own.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/calls", tag = "calls", operation_id = "list_calls",
    params(CallQuery), responses((status = 200, body = PageView<CallView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<CallQuery>,
) -> Result<Json<PageView<CallView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    Ok(Json(PageView::of(calls::list(&ctx, filter(query)?, page).await?)))
}

/// One call.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/calls/{call}", tag = "calls", operation_id = "get_call",
    params(("call" = CallRecordId, Path)), responses((status = 200, body = CallView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<CallRecordId>,
) -> Result<Json<CallView>, Problem> {
    Ok(Json(calls::get(&ctx, id).await?.into()))
}

fn filter(query: CallQuery) -> Result<CallFilter> {
    Ok(CallFilter {
        server_id: query.server,
        principal_id: query.principal.as_deref().map(principal).transpose()?,
        client: query.client,
        method: query.method,
        target: query.target,
        outcome: query.outcome,
        fault: query.fault,
        from: query.from,
        to: query.to,
    })
}

fn principal(text: &str) -> Result<Uuid> {
    let user = text.parse().map(UserId::uuid);
    user.or_else(|_| text.parse().map(ServiceAccountId::uuid))
        .map_err(|_| Error::invalid("principal.invalid", "principal", "expected an id like usr_… or sva_…"))
}
