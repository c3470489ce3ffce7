//! Secrets of pre-registered clients; only their SHA-256 is stored (I8).

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::entity::client_secret::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error};
use crate::domain::Result;
use crate::domain::ids::ClientId;
use crate::domain::oauth::client::ClientSecret;

impl TenantStore {
    pub async fn insert_client_secret(&self, secret: &ClientSecret) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(secret.id),
            client_id: Set(secret.client_id.0),
            secret_sha256: Set(secret.sha256.clone()),
            created_at: Set(secret.created_at),
            expires_at: Set(secret.expires_at),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Live secrets of a client, newest first.
    pub async fn list_client_secrets(&self, client_id: ClientId) -> Result<Vec<ClientSecret>> {
        let live = Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(self.now()));
        let rows = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ClientId.eq(client_id.0))
            .filter(live)
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().map(to_secret).collect())
    }

    /// Lets every secret of the client that would live longer end at `end`; answers how many.
    pub async fn end_client_secrets(&self, client_id: ClientId, end: DateTime<Utc>) -> Result<u64> {
        let longer = Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(end));
        let done = Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(end))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ClientId.eq(client_id.0))
            .filter(longer)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }

    /// Forgets secrets that ended before `before`; answers how many.
    pub async fn delete_ended_client_secrets(&self, before: DateTime<Utc>) -> Result<u64> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ExpiresAt.lt(before))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn to_secret(row: Model) -> ClientSecret {
    ClientSecret {
        id: row.id,
        client_id: ClientId(row.client_id),
        sha256: row.secret_sha256,
        created_at: row.created_at,
        expires_at: row.expires_at,
    }
}
