//! Invitations. Only the SHA-256 of a link's token is stored (I8).

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::entity::invitation::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error, newest_first, unreadable};
use crate::domain::access::TenantRole;
use crate::domain::ids::{InvitationId, UserId};
use crate::domain::invitation::{Invitation, Outcome};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_invitation(&self, invitation: &Invitation, token_sha256: [u8; 32]) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(invitation.id.0),
            email: Set(invitation.email.clone()),
            role: Set(invitation.role.as_str().to_owned()),
            token_sha256: Set(token_sha256.to_vec()),
            created_by: Set(invitation.created_by.map(|id| id.0)),
            created_at: Set(invitation.created_at),
            expires_at: Set(invitation.expires_at),
            accepted_at: Set(None),
            accepted_user_id: Set(None),
            revoked_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    pub async fn find_invitation(&self, id: InvitationId) -> Result<Option<Invitation>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(to_invitation).transpose()
    }

    pub async fn find_invitation_by_token(&self, token_sha256: [u8; 32]) -> Result<Option<Invitation>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::TokenSha256.eq(token_sha256.to_vec()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(to_invitation).transpose()
    }

    /// Invitations, newest first, also those that ended.
    pub async fn list_invitations(&self, page: PageRequest<Created>) -> Result<Page<Invitation>> {
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let invitations = rows.into_iter().map(to_invitation).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(invitations, page.limit, |one| Created { at: one.created_at, id: one.id.0 }))
    }

    /// Uses an open invitation up. False if it has ended: of two people with one link, one joins.
    pub async fn accept_invitation(&self, id: InvitationId, user_id: UserId) -> Result<bool> {
        let done = Entity::update_many()
            .col_expr(Column::AcceptedAt, Expr::value(self.now()))
            .col_expr(Column::AcceptedUserId, Expr::value(user_id.0))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .filter(Column::AcceptedAt.is_null())
            .filter(Column::RevokedAt.is_null())
            .filter(Column::ExpiresAt.gt(self.now()))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Ends an invitation that nobody accepted; false if it has ended.
    pub async fn revoke_invitation(&self, id: InvitationId) -> Result<bool> {
        Ok(self.revoke_open(Column::Id.eq(id.0)).await? == 1)
    }

    /// Ends every open invitation of an address and answers how many.
    pub async fn revoke_invitations_to(&self, email: &str) -> Result<u64> {
        self.revoke_open(Column::Email.eq(email)).await
    }

    async fn revoke_open(&self, which: sea_orm::sea_query::SimpleExpr) -> Result<u64> {
        let done = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(which)
            .filter(Column::AcceptedAt.is_null())
            .filter(Column::RevokedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn to_invitation(row: Model) -> Result<Invitation> {
    let outcome = match (row.accepted_at, row.accepted_user_id, row.revoked_at) {
        (Some(at), Some(user_id), _) => Some(Outcome::Accepted { at, user_id: UserId(user_id) }),
        (None, None, Some(at)) => Some(Outcome::Revoked { at }),
        (None, None, None) => None,
        _ => return Err(Error::internal("an invitation was accepted by nobody")),
    };
    Ok(Invitation {
        id: InvitationId(row.id),
        email: row.email,
        role: TenantRole::parse(&row.role).ok_or_else(|| unreadable("invitations", "role"))?,
        created_by: row.created_by.map(UserId),
        created_at: row.created_at,
        expires_at: row.expires_at,
        outcome,
    })
}
