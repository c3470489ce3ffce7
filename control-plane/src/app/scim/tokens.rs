//! Tokens of identity providers: made by people who may, shown once, checked here. As with keys, an API key neither makes,
//! sees nor ends them: what it made would outlive it.

use chrono::{DateTime, TimeDelta, Utc};
use proto::names::TenantSlug;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{ScimCtx, base};
use crate::app::{Ctx, platform};
use crate::crypto::tokens;
use crate::domain::access::Action;
use crate::domain::audit::AuditEntry;
use crate::domain::fields::{self, Mistakes};
use crate::domain::ids::ScimTokenId;
use crate::domain::limits::{SCIM_TOKEN_DAYS_DEFAULT, SCIM_TOKEN_DAYS_MAX, SCIM_TOKENS_MAX};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::scim::token::{ScimToken, ScimTokenStatus};
use crate::domain::scim::{ScimError, ScimResult};
use crate::domain::tenancy::{Provisioning, TenantStatus};
use crate::domain::{Error, Result};
use crate::rate::Door;
use crate::state::App;

/// What secret scanners recognise.
const PREFIX: &str = "pws_";

/// How long a token works; for ever only if somebody says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenLife {
    Default,
    Days(u32),
    Endless,
}

/// What an administrator needs to set up the identity provider.
pub struct ScimOverview {
    pub base_url: String,
    pub provisioning: Provisioning,
    pub users: u64,
    pub groups: u64,
    pub tokens: u64,
}

pub async fn overview(ctx: &Ctx) -> Result<ScimOverview> {
    ctx.require(Action::ReadProvisioning)?;
    let store = ctx.app.store.tenant_snapshot(ctx.tenant_id).await?;
    let tenant = store.get_tenant().await?;
    Ok(ScimOverview {
        base_url: base(&tenant.issuer),
        provisioning: tenant.settings.provisioning,
        users: store.count_scim_users().await?,
        groups: store.count_scim_groups().await?,
        tokens: store.count_scim_tokens().await?,
    })
}

/// Tokens, newest first.
pub async fn list(ctx: &Ctx, page: PageRequest<Created>) -> Result<Page<ScimToken>> {
    ctx.caller.session_id()?;
    ctx.require(Action::ReadProvisioning)?;
    ctx.app.store.tenant_read(ctx.tenant_id).await?.list_scim_tokens(page).await
}

/// Makes a token and answers its text, which is shown once.
pub async fn create(ctx: &Ctx, name: &str, life: TokenLife) -> Result<(ScimToken, SecretString)> {
    ctx.caller.session_id()?;
    ctx.require(Action::ManageProvisioning)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    let (id, now) = (ScimTokenId(store.new_id()), store.now());
    let mut mistakes = Mistakes::default();
    let name = mistakes.take("name", fields::name(name));
    let expires_at = mistakes.take("expires_in_days", expires_at(life, now));
    let token = name.zip(expires_at).map(|(name, expires_at)| ScimToken {
        id,
        name,
        created_by: ctx.caller.principal.user(),
        created_at: now,
        expires_at,
        last_used_at: None,
    });
    let token = mistakes.finish(token)?;
    // Two at once may overshoot by one: a bound, no promise.
    if store.count_scim_tokens().await? >= SCIM_TOKENS_MAX {
        let public = format!("the tenant has {SCIM_TOKENS_MAX} tokens: delete one that is not used any more");
        return Err(Error::conflict("scim_token.too_many", public));
    }
    let secret = tokens::opaque("")?;
    store.insert_scim_token(&token, tokens::sha256(&secret)).await?;
    store.audit(entry(ctx, "scim_token.created", id, json!({ "name": token.name, "expires_at": token.expires_at })));
    store.commit().await?;
    let text = proto::api_key::text_as(PREFIX, id.0, secret.expose_secret());
    Ok((token, text.into()))
}

/// Ends a token at once.
pub async fn delete(ctx: &Ctx, id: ScimTokenId) -> Result<()> {
    ctx.caller.session_id()?;
    ctx.require(Action::ManageProvisioning)?;
    let store = ctx.app.store.tenant(ctx.tenant_id).await?;
    if !store.delete_scim_token(id).await? {
        return Err(Error::NotFound { what: "scim_token" });
    }
    store.audit(entry(ctx, "scim_token.deleted", id, json!({})));
    store.commit().await?;
    Ok(())
}

/// Who calls. One answer for no tenant, no token, another tenant's, a wrong secret and one that has expired.
pub async fn authenticate(
    app: &std::sync::Arc<App>,
    tenant: Option<TenantSlug>,
    address: std::net::IpAddr,
    bearer: Option<SecretString>,
) -> ScimResult<ScimCtx> {
    let tenant = match tenant {
        Some(slug) => platform::find_tenant(app, &slug).await?,
        None => None,
    };
    let tenant = tenant.ok_or(ScimError::Unauthenticated)?;
    app.rates.take(tenant.id, Door::Scim(address))?;
    let bearer = bearer.ok_or(ScimError::Unauthenticated)?;
    let parsed = proto::api_key::ApiKeyText::parse_as(PREFIX, bearer.expose_secret());
    let parsed = parsed.map_err(|_| ScimError::Unauthenticated)?;
    let digest = tokens::sha256_bytes(parsed.secret.as_bytes());
    let store = app.store.tenant_read(tenant.id).await?;
    let now = store.now();
    let found = store.find_scim_token(ScimTokenId(parsed.id)).await?;
    let (token, _) = found
        .filter(|(_, stored)| tokens::same_digest(stored, &digest))
        .filter(|(token, _)| token.status(now) == ScimTokenStatus::Active)
        .ok_or(ScimError::Unauthenticated)?;
    drop(store);
    if tenant.status != TenantStatus::Active {
        return Err(ScimError::Unauthenticated);
    }
    if token.touch_is_due(now) {
        let store = app.store.tenant(tenant.id).await?;
        store.touch_scim_token(token.id).await?;
        store.commit_records().await?;
    }
    Ok(ScimCtx { app: app.clone(), tenant_id: tenant.id, token_id: token.id, base: base(&tenant.issuer) })
}

fn expires_at(life: TokenLife, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, fields::Mistake> {
    let days = match life {
        TokenLife::Endless => return Ok(None),
        TokenLife::Default => SCIM_TOKEN_DAYS_DEFAULT,
        TokenLife::Days(days) => days,
    };
    if !(1..=SCIM_TOKEN_DAYS_MAX).contains(&days) {
        return Err(("scim_token.expiry", format!("must be 1 to {SCIM_TOKEN_DAYS_MAX}")));
    }
    Ok(Some(now + TimeDelta::days(i64::from(days))))
}

fn entry(ctx: &Ctx, action: &'static str, id: ScimTokenId, detail: serde_json::Value) -> AuditEntry {
    AuditEntry { actor: ctx.actor(), action, target_kind: "scim_token", target_id: Some(id.0), detail }
}
