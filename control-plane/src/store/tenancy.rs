//! Tenants and users.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::{data_key, tenant};
use super::{TenantStore, db_error, unreadable};
use crate::domain::ids::TenantId;
use crate::domain::tenancy::{Tenant, TenantStatus};
use crate::domain::{Error, Result};

impl TenantStore {
    /// The tenant of this transaction.
    pub async fn get_tenant(&self) -> Result<Tenant> {
        let row = tenant::Entity::find_by_id(self.tenant_id.0).one(&self.tx).await.map_err(db_error)?;
        to_tenant(row.ok_or(Error::NotFound { what: "tenant" })?)
    }

    /// The same, locked to the end of the transaction: two who change its settings must not undo each other's change.
    pub async fn lock_tenant(&self) -> Result<Tenant> {
        let query = self.for_update(tenant::Entity::find_by_id(self.tenant_id.0));
        let row = query.one(&self.tx).await.map_err(db_error)?;
        to_tenant(row.ok_or(Error::NotFound { what: "tenant" })?)
    }

    /// Wraps a data key by another key-encryption key; false if there is none.
    pub async fn rewrap_data_key(&self, id: uuid::Uuid, kek_id: &str, wrapped: Vec<u8>) -> Result<bool> {
        let done = data_key::Entity::update_many()
            .col_expr(data_key::Column::KekId, Expr::value(kek_id))
            .col_expr(data_key::Column::Wrapped, Expr::value(wrapped))
            .filter(data_key::Column::TenantId.eq(self.tenant_id.0))
            .filter(data_key::Column::Id.eq(id))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Destroys the tenant's data keys: nothing that they sealed opens again. Answers how many there were.
    pub async fn destroy_data_keys(&self) -> Result<u64> {
        let done = data_key::Entity::delete_many()
            .filter(data_key::Column::TenantId.eq(self.tenant_id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }

    /// The wrapped data key: its id, the KEK that wrapped it, and the bytes.
    pub async fn get_data_key(&self) -> Result<(uuid::Uuid, String, Vec<u8>)> {
        let row = data_key::Entity::find()
            .filter(data_key::Column::TenantId.eq(self.tenant_id.0))
            .order_by_desc(data_key::Column::CreatedAt)
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        let row = row.ok_or_else(|| Error::internal("the tenant has no data key"))?;
        Ok((row.id, row.kek_id, row.wrapped))
    }

    /// Writes display name, status, gateway origins and settings.
    pub async fn update_tenant(&self, tenant: &Tenant) -> Result<()> {
        let origins = serde_json::to_value(&tenant.gateway_origins).map_err(Error::internal)?;
        let settings = serde_json::to_value(&tenant.settings).map_err(Error::internal)?;
        let done = tenant::Entity::update_many()
            .col_expr(tenant::Column::DisplayName, Expr::value(tenant.display_name.clone()))
            .col_expr(tenant::Column::Status, Expr::value(tenant.status.as_str()))
            .col_expr(tenant::Column::GatewayOrigins, Expr::value(origins))
            .col_expr(tenant::Column::Settings, Expr::value(settings))
            .col_expr(tenant::Column::UpdatedAt, Expr::value(self.now()))
            .filter(tenant::Column::Id.eq(self.tenant_id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "tenant" }) }
    }
}

pub(super) fn to_tenant(row: tenant::Model) -> Result<Tenant> {
    Ok(Tenant {
        id: TenantId(row.id),
        slug: row.slug.parse().map_err(|_| unreadable("tenants", "slug"))?,
        display_name: row.display_name,
        status: TenantStatus::parse(&row.status).ok_or_else(|| unreadable("tenants", "status"))?,
        issuer: row.issuer,
        gateway_origins: serde_json::from_value(row.gateway_origins).map_err(Error::internal)?,
        pool: row.pool,
        region: row.region,
        settings: serde_json::from_value(row.settings).map_err(Error::internal)?,
        created_at: row.created_at,
    })
}
