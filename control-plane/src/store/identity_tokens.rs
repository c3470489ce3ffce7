//! Tokens of people at identity providers: one set for each person and provider.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::entity::identity_token::{ActiveModel, Column, Entity, Model};
use super::entity::user;
use super::{ResourceKind, TenantStore, db_error};
use crate::domain::identity::IdentityTokens;
use crate::domain::ids::{IdentityProviderId, UserId};
use crate::domain::principal::PrincipalId;
use crate::domain::{Error, Result};

impl TenantStore {
    /// Puts a set in place of what was there. The row's id is what it is sealed for.
    pub async fn put_identity_tokens(&self, id: Uuid, tokens: &IdentityTokens) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            user_id: Set(tokens.user_id.0),
            provider_id: Set(tokens.provider_id.0),
            id: Set(id),
            tokens_sealed: Set(tokens.tokens_sealed.clone()),
            version: Set(i64::try_from(tokens.version).map_err(Error::internal)?),
            expires_at: Set(tokens.expires_at),
            refresh_claimed_until: Set(None),
            set_at: Set(self.now()),
        };
        let changed = [
            Column::Id,
            Column::TokensSealed,
            Column::Version,
            Column::ExpiresAt,
            Column::RefreshClaimedUntil,
            Column::SetAt,
        ];
        let replace = OnConflict::columns([Column::TenantId, Column::UserId, Column::ProviderId])
            .update_columns(changed)
            .to_owned();
        Entity::insert(row).on_conflict(replace).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Those of a person at this provider, or else at the one they were set by last.
    pub async fn find_identity_tokens(
        &self,
        of: UserId,
        at: Option<IdentityProviderId>,
    ) -> Result<Option<IdentityTokens>> {
        let mut query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).filter(Column::UserId.eq(of.0));
        if let Some(at) = at {
            query = query.filter(Column::ProviderId.eq(at.0));
        }
        let row = query.order_by_desc(Column::SetAt).one(&self.tx).await.map_err(db_error)?;
        row.map(to_tokens).transpose()
    }

    /// Takes the renewal of this very version for oneself until `until`; false if another has it, or it is done.
    pub async fn claim_identity_tokens(&self, tokens: &IdentityTokens, until: DateTime<Utc>) -> Result<bool> {
        let version = i64::try_from(tokens.version).map_err(Error::internal)?;
        let is_free = Column::RefreshClaimedUntil.is_null().or(Column::RefreshClaimedUntil.lte(self.now()));
        let done = Entity::update_many()
            .col_expr(Column::RefreshClaimedUntil, Expr::value(until))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(tokens.id))
            .filter(Column::Version.eq(version))
            .filter(is_free)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Gives the renewal back: to others from `from` on.
    pub async fn release_identity_tokens(&self, tokens: &IdentityTokens, from: DateTime<Utc>) -> Result<bool> {
        let done = Entity::update_many()
            .col_expr(Column::RefreshClaimedUntil, Expr::value(from))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(tokens.id))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Forgets those of a person, at one provider or at all, and makes nodes let go of what came of them.
    pub async fn delete_identity_tokens(&self, of: UserId, at: Option<IdentityProviderId>) -> Result<u64> {
        let mut query =
            Entity::delete_many().filter(Column::TenantId.eq(self.tenant_id.0)).filter(Column::UserId.eq(of.0));
        if let Some(at) = at {
            query = query.filter(Column::ProviderId.eq(at.0));
        }
        let count = query.exec(&self.tx).await.map_err(db_error)?.rows_affected;
        if count > 0 {
            self.void_leases_of(PrincipalId::User(of)).await?;
        }
        Ok(count)
    }

    /// Forgets those of a whole provider, and makes nodes let go of what came of them.
    pub async fn delete_identity_tokens_at(&self, at: IdentityProviderId) -> Result<u64> {
        let there = || Column::TenantId.eq(self.tenant_id.0).and(Column::ProviderId.eq(at.0));
        let people: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::UserId)
            .filter(there())
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let whose = Query::select().column(Column::UserId).from(Entity).and_where(there()).take();
        user::Entity::update_many()
            .col_expr(user::Column::CredentialsVersion, Expr::col(user::Column::CredentialsVersion).add(1))
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(user::Column::Id.in_subquery(whose))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        people.into_iter().for_each(|id| self.changed(ResourceKind::Principal, id));
        Ok(Entity::delete_many().filter(there()).exec(&self.tx).await.map_err(db_error)?.rows_affected)
    }
}

fn to_tokens(row: Model) -> Result<IdentityTokens> {
    Ok(IdentityTokens {
        id: row.id,
        user_id: UserId(row.user_id),
        provider_id: IdentityProviderId(row.provider_id),
        tokens_sealed: row.tokens_sealed,
        version: u64::try_from(row.version).map_err(Error::internal)?,
        expires_at: row.expires_at,
    })
}
