//! Call records: who called what through a node, how it ended, and whose fault it was.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::configuration::PrincipalKind;
use super::ids::{ApiKeyId, CallRecordId, ServerId, TenantId};

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
    pub server_id: Option<ServerId>,
    pub principal_id: Option<Uuid>,
    /// Name of the client program, as it says.
    pub client: Option<String>,
    pub method: Option<String>,
    pub target: Option<String>,
    pub outcome: Option<CallOutcome>,
    pub fault: Option<Fault>,
    /// Started at or after.
    pub from: Option<DateTime<Utc>>,
    /// Started before.
    pub to: Option<DateTime<Utc>>,
}
