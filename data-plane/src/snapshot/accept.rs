//! Decides about one resource: a record, or a refusal that says why and which servers it stops. Pure.

use std::num::NonZeroU32;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use proto::convert;
use proto::members::Alias;
use proto::shared_secret::{header_name, header_value};
use proto::wire::access_grant::Subject as WireSubject;
use proto::wire::outbound_auth::Method;
use proto::wire::outbound_auth::passthrough::Mode;
use proto::wire::resource::Body;
use proto::wire::{self, PrincipalKind as WireKind, ServerRole, TenantStatus as WireStatus};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::apply::{
    Auth, Blocks, GrantRecord, MemberRecord, Place, ServerRecord, Settings, Subject, TenantState, Upstream,
};
use super::{
    ApiKey, Choice, HeaderRules, Item, LimitRule, Offer, Principal, PrincipalKind, RevokedGrant, Role, SessionKey,
    SigningKey, TenantStatus, ToolSwitches, secret,
};
use crate::limits;
use crate::map::HashSet;
use crate::upstream::trust::Trust;

/// Why a resource is not in force, and what that stops.
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) blocks: Blocks,
}

type Verdict = Result<(), Refusal>;

fn refuse(reason: impl ToString, blocks: Blocks) -> Verdict {
    Err(Refusal { reason: reason.to_string(), blocks })
}

/// Takes the resource into the records or refuses it; what it replaces is gone either way, unless it is a server,
/// which stays, stopped.
pub(super) fn resource(state: &mut TenantState, id: Uuid, body: Option<Body>) -> Verdict {
    let blocks = blocked_by(body.as_ref());
    match body {
        Some(Body::TenantSettings(settings)) => tenant_settings(state, id, settings),
        Some(Body::Server(server)) => self::server(state, id, server),
        Some(Body::VirtualServer(server)) => virtual_server(state, id, server),
        Some(Body::Principal(principal)) => self::principal(state, id, &principal),
        Some(Body::AccessGrant(grant)) => access_grant(state, id, &grant),
        Some(Body::SigningKey(key)) => signing_key(state, id, &key),
        Some(Body::SessionKey(key)) => session_key(state, id, &key),
        Some(Body::ApiKey(key)) => api_key(state, id, &key),
        Some(Body::SharedSecret(secret)) => shared_secret(state, id, &secret, blocks),
        Some(Body::RevokedGrant(grant)) => {
            revoked_grant(state, id, &grant);
            Ok(())
        }
        Some(Body::LimitRule(rule)) => limit_rule(state, id, &rule, blocks),
        // A kind of a later version.
        None => refuse("unsupported", blocks),
        Some(Body::Deleted(_)) => Ok(()),
    }
}

/// The servers a resource decides about: they stop if it is refused.
pub(super) fn blocked_by(body: Option<&Body>) -> Blocks {
    match body {
        Some(Body::AccessGrant(grant)) => one_server(&grant.server_id),
        Some(Body::SharedSecret(secret)) => one_server(&secret.server_id),
        Some(Body::LimitRule(rule)) => {
            let named: Result<Vec<Uuid>, _> =
                rule.server_ids.iter().map(|id| convert::uuid("server_ids", id)).collect();
            match named {
                Ok(named) if !named.is_empty() => Blocks::Servers(named),
                _ => Blocks::All,
            }
        }
        // Under an id that cannot be read: whose tokens are void is not known.
        Some(Body::RevokedGrant(_)) => Blocks::All,
        // A kind of a later version may well be a control: nothing is served past one that was not understood.
        None => Blocks::All,
        Some(_) => Blocks::Nothing,
    }
}

fn one_server(id: &[u8]) -> Blocks {
    convert::uuid("server_id", id).map_or(Blocks::All, |id| Blocks::Servers(vec![id]))
}

