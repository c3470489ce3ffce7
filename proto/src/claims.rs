//! Claims of an access token (RFC 9068): what the control plane signs and a node verifies.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The `typ` header of an access token (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYP: &str = "at+jwt";

/// The one scope.
pub const SCOPE_MCP: &str = "mcp";

/// Node enrolment secrets.
pub const NODE_SECRET_PREFIX: &str = "pwn_";
/// Refresh tokens.
pub const REFRESH_TOKEN_PREFIX: &str = "pwr_";
/// Operator tokens of the platform API.
pub const OPERATOR_TOKEN_PREFIX: &str = "pwo_";

/// Claims of a Portway access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Issuer of the tenant, compared as an exact string.
    pub iss: String,
    /// The principal: a user or a service account.
    pub sub: Uuid,
    /// Canonical gateway URL of one server, see [`crate::names::GatewayPath::resource`].
    pub aud: String,
    /// Seconds since the epoch.
    pub exp: i64,
    /// Seconds since the epoch.
    pub iat: i64,
    pub jti: Uuid,
    pub client_id: String,
    /// Space-separated, RFC 6749 §3.3.
    pub scope: String,
    /// Tenant.
    pub tid: Uuid,
    /// Browser session in which the grant was approved.
    pub sid: Uuid,
    /// OAuth grant: one approval of one client for one server.
    pub gid: Uuid,
    /// Epoch of the principal at mint; an older one than the snapshot's voids the token.
    pub ep: u64,
    /// Tenant revision at mint: a node that is behind waits for it.
    pub rev: u64,
}
