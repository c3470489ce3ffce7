//! Signing keys of a tenant; private parts are sealed before they come here.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::Value;
use uuid::Uuid;

use super::entity::signing_key;
use super::{TenantStore, db_error};
use crate::domain::{Error, Result};

/// A signing key as it is stored. Pending until activated, then signs, then retired but still published.
#[derive(Clone)]
pub struct SigningKeyRow {
    /// The `kid`.
    pub id: Uuid,
    pub public_jwk: Value,
    pub private_sealed: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub activated_at: Option<DateTime<Utc>>,
    pub retired_at: Option<DateTime<Utc>>,
}

impl TenantStore {
    pub async fn insert_signing_key(&self, key: &SigningKeyRow) -> Result<()> {
        let row = signing_key::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(key.id),
            public_jwk: Set(key.public_jwk.clone()),
            private_sealed: Set(key.private_sealed.clone()),
            created_at: Set(key.created_at),
            activated_at: Set(key.activated_at),
            retired_at: Set(key.retired_at),
        };
        signing_key::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Pending, active, and those retired after `retired_after`; newest first.
    pub async fn list_signing_keys(&self, retired_after: DateTime<Utc>) -> Result<Vec<SigningKeyRow>> {
        let published = Condition::any()
            .add(signing_key::Column::RetiredAt.is_null())
            .add(signing_key::Column::RetiredAt.gt(retired_after));
        let rows = signing_key::Entity::find()
            .filter(signing_key::Column::TenantId.eq(self.tenant_id.0))
            .filter(published)
            .order_by_desc(signing_key::Column::CreatedAt)
            .order_by_desc(signing_key::Column::Id)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().map(to_signing_key).collect())
    }

    /// The key that signs now.
    pub async fn get_active_signing_key(&self) -> Result<SigningKeyRow> {
        let row = signing_key::Entity::find()
            .filter(signing_key::Column::TenantId.eq(self.tenant_id.0))
            .filter(signing_key::Column::ActivatedAt.is_not_null())
            .filter(signing_key::Column::RetiredAt.is_null())
            .order_by_desc(signing_key::Column::ActivatedAt)
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(to_signing_key).ok_or_else(|| Error::internal("the tenant has no active signing key"))
    }

    /// Lets a pending key sign and retires those that signed before; answers the retired ones. `None` if the key is
    /// not pending any more: somebody else activated it.
    pub async fn activate_signing_key(&self, id: Uuid) -> Result<Option<Vec<Uuid>>> {
        let of_tenant = signing_key::Column::TenantId.eq(self.tenant_id.0);
        let activated = signing_key::Entity::update_many()
            .col_expr(signing_key::Column::ActivatedAt, Expr::value(self.now()))
            .filter(of_tenant.clone())
            .filter(signing_key::Column::Id.eq(id))
            .filter(signing_key::Column::ActivatedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if activated.rows_affected != 1 {
            return Ok(None);
        }
        let before = Condition::all()
            .add(of_tenant)
            .add(signing_key::Column::Id.ne(id))
            .add(signing_key::Column::ActivatedAt.is_not_null())
            .add(signing_key::Column::RetiredAt.is_null());
        let rows = signing_key::Entity::find().filter(before.clone()).all(&self.tx).await.map_err(db_error)?;
        let retired = signing_key::Entity::update_many()
            .col_expr(signing_key::Column::RetiredAt, Expr::value(self.now()))
            .filter(before)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if retired.rows_affected != rows.len() as u64 {
            return Err(Error::Unavailable { internal: "signing keys changed meanwhile".to_owned() });
        }
        Ok(Some(rows.into_iter().map(|row| row.id).collect()))
    }

    /// The active key, locked to the end of the transaction: of replicas that would rotate at once, one goes first.
    pub async fn lock_active_signing_key(&self) -> Result<SigningKeyRow> {
        let active = self.get_active_signing_key().await?;
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            let locked = signing_key::Entity::find_by_id((self.tenant_id.0, active.id)).lock(LockType::Update);
            locked.one(&self.tx).await.map_err(db_error)?;
        }
        // Whoever held the lock may have put another key in its place.
        self.get_active_signing_key().await
    }

    /// Deletes keys that retired before `before`; answers which.
    pub async fn delete_retired_signing_keys(&self, before: DateTime<Utc>) -> Result<Vec<Uuid>> {
        let lapsed = Condition::all()
            .add(signing_key::Column::TenantId.eq(self.tenant_id.0))
            .add(signing_key::Column::RetiredAt.lt(before));
        let rows = signing_key::Entity::find().filter(lapsed.clone()).all(&self.tx).await.map_err(db_error)?;
        signing_key::Entity::delete_many().filter(lapsed).exec(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}

fn to_signing_key(row: signing_key::Model) -> SigningKeyRow {
    SigningKeyRow {
        id: row.id,
        public_jwk: row.public_jwk,
        private_sealed: row.private_sealed,
        created_at: row.created_at,
        activated_at: row.activated_at,
        retired_at: row.retired_at,
    }
}
