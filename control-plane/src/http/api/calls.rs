//! Call records.

mod query;

use std::sync::Arc;

use axum::response::sse::Event;
use chrono::{DateTime, SecondsFormat, Utc};
use futures::StreamExt;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use self::query::{CallQuery, ExportQuery, TailQuery};
use super::PageView;
use crate::app::tail::Heard;
use crate::app::{calls, tail as call_tail};
use crate::domain::call::{CallFilter, CallOutcome, CallRecord, Fault};
use crate::domain::configuration::PrincipalKind;
use crate::domain::ids::{ApiKeyId, CallRecordId, LimitRuleId, ServerId, ServiceAccountId, UserId};
use crate::domain::page::PageRequest;
use crate::domain::{Error, Result, csv};
use crate::http::download::{self, Download, FileFormat};
use crate::http::events::Events;
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallView {
    id: CallRecordId,
    started_at: DateTime<Utc>,
    principal: PrincipalView,
    client: CallClientView,
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
pub(crate) struct CallClientView {
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
            client: CallClientView {
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

/// List calls, newest first: of the last day, unless `from` and `to` say otherwise. Without the right to read all calls:
/// your own, and those of servers that you manage.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/calls", tag = "calls", operation_id = "list_calls",
    params(CallQuery), responses((status = 200, body = PageView<CallView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<CallQuery>,
) -> Result<Json<PageView<CallView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    let filter = CallFilter { from: query.from, to: query.to, ..query.filter()? };
    Ok(Json(PageView::of(calls::list(&ctx, filter, page).await?)))
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

/// Export what a search finds, newest first: at most 500,000 calls.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/calls/export", tag = "calls", operation_id = "export_calls",
    params(ExportQuery), responses((status = 200, body = String,
        content(("text/csv"), ("application/x-ndjson")))))]
pub(crate) async fn export(
    TenantScope(ctx): TenantScope,
    Query(query): Query<ExportQuery>,
) -> Result<Download, Problem> {
    let filter = CallFilter { from: query.from, to: query.to, ..query.filter()? };
    let pages = calls::export(&ctx, filter).await?;
    let name = format!("calls-{}", ctx.app.clock.now().format("%Y%m%dT%H%M%SZ"));
    let heading = match query.format {
        FileFormat::Csv => csv::line(COLUMNS),
        FileFormat::Ndjson => String::new(),
    };
    let write = move |calls: Vec<CallRecord>| {
        let views = calls.into_iter().map(CallView::from);
        match query.format {
            FileFormat::Csv => Ok(views.map(|view| csv_line(&view)).collect()),
            FileFormat::Ndjson => views.map(|view| download::json_line(&view)).collect(),
        }
    };
    Ok(Download::new(&name, query.format, heading, pages, write))
}

/// Follow calls as they are stored: `call` with what the list shows, `dropped` with how many could not be shown, `end`
/// with the reason.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/calls/tail", tag = "calls", operation_id = "tail_calls",
    params(TailQuery), responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn tail(TenantScope(ctx): TenantScope, Query(query): Query<TailQuery>) -> Result<Events, Problem> {
    let heard = call_tail::open(&ctx, query.filter()?).await?;
    Ok(Events::new(heard.map(event)))
}

fn event(heard: Heard) -> Result<Event, axum::Error> {
    match heard {
        Heard::Call(call) => {
            let view = CallView::from(Arc::unwrap_or_clone(call));
            Event::default().event("call").id(view.id.to_string()).json_data(view)
        }
        Heard::Dropped(count) => Event::default().event("dropped").json_data(json!({ "count": count })),
        Heard::End(why) => Event::default().event("end").json_data(json!({ "reason": why })),
    }
}

const COLUMNS: [&str; 23] = [
    "id",
    "started_at",
    "principal_kind",
    "principal_id",
    "client_name",
    "client_version",
    "client_id",
    "api_key_id",
    "client_protocol",
    "server_id",
    "member_id",
    "method",
    "target",
    "outcome",
    "error_reason",
    "fault",
    "bytes_in",
    "bytes_out",
    "duration_us",
    "upstream_us",
    "upstream_protocol",
    "trace_id",
    "node_id",
];

fn csv_line(call: &CallView) -> String {
    let id = |id: Option<String>| id.unwrap_or_default();
    let cells: [&str; COLUMNS.len()] = [
        &call.id.to_string(),
        &call.started_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        call.principal.kind.as_str(),
        &call.principal.id,
        &call.client.name,
        &call.client.version,
        &call.client.client_id,
        &id(call.client.api_key_id.map(|id| id.to_string())),
        &call.client.protocol,
        &call.server_id.to_string(),
        &id(call.member_id.map(|id| id.to_string())),
        &call.method,
        &call.target,
        call.outcome.as_str(),
        &call.error_reason,
        call.fault.as_str(),
        &call.bytes_in.to_string(),
        &call.bytes_out.to_string(),
        &call.duration_us.to_string(),
        &call.upstream_us.to_string(),
        &call.upstream_protocol,
        &call.trace_id,
        &call.node_id,
    ];
    csv::line(cells)
}

pub(super) fn principal(text: &str) -> Result<Uuid> {
    let user = text.parse().map(UserId::uuid);
    user.or_else(|_| text.parse().map(ServiceAccountId::uuid))
        .map_err(|_| Error::invalid("principal.invalid", "principal", "expected an id like usr_… or sva_…"))
}
