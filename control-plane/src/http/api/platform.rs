//! Operators' API: tenants.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use proto::names::TenantSlug;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PageView;
use super::invitations::NewInvitationView;
use super::tenant::TenantView;
use crate::app::keys::{KeyKind, Rotation};
use crate::app::platform::{self, NewTenant, PlatformChange, Rewrapped};
use crate::domain::audit::Actor;
use crate::domain::page::PageRequest;
use crate::http::extract::{Json, Operator, Query, Target};
use crate::http::problem::Problem;
use crate::state::App;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantBody {
    /// Part of every URL of the tenant for ever: lower-case letters, digits, single hyphens, 2 to 40.
    slug: String,
    display_name: String,
    /// Invites this person as the first owner.
    owner_email: Option<String>,
    /// Absent: those of the deployment.
    #[serde(default)]
    gateway_origins: Vec<String>,
    pool: Option<String>,
    region: Option<String>,
}

/// A fresh tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewTenantView {
    tenant: TenantView,
    /// For the first owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_invitation: Option<NewInvitationView>,
}

/// What to change; absent members stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlatformTenantPatch {
    display_name: Option<String>,
    /// `suspended` closes the tenant's gateway and sign-in at once.
    #[schema(inline)]
    status: Option<Wanted>,
    gateway_origins: Option<Vec<String>>,
    /// Calls under way at once, on all nodes together, 1 to 100,000; 0 = no bound. Each node lets its share through.
    concurrent_calls_max: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    Active,
    Suspended,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnerBody {
    email: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TenantQuery {
    /// Part of the name or the slug.
    #[serde(default)]
    q: String,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Create a tenant.
#[utoipa::path(post, path = "/api/v1/platform/tenants", tag = "platform", operation_id = "platform_create_tenant",
    request_body = TenantBody, responses((status = 201, body = NewTenantView)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Operator(operator): Operator,
    Json(body): Json<TenantBody>,
) -> Result<(StatusCode, Json<NewTenantView>), Problem> {
    let TenantBody { slug, display_name, owner_email, gateway_origins, pool, region } = body;
    let new = NewTenant { slug, display_name, owner_email, gateway_origins, pool, region };
    let (tenant, invitation) = platform::create_tenant(&app, Actor::Operator(operator), new).await?;
    let owner_invitation = invitation.map(NewInvitationView::of);
    Ok((StatusCode::CREATED, Json(NewTenantView { tenant: tenant.into(), owner_invitation })))
}

/// List tenants, newest first.
#[utoipa::path(get, path = "/api/v1/platform/tenants", tag = "platform", operation_id = "platform_list_tenants",
    params(TenantQuery), responses((status = 200, body = PageView<TenantView>)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    _: Operator,
    Query(query): Query<TenantQuery>,
) -> Result<Json<PageView<TenantView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    Ok(Json(PageView::of(platform::list_tenants(&app, query.q.trim(), page).await?)))
}

/// One tenant.
#[utoipa::path(get, path = "/api/v1/platform/tenants/{tenant}", tag = "platform",
    operation_id = "platform_get_tenant", responses((status = 200, body = TenantView)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    _: Operator,
    Target(slug): Target<TenantSlug>,
) -> Result<Json<TenantView>, Problem> {
    Ok(Json(platform::get_tenant(&app, slug.as_str()).await?.into()))
}

/// Suspend, resume or change a tenant.
#[utoipa::path(patch, path = "/api/v1/platform/tenants/{tenant}", tag = "platform",
    operation_id = "platform_update_tenant", request_body = PlatformTenantPatch,
    responses((status = 200, body = TenantView)))]
pub(crate) async fn update(
    State(app): State<Arc<App>>,
    Operator(operator): Operator,
    Target(slug): Target<TenantSlug>,
    Json(body): Json<PlatformTenantPatch>,
) -> Result<Json<TenantView>, Problem> {
    let active = body.status.map(|status| status == Wanted::Active);
    let PlatformTenantPatch { display_name, gateway_origins, concurrent_calls_max, .. } = body;
    let change = PlatformChange { display_name, active, gateway_origins, concurrent_calls_max };
    Ok(Json(platform::update_tenant(&app, Actor::Operator(operator), slug.as_str(), change).await?.into()))
}

