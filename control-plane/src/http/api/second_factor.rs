//! Second factors of people, for administrators: who has one, and what to do when a phone is lost.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::second_factor::{self, Status};
use crate::domain::ids::UserId;
use crate::http::extract::{Json, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecondFactorView {
    enrolled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    enrolled_at: Option<DateTime<Utc>>,
    recovery_codes_left: u64,
    /// The person's role asks for one.
    required: bool,
}

impl From<Status> for SecondFactorView {
    fn from(status: Status) -> Self {
        let Status { enrolled_at, recovery_codes_left, is_required } = status;
        Self { enrolled: enrolled_at.is_some(), enrolled_at, recovery_codes_left, required: is_required }
    }
}

/// The second factor of a person who signs in with a password.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/second-factor", tag = "people",
    operation_id = "get_second_factor", params(("user" = UserId, Path)),
    responses((status = 200, body = SecondFactorView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Target(id): Target<UserId>,
) -> Result<Json<SecondFactorView>, Problem> {
    Ok(Json(second_factor::status(&ctx, id).await?.into()))
}

/// Take a person's second factor away, so that they enrol anew at the next sign-in. Not one's own.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/users/{user}/second-factor", tag = "people",
    operation_id = "reset_second_factor", params(("user" = UserId, Path)), responses((status = 204)))]
pub(crate) async fn reset(TenantScope(ctx): TenantScope, Target(id): Target<UserId>) -> Result<StatusCode, Problem> {
    second_factor::reset(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
