//! What administrators type about a provider, checked all at once. A stored secret does not follow a provider to other
//! endpoints: whoever moves it says the secret again (I14).

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::crypto::vault::Purpose;
use crate::domain::fields::{self, Mistake, Mistakes};
use crate::domain::identity::{Endpoints, IdentityProvider, ProviderSettings, TENANT_PLACEHOLDER, discovery};
use crate::domain::ids::IdentityProviderId;
use crate::domain::limits::{
    CLAIM_CHARS_MAX, NAME_CHARS_MAX, PASSWORD_BYTES_MAX, PROVIDER_MAPPINGS_MAX, PROVIDER_SCOPES_MAX, URL_BYTES_MAX,
};
use crate::domain::tenancy::GroupSource;
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::TenantStore;

/// A provider to connect, or to try.
#[derive(Clone)]
pub struct ProviderInput {
    pub label: String,
    pub issuer: String,
    pub endpoints: Option<Endpoints>,
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    pub settings: ProviderSettings,
    pub enabled: bool,
    pub scim_source: bool,
}

/// What to change of a provider; `None` leaves as is. `Some(None)` of endpoints reads them from its document again.
#[derive(Default)]
pub struct ProviderChange {
    pub label: Option<String>,
    pub issuer: Option<String>,
    pub endpoints: Option<Option<Endpoints>>,
    pub client_id: Option<String>,
    /// `Some(None)` makes it a public client.
    pub client_secret: Option<Option<SecretString>>,
    pub settings: Option<ProviderSettings>,
    pub enabled: Option<bool>,
    pub scim_source: Option<bool>,
}

impl ProviderInput {
    /// The same in the form it is kept in.
    pub(super) fn check(mut self) -> Result<Self> {
        let mut mistakes = Mistakes::default();
        let label = mistakes.take("label", fields::name(&self.label));
        let issuer = mistakes.take("issuer", check_issuer(&self.issuer));
        let client_id = mistakes.take("client_id", check_word(&self.client_id, CLAIM_CHARS_MAX));
        if let Some(secret) = &self.client_secret {
            mistakes.take("client_secret", check_secret(secret));
        }
        if let Some(name) = self.endpoints.as_ref().and_then(Endpoints::insecure) {
            let message = format!("must be https: {name}");
            mistakes.add("endpoints", ("identity_provider.endpoint", message));
        }
        check_settings(&self.settings, self.issuer.contains(TENANT_PLACEHOLDER), &mut mistakes);
        let (label, issuer, client_id) =
            mistakes.finish(label.zip(issuer).zip(client_id).map(|((label, issuer), id)| (label, issuer, id)))?;
        (self.label, self.issuer, self.client_id) = (label, issuer, client_id);
        Ok(self)
    }

    /// A checked one as a row, with its secret sealed.
    pub(super) async fn provider(
        self,
        app: &App,
        store: &TenantStore,
        id: IdentityProviderId,
    ) -> Result<IdentityProvider> {
        let client_secret_sealed = seal(app, store, id, self.client_secret.as_ref()).await?;
        Ok(IdentityProvider {
            id,
            label: self.label,
            issuer: self.issuer,
            endpoints: self.endpoints,
            client_id: self.client_id,
            client_secret_sealed,
            settings: self.settings,
            enabled: self.enabled,
            scim_source: self.scim_source,
            created_at: store.now(),
            updated_at: store.now(),
        })
    }
}

impl ProviderChange {
    pub(super) async fn apply(
        self,
        app: &App,
        store: &TenantStore,
        known: &IdentityProvider,
    ) -> Result<IdentityProvider> {
        let input = ProviderInput {
            label: self.label.unwrap_or_else(|| known.label.clone()),
            issuer: self.issuer.unwrap_or_else(|| known.issuer.clone()),
            endpoints: self.endpoints.unwrap_or_else(|| known.endpoints.clone()),
            client_id: self.client_id.unwrap_or_else(|| known.client_id.clone()),
            client_secret: self.client_secret.clone().flatten(),
            settings: self.settings.unwrap_or_else(|| known.settings.clone()),
            enabled: self.enabled.unwrap_or(known.enabled),
            scim_source: self.scim_source.unwrap_or(known.scim_source),
        };
        let input = input.check()?;
        let moved = input.issuer != known.issuer || input.endpoints != known.endpoints;
        let keeps_secret = self.client_secret.is_none();
        if moved && keeps_secret && known.client_secret_sealed.is_some() {
            let message = "must be given again: the provider moves, and the stored one is for the old place";
            return Err(Error::invalid("identity_provider.secret_again", "client_secret", message));
        }
        let mut provider = input.provider(app, store, known.id).await?;
        if keeps_secret {
            provider.client_secret_sealed = known.client_secret_sealed.clone();
        }
        (provider.created_at, provider.updated_at) = (known.created_at, known.updated_at);
        Ok(provider)
    }
}

