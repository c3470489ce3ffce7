//! What a node is told of a tenant and of its pool: domain values as messages of the node contract. Whoever asks is
//! answered only about its own pool (ATK-6); the check and the answer come from one read.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use prost::Message;
use proto::convert::uuid_bytes;
use proto::shared_secret::associated_data;
use proto::wire::outbound_auth::passthrough::Mode;
use proto::wire::outbound_auth::{Method, OAuthPerUser, PerUserHeader, SharedHeader};
use proto::wire::resource::Body;
use proto::wire::{self, Deleted, DirectoryEntry};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::crypto::hpke;
use crate::crypto::vault::{Key, Purpose};
use crate::domain::access::ServerRole;
use crate::domain::api_key::ApiKey;
use crate::domain::bundle::{Item, Member};
use crate::domain::configuration::{PrincipalKind, Resource, ResourceKind, SealedSessionKey};
use crate::domain::credential::SealedCredential;
use crate::domain::ids::TenantId;
use crate::domain::limit_rule::{KeyPart, LimitMode, LimitRule, LimitSubject, LimitWindow, WithoutRedis};
use crate::domain::limits::{CHUNK_BYTES_MAX, OUTBOX_KEPT_DAYS};
use crate::domain::server::{AccessGrant, OutboundAuth, PassthroughMode, Server, ServerStatus, Subject};
use crate::domain::tenancy::{Tenant, TenantStatus};
use crate::domain::tool_switches::{NewTools, ToolSwitches};
use crate::domain::transport::Transport;
use crate::domain::{Error, Result};
use crate::state::App;
pub use crate::store::Changed;
use crate::store::{Changes, TenantStore};

/// Tag and lengths of the message around the resources of a chunk, generously.
const CHUNK_OVERHEAD_BYTES: usize = 64;
/// Tag and length of one resource in a chunk.
const RESOURCE_OVERHEAD_BYTES: usize = 8;

/// Batches of one run of the pruning job; the rest waits for the next.
const PRUNE_BATCHES_MAX: usize = 100;

/// What to tell a node that has `have`.
pub enum Answer {
    Update(Update),
    UpToDate,
    Unknown,
    OutsidePool,
}

/// One consistent picture, or the way to it from the revision the node has.
pub struct Update {
    pub tenant_id: TenantId,
    pub full: bool,
    pub from: u64,
    pub to: u64,
    pub resources: Vec<wire::Resource>,
}

/// The node that is told.
#[derive(Clone, Copy)]
pub struct Recipient<'a> {
    pub pool: &'a str,
    /// Shared credentials are sealed to it; a node without a key is told of none.
    pub public_key: &'a [u8],
    /// It refuses tokens of ended grants. To another node such a resource would be a control that it does not know.
    pub knows_revoked_grants: bool,
    /// It serves virtual servers. To another node such a slug is unknown.
    pub knows_virtual_servers: bool,
    /// It knows tools, clients and tenants that are switched off. To another node all that such a switch decides about is
    /// off.
    pub knows_switches: bool,
}

/// The way from revision `have` (0 = nothing) to the present one.
pub async fn tenant(app: &App, to: Recipient<'_>, id: TenantId, have: u64) -> Result<Answer> {
    let store = app.store.tenant_snapshot(id).await?;
    let tenant = match store.get_tenant().await {
        Err(Error::NotFound { .. }) => return Ok(Answer::Unknown),
        found => found?,
    };
    if tenant.pool != to.pool {
        return Ok(Answer::OutsidePool);
    }
    // Nothing of it opens any more; the directory says what became of it.
    if tenant.status == TenantStatus::Deleting {
        return Ok(Answer::Unknown);
    }
    let revision = store.revision().await?;
    if have == revision && have > 0 {
        return Ok(Answer::UpToDate);
    }
    // A node that is ahead knows a history that this database has lost (a restored backup): everything anew.
    let changes = match have {
        0 => Changes::TooFar,
        ahead if ahead > revision => Changes::TooFar,
        behind => store.list_changes(behind, revision).await?,
    };
    let (full, resources) = match changes {
        Changes::TooFar => (true, present(app, &store, to, store.list_configuration().await?).await?),
        Changes::Delta(changed) => (false, delta(app, &store, to, &changed).await?),
    };
    let from = if full { 0 } else { have };
    Ok(Answer::Update(Update { tenant_id: id, full, from, to: revision, resources }))
}

