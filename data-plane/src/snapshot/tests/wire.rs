//! Resources as the control plane would send them.

use proto::convert::uuid_bytes;
use proto::wire::access_grant::Subject;
use proto::wire::outbound_auth::{Method, None as NoAuth, SharedHeader};
use proto::wire::resource::Body;
use proto::wire::*;
use uuid::Uuid;

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
    }
}

pub(crate) fn shared_header() -> OutboundAuth {
    OutboundAuth { method: Some(Method::SharedHeader(SharedHeader { header_names: vec!["x-key".to_owned()] })) }
}

pub(crate) fn principal(epoch: u64) -> Principal {
    Principal { kind: PrincipalKind::User.into(), active: true, epoch, group_ids: vec![bytes(90)] }
}

pub(crate) fn grant(server: u128, user: u128) -> AccessGrant {
    AccessGrant { server_id: bytes(server), role: ServerRole::User.into(), subject: Some(Subject::UserId(bytes(user))) }
}

pub(crate) fn limit_rule(servers: &[u128]) -> LimitRule {
    LimitRule { server_ids: servers.iter().map(|server| bytes(*server)).collect(), ..Default::default() }
}

/// The example key of RFC 7517 appendix A.1, without its private part.
pub(crate) fn key(kid: &str) -> SigningKey {
    let jwk = format!(
        r#"{{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"{kid}",
            "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}}"#
    );
    SigningKey { kid: kid.to_owned(), jwk }
}
