//! Which servers virtual ones are made of.

use std::collections::HashMap;

use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::server_member::{ActiveModel, Column, Entity};
use super::entity::{server, server_grant};
use super::snapshot::server_of;
use super::{TenantStore, db_error};
use crate::domain::bundle::Member;
use crate::domain::ids::{ServerId, UserId};
use crate::domain::principal::PrincipalId;
use crate::domain::server::{Server, ServerKind, ServerStatus};
use crate::domain::{Error, Result};

impl TenantStore {
    /// Makes these the members of a virtual server, in this order, in place of all that it had.
    pub async fn replace_server_members(&self, id: ServerId, members: &[Member], by: Option<UserId>) -> Result<()> {
        Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::VirtualId.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        for (position, member) in (0_i64..).zip(members) {
            let row = ActiveModel {
                tenant_id: Set(self.tenant_id.0),
                virtual_id: Set(id.0),
                member_id: Set(member.server_id.0),
                position: Set(position),
                alias: Set(member.alias.clone()),
                offer: Set(serde_json::to_value(&member.offer).map_err(Error::internal)?),
                added_by: Set(by.map(|id| id.0)),
                created_at: Set(self.now()),
            };
            Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        }
        Ok(())
    }

    /// The members of each of these virtual servers, in order.
    pub async fn list_server_members(&self, ids: &[ServerId]) -> Result<HashMap<ServerId, Vec<Member>>> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::VirtualId.is_in(ids.iter().map(|id| id.0)))
            .order_by_asc(Column::Position)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let mut members: HashMap<ServerId, Vec<Member>> = HashMap::new();
        for row in rows {
            let offer = serde_json::from_value(row.offer).map_err(Error::internal)?;
            let member = Member { server_id: ServerId(row.member_id), alias: row.alias, offer };
            members.entry(ServerId(row.virtual_id)).or_default().push(member);
        }
        Ok(members)
    }

    /// Virtual servers that have this one as a member, by name.
    pub async fn list_server_uses(&self, member: ServerId) -> Result<Vec<Server>> {
        let rows = server::Entity::find()
            .filter(server::Column::TenantId.eq(self.tenant_id.0))
            .filter(server::Column::Status.ne(ServerStatus::Retired.as_str()))
            .filter(server::Column::Id.in_subquery(self.uses_of(member)))
            .order_by_asc(server::Column::DisplayName)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        rows.into_iter().map(server_of).collect()
    }

    /// Whether it was a member.
    pub async fn delete_server_member(&self, id: ServerId, member: ServerId) -> Result<bool> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::VirtualId.eq(id.0))
            .filter(Column::MemberId.eq(member.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Whether a principal may use a virtual server that has this one as a member.
    pub async fn may_use_as_member(&self, principal: PrincipalId, member: ServerId) -> Result<bool> {
        let granted: SelectStatement = Query::select()
            .column(server_grant::Column::ServerId)
            .from(server_grant::Entity)
            .cond_where(self.grants_of(principal))
            .take();
        let row = server::Entity::find()
            .filter(server::Column::TenantId.eq(self.tenant_id.0))
            .filter(server::Column::Status.eq(ServerStatus::Enabled.as_str()))
            .filter(server::Column::Kind.eq(ServerKind::Virtual.as_str()))
            .filter(server::Column::Id.in_subquery(self.uses_of(member)))
            .filter(server::Column::Id.in_subquery(granted))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.is_some())
    }

    fn uses_of(&self, member: ServerId) -> SelectStatement {
        Query::select()
            .column(Column::VirtualId)
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant_id.0))
            .and_where(Column::MemberId.eq(member.0))
            .take()
    }
}
