//! Links for people who make a tenant for themselves. Only the SHA-256 of a link's token is stored (I8).

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::entity::tenant_sign_up::{ActiveModel, Column, Entity, Model};
use super::{SystemStore, db_error};
use crate::domain::Result;
use crate::domain::ids::SignUpId;
use crate::domain::sign_up::SignUp;

impl SystemStore {
    pub async fn insert_sign_up(&self, sign_up: &SignUp, token_sha256: [u8; 32]) -> Result<()> {
        let row = ActiveModel {
            id: Set(sign_up.id.0),
            email: Set(sign_up.email.clone()),
            token_sha256: Set(token_sha256.to_vec()),
            created_at: Set(sign_up.created_at),
            expires_at: Set(sign_up.expires_at),
            used_at: Set(sign_up.used_at),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    pub async fn find_sign_up_by_token(&self, token_sha256: [u8; 32]) -> Result<Option<SignUp>> {
        let row = Entity::find()
            .filter(Column::TokenSha256.eq(token_sha256.to_vec()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_sign_up))
    }

    /// Uses a link up; of two at once, one gets true.
    pub async fn use_sign_up(&self, id: SignUpId) -> Result<bool> {
        let done = Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(self.now()))
            .filter(Column::Id.eq(id.0))
            .filter(Column::UsedAt.is_null())
            .filter(Column::ExpiresAt.gt(self.now()))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Forgets links that expired before `before`, used or not; answers how many.
    pub async fn delete_expired_sign_ups(&self, before: DateTime<Utc>) -> Result<u64> {
        let done = Entity::delete_many().filter(Column::ExpiresAt.lt(before)).exec(&self.tx).await.map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn to_sign_up(row: Model) -> SignUp {
    SignUp {
        id: SignUpId(row.id),
        email: row.email,
        created_at: row.created_at,
        expires_at: row.expires_at,
        used_at: row.used_at,
    }
}