/// Revision and entries of a pool's directory.
pub async fn directory(app: &App, pool: &str) -> Result<(u64, Vec<(TenantId, DirectoryEntry)>)> {
    let store = app.store.system_snapshot().await?;
    let revision = store.directory_revision().await?;
    let tenants = store.list_tenants_of_pool(pool).await?;
    Ok((revision, tenants.into_iter().map(|tenant| (tenant.id, entry(tenant))).collect()))
}

/// Revision of the directory alone.
pub async fn directory_revision(app: &App) -> Result<u64> {
    app.store.system_read().await?.directory_revision().await
}

/// Identifies the database from which all of this comes.
pub async fn history_id(app: &App) -> Result<String> {
    Ok(app.store.system_read().await?.history_id().await?.to_string())
}

/// Wakes for every commit of this replica and, on PostgreSQL, of the others.
pub fn feed(app: &App) -> broadcast::Receiver<Changed> {
    app.store.feed().subscribe()
}

/// Feeds what other replicas commit, until shutdown.
pub async fn listen(app: &App) {
    app.store.listen(app.tasks.shutdown().clone()).await;
}

/// Forgets changes that no node asks for any more; one that was away for longer gets the full picture.
pub async fn forget_old_changes(app: &App) -> Result<()> {
    let before = app.clock.now() - TimeDelta::days(OUTBOX_KEPT_DAYS);
    for _ in 0..PRUNE_BATCHES_MAX {
        let store = app.store.system().await?;
        let pruned = store.prune_outbox(before).await?;
        store.commit().await?;
        if pruned == 0 {
            break;
        }
        tracing::info!(rows = pruned, "old changes forgotten");
    }
    Ok(())
}

/// Splits messages so that each part stays below the bound of a chunk.
pub fn chunks<M: Message>(messages: Vec<M>) -> Vec<Vec<M>> {
    let (mut chunks, mut chunk, mut bytes) = (Vec::new(), Vec::new(), CHUNK_OVERHEAD_BYTES);
    for message in messages {
        let size = message.encoded_len() + RESOURCE_OVERHEAD_BYTES;
        if bytes + size > CHUNK_BYTES_MAX && !chunk.is_empty() {
            chunks.push(std::mem::take(&mut chunk));
            bytes = CHUNK_OVERHEAD_BYTES;
        }
        bytes += size;
        chunk.push(message);
    }
    if !chunk.is_empty() {
        chunks.push(chunk);
    }
    chunks
}

async fn delta(
    app: &App,
    store: &TenantStore,
    to: Recipient<'_>,
    changed: &[(ResourceKind, Uuid)],
) -> Result<Vec<wire::Resource>> {
    let found = store.list_resources(changed).await?;
    let alive: HashSet<(ResourceKind, Uuid)> = found.iter().map(|one| (one.kind(), one.id())).collect();
    let told = |kind: ResourceKind| match kind {
        ResourceKind::RevokedGrant => to.knows_revoked_grants,
        ResourceKind::VirtualServer => to.knows_virtual_servers,
        _ => true,
    };
    let gone = changed.iter().filter(|one| !alive.contains(*one) && told(one.0)).map(|&(kind, id)| wire::Resource {
        id: uuid_bytes(id),
        body: Some(Body::Deleted(Deleted { kind: kind.as_str().to_owned() })),
    });
    let mut resources: Vec<_> = gone.collect();
    resources.append(&mut present(app, store, to, found).await?);
    Ok(resources)
}

async fn present(
    app: &App,
    store: &TenantStore,
    to: Recipient<'_>,
    resources: Vec<Resource>,
) -> Result<Vec<wire::Resource>> {
    let key = app.data_key(store).await?;
    let tenant = store.tenant_id();
    resources.into_iter().filter_map(|one| resource(&key, tenant, to, one).transpose()).collect()
}

