//! People of a tenant.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::entity::user;
use super::{TenantStore, db_error, unreadable};
use crate::domain::access::TenantRole;
use crate::domain::ids::UserId;
use crate::domain::tenancy::{User, UserStatus};
use crate::domain::{Error, Result};

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
}

fn to_user(row: user::Model) -> Result<User> {
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
        status,
        epoch: u64::try_from(row.epoch).map_err(Error::internal)?,
        created_at: row.created_at,
    })
}
