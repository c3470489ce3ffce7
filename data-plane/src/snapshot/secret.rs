//! Opens a shared credential that came sealed to this node. Pure; what does not open stops its server (I4).

use http::HeaderName;
use proto::Message as _;
use proto::convert;
use proto::shared_secret::{HEADERS_MAX, associated_data, header_name, header_value};
use proto::wire::{SecretHeaders, SharedSecret};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::apply::TenantState;
use crate::upstream::credential::Credential;

/// The credential of server `id`, or why there is none.
pub(super) fn open(state: &TenantState, id: Uuid, wire: &SharedSecret) -> Result<Credential, &'static str> {
    if convert::uuid("server_id", &wire.server_id).ok() != Some(id) {
        return Err("server_id: is not the resource's id");
    }
    let origin = origin(&wire.upstream_origin).ok_or("upstream_origin: not an origin")?;
    let key = state.key().ok_or("this node has no key")?;
    let place = associated_data(state.tenant_id, id, &wire.upstream_origin, wire.version);
    let opened = key.open(&wire.encapsulated_key, &place, &wire.sealed_headers);
    let opened = opened.ok_or("does not open with this node's key")?;
    let headers = SecretHeaders::decode(opened.as_slice()).map_err(|_| "sealed_headers: malformed")?.headers;
    if headers.is_empty() || headers.len() > HEADERS_MAX {
        return Err("sealed_headers: none or too many");
    }
    let headers = headers.into_iter().map(|header| {
        let value = Zeroizing::new(header.value);
        header_value(&value).ok()?;
        let name = header_name(&header.name).ok()?;
        Some((HeaderName::try_from(name).ok()?, value))
    });
    let headers = headers.collect::<Option<_>>().ok_or("sealed_headers: not what a credential may be")?;
    Credential::new(origin, headers, wire.version).ok_or("sealed_headers: not what a credential may be")
}

/// Spelled exactly as origins are, so that one place has one spelling.
fn origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text).then_some(url)
}
