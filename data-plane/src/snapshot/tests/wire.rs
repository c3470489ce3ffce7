//! Resources as the control plane would send them.

use std::sync::{Arc, LazyLock};

use proto::Message as _;
use proto::convert::uuid_bytes;
use proto::shared_secret::{INFO, associated_data};
use proto::wire::access_grant::Subject;
use proto::wire::outbound_auth::{Method, None as NoAuth, Passthrough, SharedHeader};
use proto::wire::resource::Body;
use proto::wire::*;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{Hpke as _, HpkePublicKey};
use uuid::Uuid;

use crate::node_key::NodeKey;

pub(crate) const TENANT: Uuid = Uuid::from_u128(0x7e4a47);

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn bytes(n: u128) -> bytes::Bytes {
    uuid_bytes(id(n))
}

pub(crate) fn resource(n: u128, body: Body) -> Resource {
    Resource { id: bytes(n), body: Some(body) }
}

pub(crate) fn deleted(n: u128, kind: &str) -> Resource {
    resource(n, Body::Deleted(Deleted { kind: kind.to_owned() }))
}

pub(crate) fn settings() -> Resource {
    let settings = TenantSettings {
        status: TenantStatus::Active.into(),
        offline_max_s: 60,
        allowed_origins: vec!["https://ide.example".to_owned()],
        ..Default::default()
    };
    Resource { id: uuid_bytes(TENANT), body: Some(Body::TenantSettings(settings)) }
}

pub(crate) fn server(slug: &str) -> Server {
    Server {
        slug: slug.to_owned(),
        display_name: slug.to_owned(),
        upstream_url: format!("https://{slug}.example/mcp"),
        outbound_auth: Some(OutboundAuth { method: Some(Method::None(NoAuth {})) }),
        enabled: true,
        timeout_ms: 0,
        ..Default::default()
    }
}

/// Made of these servers under these aliases.
pub(crate) fn bundle(slug: &str, members: &[(u128, &str)]) -> VirtualServer {
    let member = |(id, alias): &(u128, &str)| virtual_server::Member {
        server_id: bytes(*id),
        alias: (*alias).to_owned(),
        ..Default::default()
    };
    VirtualServer {
        slug: slug.to_owned(),
        display_name: slug.to_owned(),
        enabled: true,
        members: members.iter().map(member).collect(),
    }
}

pub(crate) fn shared_header() -> OutboundAuth {
    OutboundAuth { method: Some(Method::SharedHeader(SharedHeader { header_names: vec!["x-key".to_owned()] })) }
}

pub(crate) fn passthrough() -> OutboundAuth {
    OutboundAuth { method: Some(Method::Passthrough(Passthrough::default())) }
}

pub(crate) fn principal(epoch: u64) -> Principal {
    Principal { kind: PrincipalKind::User.into(), active: true, epoch, credentials: 0, group_ids: vec![bytes(90)] }
}

pub(crate) fn grant(server: u128, user: u128) -> AccessGrant {
    AccessGrant { server_id: bytes(server), role: ServerRole::User.into(), subject: Some(Subject::UserId(bytes(user))) }
}

/// Five a minute for everybody together.
pub(crate) fn limit_rule(servers: &[u128]) -> LimitRule {
    LimitRule {
        name: "five".to_owned(),
        key: vec![limit_rule::KeyPart::Tenant.into()],
        windows: vec![limit_rule::Window { limit: 5, period_s: 60, burst: 0 }],
        server_ids: servers.iter().map(|server| bytes(*server)).collect(),
        ..Default::default()
    }
}

/// One that no node can enforce.
pub(crate) fn bad_rule(servers: &[u128]) -> LimitRule {
    LimitRule { windows: Vec::new(), ..limit_rule(servers) }
}

/// The key of the node under test.
pub(crate) static KEY: LazyLock<Arc<NodeKey>> = LazyLock::new(|| Arc::new(NodeKey::generate().unwrap()));

/// A credential `x-key: value` of the server, sealed to [`KEY`].
pub(crate) fn secret(server: u128, origin: &str, value: &str, version: u64) -> SharedSecret {
    let headers = vec![Header { name: "x-key".to_owned(), value: value.to_owned() }];
    let place = associated_data(TENANT, id(server), origin, version);
    let plain = SecretHeaders { headers }.encode_to_vec();
    let (encapsulated, sealed) = SUITE.seal(INFO, &place, &plain, &HpkePublicKey(KEY.public().to_vec())).unwrap();
    SharedSecret {
        server_id: bytes(server),
        upstream_origin: origin.to_owned(),
        encapsulated_key: encapsulated.0.into(),
        sealed_headers: sealed.into(),
        version,
    }
}

/// The example key of RFC 7517 appendix A.1, without its private part.
pub(crate) fn key(kid: &str) -> SigningKey {
    let jwk = format!(
        r#"{{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"{kid}",
            "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}}"#
    );
    SigningKey { kid: kid.to_owned(), jwk }
}