/// `None`: nothing for this node.
fn resource(key: &Key, tenant: TenantId, to: Recipient<'_>, resource: Resource) -> Result<Option<wire::Resource>> {
    let id = uuid_bytes(resource.id());
    let body = match resource {
        Resource::TenantSettings { status, settings, blocked_clients, .. } => {
            let is_switched = settings.calls_off || !blocked_clients.is_empty();
            let status = if is_switched && !to.knows_switches { TenantStatus::Suspended } else { status };
            Body::TenantSettings(wire::TenantSettings {
                status: tenant_status(status).into(),
                offline_max_s: settings.offline_max_s,
                allowed_origins: settings.allowed_origins,
                calls_off: settings.calls_off,
                blocked_clients,
            })
        }
        Resource::Server { server: one, overridden } => {
            let is_known = to.knows_switches || one.tool_switches.is_default();
            let server = server(*one, overridden);
            Body::Server(wire::Server { enabled: server.enabled && is_known, ..server })
        }
        Resource::VirtualServer { .. } if !to.knows_virtual_servers => return Ok(None),
        Resource::VirtualServer { server, members } => Body::VirtualServer(virtual_server(*server, members)),
        Resource::Principal(one) => Body::Principal(wire::Principal {
            kind: principal_kind(one.kind).into(),
            active: one.active,
            epoch: one.epoch,
            credentials: one.credentials,
            group_ids: one.group_ids.into_iter().map(uuid_bytes).collect(),
        }),
        Resource::AccessGrant(one) => Body::AccessGrant(access_grant(&one)),
        Resource::SigningKey { public_jwk, .. } => Body::SigningKey(signing_key(&public_jwk)?),
        Resource::SessionKey(one) => Body::SessionKey(session_key(key, tenant, &one)?),
        Resource::ApiKey { key, secret_sha256 } => Body::ApiKey(api_key(&key, secret_sha256)),
        Resource::RevokedGrant { .. } if !to.knows_revoked_grants => return Ok(None),
        Resource::RevokedGrant { revoked_at, forget_after, .. } => Body::RevokedGrant(wire::RevokedGrant {
            revoked_unix_ms: unix_ms(revoked_at),
            forget_after_unix_ms: unix_ms(forget_after),
        }),
        Resource::LimitRule(one) => Body::LimitRule(limit_rule(one)),
        Resource::SharedSecret(_) if to.public_key.is_empty() => return Ok(None),
        Resource::SharedSecret(one) => match shared_secret(key, tenant, to.public_key, &one) {
            Ok(secret) => Body::SharedSecret(secret),
            // Its server answers 503 on nodes; the rest of the tenant goes on.
            Err(error) => {
                tracing::error!(tenant.id = %tenant, server.id = %one.server_id, %error, "a credential is not sent");
                return Ok(None);
            }
        },
    };
    Ok(Some(wire::Resource { id, body: Some(body) }))
}

fn unix_ms(time: DateTime<Utc>) -> u64 {
    u64::try_from(time.timestamp_millis()).unwrap_or(1)
}

fn entry(tenant: Tenant) -> DirectoryEntry {
    DirectoryEntry {
        tenant_id: uuid_bytes(tenant.id.0),
        slug: tenant.slug.to_string(),
        status: tenant_status(tenant.status).into(),
        issuer: tenant.issuer,
        gateway_origins: tenant.gateway_origins,
    }
}

const fn tenant_status(status: TenantStatus) -> wire::TenantStatus {
    match status {
        TenantStatus::Active => wire::TenantStatus::Active,
        TenantStatus::Suspended => wire::TenantStatus::Suspended,
        TenantStatus::Deleting => wire::TenantStatus::Deleting,
    }
}

const fn principal_kind(kind: PrincipalKind) -> wire::PrincipalKind {
    match kind {
        PrincipalKind::User => wire::PrincipalKind::User,
        PrincipalKind::ServiceAccount => wire::PrincipalKind::ServiceAccount,
    }
}

