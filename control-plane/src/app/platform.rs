//! Work of operators and of the process itself: the deployment, operators, tenants. The only writes across tenants.

use chrono::{DateTime, Utc};
use proto::names::TenantSlug;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::invitations::{self, NewInvitation};
use super::keys::{KeyKind, Rotation};
use super::{keys, tenancy, upkeep};
use crate::crypto::tokens;
use crate::crypto::vault::Key;
use crate::domain::access::TenantRole;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::email_domain;
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::{OperatorId, TenantId};
use crate::domain::limits::{CONCURRENT_CALLS_MAX, DOOR_TENANTS_MAX};
use crate::domain::operator::Operator;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::{Tenant, TenantSettings, TenantStatus};
use crate::domain::{Error, Result};
use crate::state::App;
use crate::store::{NewDataKey, ResourceKind, SystemStore, TenantStore};

/// Pool and region of tenants that name none.
const DEFAULT_POOL: &str = "default";
/// Capability of nodes that hold to a bound on calls at once.
const CONCURRENCY: &str = "concurrent_calls";

/// A tenant to create, as typed.
#[derive(Default)]
pub struct NewTenant {
    pub slug: String,
    pub display_name: String,
    pub owner_email: Option<String>,
    /// Empty: those of the deployment.
    pub gateway_origins: Vec<String>,
    pub pool: Option<String>,
    pub region: Option<String>,
}

/// What an operator changes; `None` leaves as is.
#[derive(Default)]
pub struct PlatformChange {
    pub display_name: Option<String>,
    pub active: Option<bool>,
    pub gateway_origins: Option<Vec<String>>,
    /// 0: no bound.
    pub concurrent_calls_max: Option<u32>,
}

/// Makes sure that the database has an identity (`history_id`).
pub async fn open_deployment(app: &App) -> Result<()> {
    let store = app.store.system().await?;
    store.history_id().await?;
    store.commit().await
}

/// Replaces a key of a tenant now, however old it is.
pub async fn rotate_keys(app: &App, actor: Actor, slug: &str, kind: KeyKind) -> Result<Rotation> {
    let tenant = get_tenant(app, slug).await?;
    // Every key was made before the end of time.
    keys::rotate(app, tenant.id, kind, DateTime::<Utc>::MAX_UTC, actor).await
}

/// The tenant that a URL names, whatever its status. Slugs are public: they stand in every URL.
pub async fn find_tenant(app: &App, slug: &TenantSlug) -> Result<Option<Tenant>> {
    app.store.system_read().await?.find_tenant_by_slug(slug.as_str()).await
}

/// The domain of an address, and the active tenants that have proved it. Who has an account somewhere is not looked at:
/// strangers ask this.
pub async fn find_tenants_by_email(app: &App, email: &str) -> Result<(String, Vec<Tenant>)> {
    let mut mistakes = Mistakes::default();
    let domain = mistakes.take("email", fields::email(email).and_then(|email| email_domain::of_email(&email)));
    let domain = mistakes.finish(domain)?;
    let tenants = app.store.system_read().await?.list_tenants_of_domain(&domain, DOOR_TENANTS_MAX).await?;
    Ok((domain, tenants))
}

/// Makes an operator and answers the token, which is shown once.
pub async fn create_operator(app: &App, name: &str) -> Result<(OperatorId, SecretString)> {
    let mut mistakes = Mistakes::default();
    let name = mistakes.take("name", fields::name(name));
    let name = mistakes.finish(name)?;
    let store = app.store.system().await?;
    let (id, token) = (OperatorId(store.new_id()), tokens::opaque("pwo_")?);
    store.insert_operator(id, &name, tokens::sha256(&token)).await?;
    store.commit().await?;
    Ok((id, token))
}

/// Every operator, revoked ones too.
pub async fn list_operators(app: &App) -> Result<Vec<Operator>> {
    app.store.system_read().await?.list_operators().await
}

/// Takes an operator's token away, and with it every session that was begun with it: at once, on every replica.
pub async fn revoke_operator(app: &App, name: &str) -> Result<()> {
    let store = app.store.system().await?;
    store.revoke_operator(name).await?;
    store.commit().await
}

/// Who the bearer of an operator's token is. The digest is looked up, so nothing is compared byte by byte.
pub async fn authenticate_operator(app: &App, token: &SecretString) -> Result<OperatorId> {
    let store = app.store.system_read().await?;
    store.find_operator_by_token(tokens::sha256(token)).await?.ok_or(Error::Unauthenticated)
}

/// Creates a tenant with its keys and, if asked for, an invitation of its first owner, in one transaction.
pub async fn create_tenant(app: &App, actor: Actor, new: NewTenant) -> Result<(Tenant, Option<NewInvitation>)> {
    let mut mistakes = Mistakes::default();
    let checked = check(app, new, &mut mistakes);
    let (tenant, owner_email) = mistakes.finish(checked)?;
    let (store, tenant) = insert(app, app.store.system().await?, tenant, actor).await?;
    let invitation = match owner_email {
        Some(email) => Some(invitations::insert(&app.config, &store, &tenant, email, TenantRole::Owner, actor).await?),
        None => None,
    };
    store.commit().await?;
    Ok((tenant, invitation))
}

