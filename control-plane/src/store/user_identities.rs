//! Who people are at identity providers.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::entity::user;
use super::entity::user_identity::{ActiveModel, Column, Entity, Model};
use super::users::to_user;
use super::{TenantStore, conflict_or, db_error};
use crate::domain::identity::UserIdentity;
use crate::domain::ids::{IdentityProviderId, UserId, UserIdentityId};
use crate::domain::tenancy::User;
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_user_identity(&self, identity: &UserIdentity) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(identity.id.0),
            user_id: Set(identity.user_id.0),
            provider_id: Set(identity.provider_id.0),
            issuer: Set(identity.issuer.clone()),
            subject: Set(identity.subject.clone()),
            created_at: Set(identity.created_at),
            last_used_at: Set(identity.last_used_at),
        };
        let bound =
            |error| conflict_or(error, "identity.bound", "this account of the identity provider is bound already");
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(bound)?;
        Ok(())
    }

    /// The only way from a sign-in to a person.
    pub async fn find_user_identity(
        &self,
        provider_id: IdentityProviderId,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<UserIdentity>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ProviderId.eq(provider_id.0))
            .filter(Column::Issuer.eq(issuer))
            .filter(Column::Subject.eq(subject))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_identity))
    }

    /// By the name that SCIM gave.
    pub async fn find_user_by_external_id(&self, external_id: &str) -> Result<Option<User>> {
        let row = user::Entity::find()
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(user::Column::ExternalId.eq(external_id))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(to_user).transpose()
    }

    pub async fn list_user_identities(&self, user_id: UserId) -> Result<Vec<UserIdentity>> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .order_by_asc(Column::CreatedAt)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().map(to_identity).collect())
    }

    pub async fn count_identities_of_provider(&self, provider_id: IdentityProviderId) -> Result<u64> {
        Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ProviderId.eq(provider_id.0))
            .count(&self.tx)
            .await
            .map_err(db_error)
    }

    /// Notes that it was signed in with.
    pub async fn touch_user_identity(&self, id: UserIdentityId) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "identity" }) }
    }

    /// Whether the person had it.
    pub async fn delete_user_identity(&self, user_id: UserId, id: UserIdentityId) -> Result<bool> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }
}

fn to_identity(row: Model) -> UserIdentity {
    UserIdentity {
        id: UserIdentityId(row.id),
        user_id: UserId(row.user_id),
        provider_id: IdentityProviderId(row.provider_id),
        issuer: row.issuer,
        subject: row.subject,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    }
}
