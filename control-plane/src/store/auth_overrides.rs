//! Credentials of single principals that go before a server's own, sealed before they come here.

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::entity::auth_override::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error, newest_first};
use crate::domain::credential::{AuthOverride, CredentialMark};
use crate::domain::ids::{AuthOverrideId, ServerId, ServiceAccountId, UserId};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_auth_override(&self, one: &AuthOverride) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(one.id.0),
            server_id: Set(one.server_id.0),
            user_id: Set(one.owner.user().map(|id| id.0)),
            service_account_id: Set(one.owner.service_account().map(|id| id.0)),
            upstream_origin: Set(one.upstream_origin.clone()),
            header_names: Set(serde_json::to_value(&one.header_names).map_err(Error::internal)?),
            headers_sealed: Set(one.headers_sealed.clone()),
            version: Set(i64::try_from(one.mark.version).map_err(Error::internal)?),
            set_by: Set(one.set_by.map(|id| id.0)),
            set_at: Set(one.mark.set_at),
            created_at: Set(one.created_at),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    pub async fn find_auth_override(&self, server: ServerId, owner: PrincipalId) -> Result<Option<AuthOverride>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.eq(server.0))
            .filter(of(owner))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(override_of).transpose()
    }

    pub async fn get_auth_override(&self, server: ServerId, id: AuthOverrideId) -> Result<AuthOverride> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).filter(Column::ServerId.eq(server.0));
        let row = row.one(&self.tx).await.map_err(db_error)?.ok_or(Error::NotFound { what: "override" })?;
        override_of(row)
    }

    /// Those of a server, newest first; of one principal only if one is named.
    pub async fn list_auth_overrides(
        &self,
        server: ServerId,
        owner: Option<PrincipalId>,
        page: PageRequest<Created>,
    ) -> Result<Page<AuthOverride>> {
        let mut query =
            Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).filter(Column::ServerId.eq(server.0));
        if let Some(owner) = owner {
            query = query.filter(of(owner));
        }
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let overrides = rows.into_iter().map(override_of).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(overrides, page.limit, |one| Created { at: one.created_at, id: one.id.0 }))
    }

    /// Whether there was one.
    pub async fn delete_auth_override(&self, id: AuthOverrideId) -> Result<bool> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Everybody's for a server; answers how many there were.
    pub async fn delete_auth_overrides_for(&self, server: ServerId) -> Result<u64> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.eq(server.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn of(owner: PrincipalId) -> SimpleExpr {
    match owner {
        PrincipalId::User(id) => Column::UserId.eq(id.0),
        PrincipalId::ServiceAccount(id) => Column::ServiceAccountId.eq(id.0),
    }
}

fn override_of(row: Model) -> Result<AuthOverride> {
    let owner = match (row.user_id, row.service_account_id) {
        (Some(id), None) => UserId(id).into(),
        (None, Some(id)) => ServiceAccountId(id).into(),
        _ => return Err(Error::internal("an override has no one owner")),
    };
    let version = u64::try_from(row.version).map_err(Error::internal)?;
    Ok(AuthOverride {
        id: AuthOverrideId(row.id),
        owner,
        server_id: ServerId(row.server_id),
        upstream_origin: row.upstream_origin,
        header_names: serde_json::from_value(row.header_names).map_err(Error::internal)?,
        headers_sealed: row.headers_sealed,
        mark: CredentialMark { version, set_at: row.set_at },
        set_by: row.set_by.map(UserId),
        created_at: row.created_at,
    })
}
