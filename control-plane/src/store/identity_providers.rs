//! Identity providers. Their secrets are sealed before they come here.

use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, SqlErr,
};

use super::entity::identity_provider::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error, newest_first};
use crate::domain::identity::IdentityProvider;
use crate::domain::ids::IdentityProviderId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_identity_provider(&self, provider: &IdentityProvider) -> Result<()> {
        let row = to_row(self, provider)?;
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(taken)?;
        Ok(())
    }

    pub async fn find_identity_provider(&self, id: IdentityProviderId) -> Result<Option<IdentityProvider>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(to_provider).transpose()
    }

    pub async fn get_identity_provider(&self, id: IdentityProviderId) -> Result<IdentityProvider> {
        self.find_identity_provider(id).await?.ok_or(Error::NotFound { what: "identity provider" })
    }

    /// As committed now, locked to the end of the transaction: two administrators that each take one of the last two
    /// ways in must not both succeed.
    pub async fn lock_identity_providers(&self) -> Result<Vec<IdentityProvider>> {
        let mut query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).order_by_asc(Column::Id);
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            query = query.lock(LockType::Update);
        }
        query.all(&self.tx).await.map_err(db_error)?.into_iter().map(to_provider).collect()
    }

    /// Those that people may sign in with, in the order of their labels.
    pub async fn list_enabled_identity_providers(&self) -> Result<Vec<IdentityProvider>> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Enabled.eq(true))
            .order_by_asc(Column::Label)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        rows.into_iter().map(to_provider).collect()
    }

    /// Newest first.
    pub async fn list_identity_providers(&self, page: PageRequest<Created>) -> Result<Page<IdentityProvider>> {
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let providers = rows.into_iter().map(to_provider).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(providers, page.limit, |one| Created { at: one.created_at, id: one.id.0 }))
    }

    pub async fn count_identity_providers(&self) -> Result<u64> {
        Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).count(&self.tx).await.map_err(db_error)
    }

    /// Writes everything but the id and the time of creation.
    pub async fn update_identity_provider(&self, provider: &IdentityProvider) -> Result<()> {
        let settings = serde_json::to_value(&provider.settings).map_err(Error::internal)?;
        let done = Entity::update_many()
            .col_expr(Column::Label, Expr::value(provider.label.clone()))
            .col_expr(Column::Issuer, Expr::value(provider.issuer.clone()))
            .col_expr(Column::Endpoints, Expr::value(endpoints(provider)?))
            .col_expr(Column::ClientId, Expr::value(provider.client_id.clone()))
            .col_expr(Column::ClientSecretSealed, Expr::value(provider.client_secret_sealed.clone()))
            .col_expr(Column::Settings, Expr::value(settings))
            .col_expr(Column::Enabled, Expr::value(provider.enabled))
            .col_expr(Column::ScimSource, Expr::value(provider.scim_source))
            .col_expr(Column::UpdatedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(provider.id.0))
            .exec(&self.tx)
            .await
            .map_err(taken)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "identity provider" }) }
    }

    /// Deletes it with its identities and everything that is on its way; false if it was not there.
    pub async fn delete_identity_provider(&self, id: IdentityProviderId) -> Result<bool> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }
}

/// Two unique indexes, told apart by what the database says of the one that was hit.
fn taken(error: DbErr) -> Error {
    match error.sql_err() {
        // PostgreSQL names the index, SQLite its columns; only the other index has the label.
        Some(SqlErr::UniqueConstraintViolation(text)) if text.contains("label") => {
            Error::conflict("identity_provider.label_taken", "another identity provider has this label")
        }
        Some(SqlErr::UniqueConstraintViolation(_)) => {
            Error::conflict("identity_provider.scim_source_taken", "another identity provider is the source of SCIM")
        }
        _ => db_error(error),
    }
}

fn endpoints(provider: &IdentityProvider) -> Result<Option<serde_json::Value>> {
    provider.endpoints.as_ref().map(serde_json::to_value).transpose().map_err(Error::internal)
}

fn to_row(store: &TenantStore, provider: &IdentityProvider) -> Result<ActiveModel> {
    Ok(ActiveModel {
        tenant_id: Set(store.tenant_id.0),
        id: Set(provider.id.0),
        label: Set(provider.label.clone()),
        issuer: Set(provider.issuer.clone()),
        endpoints: Set(endpoints(provider)?),
        client_id: Set(provider.client_id.clone()),
        client_secret_sealed: Set(provider.client_secret_sealed.clone()),
        settings: Set(serde_json::to_value(&provider.settings).map_err(Error::internal)?),
        enabled: Set(provider.enabled),
        scim_source: Set(provider.scim_source),
        created_at: Set(provider.created_at),
        updated_at: Set(provider.updated_at),
    })
}

fn to_provider(row: Model) -> Result<IdentityProvider> {
    Ok(IdentityProvider {
        id: IdentityProviderId(row.id),
        label: row.label,
        issuer: row.issuer,
        endpoints: row.endpoints.map(serde_json::from_value).transpose().map_err(Error::internal)?,
        client_id: row.client_id,
        client_secret_sealed: row.client_secret_sealed,
        settings: serde_json::from_value(row.settings).map_err(Error::internal)?,
        enabled: row.enabled,
        scim_source: row.scim_source,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
