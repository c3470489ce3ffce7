//! How a server is called, as files say it.

use std::collections::BTreeMap;

use control_plane::domain::credential::MachineSecrets;
use control_plane::domain::fields::Mistakes;
use control_plane::domain::ids::IdentityProviderId;
use control_plane::domain::key_form::{HeaderTemplate, KeyField, KeyForm};
use control_plane::domain::machine_oauth::{ExchangeProfile, MachineAuth, MachineSettings};
use control_plane::domain::server::PassthroughMode;
use control_plane::domain::upstream_oauth::{OauthSettings, ProviderEndpoints};
use control_plane::domain::{Error, Result};
use secrecy::SecretString;
use url::Url;

use super::super::secrets;
use super::super::yaml::{Entry, Node, Value};
use super::{AuthSpec, HeaderSpec, Reader, camel, find, joined};

const WITHIN: &str = "spec.outboundAuth";

impl Reader<'_> {
    pub(super) fn auth(&mut self, node: &Node) -> Option<AuthSpec> {
        let Value::Map(entries) = &node.value else {
            self.wrong(node.line, WITHIN, format!("must be a mapping with kind, not {}", node.kind()));
            return None;
        };
        let kind = self.required(node, entries, WITHIN, "kind")?;
        match self.text(kind, "spec.outboundAuth.kind")? {
            "none" => self.map(node, WITHIN, &["kind"]).map(|_| AuthSpec::None),
            "sharedHeader" => {
                let entries = self.map(node, WITHIN, &["kind", "headers"])?;
                let headers = self.required(node, entries, WITHIN, "headers")?;
                self.list(headers, "spec.outboundAuth.headers", Self::header).map(AuthSpec::SharedHeader)
            }
            "perUserHeader" => self.per_user_header(node),
            "oauthPerUser" => self.oauth_per_user(node),
            "clientCredentials" => self.machine(node, "client_credentials"),
            "tokenExchange" => self.machine(node, "token_exchange"),
            "passthrough" => self.passthrough(node),
            _ => {
                let message = "must be none, sharedHeader, perUserHeader, oauthPerUser, clientCredentials, tokenExchange or passthrough";
                self.wrong(kind.line, "spec.outboundAuth.kind", message);
                None
            }
        }
    }

    fn header(&mut self, node: &Node, field: &str) -> Option<HeaderSpec> {
        let entries = self.map(node, field, &["name", "secret"])?;
        let name = self.required(node, entries, field, "name");
        let name = name.and_then(|name| self.text(name, &joined(field, "name")).map(str::to_ascii_lowercase));
        let value = match find(entries, "secret") {
            Some(secret) => Some(self.secret(secret, &joined(field, "secret"))?),
            None => None,
        };
        Some(HeaderSpec { name: name?, value })
    }

    fn per_user_header(&mut self, node: &Node) -> Option<AuthSpec> {
        let entries = self.map(node, WITHIN, &["kind", "fields", "headers"])?;
        let (fields, headers) =
            (self.required(node, entries, WITHIN, "fields"), self.required(node, entries, WITHIN, "headers"));
        let fields = self.list(fields?, "spec.outboundAuth.fields", Self::key_field);
        let headers = self.list(headers?, "spec.outboundAuth.headers", Self::template);
        let mut mistakes = Mistakes::default();
        let form = KeyForm { fields: fields?, headers: headers? }.checked(&mut mistakes);
        self.by_the_rules(node, mistakes.finish(Some(form))).map(AuthSpec::PerUserHeader)
    }

    fn key_field(&mut self, node: &Node, field: &str) -> Option<KeyField> {
        let entries = self.map(node, field, &["name", "label", "hint"])?;
        let name = self.required(node, entries, field, "name");
        let name = name.and_then(|name| self.text(name, &joined(field, "name")).map(str::to_owned));
        let label = self.required(node, entries, field, "label");
        let label = label.and_then(|label| self.text(label, &joined(field, "label")).map(str::to_owned));
        let hint = match find(entries, "hint") {
            Some(hint) => self.text(hint, &joined(field, "hint"))?.to_owned(),
            None => String::new(),
        };
        Some(KeyField { name: name?, label: label?, hint })
    }

    fn template(&mut self, node: &Node, field: &str) -> Option<HeaderTemplate> {
        let entries = self.map(node, field, &["name", "value"])?;
        let name = self.required(node, entries, field, "name");
        let name = name.and_then(|name| self.text(name, &joined(field, "name")).map(str::to_ascii_lowercase));
        let value = self.required(node, entries, field, "value");
        let value = value.and_then(|value| self.text(value, &joined(field, "value")).map(str::to_owned));
        Some(HeaderTemplate { name: name?, value: value? })
    }

    fn oauth_per_user(&mut self, node: &Node) -> Option<AuthSpec> {
        let known = [
            "kind",
            "clientId",
            "clientSecret",
            "issuer",
            "endpoints",
            "scopes",
            "omitResource",
            "scopeOnRefresh",
            "idTokenAsBearer",
            "withoutPkce",
            "extraParameters",
        ];
        let entries = self.map(node, WITHIN, &known)?;
        let client_secret = match find(entries, "clientSecret") {
            Some(secret) => Some(self.secret(secret, "spec.outboundAuth.clientSecret")?),
            None => None,
        };
        let settings = OauthSettings {
            client_id: self.word(entries, "clientId")?,
            issuer: self.word(entries, "issuer")?,
            endpoints: match find(entries, "endpoints") {
                Some(node) => Some(self.endpoints(node)?),
                None => None,
            },
            scopes: match find(entries, "scopes") {
                Some(node) => Some(self.list(node, "spec.outboundAuth.scopes", Self::owned)?),
                None => None,
            },
            omit_resource: self.flag(entries, "omitResource")?,
            scope_on_refresh: self.flag(entries, "scopeOnRefresh")?,
            id_token_as_bearer: self.flag(entries, "idTokenAsBearer")?,
            without_pkce: self.flag(entries, "withoutPkce")?,
            extra_parameters: match find(entries, "extraParameters") {
                Some(node) => self.parameters(node)?,
                None => BTreeMap::new(),
            },
        };
        let mut mistakes = Mistakes::default();
        let settings = settings.checked(client_secret.is_some(), &mut mistakes);
        let settings = self.by_the_rules(node, mistakes.finish(Some(settings)))?;
        Some(AuthSpec::OauthPerUser { settings: Box::new(settings), client_secret })
    }

    fn machine(&mut self, node: &Node, kind: &'static str) -> Option<AuthSpec> {
        let known = [
            "kind",
            "clientId",
            "clientSecret",
            "clientAuth",
            "privateKey",
            "keyId",
            "profile",
            "identityProvider",
            "issuer",
            "tokenEndpoint",
            "scopes",
            "audience",
            "omitResource",
            "extraParameters",
        ];
        let entries = self.map(node, WITHIN, &known)?;
        let client_secret = match find(entries, "clientSecret") {
            Some(secret) => Some(self.secret(secret, "spec.outboundAuth.clientSecret")?),
            None => None,
        };
        let private_key = match find(entries, "privateKey") {
            Some(secret) => Some(self.secret(secret, "spec.outboundAuth.privateKey")?),
            None => None,
        };
        let client_id = self.required(node, entries, WITHIN, "clientId");
        let settings = MachineSettings {
            client_id: client_id.and_then(|id| self.text(id, "spec.outboundAuth.clientId").map(str::to_owned))?,
            client_auth: match find(entries, "clientAuth") {
                Some(node) => self.client_auth(node)?,
                None => MachineAuth::Secret,
            },
            key_id: self.word(entries, "keyId")?,
            profile: match find(entries, "profile") {
                Some(node) => self.profile(node)?,
                None => ExchangeProfile::Statement,
            },
            identity_provider: match find(entries, "identityProvider") {
                Some(node) => Some(self.identity_provider(node)?),
                None => None,
            },
            issuer: self.word(entries, "issuer")?,
            token_endpoint: match find(entries, "tokenEndpoint") {
                Some(node) => Some(self.url(node, "spec.outboundAuth.tokenEndpoint")?),
                None => None,
            },
            scopes: match find(entries, "scopes") {
                Some(node) => Some(self.list(node, "spec.outboundAuth.scopes", Self::owned)?),
                None => None,
            },
            audience: self.word(entries, "audience")?,
            omit_resource: self.flag(entries, "omitResource")?,
            extra_parameters: match find(entries, "extraParameters") {
                Some(node) => self.parameters(node)?,
                None => BTreeMap::new(),
            },
        };
        let mut mistakes = Mistakes::default();
        let settings = settings.checked(&mut mistakes);
        let settings = Box::new(self.by_the_rules(node, mistakes.finish(Some(settings)))?);
        let secrets = MachineSecrets { client_secret, private_key };
        Some(AuthSpec::Machine { kind, settings, secrets })
    }

    fn client_auth(&mut self, node: &Node) -> Option<MachineAuth> {
        match self.text(node, "spec.outboundAuth.clientAuth")? {
            "secret" => Some(MachineAuth::Secret),
            "privateKeyJwt" => Some(MachineAuth::PrivateKeyJwt),
            _ => {
                self.wrong(node.line, "spec.outboundAuth.clientAuth", "must be secret or privateKeyJwt");
                None
            }
        }
    }

    fn profile(&mut self, node: &Node) -> Option<ExchangeProfile> {
        match self.text(node, "spec.outboundAuth.profile")? {
            "statement" => Some(ExchangeProfile::Statement),
            "identityProvider" => Some(ExchangeProfile::IdentityProvider),
            "onBehalfOf" => Some(ExchangeProfile::OnBehalfOf),
            "idJag" => Some(ExchangeProfile::IdJag),
            _ => {
                let message = "must be statement, identityProvider, onBehalfOf or idJag";
                self.wrong(node.line, "spec.outboundAuth.profile", message);
                None
            }
        }
    }

    fn identity_provider(&mut self, node: &Node) -> Option<IdentityProviderId> {
        let id = self.text(node, "spec.outboundAuth.identityProvider")?.parse();
        if id.is_err() {
            self.wrong(node.line, "spec.outboundAuth.identityProvider", "must be an id like idp_…");
        }
        id.ok()
    }

    fn passthrough(&mut self, node: &Node) -> Option<AuthSpec> {
        let entries = self.map(node, WITHIN, &["kind", "mode"])?;
        let mode = self.required(node, entries, WITHIN, "mode")?;
        match self.text(mode, "spec.outboundAuth.mode")? {
            "minted" => Some(AuthSpec::Passthrough(PassthroughMode::Minted)),
            "original" => Some(AuthSpec::Passthrough(PassthroughMode::Original)),
            _ => {
                self.wrong(mode.line, "spec.outboundAuth.mode", "must be minted or original");
                None
            }
        }
    }

    fn endpoints(&mut self, node: &Node) -> Option<ProviderEndpoints> {
        let within = "spec.outboundAuth.endpoints";
        let entries = self.map(node, within, &["authorization", "token", "revocation", "introspection"])?;
        let authorization = self.required(node, entries, within, "authorization");
        let authorization = authorization.and_then(|node| self.url(node, &joined(within, "authorization")));
        let token = self.required(node, entries, within, "token");
        let token = token.and_then(|node| self.url(node, &joined(within, "token")));
        let revocation = match find(entries, "revocation") {
            Some(node) => Some(self.url(node, &joined(within, "revocation"))?),
            None => None,
        };
        let introspection = match find(entries, "introspection") {
            Some(node) => Some(self.url(node, &joined(within, "introspection"))?),
            None => None,
        };
        Some(ProviderEndpoints { authorization: authorization?, token: token?, revocation, introspection })
    }

    fn url(&mut self, node: &Node, field: &str) -> Option<Url> {
        let text = self.text(node, field)?;
        text.parse().map_err(|_| self.wrong(node.line, field, "must be a URL")).ok()
    }

    fn parameters(&mut self, node: &Node) -> Option<BTreeMap<String, String>> {
        self.texts(node, "spec.outboundAuth.extraParameters")
    }

    pub(super) fn owned(&mut self, node: &Node, field: &str) -> Option<String> {
        self.text(node, field).map(str::to_owned)
    }

    /// Text that may be absent; `None` is a mistake.
    fn word(&mut self, entries: &[Entry], key: &str) -> Option<Option<String>> {
        match find(entries, key) {
            Some(node) => self.owned(node, &joined(WITHIN, key)).map(Some),
            None => Some(None),
        }
    }

    fn flag(&mut self, entries: &[Entry], key: &str) -> Option<bool> {
        find(entries, key).map_or(Some(false), |node| self.truth(node, &joined(WITHIN, key)))
    }

    fn secret(&mut self, node: &Node, field: &str) -> Option<SecretString> {
        let entries = self.map(node, field, &["fromEnv"])?;
        let variable = self.required(node, entries, field, "fromEnv")?;
        let field = joined(field, "fromEnv");
        let name = self.text(variable, &field)?;
        let value = secrets::from_env(name);
        if value.is_none() {
            self.wrong(variable.line, &field, format!("the variable {name} is not set, or empty"));
        }
        value
    }

    /// What the control plane says of it, in the words of the file.
    fn by_the_rules<T>(&mut self, node: &Node, checked: Result<T>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(Error::InvalidFields(errors)) => {
                for error in errors {
                    let field = error.field.replacen("outbound_auth", WITHIN, 1);
                    // Parameters have names of their own.
                    let field = match field.split_once("extra_parameters.") {
                        Some((before, name)) => format!("{before}extraParameters.{name}"),
                        None => camel(&field),
                    };
                    self.wrong(node.line, &field, error.message);
                }
                None
            }
            Err(error) => {
                self.wrong(node.line, WITHIN, error.to_string());
                None
            }
        }
    }
}
