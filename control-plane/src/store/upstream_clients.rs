//! Under what names providers of servers know us, and authorizations on their way.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::entity::account_flow;
use super::entity::upstream_client::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error};
use crate::domain::Result;
use crate::domain::ids::{AuthorizationRequestId, ServerId, UserId};
use crate::domain::upstream_oauth::AccountFlow;

/// A client of ours, with its secret sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamClientRow {
    pub id: Uuid,
    /// Of one that registered itself.
    pub issuer: Option<String>,
    /// Of one that somebody registered by hand.
    pub server_id: Option<ServerId>,
    pub client_id: String,
    pub secret_sealed: Option<Vec<u8>>,
}

impl std::fmt::Debug for UpstreamClientRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpstreamClientRow").field("id", &self.id).finish_non_exhaustive()
    }
}

impl TenantStore {
    /// False if there is one for the issuer or the server already.
    pub async fn insert_upstream_client(&self, client: &UpstreamClientRow) -> Result<bool> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(client.id),
            issuer: Set(client.issuer.clone()),
            server_id: Set(client.server_id.map(|id| id.0)),
            client_id: Set(client.client_id.clone()),
            secret_sealed: Set(client.secret_sealed.clone()),
            created_at: Set(self.now()),
        };
        let keep = OnConflict::new().do_nothing().to_owned();
        let done = Entity::insert(row).on_conflict(keep).exec_without_returning(&self.tx).await;
        Ok(done.map_err(db_error)? == 1)
    }

    pub async fn find_upstream_client_at(&self, issuer: &str) -> Result<Option<UpstreamClientRow>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Issuer.eq(issuer))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_client))
    }

    pub async fn find_upstream_client_of(&self, server_id: ServerId) -> Result<Option<UpstreamClientRow>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.eq(server_id.0))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_client))
    }

    /// Whether the provider knew us by this name.
    pub async fn delete_upstream_client_at(&self, issuer: &str, client_id: &str) -> Result<bool> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Issuer.eq(issuer))
            .filter(Column::ClientId.eq(client_id))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Whether there was one.
    pub async fn delete_upstream_client_of(&self, server_id: ServerId) -> Result<bool> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.eq(server_id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    pub async fn insert_account_flow(&self, flow: &AccountFlow) -> Result<()> {
        let row = account_flow::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(flow.id),
            user_id: Set(flow.user_id.0),
            server_id: Set(flow.server_id.0),
            state_sha256: Set(flow.state_sha256.clone()),
            secrets_sealed: Set(flow.secrets_sealed.clone()),
            request_id: Set(flow.request_id.map(|id| id.0)),
            created_at: Set(flow.created_at),
            expires_at: Set(flow.expires_at),
            used_at: Set(None),
        };
        account_flow::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// One that no answer has used.
    pub async fn find_account_flow(&self, id: Uuid) -> Result<Option<AccountFlow>> {
        let row = account_flow::Entity::find_by_id((self.tenant_id.0, id))
            .filter(account_flow::Column::UsedAt.is_null())
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_flow))
    }

    /// The same by the state of an answer.
    pub async fn find_account_flow_by_state(&self, state_sha256: [u8; 32]) -> Result<Option<AccountFlow>> {
        let row = account_flow::Entity::find()
            .filter(account_flow::Column::TenantId.eq(self.tenant_id.0))
            .filter(account_flow::Column::StateSha256.eq(state_sha256.to_vec()))
            .filter(account_flow::Column::UsedAt.is_null())
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_flow))
    }

    /// Uses a flow up; of two answers at once, one gets true.
    pub async fn use_account_flow(&self, id: Uuid) -> Result<bool> {
        let done = account_flow::Entity::update_many()
            .col_expr(account_flow::Column::UsedAt, Expr::value(self.now()))
            .filter(account_flow::Column::TenantId.eq(self.tenant_id.0))
            .filter(account_flow::Column::Id.eq(id))
            .filter(account_flow::Column::UsedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Forgets flows that ended before `before`; answers how many.
    pub async fn delete_ended_account_flows(&self, before: DateTime<Utc>) -> Result<u64> {
        let done = account_flow::Entity::delete_many()
            .filter(account_flow::Column::TenantId.eq(self.tenant_id.0))
            .filter(account_flow::Column::ExpiresAt.lt(before))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn to_client(row: Model) -> UpstreamClientRow {
    UpstreamClientRow {
        id: row.id,
        issuer: row.issuer,
        server_id: row.server_id.map(ServerId),
        client_id: row.client_id,
        secret_sealed: row.secret_sealed,
    }
}

fn to_flow(row: account_flow::Model) -> AccountFlow {
    AccountFlow {
        id: row.id,
        user_id: UserId(row.user_id),
        server_id: ServerId(row.server_id),
        state_sha256: row.state_sha256,
        secrets_sealed: row.secrets_sealed,
        request_id: row.request_id.map(AuthorizationRequestId),
        created_at: row.created_at,
        expires_at: row.expires_at,
    }
}
