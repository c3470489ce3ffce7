//! People of a tenant.

use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef, LikeExpr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::{invitation, server, server_grant, shared_credential, user};
use super::{TenantStore, conflict_or, db_error, newest_first, unreadable};
use crate::domain::access::TenantRole;
use crate::domain::ids::UserId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::{User, UserFilter, UserSource, UserStatus};
use crate::domain::{Error, Result};

const NAME_TAKEN: &str = "a person of this user name or external id exists already";

impl TenantStore {
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>> {
        let row = user::Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(to_user).transpose()
    }

    pub async fn get_user(&self, id: UserId) -> Result<User> {
        self.find_user(id).await?.ok_or(Error::NotFound { what: "user" })
    }

    /// By the name in lower case.
    pub async fn find_user_by_name(&self, user_name: &str) -> Result<Option<User>> {
        let row = user::Entity::find()
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(user::Column::UserName.eq(user_name))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(to_user).transpose()
    }

    /// People, newest first.
    pub async fn list_users(&self, filter: &UserFilter, page: PageRequest<Created>) -> Result<Page<User>> {
        let mut query = user::Entity::find().filter(user::Column::TenantId.eq(self.tenant_id.0));
        if let Some(text) = &filter.text {
            query = query.filter(mentions(text));
        }
        if let Some(active) = filter.active {
            query = query.filter(user::Column::Status.eq(if active { "active" } else { "deactivated" }));
        }
        let rows = newest_first(query, page, user::Column::CreatedAt, user::Column::Id, &self.tx).await?;
        let users = rows.into_iter().map(to_user).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(users, page.limit, |user| Created { at: user.created_at, id: user.id.0 }))
    }

    /// The person as committed now, locked to the end of the transaction: what follows must not race a deactivation.
    pub async fn lock_user(&self, id: UserId) -> Result<Option<User>> {
        let mut query = user::Entity::find_by_id((self.tenant_id.0, id.0));
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            query = query.lock(LockType::Update);
        }
        query.one(&self.tx).await.map_err(db_error)?.map(to_user).transpose()
    }

    /// Active owners, locked to the end of the transaction: two owners that deactivate each other must not both succeed.
    pub async fn lock_active_owners(&self) -> Result<Vec<UserId>> {
        let mut query = user::Entity::find()
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(user::Column::Role.eq(TenantRole::Owner.as_str()))
            .filter(user::Column::Status.eq("active"))
            .order_by_asc(user::Column::Id);
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            query = query.lock(LockType::Update);
        }
        Ok(query.all(&self.tx).await.map_err(db_error)?.into_iter().map(|row| UserId(row.id)).collect())
    }

    pub async fn insert_user(&self, user: &User) -> Result<()> {
        let (status, deactivated_at) = status_columns(user.status);
        let row = user::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(user.id.0),
            user_name: Set(user.user_name.clone()),
            email: Set(user.email.clone()),
            display_name: Set(user.display_name.clone()),
            role: Set(user.role.as_str().to_owned()),
            status: Set(status.to_owned()),
            epoch: Set(i64::try_from(user.epoch).map_err(Error::internal)?),
            created_at: Set(user.created_at),
            updated_at: Set(self.now()),
            deactivated_at: Set(deactivated_at),
            assigned_role: Set(user.assigned_role.as_str().to_owned()),
            source: Set(user.source.as_str().to_owned()),
            external_id: Set(user.external_id.clone()),
            credentials_version: Set(0),
        };
        let taken = |error| conflict_or(error, "user.name_taken", NAME_TAKEN);
        user::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(taken)?;
        Ok(())
    }

    /// Writes names, address, roles, origin, status and epoch.
    pub async fn update_user(&self, user: &User) -> Result<()> {
        let (status, deactivated_at) = status_columns(user.status);
        let done = user::Entity::update_many()
            .col_expr(user::Column::UserName, Expr::value(user.user_name.clone()))
            .col_expr(user::Column::Email, Expr::value(user.email.clone()))
            .col_expr(user::Column::DisplayName, Expr::value(user.display_name.clone()))
            .col_expr(user::Column::Role, Expr::value(user.role.as_str()))
            .col_expr(user::Column::AssignedRole, Expr::value(user.assigned_role.as_str()))
            .col_expr(user::Column::Source, Expr::value(user.source.as_str()))
            .col_expr(user::Column::ExternalId, Expr::value(user.external_id.clone()))
            .col_expr(user::Column::Status, Expr::value(status))
            .col_expr(user::Column::DeactivatedAt, Expr::value(deactivated_at))
            .col_expr(user::Column::Epoch, Expr::value(i64::try_from(user.epoch).map_err(Error::internal)?))
            .col_expr(user::Column::UpdatedAt, Expr::value(self.now()))
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(user::Column::Id.eq(user.id.0))
            .exec(&self.tx)
            .await
            .map_err(|error| conflict_or(error, "user.name_taken", NAME_TAKEN))?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "user" }) }
    }
}