fn tenant_settings(state: &mut TenantState, id: Uuid, wire: wire::TenantSettings) -> Verdict {
    if id != state.tenant_id {
        return refuse("id: is not the tenant's", Blocks::Nothing);
    }
    // A status cannot be rejected; one this node does not know is taken for the strictest that keeps the snapshot.
    let status = tenant_status(wire.status).unwrap_or(TenantStatus::Suspended);
    let (allowed_origins, malformed): (Vec<String>, Vec<String>) =
        wire.allowed_origins.into_iter().partition(|origin| is_origin(origin));
    state.settings = Some(Settings {
        status,
        offline_max_s: wire.offline_max_s,
        allowed_origins,
        calls_off: wire.calls_off,
        blocked_clients: Arc::new(wire.blocked_clients.into_iter().collect()),
        concurrent_calls_max: NonZeroU32::new(wire.concurrent_calls_max),
    });
    match malformed.is_empty() {
        true => Ok(()),
        false => refuse("allowed_origins: malformed ones are left out", Blocks::Nothing),
    }
}

/// `None`: unspecified or of a later version.
pub(crate) fn tenant_status(wire: i32) -> Option<TenantStatus> {
    match WireStatus::try_from(wire) {
        Ok(WireStatus::Active) => Some(TenantStatus::Active),
        Ok(WireStatus::Suspended) => Some(TenantStatus::Suspended),
        Ok(WireStatus::Deleting) => Some(TenantStatus::Deleting),
        Ok(WireStatus::Unspecified) | Err(_) => None,
    }
}

fn is_origin(text: &str) -> bool {
    let has_scheme = text.split_once("://").is_some_and(|(scheme, _)| !scheme.is_empty());
    has_scheme && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*' && byte != b',')
}

fn server(state: &mut TenantState, id: Uuid, wire: wire::Server) -> Verdict {
    let stopped = || Blocks::Servers(vec![id]);
    let slug = match convert::server_slug(&wire.slug) {
        Ok(slug) => slug,
        Err(error) => return refuse(error, stopped()),
    };
    if state.slugs.get(&slug).is_some_and(|owner| *owner != id) {
        return refuse("slug: another server has it", stopped());
    }
    let (place, refused) = match upstream(&wire) {
        Ok(upstream) => (Place::At(Box::new(upstream)), None),
        Err(reason) => (Place::Rejected, Some(reason)),
    };
    known(state, id, ServerRecord { slug, display_name: wire.display_name, enabled: wire.enabled, place });
    match refused {
        Some(reason) => refuse(reason, stopped()),
        None => Ok(()),
    }
}

/// A server that is refused is still known by its slug, so that its users hear why it does not answer.
fn known(state: &mut TenantState, id: Uuid, record: ServerRecord) {
    state.forget_server(id);
    state.slugs.insert(record.slug.clone(), id);
    state.servers.insert(id, record);
}

fn upstream(wire: &wire::Server) -> Result<Upstream, String> {
    let url = convert::upstream_url(&wire.upstream_url).map_err(|error| error.to_string())?.into();
    let (auth, of_credential) = outbound_auth(wire.outbound_auth.as_ref())?;
    let trust = match wire.ca_certificates.as_str() {
        "" => None,
        pem => Some(Arc::new(Trust::parse(pem).map_err(|why| format!("ca_certificates: {why}"))?)),
    };
    let overrides: Result<HashSet<Uuid>, _> =
        wire.override_principal_ids.iter().map(|id| convert::uuid("override_principal_ids", id)).collect();
    let fixed = wire.static_headers.iter().map(|header| {
        header_value(&header.value)?;
        let value = HeaderValue::from_str(&header.value).map_err(|_| "not a header value")?;
        Ok((name(&header.name)?, value))
    });
    let fixed: Result<Vec<_>, &str> = fixed.collect();
    let headers = HeaderRules {
        fixed: fixed.map_err(|why| format!("static_headers: {why}"))?,
        forwardable: names(&wire.forwardable_headers).map_err(|why| format!("forwardable_headers: {why}"))?,
        of_credential: names(of_credential).map_err(|why| format!("outbound_auth: {why}"))?,
        added: Vec::new(),
    };
    Ok(Upstream {
        url,
        timeout_ms: wire.timeout_ms,
        auth,
        headers: Arc::new(headers),
        trust,
        tools: wire.tool_switches.as_ref().map(|switches| Arc::new(tool_switches(switches))),
        overrides: Arc::new(overrides.map_err(|error| error.to_string())?),
    })
}

fn tool_switches(wire: &wire::ToolSwitches) -> ToolSwitches {
    let names = |names: &[String]| names.iter().cloned().collect();
    ToolSwitches { others_off: wire.others_off, on: names(&wire.on), off: names(&wire.off) }
}

