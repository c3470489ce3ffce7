//! Call records: who called what through a node, how it ended, and whose fault it was.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::configuration::PrincipalKind;
use super::ids::{ApiKeyId, CallRecordId, ServerId, TenantId};
use super::limits::{CALLS_RANGE_DAYS_MAX, CALLS_RANGE_DEFAULT_S, RECORD_AHEAD_MAX_S, RECORD_ID_SKEW_MAX_S};
use super::{Error, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    pub id: CallRecordId,
    pub tenant_id: TenantId,
    pub started_at: DateTime<Utc>,
    pub principal_kind: PrincipalKind,
    pub principal_id: Uuid,
    pub client_name: String,
    pub client_version: String,
    /// OAuth client_id; empty for API keys.
    pub client_id: String,
    /// The API key that was used, if it was one.
    pub api_key_id: Option<ApiKeyId>,
    pub server_id: ServerId,
    /// The member that was called, if the server is virtual.
    pub member_id: Option<ServerId>,
    /// MCP method.
    pub method: String,
    /// Tool, prompt or resource, as the upstream names it.
    pub target: String,
    /// Protocol revisions spoken with the client and with the upstream; the latter is empty if it was not reached.
    pub client_protocol: String,
    pub upstream_protocol: String,
    pub outcome: CallOutcome,
    /// Stable code; empty when the call went well.
    pub error_reason: String,
    pub fault: Fault,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub duration_us: u64,
    pub upstream_us: u64,
    /// W3C trace id.
    pub trace_id: String,
    /// Rules that applied.
    pub rule_ids: Vec<Uuid>,
    pub node_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    Ok,
    /// The upstream answered `isError`.
    ToolError,
    /// A JSON-RPC error, or no answer.
    Error,
    /// By the gateway.
    Refused,
    Cancelled,
}

/// Whose fault a failed call was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    None,
    Client,
    Gateway,
    Upstream,
}

impl CallOutcome {
    const ALL: [Self; 5] = [Self::Ok, Self::ToolError, Self::Error, Self::Refused, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ToolError => "tool_error",
            Self::Error => "error",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

impl Fault {
    const ALL: [Self; 4] = [Self::None, Self::Client, Self::Gateway, Self::Upstream];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Client => "client",
            Self::Gateway => "gateway",
            Self::Upstream => "upstream",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == text)
    }
}

/// Which call records are asked for; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// What the asker may see at all; `None` is everything.
    pub within: Option<Reach>,
    /// Called as such, or as a member.
    pub server_id: Option<ServerId>,
    /// The member of a virtual server.
    pub member_id: Option<ServerId>,
    pub principal_id: Option<Uuid>,
    /// Name of the client program, as it says.
    pub client: Option<String>,
    /// OAuth client_id.
    pub client_id: Option<String>,
    pub method: Option<String>,
    pub target: Option<String>,
    pub outcome: Option<CallOutcome>,
    pub fault: Option<Fault>,
    /// Started at or after.
    pub from: Option<DateTime<Utc>>,
    /// Started before.
    pub to: Option<DateTime<Utc>>,
}

/// What somebody sees who may not see every call: their own, and those of servers that they manage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub principal_id: Uuid,
    pub servers: Vec<ServerId>,
}

/// Where in the log a call lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallPlace {
    pub started_at: DateTime<Utc>,
    pub id: CallRecordId,
}

impl CallFilter {
    /// Bounds the search in time: the last day unless it says otherwise, and never more than the bound.
    pub fn bounded(self, now: DateTime<Utc>) -> Result<Self> {
        // A node's clock may be ahead of ours, so what is newest may lie in what we take for the future.
        let to = self.to.unwrap_or(now + TimeDelta::seconds(RECORD_AHEAD_MAX_S));
        let until = to.min(now);
        let from = self.from.unwrap_or(until - TimeDelta::seconds(CALLS_RANGE_DEFAULT_S));
        if from >= to {
            return Err(Error::invalid("calls.empty_range", "from", "must be before `to`"));
        }
        if until - from > TimeDelta::days(CALLS_RANGE_DAYS_MAX) {
            let end = if self.to.is_some() { "`to`" } else { "now: give `to` for an older stretch" };
            let public = format!("must be at most {CALLS_RANGE_DAYS_MAX} days before {end}");
            return Err(Error::invalid("calls.range_too_long", "from", public));
        }
        Ok(Self { from: Some(from), to: Some(to), ..self })
    }
}