/// Writes a tenant with its keys as part of a transaction. The caller commits.
pub(super) async fn insert(
    app: &App,
    system: SystemStore,
    mut tenant: Tenant,
    actor: Actor,
) -> Result<(TenantStore, Tenant)> {
    (tenant.id, tenant.created_at) = (TenantId(system.new_id()), system.now());
    let data_key_id = system.new_id();
    let wrapped = app.kek.wrap(tenant.id, data_key_id, &Key::generate()?)?;
    let data_key = NewDataKey { id: data_key_id, kek_id: app.kek.id.clone(), wrapped };
    system.insert_tenant(&tenant, data_key).await?;

    let store = system.into_tenant(tenant.id).await?;
    keys::create_signing_key(app, &store).await?;
    keys::create_session_key(app, &store).await?;
    let detail = json!({ "slug": tenant.slug, "pool": tenant.pool, "region": tenant.region });
    note(&store, actor, "tenant.created", detail);
    Ok((store, tenant))
}

/// The tenant as it is to be stored, and its first owner's address, or `None` after noting every mistake.
pub(super) fn check(app: &App, new: NewTenant, mistakes: &mut Mistakes) -> Option<(Tenant, Option<String>)> {
    let slug = mistakes.take("slug", fields::tenant_slug(&new.slug));
    let display_name = mistakes.take("display_name", fields::name(&new.display_name));
    let owner_email = mistakes.take_some("owner_email", new.owner_email.as_deref().map(fields::email));
    mistakes.take("gateway_origins", tenancy::check_origins(&new.gateway_origins));
    let pool = mistakes.take("pool", fields::name(new.pool.as_deref().unwrap_or(DEFAULT_POOL)));
    let region = mistakes.take("region", fields::name(new.region.as_deref().unwrap_or(DEFAULT_POOL)));
    let named = new.gateway_origins;
    let gateway_origins = if named.is_empty() { app.config.gateway_origins.clone() } else { named };
    let slug = slug?;
    let tenant = Tenant {
        // The real ones come with the transaction.
        id: TenantId(uuid::Uuid::nil()),
        created_at: app.clock.now(),
        issuer: format!("{}/t/{slug}", app.config.public_origin),
        slug,
        display_name: display_name?,
        status: TenantStatus::Active,
        gateway_origins,
        pool: pool?,
        region: region?,
        settings: TenantSettings::default(),
    };
    Some((tenant, owner_email))
}

/// Tenants with `text` in their name or slug, newest first.
pub async fn list_tenants(app: &App, text: &str, page: PageRequest<Created>) -> Result<Page<Tenant>> {
    app.store.system_read().await?.list_tenants(text, page).await
}

pub async fn get_tenant(app: &App, slug: &str) -> Result<Tenant> {
    app.store.system_read().await?.find_tenant_by_slug(slug).await?.ok_or(Error::NotFound { what: "tenant" })
}

/// Changes a tenant from outside. Suspension reaches nodes through the directory and through the tenant's settings.
pub async fn update_tenant(app: &App, actor: Actor, slug: &str, change: PlatformChange) -> Result<Tenant> {
    let mut mistakes = Mistakes::default();
    let display_name = mistakes.take_some("display_name", change.display_name.as_deref().map(fields::name));
    if let Some(origins) = &change.gateway_origins {
        mistakes.take("gateway_origins", check_gateway_origins(origins));
    }
    let bound = mistakes.take_some("concurrent_calls_max", change.concurrent_calls_max.map(check_bound));
    mistakes.finish(Some(()))?;
    let (store, old) = open_tenant(app, slug).await?;
    if bound.is_some_and(|bound| bound > 0) && !app.nodes.pool_has(&old.pool, CONCURRENCY) {
        let public = "a connected node is of a version that cannot hold to it: update it first";
        return Err(Error::conflict("tenant.node_too_old", public));
    }
    let status = match change.active {
        Some(_) if old.status == TenantStatus::Deleting => {
            return Err(Error::conflict("tenant.deleting", "this tenant is being deleted"));
        }
        Some(true) => TenantStatus::Active,
        Some(false) => TenantStatus::Suspended,
        None => old.status,
    };
    let new = Tenant {
        display_name: display_name.unwrap_or_else(|| old.display_name.clone()),
        gateway_origins: change.gateway_origins.unwrap_or_else(|| old.gateway_origins.clone()),
        status,
        settings: TenantSettings {
            concurrent_calls_max: bound.unwrap_or(old.settings.concurrent_calls_max),
            ..old.settings.clone()
        },
        ..old.clone()
    };
    if new != old {
        store.update_tenant(&new).await?;
        if new.settings != old.settings {
            store.changed(ResourceKind::TenantSettings, new.id.0);
        }
        let detail = json!({
            "display_name": new.display_name, "status": new.status, "gateway_origins": new.gateway_origins,
            "concurrent_calls_max": new.settings.concurrent_calls_max,
        });
        note(&store, actor, "tenant.changed", detail);
        store.commit().await?;
    }
    Ok(new)
}

