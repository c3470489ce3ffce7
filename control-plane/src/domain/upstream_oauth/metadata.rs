//! What MCP servers and their authorization servers say of themselves: the challenge, protected-resource metadata
//! (RFC 9728), authorization-server metadata (RFC 8414, OpenID Connect Discovery). Everything read here is somebody
//! else's word.

use serde_json::Value;
use url::{Host, Url};

use super::Provider;
use crate::domain::limits::{UPSTREAM_SCOPE_CHARS_MAX, UPSTREAM_SCOPES_MAX, URL_BYTES_MAX};

/// What a 401 of the server says (RFC 9728 §5.1).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    pub resource_metadata: Option<Url>,
    pub scopes: Vec<String>,
}

/// What the server says of itself.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceMetadata {
    pub resource: String,
    pub issuer: String,
    pub scopes: Vec<String>,
}

/// Whether a URL may be asked: https, or http on this very machine, which the guarded connector judges again.
pub fn is_endpoint(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_loopback;
    is_safe && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
}

/// The Bearer challenge among `WWW-Authenticate` lines.
pub fn challenge<'a>(lines: impl Iterator<Item = &'a str>) -> Challenge {
    let mut found = Challenge::default();
    for line in lines.filter(|line| line.trim_start().to_ascii_lowercase().starts_with("bearer")) {
        let url = parameter(line, "resource_metadata").and_then(|text| Url::parse(&text).ok());
        found.resource_metadata = found.resource_metadata.or(url.filter(is_endpoint));
        if let Some(scope) = parameter(line, "scope") {
            found.scopes = scopes(scope.split(' ').map(str::to_owned));
        }
    }
    found
}

/// A parameter of a challenge, quoted or not.
fn parameter(line: &str, name: &str) -> Option<String> {
    let lower = line.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower.get(from..)?.find(name) {
        let (start, end) = (from + at, from + at + name.len());
        from = end;
        let is_word = start == 0 || matches!(line.as_bytes().get(start - 1), Some(b' ' | b',' | b'\t'));
        let Some(rest) = line.get(end..).and_then(|rest| rest.trim_start().strip_prefix('=')).filter(|_| is_word)
        else {
            continue;
        };
        let rest = rest.trim_start();
        return Some(match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default().to_owned(),
            None => rest.split([',', ' ']).next().unwrap_or_default().to_owned(),
        });
    }
    None
}

/// Where a server's metadata is, if its challenge does not say: below its path, then at its root (O1).
pub fn resource_metadata_urls(server: &Url) -> Vec<Url> {
    let at = |path: &str| {
        let mut url = server.clone();
        url.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
        url.set_query(None);
        url
    };
    let path = server.path().trim_end_matches('/');
    if path.is_empty() { vec![at("")] } else { vec![at(path), at("")] }
}

/// Reads a server's metadata. It must be about this server: the same origin, and the same path or one above it (O1).
pub fn resource(server: &Url, body: &[u8]) -> Result<ResourceMetadata, &'static str> {
    let document: Value = serde_json::from_slice(body).map_err(|_| "is no JSON")?;
    let text = document.get("resource").and_then(Value::as_str).ok_or("names no resource")?;
    let resource = Url::parse(text).map_err(|_| "names a resource that is no URL")?;
    let (theirs, ours) = (resource.path().trim_end_matches('/'), server.path().trim_end_matches('/'));
    let is_above = ours == theirs || ours.strip_prefix(theirs).is_some_and(|rest| rest.starts_with('/'));
    if resource.origin() != server.origin() || !is_above {
        return Err("is about another server");
    }
    let issuers = document.get("authorization_servers").and_then(Value::as_array);
    let issuer = issuers.and_then(|issuers| issuers.first()).and_then(Value::as_str);
    let issuer = issuer.filter(|issuer| issuer.len() <= URL_BYTES_MAX).ok_or("names no authorization server")?;
    Ok(ResourceMetadata {
        resource: text.to_owned(),
        issuer: issuer.to_owned(),
        scopes: listed(&document, "scopes_supported"),
    })
}

/// Where an authorization server's metadata may be, in order (O2).
pub fn provider_metadata_urls(issuer: &Url) -> Vec<Url> {
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url.set_query(None);
        url
    };
    let path = issuer.path().trim_end_matches('/');
    let (oauth, openid) = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration");
    if path.is_empty() {
        return vec![at(oauth.to_owned()), at(openid.to_owned())];
    }
    vec![at(format!("{oauth}{path}")), at(format!("{openid}{path}")), at(format!("{path}{openid}"))]
}

/// Reads an authorization server's metadata, which must be that of this issuer (RFC 8414 §3.3) and know PKCE (O3).
pub fn provider(
    issuer: &str,
    about: &ResourceMetadata,
    without_pkce: bool,
    body: &[u8],
) -> Result<Provider, &'static str> {
    let document: Value = serde_json::from_slice(body).map_err(|_| "is no JSON")?;
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err("is of another issuer");
    }
    let endpoint = |name: &str| {
        let url = document.get(name).and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
        url.filter(is_endpoint)
    };
    let methods = listed(&document, "code_challenge_methods_supported");
    if !without_pkce && !methods.iter().any(|method| method == "S256") {
        return Err("does not say that it knows PKCE (S256)");
    }
    let secrets = listed(&document, "token_endpoint_auth_methods_supported");
    let is_true = |name: &str| document.get(name).and_then(Value::as_bool) == Some(true);
    Ok(Provider {
        issuer: issuer.to_owned(),
        authorization: endpoint("authorization_endpoint").ok_or("has no authorization_endpoint that can be used")?,
        token: endpoint("token_endpoint").ok_or("has no token_endpoint that can be used")?,
        revocation: endpoint("revocation_endpoint"),
        introspection: endpoint("introspection_endpoint"),
        registration: endpoint("registration_endpoint"),
        names_itself: is_true("authorization_response_iss_parameter_supported"),
        takes_documents: is_true("client_id_metadata_document_supported"),
        secret_in_body: !secrets.is_empty() && !secrets.iter().any(|method| method == "client_secret_basic"),
        scopes: about.scopes.clone(),
        resource: about.resource.clone(),
    })
}

