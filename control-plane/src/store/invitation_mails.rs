//! Mails that bring invitations: what waits to be sent, and how it went.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::invitation_mail::{ActiveModel, Column, Entity, Model};
use super::{SystemStore, TenantStore, db_error, unreadable};
use crate::domain::ids::{InvitationId, TenantId};
use crate::domain::invitation::Delivery;
use crate::domain::{Error, Result};

/// A mail that whoever claimed it sends now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    pub link_sealed: Vec<u8>,
    /// With this one.
    pub attempts: u32,
}

impl TenantStore {
    pub async fn insert_invitation_mail(&self, id: InvitationId, link_sealed: Vec<u8>) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            invitation_id: Set(id.0),
            state: Set("pending".to_owned()),
            link_sealed: Set(Some(link_sealed)),
            attempts: Set(0),
            due_at: Set(self.now()),
            reason: Set(None),
            ended_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Takes a due mail, which is due again at `until` unless its sender says how it went; of several replicas, one
    /// gets it.
    pub async fn claim_invitation_mail(&self, id: InvitationId, until: DateTime<Utc>) -> Result<Option<ClaimedMail>> {
        let done = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(until))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::InvitationId.eq(id.0))
            .filter(Column::State.eq("pending"))
            .filter(Column::DueAt.lte(self.now()))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 0 {
            return Ok(None);
        }
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        let row = row.ok_or_else(|| Error::internal("a claimed mail is gone"))?;
        let link_sealed = row.link_sealed.ok_or_else(|| unreadable("invitation_mails", "link_sealed"))?;
        Ok(Some(ClaimedMail { link_sealed, attempts: u32::try_from(row.attempts).map_err(Error::internal)? }))
    }

    /// The mail was sent, or is given up for a reason. The link is forgotten.
    pub async fn end_invitation_mail(&self, id: InvitationId, failure: Option<&str>) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::State, Expr::value(if failure.is_some() { "failed" } else { "sent" }))
            .col_expr(Column::LinkSealed, Expr::value(None::<Vec<u8>>))
            .col_expr(Column::Reason, Expr::value(failure))
            .col_expr(Column::EndedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::InvitationId.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "mail" }) }
    }

    /// The mail could not be sent and is tried again.
    pub async fn delay_invitation_mail(&self, id: InvitationId, due_at: DateTime<Utc>, reason: &str) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(due_at))
            .col_expr(Column::Reason, Expr::value(reason))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::InvitationId.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "mail" }) }
    }

    /// How the mails of these invitations went; those that were not mailed are left out.
    pub async fn list_deliveries(&self, ids: &[InvitationId]) -> Result<Vec<(InvitationId, Delivery)>> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::InvitationId.is_in(ids.iter().map(|id| id.0)))
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        rows.into_iter().map(|row| Ok((InvitationId(row.invitation_id), to_delivery(row)?))).collect()
    }
}

impl SystemStore {
    /// Mails of all tenants that are due, the oldest first, at most `limit`.
    pub async fn list_due_mails(&self, limit: u64) -> Result<Vec<(TenantId, InvitationId)>> {
        let rows = Entity::find()
            .filter(Column::State.eq("pending"))
            .filter(Column::DueAt.lte(self.now()))
            .order_by_asc(Column::DueAt)
            .limit(limit)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id), InvitationId(row.invitation_id))).collect())
    }
}

fn to_delivery(row: Model) -> Result<Delivery> {
    match (row.state.as_str(), row.ended_at) {
        ("pending", _) => Ok(Delivery::Pending { reason: row.reason }),
        ("sent", Some(at)) => Ok(Delivery::Sent { at }),
        ("failed", Some(at)) => Ok(Delivery::Failed { at, reason: row.reason.unwrap_or_default() }),
        _ => Err(unreadable("invitation_mails", "state")),
    }
}
