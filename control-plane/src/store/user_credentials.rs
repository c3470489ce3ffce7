//! Credentials of people and service accounts for servers, sealed before they come here.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::entity::user_credential::{ActiveModel, Column, Entity, Model};
use super::entity::{service_account, user};
use super::{ResourceKind, TenantStore, db_error, newest_first, unreadable};
use crate::domain::credential::{AccountKind, CredentialMark, UserCredential};
use crate::domain::ids::{ServerId, ServiceAccountId, UserCredentialId, UserId};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_user_credential(&self, credential: &UserCredential) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(credential.id.0),
            user_id: Set(credential.owner.user().map(|id| id.0)),
            service_account_id: Set(credential.owner.service_account().map(|id| id.0)),
            server_id: Set(credential.server_id.0),
            kind: Set(credential.kind.as_str().to_owned()),
            upstream_origin: Set(credential.upstream_origin.clone()),
            values_sealed: Set(credential.values_sealed.clone()),
            version: Set(i64::try_from(credential.mark.version).map_err(Error::internal)?),
            set_by: Set(credential.set_by.map(|id| id.0)),
            created_at: Set(credential.created_at),
            set_at: Set(credential.mark.set_at),
            expires_at: Set(credential.expires_at),
            refused_at: Set(credential.refused_at),
            refreshed_at: Set(credential.refreshed_at),
            refresh_claimed_until: Set(None),
            scope: Set(credential.scope.clone()),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Takes the renewal of this very version for oneself until `until`; false if another has it, or it is done.
    pub async fn claim_refresh(&self, id: UserCredentialId, version: u64, until: DateTime<Utc>) -> Result<bool> {
        let version = i64::try_from(version).map_err(Error::internal)?;
        let is_free = Column::RefreshClaimedUntil.is_null().or(Column::RefreshClaimedUntil.lte(self.now()));
        let done = Entity::update_many()
            .col_expr(Column::RefreshClaimedUntil, Expr::value(until))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .filter(Column::Version.eq(version))
            .filter(is_free)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Gives the renewal back: to others from `from` on.
    pub async fn release_refresh(&self, id: UserCredentialId, from: DateTime<Utc>) -> Result<bool> {
        let done = Entity::update_many()
            .col_expr(Column::RefreshClaimedUntil, Expr::value(from))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Writes what is presented, where to, and who set it. Whoever renewed it has done so.
    pub async fn update_user_credential(&self, credential: &UserCredential) -> Result<()> {
        let version = i64::try_from(credential.mark.version).map_err(Error::internal)?;
        let done = Entity::update_many()
            .col_expr(Column::UpstreamOrigin, Expr::value(credential.upstream_origin.clone()))
            .col_expr(Column::ValuesSealed, Expr::value(credential.values_sealed.clone()))
            .col_expr(Column::Version, Expr::value(version))
            .col_expr(Column::SetBy, Expr::value(credential.set_by.map(|id| id.0)))
            .col_expr(Column::SetAt, Expr::value(credential.mark.set_at))
            .col_expr(Column::Kind, Expr::value(credential.kind.as_str()))
            .col_expr(Column::ExpiresAt, Expr::value(credential.expires_at))
            .col_expr(Column::RefusedAt, Expr::value(credential.refused_at))
            .col_expr(Column::RefreshedAt, Expr::value(credential.refreshed_at))
            .col_expr(Column::RefreshClaimedUntil, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(Column::Scope, Expr::value(credential.scope.clone()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(credential.id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "credential" }) }
    }

    pub async fn find_user_credential(
        &self,
        server_id: ServerId,
        owner: PrincipalId,
    ) -> Result<Option<UserCredential>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.eq(server_id.0))
            .filter(of(owner))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(credential_of).transpose()
    }

    pub async fn get_user_credential(&self, server_id: ServerId, id: UserCredentialId) -> Result<UserCredential> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).filter(Column::ServerId.eq(server_id.0));
        let row = row.one(&self.tx).await.map_err(db_error)?.ok_or(Error::NotFound { what: "credential" })?;
        credential_of(row)
    }

    /// Whose credentials are stored for a server, newest first; of one principal only if one is named.
    pub async fn list_user_credentials(
        &self,
        server_id: ServerId,
        owner: Option<PrincipalId>,
        page: PageRequest<Created>,
    ) -> Result<Page<UserCredential>> {
        let mut query =
            Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).filter(Column::ServerId.eq(server_id.0));
        if let Some(owner) = owner {
            query = query.filter(of(owner));
        }
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let credentials = rows.into_iter().map(credential_of).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(credentials, page.limit, |one| Created { at: one.created_at, id: one.id.0 }))
    }

    /// All that one principal has stored; servers are few.
    pub async fn list_credentials_of(&self, owner: PrincipalId) -> Result<Vec<UserCredential>> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(of(owner))
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        rows.into_iter().map(credential_of).collect()
    }

    /// Whether there was one.
    pub async fn delete_user_credential(&self, id: UserCredentialId) -> Result<bool> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Everybody's for a server; answers whose they were.
    pub async fn delete_user_credentials_for(&self, server_id: ServerId) -> Result<Vec<PrincipalId>> {
        let rows = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.eq(server_id.0))
            .exec_with_returning(&self.tx)
            .await
            .map_err(db_error)?;
        rows.iter().map(owner_of).collect()
    }

    /// Those of people who were switched off before `before`; answers how many.
    pub async fn delete_credentials_of_leavers(&self, before: DateTime<Utc>) -> Result<u64> {
        let leavers = Query::select()
            .column(user::Column::Id)
            .from(user::Entity)
            .and_where(user::Column::TenantId.eq(self.tenant_id.0))
            .and_where(user::Column::DeactivatedAt.lt(before))
            .take();
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.in_subquery(leavers))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }

    /// Makes nodes let go of what they hold of somebody's credentials, with the commit; false if there is nobody.
    pub async fn void_leases_of(&self, owner: PrincipalId) -> Result<bool> {
        let done = match owner {
            PrincipalId::User(id) => {
                user::Entity::update_many()
                    .col_expr(user::Column::CredentialsVersion, Expr::col(user::Column::CredentialsVersion).add(1))
                    .filter(user::Column::TenantId.eq(self.tenant_id.0))
                    .filter(user::Column::Id.eq(id.0))
                    .exec(&self.tx)
                    .await
            }
            PrincipalId::ServiceAccount(id) => {
                let version = service_account::Column::CredentialsVersion;
                service_account::Entity::update_many()
                    .col_expr(version, Expr::col(version).add(1))
                    .filter(service_account::Column::TenantId.eq(self.tenant_id.0))
                    .filter(service_account::Column::Id.eq(id.0))
                    .exec(&self.tx)
                    .await
            }
        };
        let is_somebody = done.map_err(db_error)?.rows_affected == 1;
        if is_somebody {
            self.changed(ResourceKind::Principal, owner.uuid());
        }
        Ok(is_somebody)
    }
}

