//! Switches of a server's tools.

use crate::app::tool_switches;
use crate::domain::ids::ServerId;
use crate::domain::tool_switches::{ToolSwitchChange, ToolSwitches};
use crate::http::extract::{Json, Target, TenantScope};
use crate::http::problem::Problem;

/// Which tools of a server are on; for its managers.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/servers/{server}/tool-switches", tag = "servers",
    operation_id = "get_tool_switches", params(("server" = ServerId, Path)),
    responses((status = 200, body = ToolSwitches)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
) -> Result<Json<ToolSwitches>, Problem> {
    Ok(Json(tool_switches::get(&ctx, id).await?))
}

/// Set all switches of a server's tools.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/servers/{server}/tool-switches", tag = "servers",
    operation_id = "put_tool_switches", params(("server" = ServerId, Path)), request_body = ToolSwitches,
    responses((status = 200, body = ToolSwitches)))]
pub(crate) async fn put(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Json(switches): Json<ToolSwitches>,
) -> Result<Json<ToolSwitches>, Problem> {
    Ok(Json(tool_switches::put(&ctx, id, switches).await?))
}

/// Switch some tools on or off, at once on every connected node; calls of a tool that is switched off are cut.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/servers/{server}/tool-switches", tag = "servers",
    operation_id = "switch_tools", params(("server" = ServerId, Path)), request_body = ToolSwitchChange,
    responses((status = 200, body = ToolSwitches)))]
pub(crate) async fn change(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Json(change): Json<ToolSwitchChange>,
) -> Result<Json<ToolSwitches>, Problem> {
    Ok(Json(tool_switches::change(&ctx, id, change).await?))
}