fn names(names: &[String]) -> Result<Vec<HeaderName>, &'static str> {
    names.iter().map(|text| name(text)).collect()
}

fn name(text: &str) -> Result<HeaderName, &'static str> {
    HeaderName::try_from(header_name(text)?).map_err(|_| "not a header name")
}

/// The method, and the headers that it is made of.
fn outbound_auth(wire: Option<&wire::OutboundAuth>) -> Result<(Auth, &[String]), &'static str> {
    let brokered = |version| Ok((Auth::Brokered { version }, &[][..]));
    match wire.and_then(|auth| auth.method.as_ref()) {
        Some(Method::None(_)) => Ok((Auth::None, &[])),
        Some(Method::SharedHeader(shared)) => Ok((Auth::SharedHeader, &shared.header_names)),
        Some(Method::PerUserHeader(form)) => Ok((Auth::Brokered { version: form.version }, &form.header_names)),
        Some(Method::OauthPerUser(oauth)) => brokered(oauth.version),
        Some(Method::ClientCredentials(client)) => brokered(client.version),
        Some(Method::TokenExchange(exchange)) => brokered(exchange.version),
        Some(Method::Passthrough(passthrough)) => match Mode::try_from(passthrough.mode) {
            Ok(Mode::Minted) => brokered(passthrough.version),
            Ok(Mode::Original) => Ok((Auth::Original, &[])),
            Ok(Mode::Unspecified) | Err(_) => Err("outbound_auth: unsupported"),
        },
        None => Err("outbound_auth: missing or unknown"),
    }
}

/// One that is refused stops; its members are not touched.
fn virtual_server(state: &mut TenantState, id: Uuid, wire: wire::VirtualServer) -> Verdict {
    let stopped = || Blocks::Servers(vec![id]);
    let slug = match convert::server_slug(&wire.slug) {
        Ok(slug) => slug,
        Err(error) => return refuse(error, stopped()),
    };
    if state.slugs.get(&slug).is_some_and(|owner| *owner != id) {
        return refuse("slug: another server has it", stopped());
    }
    let members = members(&wire.members);
    let (place, refused) = match members {
        Ok(members) => (Place::Virtual(members), None),
        Err(reason) => (Place::Rejected, Some(reason)),
    };
    known(state, id, ServerRecord { slug, display_name: wire.display_name, enabled: wire.enabled, place });
    match refused {
        Some(reason) => refuse(reason, stopped()),
        None => Ok(()),
    }
}

fn members(wire: &[wire::virtual_server::Member]) -> Result<Vec<MemberRecord>, String> {
    if wire.len() > limits::MEMBERS_MAX {
        return Err("members: too many".to_owned());
    }
    let mut members: Vec<MemberRecord> = Vec::with_capacity(wire.len());
    for member in wire {
        let server_id = convert::uuid("members.server_id", &member.server_id).map_err(|error| error.to_string())?;
        let alias = Alias::parse(&member.alias).map_err(|why| format!("members.alias: {why}"))?;
        if members.iter().any(|other| other.alias == alias || other.server_id == server_id) {
            return Err("members: one is given twice".to_owned());
        }
        if member.plain_uris && members.iter().any(|other| other.offer.plain_uris) {
            return Err("members: two have plain URIs".to_owned());
        }
        let offer = Offer {
            tools: choice(member.chosen_tools.as_ref()),
            prompts: choice(member.chosen_prompts.as_ref()),
            resources: choice(member.chosen_resources.as_ref()),
            templates: choice(member.chosen_resource_templates.as_ref()),
            plain_uris: member.plain_uris,
        };
        members.push(MemberRecord { server_id, alias, offer: Arc::new(offer) });
    }
    Ok(members)
}

fn choice(wire: Option<&wire::virtual_server::Choice>) -> Choice {
    let Some(choice) = wire else { return Choice::All };
    let said = |text: &String| (!text.is_empty()).then(|| text.clone());
    let items = choice.items.iter().map(|item| Item {
        name: item.name.clone(),
        exposed_as: said(&item.exposed_as),
        description: said(&item.description),
    });
    Choice::Only(items.collect())
}

