//! Invitations: one-time links, shown once.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, PageView};
use crate::app::invitations::{self, NewInvitation, Sent, Way};
use crate::domain::access::TenantRole;
use crate::domain::ids::{InvitationId, UserId};
use crate::domain::invitation::{Delivery, Invitation, InvitationStatus};
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
    delivery: DeliveryView,
}

/// How the link reaches the person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    state: DeliveryState,
    /// When it was sent or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<DateTime<Utc>>,
    /// Why it is not sent, or not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// `by_hand`: whoever invited got the link to pass on; so it is always where no mail server is set.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    ByHand,
    Pending,
    Sent,
    Failed,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let (state, at, reason) = match delivery {
            Delivery::ByHand => (DeliveryState::ByHand, None, None),
            Delivery::Pending { reason } => (DeliveryState::Pending, None, reason),
            Delivery::Sent { at } => (DeliveryState::Sent, Some(at), None),
            Delivery::Failed { at, reason } => (DeliveryState::Failed, Some(at), Some(reason)),
        };
        Self { state, at, reason }
    }
}

impl InvitationView {
    fn at(now: DateTime<Utc>, Sent { invitation, delivery }: Sent) -> Self {
        let (status, delivery) = (invitation.status(now), delivery.into());
        let Invitation { id, email, role, created_by, created_at, expires_at, .. } = invitation;
        Self { id, email, role, status, created_by, created_at, expires_at, delivery }
    }
}

/// A fresh invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewInvitationView {
    invitation: InvitationView,
    /// Give it to the person; it works once and is never shown again. Absent when it is mailed.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl NewInvitationView {
    pub(crate) fn of(new: NewInvitation) -> Self {
        let NewInvitation { invitation, link, delivery } = new;
        let link = (delivery == Delivery::ByHand).then(|| link.expose_secret().to_owned());
        Self { invitation: InvitationView::at(invitation.created_at, Sent { invitation, delivery }), link }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationBody {
    email: String,
    role: TenantRole,
    /// `mail` where the deployment has a mail server, else `by_hand`.
    delivery: Option<DeliveryWay>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryWay {
    Mail,
    ByHand,
}

impl From<DeliveryWay> for Way {
    fn from(way: DeliveryWay) -> Self {
        match way {
            DeliveryWay::Mail => Self::Mail,
            DeliveryWay::ByHand => Self::ByHand,
        }
    }
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
    let new = invitations::create(&ctx, &body.email, body.role, body.delivery.map(Way::from)).await?;
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
