//! Keys with which nodes seal legacy MCP session ids; sealed themselves before they come here.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::entity::session_key::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error, unreadable};
use crate::domain::{Error, Result};

/// Where a session key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Nodes learn it, and open with it; none seals yet.
    Pending,
    Active,
    /// Opens what it sealed.
    Retired,
}

/// A session key without its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionKeyRow {
    pub id: Uuid,
    pub state: KeyState,
    pub created_at: DateTime<Utc>,
}

impl KeyState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let known = [Self::Pending, Self::Active, Self::Retired].into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| unreadable("session_keys", "state"))
    }
}

impl TenantStore {
    /// Adds a session key with the next key id and answers that id.
    pub async fn insert_session_key(&self, id: Uuid, secret_sealed: Vec<u8>, state: KeyState) -> Result<u32> {
        let newest = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .order_by_desc(Column::KeyId)
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        let key_id = newest.map_or(1, |row| row.key_id.saturating_add(1));
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(id),
            key_id: Set(key_id),
            secret_sealed: Set(secret_sealed),
            created_at: Set(self.now()),
            state: Set(state.as_str().to_owned()),
            retired_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        u32::try_from(key_id).map_err(Error::internal)
    }

    /// All keys of the ring, newest first, locked to the end of the transaction: of replicas that would rotate at once,
    /// one goes first.
    pub async fn lock_session_keys(&self) -> Result<Vec<SessionKeyRow>> {
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            self.session_keys().lock(LockType::Update).all(&self.tx).await.map_err(db_error)?;
        }
        // Read again: whoever held the lock may have added one.
        let rows = self.session_keys().all(&self.tx).await.map_err(db_error)?;
        let row = |row: Model| {
            Ok(SessionKeyRow { id: row.id, state: KeyState::parse(&row.state)?, created_at: row.created_at })
        };
        rows.into_iter().map(row).collect()
    }

    fn session_keys(&self) -> sea_orm::Select<Entity> {
        Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).order_by_desc(Column::KeyId)
    }

    /// Lets a pending key seal and retires those that sealed before. False if the key is not pending any more: somebody
    /// else activated it.
    pub async fn activate_session_key(&self, id: Uuid) -> Result<bool> {
        let of_tenant = Column::TenantId.eq(self.tenant_id.0);
        let activated = Entity::update_many()
            .col_expr(Column::State, Expr::value(KeyState::Active.as_str()))
            .filter(of_tenant.clone())
            .filter(Column::Id.eq(id))
            .filter(Column::State.eq(KeyState::Pending.as_str()))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if activated.rows_affected != 1 {
            return Ok(false);
        }
        let before =
            Condition::all().add(of_tenant).add(Column::Id.ne(id)).add(Column::State.eq(KeyState::Active.as_str()));
        Entity::update_many()
            .col_expr(Column::State, Expr::value(KeyState::Retired.as_str()))
            .col_expr(Column::RetiredAt, Expr::value(self.now()))
            .filter(before)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(true)
    }

    /// Deletes keys that retired before `before`; answers which.
    pub async fn delete_retired_session_keys(&self, before: DateTime<Utc>) -> Result<Vec<Uuid>> {
        let lapsed = Condition::all().add(Column::TenantId.eq(self.tenant_id.0)).add(Column::RetiredAt.lt(before));
        let rows = Entity::find().filter(lapsed.clone()).all(&self.tx).await.map_err(db_error)?;
        Entity::delete_many().filter(lapsed).exec(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}