fn principal(state: &mut TenantState, id: Uuid, wire: &wire::Principal) -> Verdict {
    let before = state.principals.get(&id);
    let kind = match WireKind::try_from(wire.kind) {
        Ok(WireKind::User) => Some(PrincipalKind::User),
        Ok(WireKind::ServiceAccount) => Some(PrincipalKind::ServiceAccount),
        Ok(WireKind::Unspecified) | Err(_) => before.map(|before| before.kind),
    };
    let Some(kind) = kind else {
        return refuse("kind: missing or unknown", Blocks::Nothing);
    };
    // Status and epoch cannot be rejected, and an epoch never goes back within one history.
    let epoch = wire.epoch.max(before.map_or(0, |before| before.epoch));
    let groups = wire.group_ids.iter().map(|group| convert::uuid("group_ids", group));
    let group_ids = groups.clone().filter_map(Result::ok).collect();
    let malformed = groups.filter_map(Result::err).next();
    state.principals.insert(
        id,
        Arc::new(Principal { id, kind, active: wire.active, epoch, credentials: wire.credentials, group_ids }),
    );
    match malformed {
        None => Ok(()),
        Some(error) => refuse(error, Blocks::Nothing),
    }
}

fn access_grant(state: &mut TenantState, id: Uuid, wire: &wire::AccessGrant) -> Verdict {
    let before = state.grants.remove(&id);
    let Ok(server_id) = convert::uuid("server_id", &wire.server_id) else {
        // Of an unreadable grant the server it used to be about is the best guess; without one it may be any.
        let blocks = before.map_or(Blocks::All, |before| Blocks::Servers(vec![before.server_id]));
        return refuse("server_id: expected a UUID", blocks);
    };
    let stopped = || Blocks::Servers(vec![server_id]);
    let role = match ServerRole::try_from(wire.role) {
        Ok(ServerRole::User) => Role::User,
        Ok(ServerRole::Manager) => Role::Manager,
        Ok(ServerRole::Unspecified) | Err(_) => return refuse("role: missing or unknown", stopped()),
    };
    let one = |id: &[u8]| convert::uuid("subject", id).map(Subject::One);
    let subject = match &wire.subject {
        Some(WireSubject::Everyone(true)) => Ok(Subject::Everyone),
        Some(WireSubject::UserId(id) | WireSubject::GroupId(id) | WireSubject::ServiceAccountId(id)) => one(id),
        Some(WireSubject::Everyone(false)) | None => return refuse("subject: missing or unknown", stopped()),
    };
    let subject = match subject {
        Ok(subject) => subject,
        Err(error) => return refuse(error, stopped()),
    };
    // Kept even if the server is not known yet: it is in force when the server arrives, as in a full update.
    state.grants.insert(id, GrantRecord { server_id, role, subject });
    match state.servers.contains_key(&server_id) {
        true => Ok(()),
        false => refuse("server_id: no such server", Blocks::Nothing),
    }
}

fn signing_key(state: &mut TenantState, id: Uuid, wire: &wire::SigningKey) -> Verdict {
    state.signing_keys.remove(&id);
    if state.signing_keys.len() >= limits::SIGNING_KEYS_MAX {
        return refuse("too many keys", Blocks::Nothing);
    }
    if state.signing_keys.values().any(|other| other.kid == wire.kid) {
        return refuse("kid: another key has it", Blocks::Nothing);
    }
    match verification_key(wire) {
        Ok(key) => {
            state.signing_keys.insert(id, Arc::new(SigningKey { kid: wire.kid.clone(), key }));
            Ok(())
        }
        Err(reason) => refuse(reason, Blocks::Nothing),
    }
}

/// ES256 public keys only: an algorithm is never chosen by the token (RFC 8725 §3.1).
fn verification_key(wire: &wire::SigningKey) -> Result<DecodingKey, &'static str> {
    if wire.kid.is_empty() || wire.kid.len() > limits::KID_BYTES_MAX || wire.jwk.len() > limits::JWK_BYTES_MAX {
        return Err("kid or jwk: empty or too long");
    }
    let value: serde_json::Value = serde_json::from_str(&wire.jwk).map_err(|_| "jwk: not JSON")?;
    if value.get("d").is_some() {
        return Err("jwk: carries a private key");
    }
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| "jwk: not a key")?;
    let curve_ok =
        matches!(&jwk.algorithm, AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256);
    let algorithm_ok = jwk.common.key_algorithm.is_none_or(|algorithm| algorithm == KeyAlgorithm::ES256);
    let use_ok = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    if !curve_ok || !algorithm_ok || !use_ok {
        return Err("jwk: expected an ES256 signing key");
    }
    if jwk.common.key_id.as_ref().is_some_and(|kid| *kid != wire.kid) {
        return Err("jwk: kid differs");
    }
    DecodingKey::from_jwk(&jwk).map_err(|_| "jwk: not a P-256 point")
}

