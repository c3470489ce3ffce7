//! Identity providers of a tenant: connect, change, try, remove; and who is bound to them. Trying asks for the same role
//! as saving (ATK-13): it makes us send requests.

mod input;
pub mod trial;

use serde_json::json;

pub use self::input::{ProviderChange, ProviderInput};
use super::sso::person;
use super::{Ctx, people};
use crate::domain::access::Action;
use crate::domain::audit::AuditEntry;
use crate::domain::identity::{IdentityProvider, UserIdentity};
use crate::domain::ids::{IdentityProviderId, UserId, UserIdentityId};
use crate::domain::limits::IDENTITY_PROVIDERS_MAX;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::{Error, Result};
use crate::store::TenantStore;

/// What went with a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    pub identities: u64,
    pub sessions: usize,
    /// Clients that had a token by its assertions.
    pub connections: u64,
    pub memberships: usize,
}

pub async fn list(ctx: &Ctx, page: PageRequest<Created>) -> Result<Page<IdentityProvider>> {
    ctx.require(Action::ReadIdentity)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_identity_providers(page).await
}

pub async fn get(ctx: &Ctx, id: IdentityProviderId) -> Result<IdentityProvider> {
    ctx.require(Action::ReadIdentity)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.get_identity_provider(id).await
}

pub async fn create(ctx: &Ctx, input: ProviderInput) -> Result<IdentityProvider> {
    ctx.require(Action::ManageIdentity)?;
    let checked = input.check()?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    if store.count_identity_providers().await? >= IDENTITY_PROVIDERS_MAX as u64 {
        let public = format!("a tenant has at most {IDENTITY_PROVIDERS_MAX} identity providers");
        return Err(Error::conflict("identity_provider.too_many", public));
    }
    input::check_groups(&store, &checked.settings).await?;
    let id = IdentityProviderId(store.new_id());
    let provider = checked.provider(&ctx.app, &store, id).await?;
    store.insert_identity_provider(&provider).await?;
    note(ctx, &store, "identity_provider.created", id, json!({ "issuer": provider.issuer }));
    store.commit().await?;
    Ok(provider)
}

/// Switching one off ends no session; it only lets nobody in any more. Switching its assertions off ends what rests on
/// them: nobody consented to it.
pub async fn update(ctx: &Ctx, id: IdentityProviderId, change: ProviderChange) -> Result<IdentityProvider> {
    ctx.require(Action::ManageIdentity)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let all = store.lock_identity_providers().await?;
    let known = all.into_iter().find(|one| one.id == id).ok_or(Error::NotFound { what: "identity provider" })?;
    let provider = change.apply(&ctx.app, &store, &known).await?;
    input::check_groups(&store, &provider.settings).await?;
    if provider == known {
        return Ok(known);
    }
    if known.enabled && !provider.enabled {
        keep_a_way_in(&store, id, None).await?;
    }
    store.update_identity_provider(&provider).await?;
    let moved = (&known.issuer, &known.client_id) != (&provider.issuer, &provider.client_id);
    if moved || !provider.enabled || !provider.settings.keep_tokens {
        store.delete_identity_tokens_at(id).await?;
    }
    let took_assertions = known.takes_assertions() && !provider.takes_assertions();
    let connections = match took_assertions {
        true => store.end_asserted_grants(id, None, "assertions_switched_off").await?,
        false => 0,
    };
    let detail = json!({
        "issuer": provider.issuer, "enabled": provider.enabled, "scim_source": provider.scim_source,
        "secret_replaced": provider.client_secret_sealed != known.client_secret_sealed, "connections": connections,
    });
    note(ctx, &store, "identity_provider.changed", id, detail);
    store.commit().await?;
    Ok(provider)
}