fn server(server: Server, overridden: Vec<Uuid>) -> wire::Server {
    let version = unix_ms(server.updated_at);
    let method = match server.outbound_auth {
        OutboundAuth::None => Method::None(wire::outbound_auth::None {}),
        OutboundAuth::SharedHeader { header_names } => Method::SharedHeader(SharedHeader { header_names }),
        OutboundAuth::PerUserHeader(form) => {
            Method::PerUserHeader(PerUserHeader { header_names: form.header_names(), version })
        }
        OutboundAuth::OauthPerUser(_) => Method::OauthPerUser(OAuthPerUser { version }),
        OutboundAuth::ClientCredentials(_) => {
            Method::ClientCredentials(wire::outbound_auth::ClientCredentials { version })
        }
        OutboundAuth::TokenExchange(_) => Method::TokenExchange(wire::outbound_auth::TokenExchange { version }),
        OutboundAuth::Passthrough { mode } => {
            let mode = match mode {
                PassthroughMode::Minted => Mode::Minted,
                PassthroughMode::Original => Mode::Original,
            };
            Method::Passthrough(wire::outbound_auth::Passthrough { mode: mode.into(), version })
        }
    };
    let Transport { static_headers, forwardable_headers, ca_certificates } = server.transport;
    let static_headers = static_headers.into_iter().map(|(name, value)| wire::StaticHeader { name, value });
    wire::Server {
        slug: server.slug.to_string(),
        display_name: server.display_name,
        upstream_url: server.upstream_url,
        outbound_auth: Some(wire::OutboundAuth { method: Some(method) }),
        enabled: server.status == ServerStatus::Enabled,
        timeout_ms: server.timeout_ms,
        static_headers: static_headers.collect(),
        forwardable_headers,
        ca_certificates: ca_certificates.unwrap_or_default(),
        tool_switches: tool_switches(server.tool_switches),
        override_principal_ids: overridden.into_iter().map(uuid_bytes).collect(),
    }
}

/// Absent: all are on.
fn tool_switches(switches: ToolSwitches) -> Option<wire::ToolSwitches> {
    let is_default = switches.is_default();
    let ToolSwitches { new_tools, on, off } = switches;
    (!is_default).then(|| wire::ToolSwitches {
        others_off: new_tools == NewTools::Held,
        on: on.into_iter().collect(),
        off: off.into_iter().collect(),
    })
}

fn virtual_server(server: Server, members: Vec<Member>) -> wire::VirtualServer {
    let members = members.into_iter().map(|Member { server_id, alias, offer }| wire::virtual_server::Member {
        server_id: uuid_bytes(server_id.0),
        alias,
        plain_uris: offer.plain_uris,
        chosen_tools: offer.tools.map(choice),
        chosen_prompts: offer.prompts.map(choice),
        chosen_resources: offer.resources.map(choice),
        chosen_resource_templates: offer.resource_templates.map(choice),
    });
    wire::VirtualServer {
        slug: server.slug.to_string(),
        display_name: server.display_name,
        enabled: server.status == ServerStatus::Enabled,
        members: members.collect(),
    }
}

fn choice(items: Vec<Item>) -> wire::virtual_server::Choice {
    let items = items.into_iter().map(|Item { name, exposed_as, description }| wire::virtual_server::Item {
        name,
        exposed_as: exposed_as.unwrap_or_default(),
        description: description.unwrap_or_default(),
    });
    wire::virtual_server::Choice { items: items.collect() }
}

fn access_grant(grant: &AccessGrant) -> wire::AccessGrant {
    use wire::access_grant::Subject as To;
    let role = match grant.role {
        ServerRole::User => wire::ServerRole::User,
        ServerRole::Manager => wire::ServerRole::Manager,
    };
    let subject = match grant.subject {
        Subject::User(id) => To::UserId(uuid_bytes(id.0)),
        Subject::Group(id) => To::GroupId(uuid_bytes(id.0)),
        Subject::ServiceAccount(id) => To::ServiceAccountId(uuid_bytes(id.0)),
        Subject::Everyone => To::Everyone(true),
    };
    wire::AccessGrant { server_id: uuid_bytes(grant.server_id.0), role: role.into(), subject: Some(subject) }
}

