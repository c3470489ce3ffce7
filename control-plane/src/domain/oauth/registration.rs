//! Dynamic client registration (RFC 7591): what we keep of a client's metadata and what we make of the rest.
//!
//! Clients send what their SDK sends, so all that can be ignored or replaced is (RFC 7591 §2, §3.2.1); only redirect
//! URIs and wrong types are refused.

use chrono::{DateTime, Utc};
use proto::claims::SCOPE_MCP;
use serde_json::{Map, Value, json};

use super::OAuthError;
use super::redirect::{self, RedirectKind};
use crate::domain::limits::{NAME_CHARS_MAX, REDIRECT_URIS_MAX};

/// A registration that is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// As people will see it; possibly empty.
    pub name: String,
    pub redirect_uris: Vec<String>,
    /// The members we keep besides, as they are echoed.
    pub metadata: Map<String, Value>,
}

/// What a tenant decides about registrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Native programs may have schemes of their own, in reverse domain order (RFC 8252 §7.1), besides known editors'.
    pub private_use_schemes: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { private_use_schemes: true }
    }
}

/// Reads a registration request.
pub fn parse(body: &Value, rules: Rules) -> Result<Registration, OAuthError> {
    let body = body.as_object().ok_or(OAuthError::InvalidClientMetadata("the body must be a JSON object"))?;
    let (redirect_uris, kinds) = redirect_uris(body.get("redirect_uris"))?;
    if let Some(types) = strings(body, "response_types", "response_types must be a list of strings")?
        && !types.is_empty()
        && !types.contains(&"code")
    {
        return Err(OAuthError::InvalidClientMetadata("response_types must include code"));
    }
    let application_type = application_type(body, &kinds)?;
    if kinds.contains(&RedirectKind::PrivateScheme) && !rules.private_use_schemes {
        return Err(OAuthError::InvalidRedirectUri("this tenant allows no private-use schemes; use loopback or https"));
    }
    if kinds.contains(&RedirectKind::PrivateScheme) && application_type == "web" {
        return Err(OAuthError::InvalidRedirectUri("private-use schemes are for application_type native"));
    }
    let mut metadata = Map::new();
    metadata.insert("application_type".into(), application_type.into());
    // Of a fixed profile: every client is public, uses codes, and may refresh.
    metadata.insert("token_endpoint_auth_method".into(), "none".into());
    metadata.insert("grant_types".into(), json!(["authorization_code", "refresh_token"]));
    metadata.insert("response_types".into(), json!(["code"]));
    metadata.insert("scope".into(), SCOPE_MCP.into());
    for member in ["software_id", "software_version"] {
        if let Some(text) = text(body, member)?.filter(|text| !text.is_empty()) {
            metadata.insert(member.into(), text.into());
        }
    }
    if let Some(uri) = text(body, "client_uri")?.filter(|uri| redirect::check(uri) == Ok(RedirectKind::Https)) {
        metadata.insert("client_uri".into(), uri.into());
    }
    Ok(Registration { name: text(body, "client_name")?.unwrap_or_default(), redirect_uris, metadata })
}

impl Registration {
    /// The answer (RFC 7591 §3.2.1): everything that is stored.
    pub fn response(&self, client_id: &str, issued_at: DateTime<Utc>) -> Value {
        let mut body = Map::new();
        body.insert("client_id".into(), client_id.into());
        body.insert("client_id_issued_at".into(), issued_at.timestamp().into());
        if !self.name.is_empty() {
            body.insert("client_name".into(), self.name.clone().into());
        }
        body.insert("redirect_uris".into(), json!(self.redirect_uris));
        body.extend(self.metadata.clone());
        Value::Object(body)
    }
}

fn redirect_uris(value: Option<&Value>) -> Result<(Vec<String>, Vec<RedirectKind>), OAuthError> {
    let list = value.and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or(OAuthError::InvalidRedirectUri("redirect_uris must be a list with at least one URI"))?;
    if list.len() > REDIRECT_URIS_MAX {
        return Err(OAuthError::InvalidRedirectUri("redirect_uris has too many entries"));
    }
    let (mut uris, mut kinds) = (Vec::new(), Vec::new());
    for entry in list {
        let uri = entry.as_str().ok_or(OAuthError::InvalidRedirectUri("redirect_uris must hold strings"))?;
        kinds.push(redirect::check(uri).map_err(OAuthError::InvalidRedirectUri)?);
        uris.push(uri.to_owned());
    }
    Ok((uris, kinds))
}

/// Clients of editors often leave it out; a list of nothing but loopback and private schemes is a native one.
fn application_type(body: &Map<String, Value>, kinds: &[RedirectKind]) -> Result<&'static str, OAuthError> {
    match text(body, "application_type")?.as_deref() {
        Some("native") => Ok("native"),
        Some("web") => Ok("web"),
        _ if kinds.iter().any(|kind| *kind != RedirectKind::Https) => Ok("native"),
        _ => Ok("web"),
    }
}