impl CallRecord {
    /// What was called: the server, and the member of it if it is virtual.
    pub fn servers(&self) -> impl Iterator<Item = ServerId> + use<> {
        [Some(self.server_id), self.member_id].into_iter().flatten()
    }

    /// Where it lies.
    pub fn place(&self) -> CallPlace {
        CallPlace { started_at: self.started_at, id: self.id }
    }

    /// Whether the id was made when the call started: then the time in it tells where the record lies.
    pub fn has_timely_id(&self) -> bool {
        time_of(self.id).is_some_and(|at| (self.started_at - at).abs() <= TimeDelta::seconds(RECORD_ID_SKEW_MAX_S))
    }
}

/// The time in an id, if it is one with a time (RFC 9562, version 7).
pub fn time_of(id: CallRecordId) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = id.0.get_timestamp().filter(|_| id.0.get_version_num() == 7)?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn some_call(number: u128, started_at: DateTime<Utc>) -> CallRecord {
        CallRecord {
            id: CallRecordId(Uuid::from_u128(number)),
            tenant_id: TenantId(Uuid::from_u128(1)),
            started_at,
            principal_kind: PrincipalKind::User,
            principal_id: Uuid::from_u128(2),
            client_name: "Editor".to_owned(),
            client_version: "1.0".to_owned(),
            client_id: "editor-1".to_owned(),
            api_key_id: None,
            server_id: ServerId(Uuid::from_u128(3)),
            member_id: None,
            method: "tools/call".to_owned(),
            target: "search".to_owned(),
            client_protocol: "2025-11-25".to_owned(),
            upstream_protocol: "2025-11-25".to_owned(),
            outcome: CallOutcome::Ok,
            error_reason: String::new(),
            fault: Fault::None,
            bytes_in: 10,
            bytes_out: 20,
            duration_us: 30_000,
            upstream_us: 29_000,
            trace_id: String::new(),
            rule_ids: Vec::new(),
            node_id: "n1".to_owned(),
        }
    }

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).unwrap() + TimeDelta::hours(hour)
    }

    #[track_caller]
    fn check(from: Option<i64>, to: Option<i64>, expected: Result<(i64, i64), &str>) {
        let filter = CallFilter { from: from.map(at), to: to.map(at), ..CallFilter::default() };
        let bounded = filter.bounded(at(0)).map(|filter| (filter.from.unwrap(), filter.to.unwrap()));
        let expected = expected.map(|(from, to)| (at(from), at(to)));
        assert_eq!(bounded.map_err(|error| error.code()), expected);
    }

    #[test]
    fn a_search_is_bounded_in_time() {
        const BOUND: i64 = CALLS_RANGE_DAYS_MAX * 24;
        check(None, None, Ok((-24, 24)));
        check(Some(-2), None, Ok((-2, 24)));
        check(None, Some(-100), Ok((-124, -100)));
        check(Some(-BOUND), None, Ok((-BOUND, 24)));
        check(Some(-BOUND - 1), None, Err("calls.range_too_long"));
        check(Some(-BOUND - 1), Some(-1), Ok((-BOUND - 1, -1)));
        check(Some(-BOUND - 2), Some(-1), Err("calls.range_too_long"));
        check(Some(-5), Some(-5), Err("calls.empty_range"));
        check(Some(-5), Some(-6), Err("calls.empty_range"));
        check(Some(1), None, Ok((1, 24)));
        check(None, Some(100_000), Ok((-24, 100_000)));
    }

    #[test]
    fn ids_tell_the_time_or_nothing() {
        let seconds = u64::try_from(at(0).timestamp()).unwrap();
        let id = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0));
        assert_eq!(time_of(CallRecordId(id)), Some(at(0)));
        assert_eq!(time_of(CallRecordId(Uuid::from_u128(7))), None);
        assert_eq!(time_of(CallRecordId(Uuid::max())), None);
    }
}
