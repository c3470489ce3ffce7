//! Memberships in groups that an identity provider gave by its claims.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::group_member::{Column, Entity};
use super::{TenantStore, db_error};
use crate::domain::ids::{GroupId, IdentityProviderId, UserId};
use crate::domain::{Error, Result};

impl TenantStore {
    /// The groups of a person that the provider gave.
    pub async fn list_given_groups(&self, user_id: UserId, provider_id: IdentityProviderId) -> Result<Vec<GroupId>> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .filter(Column::GivenBy.eq(provider_id.0))
            .order_by_asc(Column::GroupId)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().map(|row| GroupId(row.group_id)).collect())
    }

    /// Everybody to whom the provider gave a group, by group.
    pub async fn list_given_memberships(&self, provider_id: IdentityProviderId) -> Result<Vec<(GroupId, Vec<UserId>)>> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::GivenBy.eq(provider_id.0))
            .order_by_asc(Column::GroupId)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let mut groups: Vec<(GroupId, Vec<UserId>)> = Vec::new();
        for row in rows {
            match groups.last_mut() {
                Some((group, people)) if group.0 == row.group_id => people.push(UserId(row.user_id)),
                _ => groups.push((GroupId(row.group_id), vec![UserId(row.user_id)])),
            }
        }
        Ok(groups)
    }

    /// Notes that the provider gave a membership.
    pub async fn mark_group_member_given(
        &self,
        group_id: GroupId,
        user_id: UserId,
        provider_id: IdentityProviderId,
    ) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::GivenBy, Expr::value(provider_id.0))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::GroupId.eq(group_id.0))
            .filter(Column::UserId.eq(user_id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "group member" }) }
    }
}
