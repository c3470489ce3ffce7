//! The tenant seen from inside: its settings.

use serde_json::json;
use url::Host;

use super::{Ctx, identity_providers};
use crate::config::is_origin;
use crate::domain::Result;
use crate::domain::access::Action;
use crate::domain::audit::AuditEntry;
use crate::domain::fields::{self, Mistakes};
use crate::domain::limits::{
    ACCESS_TOKEN_S_MAX, ACCESS_TOKEN_S_MIN, CALL_LOG_DAYS_MAX, CLIENT_HOSTS_MAX, OFFLINE_S_MAX, ORIGINS_MAX,
};
use crate::domain::tenancy::{Provisioning, RefreshRotation, Tenant, TenantSettings};
use crate::store::{ResourceKind, TenantStore};

/// What to change; `None` leaves as is.
#[derive(Default)]
pub struct TenantChange {
    pub display_name: Option<String>,
    pub access_token_s: Option<u32>,
    pub offline_max_s: Option<u32>,
    pub refresh_rotation: Option<RefreshRotation>,
    pub local_accounts: Option<bool>,
    pub allowed_origins: Option<Vec<String>>,
    pub client_documents: Option<bool>,
    pub client_hosts_allowed: Option<Vec<String>>,
    pub client_hosts_denied: Option<Vec<String>>,
    pub private_use_schemes: Option<bool>,
    pub provisioning: Option<Provisioning>,
    pub calls_off: Option<bool>,
    pub call_log_days: Option<u32>,
}

impl TenantChange {
    fn settings(self, old: TenantSettings) -> TenantSettings {
        TenantSettings {
            access_token_s: self.access_token_s.unwrap_or(old.access_token_s),
            offline_max_s: self.offline_max_s.unwrap_or(old.offline_max_s),
            refresh_rotation: self.refresh_rotation.unwrap_or(old.refresh_rotation),
            local_accounts: self.local_accounts.unwrap_or(old.local_accounts),
            allowed_origins: self.allowed_origins.unwrap_or(old.allowed_origins),
            client_documents: self.client_documents.unwrap_or(old.client_documents),
            client_hosts_allowed: self.client_hosts_allowed.unwrap_or(old.client_hosts_allowed),
            client_hosts_denied: self.client_hosts_denied.unwrap_or(old.client_hosts_denied),
            private_use_schemes: self.private_use_schemes.unwrap_or(old.private_use_schemes),
            provisioning: self.provisioning.unwrap_or(old.provisioning),
            calls_off: self.calls_off.unwrap_or(old.calls_off),
            concurrent_calls_max: old.concurrent_calls_max,
            call_log_days: self.call_log_days.unwrap_or(old.call_log_days),
        }
    }
}

/// Every signed-in person sees the tenant.
pub async fn get(ctx: &Ctx) -> Result<Tenant> {
    ctx.app.store.tenant_read(ctx.tenant_id).await?.get_tenant().await
}

pub async fn update(ctx: &Ctx, change: TenantChange) -> Result<Tenant> {
    ctx.require(Action::ManageTenant)?;
    let mut mistakes = Mistakes::default();
    let display_name = mistakes.take_some("display_name", change.display_name.as_deref().map(fields::name));
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let old = store.lock_tenant().await?;
    let settings = change.settings(old.settings.clone());
    check_settings(&settings, &mut mistakes);
    if settings.provisioning != old.settings.provisioning {
        mistakes.take("settings.provisioning", check_provisioning(&store, settings.provisioning).await?);
    }
    let takes_passwords = old.settings.local_accounts && !settings.local_accounts;
    if takes_passwords && !identity_providers::owner_has_a_provider(&store).await? {
        let message =
            "cannot be false while no owner signs in by an identity provider: nobody could undo it".to_owned();
        mistakes.add("settings.local_accounts", ("settings.last_way_in", message));
    }
    mistakes.finish(Some(()))?;
    let display_name = display_name.unwrap_or_else(|| old.display_name.clone());
    let new = Tenant { display_name, settings, ..old.clone() };
    if new != old {
        store.update_tenant(&new).await?;
        if new.settings != old.settings {
            store.changed(ResourceKind::TenantSettings, ctx.tenant_id.0);
        }
        store.audit(AuditEntry {
            actor: ctx.actor(),
            action: "tenant.changed",
            target_kind: "tenant",
            target_id: Some(ctx.tenant_id.0),
            detail: json!({ "display_name": new.display_name, "settings": new.settings }),
        });
        store.commit().await?;
    }
    Ok(new)
}

fn check_settings(settings: &TenantSettings, mistakes: &mut Mistakes) {
    let range = |value: u32, min: u32, max: u32| {
        let message = format!("must be {min} to {max}");
        if (min..=max).contains(&value) { Ok(()) } else { Err(("settings.range", message)) }
    };
    let access_token_s = range(settings.access_token_s, ACCESS_TOKEN_S_MIN, ACCESS_TOKEN_S_MAX);
    mistakes.take("settings.access_token_s", access_token_s);
    mistakes.take("settings.offline_max_s", range(settings.offline_max_s, 0, OFFLINE_S_MAX));
    mistakes.take("settings.call_log_days", range(settings.call_log_days, 1, CALL_LOG_DAYS_MAX));
    mistakes.take("settings.allowed_origins", check_origins(&settings.allowed_origins));
    mistakes.take("settings.client_hosts_allowed", check_hosts(&settings.client_hosts_allowed));
    mistakes.take("settings.client_hosts_denied", check_hosts(&settings.client_hosts_denied));
}

/// Just-in-time accounts are for addresses in verified domains: without one they would be for nobody. SCIM may be chosen
/// before its source is set up: until then nobody new comes in, which is the safe side.
async fn check_provisioning(store: &TenantStore, wanted: Provisioning) -> Result<Result<(), fields::Mistake>> {
    if wanted == Provisioning::Jit && store.list_verified_domains().await?.is_empty() {
        let message = "needs a verified e-mail domain: add one under domains and publish its record".to_owned();
        return Ok(Err(("provisioning.no_domain", message)));
    }
    Ok(Ok(()))
}

/// Origins as browsers send them.
pub(super) fn check_origins(origins: &[String]) -> Result<(), fields::Mistake> {
    if origins.len() > ORIGINS_MAX {
        return Err(("origins.too_many", format!("must have at most {ORIGINS_MAX} entries")));
    }
    match origins.iter().find(|origin| !is_origin(origin)) {
        Some(_) => {
            let message = "must be origins such as https://app.example.com, lower case, without a trailing slash";
            Err(("origins.shape", message.to_owned()))
        }
        None => Ok(()),
    }
}

/// Host names as they stand in URLs.
fn check_hosts(hosts: &[String]) -> Result<(), fields::Mistake> {
    if hosts.len() > CLIENT_HOSTS_MAX {
        return Err(("hosts.too_many", format!("must have at most {CLIENT_HOSTS_MAX} entries")));
    }
    let is_host = |host: &String| {
        let plain = host.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
        plain && matches!(Host::parse(host), Ok(Host::Domain(name)) if name == *host && name.contains('.'))
    };
    if hosts.iter().all(is_host) {
        return Ok(());
    }
    Err((
        "hosts.shape",
        "must be host names such as example.com, lower case, without a port; each includes what is below it".to_owned(),
    ))
}
