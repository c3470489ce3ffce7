//! A look at a server before it is registered.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::server_probes;
use crate::domain::server_probe::ServerProbe;
use crate::http::extract::{Json, TenantScope};
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProbeBody {
    upstream_url: String,
}

/// Look at an MCP server without registering it: does it answer, what does it ask for, what has it. No credential is
/// sent.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/server-probes", tag = "servers", operation_id = "probe_server",
    request_body = ProbeBody, responses((status = 200, body = ServerProbe)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Json(body): Json<ProbeBody>,
) -> Result<Json<ServerProbe>, Problem> {
    Ok(Json(server_probes::probe(&ctx, &body.upstream_url).await?))
}
