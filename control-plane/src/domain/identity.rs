//! Identity providers of a tenant (OpenID Connect), and who its people are there.
//!
//! Somebody is (provider, issuer, subject) and nothing else. An e-mail address is something that a provider says about
//! a person; it never finds one (ATK-21).

pub mod claims;
pub mod discovery;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ids::{AuthorizationRequestId, GroupId, IdentityProviderId, InvitationId, UserId, UserIdentityId};

/// Stands in an issuer for the Entra tenant that the token names: what Microsoft's multi-tenant documents say.
pub const TENANT_PLACEHOLDER: &str = "{tenantid}";
/// What stands in its place where no tenant is known yet: the accounts of any organisation.
const ANY_ORGANISATION: &str = "organizations";

/// One provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    pub id: IdentityProviderId,
    /// On the button: "Continue with …".
    pub label: String,
    /// Compared byte by byte, a trailing slash included.
    pub issuer: String,
    /// `None`: the provider's own document says where they are.
    pub endpoints: Option<Endpoints>,
    pub client_id: String,
    /// Sealed by the vault for this record; a public client has none.
    pub client_secret_sealed: Option<Vec<u8>>,
    pub settings: ProviderSettings,
    pub enabled: bool,
    /// People that SCIM created are bound at their first sign-in by this provider. One of a tenant at most.
    pub scim_source: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Where a provider does what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    pub authorization: Url,
    pub token: Url,
    /// Where its signing keys are.
    pub jwks: Url,
    #[serde(default)]
    pub userinfo: Option<Url>,
    /// Where signing out here signs out there.
    #[serde(default)]
    pub end_session: Option<Url>,
    #[serde(default)]
    pub client_auth: ClientAuthMethod,
    /// It names itself in each answer to the browser (RFC 9207), so that one without a name is refused.
    #[serde(default)]
    pub iss_parameter: bool,
}

/// How our client shows its secret at the token endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    #[default]
    Basic,
    Post,
}

/// What may be tuned of a provider, stored as JSON; missing members take the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderSettings {
    /// What is asked for; `openid` always is.
    pub scopes: Vec<String>,
    pub claims: ClaimNames,
    /// Its e-mail addresses count as verified also where it does not say so: for providers whose addresses only an
    /// administrator gives.
    pub trust_email: bool,
    /// Value of the groups claim, and the local group that it means. On each sign-in a person is in exactly these.
    pub groups: BTreeMap<String, GroupId>,
    /// How people that SCIM created are recognised at their first sign-in; absent: by what the issuer is.
    pub binding: Option<BindingRule>,
    /// Entra tenants whose people may sign in, where the issuer holds `{tenantid}`.
    pub entra_tenants: Vec<String>,
    pub id_jag: IdJag,
    /// What it gives at a sign-in is kept, sealed, and renewed where it can be: for servers to which it vouches for the
    /// caller (token exchange).
    pub keep_tokens: bool,
}

/// Which claim says what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimNames {
    pub subject: String,
    pub email: String,
    pub name: String,
    pub groups: String,
}

/// An unbound person of SCIM is the one whose attribute has the value of the claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindingRule {
    pub claim: String,
    pub attribute: ScimAttribute,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScimAttribute {
    ExternalId,
    UserName,
}

/// Whether identity assertions of this provider (ID-JAG) are exchanged for tokens without a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IdJag {
    pub enabled: bool,
    /// The provider's name of a client, and ours, where they differ.
    pub clients: BTreeMap<String, String>,
}

/// Who a person is at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserIdentity {
    pub id: UserIdentityId,
    pub user_id: UserId,
    pub provider_id: IdentityProviderId,
    pub issuer: String,
    pub subject: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A person's tokens at a provider, sealed by the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityTokens {
    /// The record that they are sealed for.
    pub id: Uuid,
    pub user_id: UserId,
    pub provider_id: IdentityProviderId,
    pub tokens_sealed: Vec<u8>,
    /// Grows with every renewal and every sign-in.
    pub version: u64,
    pub expires_at: Option<DateTime<Utc>>,
}

/// A browser on its way to a provider and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInFlow {
    pub id: Uuid,
    pub provider_id: IdentityProviderId,
    pub state_sha256: Vec<u8>,
    /// Of the flow cookie: the answer must come back in the same browser (ATK-19).
    pub browser_sha256: Vec<u8>,
    /// State, nonce and PKCE verifier.
    pub secrets_sealed: Vec<u8>,
    /// The request of an IDE that waits for this sign-in.
    pub request_id: Option<AuthorizationRequestId>,
    /// The invitation that it accepts.
    pub invitation_id: Option<InvitationId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            claims: ClaimNames::default(),
            trust_email: false,
            groups: BTreeMap::new(),
            binding: None,
            entra_tenants: Vec::new(),
            id_jag: IdJag::default(),
            keep_tokens: false,
        }
    }
}

impl Default for ClaimNames {
    fn default() -> Self {
        let [subject, email, name, groups] = ["sub", "email", "name", "groups"].map(str::to_owned);
        Self { subject, email, name, groups }
    }
}

