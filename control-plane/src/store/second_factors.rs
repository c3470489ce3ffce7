//! Second factors, their recovery codes (SHA-256 only, I8), and sign-ins that wait for one.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::entity::{recovery_code, second_factor, sign_in_challenge};
use super::{TenantStore, db_error};
use crate::domain::ids::UserId;
use crate::domain::second_factor::SecondFactor;
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn find_second_factor(&self, user_id: UserId) -> Result<Option<SecondFactor>> {
        let query = second_factor::Entity::find_by_id((self.tenant_id.0, user_id.0));
        query.one(&self.tx).await.map_err(db_error)?.map(to_factor).transpose()
    }

    /// The same, locked: of two codes at once, each is judged after the other one was counted.
    pub async fn lock_second_factor(&self, user_id: UserId) -> Result<Option<SecondFactor>> {
        let mut query = second_factor::Entity::find_by_id((self.tenant_id.0, user_id.0));
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            query = query.lock(LockType::Update);
        }
        query.one(&self.tx).await.map_err(db_error)?.map(to_factor).transpose()
    }

    /// Begins an enrolment.
    pub async fn insert_second_factor(&self, user_id: UserId, secret_sealed: Vec<u8>) -> Result<()> {
        let row = second_factor::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            user_id: Set(user_id.0),
            secret_sealed: Set(secret_sealed),
            created_at: Set(self.now()),
            confirmed_at: Set(None),
            last_step: Set(None),
            failures: Set(0),
            failed_at: Set(None),
        };
        second_factor::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// The code of a step was right; the first one confirms the factor. False if a code of that step or a later one was
    /// taken before.
    pub async fn accept_second_factor(&self, user_id: UserId, step: i64) -> Result<bool> {
        use second_factor::Column;
        let fresh = Column::LastStep.is_null().or(Column::LastStep.lt(step));
        let confirmed = Expr::col(Column::ConfirmedAt).if_null(Expr::value(self.now()));
        let done = second_factor::Entity::update_many()
            .col_expr(Column::LastStep, Expr::value(step))
            .col_expr(Column::ConfirmedAt, confirmed)
            .col_expr(Column::Failures, Expr::value(0_i64))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .filter(fresh)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// A code was wrong.
    pub async fn count_factor_failure(&self, user_id: UserId) -> Result<()> {
        use second_factor::Column;
        let done = second_factor::Entity::update_many()
            .col_expr(Column::Failures, Expr::col(Column::Failures).add(1))
            .col_expr(Column::FailedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "second factor" }) }
    }

    /// Takes the factor and its recovery codes away; false if there is none.
    pub async fn delete_second_factor(&self, user_id: UserId) -> Result<bool> {
        let query = second_factor::Entity::delete_by_id((self.tenant_id.0, user_id.0));
        Ok(query.exec(&self.tx).await.map_err(db_error)?.rows_affected == 1)
    }

    /// Fresh recovery codes; the old ones, used or not, are gone.
    pub async fn replace_recovery_codes(&self, user_id: UserId, codes_sha256: &[[u8; 32]]) -> Result<()> {
        use recovery_code::Column;
        let old = recovery_code::Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0));
        old.exec(&self.tx).await.map_err(db_error)?;
        let rows = codes_sha256.iter().map(|digest| recovery_code::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            user_id: Set(user_id.0),
            code_sha256: Set(digest.to_vec()),
            used_at: Set(None),
        });
        recovery_code::Entity::insert_many(rows).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Uses a recovery code up; false if there is no such code or it was used.
    pub async fn use_recovery_code(&self, user_id: UserId, code_sha256: [u8; 32]) -> Result<bool> {
        use recovery_code::Column;
        let done = recovery_code::Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .filter(Column::CodeSha256.eq(code_sha256.to_vec()))
            .filter(Column::UsedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Recovery codes that still work.
    pub async fn count_recovery_codes(&self, user_id: UserId) -> Result<u64> {
        use recovery_code::Column;
        let query = recovery_code::Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .filter(Column::UsedAt.is_null());
        query.count(&self.tx).await.map_err(db_error)
    }

    /// Remembers a right password until `expires_at`.
    pub async fn insert_challenge(
        &self,
        id: Uuid,
        user_id: UserId,
        token_sha256: [u8; 32],
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        let row = sign_in_challenge::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(id),
            user_id: Set(user_id.0),
            token_sha256: Set(token_sha256.to_vec()),
            expires_at: Set(expires_at),
        };
        sign_in_challenge::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Whose password was right, and the challenge's id.
    pub async fn find_challenge(&self, token_sha256: [u8; 32]) -> Result<Option<(Uuid, UserId)>> {
        use sign_in_challenge::Column;
        let row = sign_in_challenge::Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::TokenSha256.eq(token_sha256.to_vec()))
            .filter(Column::ExpiresAt.gt(self.now()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(|row| (row.id, UserId(row.user_id))))
    }

    /// Uses a challenge up; false if another request did.
    pub async fn delete_challenge(&self, id: Uuid) -> Result<bool> {
        let query = sign_in_challenge::Entity::delete_by_id((self.tenant_id.0, id));
        Ok(query.exec(&self.tx).await.map_err(db_error)?.rows_affected == 1)
    }

    /// Ends every sign-in of a person that waits for a factor; answers how many.
    pub async fn delete_challenges_of(&self, user_id: UserId) -> Result<u64> {
        use sign_in_challenge::Column;
        let query = sign_in_challenge::Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0));
        Ok(query.exec(&self.tx).await.map_err(db_error)?.rows_affected)
    }

    /// Forgets challenges that ended before `before`; answers how many.
    pub async fn delete_ended_challenges(&self, before: DateTime<Utc>) -> Result<u64> {
        use sign_in_challenge::Column;
        let query = sign_in_challenge::Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ExpiresAt.lt(before));
        Ok(query.exec(&self.tx).await.map_err(db_error)?.rows_affected)
    }
}

fn to_factor(row: second_factor::Model) -> Result<SecondFactor> {
    Ok(SecondFactor {
        secret_sealed: row.secret_sealed,
        created_at: row.created_at,
        confirmed_at: row.confirmed_at,
        last_step: row.last_step,
        failures: u32::try_from(row.failures).map_err(Error::internal)?,
        failed_at: row.failed_at,
    })
}