/// A key that is refused does not exist: what it was before may have reached more.
fn api_key(state: &mut TenantState, id: Uuid, wire: &wire::ApiKey) -> Verdict {
    state.api_keys.remove(&id);
    if wire.public_id != proto::api_key::public_id(id) {
        return refuse("public_id: is not the id's", Blocks::Nothing);
    }
    let Ok(secret_sha256) = <[u8; 32]>::try_from(wire.secret_sha256.as_ref()) else {
        return refuse("secret_sha256: expected 32 bytes", Blocks::Nothing);
    };
    let servers: Result<HashSet<Uuid>, _> = wire.server_ids.iter().map(|id| convert::uuid("server_ids", id)).collect();
    let (principal_id, servers) = match (convert::uuid("principal_id", &wire.principal_id), servers) {
        (Ok(principal_id), Ok(servers)) => (principal_id, servers),
        (Err(error), _) | (_, Err(error)) => return refuse(error, Blocks::Nothing),
    };
    let expires_unix_ms = (wire.expires_unix_ms != 0).then_some(wire.expires_unix_ms);
    let server_ids = (!servers.is_empty()).then_some(servers);
    state.api_keys.insert(id, Arc::new(ApiKey { id, secret_sha256, principal_id, expires_unix_ms, server_ids }));
    Ok(())
}

fn session_key(state: &mut TenantState, id: Uuid, wire: &wire::SessionKey) -> Verdict {
    state.session_keys.remove(&id);
    if state.session_keys.len() >= limits::SESSION_KEYS_MAX {
        return refuse("too many keys", Blocks::Nothing);
    }
    if state.session_keys.values().any(|other| other.key_id == wire.key_id) {
        return refuse("key_id: another key has it", Blocks::Nothing);
    }
    let Ok(secret) = <[u8; 32]>::try_from(wire.secret.as_ref()) else {
        return refuse("secret: expected 32 bytes", Blocks::Nothing);
    };
    let key = SessionKey::new(wire.key_id, Zeroizing::new(secret), wire.created_unix_ms);
    state.session_keys.insert(id, key);
    Ok(())
}

/// One that is refused is gone, and its server stops: it is never called without its credential.
fn shared_secret(state: &mut TenantState, id: Uuid, wire: &wire::SharedSecret, blocks: Blocks) -> Verdict {
    state.secrets.remove(&id);
    match secret::open(state, id, wire) {
        Ok(credential) => {
            state.secrets.insert(id, credential);
            Ok(())
        }
        Err(reason) => refuse(reason, blocks),
    }
}

/// One that is refused is gone, and what it was about stops: nothing is served without its limit (I4).
fn limit_rule(state: &mut TenantState, id: Uuid, wire: &wire::LimitRule, blocks: Blocks) -> Verdict {
    let rules = Arc::make_mut(&mut state.limits);
    rules.remove(&id);
    if rules.len() >= limits::LIMIT_RULES_MAX {
        return refuse("too many rules", blocks);
    }
    match LimitRule::read(id, wire) {
        Ok(rule) => {
            rules.insert(id, Arc::new(rule));
            Ok(())
        }
        Err(reason) => refuse(reason, blocks),
    }
}

/// Cannot be rejected. One without an end is kept for as long as the control plane tells of it.
fn revoked_grant(state: &mut TenantState, id: Uuid, wire: &wire::RevokedGrant) {
    let forget_after_unix_ms = if wire.forget_after_unix_ms == 0 { u64::MAX } else { wire.forget_after_unix_ms };
    let grant = RevokedGrant { revoked_unix_ms: wire.revoked_unix_ms, forget_after_unix_ms };
    Arc::make_mut(&mut state.revoked_grants).insert(id, grant);
}
