//! Trying a provider's settings step by step. Answers say what to correct and nothing about our network (ATK-15).

use secrecy::SecretString;

use super::ProviderInput;
use crate::app::Ctx;
use crate::app::sso::exchange::{self, Party, redirect_uri};
use crate::app::sso::provider;
use crate::domain::Result;
use crate::domain::access::Action;
use crate::domain::identity::IdentityProvider;
use crate::domain::ids::IdentityProviderId;
use crate::rate::Door;

/// One step, in the order in which a sign-in needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: &'static str,
    pub outcome: Outcome,
    /// For the administrator.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
    /// Not reached, or not to be told from here.
    Unknown,
}

/// Tries what is saved.
pub async fn of_saved(ctx: &Ctx, id: IdentityProviderId) -> Result<Vec<Step>> {
    ctx.require(Action::ManageIdentity)?;
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let provider = store.get_identity_provider(id).await?;
    let secret = exchange::client_secret(&ctx.app, &store, &provider).await?;
    drop(store);
    run(ctx, provider, secret).await
}

/// Tries what is typed, without keeping it.
pub async fn of_typed(ctx: &Ctx, input: ProviderInput) -> Result<Vec<Step>> {
    ctx.require(Action::ManageIdentity)?;
    let checked = input.check()?;
    let secret = checked.client_secret.clone();
    let store = ctx.app.store.tenant_read(ctx.tenant_id).await?;
    let id = IdentityProviderId(store.new_id());
    let provider = ProviderInput { client_secret: None, ..checked }.provider(&ctx.app, &store, id).await?;
    drop(store);
    run(ctx, provider, secret).await
}

async fn run(ctx: &Ctx, provider: IdentityProvider, secret: Option<SecretString>) -> Result<Vec<Step>> {
    ctx.app.rates.take(ctx.tenant_id, Door::Documents)?;
    let tenant = ctx.app.store.tenant_read(ctx.tenant_id).await?.get_tenant().await?;
    let endpoints = match provider::read_endpoints(&ctx.app, &provider).await {
        Ok(endpoints) => endpoints,
        Err(why) => {
            let later = ["keys", "client"].map(|name| step(name, Outcome::Unknown, "not tried"));
            return Ok([step("discovery", Outcome::Failed, why)].into_iter().chain(later).collect());
        }
    };
    let found = if provider.endpoints.is_some() { "the endpoints are as typed" } else { "the endpoints are known" };
    let mut steps = vec![step("discovery", Outcome::Passed, found)];
    steps.push(match provider::count_keys(&ctx.app, endpoints.jwks.as_str()).await {
        Ok(0) => step("keys", Outcome::Failed, "the provider publishes no key"),
        Ok(count) => step("keys", Outcome::Passed, format!("the provider publishes {count} key(s)")),
        Err(why) => step("keys", Outcome::Failed, why),
    });
    let redirect_uri = redirect_uri(&ctx.app, &tenant, &provider);
    let has_secret = secret.is_some();
    let party = Party { provider: &provider, endpoints, client_secret: secret, redirect_uri };
    steps.push(match party.try_client(&ctx.app).await {
        // A public client is taken by its name: that says little.
        Ok(()) if has_secret => step("client", Outcome::Passed, "the provider accepts client_id and client_secret"),
        Ok(()) => step("client", Outcome::Passed, "the provider knows the client; it has no secret"),
        Err(why) if why.contains("client") => {
            step("client", Outcome::Failed, format!("{why}: check client_id, client_secret and the redirect URI"))
        }
        Err(why) => step("client", Outcome::Unknown, format!("cannot be told before a sign-in: {why}")),
    });
    Ok(steps)
}

fn step(name: &'static str, outcome: Outcome, message: impl Into<String>) -> Step {
    Step { name, outcome, message: message.into() }
}