fn limit_rule(rule: LimitRule) -> wire::LimitRule {
    use wire::limit_rule::{KeyPart as Part, Window};
    let key = |part: KeyPart| match part {
        KeyPart::Tenant => Part::Tenant,
        KeyPart::Subject => Part::Subject,
        KeyPart::Server => Part::Server,
        KeyPart::Tool => Part::Tool,
    };
    let subject = |subject: &LimitSubject| match subject {
        LimitSubject::User(id) => uuid_bytes(id.0),
        LimitSubject::Group(id) => uuid_bytes(id.0),
        LimitSubject::ServiceAccount(id) => uuid_bytes(id.0),
    };
    let window = |window: &LimitWindow| Window {
        limit: window.limit,
        period_s: window.per.seconds(),
        burst: window.burst.unwrap_or(0),
    };
    let spec = rule.spec;
    wire::LimitRule {
        name: spec.name,
        server_ids: spec.servers.iter().map(|id| uuid_bytes(id.0)).collect(),
        tools: spec.tools,
        subject_ids: spec.subjects.iter().map(subject).collect(),
        key: spec.key.into_iter().map(|part| key(part).into()).collect(),
        windows: spec.windows.iter().map(window).collect(),
        audit_only: spec.mode == LimitMode::Audit,
        refuse_when_redis_is_away: spec.without_redis == WithoutRedis::Refuse,
    }
}

fn signing_key(public_jwk: &serde_json::Value) -> Result<wire::SigningKey> {
    let kid = public_jwk.get("kid").and_then(serde_json::Value::as_str);
    let kid = kid.ok_or_else(|| Error::internal("a stored public key has no kid"))?;
    Ok(wire::SigningKey { kid: kid.to_owned(), jwk: public_jwk.to_string() })
}

fn api_key(key: &ApiKey, secret_sha256: Vec<u8>) -> wire::ApiKey {
    let expires = key.expires_at.map_or(0, unix_ms);
    wire::ApiKey {
        public_id: proto::api_key::public_id(key.id.0),
        secret_sha256: secret_sha256.into(),
        principal_id: uuid_bytes(key.owner.uuid()),
        expires_unix_ms: expires,
        server_ids: key.scope.servers().unwrap_or_default().iter().map(|id| uuid_bytes(id.0)).collect(),
    }
}

/// Opened from the vault and sealed to the node in one go: in clear it exists only here.
fn shared_secret(key: &Key, tenant: TenantId, public_key: &[u8], one: &SealedCredential) -> Result<wire::SharedSecret> {
    let plain = key.open(tenant, Purpose::SharedCredential, one.server_id.0, &one.headers_sealed)?;
    let place = associated_data(tenant.0, one.server_id.0, &one.upstream_origin, one.mark.version);
    let sealed = hpke::seal(public_key, &place, &plain)?;
    Ok(wire::SharedSecret {
        server_id: uuid_bytes(one.server_id.0),
        upstream_origin: one.upstream_origin.clone(),
        encapsulated_key: sealed.encapsulated_key.into(),
        sealed_headers: sealed.ciphertext.into(),
        version: one.mark.version,
    })
}

fn session_key(key: &Key, tenant: TenantId, sealed: &SealedSessionKey) -> Result<wire::SessionKey> {
    let secret = key.open(tenant, Purpose::SessionKey, sealed.id, &sealed.secret_sealed)?;
    let created_unix_ms = sealed.created_at.timestamp_millis();
    Ok(wire::SessionKey {
        key_id: sealed.key_id,
        secret: prost::bytes::Bytes::copy_from_slice(&secret),
        created_unix_ms: if sealed.seals { u64::try_from(created_unix_ms).unwrap_or_default() } else { 0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_stay_below_their_bound_and_lose_nothing() {
        fn check(sizes: &[usize], expected: &[usize]) {
            let messages: Vec<Deleted> = sizes.iter().map(|&size| Deleted { kind: "x".repeat(size) }).collect();
            let chunks = chunks(messages.clone());
            assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), expected, "{sizes:?}");
            assert_eq!(chunks.concat(), messages);
        }
        check(&[], &[]);
        check(&[1, 2, 3], &[3]);
        check(&[CHUNK_BYTES_MAX / 2, CHUNK_BYTES_MAX / 2], &[1, 1]);
        check(&[CHUNK_BYTES_MAX / 3, CHUNK_BYTES_MAX / 3, CHUNK_BYTES_MAX / 3 - 100, 1], &[3, 1]);
        check(&[CHUNK_BYTES_MAX * 2, 1], &[1, 1]);
    }
}
