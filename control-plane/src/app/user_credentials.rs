//! What people and service accounts present to servers for themselves: typed, sealed, kept for one origin (I14). Values
//! go in and never come out, but by the broker. A manager may store one for somebody else.

use std::collections::{HashMap, HashSet};

use proto::names::ServerSlug;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use zeroize::Zeroizing;

use super::Ctx;
use super::credentials::next_mark;
use super::servers::find_visible;
use super::upstream_oauth::tokens;
use crate::crypto::vault::Purpose;
use crate::domain::access::{Action, ServerRole, allows};
use crate::domain::audit::AuditEntry;
use crate::domain::credential::{AccountKind, AccountState, UserCredential};
use crate::domain::ids::{ServerId, UserCredentialId};
use crate::domain::key_form::{KeyForm, Values};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::server::{OutboundAuth, Server, ServerFilter, ServerKind, ServerStatus, Subject, SubjectName};
use crate::domain::upstream_oauth::OauthSettings;
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::{ServersOf, TenantStore};

/// Servers read at once when somebody's accounts are listed.
const SERVERS_AT_ONCE: u64 = 200;

/// A stored credential, and whose it is.
pub struct Stored {
    pub credential: UserCredential,
    pub owner: SubjectName,
    pub state: AccountState,
}

/// A server that wants a credential of one's own, and how one stands with it.
pub struct Account {
    pub server: Server,
    pub stored: Option<UserCredential>,
    pub state: AccountState,
    /// Where the person connects it.
    pub connect_url: String,
}

/// Whose credentials are stored for a server: everybody's for those who manage it, else one's own.
pub async fn list(ctx: &Ctx, server_id: ServerId, page: PageRequest<Created>) -> Result<Page<Stored>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let (server, role) = find_visible(ctx, &store, server_id).await?;
    let of = if manages(ctx, role) { None } else { Some(ctx.caller.principal) };
    let page = store.list_user_credentials(server_id, of, page).await?;
    let subjects: Vec<Subject> = page.items.iter().map(|one| one.owner.into()).collect();
    let mut names = store.name_subjects(&subjects).await?;
    let mut states = HashMap::new();
    for one in &page.items {
        states.insert(one.id, state(&ctx.app, &store, &server, Some(one)).await?);
    }
    Ok(page.map(|credential| {
        let subject = credential.owner.into();
        let owner = names.remove(&subject).unwrap_or_else(|| SubjectName::gone(subject));
        let state = states.get(&credential.id).copied().unwrap_or(AccountState::NeverConnected);
        Stored { credential, owner, state }
    }))
}

/// The servers that the caller may use and that want a credential of their own, by name.
pub async fn list_mine(ctx: &Ctx) -> Result<Vec<Account>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let stored = store.list_credentials_of(ctx.caller.principal).await?;
    let mut stored: HashMap<ServerId, UserCredential> = stored.into_iter().map(|one| (one.server_id, one)).collect();
    let (mut accounts, mut after, mut seen) = (Vec::new(), None, HashSet::new());
    loop {
        let page = PageRequest { limit: SERVERS_AT_ONCE, after };
        let usable = ServersOf::UsableBy(ctx.caller.principal);
        let servers = store.list_servers(usable, &ServerFilter::default(), page).await?;
        after = servers.items.last().map(|server| Created { at: server.created_at, id: server.id.0 });
        let ids: Vec<ServerId> = servers.items.iter().filter(|server| is_virtual(server)).map(|one| one.id).collect();
        let mut found: Vec<Server> = servers.items.into_iter().filter(wants_account).collect();
        for member in store.list_server_members(&ids).await?.into_values().flatten() {
            found.extend(store.find_server(member.server_id).await?.filter(wants_account));
        }
        for server in found {
            if seen.insert(server.id) {
                let stored = stored.remove(&server.id);
                accounts.push(account(ctx, &store, server, stored).await?);
            }
        }
        if servers.next_cursor.is_none() {
            break;
        }
    }
    accounts.sort_by_key(|account| account.server.display_name.to_lowercase());
    Ok(accounts)
}

/// How the signed-in person stands with one server; `None` where it wants nothing of theirs.
pub async fn mine_by_slug(ctx: &Ctx, slug: &ServerSlug) -> Result<Option<Account>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let found = store.find_connectable_server(slug, ctx.caller.user_id()?).await?;
    let server = usable(ctx, &store, found.ok_or(Error::NotFound { what: "server" })?).await?;
    if !wants_account(&server) {
        return Ok(None);
    }
    let stored = store.find_user_credential(server.id, ctx.caller.principal).await?;
    account(ctx, &store, server, stored).await.map(Some)
}