fn check_bound(bound: u32) -> std::result::Result<u32, fields::Mistake> {
    let message = format!("must be 1 to {CONCURRENT_CALLS_MAX}, or 0 for no bound");
    if bound <= CONCURRENT_CALLS_MAX { Ok(bound) } else { Err(("tenant.calls_range", message)) }
}

/// What came of wrapping data keys anew.
pub struct Rewrapped {
    /// The key-encryption key of this process.
    pub kek_id: String,
    pub rewrapped: u64,
    /// Were wrapped by it already.
    pub unchanged: u64,
    /// Tenants whose data key is wrapped by a key that this process does not have.
    pub unknown: Vec<String>,
}

/// Wraps every tenant's data key by the present key-encryption key, so that the one before can go. One tenant after the
/// other, while everybody works: the data keys themselves stay, and so does all that they sealed.
pub async fn rewrap_data_keys(app: &App, actor: Actor) -> Result<Rewrapped> {
    let mut done = Rewrapped { kek_id: app.kek.id.clone(), rewrapped: 0, unchanged: 0, unknown: Vec::new() };
    for tenant in upkeep::list_tenants(app).await? {
        let store = app.store.tenant(tenant).await?;
        let (id, kek_id, wrapped) = store.get_data_key().await?;
        if kek_id == app.kek.id {
            done.unchanged += 1;
            continue;
        }
        let Some(kek) = app.kek_by_id(&kek_id) else {
            done.unknown.push(store.get_tenant().await?.slug.to_string());
            continue;
        };
        let data_key = kek.unwrap(tenant, id, &wrapped)?;
        store.rewrap_data_key(id, &app.kek.id, app.kek.wrap(tenant, id, &data_key)?).await?;
        let (action, target_id) = ("data_key.rewrapped", Some(tenant.0));
        let detail = json!({ "from": kek_id, "to": app.kek.id });
        store.audit(AuditEntry { actor, action, target_kind: "tenant", target_id, detail });
        store.commit().await?;
        done.rewrapped += 1;
    }
    Ok(done)
}

/// Deletes a tenant for ever: its data key is destroyed, so that no secret of it opens again, and everybody is refused. The
/// slug stays taken. `confirm` repeats the slug. Rows stay for the audit trail; what is sealed in them is lost, also in
/// what is copied from now on. Backups of before are as good as the key-encryption key that is kept with them.
pub async fn delete_tenant(app: &App, actor: Actor, slug: &str, confirm: Option<&str>) -> Result<()> {
    let (store, old) = open_tenant(app, slug).await?;
    if confirm != Some(old.slug.as_str()) {
        let public = format!("must be {}: the tenant goes for ever, with everybody's connections", old.slug);
        return Err(Error::invalid("tenant.confirm", "confirm", public));
    }
    if old.status != TenantStatus::Deleting {
        store.update_tenant(&Tenant { status: TenantStatus::Deleting, ..old.clone() }).await?;
        note(&store, actor, "tenant.deleted", json!({ "slug": old.slug }));
    }
    store.destroy_data_keys().await?;
    store.commit().await?;
    app.forget_data_key(old.id).await;
    Ok(())
}

/// A further one-time link for an owner: the first one expired or was lost. Earlier links to the address end.
pub async fn invite_owner(app: &App, actor: Actor, slug: &str, email: &str) -> Result<NewInvitation> {
    let mut mistakes = Mistakes::default();
    let email = mistakes.take("email", fields::email(email));
    let email = mistakes.finish(email)?;
    let (store, tenant) = open_tenant(app, slug).await?;
    if store.find_user_by_name(&email).await?.is_some() {
        return Err(Error::conflict("invitation.user_exists", "a person of this address is in the tenant already"));
    }
    let new = invitations::insert(&app.config, &store, &tenant, email, TenantRole::Owner, actor).await?;
    store.commit().await?;
    Ok(new)
}

async fn open_tenant(app: &App, slug: &str) -> Result<(TenantStore, Tenant)> {
    let system = app.store.system().await?;
    let tenant = system.find_tenant_by_slug(slug).await?.ok_or(Error::NotFound { what: "tenant" })?;
    Ok((system.into_tenant(tenant.id).await?, tenant))
}

fn check_gateway_origins(origins: &[String]) -> Result<(), fields::Mistake> {
    if origins.is_empty() {
        return Err(("origins.empty", "must have at least one entry".to_owned()));
    }
    tenancy::check_origins(origins)
}

fn note(store: &TenantStore, actor: Actor, action: &'static str, detail: Value) {
    let target_id = Some(store.tenant_id().0);
    store.changed(ResourceKind::TenantSettings, store.tenant_id().0);
    store.directory_changed();
    store.audit(AuditEntry { actor, action, target_kind: "tenant", target_id, detail });
}
