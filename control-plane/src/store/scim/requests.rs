//! The last requests of identity providers.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::Result;
use crate::domain::ids::ScimTokenId;
use crate::domain::limits::SCIM_LOG_ROWS_MAX;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::scim::request::ScimRequest;
use crate::store::entity::scim_request::{ActiveModel, Column, Entity, Model};
use crate::store::{TenantStore, db_error, newest_first, unreadable};

impl TenantStore {
    /// Keeps a request and forgets those that are too many.
    pub async fn insert_scim_request(&self, request: &ScimRequest) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(request.id),
            at: Set(request.at),
            token_id: Set(request.token_id.0),
            method: Set(request.method.clone()),
            path: Set(request.path.clone()),
            status: Set(request.status.into()),
            detail: Set(request.detail.clone()),
            duration_ms: Set(request.duration_ms),
            body: Set(request.body.clone()),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        // Ids are in the order of time.
        let oldest: Option<uuid::Uuid> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .order_by_desc(Column::Id)
            .offset(SCIM_LOG_ROWS_MAX)
            .limit(1)
            .into_tuple()
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        if let Some(oldest) = oldest {
            Entity::delete_many()
                .filter(Column::TenantId.eq(self.tenant_id.0))
                .filter(Column::Id.lte(oldest))
                .exec(&self.tx)
                .await
                .map_err(db_error)?;
        }
        Ok(())
    }

    /// Requests, newest first.
    pub async fn list_scim_requests(&self, page: PageRequest<Created>) -> Result<Page<ScimRequest>> {
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0));
        let rows = newest_first(query, page, Column::At, Column::Id, &self.tx).await?;
        let requests = rows.into_iter().map(to_request).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(requests, page.limit, |request| Created { at: request.at, id: request.id }))
    }
}

fn to_request(row: Model) -> Result<ScimRequest> {
    Ok(ScimRequest {
        id: row.id,
        at: row.at,
        token_id: ScimTokenId(row.token_id),
        method: row.method,
        path: row.path,
        status: u16::try_from(row.status).map_err(|_| unreadable("scim_requests", "status"))?,
        detail: row.detail,
        duration_ms: row.duration_ms,
        body: row.body,
    })
}
