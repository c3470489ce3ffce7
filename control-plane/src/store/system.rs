//! Work across tenants: the deployment row, tenants, operators. Its own database role on PostgreSQL.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter,
    QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::entity::{data_key, deployment, tenant, tenant_head};
use super::listen::QUERY_TENANTS_MAX;
use super::tenancy::to_tenant;
use super::users::contains;
use super::{Store, TenantStore, changes, conflict_or, db_error, new_id, newest_first};
use crate::domain::ids::TenantId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::Tenant;
use crate::domain::{Error, Result};

/// The `deployment` table has one row.
const DEPLOYMENT_ROW: i64 = 1;

/// A transaction across tenants.
pub struct SystemStore {
    pub(super) tx: DatabaseTransaction,
    store: Store,
}

impl SystemStore {
    pub(super) fn new(tx: DatabaseTransaction, store: Store) -> Self {
        Self { tx, store }
    }

    /// Narrows this very transaction to one tenant, for what must commit together with work across tenants.
    pub async fn into_tenant(self, id: TenantId) -> Result<TenantStore> {
        TenantStore::new(self.tx, id, self.store).await
    }

    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.store.clock.now()
    }

    pub fn new_id(&self) -> Uuid {
        new_id(&*self.store.clock)
    }

    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await.map_err(db_error)
    }

    /// Identifies this database's history; made at the first call.
    pub async fn history_id(&self) -> Result<Uuid> {
        if let Some(row) = deployment::Entity::find_by_id(DEPLOYMENT_ROW).one(&self.tx).await.map_err(db_error)? {
            return Ok(row.history_id);
        }
        let row = deployment::ActiveModel {
            id: Set(DEPLOYMENT_ROW),
            history_id: Set(self.new_id()),
            directory_revision: Set(1),
            created_at: Set(self.now()),
        };
        Ok(row.insert(&self.tx).await.map_err(db_error)?.history_id)
    }

    /// Revision of the tenant directory.
    pub async fn directory_revision(&self) -> Result<u64> {
        let row = deployment::Entity::find_by_id(DEPLOYMENT_ROW).one(&self.tx).await.map_err(db_error)?;
        u64::try_from(row.map_or(0, |row| row.directory_revision)).map_err(Error::internal)
    }

    /// Inserts a tenant with its head and wrapped data key. The slug is taken for ever.
    pub async fn insert_tenant(&self, tenant: &Tenant, data_key: NewDataKey) -> Result<()> {
        let row = tenant::ActiveModel {
            id: Set(tenant.id.0),
            slug: Set(tenant.slug.to_string()),
            display_name: Set(tenant.display_name.clone()),
            status: Set(tenant.status.as_str().to_owned()),
            issuer: Set(tenant.issuer.clone()),
            gateway_origins: Set(serde_json::to_value(&tenant.gateway_origins).map_err(Error::internal)?),
            pool: Set(tenant.pool.clone()),
            region: Set(tenant.region.clone()),
            settings: Set(serde_json::to_value(&tenant.settings).map_err(Error::internal)?),
            created_at: Set(tenant.created_at),
            updated_at: Set(tenant.created_at),
        };
        let taken =
            |error| conflict_or(error, "tenant.slug_taken", "this slug is or was in use; slugs are never reused");
        tenant::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(taken)?;
        let head = tenant_head::ActiveModel {
            tenant_id: Set(tenant.id.0),
            revision: Set(0),
            audit_seq: Set(0),
            audit_sha256: Set(vec![0; 32]),
        };
        tenant_head::Entity::insert(head).exec_without_returning(&self.tx).await.map_err(db_error)?;
        let key = data_key::ActiveModel {
            tenant_id: Set(tenant.id.0),
            id: Set(data_key.id),
            kek_id: Set(data_key.kek_id),
            wrapped: Set(data_key.wrapped),
            created_at: Set(tenant.created_at),
        };
        data_key::Entity::insert(key).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    pub async fn find_tenant_by_slug(&self, slug: &str) -> Result<Option<Tenant>> {
        let row = tenant::Entity::find().filter(tenant::Column::Slug.eq(slug)).one(&self.tx).await.map_err(db_error)?;
        row.map(to_tenant).transpose()
    }

    /// Tenants with a part of their name or slug, newest first; all of them if it is empty.
    pub async fn list_tenants(&self, text: &str, page: PageRequest<Created>) -> Result<Page<Tenant>> {
        let columns = [tenant::Column::DisplayName, tenant::Column::Slug];
        let query = tenant::Entity::find().filter(contains(text, columns));
        let rows = newest_first(query, page, tenant::Column::CreatedAt, tenant::Column::Id, &self.tx).await?;
        let tenants = rows.into_iter().map(to_tenant).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(tenants, page.limit, |tenant| Created { at: tenant.created_at, id: tenant.id.0 }))
    }

    /// The slugs of tenants.
    pub async fn list_slugs(&self, tenants: &[TenantId]) -> Result<HashMap<TenantId, String>> {
        let mut slugs = HashMap::with_capacity(tenants.len());
        for some in tenants.chunks(QUERY_TENANTS_MAX) {
            let rows: Vec<(Uuid, String)> = tenant::Entity::find()
                .select_only()
                .columns([tenant::Column::Id, tenant::Column::Slug])
                .filter(tenant::Column::Id.is_in(some.iter().map(|id| id.0)))
                .into_tuple()
                .all(&self.tx)
                .await
                .map_err(db_error)?;
            slugs.extend(rows.into_iter().map(|(id, slug)| (TenantId(id), slug)));
        }
        Ok(slugs)
    }

    pub async fn find_tenant(&self, id: TenantId) -> Result<Option<Tenant>> {
        let row = tenant::Entity::find_by_id(id.0).one(&self.tx).await.map_err(db_error)?;
        row.map(to_tenant).transpose()
    }
}

/// A data key as it is stored.
pub struct NewDataKey {
    pub id: Uuid,
    pub kek_id: String,
    pub wrapped: Vec<u8>,
}

impl TenantStore {
    /// Notes that the tenant's entry in the directory changed. The transaction must come from a [`SystemStore`].
    pub fn directory_changed(&self) {
        self.pending().directory = true;
    }
}

/// Bumps the directory revision and wakes other replicas.
pub(super) async fn advance_directory(tx: &DatabaseTransaction) -> Result<()> {
    let next = Expr::col(deployment::Column::DirectoryRevision).add(1);
    let done = deployment::Entity::update_many()
        .col_expr(deployment::Column::DirectoryRevision, next)
        .exec(tx)
        .await
        .map_err(db_error)?;
    if done.rows_affected != 1 {
        return Err(Error::internal("the deployment row is missing"));
    }
    changes::notify(tx, "directory").await
}
