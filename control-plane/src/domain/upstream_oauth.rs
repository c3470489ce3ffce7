//! Portway as an OAuth client towards the authorization servers of MCP servers: what is set per server, what providers
//! publish, what is kept of an account. Pure.

pub mod metadata;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use super::fields::{Mistake, Mistakes};
use super::ids::{AuthorizationRequestId, ServerId, UserId};
use super::limits::{
    CLAIM_CHARS_MAX, UPSTREAM_PARAMETERS_MAX, UPSTREAM_SCOPE_CHARS_MAX, UPSTREAM_SCOPES_MAX, URL_BYTES_MAX,
};

/// How a server's people authorize Portway at its provider. All of it may be left out: then the server's own challenge
/// says where, and Portway registers itself (O1, O2, O4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OauthSettings {
    /// Of a client that was registered at the provider by hand; absent: Portway registers itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The authorization server, where the server's challenge does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Where the provider does what, for one that publishes no metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<ProviderEndpoints>,
    /// What is asked for; absent: what the challenge names, else what the server lists, else nothing (O9).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// For providers that refuse `resource` (RFC 8707), such as Entra v2 (O5).
    #[serde(skip_serializing_if = "is_off")]
    pub omit_resource: bool,
    /// For providers that want `scope` again at each refresh (O6).
    #[serde(skip_serializing_if = "is_off")]
    pub scope_on_refresh: bool,
    /// The server takes the ID token as its bearer.
    #[serde(skip_serializing_if = "is_off")]
    pub id_token_as_bearer: bool,
    /// For providers that know no PKCE. Without it a stolen code can be redeemed: only where there is no other way (O3).
    #[serde(skip_serializing_if = "is_off")]
    pub without_pkce: bool,
    /// Added to the authorization request, such as `access_type=offline`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_parameters: BTreeMap<String, String>,
}

/// Endpoints that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderEndpoints {
    pub authorization: Url,
    pub token: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Url>,
    /// Says when a token ends whose answer does not (RFC 7662).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection: Option<Url>,
}

/// An authorization server as Portway uses it for one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Compared letter by letter; empty where somebody typed the endpoints and no issuer.
    pub issuer: String,
    pub authorization: Url,
    pub token: Url,
    pub revocation: Option<Url>,
    #[serde(default)]
    pub introspection: Option<Url>,
    pub registration: Option<Url>,
    /// It names itself in its answers to the browser (RFC 9207).
    pub names_itself: bool,
    /// Takes the URL of a document about a client as its name.
    pub takes_documents: bool,
    /// How it wants a client's secret.
    pub secret_in_body: bool,
    pub scopes: Vec<String>,
    /// The server's own name (RFC 8707), as its metadata spells it.
    pub resource: String,
}

/// Portway's name at a provider.
#[derive(Debug, Clone)]
pub struct UpstreamClient {
    pub client_id: String,
    pub secret: Option<SecretString>,
}

/// What is kept of somebody's account at a provider: sealed as one piece.
#[derive(Serialize, Deserialize)]
pub struct AccountTokens {
    #[serde(serialize_with = "exposed")]
    pub access_token: SecretString,
    #[serde(default, serialize_with = "maybe_exposed")]
    pub refresh_token: Option<SecretString>,
    #[serde(default, serialize_with = "maybe_exposed")]
    pub id_token: Option<SecretString>,
    /// As asked for; what was granted may be less.
    pub asked_scope: String,
    pub granted_scope: String,
    pub provider: Provider,
    pub client_id: String,
    #[serde(default, serialize_with = "maybe_exposed")]
    pub client_secret: Option<SecretString>,
}

/// A browser on its way to a provider and back, for one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFlow {
    pub id: Uuid,
    /// The answer must come back to this person (ATK-19).
    pub user_id: UserId,
    pub server_id: ServerId,
    pub state_sha256: Vec<u8>,
    /// State, verifier, provider and client.
    pub secrets_sealed: Vec<u8>,
    /// The request of an IDE that waits.
    pub request_id: Option<AuthorizationRequestId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) fn is_off(flag: &bool) -> bool {
    !flag
}

/// For what is sealed at once, and for nothing else.
pub(crate) fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    secret.expose_secret().serialize(serializer)
}

/// The same of a secret that may be missing.
pub(crate) fn maybe_exposed<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|secret| secret.expose_secret()).serialize(serializer)
}

impl AccountTokens {
    /// What the server gets to see.
    pub fn bearer(&self, settings: &OauthSettings) -> &SecretString {
        match &self.id_token {
            Some(id_token) if settings.id_token_as_bearer => id_token,
            _ => &self.access_token,
        }
    }
}

