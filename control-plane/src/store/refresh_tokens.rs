//! Refresh tokens: their SHA-256 and, once replaced, the sealed successor.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::entity::refresh_token::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error};
use crate::domain::ids::OAuthGrantId;
use crate::domain::oauth::RefreshToken;
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_refresh_token(&self, token: &RefreshToken, token_sha256: [u8; 32]) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(token.id),
            grant_id: Set(token.grant_id.0),
            token_sha256: Set(token_sha256.to_vec()),
            issued_at: Set(token.issued_at),
            expires_at: Set(token.expires_at),
            rotated_at: Set(token.rotated_at),
            successor_sealed: Set(token.successor_sealed.clone()),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Reads a token for its use: on PostgreSQL the row is locked, so that parallel uses follow each other and see the
    /// same successor.
    pub async fn lock_refresh_token(&self, token_sha256: [u8; 32]) -> Result<Option<RefreshToken>> {
        let query = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::TokenSha256.eq(token_sha256.to_vec()));
        let row = self.for_update(query).one(&self.tx).await.map_err(db_error)?;
        Ok(row.map(to_token))
    }

    /// Notes that a token was replaced.
    pub async fn rotate_refresh_token(&self, id: Uuid, successor_sealed: Vec<u8>) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::RotatedAt, Expr::value(self.now()))
            .col_expr(Column::SuccessorSealed, Expr::value(successor_sealed))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id))
            .filter(Column::RotatedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::internal("a locked token was rotated meanwhile")) }
    }

    /// Moves the idle expiry of a token that stays in use.
    pub async fn extend_refresh_token(&self, id: Uuid, expires_at: DateTime<Utc>) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(expires_at))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "refresh token" }) }
    }

    /// Deletes tokens that expired before `before`; answers how many.
    pub async fn delete_expired_refresh_tokens(&self, before: DateTime<Utc>) -> Result<u64> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ExpiresAt.lt(before))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn to_token(row: Model) -> RefreshToken {
    RefreshToken {
        id: row.id,
        grant_id: OAuthGrantId(row.grant_id),
        issued_at: row.issued_at,
        expires_at: row.expires_at,
        rotated_at: row.rotated_at,
        successor_sealed: row.successor_sealed,
    }
}
