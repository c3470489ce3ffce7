//! The cookies of the browser-facing side: the session, the flow that binds an authorization request to the browser that
//! started it, a fresh API key until it is shown, where to go after signing in, a session that has just ended.
//!
//! On https they carry the `__Host-` prefix, which forbids a Domain and fixes Path=/ (RFC 6265bis §4.1.3.2), so the
//! tenant is part of the name and two tenants on one host never see each other's. On loopback http, where Secure
//! cookies do not work, they are unprefixed. Values never appear in logs.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use proto::names::TenantSlug;
use secrecy::{ExposeSecret, SecretString};

use crate::config::Config;
use crate::domain::limits::{CHALLENGE_S, COOKIE_BYTES_MAX, OPERATOR_SESSION_ABSOLUTE_S, SESSION_ABSOLUTE_S};

const THEME_COOKIE: &str = "portway-theme";

/// Which cookie outside of tenants. No tenant's is called like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutsideCookie {
    /// The session of an operator.
    Operator,
    /// Short-lived: the forms of somebody who makes a tenant.
    SignUp,
}

/// Which cookie of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieKind {
    Session,
    /// Short-lived: sign-in and consent of one browser.
    Flow,
    /// A right password that waits for its second factor.
    Halfway,
    /// A fresh API key on its way from the form to the page that shows it, sealed.
    FreshKey,
    /// Fresh recovery codes, likewise.
    FreshCodes,
    /// The server that somebody wanted to connect before they had to sign in.
    Connect,
    /// The place in the console that somebody wanted before they had to sign in.
    Console,
    /// A session that has just ended, for the page that offers to end it at its provider as well.
    SignedOut,
}

impl CookieKind {
    const fn label(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Flow => "flow",
            Self::Halfway => "halfway",
            Self::FreshKey => "fresh-key",
            Self::FreshCodes => "fresh-codes",
            Self::Connect => "connect",
            Self::Console => "console",
            Self::SignedOut => "signed-out",
        }
    }
}

/// The cookie's name for a tenant.
pub fn name(config: &Config, kind: CookieKind, tenant: &TenantSlug) -> String {
    format!("{}portway-{}-{tenant}", prefix(config), kind.label())
}

/// The name of a cookie outside of tenants.
pub fn outside_name(config: &Config, kind: OutsideCookie) -> String {
    let label = match kind {
        OutsideCookie::Operator => "operator",
        OutsideCookie::SignUp => "sign-up",
    };
    format!("{}portway-{label}", prefix(config))
}

fn prefix(config: &Config) -> &'static str {
    if config.is_https() { "__Host-" } else { "" }
}

/// Reads a cookie. A name that occurs twice reads as absent: one of them was planted.
pub fn read(config: &Config, kind: CookieKind, tenant: &TenantSlug, headers: &HeaderMap) -> Option<SecretString> {
    read_named(&name(config, kind, tenant), headers)
}

/// The same outside of tenants.
pub fn read_outside(config: &Config, kind: OutsideCookie, headers: &HeaderMap) -> Option<SecretString> {
    read_named(&outside_name(config, kind), headers)
}

fn read_named(name: &str, headers: &HeaderMap) -> Option<SecretString> {
    let mut found = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, value)| *key == name && !value.is_empty() && value.len() <= COOKIE_BYTES_MAX)
        .map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) => Some(value.into()),
        _ => None,
    }
}

/// Value of a `Set-Cookie` header that sets a cookie. Lax, so that it is sent when an IDE opens the browser.
pub fn set(config: &Config, kind: CookieKind, tenant: &TenantSlug, value: &SecretString) -> String {
    // The session ends on the server earlier, when idle. The flow cookie lives as long as the browser does.
    let age = match kind {
        CookieKind::Session => format!("; Max-Age={SESSION_ABSOLUTE_S}"),
        CookieKind::Flow => String::new(),
        CookieKind::Halfway | CookieKind::Connect | CookieKind::Console => format!("; Max-Age={CHALLENGE_S}"),
        CookieKind::FreshKey | CookieKind::FreshCodes | CookieKind::SignedOut => "; Max-Age=60".to_owned(),
    };
    format!("{}={}{}{age}", name(config, kind, tenant), value.expose_secret(), attributes(config))
}

