//! Who a person is at the tenant's identity providers.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::identity_providers as providers;
use crate::domain::identity::UserIdentity;
use crate::domain::ids::{IdentityProviderId, UserId, UserIdentityId};
use crate::http::extract::{Json, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserIdentity)]
pub(crate) struct IdentityView {
    id: UserIdentityId,
    identity_provider_id: IdentityProviderId,
    issuer: String,
    subject: String,
    created_at: DateTime<Utc>,
    /// When it was last signed in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<DateTime<Utc>>,
}

/// All of one person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdentitiesView {
    items: Vec<IdentityView>,
}

impl From<UserIdentity> for IdentityView {
    fn from(identity: UserIdentity) -> Self {
        let UserIdentity { id, provider_id, issuer, subject, created_at, last_used_at, .. } = identity;
        Self { id, identity_provider_id: provider_id, issuer, subject, created_at, last_used_at }
    }
}

/// The accounts with which a person signs in.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/identities", tag = "identity",
    operation_id = "list_user_identities", params(("user" = UserId, Path)),
    responses((status = 200, body = IdentitiesView)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Target(user): Target<UserId>,
) -> Result<Json<IdentitiesView>, Problem> {
    let identities = providers::identities(&ctx, user).await?;
    Ok(Json(IdentitiesView { items: identities.into_iter().map(IdentityView::from).collect() }))
}

/// Unbind an account from a person; sessions that came from it end.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/users/{user}/identities/{identity}", tag = "identity",
    operation_id = "unbind_user_identity", params(("user" = UserId, Path), ("identity" = UserIdentityId, Path)),
    responses((status = 204)))]
pub(crate) async fn unbind(
    TenantScope(ctx): TenantScope,
    Target(user): Target<UserId>,
    Target(identity): Target<UserIdentityId>,
) -> Result<StatusCode, Problem> {
    providers::unbind(&ctx, user, identity).await?;
    Ok(StatusCode::NO_CONTENT)
}