fn of(owner: PrincipalId) -> SimpleExpr {
    match owner {
        PrincipalId::User(id) => Column::UserId.eq(id.0),
        PrincipalId::ServiceAccount(id) => Column::ServiceAccountId.eq(id.0),
    }
}

fn owner_of(row: &Model) -> Result<PrincipalId> {
    let both: (Option<Uuid>, Option<Uuid>) = (row.user_id, row.service_account_id);
    match both {
        (Some(id), None) => Ok(UserId(id).into()),
        (None, Some(id)) => Ok(ServiceAccountId(id).into()),
        _ => Err(Error::internal("a stored credential has no one owner")),
    }
}

fn credential_of(row: Model) -> Result<UserCredential> {
    let owner = owner_of(&row)?;
    let version = u64::try_from(row.version).map_err(Error::internal)?;
    Ok(UserCredential {
        id: UserCredentialId(row.id),
        owner,
        server_id: ServerId(row.server_id),
        kind: AccountKind::parse(&row.kind).ok_or_else(|| unreadable("user_credentials", "kind"))?,
        upstream_origin: row.upstream_origin,
        values_sealed: row.values_sealed,
        mark: CredentialMark { version, set_at: row.set_at },
        set_by: row.set_by.map(UserId),
        created_at: row.created_at,
        expires_at: row.expires_at,
        refused_at: row.refused_at,
        refreshed_at: row.refreshed_at,
        scope: row.scope,
    })
}
