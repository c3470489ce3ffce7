//! Client ID metadata documents: a client_id that is an https URL, and what lies there
//! (draft-ietf-oauth-client-id-metadata-document). Pure: fetching is `egress`, keeping is `app::documents`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::{Host, Url};

use super::OAuthError;
use super::registration::{self, Registration};
use crate::domain::limits::{
    DOCUMENT_FRESH_DEFAULT_S, DOCUMENT_FRESH_MAX_S, DOCUMENT_FRESH_MIN_S, NAME_CHARS_MAX, URL_BYTES_MAX,
};
use crate::domain::tenancy::TenantSettings;

/// Whether a client_id means a document at all; everything else is looked up as it is.
pub fn is_document_id(client_id: &str) -> bool {
    client_id.starts_with("https://")
}

/// The URL of a document. Its text is the client's identity, so it must be the one way to write it: what a parser
/// would change (case, dot segments, a default port) is refused, and so is what does not name a site.
pub fn parse_id(client_id: &str) -> Result<Url, OAuthError> {
    let refuse = OAuthError::InvalidClientDocument;
    if client_id.len() > URL_BYTES_MAX {
        return Err(refuse("client_id is too long"));
    }
    let url = Url::parse(client_id).map_err(|_| refuse("client_id is not a URL"))?;
    if url.as_str() != client_id || url.scheme() != "https" {
        return Err(refuse("client_id must be an https URL in its normal form"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(refuse("client_id must have neither credentials nor a fragment"));
    }
    if url.path().len() < 2 {
        return Err(refuse("client_id must have a path"));
    }
    match url.host() {
        Some(Host::Domain(name)) if name.contains('.') && !name.ends_with('.') => Ok(url),
        _ => Err(refuse("the host of client_id must be a domain name")),
    }
}

/// Whether the tenant lets clients of this host in. An entry means its host and every host below it.
pub fn is_trusted(settings: &TenantSettings, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let listed = |list: &[String]| list.iter().any(|entry| is_below(host, entry));
    let allowed = settings.client_hosts_allowed.is_empty() || listed(&settings.client_hosts_allowed);
    settings.client_documents && allowed && !listed(&settings.client_hosts_denied)
}

fn is_below(host: &str, entry: &str) -> bool {
    host == entry || host.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.'))
}

/// Reads the document that was found at `client_id`. The same rules hold for it as for a dynamic registration.
pub fn parse(client_id: &str, body: &[u8]) -> Result<Registration, OAuthError> {
    let refuse = OAuthError::InvalidClientDocument;
    let body: Value = serde_json::from_slice(body).map_err(|_| refuse("the client's document is not JSON"))?;
    if body.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return Err(refuse("the client's document names another client_id"));
    }
    if body.get("client_secret").is_some() || body.get("client_secret_expires_at").is_some() {
        return Err(refuse("the client's document holds a secret, which is none there"));
    }
    // Nobody can prove to be the client with what everybody can read; asymmetric keys are not supported here, and
    // treating their owner as public would be laxer than it asks for.
    match body.get("token_endpoint_auth_method") {
        None | Some(Value::Null) => {}
        Some(method) if method == "none" => {}
        Some(_) => return Err(refuse("token_endpoint_auth_method of the client's document must be none")),
    }
    let mut client = registration::parse(&body, registration::Rules::default()).map_err(|error| match error {
        OAuthError::InvalidRedirectUri(text) | OAuthError::InvalidClientMetadata(text) => refuse(text),
        other => other,
    })?;
    if client.name.is_empty() {
        client.name = client_id.chars().take(NAME_CHARS_MAX).collect();
    }
    Ok(client)
}

/// Until when a document counts as fresh (RFC 9111 §4.2.1, §5.2), within our own bounds.
pub fn fresh_until(now: DateTime<Utc>, cache_control: &str, age_s: i64) -> DateTime<Utc> {
    let mut seconds = DOCUMENT_FRESH_DEFAULT_S;
    for directive in cache_control.split(',').map(str::trim) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => {
                seconds = 0;
                break;
            }
            "max-age" => {
                // More digits than a number has are more than any bound.
                let text = value.trim_matches('"');
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                seconds = if digits { text.parse().unwrap_or(i64::MAX) } else { 0 };
            }
            _ => {}
        }
    }
    let seconds = seconds.saturating_sub(age_s.max(0)).clamp(DOCUMENT_FRESH_MIN_S, DOCUMENT_FRESH_MAX_S);
    now + TimeDelta::seconds(seconds)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn which_urls_name_a_client() {
        fn check(text: &str, expected: bool) {
            assert_eq!(parse_id(text).is_ok(), expected, "{text}");
        }
        for good in [
            "https://claude.ai/oauth/claude-code-client-metadata",
            "https://vscode.dev/oauth/client-metadata.json",
            "https://zed.dev/oauth/client-metadata.json",
            "https://app.example:8443/client.json?v=1",
            "https://app.example/a/",
            "https://xn--80ak6aa92e.example/client",
        ] {
            check(good, true);
        }
        for bad in [
            "http://claude.ai/client",
            "https://claude.ai",
            "https://claude.ai/",
            "https://CLAUDE.ai/client",
            "https://claude.ai:443/client",
            "https://claude.ai/a/../client",
            "https://claude.ai/./client",
            "https://claude.ai/client#x",
            "https://user@claude.ai/client",
            "https://user:pw@claude.ai/client",
            "https://сlaude.ai/client",
            "https://localhost/client",
            "https://intranet/client",
            "https://claude.ai./client",
            "https://127.0.0.1/client",
            "https://2130706433/client",
            "https://[::1]/client",
            "https://169.254.169.254/latest",
            "https://claude.ai\\@evil.example/client",
            "https://claude.ai/cli ent",
            "https://claude.ai/client\n",
        ] {
            check(bad, false);
        }
    }

    #[test]
    fn which_hosts_a_tenant_trusts() {
        fn check(allowed: &[&str], denied: &[&str], host: &str, expected: bool) {
            let list = |list: &[&str]| list.iter().map(|entry| (*entry).to_owned()).collect();
            let settings = TenantSettings {
                client_hosts_allowed: list(allowed),
                client_hosts_denied: list(denied),
                ..TenantSettings::default()
            };
            let url = Url::parse(&format!("https://{host}/client")).unwrap();
            assert_eq!(is_trusted(&settings, &url), expected, "{allowed:?} {denied:?} {host}");
            assert!(!is_trusted(&TenantSettings { client_documents: false, ..settings }, &url));
        }
        check(&[], &[], "claude.ai", true);
        check(&["claude.ai"], &[], "claude.ai", true);
        check(&["claude.ai"], &[], "api.claude.ai", true);
        check(&["claude.ai"], &[], "notclaude.ai", false);
        check(&["claude.ai"], &[], "claude.ai.evil.example", false);
        check(&[], &["evil.example"], "a.evil.example", false);
        check(&["evil.example"], &["a.evil.example"], "a.evil.example", false);
        check(&["evil.example"], &["a.evil.example"], "b.evil.example", true);
    }

    #[test]
    fn documents() {
        const ID: &str = "https://app.example/client";
        let check = |change: Value, expected: Option<&str>| {
            let mut body = json!({"client_id": ID, "client_name": "App", "redirect_uris": ["http://localhost/callback",
                "http://127.0.0.1/callback"], "token_endpoint_auth_method": "none", "jwks_uri": "https://x.example"});
            for (name, value) in change.as_object().unwrap() {
                body[name] = value.clone();
            }
            let outcome = parse(ID, body.to_string().as_bytes()).map(|client| client.name);
            assert_eq!(outcome.as_deref().ok(), expected, "{change}: {outcome:?}");
        };
        check(json!({}), Some("App"));
        check(json!({"token_endpoint_auth_method": null}), Some("App"));
        check(json!({"client_name": "a\u{202e}b\u{200b}\u{ad}c"}), Some("abc"));
        check(json!({"client_name": null}), Some(ID));
        check(json!({"client_id": "https://app.example/client/"}), None);
        check(json!({"client_id": null}), None);
        check(json!({"client_secret": "s"}), None);
        check(json!({"client_secret_expires_at": 0}), None);
        for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"] {
            check(json!({"token_endpoint_auth_method": method}), None);
        }
        check(json!({"redirect_uris": []}), None);
        check(json!({"redirect_uris": ["javascript:alert(1)"]}), None);
        check(json!({"redirect_uris": ["http://evil.example/cb"]}), None);
        for text in ["", "[]", "null", "<html>", "{\"client_id\":\"https://app.example/client\"}"] {
            assert!(parse(ID, text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn how_long_a_document_is_fresh() {
        fn check(cache_control: &str, age_s: i64, expected_s: i64) {
            let now = DateTime::UNIX_EPOCH;
            assert_eq!((fresh_until(now, cache_control, age_s) - now).num_seconds(), expected_s, "{cache_control}");
        }
        check("", 0, 3_600);
        check("max-age=7200", 0, 7_200);
        check("public, Max-Age=\"7200\"", 200, 7_000);
        check("max-age=10", 0, 300);
        check("max-age=7200", 7_300, 300);
        check("max-age=99999999999999999999", 0, 86_400);
        check("max-age=-5", 0, 300);
        check("no-store, max-age=7200", 0, 300);
        check("no-cache", 0, 300);
    }
}
