//! Browser sessions. Only the SHA-256 of a session's token is stored (I8).

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::entity::browser_session::{ActiveModel, Column, Entity, Model};
use super::entity::oauth_grant;
use super::{TenantStore, db_error, newest_first};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::limits::SESSION_IDLE_S;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::session::{BrowserSession, Session};
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_session(&self, session: &Session, token_sha256: [u8; 32], user_agent: &str) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(session.id.0),
            user_id: Set(session.user_id.0),
            token_sha256: Set(token_sha256.to_vec()),
            user_agent: Set(user_agent.to_owned()),
            created_at: Set(session.created_at),
            last_seen_at: Set(session.last_seen_at),
            expires_at: Set(session.expires_at),
            revoked_at: Set(session.revoked_at),
            ..Default::default()
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    pub async fn find_session_by_token(&self, token_sha256: [u8; 32]) -> Result<Option<Session>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::TokenSha256.eq(token_sha256.to_vec()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_session))
    }

    pub async fn find_session(&self, id: SessionId) -> Result<Option<Session>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        Ok(row.map(to_session))
    }

    /// Sessions of a person that are live now, newest first.
    pub async fn list_sessions(&self, of: UserId, page: PageRequest<Created>) -> Result<Page<BrowserSession>> {
        let (now, idle) = (self.now(), TimeDelta::seconds(SESSION_IDLE_S));
        let query = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(of.0))
            .filter(Column::RevokedAt.is_null())
            .filter(Column::ExpiresAt.gt(now))
            .filter(Column::LastSeenAt.gt(now - idle));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let sessions = rows.into_iter().map(|row| {
            let user_agent = row.user_agent.clone();
            BrowserSession { session: to_session(row), user_agent }
        });
        let place = |one: &BrowserSession| Created { at: one.session.created_at, id: one.session.id.0 };
        Ok(Page::cut(sessions.collect(), page.limit, place))
    }

    /// Writes down that a live session was used.
    pub async fn touch_session(&self, id: SessionId, at: DateTime<Utc>) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::LastSeenAt, Expr::value(at))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "session" }) }
    }

    /// Ends one session; false if it had ended before.
    pub async fn revoke_session(&self, id: SessionId) -> Result<bool> {
        let done = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .filter(Column::RevokedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Ends every session of a person (deactivation, I9) and answers how many were live.
    pub async fn revoke_sessions_of(&self, user_id: UserId) -> Result<u64> {
        let done = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .filter(Column::RevokedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }

    /// Forgets sessions that ended before `before` and on which no grant rests; answers how many.
    pub async fn delete_ended_sessions(&self, before: DateTime<Utc>) -> Result<u64> {
        let granted = Query::select()
            .column(oauth_grant::Column::SessionId)
            .from(oauth_grant::Entity)
            .and_where(oauth_grant::Column::TenantId.eq(self.tenant_id.0))
            .take();
        let ended = Condition::any().add(Column::ExpiresAt.lt(before)).add(Column::RevokedAt.lt(before));
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(ended)
            .filter(Column::Id.not_in_subquery(granted))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn to_session(row: Model) -> Session {
    Session {
        id: SessionId(row.id),
        user_id: UserId(row.user_id),
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    }
}