impl TenantStore {
    /// Removes a person with everything that is theirs; what they made for others stays and forgets who made it.
    pub async fn delete_user(&self, id: UserId) -> Result<()> {
        let (tenant, person) = (self.tenant_id.0, id.0);
        let nobody = || Expr::value(Option::<uuid::Uuid>::None);
        server::Entity::update_many()
            .col_expr(server::Column::CreatedBy, nobody())
            .filter(server::Column::TenantId.eq(tenant).and(server::Column::CreatedBy.eq(person)))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        server_grant::Entity::update_many()
            .col_expr(server_grant::Column::CreatedBy, nobody())
            .filter(server_grant::Column::TenantId.eq(tenant).and(server_grant::Column::CreatedBy.eq(person)))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        shared_credential::Entity::update_many()
            .col_expr(shared_credential::Column::SetBy, nobody())
            .filter(shared_credential::Column::TenantId.eq(tenant).and(shared_credential::Column::SetBy.eq(person)))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        for column in [invitation::Column::CreatedBy, invitation::Column::AcceptedUserId] {
            invitation::Entity::update_many()
                .col_expr(column, nobody())
                .filter(invitation::Column::TenantId.eq(tenant).and(column.eq(person)))
                .exec(&self.tx)
                .await
                .map_err(db_error)?;
        }
        let done = user::Entity::delete_by_id((tenant, person)).exec(&self.tx).await.map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "user" }) }
    }
}

/// The text is matched as it is: `%` and `_` are letters like others.
pub(super) fn mentions(text: &str) -> Condition {
    contains(text, [user::Column::UserName, user::Column::Email, user::Column::DisplayName])
}

/// Any of the columns contains the text, in either case; an empty text is in all.
pub(super) fn contains<C: IntoColumnRef, const N: usize>(text: &str, columns: [C; N]) -> Condition {
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    columns.into_iter().fold(Condition::any(), |any, column| {
        let like = LikeExpr::new(format!("%{escaped}%")).escape('\\');
        any.add(Expr::expr(Func::lower(Expr::col(column))).like(like))
    })
}

fn status_columns(status: UserStatus) -> (&'static str, Option<chrono::DateTime<chrono::Utc>>) {
    match status {
        UserStatus::Active => ("active", None),
        UserStatus::Deactivated { at } => ("deactivated", Some(at)),
    }
}

pub(super) fn to_user(row: user::Model) -> Result<User> {
    let status = match (row.status.as_str(), row.deactivated_at) {
        ("active", _) => UserStatus::Active,
        ("deactivated", Some(at)) => UserStatus::Deactivated { at },
        _ => return Err(unreadable("users", "status")),
    };
    Ok(User {
        id: UserId(row.id),
        user_name: row.user_name,
        email: row.email,
        display_name: row.display_name,
        role: TenantRole::parse(&row.role).ok_or_else(|| unreadable("users", "role"))?,
        assigned_role: TenantRole::parse(&row.assigned_role).ok_or_else(|| unreadable("users", "assigned_role"))?,
        source: UserSource::parse(&row.source).ok_or_else(|| unreadable("users", "source"))?,
        external_id: row.external_id,
        status,
        epoch: u64::try_from(row.epoch).map_err(Error::internal)?,
        created_at: row.created_at,
    })
}
