//! Passwords of local accounts, hashed.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::entity::local_credential::{ActiveModel, Column, Entity};
use super::{TenantStore, db_error};
use crate::domain::Result;
use crate::domain::ids::UserId;

impl TenantStore {
    pub async fn find_password_hash(&self, user_id: UserId) -> Result<Option<String>> {
        let row = Entity::find_by_id((self.tenant_id.0, user_id.0)).one(&self.tx).await.map_err(db_error)?;
        Ok(row.map(|row| row.password_hash))
    }

    /// Sets or replaces a person's password.
    pub async fn put_password_hash(&self, user_id: UserId, password_hash: &str) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            user_id: Set(user_id.0),
            password_hash: Set(password_hash.to_owned()),
            updated_at: Set(self.now()),
        };
        let replace = OnConflict::columns([Column::TenantId, Column::UserId])
            .update_columns([Column::PasswordHash, Column::UpdatedAt])
            .to_owned();
        Entity::insert(row).on_conflict(replace).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }
}
