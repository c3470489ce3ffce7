//! Parameters of /authorize (RFC 6749 §4.1.1, RFC 7636, RFC 8707). Unknown ones are ignored, known ones may occur once.

use proto::claims::SCOPE_MCP;

use super::OAuthError;
use super::resource::{self, Resource};
use crate::domain::limits::STATE_BYTES_MAX;
use crate::domain::tenancy::Tenant;

/// What a client asked, as it was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    pub client_id: Option<String>,
    pub redirect_uri: Option<String>,
    pub state: Option<String>,
    response_type: Option<String>,
    resource: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    /// One of the two that decide where errors go occurred twice: nobody can be told but the person.
    pub ambiguous_client: bool,
    repeated: bool,
}

/// What a client asked, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub resource: Resource,
    pub scope: String,
    pub code_challenge: String,
}

impl Parameters {
    /// Collects the known parameters of a query. An empty value counts as absent (RFC 6749 §3.1).
    pub fn from_pairs(pairs: impl Iterator<Item = (String, String)>) -> Self {
        let mut known = Self::default();
        for (name, value) in pairs.filter(|(_, value)| !value.is_empty()) {
            let (slot, names_client) = match name.as_str() {
                "client_id" => (&mut known.client_id, true),
                "redirect_uri" => (&mut known.redirect_uri, true),
                "state" => (&mut known.state, false),
                "response_type" => (&mut known.response_type, false),
                "resource" => (&mut known.resource, false),
                "code_challenge" => (&mut known.code_challenge, false),
                "code_challenge_method" => (&mut known.code_challenge_method, false),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                known.ambiguous_client |= names_client;
                known.repeated = true;
            }
        }
        known
    }

    /// Checks everything but the client and its redirect URI, which come first and elsewhere. The scope is always the
    /// one there is: unknown ones are dropped, and asking for none means it.
    pub fn check(&self, tenant: &Tenant) -> Result<Asked, OAuthError> {
        if self.repeated {
            return Err(OAuthError::InvalidRequest("a parameter occurs more than once"));
        }
        if self.state.as_ref().is_some_and(|state| state.len() > STATE_BYTES_MAX) {
            return Err(OAuthError::InvalidRequest("state is too long"));
        }
        match self.response_type.as_deref() {
            Some("code") => {}
            Some(_) => return Err(OAuthError::UnsupportedResponseType),
            None => return Err(OAuthError::InvalidRequest("response_type is missing")),
        }
        // Without a method the RFC means `plain`, which is not offered.
        if self.code_challenge_method.as_deref() != Some("S256") {
            return Err(OAuthError::InvalidRequest("code_challenge_method must be S256"));
        }
        let code_challenge = self.code_challenge.as_deref().filter(|challenge| is_challenge(challenge));
        let code_challenge = code_challenge.ok_or(OAuthError::InvalidRequest("code_challenge must be an S256 hash"))?;
        let resource = self.resource.as_deref().ok_or(OAuthError::InvalidTarget("resource is missing (RFC 8707)"))?;
        Ok(Asked {
            resource: resource::parse(resource, tenant)?,
            scope: SCOPE_MCP.to_owned(),
            code_challenge: code_challenge.to_owned(),
        })
    }
}

/// 32 bytes in base64url without padding.
fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::TenantId;
    use crate::domain::tenancy::{TenantSettings, TenantStatus};

    const GOOD: [(&str, &str); 8] = [
        ("client_id", "c"),
        ("redirect_uri", "http://localhost/cb"),
        ("response_type", "code"),
        ("state", "s"),
        ("resource", "https://gw.example/acme/mcp/git/server"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("scope", "openid mcp offline_access"),
    ];

    #[test]
    fn requests() {
        let tenant = Tenant {
            id: TenantId(Uuid::nil()),
            slug: "acme".parse().unwrap(),
            display_name: "Acme".into(),
            status: TenantStatus::Active,
            issuer: "https://auth.example/t/acme".into(),
            gateway_origins: vec!["https://gw.example".into()],
            pool: String::new(),
            region: String::new(),
            settings: TenantSettings::default(),
            created_at: DateTime::UNIX_EPOCH,
        };
        // Each case changes one parameter of a good request (`None` takes it out) and adds some.
        let check = |change: &str, to: Option<&str>, extra: &[(&str, &str)], expected: &str| {
            let kept = GOOD.iter().filter(|(name, _)| *name != change).chain(extra);
            let changed = to.map(|to| (change, to));
            let pairs = kept.copied().chain(changed).map(|(name, value)| (name.to_owned(), value.to_owned()));
            let outcome = Parameters::from_pairs(pairs).check(&tenant);
            let outcome = outcome.map_or_else(|error| error.code().to_owned(), |asked| asked.scope);
            assert_eq!(outcome, expected, "{change} {to:?} {extra:?}");
        };
        check("", None, &[], "mcp");
        check("", None, &[("prompt", "consent"), ("audience", "x"), ("prompt", "login")], "mcp");
        check("scope", None, &[], "mcp");
        check("scope", Some("openid profile"), &[], "mcp");
        check("state", None, &[], "mcp");
        check("", None, &[("state", "t")], "invalid_request");
        check("", None, &[("resource", "https://gw.example/acme/mcp/x/server")], "invalid_request");
        check("response_type", None, &[], "invalid_request");
        check("response_type", Some("token"), &[], "unsupported_response_type");
        check("response_type", Some("code id_token"), &[], "unsupported_response_type");
        check("code_challenge", None, &[], "invalid_request");
        check("code_challenge", Some("short"), &[], "invalid_request");
        check("code_challenge_method", None, &[], "invalid_request");
        check("code_challenge_method", Some("plain"), &[], "invalid_request");
        check("resource", None, &[], "invalid_target");
        check("resource", Some("https://evil.example/acme/mcp/git/server"), &[], "invalid_target");
        check("state", Some(&"s".repeat(STATE_BYTES_MAX + 1)), &[], "invalid_request");
    }
}
