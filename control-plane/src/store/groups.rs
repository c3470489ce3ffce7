//! Groups and who is in them. Memberships are read and written in sets: a group may have ten thousand people.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Expr, LockType, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use uuid::Uuid;

use super::entity::{group, group_member, user};
use super::users::contains;
use super::{TenantStore, conflict_or, db_error, newest_first, unreadable};
use crate::domain::access::TenantRole;
use crate::domain::ids::{GroupId, UserId};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::{Group, GroupSource};
use crate::domain::{Error, Result};

const NAME_TAKEN: &str = "a group of this name exists already";
/// Ids in one statement: both databases bound the number of values.
const IDS_PER_STATEMENT: usize = 5_000;

impl TenantStore {
    pub async fn find_group(&self, id: GroupId) -> Result<Option<Group>> {
        let row = group::Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(to_group).transpose()
    }

    pub async fn get_group(&self, id: GroupId) -> Result<Group> {
        self.find_group(id).await?.ok_or(Error::NotFound { what: "group" })
    }

    /// The group as committed now, locked to the end of the transaction: two changes of its members follow each other.
    pub async fn lock_group(&self, id: GroupId) -> Result<Option<Group>> {
        let mut query = group::Entity::find_by_id((self.tenant_id.0, id.0));
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            query = query.lock(LockType::Update);
        }
        query.one(&self.tx).await.map_err(db_error)?.map(to_group).transpose()
    }

    /// By its name in any case.
    pub async fn find_group_by_name(&self, name: &str) -> Result<Option<Group>> {
        let row = group::Entity::find()
            .filter(group::Column::TenantId.eq(self.tenant_id.0))
            .filter(group::Column::NameKey.eq(name.to_lowercase()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(to_group).transpose()
    }

    /// Groups whose name contains `text`, newest first.
    pub async fn list_groups(&self, text: &str, page: PageRequest<Created>) -> Result<Page<Group>> {
        let query = group::Entity::find()
            .filter(group::Column::TenantId.eq(self.tenant_id.0))
            .filter(contains(text, [group::Column::DisplayName]));
        let rows = newest_first(query, page, group::Column::CreatedAt, group::Column::Id, &self.tx).await?;
        let groups = rows.into_iter().map(to_group).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(groups, page.limit, |group| Created { at: group.created_at, id: group.id.0 }))
    }

    /// The groups a person is in, by name.
    pub async fn list_groups_of(&self, user_id: UserId) -> Result<Vec<Group>> {
        let of_user = self.memberships(Condition::all().add(group_member::Column::UserId.eq(user_id.0)));
        let ids = of_user.all(&self.tx).await.map_err(db_error)?.into_iter().map(|row| row.group_id);
        let rows = group::Entity::find()
            .filter(group::Column::TenantId.eq(self.tenant_id.0))
            .filter(group::Column::Id.is_in(ids))
            .order_by_asc(group::Column::NameKey)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        rows.into_iter().map(to_group).collect()
    }

    pub async fn insert_group(&self, group: &Group) -> Result<()> {
        let row = group::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(group.id.0),
            display_name: Set(group.display_name.clone()),
            created_at: Set(group.created_at),
            updated_at: Set(group.updated_at),
            source: Set(group.source.as_str().to_owned()),
            external_id: Set(group.external_id.clone()),
            tenant_role: Set(group.tenant_role.map(|role| role.as_str().to_owned())),
            name_key: Set(group.display_name.to_lowercase()),
        };
        let taken = |error| conflict_or(error, "group.name_taken", NAME_TAKEN);
        group::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(taken)?;
        Ok(())
    }

    /// Writes name, origin and tenant role.
    pub async fn update_group(&self, group: &Group) -> Result<()> {
        let done = group::Entity::update_many()
            .col_expr(group::Column::DisplayName, Expr::value(group.display_name.clone()))
            .col_expr(group::Column::NameKey, Expr::value(group.display_name.to_lowercase()))
            .col_expr(group::Column::Source, Expr::value(group.source.as_str()))
            .col_expr(group::Column::ExternalId, Expr::value(group.external_id.clone()))
            .col_expr(group::Column::TenantRole, Expr::value(group.tenant_role.map(TenantRole::as_str)))
            .col_expr(group::Column::UpdatedAt, Expr::value(self.now()))
            .filter(group::Column::TenantId.eq(self.tenant_id.0))
            .filter(group::Column::Id.eq(group.id.0))
            .exec(&self.tx)
            .await
            .map_err(|error| conflict_or(error, "group.name_taken", NAME_TAKEN))?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "group" }) }
    }

    /// Removes a group with its memberships and grants.
    pub async fn delete_group(&self, id: GroupId) -> Result<()> {
        let done = group::Entity::delete_by_id((self.tenant_id.0, id.0)).exec(&self.tx).await.map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "group" }) }
    }

    /// Everybody in a group.
    pub async fn list_group_member_ids(&self, id: GroupId) -> Result<Vec<UserId>> {
        let of_group = self.memberships(Condition::all().add(group_member::Column::GroupId.eq(id.0)));
        let rows = of_group.order_by_asc(group_member::Column::UserId).all(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().map(|row| UserId(row.user_id)).collect())
    }

    /// How many people are in each of these groups; a group without any is left out.
    pub async fn count_group_members(&self, ids: &[GroupId]) -> Result<HashMap<GroupId, u64>> {
        let counts: Vec<(Uuid, i64)> = group_member::Entity::find()
            .select_only()
            .column(group_member::Column::GroupId)
            .column_as(group_member::Column::UserId.count(), "members")
            .filter(group_member::Column::TenantId.eq(self.tenant_id.0))
            .filter(group_member::Column::GroupId.is_in(ids.iter().map(|id| id.0)))
            .group_by(group_member::Column::GroupId)
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let count = |(id, count)| Ok((GroupId(id), u64::try_from(count).map_err(Error::internal)?));
        counts.into_iter().map(count).collect()
    }

    /// Puts people into a group and answers who was not in it before. Lock the group first. Somebody who is no person of
    /// the tenant is refused.
    pub async fn add_group_members(&self, id: GroupId, people: &[UserId]) -> Result<Vec<UserId>> {
        let mut added = Vec::new();
        for people in people.chunks(IDS_PER_STATEMENT) {
            let present: HashSet<UserId> = self.members_among(id, people).await?.into_iter().collect();
            let mut absent: Vec<UserId> = people.iter().copied().filter(|person| !present.contains(person)).collect();
            absent.sort_unstable();
            absent.dedup();
            if absent.is_empty() {
                continue;
            }
            if self.count_users_among(&absent).await? != absent.len() as u64 {
                return Err(Error::invalid("group.unknown_member", "members", "must all be people of this tenant"));
            }
            let rows = absent.iter().map(|person| group_member::ActiveModel {
                tenant_id: Set(self.tenant_id.0),
                group_id: Set(id.0),
                user_id: Set(person.0),
                given_by: Set(None),
            });
            group_member::Entity::insert_many(rows)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&self.tx)
                .await
                .map_err(db_error)?;
            added.append(&mut absent);
        }
        Ok(added)
    }

    /// Takes people out of a group and answers who was in it. Lock the group first.
    pub async fn remove_group_members(&self, id: GroupId, people: &[UserId]) -> Result<Vec<UserId>> {
        let mut removed = Vec::new();
        for people in people.chunks(IDS_PER_STATEMENT) {
            let mut present = self.members_among(id, people).await?;
            group_member::Entity::delete_many()
                .filter(group_member::Column::TenantId.eq(self.tenant_id.0))
                .filter(group_member::Column::GroupId.eq(id.0))
                .filter(group_member::Column::UserId.is_in(present.iter().map(|person| person.0)))
                .exec(&self.tx)
                .await
                .map_err(db_error)?;
            removed.append(&mut present);
        }
        Ok(removed)
    }

    /// Writes what each of these people may do: the highest of what was given by hand and of what their groups give.
    pub async fn settle_roles(&self, people: &[UserId]) -> Result<()> {
        for people in people.chunks(IDS_PER_STATEMENT) {
            let ids: Vec<_> = (2..people.len() + 2).map(|number| format!("${number}")).collect();
            let sql = SETTLE.replace("{people}", &ids.join(", "));
            let values = std::iter::once(self.tenant_id.0.into()).chain(people.iter().map(|person| person.0.into()));
            let statement = Statement::from_sql_and_values(self.tx.get_database_backend(), sql, values);
            self.tx.execute_raw(statement).await.map_err(db_error)?;
        }
        Ok(())
    }

    fn memberships(&self, which: Condition) -> sea_orm::Select<group_member::Entity> {
        group_member::Entity::find().filter(group_member::Column::TenantId.eq(self.tenant_id.0)).filter(which)
    }

    async fn members_among(&self, id: GroupId, people: &[UserId]) -> Result<Vec<UserId>> {
        let among = Condition::all()
            .add(group_member::Column::GroupId.eq(id.0))
            .add(group_member::Column::UserId.is_in(people.iter().map(|person| person.0)));
        let rows = self.memberships(among).all(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().map(|row| UserId(row.user_id)).collect())
    }

    async fn count_users_among(&self, people: &[UserId]) -> Result<u64> {
        use sea_orm::PaginatorTrait as _;
        user::Entity::find()
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(user::Column::Id.is_in(people.iter().map(|person| person.0)))
            .count(&self.tx)
            .await
            .map_err(db_error)
    }
}

/// `$1` is the tenant.
const SETTLE: &str = "
UPDATE users SET role = CASE
    WHEN assigned_role IN ('owner', 'admin') THEN assigned_role
    WHEN EXISTS (
        SELECT 1 FROM group_members m JOIN groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
        WHERE m.tenant_id = users.tenant_id AND m.user_id = users.id AND g.tenant_role = 'admin'
    ) THEN 'admin'
    WHEN assigned_role = 'auditor' OR EXISTS (
        SELECT 1 FROM group_members m JOIN groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
        WHERE m.tenant_id = users.tenant_id AND m.user_id = users.id AND g.tenant_role = 'auditor'
    ) THEN 'auditor'
    ELSE 'member'
END
WHERE tenant_id = $1 AND id IN ({people})";

pub(super) fn to_group(row: group::Model) -> Result<Group> {
    let role = |text: String| TenantRole::parse(&text).ok_or_else(|| unreadable("groups", "tenant_role"));
    Ok(Group {
        id: GroupId(row.id),
        display_name: row.display_name,
        source: GroupSource::parse(&row.source).ok_or_else(|| unreadable("groups", "source"))?,
        external_id: row.external_id,
        tenant_role: row.tenant_role.map(role).transpose()?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
