//! How a server is called, as people type it and as they see it. Values are written and never read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::domain::credential::{CredentialMark, HeaderInput, MachineSecrets, OutboundInput};
use crate::domain::ids::IdentityProviderId;
use crate::domain::key_form::KeyForm;
use crate::domain::machine_oauth::{ExchangeProfile, MachineAuth, MachineSettings};
use crate::domain::server::{OutboundAuth, PassthroughMode};
use crate::domain::upstream_oauth::{OauthSettings, ProviderEndpoints};

/// How the gateway authenticates to the server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutboundAuth)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum OutboundAuthView {
    /// The server asks for nothing.
    None,
    /// The same headers for everybody. Their values are never shown.
    SharedHeader {
        headers: Vec<HeaderView>,
        /// Grows with every change of a name, a value or the server's origin.
        version: u64,
        set_at: Option<DateTime<Utc>>,
    },
    /// Headers made of what each person typed into this form.
    PerUserHeader(KeyForm),
    /// Each person authorizes Portway at the server's provider.
    OauthPerUser(Box<OauthSettings>),
    /// A token that Portway gets for itself (RFC 6749 §4.4).
    ClientCredentials(Box<MachineSettings>),
    /// A token for each caller, in exchange for a statement of Portway's (RFC 8693).
    TokenExchange(Box<MachineSettings>),
    /// A token about the caller.
    Passthrough { mode: PassthroughMode },
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutboundHeader)]
pub(crate) struct HeaderView {
    name: String,
}

impl OutboundAuthView {
    pub(super) fn of(auth: OutboundAuth, mark: Option<CredentialMark>) -> Self {
        match auth {
            OutboundAuth::None => Self::None,
            OutboundAuth::SharedHeader { header_names } => Self::SharedHeader {
                headers: header_names.into_iter().map(|name| HeaderView { name }).collect(),
                version: mark.map_or(0, |mark| mark.version),
                set_at: mark.map(|mark| mark.set_at),
            },
            OutboundAuth::PerUserHeader(form) => Self::PerUserHeader(form),
            OutboundAuth::OauthPerUser(settings) => Self::OauthPerUser(settings),
            OutboundAuth::ClientCredentials(settings) => Self::ClientCredentials(settings),
            OutboundAuth::TokenExchange(settings) => Self::TokenExchange(settings),
            OutboundAuth::Passthrough { mode } => Self::Passthrough { mode },
        }
    }
}

/// How the gateway shall authenticate to the server. What is left out is removed.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = OutboundAuthInput)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum OutboundAuthBody {
    /// The server asks for nothing.
    #[default]
    None,
    /// The same headers for everybody, sent to the server's own origin only.
    SharedHeader { headers: Vec<HeaderBody> },
    /// Each person types keys of their own, once; they become these headers, sent to the server's own origin only.
    PerUserHeader(KeyForm),
    /// Each person authorizes Portway at the server's provider, once; Portway keeps the tokens fresh.
    OauthPerUser(Box<OauthBody>),
    /// Portway gets a token for itself, for everybody.
    ClientCredentials(Box<MachineBody>),
    /// Portway exchanges a statement about each caller for a token. The provider must trust this tenant's issuer.
    TokenExchange(Box<MachineBody>),
    /// A token about the caller goes to the server: made for it (`minted`), or the caller's own (`original`), with which
    /// the server could call this gateway URL in their name.
    Passthrough { mode: PassthroughMode },
}

#[derive(Deserialize, ToSchema)]
#[schema(as = MachineSettingsInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct MachineBody {
    /// Of the client that is registered at the provider.
    client_id: String,
    /// Without it the stored one stays, as long as `client_id` does.
    #[schema(value_type = Option<String>, write_only)]
    client_secret: Option<SecretString>,
    /// How the client shows who it is.
    #[serde(default)]
    client_auth: MachineAuth,
    /// PKCS#8 as PEM, for `private_key_jwt`. Without it the stored one stays, as long as `client_id` does; where none is
    /// stored the tenant's own key signs.
    #[schema(value_type = Option<String>, write_only)]
    private_key: Option<SecretString>,
    /// `kid` of what `private_key` signs.
    key_id: Option<String>,
    /// What is exchanged; of a token exchange only.
    #[serde(default)]
    profile: ExchangeProfile,
    /// Whose tokens are exchanged; absent: of the one that the caller signed in with last.
    identity_provider: Option<IdentityProviderId>,
    /// The authorization server, where the server's challenge does not say.
    issuer: Option<String>,
    /// Where tokens are asked for, for a provider that publishes no metadata.
    token_endpoint: Option<Url>,
    /// Absent: what the challenge names.
    scopes: Option<Vec<String>>,
    /// For providers that want an audience.
    audience: Option<String>,
    /// For providers that refuse `resource`.
    #[serde(default)]
    omit_resource: bool,
    /// Added to every request at the token endpoint.
    #[serde(default)]
    extra_parameters: BTreeMap<String, String>,
}

