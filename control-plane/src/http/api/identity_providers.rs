//! Identity providers of the tenant. The secret is written and never read.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, PageView};
use crate::app::identity_providers::trial::{self, Outcome, Step};
use crate::app::identity_providers::{self as providers, ProviderChange, ProviderInput, Removed};
use crate::app::{Ctx, tenancy};
use crate::domain::identity::{BindingRule, Endpoints, IdentityProvider, ProviderSettings};
use crate::domain::ids::IdentityProviderId;
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IdentityProvider)]
pub(crate) struct ProviderView {
    id: IdentityProviderId,
    /// On the button of the sign-in page.
    label: String,
    issuer: String,
    /// Absent: read from the provider's discovery document.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoints: Option<Endpoints>,
    client_id: String,
    has_client_secret: bool,
    settings: ProviderSettings,
    /// How people that SCIM created are recognised: the setting, or what follows from the issuer.
    binding: BindingRule,
    enabled: bool,
    scim_source: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// To be entered at the provider.
    urls: ProviderUrls,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderUrls {
    redirect_uri: String,
    post_logout_redirect_uri: String,
    backchannel_logout_uri: String,
}

/// A provider to connect or to try.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewIdentityProvider)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderBody {
    label: String,
    /// As the provider spells it, a trailing slash included. For Entra's multi-tenant applications
    /// `https://login.microsoftonline.com/{tenantid}/v2.0` with `settings.entra_tenants`.
    issuer: String,
    /// Only for providers without a discovery document.
    endpoints: Option<Endpoints>,
    client_id: String,
    /// Absent for a public client.
    #[schema(value_type = Option<String>, write_only)]
    client_secret: Option<SecretString>,
    #[serde(default)]
    settings: ProviderSettings,
    #[serde(default = "yes")]
    enabled: bool,
    /// People that SCIM created are bound at their first sign-in by this provider; one of a tenant at most.
    #[serde(default)]
    scim_source: bool,
}

/// What to change; absent members stay.
#[derive(Deserialize, ToSchema)]
#[schema(as = IdentityProviderPatch)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderPatch {
    label: Option<String>,
    /// A new issuer or new endpoints need the client secret again.
    issuer: Option<String>,
    /// null: read them from the discovery document.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Endpoints>)]
    endpoints: Option<Option<Endpoints>>,
    client_id: Option<String>,
    /// null: a public client.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, write_only)]
    client_secret: Option<Option<SecretString>>,
    /// Replaces all settings.
    settings: Option<ProviderSettings>,
    enabled: Option<bool>,
    scim_source: Option<bool>,
}

/// What went with a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovedView {
    /// People who can no longer sign in with it.
    identities: u64,
    /// Browser sessions that ended.
    sessions: usize,
    /// Applications that had a token by its assertions.
    connections: u64,
    /// Memberships in groups that it gave.
    memberships: usize,
}

/// What trying a provider found, step by step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrialView {
    /// Every step passed.
    passed: bool,
    steps: Vec<StepView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// `discovery`, `keys`, `client`.
    step: &'static str,
    outcome: OutcomeWord,
    message: String,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TrialOutcome)]
pub(crate) enum OutcomeWord {
    Passed,
    Failed,
    /// Not reached, or only a sign-in can tell.
    Unknown,
}

fn yes() -> bool {
    true
}

/// A member that is there, be it null.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl From<ProviderBody> for ProviderInput {
    fn from(body: ProviderBody) -> Self {
        let ProviderBody { label, issuer, endpoints, client_id, client_secret, settings, enabled, scim_source } = body;
        Self { label, issuer, endpoints, client_id, client_secret, settings, enabled, scim_source }
    }
}

impl From<ProviderPatch> for ProviderChange {
    fn from(body: ProviderPatch) -> Self {
        let ProviderPatch { label, issuer, endpoints, client_id, client_secret, settings, enabled, scim_source } = body;
        Self { label, issuer, endpoints, client_id, client_secret, settings, enabled, scim_source }
    }
}

impl From<Removed> for RemovedView {
    fn from(Removed { identities, sessions, connections, memberships }: Removed) -> Self {
        Self { identities, sessions, connections, memberships }
    }
}

impl From<Vec<Step>> for TrialView {
    fn from(steps: Vec<Step>) -> Self {
        let passed = steps.iter().all(|step| step.outcome == Outcome::Passed);
        let view = |Step { name, outcome, message }: Step| {
            let outcome = match outcome {
                Outcome::Passed => OutcomeWord::Passed,
                Outcome::Failed => OutcomeWord::Failed,
                Outcome::Unknown => OutcomeWord::Unknown,
            };
            StepView { step: name, outcome, message }
        };
        Self { passed, steps: steps.into_iter().map(view).collect() }
    }
}