/// Removes a provider with every binding to it, ends the sessions that came from it and takes back the memberships that
/// it gave. The people stay.
pub async fn delete(ctx: &Ctx, id: IdentityProviderId) -> Result<Removed> {
    ctx.require(Action::ManageIdentity)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let all = store.lock_identity_providers().await?;
    let provider = all.into_iter().find(|one| one.id == id).ok_or(Error::NotFound { what: "identity provider" })?;
    if provider.enabled {
        keep_a_way_in(&store, id, None).await?;
    }
    let removed = Removed {
        identities: store.count_identities_of_provider(id).await?,
        sessions: store.revoke_provider_sessions(id, None, None).await?.len(),
        connections: store.end_asserted_grants(id, None, "identity_provider_deleted").await?,
        memberships: person::take_groups(&store, ctx.actor(), &provider).await?,
    };
    store.delete_identity_tokens_at(id).await?;
    store.delete_identity_provider(id).await?;
    let Removed { identities, sessions, connections, memberships } = removed;
    let detail = json!({
        "issuer": provider.issuer, "identities": identities, "sessions": sessions, "connections": connections,
        "memberships": memberships,
    });
    note(ctx, &store, "identity_provider.deleted", id, detail);
    store.commit().await?;
    Ok(removed)
}

/// Who a person is at which provider. Everybody may see their own.
pub async fn identities(ctx: &Ctx, user_id: UserId) -> Result<Vec<UserIdentity>> {
    if ctx.caller.principal != PrincipalId::User(user_id) {
        ctx.require(Action::ReadIdentity)?;
    }
    people::get(ctx, user_id).await?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_user_identities(user_id).await
}

/// Takes a way in from a person and ends the sessions that came from it. Their next sign-in there is a first one.
pub async fn unbind(ctx: &Ctx, user_id: UserId, id: UserIdentityId) -> Result<()> {
    ctx.require(Action::ManageIdentity)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let identities = store.list_user_identities(user_id).await?;
    let identity = identities.into_iter().find(|one| one.id == id).ok_or(Error::NotFound { what: "identity" })?;
    keep_a_way_in(&store, identity.provider_id, Some(user_id)).await?;
    store.delete_user_identity(user_id, id).await?;
    store.delete_identity_tokens(user_id, Some(identity.provider_id)).await?;
    let sessions = store.revoke_provider_sessions(identity.provider_id, Some(user_id), None).await?;
    let connections = store.end_asserted_grants(identity.provider_id, Some(user_id), "identity_unbound").await?;
    let detail = json!({
        "identity_provider_id": identity.provider_id, "identity_id": id, "sessions": sessions.len(),
        "connections": connections,
    });
    let (target_kind, target_id) = ("user", Some(user_id.0));
    store.audit(AuditEntry { actor: ctx.actor(), action: "identity.unbound", target_kind, target_id, detail });
    store.commit().await?;
    Ok(())
}

/// Refuses to take the last way in of the last owner who has one: nobody could undo it. `of` narrows what is taken to one
/// person.
async fn keep_a_way_in(store: &TenantStore, taken: IdentityProviderId, of: Option<UserId>) -> Result<()> {
    let local = store.get_tenant().await?.settings.local_accounts;
    let enabled: Vec<_> = store.list_enabled_identity_providers().await?.into_iter().map(|one| one.id).collect();
    let mut loses_one = false;
    for owner in store.lock_active_owners().await? {
        let identities = store.list_user_identities(owner).await?;
        let is_taken = |one: &UserIdentity| one.provider_id == taken && of.is_none_or(|of| of == owner);
        let password = local && store.find_password_hash(owner).await?.is_some();
        if password || identities.iter().any(|one| enabled.contains(&one.provider_id) && !is_taken(one)) {
            return Ok(());
        }
        loses_one |= identities.iter().any(is_taken);
    }
    if loses_one {
        let public = "no owner could sign in any more: give one another way in first";
        return Err(Error::conflict("identity_provider.last_way_in", public));
    }
    Ok(())
}

/// Whether an active owner can sign in at a provider that is switched on: passwords are not their only way.
pub(super) async fn owner_has_a_provider(store: &TenantStore) -> Result<bool> {
    let enabled: Vec<_> = store.list_enabled_identity_providers().await?.into_iter().map(|one| one.id).collect();
    for owner in store.lock_active_owners().await? {
        let identities = store.list_user_identities(owner).await?;
        if identities.iter().any(|one| enabled.contains(&one.provider_id)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn note(ctx: &Ctx, store: &TenantStore, action: &'static str, id: IdentityProviderId, detail: serde_json::Value) {
    let (target_kind, target_id) = ("identity_provider", Some(id.0));
    store.audit(AuditEntry { actor: ctx.actor(), action, target_kind, target_id, detail });
}