/// How the signed-in person stands with each member of a virtual server that wants something of theirs; `None` for a
/// server that is not virtual.
pub async fn mine_of_members(ctx: &Ctx, slug: &ServerSlug) -> Result<Option<(Server, Vec<Account>)>> {
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let found = store.find_usable_server(slug, ctx.caller.user_id()?).await?;
    let Some(found) = found else { return Ok(None) };
    let Some(server) = store.find_server(found.id).await?.filter(is_virtual) else { return Ok(None) };
    let mut accounts = Vec::new();
    for member in members_that_ask(&store, &server).await? {
        let stored = store.find_user_credential(member.id, ctx.caller.principal).await?;
        accounts.push(account(ctx, &store, member, stored).await?);
    }
    Ok(Some((server, accounts)))
}

/// Enabled members of a virtual server that want something of people's own, in order.
pub(super) async fn members_that_ask(store: &TenantStore, server: &Server) -> Result<Vec<Server>> {
    let members = store.list_server_members(&[server.id]).await?.remove(&server.id).unwrap_or_default();
    let mut asking = Vec::new();
    for member in members {
        let member = store.find_server(member.server_id).await?;
        asking.extend(member.filter(|member| member.status == ServerStatus::Enabled && wants_account(member)));
    }
    Ok(asking)
}

pub(super) fn is_virtual(server: &Server) -> bool {
    server.kind == ServerKind::Virtual
}

/// Stores what the caller presents to a server, or what somebody else does. Replaces what was there.
pub async fn put(ctx: &Ctx, server_id: ServerId, whose: Option<PrincipalId>, values: &Values) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let owner = whose.unwrap_or(ctx.caller.principal);
    let server = if owner == ctx.caller.principal {
        usable(ctx, &store, server_id).await?
    } else {
        let (server, role) = find_visible(ctx, &store, server_id).await?;
        if !manages(ctx, role) {
            ctx.require(Action::ManageAllServers)?;
        }
        let known = store.name_subjects(&[owner.into()]).await?.remove(&owner.into());
        known.ok_or_else(|| Error::invalid("credential.unknown_subject", "subject.id", "is nobody of this tenant"))?;
        server
    };
    let wanted = form(&server).ok_or_else(|| {
        Error::conflict("credential.not_wanted", "this server asks for no credential of people's own")
    })?;
    let typed = wanted.typed(values)?;
    let before = store.find_user_credential(server_id, owner).await?;
    let id = before.as_ref().map_or_else(|| UserCredentialId(store.new_id()), |before| before.id);
    let credential = UserCredential {
        id,
        owner,
        server_id,
        kind: AccountKind::Form,
        upstream_origin: server.origin(),
        values_sealed: seal(&ctx.app, &store, id, &typed).await?,
        mark: next_mark(before.as_ref().map(|before| before.mark), store.now()),
        set_by: ctx.caller.principal.user(),
        expires_at: None,
        refused_at: None,
        refreshed_at: None,
        scope: String::new(),
        created_at: before.as_ref().map_or_else(|| store.now(), |before| before.created_at),
    };
    match before {
        Some(_) => store.update_user_credential(&credential).await?,
        None => store.insert_user_credential(&credential).await?,
    }
    store.void_leases_of(owner).await?;
    store.audit(entry(ctx, "credential.stored", &credential));
    store.commit().await?;
    Ok(())
}

/// Takes a credential away: one's own, or anybody's for those who manage the server.
pub async fn delete(ctx: &Ctx, server_id: ServerId, id: UserCredentialId) -> Result<()> {
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let (server, role) = find_visible(ctx, &store, server_id).await?;
    let credential = store.get_user_credential(server_id, id).await?;
    if credential.owner != ctx.caller.principal && !manages(ctx, role) {
        return Err(Error::NotFound { what: "credential" });
    }
    let account = match credential.kind {
        AccountKind::Oauth => Some(tokens::open(&ctx.app, &store, &credential).await?),
        AccountKind::Form => None,
    };
    store.delete_user_credential(id).await?;
    store.void_leases_of(credential.owner).await?;
    store.audit(entry(ctx, "credential.removed", &credential));
    store.commit().await?;
    // Gone here already: a provider that is away keeps nobody connected.
    if let Some(account) = account {
        tokens::revoke(&ctx.app, &server, &account).await;
    }
    Ok(())
}

/// All that is stored for a server goes with it; nodes let go.
pub(super) async fn forget_server(store: &TenantStore, server_id: ServerId) -> Result<()> {
    for owner in store.delete_user_credentials_for(server_id).await? {
        store.void_leases_of(owner).await?;
    }
    Ok(())
}

