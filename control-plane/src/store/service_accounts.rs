//! Service accounts of a tenant.

use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect,
};

use super::entity::service_account::{ActiveModel, Column, Entity, Model};
use super::users::contains;
use super::{TenantStore, conflict_or, db_error, newest_first, unreadable};
use crate::domain::ids::ServiceAccountId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::service_account::{ServiceAccount, ServiceAccountFilter, ServiceAccountStatus};
use crate::domain::{Error, Result};

const NAME_TAKEN: &str = "a service account of this name exists already";

impl TenantStore {
    pub async fn find_service_account(&self, id: ServiceAccountId) -> Result<Option<ServiceAccount>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(to_service_account).transpose()
    }

    pub async fn get_service_account(&self, id: ServiceAccountId) -> Result<ServiceAccount> {
        self.find_service_account(id).await?.ok_or(Error::NotFound { what: "service account" })
    }

    /// The account as committed now, locked to the end of the transaction: no key is made while it is deactivated.
    pub async fn lock_service_account(&self, id: ServiceAccountId) -> Result<Option<ServiceAccount>> {
        let mut query = Entity::find_by_id((self.tenant_id.0, id.0));
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            query = query.lock(LockType::Update);
        }
        query.one(&self.tx).await.map_err(db_error)?.map(to_service_account).transpose()
    }

    /// Service accounts, newest first.
    pub async fn list_service_accounts(
        &self,
        filter: &ServiceAccountFilter,
        page: PageRequest<Created>,
    ) -> Result<Page<ServiceAccount>> {
        let mut query = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(contains(&filter.text, [Column::Name, Column::Description]));
        if let Some(active) = filter.active {
            query = query.filter(Column::Status.eq(if active { "active" } else { "deactivated" }));
        }
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let accounts = rows.into_iter().map(to_service_account).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(accounts, page.limit, |account| Created { at: account.created_at, id: account.id.0 }))
    }

    pub async fn count_service_accounts(&self) -> Result<u64> {
        Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).count(&self.tx).await.map_err(db_error)
    }

    pub async fn insert_service_account(&self, account: &ServiceAccount) -> Result<()> {
        let (status, deactivated_at) = status_columns(account.status);
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(account.id.0),
            name: Set(account.name.clone()),
            status: Set(status.to_owned()),
            epoch: Set(i64::try_from(account.epoch).map_err(Error::internal)?),
            created_at: Set(account.created_at),
            updated_at: Set(self.now()),
            description: Set(account.description.clone()),
            deactivated_at: Set(deactivated_at),
            name_key: Set(account.name.to_lowercase()),
            credentials_version: Set(0),
        };
        let taken = |error| conflict_or(error, "service_account.name_taken", NAME_TAKEN);
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(taken)?;
        Ok(())
    }

    /// Writes name, description, status and epoch.
    pub async fn update_service_account(&self, account: &ServiceAccount) -> Result<()> {
        let (status, deactivated_at) = status_columns(account.status);
        let done = Entity::update_many()
            .col_expr(Column::Name, Expr::value(account.name.clone()))
            .col_expr(Column::NameKey, Expr::value(account.name.to_lowercase()))
            .col_expr(Column::Description, Expr::value(account.description.clone()))
            .col_expr(Column::Status, Expr::value(status))
            .col_expr(Column::DeactivatedAt, Expr::value(deactivated_at))
            .col_expr(Column::Epoch, Expr::value(i64::try_from(account.epoch).map_err(Error::internal)?))
            .col_expr(Column::UpdatedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0).and(Column::Id.eq(account.id.0)))
            .exec(&self.tx)
            .await
            .map_err(|error| conflict_or(error, "service_account.name_taken", NAME_TAKEN))?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "service account" }) }
    }

    /// Removes an account with its keys and grants.
    pub async fn delete_service_account(&self, id: ServiceAccountId) -> Result<()> {
        let done = Entity::delete_by_id((self.tenant_id.0, id.0)).exec(&self.tx).await.map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "service account" }) }
    }
}

fn status_columns(status: ServiceAccountStatus) -> (&'static str, Option<chrono::DateTime<chrono::Utc>>) {
    match status {
        ServiceAccountStatus::Active => ("active", None),
        ServiceAccountStatus::Deactivated { at } => ("deactivated", Some(at)),
    }
}

fn to_service_account(row: Model) -> Result<ServiceAccount> {
    let status = match (row.status.as_str(), row.deactivated_at) {
        ("active", _) => ServiceAccountStatus::Active,
        ("deactivated", Some(at)) => ServiceAccountStatus::Deactivated { at },
        _ => return Err(unreadable("service_accounts", "status")),
    };
    Ok(ServiceAccount {
        id: ServiceAccountId(row.id),
        name: row.name,
        description: row.description,
        status,
        epoch: u64::try_from(row.epoch).map_err(Error::internal)?,
        created_at: row.created_at,
    })
}
