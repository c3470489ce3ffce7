//! Takes call records from nodes: converts, checks that each belongs to a tenant of the node's pool (ATK-6), stores.
//! A record that can never be stored is refused with a code; a database that is away fails the batch, to be repeated.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use prost::bytes::Bytes;
use proto::convert::{self, ConvertError};
use proto::wire;
use uuid::Uuid;

use super::tail;
use crate::domain::call::{CallOutcome, CallRecord, Fault};
use crate::domain::configuration::PrincipalKind;
use crate::domain::ids::{ApiKeyId, CallRecordId, ServerId, TenantId};
use crate::domain::limits::{RECORD_AHEAD_MAX_S, RECORD_NUMBER_MAX, RECORD_RULES_MAX, RECORD_TEXT_CHARS_MAX};
use crate::domain::node::NodeIdentity;
use crate::domain::usage::roll_up;
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

/// A record that was not stored, and why: the node's id of it, as it came.
pub type Refused = (Bytes, &'static str);

/// Stores what can be stored, and answers what never can. Storing a record again changes nothing.
pub async fn store(app: &App, node: &NodeIdentity, records: Vec<wire::CallRecord>) -> Result<Vec<Refused>> {
    let now = app.clock.now();
    let mut refused = Vec::new();
    let mut tenants: BTreeMap<TenantId, Vec<CallRecord>> = BTreeMap::new();
    for record in records {
        let id = record.id.clone();
        match convert(record) {
            Ok(record) if record.started_at > now + TimeDelta::seconds(RECORD_AHEAD_MAX_S) => {
                refused.push((id, "record.in_the_future"));
            }
            // The time in its id is where it is looked for later.
            Ok(record) if !record.has_timely_id() => refused.push((id, "record.id_time")),
            Ok(record) => tenants.entry(record.tenant_id).or_default().push(record),
            Err(error) => {
                tracing::warn!(node.identity = %node.id, %error, "a call record does not convert");
                refused.push((id, "record.malformed"));
            }
        }
    }
    for (tenant, records) in tenants {
        refused.append(&mut store_of_tenant(app, node, tenant, records).await?);
    }
    Ok(refused)
}

/// Makes the partitions of this month and the next two; what has none yet would land in the default one.
pub async fn ensure_partitions(app: &App) -> Result<()> {
    let store = app.store.system().await?;
    store.ensure_call_record_partitions(app.clock.now().date_naive()).await?;
    store.commit().await
}

async fn store_of_tenant(
    app: &App,
    node: &NodeIdentity,
    id: TenantId,
    records: Vec<CallRecord>,
) -> Result<Vec<Refused>> {
    let store = app.store.tenant(id).await?;
    let refusal = match store.get_tenant().await {
        Ok(tenant) if tenant.pool == node.pool => None,
        Ok(_) => Some("tenant.outside_pool"),
        Err(Error::NotFound { .. }) => Some("tenant.unknown"),
        Err(error) => return Err(error),
    };
    if let Some(code) = refusal {
        tracing::warn!(node.identity = %node.id, tenant.id = %id, code, "call records refused");
        return Ok(records.iter().map(|record| (convert::uuid_bytes(record.id.0), code)).collect());
    }
    let servers: HashSet<Uuid> = records.iter().flat_map(CallRecord::servers).map(ServerId::uuid).collect();
    let principals: HashSet<Uuid> = records.iter().map(|one| one.principal_id).collect();
    let (servers, principals) = (store.known_servers(&servers).await?, store.known_principals(&principals).await?);
    let mut refused = Vec::new();
    let (mut good, mut seen) = (Vec::with_capacity(records.len()), HashSet::new());
    for record in records {
        let code = match record {
            _ if !record.servers().map(ServerId::uuid).all(|id| servers.contains(&id)) => "record.unknown_server",
            _ if !principals.contains(&record.principal_id) => "record.unknown_principal",
            // Twice in one batch: one of them is enough, and one statement may not insert it twice.
            _ if !seen.insert(record.id) => continue,
            _ => {
                good.push(record);
                continue;
            }
        };
        refused.push((convert::uuid_bytes(record.id.0), code));
    }
    let new = store.insert_call_records(&good).await?;
    // Only what was not there before: a batch may come twice.
    let tallies = roll_up(good.iter().filter(|record| new.contains(&record.id)));
    store.add_usage(&tallies).await?;
    note_key_use(&store, &good).await?;
    if let Err(error) = store.commit_records().await {
        // They may be there all the same, and are then not new when they come again.
        tail::missed(app, id);
        return Err(error);
    }
    tail::stored(app, id, good.into_iter().filter(|record| new.contains(&record.id)));
    Ok(refused)
}

/// Keys show when they were last used, as coarsely as the store keeps it.
async fn note_key_use(store: &TenantStore, records: &[CallRecord]) -> Result<()> {
    let mut newest: BTreeMap<ApiKeyId, DateTime<Utc>> = BTreeMap::new();
    for record in records {
        if let Some(key) = record.api_key_id {
            let at = newest.entry(key).or_insert(record.started_at);
            *at = record.started_at.max(*at);
        }
    }
    for (key, at) in newest {
        store.touch_api_key(key, at).await?;
    }
    Ok(())
}

fn convert(wire: wire::CallRecord) -> Result<CallRecord, ConvertError> {
    let (principal_kind, outcome, fault) = (wire.principal_kind(), wire.outcome(), wire.fault());
    let rules = wire.rule_ids.iter().take(RECORD_RULES_MAX).map(|id| convert::uuid("rule_ids", id));
    let api_key = (!wire.api_key_id.is_empty()).then(|| convert::uuid("api_key_id", &wire.api_key_id)).transpose()?;
    let member = (!wire.member_id.is_empty()).then(|| convert::uuid("member_id", &wire.member_id)).transpose()?;
    Ok(CallRecord {
        id: CallRecordId(convert::uuid("id", &wire.id)?),
        tenant_id: TenantId(convert::uuid("tenant_id", &wire.tenant_id)?),
        started_at: started_at(wire.started_unix_us)?,
        principal_kind: match principal_kind {
            wire::PrincipalKind::User => PrincipalKind::User,
            wire::PrincipalKind::ServiceAccount => PrincipalKind::ServiceAccount,
            wire::PrincipalKind::Unspecified => return Err(ConvertError::Unknown { field: "principal_kind" }),
        },
        principal_id: convert::uuid("principal_id", &wire.principal_id)?,
        server_id: ServerId(convert::uuid("server_id", &wire.server_id)?),
        member_id: member.map(ServerId),
        outcome: match outcome {
            wire::CallOutcome::Ok => CallOutcome::Ok,
            wire::CallOutcome::ToolError => CallOutcome::ToolError,
            wire::CallOutcome::Error => CallOutcome::Error,
            wire::CallOutcome::Refused => CallOutcome::Refused,
            wire::CallOutcome::Cancelled => CallOutcome::Cancelled,
            wire::CallOutcome::Unspecified => return Err(ConvertError::Unknown { field: "outcome" }),
        },
        fault: match fault {
            wire::Fault::Unspecified => Fault::None,
            wire::Fault::Client => Fault::Client,
            wire::Fault::Gateway => Fault::Gateway,
            wire::Fault::Upstream => Fault::Upstream,
        },
        rule_ids: rules.collect::<Result<_, _>>()?,
        client_name: text(&wire.client_name),
        client_version: text(&wire.client_version),
        client_id: text(&wire.client_id),
        api_key_id: api_key.map(ApiKeyId),
        method: text(&wire.method),
        target: text(&wire.target),
        client_protocol: text(&wire.client_version_mcp),
        upstream_protocol: text(&wire.upstream_version_mcp),
        error_reason: text(&wire.error_reason),
        trace_id: text(&wire.trace_id),
        node_id: text(&wire.node_id),
        bytes_in: wire.bytes_in.min(RECORD_NUMBER_MAX),
        bytes_out: wire.bytes_out.min(RECORD_NUMBER_MAX),
        duration_us: wire.duration_us.min(RECORD_NUMBER_MAX),
        upstream_us: wire.upstream_us.min(RECORD_NUMBER_MAX),
    })
}

fn started_at(unix_us: u64) -> Result<DateTime<Utc>, ConvertError> {
    let invalid = ConvertError::Invalid { field: "started_unix_us", reason: "no time" };
    // Zero is a field that was never set.
    let time = i64::try_from(unix_us).ok().filter(|us| *us > 0).and_then(DateTime::from_timestamp_micros);
    time.ok_or(invalid)
}

/// Texts come from strangers: cut, and without NUL, which PostgreSQL does not store and which would fail the whole
/// batch for ever.
fn text(text: &str) -> String {
    text.chars().filter(|&letter| letter != '\0').take(RECORD_TEXT_CHARS_MAX).collect()
}
