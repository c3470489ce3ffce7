//! Operators' sessions. Only the SHA-256 of a session's token is stored (I8).

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::entity::operator_session::{ActiveModel, Column, Entity, Model};
use super::{SystemStore, db_error};
use crate::domain::Result;
use crate::domain::ids::{OperatorId, OperatorSessionId};
use crate::domain::operator::OperatorSession;

impl SystemStore {
    pub async fn insert_operator_session(&self, session: &OperatorSession, token_sha256: [u8; 32]) -> Result<()> {
        let row = ActiveModel {
            id: Set(session.id.0),
            operator_id: Set(session.operator_id.0),
            token_sha256: Set(token_sha256.to_vec()),
            created_at: Set(session.created_at),
            last_seen_at: Set(session.last_seen_at),
            expires_at: Set(session.expires_at),
            ended_at: Set(session.ended_at),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    pub async fn find_operator_session_by_token(&self, token_sha256: [u8; 32]) -> Result<Option<OperatorSession>> {
        let row = Entity::find()
            .filter(Column::TokenSha256.eq(token_sha256.to_vec()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_session))
    }

    /// Writes down that a live session was used; one that has ended meanwhile stays as it is.
    pub async fn touch_operator_session(&self, id: OperatorSessionId) -> Result<()> {
        self.set_of_live(id, Column::LastSeenAt).await.map(drop)
    }

    /// Ends a session; false if it had ended before.
    pub async fn end_operator_session(&self, id: OperatorSessionId) -> Result<bool> {
        self.set_of_live(id, Column::EndedAt).await
    }

    async fn set_of_live(&self, id: OperatorSessionId, column: Column) -> Result<bool> {
        let done = Entity::update_many()
            .col_expr(column, Expr::value(self.now()))
            .filter(Column::Id.eq(id.0))
            .filter(Column::EndedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Forgets sessions that ended before `before`; answers how many.
    pub async fn delete_ended_operator_sessions(&self, before: DateTime<Utc>) -> Result<u64> {
        let ended = Condition::any().add(Column::ExpiresAt.lt(before)).add(Column::EndedAt.lt(before));
        let done = Entity::delete_many().filter(ended).exec(&self.tx).await.map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn to_session(row: Model) -> OperatorSession {
    OperatorSession {
        id: OperatorSessionId(row.id),
        operator_id: OperatorId(row.operator_id),
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        ended_at: row.ended_at,
    }
}
