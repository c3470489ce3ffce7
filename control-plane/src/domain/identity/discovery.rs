//! The document in which a provider says where its endpoints are (OpenID Connect Discovery 1.0 §3, §4.3).

use serde::Deserialize;
use url::Url;

use super::{ClientAuthMethod, Endpoints};

/// The members that we use; whatever else is there is no business of ours.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The endpoints, if the document is that of `issuer`, letter by letter: else somebody else's could stand in for it.
pub fn parse(issuer: &str, body: &[u8]) -> Result<Endpoints, String> {
    let document: Document = serde_json::from_slice(body)
        .map_err(|error| format!("the discovery document is not one of OpenID Connect: {error}"))?;
    if document.issuer != issuer {
        let found: String = document.issuer.chars().filter(|letter| !letter.is_control()).take(200).collect();
        return Err(format!(
            "the discovery document is of the issuer {found}, not {issuer}: they must be the same text"
        ));
    }
    let methods = document.token_endpoint_auth_methods_supported.unwrap_or_default();
    let takes = |method: &str| methods.iter().any(|one| one == method);
    let only_post = !methods.is_empty() && !takes("client_secret_basic") && takes("client_secret_post");
    let endpoints = Endpoints {
        authorization: document.authorization_endpoint,
        token: document.token_endpoint,
        jwks: document.jwks_uri,
        userinfo: document.userinfo_endpoint,
        end_session: document.end_session_endpoint,
        client_auth: if only_post { ClientAuthMethod::Post } else { ClientAuthMethod::Basic },
        iss_parameter: document.authorization_response_iss_parameter_supported,
    };
    match endpoints.insecure() {
        Some(name) => Err(format!("{name} of the discovery document is not https")),
        None => Ok(endpoints),
    }
}

impl Endpoints {
    /// The first endpoint that anybody on the way could read: neither https, nor http on this very machine.
    pub fn insecure(&self) -> Option<&'static str> {
        let named = [
            ("authorization_endpoint", Some(&self.authorization)),
            ("token_endpoint", Some(&self.token)),
            ("jwks_uri", Some(&self.jwks)),
            ("userinfo_endpoint", self.userinfo.as_ref()),
            ("end_session_endpoint", self.end_session.as_ref()),
        ];
        named.into_iter().find(|(_, url)| url.is_some_and(|url| !is_secure(url))).map(|(name, _)| name)
    }
}

/// https, or http on loopback: whether that may be reached the operator says.
pub fn is_secure(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    bare && url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && loopback))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_taken_for_its_own_issuer_only() {
        let text = |change: serde_json::Value| {
            let mut document = json!({
                "issuer": "https://idp.example", "authorization_endpoint": "https://idp.example/auth",
                "token_endpoint": "https://idp.example/token", "jwks_uri": "https://idp.example/keys",
                "response_types_supported": ["code"], "unheard_of": {},
            });
            change.as_object().unwrap().iter().for_each(|(name, value)| document[name] = value.clone());
            document.to_string()
        };
        let found = parse("https://idp.example", text(json!({})).as_bytes()).unwrap();
        assert_eq!((found.client_auth, found.iss_parameter), (ClientAuthMethod::Basic, false));
        let post = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]});
        assert_eq!(parse("https://idp.example", text(post).as_bytes()).unwrap().client_auth, ClientAuthMethod::Post);
        for (change, words) in [
            (json!({"issuer": "https://idp.example/"}), "the same text"),
            (json!({"issuer": "https://evil.example"}), "https://evil.example"),
            (json!({"token_endpoint": "http://idp.example/token"}), "token_endpoint"),
            (json!({"end_session_endpoint": "http://idp.example/out"}), "end_session_endpoint"),
            (json!({"authorization_endpoint": "javascript:alert(1)"}), "authorization_endpoint"),
            (json!({"jwks_uri": null}), "not one of OpenID Connect"),
        ] {
            let refused = parse("https://idp.example", text(change.clone()).as_bytes()).unwrap_err();
            assert!(refused.contains(words), "{change}: {refused}");
        }
        assert!(parse("https://idp.example", b"<html>").is_err());
    }
}
