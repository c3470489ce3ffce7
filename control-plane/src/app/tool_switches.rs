//! Which tools of a server are on: seen and changed by those who manage it. A virtual server chooses tools of its members
//! instead.

use serde_json::json;

use super::Ctx;
use super::servers::{entry, find_managed, find_visible, resource};
use crate::domain::access::{Action, ServerRole};
use crate::domain::fields::Mistakes;
use crate::domain::ids::ServerId;
use crate::domain::limits::SWITCHED_TOOLS_MAX;
use crate::domain::server::{Server, ServerKind};
use crate::domain::tool_switches::{ToolSwitchChange, ToolSwitches};
use crate::domain::{Error, Result};

/// The switches of a server. Names of tools that are off are not for those who may only use it.
pub async fn get(ctx: &Ctx, id: ServerId) -> Result<ToolSwitches> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let (server, role) = find_visible(ctx, &store, id).await?;
    if role != Some(ServerRole::Manager) {
        ctx.require(Action::ReadAllServers)?;
    }
    of_single(&server)?;
    Ok(server.tool_switches)
}

/// Sets all switches of a server.
pub async fn put(ctx: &Ctx, id: ServerId, switches: ToolSwitches) -> Result<ToolSwitches> {
    let mut mistakes = Mistakes::default();
    switches.check(&mut mistakes);
    mistakes.finish(Some(()))?;
    set(ctx, id, |_| switches).await
}

/// Changes some switches of a server. Two who do so at once both get what they asked for.
pub async fn change(ctx: &Ctx, id: ServerId, change: ToolSwitchChange) -> Result<ToolSwitches> {
    let mut mistakes = Mistakes::default();
    change.check(&mut mistakes);
    mistakes.finish(Some(()))?;
    set(ctx, id, |before| before.changed(change)).await
}

async fn set(ctx: &Ctx, id: ServerId, changed: impl FnOnce(ToolSwitches) -> ToolSwitches) -> Result<ToolSwitches> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    find_managed(ctx, &store, id).await?;
    let old = store.lock_server(id).await?.ok_or(Error::NotFound { what: "server" })?;
    of_single(&old)?;
    let switches = changed(old.tool_switches.clone());
    if switches.on.len() > SWITCHED_TOOLS_MAX || switches.off.len() > SWITCHED_TOOLS_MAX {
        let public = format!("would leave more than {SWITCHED_TOOLS_MAX} tools in one list: choose new_tools instead");
        return Err(Error::conflict("switches.too_many", public));
    }
    if switches != old.tool_switches {
        // Not the time of its last change: that voids what people hold for the server.
        let new = Server { tool_switches: switches.clone(), ..old };
        store.update_server(&new).await?;
        store.changed(resource(&new), id.0);
        store.audit(entry(ctx, "server.tools_switched", id, json!({ "tool_switches": switches })));
        store.commit().await?;
    }
    Ok(switches)
}

fn of_single(server: &Server) -> Result<()> {
    match server.kind {
        ServerKind::Single => Ok(()),
        ServerKind::Virtual => Err(Error::conflict(
            "switches.virtual",
            "a virtual server has no switches: choose the tools of its members, or switch them off at the member",
        )),
    }
}
