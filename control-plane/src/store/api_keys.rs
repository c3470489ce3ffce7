//! API keys of people and of service accounts. Only the SHA-256 of a key's secret is stored (I8).

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::entity::api_key::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error, newest_first, unreadable};
use crate::domain::api_key::{ApiKey, ApiKeyFilter, ApiKeyStatus, KeyScope};
use crate::domain::ids::{ApiKeyId, ServerId, ServiceAccountId, UserId};
use crate::domain::limits::API_KEY_TOUCH_S;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_api_key(&self, key: &ApiKey, secret_sha256: [u8; 32]) -> Result<()> {
        let servers = key.scope.servers().map(|ids| json!(ids.iter().map(|id| id.0).collect::<Vec<_>>()));
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(key.id.0),
            user_id: Set(key.owner.user().map(|id| id.0)),
            name: Set(key.name.clone()),
            secret_sha256: Set(secret_sha256.to_vec()),
            server_ids: Set(servers),
            created_at: Set(key.created_at),
            expires_at: Set(key.expires_at),
            last_used_at: Set(key.last_used_at),
            revoked_at: Set(key.revoked_at),
            service_account_id: Set(key.owner.service_account().map(|id| id.0)),
            successor_id: Set(key.successor_id.map(|id| id.0)),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// The key, ended or not, and the digest of its secret.
    pub async fn find_api_key(&self, id: ApiKeyId) -> Result<Option<(ApiKey, Vec<u8>)>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(|row| Ok((to_api_key(&row)?, row.secret_sha256))).transpose()
    }

    /// Keys, newest first, also those that ended unless the filter says otherwise.
    pub async fn list_api_keys(&self, filter: &ApiKeyFilter, page: PageRequest<Created>) -> Result<Page<ApiKey>> {
        let query = Entity::find().filter(self.matching(filter));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let keys = rows.iter().map(to_api_key).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(keys, page.limit, |key| Created { at: key.created_at, id: key.id.0 }))
    }

    fn matching(&self, filter: &ApiKeyFilter) -> Condition {
        let mut all = Condition::all().add(Column::TenantId.eq(self.tenant_id.0));
        if let Some(owner) = filter.owner {
            all = all.add(of(owner));
        }
        let now = self.now();
        all = match filter.status {
            None => all,
            Some(ApiKeyStatus::Active) => all.add(working(now)),
            Some(ApiKeyStatus::Expired) => all.add(Column::RevokedAt.is_null()).add(Column::ExpiresAt.lte(now)),
            Some(ApiKeyStatus::Revoked) => all.add(Column::RevokedAt.is_not_null()),
        };
        match filter.expiring_by {
            None => all,
            Some(end) => all.add(working(now)).add(Column::ExpiresAt.lte(end)).add(Column::SuccessorId.is_null()),
        }
    }

    /// Keys of this owner that work at `now`, without those that a successor replaces.
    pub async fn count_live_api_keys(&self, owner: PrincipalId, now: DateTime<Utc>) -> Result<u64> {
        let live = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(of(owner))
            .filter(working(now))
            .filter(Column::SuccessorId.is_null());
        live.count(&self.tx).await.map_err(db_error)
    }

    /// Notes what replaces a key and when the key ends; false if it was revoked or replaced before.
    pub async fn supersede_api_key(&self, id: ApiKeyId, successor: ApiKeyId, end: DateTime<Utc>) -> Result<bool> {
        let done = Entity::update_many()
            .col_expr(Column::SuccessorId, Expr::value(successor.0))
            .col_expr(Column::ExpiresAt, Expr::value(end))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .filter(Column::RevokedAt.is_null())
            .filter(Column::SuccessorId.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Removes keys that ended before `horizon`, at most `limit` of them, and answers which.
    pub async fn delete_ended_api_keys(&self, horizon: DateTime<Utc>, limit: u64) -> Result<Vec<ApiKeyId>> {
        let ended = Condition::any().add(Column::RevokedAt.lt(horizon)).add(Column::ExpiresAt.lt(horizon));
        let of_tenant = || Column::TenantId.eq(self.tenant_id.0);
        let query = Entity::find().filter(of_tenant()).filter(ended).order_by_asc(Column::Id).limit(limit);
        let ids: Vec<_> = query.all(&self.tx).await.map_err(db_error)?.into_iter().map(|row| row.id).collect();
        Entity::delete_many()
            .filter(of_tenant())
            .filter(Column::Id.is_in(ids.iter().copied()))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(ids.into_iter().map(ApiKeyId).collect())
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

    /// Ends every key of this owner and answers which.
    pub async fn revoke_api_keys_of(&self, owner: impl Into<PrincipalId>) -> Result<Vec<ApiKeyId>> {
        let live = Condition::all()
            .add(Column::TenantId.eq(self.tenant_id.0))
            .add(of(owner.into()))
            .add(Column::RevokedAt.is_null());
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

fn of(owner: PrincipalId) -> SimpleExpr {
    match owner {
        PrincipalId::User(id) => Column::UserId.eq(id.0),
        PrincipalId::ServiceAccount(id) => Column::ServiceAccountId.eq(id.0),
    }
}

/// Neither revoked nor expired at `now`.
fn working(now: DateTime<Utc>) -> Condition {
    let unexpired = Condition::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(now));
    Condition::all().add(Column::RevokedAt.is_null()).add(unexpired)
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
    let owner = match (row.user_id, row.service_account_id) {
        (Some(id), None) => UserId(id).into(),
        (None, Some(id)) => ServiceAccountId(id).into(),
        _ => return Err(unreadable("api_keys", "user_id")),
    };
    Ok(ApiKey {
        id: ApiKeyId(row.id),
        owner,
        name: row.name.clone(),
        scope,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
        successor_id: row.successor_id.map(ApiKeyId),
    })
}
