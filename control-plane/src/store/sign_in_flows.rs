//! Sign-ins on their way through a provider, and statements of providers that were honoured.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::entity::honoured_statement;
use super::entity::sign_in_flow::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error};
use crate::domain::Result;
use crate::domain::identity::SignInFlow;
use crate::domain::ids::{AuthorizationRequestId, IdentityProviderId, InvitationId};

impl TenantStore {
    pub async fn insert_sign_in_flow(&self, flow: &SignInFlow) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(flow.id),
            provider_id: Set(flow.provider_id.0),
            state_sha256: Set(flow.state_sha256.clone()),
            browser_sha256: Set(flow.browser_sha256.clone()),
            secrets_sealed: Set(flow.secrets_sealed.clone()),
            request_id: Set(flow.request_id.map(|id| id.0)),
            invitation_id: Set(flow.invitation_id.map(|id| id.0)),
            created_at: Set(flow.created_at),
            expires_at: Set(flow.expires_at),
            used_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// One that no answer has used.
    pub async fn find_sign_in_flow(&self, id: Uuid) -> Result<Option<SignInFlow>> {
        let row = Entity::find_by_id((self.tenant_id.0, id))
            .filter(Column::UsedAt.is_null())
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_flow))
    }

    /// The same by the state of an answer.
    pub async fn find_sign_in_flow_by_state(&self, state_sha256: [u8; 32]) -> Result<Option<SignInFlow>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::StateSha256.eq(state_sha256.to_vec()))
            .filter(Column::UsedAt.is_null())
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_flow))
    }

    /// Uses a flow up; of two answers at once, one gets true.
    pub async fn use_sign_in_flow(&self, id: Uuid) -> Result<bool> {
        let done = Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id))
            .filter(Column::UsedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Forgets flows and statements that ended before `before`; answers how many.
    pub async fn delete_ended_sign_ins(&self, before: DateTime<Utc>) -> Result<u64> {
        let flows = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ExpiresAt.lt(before))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        let tokens = honoured_statement::Entity::delete_many()
            .filter(honoured_statement::Column::TenantId.eq(self.tenant_id.0))
            .filter(honoured_statement::Column::ExpiresAt.lt(before))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(flows.rows_affected + tokens.rows_affected)
    }

    /// Remembers a statement of a provider until it is too old to be accepted; false if it is known.
    pub async fn remember_statement(
        &self,
        provider_id: IdentityProviderId,
        sha256: [u8; 32],
        expires_at: DateTime<Utc>,
    ) -> Result<bool> {
        let row = honoured_statement::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            provider_id: Set(provider_id.0),
            sha256: Set(sha256.to_vec()),
            expires_at: Set(expires_at),
        };
        let key = [
            honoured_statement::Column::TenantId,
            honoured_statement::Column::ProviderId,
            honoured_statement::Column::Sha256,
        ];
        let keep = OnConflict::columns(key).do_nothing().to_owned();
        let done = honoured_statement::Entity::insert(row).on_conflict(keep).exec_without_returning(&self.tx).await;
        Ok(done.map_err(db_error)? == 1)
    }
}

fn to_flow(row: Model) -> SignInFlow {
    SignInFlow {
        id: row.id,
        provider_id: IdentityProviderId(row.provider_id),
        state_sha256: row.state_sha256,
        browser_sha256: row.browser_sha256,
        secrets_sealed: row.secrets_sealed,
        request_id: row.request_id.map(AuthorizationRequestId),
        invitation_id: row.invitation_id.map(InvitationId),
        created_at: row.created_at,
        expires_at: row.expires_at,
    }
}
