//! Invitations: one-time links, shown once.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, PageView};
use crate::app::invitations::{self, NewInvitation};
use crate::domain::access::TenantRole;
use crate::domain::ids::{InvitationId, UserId};
use crate::domain::invitation::{Invitation, InvitationStatus};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationView {
    id: InvitationId,
    email: String,
    role: TenantRole,
    status: InvitationStatus,
    /// Absent when an operator invited.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<UserId>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl InvitationView {
    fn at(now: DateTime<Utc>, invitation: Invitation) -> Self {
        let status = invitation.status(now);
        let Invitation { id, email, role, created_by, created_at, expires_at, .. } = invitation;
        Self { id, email, role, status, created_by, created_at, expires_at }
    }
}

/// A fresh invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewInvitationView {
    invitation: InvitationView,
    /// Give it to the person; it works once and is never shown again.
    link: String,
}

impl NewInvitationView {
    pub(crate) fn of(new: NewInvitation) -> Self {
        let now = new.invitation.created_at;
        Self { invitation: InvitationView::at(now, new.invitation), link: new.link.expose_secret().to_owned() }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationBody {
    email: String,
    role: TenantRole,
}

/// List invitations, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/invitations", tag = "people", operation_id = "list_invitations",
    params(PageQuery), responses((status = 200, body = PageView<InvitationView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<InvitationView>>, Problem> {
    let now = ctx.app.clock.now();
    let page = invitations::list(&ctx, query.parse()?).await?;
    Ok(Json(PageView::of(page.map(|one| InvitationView::at(now, one)))))
}

/// Invite somebody. Earlier open links to the address end.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/invitations", tag = "people", operation_id = "create_invitation",
    request_body = InvitationBody, responses((status = 201, body = NewInvitationView)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Json(body): Json<InvitationBody>,
) -> Result<(StatusCode, Json<NewInvitationView>), Problem> {
    let new = invitations::create(&ctx, &body.email, body.role).await?;
    Ok((StatusCode::CREATED, Json(NewInvitationView::of(new))))
}

/// End an open invitation.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/invitations/{invitation}", tag = "people",
    operation_id = "revoke_invitation", params(("invitation" = InvitationId, Path)), responses((status = 204)))]
pub(crate) async fn revoke(
    TenantScope(ctx): TenantScope,
    Target(id): Target<InvitationId>,
) -> Result<StatusCode, Problem> {
    invitations::revoke(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