/// Value of a `Set-Cookie` header that removes a cookie.
pub fn clear(config: &Config, kind: CookieKind, tenant: &TenantSlug) -> String {
    format!("{}={}; Max-Age=0", name(config, kind, tenant), attributes(config))
}

/// The theme that the person chose; `web-admin/src/lib/theme.ts` writes it, and no other value gets into a page.
pub fn theme(headers: &HeaderMap) -> Option<&'static str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, chosen) = pairs.find(|(name, _)| *name == THEME_COOKIE)?;
    ["light", "dark"].into_iter().find(|theme| *theme == chosen)
}

/// Value of a `Set-Cookie` header that sets a cookie outside of tenants.
pub fn set_outside(config: &Config, kind: OutsideCookie, value: &SecretString) -> String {
    let age = match kind {
        OutsideCookie::Operator => format!("; Max-Age={OPERATOR_SESSION_ABSOLUTE_S}"),
        OutsideCookie::SignUp => String::new(),
    };
    format!("{}={}{}{age}", outside_name(config, kind), value.expose_secret(), strict(config))
}

/// Value of a `Set-Cookie` header that removes it.
pub fn clear_outside(config: &Config, kind: OutsideCookie) -> String {
    format!("{}={}; Max-Age=0", outside_name(config, kind), strict(config))
}

/// What needs these comes from our own pages only: no link from elsewhere has to bring them.
fn strict(config: &Config) -> String {
    attributes(config).replace("SameSite=Lax", "SameSite=Strict")
}

fn attributes(config: &Config) -> &'static str {
    if config.is_https() { "; Path=/; HttpOnly; SameSite=Lax; Secure" } else { "; Path=/; HttpOnly; SameSite=Lax" }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn config(origin: &str) -> Config {
        serde_json::from_value(serde_json::json!({
            "listen": "127.0.0.1:1", "grpc_listen": "127.0.0.1:2", "admin_listen": "127.0.0.1:3",
            "public_origin": origin, "gateway_origins": [], "trusted_proxies": [],
            "database": { "url": "sqlite://x", "connections_max": 1 },
        }))
        .unwrap()
    }

    #[test]
    fn cookies_are_prefixed_and_secure_on_https_only() {
        let acme = TenantSlug::parse("acme").unwrap();
        let (tls, plain) = (config("https://auth.example.com"), config("http://localhost:8081"));
        assert_eq!(
            set(&tls, CookieKind::Session, &acme, &"v".into()),
            "__Host-portway-session-acme=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=86400"
        );
        assert_eq!(
            set(&plain, CookieKind::Flow, &acme, &"v".into()),
            "portway-flow-acme=v; Path=/; HttpOnly; SameSite=Lax"
        );
        assert!(clear(&tls, CookieKind::Flow, &acme).ends_with("Secure; Max-Age=0"));
        assert_eq!(
            set_outside(&tls, OutsideCookie::Operator, &"v".into()),
            "__Host-portway-operator=v; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=43200"
        );
        assert_eq!(
            clear_outside(&plain, OutsideCookie::Operator),
            "portway-operator=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
        );
    }

    #[test]
    fn a_cookie_is_read_for_its_tenant_and_only_when_unambiguous() {
        let (acme, config) = (TenantSlug::parse("acme").unwrap(), config("https://auth.example.com"));
        let check = |line: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_str(line).unwrap());
            let value = read(&config, CookieKind::Session, &acme, &headers);
            assert_eq!(value.as_ref().map(ExposeSecret::expose_secret), expected, "{line}");
        };
        check("a=b; __Host-portway-session-acme=one", Some("one"));
        check("__Host-portway-session-acme2=one", None);
        check("portway-session-acme=one", None);
        check("__Host-portway-session-acme=", None);
        check("__Host-portway-session-acme=one; __Host-portway-session-acme=two", None);
        check(&format!("__Host-portway-session-acme={}", "x".repeat(COOKIE_BYTES_MAX + 1)), None);
    }
}
