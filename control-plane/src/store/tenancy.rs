//! Tenants and users.

use sea_orm::EntityTrait;

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

    /// The wrapped data key: its id, the KEK that wrapped it, and the bytes.
    pub async fn get_data_key(&self) -> Result<(uuid::Uuid, String, Vec<u8>)> {
        use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
        let row = data_key::Entity::find()
            .filter(data_key::Column::TenantId.eq(self.tenant_id.0))
            .order_by_desc(data_key::Column::CreatedAt)
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        let row = row.ok_or_else(|| Error::internal("the tenant has no data key"))?;
        Ok((row.id, row.kek_id, row.wrapped))
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
