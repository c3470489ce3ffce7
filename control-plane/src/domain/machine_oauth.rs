//! Portway as an OAuth client without a browser: client credentials (RFC 6749 §4.4), and tokens about a caller in exchange
//! for a statement about them (RFC 8693, RFC 7523). Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::fields::Mistakes;
use super::ids::IdentityProviderId;
use super::limits::{UPSTREAM_PARAMETERS_MAX, UPSTREAM_SCOPES_MAX};
use super::upstream_oauth::{is_off, is_scope, url, word};

/// How Portway gets tokens for a server by itself. Where the token endpoint is not named, the issuer's metadata says, and
/// where that is not named either, the server's own challenge (O1, O2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineSettings {
    pub client_id: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub client_auth: MachineAuth,
    /// `kid` of what a key of the client's own signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Of a token exchange alone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub profile: ExchangeProfile,
    /// Whose tokens are exchanged; absent: of the one that the caller signed in with last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<IdentityProviderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<Url>,
    /// What is asked for; absent: what the challenge names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// For providers that want an audience besides `resource`, or in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// For providers that refuse `resource` (RFC 8707).
    #[serde(default, skip_serializing_if = "is_off")]
    pub omit_resource: bool,
    /// Added to every request at the token endpoint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_parameters: BTreeMap<String, String>,
}

/// How Portway shows the token endpoint who it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MachineAuth {
    /// By the client's secret (RFC 6749 §2.3.1).
    #[default]
    Secret,
    /// By a signature (RFC 7523 §2.2): of the client's own key, or else of the tenant's, which the provider reads at
    /// `/t/{tenant}/oauth/jwks`.
    PrivateKeyJwt,
}

/// What is exchanged for a token about the caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeProfile {
    /// A statement that the tenant's key signs (RFC 8693). Good for people and service accounts.
    #[default]
    Statement,
    /// The caller's access token of the company's identity provider (RFC 8693).
    IdentityProvider,
    /// The same by Microsoft Entra's on-behalf-of flow: the client is the one that people sign in with.
    OnBehalfOf,
    /// An identity assertion (ID-JAG), which the identity provider gives for the caller's ID token: cross-app access.
    IdJag,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What the request says itself and nobody may say twice.
const OURS: [&str; 15] = [
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "requested_token_use",
    "scope",
    "resource",
    "audience",
    "subject_token",
    "subject_token_type",
    "actor_token",
    "actor_token_type",
    "requested_token_type",
    "assertion",
];

impl MachineSettings {
    /// As they are to be kept, or every mistake in them.
    pub fn checked(self, mistakes: &mut Mistakes) -> Self {
        let at = |part: &str| format!("outbound_auth.{part}");
        mistakes.take(&at("client_id"), word(&self.client_id));
        if let Some(key_id) = &self.key_id {
            mistakes.take(&at("key_id"), word(key_id));
        }
        if self.identity_provider.is_some() && self.profile == ExchangeProfile::Statement {
            let message = "is only for a profile that exchanges a token of an identity provider".to_owned();
            mistakes.add(&at("identity_provider"), ("upstream_oauth.identity_provider", message));
        }
        if let Some(issuer) = &self.issuer {
            mistakes.take(&at("issuer"), url(issuer));
        }
        if let Some(endpoint) = &self.token_endpoint {
            mistakes.take(&at("token_endpoint"), url(endpoint.as_str()));
        }
        let scopes = self.scopes.as_deref().unwrap_or_default();
        if scopes.len() > UPSTREAM_SCOPES_MAX || scopes.iter().any(|scope| !is_scope(scope)) {
            let message = format!("must be at most {UPSTREAM_SCOPES_MAX} scopes, each without spaces and quotes");
            mistakes.add(&at("scopes"), ("upstream_oauth.scopes", message));
        }
        if let Some(audience) = &self.audience {
            mistakes.take(&at("audience"), word(audience));
        }
        if self.extra_parameters.len() > UPSTREAM_PARAMETERS_MAX {
            let message = format!("must have at most {UPSTREAM_PARAMETERS_MAX} entries");
            mistakes.add(&at("extra_parameters"), ("upstream_oauth.parameters", message));
        }
        for name in self.extra_parameters.keys().filter(|name| OURS.contains(&name.as_str())) {
            let message = "is a parameter that Portway sets itself".to_owned();
            mistakes.add(&at(&format!("extra_parameters.{name}")), ("upstream_oauth.parameter", message));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Error;

    #[test]
    fn what_may_be_set() {
        fn check(json: serde_json::Value, expected: &[&str]) {
            let settings: MachineSettings = serde_json::from_value(json).unwrap();
            let mut mistakes = Mistakes::default();
            settings.checked(&mut mistakes);
            let fields = match mistakes.finish(Some(())) {
                Err(Error::InvalidFields(errors)) => errors.into_iter().map(|one| one.field).collect(),
                _ => Vec::new(),
            };
            assert_eq!(fields, expected);
        }
        check(
            serde_json::json!({"client_id": "a", "token_endpoint": "https://as.example/token", "scopes": ["a:b"]}),
            &[],
        );
        check(serde_json::json!({"client_id": ""}), &["outbound_auth.client_id"]);
        check(serde_json::json!({"client_id": "a", "token_endpoint": "ftp://x/"}), &["outbound_auth.token_endpoint"]);
        check(serde_json::json!({"client_id": "a", "issuer": "nowhere"}), &["outbound_auth.issuer"]);
        check(serde_json::json!({"client_id": "a", "scopes": ["a b"]}), &["outbound_auth.scopes"]);
        check(
            serde_json::json!({"client_id": "a", "extra_parameters": {"grant_type": "password"}}),
            &["outbound_auth.extra_parameters.grant_type"],
        );
    }
}