/// Words of a list, as far as they can be scopes or names; at most so many.
fn listed(document: &Value, name: &str) -> Vec<String> {
    let values = document.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    scopes(values.iter().filter_map(Value::as_str).map(str::to_owned))
}

fn scopes(words: impl Iterator<Item = String>) -> Vec<String> {
    let is_word = |word: &String| {
        !word.is_empty() && word.len() <= UPSTREAM_SCOPE_CHARS_MAX && word.bytes().all(|byte| byte.is_ascii_graphic())
    };
    words.filter(is_word).take(UPSTREAM_SCOPES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn challenges() {
        fn check(line: &str, url: Option<&str>, scopes: &[&str]) {
            let found = challenge([line].into_iter());
            assert_eq!(found.resource_metadata.as_ref().map(Url::as_str), url, "{line}");
            assert_eq!(found.scopes, scopes, "{line}");
        }
        let url = "https://up.example/.well-known/oauth-protected-resource";
        check(&format!("Bearer resource_metadata=\"{url}\""), Some(url), &[]);
        check(&format!("bearer realm=\"x\", resource_metadata={url}, scope=\"a b\""), Some(url), &["a", "b"]);
        check("Bearer error=\"invalid_token\"", None, &[]);
        check("Basic resource_metadata=\"https://evil.example/\"", None, &[]);
        check("Bearer resource_metadata=\"http://up.example/\"", None, &[]);
        check("Bearer my_resource_metadata=\"https://evil.example/\"", None, &[]);
        check("Bearer resource_metadata", None, &[]);
        check("Bearer", None, &[]);
    }

    #[test]
    fn a_document_about_another_server_is_not_believed() {
        fn check(resource_of: &str, expected: bool) {
            let server: Url = "https://up.example/team/mcp".parse().unwrap();
            let body = json!({"resource": resource_of, "authorization_servers": ["https://idp.example"]}).to_string();
            assert_eq!(resource(&server, body.as_bytes()).is_ok(), expected, "{resource_of}");
        }
        check("https://up.example/team/mcp", true);
        check("https://up.example/team/mcp/", true);
        check("https://up.example/team", true);
        check("https://up.example", true);
        check("https://up.example/tea", false);
        check("https://up.example/team/mcp/deeper", false);
        check("https://up.example.evil.example/team/mcp", false);
        check("http://up.example/team/mcp", false);
        check("nowhere", false);
        let server: Url = "https://up.example/mcp".parse().unwrap();
        for body in ["<html>", "{}", "[]", "{\"resource\": \"https://up.example/mcp\"}"] {
            assert!(resource(&server, body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn where_documents_are_looked_for() {
        let urls = |found: Vec<Url>| found.iter().map(|url| url.path().to_owned()).collect::<Vec<_>>();
        let found = urls(resource_metadata_urls(&"https://up.example/a/mcp?x=1".parse().unwrap()));
        assert_eq!(found, ["/.well-known/oauth-protected-resource/a/mcp", "/.well-known/oauth-protected-resource"]);
        let found = urls(provider_metadata_urls(&"https://idp.example/t/acme".parse().unwrap()));
        assert_eq!(
            found,
            [
                "/.well-known/oauth-authorization-server/t/acme",
                "/.well-known/openid-configuration/t/acme",
                "/t/acme/.well-known/openid-configuration",
            ]
        );
        let found = urls(provider_metadata_urls(&"https://idp.example".parse().unwrap()));
        assert_eq!(found, ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]);
    }

    #[test]
    fn providers_are_who_they_should_be_and_know_pkce() {
        fn check(change: &Value, without_pkce: bool, expected: Result<(), &str>) {
            let mut document = json!({
                "issuer": "https://idp.example", "authorization_endpoint": "https://idp.example/a",
                "token_endpoint": "https://idp.example/t", "code_challenge_methods_supported": ["S256"],
            });
            for (name, value) in change.as_object().unwrap() {
                document[name] = value.clone();
            }
            let about = ResourceMetadata {
                resource: "https://up.example/mcp".into(),
                issuer: "https://idp.example".into(),
                scopes: vec!["a".into()],
            };
            let found = provider("https://idp.example", &about, without_pkce, document.to_string().as_bytes());
            match expected {
                Ok(()) => assert!(found.is_ok(), "{change}: {found:?}"),
                Err(words) => assert!(found.as_ref().is_err_and(|why| why.contains(words)), "{change}: {found:?}"),
            }
        }
        check(&json!({}), false, Ok(()));
        check(&json!({"issuer": "https://idp.example/"}), false, Err("another issuer"));
        check(&json!({"issuer": null}), false, Err("another issuer"));
        check(&json!({"code_challenge_methods_supported": ["plain"]}), false, Err("PKCE"));
        check(&json!({"code_challenge_methods_supported": null}), false, Err("PKCE"));
        check(&json!({"code_challenge_methods_supported": null}), true, Ok(()));
        check(&json!({"token_endpoint": "http://idp.example/t"}), false, Err("token_endpoint"));
        check(&json!({"authorization_endpoint": "javascript:alert(1)"}), false, Err("authorization_endpoint"));
    }
}
