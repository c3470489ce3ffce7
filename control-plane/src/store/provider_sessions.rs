//! Browser sessions that rest on a session at an identity provider.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::entity::browser_session::{Column, Entity};
use super::{TenantStore, db_error};
use crate::domain::ids::{IdentityProviderId, SessionId, UserId};
use crate::domain::session::ProviderSession;
use crate::domain::{Error, Result};

impl TenantStore {
    /// Notes which sign-in at a provider a session rests on.
    pub async fn put_provider_session(&self, id: SessionId, at_provider: &ProviderSession) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::ProviderId, Expr::value(at_provider.provider_id.0))
            .col_expr(Column::ProviderSid, Expr::value(at_provider.sid.clone()))
            .col_expr(Column::IdTokenSealed, Expr::value(at_provider.id_token_sealed.clone()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "session" }) }
    }

    pub async fn find_provider_session(&self, id: SessionId) -> Result<Option<ProviderSession>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        let session = row.and_then(|row| {
            let provider_id = IdentityProviderId(row.provider_id?);
            Some(ProviderSession { provider_id, sid: row.provider_sid, id_token_sealed: row.id_token_sealed })
        });
        Ok(session)
    }

    /// Ends sessions that rest on a provider: all of them, or those of one person, or those of one session there.
    /// Answers which.
    pub async fn revoke_provider_sessions(
        &self,
        provider_id: IdentityProviderId,
        user_id: Option<UserId>,
        sid: Option<&str>,
    ) -> Result<Vec<SessionId>> {
        let mut query = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ProviderId.eq(provider_id.0))
            .filter(Column::RevokedAt.is_null());
        if let Some(user_id) = user_id {
            query = query.filter(Column::UserId.eq(user_id.0));
        }
        if let Some(sid) = sid {
            query = query.filter(Column::ProviderSid.eq(sid));
        }
        let rows = query.exec_with_returning(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().map(|row| SessionId(row.id)).collect())
    }
}