impl MachineBody {
    fn parts(self) -> (Box<MachineSettings>, MachineSecrets) {
        let settings = MachineSettings {
            client_id: self.client_id,
            client_auth: self.client_auth,
            key_id: self.key_id,
            profile: self.profile,
            identity_provider: self.identity_provider,
            issuer: self.issuer,
            token_endpoint: self.token_endpoint,
            scopes: self.scopes,
            audience: self.audience,
            omit_resource: self.omit_resource,
            extra_parameters: self.extra_parameters,
        };
        let secrets = MachineSecrets { client_secret: self.client_secret, private_key: self.private_key };
        (Box::new(settings), secrets)
    }
}

/// All of it may be left out: then the server says who its provider is, and Portway registers itself there.
#[derive(Deserialize, ToSchema)]
#[schema(as = OauthSettingsInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct OauthBody {
    /// Of a client that was registered at the provider by hand; absent: Portway registers itself.
    client_id: Option<String>,
    /// Without it the stored one stays, as long as `client_id` does.
    #[schema(value_type = Option<String>, write_only)]
    client_secret: Option<SecretString>,
    /// The authorization server, where the server's challenge does not say.
    issuer: Option<String>,
    /// Where the provider does what, for one that publishes no metadata.
    endpoints: Option<ProviderEndpoints>,
    /// Absent: what the challenge names, else what the server lists.
    scopes: Option<Vec<String>>,
    /// For providers that refuse `resource`.
    #[serde(default)]
    omit_resource: bool,
    /// For providers that want `scope` again at each refresh.
    #[serde(default)]
    scope_on_refresh: bool,
    /// The server takes the ID token as its bearer.
    #[serde(default)]
    id_token_as_bearer: bool,
    /// For providers that know no PKCE: a stolen code can then be redeemed.
    #[serde(default)]
    without_pkce: bool,
    /// Added to the authorization request, such as `access_type=offline`.
    #[serde(default)]
    extra_parameters: BTreeMap<String, String>,
}

impl From<OauthBody> for OutboundInput {
    fn from(body: OauthBody) -> Self {
        let settings = OauthSettings {
            client_id: body.client_id,
            issuer: body.issuer,
            endpoints: body.endpoints,
            scopes: body.scopes,
            omit_resource: body.omit_resource,
            scope_on_refresh: body.scope_on_refresh,
            id_token_as_bearer: body.id_token_as_bearer,
            without_pkce: body.without_pkce,
            extra_parameters: body.extra_parameters,
        };
        Self::OauthPerUser { settings: Box::new(settings), client_secret: body.client_secret }
    }
}

#[derive(Deserialize, ToSchema)]
#[schema(as = OutboundHeaderInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderBody {
    /// Such as `Authorization` or `X-Api-Key`. Not one that the gateway sets itself.
    name: String,
    /// Visible ASCII, at most 8192 characters. Without it the stored value stays; a server that moves to another origin
    /// needs it again.
    #[schema(value_type = Option<String>, write_only)]
    value: Option<SecretString>,
}

impl From<OutboundAuthBody> for OutboundInput {
    fn from(body: OutboundAuthBody) -> Self {
        match body {
            OutboundAuthBody::None => Self::None,
            OutboundAuthBody::SharedHeader { headers } => {
                let headers = headers.into_iter().map(|HeaderBody { name, value }| HeaderInput { name, value });
                Self::SharedHeader { headers: headers.collect() }
            }
            OutboundAuthBody::PerUserHeader(form) => Self::PerUserHeader(form),
            OutboundAuthBody::OauthPerUser(body) => (*body).into(),
            OutboundAuthBody::ClientCredentials(body) => {
                let (settings, secrets) = body.parts();
                Self::ClientCredentials { settings, secrets }
            }
            OutboundAuthBody::TokenExchange(body) => {
                let (settings, secrets) = body.parts();
                Self::TokenExchange { settings, secrets }
            }
            OutboundAuthBody::Passthrough { mode } => Self::Passthrough { mode },
        }
    }
}
