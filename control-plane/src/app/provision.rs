//! What an operator puts into a tenant before anybody of it has signed in: servers that belong to nobody in particular.
//! The tenant's admins manage them like any other.

use proto::names::GatewayPath;
use serde_json::json;

use super::credentials::{self, Outbound};
use super::servers::{self, NewServer};
use crate::domain::access::ServerRole;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::ids::{AccessGrantId, OperatorId, TenantId};
use crate::domain::server::{AccessGrant, Server, Subject};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::{ResourceKind, TenantStore};

/// Registers a server and grants it to everyone. One that is there is only pointed to the URL: what the tenant's admins
/// decided about it since stays. Answers where IDEs connect, or `None` if the server was retired.
pub async fn provide_server(
    app: &App,
    operator: OperatorId,
    tenant_id: TenantId,
    new: NewServer,
) -> Result<Option<String>> {
    let actor = Actor::Operator(operator);
    let store = app.store.tenant(tenant_id).await?;
    let (wanted, outbound) = servers::checked(&store, &new, None)?;
    let tenant = store.get_tenant().await?;
    let path = GatewayPath { tenant: tenant.slug.clone(), server: wanted.slug.clone() };
    let gateway_url = tenant.gateway_origins.first().map(|origin| path.resource(origin)).unwrap_or_default();
    match store.find_server_by_slug(&wanted.slug).await? {
        Some(server) if server.upstream_url == wanted.upstream_url => return Ok(Some(gateway_url)),
        Some(server) => point_to(&store, actor, server, wanted.upstream_url).await?,
        None => match insert(app, &store, actor, wanted, &outbound).await {
            Err(Error::Conflict { code: "server.slug_taken", .. }) => return Ok(None),
            inserted => inserted?,
        },
    }
    store.commit().await?;
    Ok(Some(gateway_url))
}

async fn insert(app: &App, store: &TenantStore, actor: Actor, server: Server, outbound: &Outbound) -> Result<()> {
    store.insert_server(&server).await?;
    credentials::put(app, store, None, &server, outbound, None).await?;
    let grant = AccessGrant {
        id: AccessGrantId(store.new_id()),
        server_id: server.id,
        role: ServerRole::User,
        subject: Subject::Everyone,
        created_at: store.now(),
    };
    store.insert_access_grant(&grant, None).await?;
    store.changed(ResourceKind::AccessGrant, grant.id.0);
    let detail = json!({ "slug": server.slug, "everyone_grant_id": grant.id });
    note(store, actor, "server.registered", &server, detail);
    Ok(())
}

async fn point_to(store: &TenantStore, actor: Actor, server: Server, upstream_url: String) -> Result<()> {
    let server = Server { upstream_url, updated_at: store.now(), ..server };
    store.update_server(&server).await?;
    note(store, actor, "server.changed", &server, json!({ "fields": ["upstream_url"] }));
    Ok(())
}

fn note(store: &TenantStore, actor: Actor, action: &'static str, server: &Server, detail: serde_json::Value) {
    store.changed(ResourceKind::Server, server.id.0);
    store.audit(AuditEntry { actor, action, target_kind: "server", target_id: Some(server.id.0), detail });
}