impl OauthSettings {
    /// The settings as they are to be kept, or every mistake in them.
    pub fn checked(self, has_secret: bool, mistakes: &mut Mistakes) -> Self {
        let at = |part: &str| format!("outbound_auth.{part}");
        if let Some(id) = &self.client_id {
            mistakes.take(&at("client_id"), word(id));
        } else if has_secret {
            let message = "must be given with client_secret".to_owned();
            mistakes.add(&at("client_id"), ("upstream_oauth.client_id", message));
        }
        if let Some(issuer) = &self.issuer {
            mistakes.take(&at("issuer"), url(issuer));
        }
        if let Some(endpoints) = &self.endpoints {
            let named = [
                ("authorization", Some(&endpoints.authorization)),
                ("token", Some(&endpoints.token)),
                ("revocation", endpoints.revocation.as_ref()),
                ("introspection", endpoints.introspection.as_ref()),
            ];
            for (name, endpoint) in named {
                mistakes.take_some(&at(&format!("endpoints.{name}")), endpoint.map(|endpoint| url(endpoint.as_str())));
            }
            if self.client_id.is_none() {
                let message = "must be given with endpoints: nobody can register where there is no metadata".to_owned();
                mistakes.add(&at("client_id"), ("upstream_oauth.client_id", message));
            }
        }
        let scopes = self.scopes.as_deref().unwrap_or_default();
        if scopes.len() > UPSTREAM_SCOPES_MAX || scopes.iter().any(|scope| !is_scope(scope)) {
            let message = format!("must be at most {UPSTREAM_SCOPES_MAX} scopes, each without spaces and quotes");
            mistakes.add(&at("scopes"), ("upstream_oauth.scopes", message));
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

/// What no extra parameter may replace.
const OURS: [&str; 9] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "resource",
];

pub(super) fn word(text: &str) -> Result<(), Mistake> {
    let good =
        !text.is_empty() && text.chars().count() <= CLAIM_CHARS_MAX && text.bytes().all(|b| b.is_ascii_graphic());
    let message = format!("must be 1 to {CLAIM_CHARS_MAX} visible characters");
    if good { Ok(()) } else { Err(("upstream_oauth.client_id", message)) }
}

pub(super) fn url(text: &str) -> Result<(), Mistake> {
    let parsed = Url::parse(text).ok().filter(|url| metadata::is_endpoint(url) && text.len() <= URL_BYTES_MAX);
    match parsed {
        Some(_) => Ok(()),
        None => Err(("upstream_oauth.url", "must be an https URL without a fragment".to_owned())),
    }
}

/// RFC 6749 §3.3.
pub fn is_scope(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    !text.is_empty() && text.chars().count() <= UPSTREAM_SCOPE_CHARS_MAX && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::Error;

    #[test]
    fn settings_are_checked() {
        fn check(settings: &Value, has_secret: bool, expected: &[&str]) {
            let parsed: OauthSettings = serde_json::from_value(settings.clone()).unwrap();
            let mut mistakes = Mistakes::default();
            parsed.checked(has_secret, &mut mistakes);
            let found = match mistakes.finish(Some(())) {
                Ok(()) => Vec::new(),
                Err(Error::InvalidFields(errors)) => errors.into_iter().map(|error| error.field).collect(),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(found, expected, "{settings}");
        }
        check(&json!({}), false, &[]);
        check(&json!({"client_id": "abc", "scopes": ["repo", "read:org"]}), true, &[]);
        check(&json!({}), true, &["outbound_auth.client_id"]);
        check(&json!({"client_id": ""}), false, &["outbound_auth.client_id"]);
        check(&json!({"client_id": "a b"}), false, &["outbound_auth.client_id"]);
        check(&json!({"issuer": "http://idp.example"}), false, &["outbound_auth.issuer"]);
        check(&json!({"issuer": "http://127.0.0.1:9"}), false, &[]);
        check(&json!({"scopes": ["a b"]}), false, &["outbound_auth.scopes"]);
        check(&json!({"extra_parameters": {"access_type": "offline"}}), false, &[]);
        check(&json!({"extra_parameters": {"state": "mine"}}), false, &["outbound_auth.extra_parameters.state"]);
        let endpoints = json!({"authorization": "https://idp.example/a", "token": "https://idp.example/t"});
        check(&json!({"endpoints": endpoints}), false, &["outbound_auth.client_id"]);
        check(&json!({"endpoints": endpoints, "client_id": "abc"}), true, &[]);
    }
}
