//! E-mail domains: an administrator names one, publishes the record, and lets us look. Verified ones are looked at again
//! every day, and lost after a grace: domains change hands. No DNS is asked inside a transaction.

use std::time::Duration;

use serde_json::json;

use super::{Ctx, upkeep};
use crate::crypto::tokens;
use crate::domain::access::Action;
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::email_domain::{self, Domain, Finding, Proof};
use crate::domain::fields::Mistakes;
use crate::domain::ids::{DomainId, TenantId};
use crate::domain::limits::{DNS_MS_MAX, DOMAINS_MAX};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};
use crate::rate::Door;
use crate::state::App;
use crate::store::TenantStore;
use secrecy::ExposeSecret;

pub async fn list(ctx: &Ctx, page: PageRequest<Created>) -> Result<Page<Domain>> {
    ctx.require(Action::ReadDomains)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_domains(page).await
}

pub async fn get(ctx: &Ctx, id: DomainId) -> Result<Domain> {
    ctx.require(Action::ReadDomains)?;
    find(&ctx.app.store.tenant_read(ctx.tenant_id).await?, id).await
}

/// Names a domain and makes the value that its record must have.
pub async fn add(ctx: &Ctx, name: &str) -> Result<Domain> {
    ctx.require(Action::ManageDomains)?;
    let mut mistakes = Mistakes::default();
    let name = mistakes.take("name", email_domain::name(name));
    let name = mistakes.finish(name)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    if store.count_domains().await? >= DOMAINS_MAX {
        let public = format!("a tenant has at most {DOMAINS_MAX} domains: delete one first");
        return Err(Error::conflict("domain.too_many", public));
    }
    let domain = Domain {
        id: DomainId(store.new_id()),
        name,
        token: tokens::opaque("")?.expose_secret().to_owned(),
        created_at: store.now(),
        checked_at: None,
        proof: Proof::Pending,
    };
    store.insert_domain(&domain).await?;
    store.audit(entry(ctx.actor(), "domain.added", &domain));
    store.commit().await?;
    Ok(domain)
}

/// Looks for the record now. Fails with what was found instead.
pub async fn verify(ctx: &Ctx, id: DomainId) -> Result<Domain> {
    ctx.require(Action::ManageDomains)?;
    ctx.app.rates.take(ctx.tenant_id, Door::Dns)?;
    let domain = find(&ctx.app.store.tenant_read(ctx.tenant_id).await?, id).await?;
    let finding = look(&ctx.app, &domain).await?;
    let domain = note(&ctx.app, ctx.tenant_id, id, &finding, ctx.actor()).await?;
    match finding {
        Finding::Proven => Ok(domain),
        Finding::Missing => Err(Error::conflict("domain.record_missing", missing(&domain))),
        Finding::Differs(found) => Err(Error::conflict("domain.record_differs", differs(&domain, &found))),
    }
}

/// Takes a domain off the list. Whoever has an account keeps it.
pub async fn remove(ctx: &Ctx, id: DomainId) -> Result<()> {
    ctx.require(Action::ManageDomains)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let domain = find(&store, id).await?;
    store.delete_domain(id).await?;
    store.audit(entry(ctx.actor(), "domain.removed", &domain));
    store.commit().await?;
    Ok(())
}

/// Whether the tenant has proved this very domain; those below it are others.
pub async fn is_verified(store: &TenantStore, domain: &str) -> Result<bool> {
    let Ok(name) = email_domain::name(domain) else { return Ok(false) };
    Ok(store.find_domain_by_name(&name).await?.is_some_and(|domain| domain.is_verified()))
}

/// Looks again at what is due, tenant by tenant. A DNS that does not answer changes nothing: our own may be away.
pub async fn check_again(app: &App) -> Result<()> {
    for tenant in upkeep::list_tenants(app).await? {
        let now = app.clock.now();
        let verified = app.store.tenant_read(tenant).await?.list_verified_domains().await?;
        for domain in verified.into_iter().filter(|domain| domain.check_is_due(now)) {
            let noted = match look(app, &domain).await {
                Ok(finding) => note(app, tenant, domain.id, &finding, Actor::System).await.map(drop),
                Err(error) => Err(error),
            };
            if let Err(error) = noted {
                tracing::warn!(tenant.id = %tenant, domain.id = %domain.id, %error, "a domain was not checked");
            }
        }
    }
    Ok(())
}

async fn look(app: &App, domain: &Domain) -> Result<Finding> {
    let name = domain.record_name();
    let texts = tokio::time::timeout(Duration::from_millis(DNS_MS_MAX), app.resolver.texts(&name)).await;
    let cause = match texts {
        Ok(Ok(texts)) => return Ok(domain.judge(&texts)),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it took too long".to_owned(),
    };
    tracing::info!(domain.name, cause, "looking for a domain's record failed");
    let public = format!("the name servers of {} give no answer now: try again in a few minutes", domain.name);
    Err(Error::conflict("domain.dns_away", public))
}

async fn note(app: &App, tenant: TenantId, id: DomainId, finding: &Finding, actor: Actor) -> Result<Domain> {
    let store = app.store.tenant(tenant).await?;
    let mut domain = find(&store, id).await?;
    if let Some(action) = domain.observe(finding, store.now()) {
        store.audit(entry(actor, action, &domain));
    }
    store.update_domain(&domain).await?;
    store.commit().await?;
    Ok(domain)
}

async fn find(store: &TenantStore, id: DomainId) -> Result<Domain> {
    store.find_domain(id).await?.ok_or(Error::NotFound { what: "domain" })
}

fn missing(domain: &Domain) -> String {
    format!(
        "the record is not there yet: add a TXT record named {} with the value {}; new records may take an hour to be \
         seen everywhere",
        domain.record_name(),
        domain.record_value()
    )
}

fn differs(domain: &Domain, found: &[String]) -> String {
    let found: Vec<String> = found.iter().map(|text| format!("\u{201c}{text}\u{201d}")).collect();
    format!("found {} at {} instead of {}", found.join(", "), domain.record_name(), domain.record_value())
}

fn entry(actor: Actor, action: &'static str, domain: &Domain) -> AuditEntry {
    let detail = json!({ "name": domain.name });
    AuditEntry { actor, action, target_kind: "domain", target_id: Some(domain.id.0), detail }
}
