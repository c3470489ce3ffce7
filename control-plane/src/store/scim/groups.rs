//! Groups that an identity provider owns. Who is in them is read only where it is asked for.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait, Select,
};

use super::filter::{Narrowed, Translator};
use super::offset;
use super::users::ScimFound;
use crate::domain::ids::{GroupId, UserId};
use crate::domain::limits::SCIM_MEMBERS_SHOWN_MAX;
use crate::domain::scim::filter::Filter;
use crate::domain::scim::group::ScimGroup;
use crate::domain::scim::{Kind, Window};
use crate::domain::{Error, Result};
use crate::store::entity::{group, group_member, scim_group};
use crate::store::groups::to_group;
use crate::store::{TenantStore, db_error, unreadable};

impl TenantStore {
    pub async fn find_scim_group(&self, id: GroupId) -> Result<Option<ScimGroup>> {
        let query = self.scim_groups().filter(scim_group::Column::GroupId.eq(id.0));
        let row = query.select_also(group::Entity).one(&self.tx).await.map_err(db_error)?;
        row.map(to_scim_group).transpose()
    }

    /// Groups in the order in which they came; only columns answer a filter.
    pub async fn list_scim_groups(&self, filter: Option<&Filter>, window: Window) -> Result<ScimFound<ScimGroup>> {
        let backend = self.tx.get_database_backend();
        let translator = Translator { kind: Kind::Group, backend, tenant_id: self.tenant_id.0 };
        let narrowed = filter.map(|filter| translator.narrow(filter));
        let Narrowed { condition, exact } = narrowed.unwrap_or(Narrowed { condition: Condition::all(), exact: true });
        if !exact {
            return Ok(ScimFound { total: 0, items: Vec::new(), answered: false });
        }
        let query = self.scim_groups().filter(condition);
        let total = query.clone().count(&self.tx).await.map_err(db_error)?;
        if window.count == 0 || offset(window) >= total {
            return Ok(ScimFound { total, items: Vec::new(), answered: true });
        }
        let rows = query
            .select_also(group::Entity)
            .order_by_asc(scim_group::Column::GroupId)
            .offset(offset(window))
            .limit(window.count)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let items = rows.into_iter().map(to_scim_group).collect::<Result<Vec<_>>>()?;
        Ok(ScimFound { total, items, answered: true })
    }

    /// Who is in these groups: all, or one more than an answer may hold.
    pub async fn list_scim_members(&self, groups: &[GroupId]) -> Result<Vec<(GroupId, UserId)>> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<(uuid::Uuid, uuid::Uuid)> = group_member::Entity::find()
            .select_only()
            .column(group_member::Column::GroupId)
            .column(group_member::Column::UserId)
            .filter(group_member::Column::TenantId.eq(self.tenant_id.0))
            .filter(group_member::Column::GroupId.is_in(groups.iter().map(|group| group.0)))
            .order_by_asc(group_member::Column::GroupId)
            .order_by_asc(group_member::Column::UserId)
            .limit(SCIM_MEMBERS_SHOWN_MAX + 1)
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().map(|(group, user)| (GroupId(group), UserId(user))).collect())
    }

    pub async fn insert_scim_group(&self, id: GroupId, at: DateTime<Utc>) -> Result<()> {
        let row = scim_group::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            group_id: Set(id.0),
            version: Set(1),
            updated_at: Set(at),
        };
        scim_group::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// The group, its name or its members have changed: its version goes on.
    pub async fn touch_scim_group(&self, id: GroupId, at: DateTime<Utc>) -> Result<()> {
        let of_one = Condition::all().add(scim_group::Column::GroupId.eq(id.0));
        if self.touch_scim_groups(of_one, at).await? == 1 { Ok(()) } else { Err(Error::NotFound { what: "group" }) }
    }

    /// The same for every group that a person is in.
    pub async fn touch_scim_groups_of(&self, person: UserId) -> Result<u64> {
        let groups = group_member::Entity::find()
            .select_only()
            .column(group_member::Column::GroupId)
            .filter(group_member::Column::TenantId.eq(self.tenant_id.0))
            .filter(group_member::Column::UserId.eq(person.0));
        let of_person = scim_group::Column::GroupId.in_subquery(sea_orm::QueryTrait::into_query(groups));
        self.touch_scim_groups(Condition::all().add(of_person), self.now()).await
    }

    async fn touch_scim_groups(&self, which: Condition, at: DateTime<Utc>) -> Result<u64> {
        let done = scim_group::Entity::update_many()
            .col_expr(scim_group::Column::Version, Expr::col(scim_group::Column::Version).add(1))
            .col_expr(scim_group::Column::UpdatedAt, Expr::value(at))
            .filter(scim_group::Column::TenantId.eq(self.tenant_id.0))
            .filter(which)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }

    /// How many groups an identity provider owns.
    pub async fn count_scim_groups(&self) -> Result<u64> {
        self.scim_groups().count(&self.tx).await.map_err(db_error)
    }

    fn scim_groups(&self) -> Select<scim_group::Entity> {
        scim_group::Entity::find()
            .join(JoinType::InnerJoin, scim_group::Relation::Group.def())
            .filter(scim_group::Column::TenantId.eq(self.tenant_id.0))
    }
}

fn to_scim_group((row, of): (scim_group::Model, Option<group::Model>)) -> Result<ScimGroup> {
    let of = of.ok_or_else(|| unreadable("scim_groups", "group_id"))?;
    Ok(ScimGroup { group: to_group(of)?, version: row.version, updated_at: row.updated_at })
}
