//! Domain values as messages of the node contract, for one node: what it does not know is left out, or said so that
//! nothing laxer is in force there.

use chrono::{DateTime, Utc};
use proto::convert::uuid_bytes;
use proto::shared_secret::associated_data;
use proto::wire::outbound_auth::passthrough::Mode;
use proto::wire::outbound_auth::{Method, OAuthPerUser, PerUserHeader, SharedHeader};
use proto::wire::resource::Body;
use proto::wire::{self, DirectoryEntry};
use uuid::Uuid;

use super::Recipient;
use crate::crypto::hpke;
use crate::crypto::vault::{Key, Purpose};
use crate::domain::access::ServerRole;
use crate::domain::api_key::ApiKey;
use crate::domain::bundle::{Item, Member};
use crate::domain::configuration::{PrincipalKind, Resource, SealedSessionKey};
use crate::domain::credential::SealedCredential;
use crate::domain::ids::TenantId;
use crate::domain::limit_rule::{KeyPart, LimitMode, LimitRule, LimitSubject, LimitWindow, WithoutRedis};
use crate::domain::server::{AccessGrant, OutboundAuth, PassthroughMode, Server, ServerStatus, Subject};
use crate::domain::tenancy::{Tenant, TenantStatus};
use crate::domain::tool_switches::{NewTools, ToolSwitches};
use crate::domain::transport::Transport;
use crate::domain::{Error, Result};

/// `None`: nothing for this node.
pub(super) fn resource(
    key: &Key,
    tenant: TenantId,
    to: Recipient<'_>,
    resource: Resource,
) -> Result<Option<wire::Resource>> {
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
                concurrent_calls_max: settings.concurrent_calls_max,
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

pub(super) fn entry(tenant: Tenant) -> DirectoryEntry {
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