/// Whether calls can go out with what is stored.
pub(super) async fn state(
    app: &App,
    store: &TenantStore,
    server: &Server,
    stored: Option<&UserCredential>,
) -> Result<AccountState> {
    let Some(stored) = stored else { return Ok(AccountState::NeverConnected) };
    if stored.upstream_origin != server.origin() {
        return Ok(AccountState::OriginChanged);
    }
    match (stored.kind, oauth(server)) {
        (AccountKind::Oauth, Some(_)) if stored.refused_at.is_some() => return Ok(AccountState::Expired),
        (AccountKind::Oauth, Some(_)) => return Ok(AccountState::Ready),
        (AccountKind::Oauth, None) | (AccountKind::Form, Some(_)) => return Ok(AccountState::FormChanged),
        (AccountKind::Form, None) => {}
    }
    let headers = headers(app, store, server, stored).await?;
    Ok(if headers.is_some() { AccountState::Ready } else { AccountState::FormChanged })
}

/// The headers of a call. `None`: the form has changed since.
pub(super) async fn headers(
    app: &App,
    store: &TenantStore,
    server: &Server,
    stored: &UserCredential,
) -> Result<Option<Vec<(String, Zeroizing<String>)>>> {
    let Some(form) = form(server) else { return Ok(None) };
    let key = app.data_key(store).await?;
    let plain = key.open(store.tenant_id(), Purpose::UserCredential, stored.id.0, &stored.values_sealed)?;
    let values: HashMap<String, String> = serde_json::from_slice(&plain).map_err(Error::internal)?;
    let values: Values = values.into_iter().map(|(name, value)| (name, SecretString::from(value))).collect();
    Ok(form.headers(&values))
}

async fn seal(app: &App, store: &TenantStore, id: UserCredentialId, values: &Values) -> Result<Vec<u8>> {
    let shown: HashMap<&str, &str> =
        values.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
    let plain = Zeroizing::new(serde_json::to_vec(&shown).map_err(Error::internal)?);
    let key = app.data_key(store).await?;
    key.seal(store.tenant_id(), Purpose::UserCredential, id.0, &plain)
}

/// What a server asks people to type.
pub fn form(server: &Server) -> Option<&KeyForm> {
    match &server.outbound_auth {
        OutboundAuth::PerUserHeader(form) => Some(form),
        _ => None,
    }
}

/// How a server's people authorize us at its provider.
pub fn oauth(server: &Server) -> Option<&OauthSettings> {
    match &server.outbound_auth {
        OutboundAuth::OauthPerUser(settings) => Some(settings),
        _ => None,
    }
}

/// Whether a server wants anything of people's own.
pub(super) fn wants_account(server: &Server) -> bool {
    form(server).is_some() || oauth(server).is_some()
}

/// A server that the caller may call, itself or as a member of a virtual one; what they only see is as absent as what
/// they do not.
pub(super) async fn usable(ctx: &Ctx, store: &TenantStore, id: ServerId) -> Result<Server> {
    let server = store.find_server(id).await?.ok_or(Error::NotFound { what: "server" })?;
    let role = store.list_server_roles(ctx.caller.principal, &[id]).await?.remove(&id);
    let is_reached = role.is_some() || store.may_use_as_member(ctx.caller.principal, id).await?;
    if is_reached { Ok(server) } else { Err(Error::NotFound { what: "server" }) }
}

async fn account(ctx: &Ctx, store: &TenantStore, server: Server, stored: Option<UserCredential>) -> Result<Account> {
    let state = state(&ctx.app, store, &server, stored.as_ref()).await?;
    let connect_url = connect_url(&ctx.app, store.get_tenant().await?.slug.as_str(), server.slug.as_str());
    Ok(Account { server, stored, state, connect_url })
}

/// Where people connect a server.
pub(super) fn connect_url(app: &App, tenant: &str, server: &str) -> String {
    format!("{}/t/{tenant}/connect/{server}", app.config.public_origin)
}

pub(super) fn manages(ctx: &Ctx, role: Option<ServerRole>) -> bool {
    role == Some(ServerRole::Manager) || allows(ctx.caller.role, Action::ManageAllServers)
}

pub(super) fn entry(ctx: &Ctx, action: &'static str, credential: &UserCredential) -> AuditEntry {
    let UserCredential { owner, server_id, mark, .. } = credential;
    let detail = json!({ "owner": owner.to_string(), "server": server_id, "version": mark.version });
    AuditEntry { actor: ctx.actor(), action, target_kind: "user_credential", target_id: Some(credential.id.0), detail }
}
