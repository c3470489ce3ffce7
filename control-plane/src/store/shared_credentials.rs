//! Shared credentials of servers, sealed before they come here.

use std::collections::HashMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::entity::shared_credential::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error};
use crate::domain::credential::{CredentialMark, SealedCredential};
use crate::domain::ids::{ServerId, UserId};
use crate::domain::{Error, Result};

impl TenantStore {
    /// Sets or replaces the credential of a server.
    pub async fn put_shared_credential(&self, credential: &SealedCredential, set_by: Option<UserId>) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            server_id: Set(credential.server_id.0),
            upstream_origin: Set(credential.upstream_origin.clone()),
            headers_sealed: Set(credential.headers_sealed.clone()),
            version: Set(i64::try_from(credential.mark.version).map_err(Error::internal)?),
            set_by: Set(set_by.map(|id| id.0)),
            set_at: Set(credential.mark.set_at),
        };
        let columns = [Column::UpstreamOrigin, Column::HeadersSealed, Column::Version, Column::SetBy, Column::SetAt];
        let replace = OnConflict::columns([Column::TenantId, Column::ServerId]).update_columns(columns).to_owned();
        Entity::insert(row).on_conflict(replace).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    pub async fn find_shared_credential(&self, server_id: ServerId) -> Result<Option<SealedCredential>> {
        let row = Entity::find_by_id((self.tenant_id.0, server_id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(credential_of).transpose()
    }

    /// Whether there was one.
    pub async fn delete_shared_credential(&self, server_id: ServerId) -> Result<bool> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.eq(server_id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// When the credentials of these servers were set; the headers stay where they are.
    pub async fn list_credential_marks(&self, servers: &[ServerId]) -> Result<HashMap<ServerId, CredentialMark>> {
        let rows: Vec<(Uuid, i64, chrono::DateTime<chrono::Utc>)> = Entity::find()
            .select_only()
            .columns([Column::ServerId, Column::Version, Column::SetAt])
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.is_in(servers.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let mark = |(server_id, version, set_at)| {
            let version = u64::try_from(version).map_err(Error::internal)?;
            Ok((ServerId(server_id), CredentialMark { version, set_at }))
        };
        rows.into_iter().map(mark).collect()
    }
}

pub(super) fn credential_of(row: Model) -> Result<SealedCredential> {
    let version = u64::try_from(row.version).map_err(Error::internal)?;
    Ok(SealedCredential {
        server_id: ServerId(row.server_id),
        upstream_origin: row.upstream_origin,
        headers_sealed: row.headers_sealed,
        mark: CredentialMark { version, set_at: row.set_at },
    })
}