/// The tenant's part of every URL below.
async fn base(ctx: &Ctx) -> Result<String, Problem> {
    let tenant = tenancy::get(ctx).await?;
    Ok(format!("{}/t/{}", ctx.app.config.public_origin, tenant.slug))
}

fn view(base: &str, provider: IdentityProvider) -> ProviderView {
    let (binding, sso) = (provider.binding(), format!("{base}/sso/{}", provider.id));
    let urls = ProviderUrls {
        redirect_uri: format!("{sso}/callback"),
        post_logout_redirect_uri: format!("{base}/login"),
        backchannel_logout_uri: format!("{sso}/backchannel-logout"),
    };
    let has_client_secret = provider.client_secret_sealed.is_some();
    let IdentityProvider {
        id,
        label,
        issuer,
        endpoints,
        client_id,
        settings,
        enabled,
        scim_source,
        created_at,
        updated_at,
        ..
    } = provider;
    ProviderView {
        id,
        label,
        issuer,
        endpoints,
        client_id,
        has_client_secret,
        settings,
        binding,
        enabled,
        scim_source,
        created_at,
        updated_at,
        urls,
    }
}

/// List identity providers, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/identity-providers", tag = "identity",
    operation_id = "list_identity_providers", params(PageQuery),
    responses((status = 200, body = PageView<ProviderView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<ProviderView>>, Problem> {
    let page = providers::list(&ctx, query.parse()?).await?;
    let base = base(&ctx).await?;
    Ok(Json(PageView::of(page.map(|one| view(&base, one)))))
}

/// Connect an identity provider.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/identity-providers", tag = "identity",
    operation_id = "create_identity_provider", request_body = ProviderBody,
    responses((status = 201, body = ProviderView)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Json(body): Json<ProviderBody>,
) -> Result<(StatusCode, Json<ProviderView>), Problem> {
    let provider = providers::create(&ctx, body.into()).await?;
    Ok((StatusCode::CREATED, Json(view(&base(&ctx).await?, provider))))
}

/// One identity provider.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/identity-providers/{provider}", tag = "identity",
    operation_id = "get_identity_provider", params(("provider" = IdentityProviderId, Path)),
    responses((status = 200, body = ProviderView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<IdentityProviderId>,
) -> Result<Json<ProviderView>, Problem> {
    let provider = providers::get(&ctx, id).await?;
    Ok(Json(view(&base(&ctx).await?, provider)))
}

/// Change an identity provider. Switching it off ends no session.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}/identity-providers/{provider}", tag = "identity",
    operation_id = "update_identity_provider", params(("provider" = IdentityProviderId, Path)),
    request_body = ProviderPatch, responses((status = 200, body = ProviderView)))]
pub(crate) async fn update(
    TenantScope(ctx): TenantScope,
    Target(id): Target<IdentityProviderId>,
    Json(body): Json<ProviderPatch>,
) -> Result<Json<ProviderView>, Problem> {
    let provider = providers::update(&ctx, id, body.into()).await?;
    Ok(Json(view(&base(&ctx).await?, provider)))
}

/// Remove an identity provider with every binding to it. Sessions that came from it end; the people stay.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/identity-providers/{provider}", tag = "identity",
    operation_id = "delete_identity_provider", params(("provider" = IdentityProviderId, Path)),
    responses((status = 200, body = RemovedView)))]
pub(crate) async fn delete(
    TenantScope(ctx): TenantScope,
    Target(id): Target<IdentityProviderId>,
) -> Result<Json<RemovedView>, Problem> {
    Ok(Json(providers::delete(&ctx, id).await?.into()))
}

/// Try settings without saving them.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/identity-providers/test", tag = "identity",
    operation_id = "test_new_identity_provider", request_body = ProviderBody,
    responses((status = 200, body = TrialView)))]
pub(crate) async fn test_typed(
    TenantScope(ctx): TenantScope,
    Json(body): Json<ProviderBody>,
) -> Result<Json<TrialView>, Problem> {
    Ok(Json(trial::of_typed(&ctx, body.into()).await?.into()))
}

/// Try a saved identity provider.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/identity-providers/{provider}/test", tag = "identity",
    operation_id = "test_identity_provider", params(("provider" = IdentityProviderId, Path)),
    responses((status = 200, body = TrialView)))]
pub(crate) async fn test_saved(
    TenantScope(ctx): TenantScope,
    Target(id): Target<IdentityProviderId>,
) -> Result<Json<TrialView>, Problem> {
    Ok(Json(trial::of_saved(&ctx, id).await?.into()))
}