/// Mapped groups are the tenant's own: those of SCIM have one master.
pub(super) async fn check_groups(store: &TenantStore, settings: &ProviderSettings) -> Result<()> {
    let mut mistakes = Mistakes::default();
    for (value, id) in &settings.groups {
        let field = format!("settings.groups.{value}");
        match store.find_group(*id).await? {
            Some(group) if group.source == GroupSource::Local => {}
            Some(_) => {
                mistakes.add(&field, ("group.scim_owned", "must be a local group: SCIM fills this one".to_owned()))
            }
            None => mistakes.add(&field, ("group.unknown", "is no group of this tenant".to_owned())),
        }
    }
    mistakes.finish(Some(()))
}

async fn seal(
    app: &App,
    store: &TenantStore,
    id: IdentityProviderId,
    secret: Option<&SecretString>,
) -> Result<Option<Vec<u8>>> {
    let Some(secret) = secret else { return Ok(None) };
    let key = app.data_key(store).await?;
    let plain = secret.expose_secret().as_bytes();
    key.seal(store.tenant_id(), Purpose::ProviderSecret, id.0, plain).map(Some)
}

/// Kept as typed: issuers are compared letter by letter.
fn check_issuer(text: &str) -> Result<String, Mistake> {
    let text = text.trim();
    let bad = |message: &str| ("identity_provider.issuer", message.to_owned());
    if text.len() > URL_BYTES_MAX {
        return Err(bad("is too long"));
    }
    let url = Url::parse(text).map_err(|_| bad("must be a URL like https://login.example.com"))?;
    if !discovery::is_secure(&url) || url.query().is_some() {
        return Err(bad("must be an https URL without query, fragment or user name"));
    }
    Ok(text.to_owned())
}

fn check_word(text: &str, chars_max: usize) -> Result<String, Mistake> {
    let text = text.trim();
    let long = text.chars().count() > chars_max;
    if text.is_empty() || long || text.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        let message = format!("must have 1 to {chars_max} characters, without spaces");
        return Err(("identity_provider.word", message));
    }
    Ok(text.to_owned())
}

fn check_secret(secret: &SecretString) -> Result<(), Mistake> {
    let text = secret.expose_secret();
    if text.is_empty() || text.len() > PASSWORD_BYTES_MAX || text.chars().any(char::is_control) {
        let message = format!("must have 1 to {PASSWORD_BYTES_MAX} bytes, without line breaks");
        return Err(("identity_provider.secret", message));
    }
    Ok(())
}

fn check_settings(settings: &ProviderSettings, is_template: bool, mistakes: &mut Mistakes) {
    let mut word = |field: &str, text: &str| mistakes.take(field, check_word(text, NAME_CHARS_MAX)).is_some();
    let claims = &settings.claims;
    for (field, name) in [
        ("settings.claims.subject", &claims.subject),
        ("settings.claims.email", &claims.email),
        ("settings.claims.name", &claims.name),
        ("settings.claims.groups", &claims.groups),
    ] {
        word(field, name);
    }
    for (at, scope) in settings.scopes.iter().enumerate() {
        word(&format!("settings.scopes[{at}]"), scope);
    }
    for (at, tenant) in settings.entra_tenants.iter().enumerate() {
        word(&format!("settings.entra_tenants[{at}]"), tenant);
    }
    if let Some(rule) = &settings.binding {
        word("settings.binding.claim", &rule.claim);
    }
    for (field, count, most) in [
        ("settings.scopes", settings.scopes.len(), PROVIDER_SCOPES_MAX),
        ("settings.groups", settings.groups.len(), PROVIDER_MAPPINGS_MAX),
        ("settings.entra_tenants", settings.entra_tenants.len(), PROVIDER_MAPPINGS_MAX),
        ("settings.id_jag.clients", settings.id_jag.clients.len(), PROVIDER_MAPPINGS_MAX),
    ] {
        if count > most {
            mistakes.add(field, ("identity_provider.too_many", format!("must have at most {most}")));
        }
    }
    if is_template && settings.entra_tenants.is_empty() {
        let message = format!("must name who may sign in, because the issuer holds {TENANT_PLACEHOLDER}");
        mistakes.add("settings.entra_tenants", ("identity_provider.entra_tenants", message));
    }
}