/// A further one-time link for an owner. Earlier open links to the address end.
#[utoipa::path(post, path = "/api/v1/platform/tenants/{tenant}/owner-invitations", tag = "platform",
    operation_id = "platform_invite_owner", request_body = OwnerBody,
    responses((status = 201, body = NewInvitationView)))]
pub(crate) async fn invite_owner(
    State(app): State<Arc<App>>,
    Operator(operator): Operator,
    Target(slug): Target<TenantSlug>,
    Json(body): Json<OwnerBody>,
) -> Result<(StatusCode, Json<NewInvitationView>), Problem> {
    let new = platform::invite_owner(&app, Actor::Operator(operator), slug.as_str(), &body.email).await?;
    Ok((StatusCode::CREATED, Json(NewInvitationView::of(new))))
}

/// Which keys to rotate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationBody {
    keys: Vec<KeyKindName>,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyKindName {
    /// They sign access tokens.
    Signing,
    /// They seal session ids.
    Session,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RotationView {
    items: Vec<RotatedView>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RotatedView {
    key: KeyKindName,
    /// False: some node has not acknowledged the new key in time. It is published, and begins to work when they have
    /// it: with the next request of this kind, or within the hour.
    rotated: bool,
}

/// Replace keys of a tenant now. What the old ones signed and sealed stays good until it expires.
#[utoipa::path(post, path = "/api/v1/platform/tenants/{tenant}/key-rotations", tag = "platform",
    operation_id = "platform_rotate_keys", request_body = RotationBody,
    responses((status = 200, body = RotationView)))]
pub(crate) async fn rotate_keys(
    State(app): State<Arc<App>>,
    Operator(operator): Operator,
    Target(slug): Target<TenantSlug>,
    Json(body): Json<RotationBody>,
) -> Result<Json<RotationView>, Problem> {
    let mut items = Vec::new();
    for key in body.keys {
        let kind = match key {
            KeyKindName::Signing => KeyKind::Signing,
            KeyKindName::Session => KeyKind::Session,
        };
        let outcome = platform::rotate_keys(&app, Actor::Operator(operator), slug.as_str(), kind).await?;
        items.push(RotatedView { key, rotated: outcome != Rotation::WaitingForNodes });
    }
    Ok(Json(RotationView { items }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteQuery {
    /// The tenant's slug, repeated.
    confirm: Option<String>,
}

/// Delete a tenant for ever: its data key is destroyed, and with it every secret. Its slug stays taken.
#[utoipa::path(delete, path = "/api/v1/platform/tenants/{tenant}", tag = "platform",
    operation_id = "platform_delete_tenant", params(DeleteQuery), responses((status = 204)))]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Operator(operator): Operator,
    Target(slug): Target<TenantSlug>,
    Query(query): Query<DeleteQuery>,
) -> Result<StatusCode, Problem> {
    let confirm = query.confirm.as_deref();
    platform::delete_tenant(&app, Actor::Operator(operator), slug.as_str(), confirm).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RewrappedView {
    /// Of the key-encryption key that wraps all of them now.
    kek_id: String,
    rewrapped: u64,
    unchanged: u64,
    /// Slugs of tenants whose data key is wrapped by a key that the control plane was not given.
    unknown: Vec<String>,
}

/// Wrap every tenant's data key by the present key-encryption key.
#[utoipa::path(post, path = "/api/v1/platform/data-keys/rewrap", tag = "platform",
    operation_id = "platform_rewrap_data_keys", responses((status = 200, body = RewrappedView)))]
pub(crate) async fn rewrap(
    State(app): State<Arc<App>>,
    Operator(operator): Operator,
) -> Result<Json<RewrappedView>, Problem> {
    let Rewrapped { kek_id, rewrapped, unchanged, unknown } =
        platform::rewrap_data_keys(&app, Actor::Operator(operator)).await?;
    Ok(Json(RewrappedView { kek_id, rewrapped, unchanged, unknown }))
}
