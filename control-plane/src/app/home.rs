//! What a signed-in person finds at home: their servers and how to add them.

use std::collections::HashSet;

use proto::names::GatewayPath;

use super::Ctx;
use crate::domain::Result;
use crate::domain::access::{Action, allows};
use crate::domain::ids::ServerId;
use crate::domain::limits::API_KEY_CHOICES_MAX;
use crate::domain::snippets::{Snippets, snippets};
use crate::domain::tenancy::{Tenant, User};

/// Servers shown on one page.
const SERVERS_SHOWN: u64 = 20;
/// Nobody pages further by hand.
const SERVERS_PAGE_MAX: u64 = 10_000;
/// People named when there is nothing to show.
const ADMINS_SHOWN: u64 = 3;

/// Which of their servers a person looks at.
#[derive(Debug, Default)]
pub struct View {
    /// Part of a name; empty for all.
    pub text: String,
    /// Counted from 0.
    pub page: u64,
}

pub struct Home {
    pub user: User,
    pub servers: Vec<ServerCard>,
    pub has_more: bool,
    /// The person may register servers themselves.
    pub may_register: bool,
    /// Whom to ask; only filled when there are no servers.
    pub admins: Vec<String>,
}

pub struct ServerCard {
    pub slug: String,
    pub display_name: String,
    pub description: String,
    pub gateway_url: String,
    pub snippets: Snippets,
    pub account: AccountNeed,
}

/// Whether a server wants something of the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountNeed {
    Nothing,
    Missing,
    Stored,
}

pub async fn home(ctx: &Ctx, tenant: &Tenant, view: &View) -> Result<Home> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let user = store.get_user(ctx.caller.user_id()?).await?;
    let offset = view.page.min(SERVERS_PAGE_MAX) * SERVERS_SHOWN;
    // One more than is shown tells whether there is a next page.
    let mut usable = store.list_usable_servers(user.id, &view.text, offset, SERVERS_SHOWN + 1).await?;
    let has_more = usable.len() as u64 > SERVERS_SHOWN;
    usable.truncate(SERVERS_SHOWN as usize);
    let admins = if usable.is_empty() { store.list_admin_names(ADMINS_SHOWN).await? } else { Vec::new() };
    let origin = tenant.gateway_origins.first().map_or("", String::as_str);
    let stored = store.list_credentials_of(user.id.into()).await?;
    let stored: HashSet<ServerId> = stored.into_iter().map(|one| one.server_id).collect();
    let card = |server: crate::store::UsableServer| {
        let path = GatewayPath { tenant: tenant.slug.clone(), server: server.slug.clone() };
        let gateway_url = path.resource(origin);
        let account = match (server.wants_account, stored.contains(&server.id)) {
            (false, _) => AccountNeed::Nothing,
            (true, false) => AccountNeed::Missing,
            (true, true) => AccountNeed::Stored,
        };
        ServerCard {
            account,
            snippets: snippets(server.slug.as_str(), &gateway_url),
            slug: server.slug.to_string(),
            display_name: server.display_name,
            description: server.description,
            gateway_url,
        }
    };
    let may_register = allows(ctx.caller.role, Action::RegisterServers);
    Ok(Home { user, servers: usable.into_iter().map(card).collect(), has_more, may_register, admins })
}

/// A server that a key may be for.
pub struct KeyServer {
    pub id: ServerId,
    pub slug: String,
    pub display_name: String,
    pub gateway_url: String,
}

/// The person, and the servers that a key of theirs may be limited to.
pub async fn key_servers(ctx: &Ctx, tenant: &Tenant) -> Result<(User, Vec<KeyServer>)> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let user = store.get_user(ctx.caller.user_id()?).await?;
    let usable = store.list_usable_servers(user.id, "", 0, API_KEY_CHOICES_MAX).await?;
    let origin = tenant.gateway_origins.first().map_or("", String::as_str);
    let servers = usable.into_iter().map(|server| {
        let path = GatewayPath { tenant: tenant.slug.clone(), server: server.slug.clone() };
        KeyServer {
            id: server.id,
            slug: server.slug.to_string(),
            display_name: server.display_name,
            gateway_url: path.resource(origin),
        }
    });
    Ok((user, servers.collect()))
}
