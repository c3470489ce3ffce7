//! Redirect URIs: which may be registered, and which registered one a request means.
//!
//! Comparison is of text, exactly (RFC 9700 §4.1.3), but for the port of a loopback address (RFC 8252 §7.3). Never
//! a pattern, never a prefix.

use url::{Host, Url};

use crate::domain::limits::URL_BYTES_MAX;

/// Schemes of known editors that are no reverse domain names; all others must be (RFC 8252 §7.1), which also keeps out
/// `javascript`, `data`, `file` and whatever browsers invent next.
const EDITOR_SCHEMES: [&str; 6] = ["cursor", "vscode", "vscode-insiders", "windsurf", "zed", "jetbrains"];

/// Where a redirect leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    /// A web site.
    Https,
    /// A program that listens on the person's own machine; any program there could.
    Loopback,
    /// A known editor, by the scheme it registered on the person's machine; any program there could.
    EditorScheme,
    /// Some program, by a scheme in reverse domain order.
    PrivateScheme,
}

/// A redirect URI may be registered. The error says why not, for developers.
pub fn check(text: &str) -> Result<RedirectKind, &'static str> {
    if text.len() > URL_BYTES_MAX {
        return Err("a redirect URI is too long");
    }
    // Browsers read a backslash as a slash, and drop tabs and line ends: such text does not mean what it shows.
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'`')) {
        return Err("a redirect URI must be printable ASCII; percent-encode the rest");
    }
    if text.contains('#') {
        return Err("a redirect URI must not have a fragment");
    }
    if text.contains('*') {
        return Err("a redirect URI must not have wildcards");
    }
    let url = Url::parse(text).map_err(|_| "a redirect URI must be an absolute URI")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a redirect URI must not have credentials");
    }
    match url.scheme() {
        "https" => Ok(RedirectKind::Https),
        "http" if is_loopback(&url) => Ok(RedirectKind::Loopback),
        "http" => Err("http is for loopback addresses only; use https"),
        scheme if EDITOR_SCHEMES.contains(&scheme) => Ok(RedirectKind::EditorScheme),
        scheme if is_reverse_domain(scheme) => Ok(RedirectKind::PrivateScheme),
        _ => Err("a redirect URI must be https, http on loopback, or a private-use scheme such as com.example.app"),
    }
}

/// Whether a request's redirect URI is the registered one.
pub fn matches(registered: &str, requested: &str) -> bool {
    if registered == requested {
        return true;
    }
    let loopback = |text| check(text) == Ok(RedirectKind::Loopback);
    loopback(registered) && loopback(requested) && without_port(registered) == without_port(requested)
}

/// What the consent page shows: the host of a web site, or the scheme of a program.
pub fn destination(text: &str) -> String {
    let Ok(url) = Url::parse(text) else { return text.to_owned() };
    match (url.scheme(), url.host_str(), url.port()) {
        ("http" | "https", Some(host), Some(port)) => format!("{host}:{port}"),
        ("http" | "https", Some(host), None) => host.to_owned(),
        (scheme, ..) => format!("{scheme}:"),
    }
}

/// The redirect URI with parameters added to its query.
pub fn with_parameters(redirect_uri: &str, parameters: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let separator = match redirect_uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{redirect_uri}{separator}{query}")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_reverse_domain(scheme: &str) -> bool {
    scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty())
}

