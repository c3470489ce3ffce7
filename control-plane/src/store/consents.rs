//! Remembered approvals.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::entity::consent::{ActiveModel, Column, Entity};
use super::{TenantStore, db_error};
use crate::domain::Result;
use crate::domain::ids::{ClientId, ServerId, UserId};

/// What an approval is remembered for; a difference in any member asks again.
#[derive(Debug, Clone, Copy)]
pub struct ConsentKey<'a> {
    pub user_id: UserId,
    pub client_id: ClientId,
    pub server_id: ServerId,
    pub redirect_host: &'a str,
    pub scope: &'a str,
}

impl TenantStore {
    pub async fn is_consent_remembered(&self, key: ConsentKey<'_>) -> Result<bool> {
        let count = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(key.user_id.0))
            .filter(Column::ClientId.eq(key.client_id.0))
            .filter(Column::ServerId.eq(key.server_id.0))
            .filter(Column::RedirectHost.eq(key.redirect_host))
            .filter(Column::Scope.eq(key.scope))
            .count(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(count > 0)
    }

    /// Forgets what a person approved of one client at one server: the next time it asks again.
    pub async fn forget_consents(&self, user_id: UserId, client_id: ClientId, server_id: ServerId) -> Result<u64> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .filter(Column::ClientId.eq(client_id.0))
            .filter(Column::ServerId.eq(server_id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }

    /// Remembers an approval; remembering it twice is fine.
    pub async fn remember_consent(&self, key: ConsentKey<'_>) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(self.new_id()),
            user_id: Set(key.user_id.0),
            client_id: Set(key.client_id.0),
            server_id: Set(key.server_id.0),
            redirect_host: Set(key.redirect_host.to_owned()),
            scope: Set(key.scope.to_owned()),
            created_at: Set(self.now()),
        };
        let subject =
            [Column::TenantId, Column::UserId, Column::ClientId, Column::ServerId, Column::RedirectHost, Column::Scope];
        let keep = OnConflict::columns(subject).do_nothing().to_owned();
        Entity::insert(row).on_conflict(keep).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }
}