impl IdentityProvider {
    /// The one issuer that a token may name; `tid` is the tenant that the token claims, for templates.
    pub fn issuer_for(&self, tid: Option<&str>) -> Option<String> {
        if !self.issuer.contains(TENANT_PLACEHOLDER) {
            return Some(self.issuer.clone());
        }
        let tid = tid.filter(|tid| self.settings.entra_tenants.iter().any(|listed| listed == tid))?;
        Some(self.issuer.replace(TENANT_PLACEHOLDER, tid))
    }

    /// Whether an answer to the browser may come from it (RFC 9207 §2.4).
    pub fn is_issuer(&self, iss: &str) -> bool {
        let tenants = self.settings.entra_tenants.iter().map(|tid| self.issuer.replace(TENANT_PLACEHOLDER, tid));
        iss == self.issuer || (self.issuer.contains(TENANT_PLACEHOLDER) && tenants.into_iter().any(|one| one == iss))
    }

    /// Whether its identity assertions are exchanged for tokens now.
    pub fn takes_assertions(&self) -> bool {
        self.enabled && self.settings.id_jag.enabled
    }

    /// Whether an assertion that names a client means ours.
    pub fn means_client(&self, named: &str, ours: &str) -> bool {
        self.settings.id_jag.clients.get(named).map_or(named, String::as_str) == ours
    }

    /// Where its own document is (OpenID Connect Discovery §4).
    pub fn discovery_url(&self) -> String {
        let issuer = self.issuer.replace(TENANT_PLACEHOLDER, ANY_ORGANISATION);
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }

    /// Value of `prompt` that makes it ask who signs in, where it would take whoever is signed in there.
    pub fn asks_again_by(&self) -> &'static str {
        // Google knows accounts, and no signing in once more.
        if self.issuer == "https://accounts.google.com" { "select_account" } else { "login" }
    }

    /// How an unbound person of SCIM is recognised.
    pub fn binding(&self) -> BindingRule {
        if let Some(rule) = &self.settings.binding {
            return rule.clone();
        }
        let host = Url::parse(&self.issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let of_okta = [".okta.com", ".oktapreview.com", ".okta-emea.com"].iter().any(|domain| host.ends_with(domain));
        let of_entra = ["login.microsoftonline.com", "login.microsoftonline.us", "sts.windows.net"];
        let (claim, attribute) = if of_okta {
            ("sub", ScimAttribute::ExternalId)
        } else if of_entra.contains(&host.as_str()) {
            ("oid", ScimAttribute::ExternalId)
        } else {
            ("preferred_username", ScimAttribute::UserName)
        };
        BindingRule { claim: claim.to_owned(), attribute }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn provider(issuer: &str) -> IdentityProvider {
        IdentityProvider {
            id: IdentityProviderId(Uuid::nil()),
            label: "Okta".to_owned(),
            issuer: issuer.to_owned(),
            endpoints: None,
            client_id: "portway".to_owned(),
            client_secret_sealed: None,
            settings: ProviderSettings::default(),
            enabled: true,
            scim_source: false,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_template_stands_for_the_listed_tenants_only() {
        let mut entra = provider("https://login.microsoftonline.com/{tenantid}/v2.0");
        entra.settings.entra_tenants = vec!["one".to_owned()];
        assert_eq!(entra.issuer_for(Some("one")).as_deref(), Some("https://login.microsoftonline.com/one/v2.0"));
        for stranger in [None, Some("two"), Some(""), Some(TENANT_PLACEHOLDER)] {
            assert_eq!(entra.issuer_for(stranger), None, "{stranger:?}");
        }
        assert!(entra.is_issuer("https://login.microsoftonline.com/one/v2.0"));
        assert!(!entra.is_issuer("https://login.microsoftonline.com/two/v2.0"));
        assert!(entra.discovery_url().starts_with("https://login.microsoftonline.com/organizations/v2.0/.well-known/"));
        let plain = provider("https://acme.okta.com/");
        assert_eq!(plain.issuer_for(Some("one")).as_deref(), Some("https://acme.okta.com/"));
        assert!(!plain.is_issuer("https://acme.okta.com"));
        assert_eq!(plain.discovery_url(), "https://acme.okta.com/.well-known/openid-configuration");
    }

    #[test]
    fn people_of_scim_are_recognised_by_what_the_issuer_is() {
        fn check(issuer: &str, claim: &str, attribute: ScimAttribute) {
            assert_eq!(provider(issuer).binding(), BindingRule { claim: claim.to_owned(), attribute }, "{issuer}");
        }
        check("https://acme.okta.com", "sub", ScimAttribute::ExternalId);
        check("https://login.microsoftonline.com/x/v2.0", "oid", ScimAttribute::ExternalId);
        check("https://okta.com.evil.example", "preferred_username", ScimAttribute::UserName);
        check("https://idp.example", "preferred_username", ScimAttribute::UserName);
        let mut own = provider("https://acme.okta.com");
        own.settings.binding = Some(BindingRule { claim: "x".to_owned(), attribute: ScimAttribute::UserName });
        assert_eq!(own.binding().claim, "x");
    }
}
