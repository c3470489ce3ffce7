//! Phase 1: which tenant and which server name a request is about, and at which of the tenant's origins. From the
//! directory only: nothing here depends on what a tenant has configured.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use http::header::HOST;
use http::{HeaderName, request};
use proto::names::GatewayPath;

use crate::Node;
use crate::error::Failure;
use crate::snapshot::{TenantEntry, TenantStatus};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Where a request arrived.
#[derive(Debug, Clone)]
pub struct Route {
    pub tenant: Arc<TenantEntry>,
    pub path: GatewayPath,
    /// The gateway origin the client uses.
    pub origin: String,
    has_trailing_slash: bool,
}

impl Route {
    /// As the client spelled it.
    pub fn trailing_slash(&self) -> &'static str {
        if self.has_trailing_slash { "/" } else { "" }
    }
}

/// Resolves `path`. An unknown tenant, one that was deleted and a path of another shape are the same 404.
pub async fn resolve(node: &Node, head: &request::Parts, path: &str) -> Result<Route, Failure> {
    let parsed = GatewayPath::parse(path).ok_or(Failure::NotFound)?;
    let directory = node.configuration.directory_within(node.config.directory_wait).await?;
    let found = directory.tenants.get(&parsed.tenant).filter(|tenant| tenant.status != TenantStatus::Deleting);
    let tenant = found.ok_or(Failure::NotFound)?.clone();
    let origin = origin(node, &tenant, head)?;
    Ok(Route { tenant, path: parsed, origin, has_trailing_slash: path.ends_with('/') })
}

/// The gateway origins of a tenant: its own, or the node's when it has none.
pub fn gateway_origins<'a>(node: &'a Node, tenant: &'a TenantEntry) -> &'a [String] {
    if tenant.gateway_origins.is_empty() { &node.config.public_origins } else { &tenant.gateway_origins }
}

/// The origin among the tenant's that the request came to. A foreign `Host` is a rebinding attempt or a mistake, and
/// is refused (ATK-26).
fn origin(node: &Node, tenant: &TenantEntry, head: &request::Parts) -> Result<String, Failure> {
    let (host, scheme) = addressed(node, head).ok_or(Failure::HostUnknown)?;
    let origins = gateway_origins(node, tenant);
    let candidates = || origins.iter().filter(|origin| is_at(origin, host));
    let exact = candidates().find(|origin| parts(origin).is_some_and(|(known, _)| known == scheme));
    if let Some(origin) = exact.or_else(|| candidates().next()) {
        return Ok(origin.clone());
    }
    let is_ours = node.config.public_origins.iter().any(|origin| is_at(origin, host));
    origins.first().filter(|_| is_ours).cloned().ok_or(Failure::HostUnknown)
}

/// Host and scheme as the client used them. `X-Forwarded-*` count only from a trusted proxy.
fn addressed<'a>(node: &Node, head: &'a request::Parts) -> Option<(&'a str, &'a str)> {
    let header = |name: HeaderName| {
        let mut values = head.headers.get_all(name).iter();
        let first = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(first)
    };
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
    let trusted = peer.is_some_and(|peer| node.config.trusted_proxies.iter().any(|range| range.contains(&peer)));
    let forwarded = |name| {
        let value = trusted.then(|| header(name)).flatten()?;
        Some(value.rsplit(',').next().unwrap_or(value).trim())
    };
    let own_scheme = if node.config.tls.is_some() { "https" } else { "http" };
    let host = match forwarded(FORWARDED_HOST) {
        Some(host) => host,
        None if head.headers.contains_key(HOST) => header(HOST)?,
        None => head.uri.authority()?.as_str(),
    };
    Some((host, forwarded(FORWARDED_PROTO).unwrap_or(own_scheme)))
}

/// Scheme and authority.
fn parts(origin: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = origin.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

/// Whether `host` (with or without port) is where `origin` is served.
fn is_at(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = parts(origin) else { return false };
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let bare = |text: &'_ str| text.len() - if text.ends_with(default_port) { default_port.len() } else { 0 };
    let (authority, host) = (authority.get(..bare(authority)), host.get(..bare(host)));
    authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        fn check(origin: &str, host: &str, expected: bool) {
            assert_eq!(is_at(origin, host), expected, "{origin} {host}");
        }
        check("https://gw.example", "gw.example", true);
        check("https://gw.example", "GW.example:443", true);
        check("https://gw.example", "gw.example:80", false);
        check("https://gw.example:443", "gw.example", true);
        check("http://localhost:8080", "localhost:8080", true);
        check("http://localhost:8080", "localhost", false);
        check("https://gw.example", "gw.example.evil.test", false);
        check("https://gw.example", "", false);
    }
}