/// Host as written, and everything after the authority. An empty path is `/` (RFC 3986 §6.2.3).
fn without_port(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("http://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(end)?;
    let bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let host = authority.get(bracket..)?.find(':').map_or(Some(authority), |colon| authority.get(..bracket + colon))?;
    Some((host, if tail.is_empty() { "/" } else { tail }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_registered() {
        use RedirectKind::*;
        let check =
            |text: &str, expected: Option<RedirectKind>| assert_eq!(super::check(text).ok(), expected, "{text}");
        check("https://www.cursor.com/agents/mcp/oauth/callback", Some(Https));
        check("https://vscode.dev/redirect", Some(Https));
        check("https://app.example:8443/cb?x=1", Some(Https));
        check("http://localhost:8787/callback", Some(Loopback));
        check("http://localhost/callback", Some(Loopback));
        check("http://127.0.0.1/", Some(Loopback));
        check("http://[::1]:9/cb", Some(Loopback));
        check("cursor://anysphere.cursor-mcp/oauth/callback", Some(EditorScheme));
        check("vscode://dynamicauthprovider/host/authorize", Some(EditorScheme));
        check("com.example.app:/callback", Some(PrivateScheme));
        for bad in [
            "",
            "/callback",
            "http://example.com/cb",
            "http://127.0.0.2/cb",
            "http://localhost.evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:https://example.com/1",
            "about:blank",
            "mailto:a@b.example",
            "ftp://example.com/",
            "https://example.com/cb#fragment",
            "https://*.example.com/cb",
            "https://user@example.com/cb",
            "https://user:pw@example.com/cb",
            "http://user@localhost/cb",
            "https://good.example\\@evil.example/",
            "https://example.com/ cb",
            "https://exämple.com/cb",
            "java\tscript:alert(1)",
            ".x:/cb",
            "https://",
        ] {
            check(bad, None);
        }
        check(&format!("https://example.com/{}", "x".repeat(URL_BYTES_MAX)), None);
    }

    #[test]
    fn which_registered_uri_a_request_means() {
        let check = |registered, requested, same| {
            assert_eq!(matches(registered, requested), same, "{registered} {requested}");
        };
        check("https://a.example/cb", "https://a.example/cb", true);
        check("https://a.example/cb", "https://a.example/cb/", false);
        check("https://a.example/cb", "https://a.example/cb?x", false);
        check("https://a.example/cb", "https://a.example:444/cb", false);
        check("https://a.example/cb", "https://A.example/cb", false);
        // Any port on loopback, also portless: RFC 8252 §7.3, and localhost as clients use it.
        check("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback", true);
        check("http://localhost:8787/callback", "http://localhost:9999/callback", true);
        check("http://localhost/callback", "http://localhost/callback", true);
        check("http://[::1]/callback", "http://[::1]:5/callback", true);
        check("http://127.0.0.1/", "http://127.0.0.1:33418/", true);
        check("http://127.0.0.1:33418/", "http://127.0.0.1:33418", true);
        // Host, path and query stay exact.
        check("http://127.0.0.1/callback", "http://localhost:5/callback", false);
        check("http://[::1]/callback", "http://127.0.0.1:5/callback", false);
        check("http://127.0.0.1/callback", "http://127.0.0.1:5/callback/x", false);
        check("http://127.0.0.1/callback", "http://127.0.0.1:5/callback?x=1", false);
        check("http://127.0.0.1/callback", "https://127.0.0.1:5/callback", false);
        check("http://127.0.0.1/callback", "http://127.0.0.1:5@evil.example/callback", false);
        check("http://127.0.0.1/callback", "http://127.0.0.1:99999/callback", false);
        check("http://127.0.0.1/callback", "http://127.0.0.1:5/x/../callback", false);
        check("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback", true);
        check("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp:1/oauth/callback", false);
    }

    #[test]
    fn what_people_are_shown_and_where_parameters_go() {
        assert_eq!(destination("https://a.example/cb"), "a.example");
        assert_eq!(destination("https://a.example:8443/cb"), "a.example:8443");
        assert_eq!(destination("http://localhost:8787/cb"), "localhost:8787");
        assert_eq!(destination("cursor://anysphere.cursor-mcp/oauth/callback"), "cursor:");
        let with = |uri| with_parameters(uri, &[("state", "a b&c")]);
        assert_eq!(with("https://a.example/cb"), "https://a.example/cb?state=a+b%26c");
        assert_eq!(with("https://a.example/cb?x=1"), "https://a.example/cb?x=1&state=a+b%26c");
        assert_eq!(with("cursor://x/cb?"), "cursor://x/cb?state=a+b%26c");
    }
}