/// A text member that people may see: without control characters, cut to a bound.
fn text(body: &Map<String, Value>, member: &str) -> Result<Option<String>, OAuthError> {
    match body.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            Ok(Some(text.chars().filter(|c| is_plain(*c)).take(NAME_CHARS_MAX).collect::<String>().trim().to_owned()))
        }
        Some(_) => Err(OAuthError::InvalidClientMetadata("a member that must be a string is not")),
    }
}

/// No control characters, and none that show nothing or turn the direction of the text around a name (ATK-3): soft
/// hyphen, joiners and marks, bidirectional controls, fillers, variation selectors, tags.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn strings<'a>(
    body: &'a Map<String, Value>,
    member: &str,
    problem: &'static str,
) -> Result<Option<Vec<&'a str>>, OAuthError> {
    match body.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) => list
            .iter()
            .map(|entry| entry.as_str().ok_or(OAuthError::InvalidClientMetadata(problem)))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(OAuthError::InvalidClientMetadata(problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bodies as real clients send them.
    #[test]
    fn the_registrations_of_known_clients() {
        let check = |body: Value, name: &str, application_type: &str| {
            let registration = parse(&body, Rules::default()).unwrap();
            assert_eq!(registration.name, name);
            assert_eq!(json!(registration.redirect_uris), body["redirect_uris"]);
            let answer = registration.response("id", DateTime::UNIX_EPOCH);
            assert_eq!(answer["application_type"], application_type, "{name}");
            assert_eq!(answer["token_endpoint_auth_method"], "none");
            assert_eq!(answer["scope"], "mcp");
            assert!(answer.get("client_secret").is_none());
        };
        check(
            json!({"client_name": "Cursor", "redirect_uris": ["cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback", "http://localhost:8787/callback"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "token_endpoint_auth_method": "none"}),
            "Cursor",
            "native",
        );
        check(
            json!({"client_name": "Visual Studio Code", "client_uri": "https://code.visualstudio.com",
                "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
                "response_types": ["code"], "redirect_uris": ["https://insiders.vscode.dev/redirect",
                "https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
                "scope": "mcp", "token_endpoint_auth_method": "none", "application_type": "native"}),
            "Visual Studio Code",
            "native",
        );
        check(
            json!({"client_name": "Claude Code (demo)", "redirect_uris": ["http://localhost:51004/callback"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "token_endpoint_auth_method": "none", "application_type": "native", "scope": "mcp"}),
            "Claude Code (demo)",
            "native",
        );
        check(
            json!({"client_name": "Codex", "redirect_uris": ["http://127.0.0.1:40001/callback"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "token_endpoint_auth_method": "none", "application_type": "native", "scope": "mcp offline_access"}),
            "Codex",
            "native",
        );
        check(
            json!({"client_name": "OpenCode", "client_uri": "https://opencode.ai",
                "redirect_uris": ["http://127.0.0.1:19876/mcp/oauth/callback"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "token_endpoint_auth_method": "none"}),
            "OpenCode",
            "native",
        );
        check(
            json!({"client_name": "Gemini CLI MCP Client", "redirect_uris": ["http://localhost:7777/oauth/callback"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "token_endpoint_auth_method": "none", "scope": ""}),
            "Gemini CLI MCP Client",
            "native",
        );
    }

    #[test]
    fn what_is_replaced_ignored_or_refused() {
        let uris = json!(["https://a.example/cb"]);
        let full = json!({"redirect_uris": uris, "token_endpoint_auth_method": "client_secret_basic", "jwks": {"x": 1},
            "client_uri": "javascript:alert(1)", "client_name": "a\u{202e}b\u{0}c", "grant_types": ["implicit"]});
        let answer = parse(&full, Rules::default()).unwrap().response("id", DateTime::UNIX_EPOCH);
        assert_eq!(
            answer,
            json!({"client_id": "id", "client_id_issued_at": 0, "client_name": "abc", "redirect_uris": uris,
                "application_type": "web", "token_endpoint_auth_method": "none",
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": "mcp"})
        );
        let check =
            |body: Value, code: &str| assert_eq!(parse(&body, Rules::default()).unwrap_err().code(), code, "{body}");
        check(json!([]), "invalid_client_metadata");
        check(json!({}), "invalid_redirect_uri");
        check(json!({"redirect_uris": []}), "invalid_redirect_uri");
        check(json!({"redirect_uris": "https://a.example"}), "invalid_redirect_uri");
        check(json!({"redirect_uris": [1]}), "invalid_redirect_uri");
        check(json!({"redirect_uris": ["https://a.example/cb", "javascript:alert(1)"]}), "invalid_redirect_uri");
        check(json!({"redirect_uris": vec!["https://a.example"; REDIRECT_URIS_MAX + 1]}), "invalid_redirect_uri");
        check(json!({"redirect_uris": uris, "client_name": 5}), "invalid_client_metadata");
        check(json!({"redirect_uris": uris, "response_types": ["token"]}), "invalid_client_metadata");
        check(json!({"redirect_uris": uris, "response_types": "code"}), "invalid_client_metadata");
    }
}
