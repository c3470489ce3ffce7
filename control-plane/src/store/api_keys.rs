//! Personal API keys. Only the SHA-256 of a key's secret is stored (I8).

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::entity::api_key::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error, newest_first, unreadable};
use crate::domain::api_key::{ApiKey, KeyScope};
use crate::domain::ids::{ApiKeyId, ServerId, UserId};
use crate::domain::limits::API_KEY_TOUCH_S;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_api_key(&self, key: &ApiKey, secret_sha256: [u8; 32]) -> Result<()> {
        let servers = key.scope.servers().map(|ids| json!(ids.iter().map(|id| id.0).collect::<Vec<_>>()));
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(key.id.0),
            user_id: Set(key.user_id.0),
            name: Set(key.name.clone()),
            secret_sha256: Set(secret_sha256.to_vec()),
            server_ids: Set(servers),
            created_at: Set(key.created_at),
            expires_at: Set(key.expires_at),
            last_used_at: Set(key.last_used_at),
            revoked_at: Set(key.revoked_at),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// The key, ended or not, and the digest of its secret.
    pub async fn find_api_key(&self, id: ApiKeyId) -> Result<Option<(ApiKey, Vec<u8>)>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(|row| Ok((to_api_key(&row)?, row.secret_sha256))).transpose()
    }

    /// Keys of a person, or of everybody, newest first, also those that ended.
    pub async fn list_api_keys(&self, of: Option<UserId>, page: PageRequest<Created>) -> Result<Page<ApiKey>> {
        let owner = of.map_or(Condition::all(), |id| Condition::all().add(Column::UserId.eq(id.0)));
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).filter(owner);
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let keys = rows.iter().map(to_api_key).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(keys, page.limit, |key| Created { at: key.created_at, id: key.id.0 }))
    }

    /// Keys of a person that still work at `now`.
    pub async fn count_live_api_keys(&self, user_id: UserId, now: DateTime<Utc>) -> Result<u64> {
        let unexpired = Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(now));
        let live = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .filter(Column::RevokedAt.is_null())
            .filter(unexpired);
        live.count(&self.tx).await.map_err(db_error)
    }

    /// Ends one key; false if it was revoked before.
    pub async fn revoke_api_key(&self, id: ApiKeyId) -> Result<bool> {
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

    /// Ends every key of a person and answers which.
    pub async fn revoke_api_keys_of(&self, user_id: UserId) -> Result<Vec<ApiKeyId>> {
        let live =
            Column::TenantId.eq(self.tenant_id.0).and(Column::UserId.eq(user_id.0)).and(Column::RevokedAt.is_null());
        let rows = Entity::find().filter(live.clone()).all(&self.tx).await.map_err(db_error)?;
        Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.now()))
            .filter(live)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().map(|row| ApiKeyId(row.id)).collect())
    }

    /// Writes down that a key was used at `at`, unless that is known about as well. An unknown key is no failure: the
    /// word comes from nodes.
    pub async fn touch_api_key(&self, id: ApiKeyId, at: DateTime<Utc>) -> Result<bool> {
        let due = at - TimeDelta::seconds(API_KEY_TOUCH_S);
        let older = Condition::any().add(Column::LastUsedAt.is_null()).add(Column::LastUsedAt.lte(due));
        let done = Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(at))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .filter(older)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }
}

pub(super) fn to_api_key(row: &Model) -> Result<ApiKey> {
    let servers: Option<Vec<uuid::Uuid>> =
        row.server_ids.clone().map(serde_json::from_value).transpose().map_err(Error::internal)?;
    let scope = match servers {
        None => KeyScope::All,
        // An empty list must never widen to everything.
        Some(ids) if ids.is_empty() => return Err(unreadable("api_keys", "server_ids")),
        Some(ids) => KeyScope::Servers(ids.into_iter().map(ServerId).collect()),
    };
    Ok(ApiKey {
        id: ApiKeyId(row.id),
        user_id: UserId(row.user_id),
        name: row.name.clone(),
        scope,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
    })
}
