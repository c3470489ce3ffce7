//! People whom an identity provider owns.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait, Select,
};

use super::filter::{Narrowed, Translator};
use super::{advance, offset};
use crate::domain::ids::{GroupId, UserId};
use crate::domain::limits::{SCIM_SCAN_BATCH, SCIM_SCAN_MAX};
use crate::domain::scim::filter::Filter;
use crate::domain::scim::user::{ScimUser, UserFacts};
use crate::domain::scim::{Kind, Object, Window};
use crate::domain::{Error, Result};
use crate::store::entity::{group, group_member, scim_group, scim_user, scim_user_email, user};
use crate::store::users::to_user;
use crate::store::{TenantStore, db_error, unreadable};

/// Ids in one statement: both databases bound the number of values.
const IDS_PER_STATEMENT: usize = 5_000;

/// What a list found.
#[derive(Debug)]
pub struct ScimFound<T> {
    /// How many match.
    pub total: u64,
    /// Those of the window.
    pub items: Vec<T>,
    /// Otherwise the filter cannot be answered within bounds, and the rest says nothing.
    pub answered: bool,
}

impl TenantStore {
    pub async fn find_scim_user(&self, id: UserId) -> Result<Option<ScimUser>> {
        let query = self.scim_users().filter(scim_user::Column::UserId.eq(id.0));
        let row = query.select_also(user::Entity).one(&self.tx).await.map_err(db_error)?;
        row.map(to_scim_user).transpose()
    }

    /// People in the order in which they came. `keep` decides where no column does, for as many as may be looked
    /// at.
    pub async fn list_scim_users(
        &self,
        filter: Option<&Filter>,
        window: Window,
        keep: impl Fn(&ScimUser, &[(GroupId, String)]) -> bool,
    ) -> Result<ScimFound<ScimUser>> {
        let backend = self.tx.get_database_backend();
        let translator = Translator { kind: Kind::User, backend, tenant_id: self.tenant_id.0 };
        let narrowed = filter.map(|filter| translator.narrow(filter));
        let Narrowed { condition, exact } = narrowed.unwrap_or(Narrowed { condition: Condition::all(), exact: true });
        let query = self.scim_users().filter(condition);
        if !exact {
            return self.scan_scim_users(query, window, keep).await;
        }
        let total = query.clone().count(&self.tx).await.map_err(db_error)?;
        if window.count == 0 || offset(window) >= total {
            return Ok(ScimFound { total, items: Vec::new(), answered: true });
        }
        let rows = query
            .select_also(user::Entity)
            .order_by_asc(scim_user::Column::UserId)
            .offset(offset(window))
            .limit(window.count)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let items = rows.into_iter().map(to_scim_user).collect::<Result<Vec<_>>>()?;
        Ok(ScimFound { total, items, answered: true })
    }

    async fn scan_scim_users(
        &self,
        query: Select<scim_user::Entity>,
        window: Window,
        keep: impl Fn(&ScimUser, &[(GroupId, String)]) -> bool,
    ) -> Result<ScimFound<ScimUser>> {
        let (mut found, mut seen, mut last) = (ScimFound { total: 0, items: Vec::new(), answered: true }, 0, None);
        loop {
            let mut batch = query.clone();
            if let Some(last) = last {
                batch = batch.filter(scim_user::Column::UserId.gt(last));
            }
            let batch = batch.select_also(user::Entity).order_by_asc(scim_user::Column::UserId).limit(SCIM_SCAN_BATCH);
            let rows = batch.all(&self.tx).await.map_err(db_error)?;
            let (more, ids) = (rows.len() as u64 == SCIM_SCAN_BATCH, rows.iter().map(|(row, _)| UserId(row.user_id)));
            let groups = self.list_scim_groups_of(&ids.collect::<Vec<_>>()).await?;
            for row in rows {
                seen += 1;
                if seen > SCIM_SCAN_MAX {
                    return Ok(ScimFound { answered: false, ..found });
                }
                let one = to_scim_user(row)?;
                last = Some(one.user.id.0);
                let of_one: Vec<_> = groups
                    .iter()
                    .filter(|(id, ..)| *id == one.user.id)
                    .map(|(_, id, name)| (*id, name.clone()))
                    .collect();
                if keep(&one, &of_one) {
                    found.total += 1;
                    if found.total >= window.start && (found.items.len() as u64) < window.count {
                        found.items.push(one);
                    }
                }
            }
            if !more {
                return Ok(found);
            }
        }
    }

    /// Those of these people whom an identity provider owns.
    pub async fn list_scim_user_ids_among(&self, people: &[UserId]) -> Result<HashSet<UserId>> {
        let mut known = HashSet::new();
        for people in people.chunks(IDS_PER_STATEMENT) {
            let ids: Vec<uuid::Uuid> = scim_user::Entity::find()
                .select_only()
                .column(scim_user::Column::UserId)
                .filter(scim_user::Column::TenantId.eq(self.tenant_id.0))
                .filter(scim_user::Column::UserId.is_in(people.iter().map(|person| person.0)))
                .into_tuple()
                .all(&self.tx)
                .await
                .map_err(db_error)?;
            known.extend(ids.into_iter().map(UserId));
        }
        Ok(known)
    }

    pub async fn insert_scim_user(
        &self,
        id: UserId,
        attributes: &Object,
        facts: &UserFacts,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let row = scim_user::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            user_id: Set(id.0),
            version: Set(1),
            attributes: Set(serde_json::to_string(attributes).map_err(Error::internal)?),
            display_key: Set(facts.display_key.clone()),
            updated_at: Set(at),
        };
        scim_user::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        self.insert_scim_emails(id, facts).await
    }

    /// Writes the next version of what an identity provider says of a person.
    pub async fn update_scim_user(
        &self,
        old: &ScimUser,
        attributes: &Object,
        facts: &UserFacts,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let text = serde_json::to_string(attributes).map_err(Error::internal)?;
        let done = scim_user::Entity::update_many()
            .col_expr(scim_user::Column::Version, Expr::value(advance(old.version)?))
            .col_expr(scim_user::Column::Attributes, Expr::value(text))
            .col_expr(scim_user::Column::DisplayKey, Expr::value(facts.display_key.clone()))
            .col_expr(scim_user::Column::UpdatedAt, Expr::value(at))
            .filter(scim_user::Column::TenantId.eq(self.tenant_id.0))
            .filter(scim_user::Column::UserId.eq(old.user.id.0))
            .filter(scim_user::Column::Version.eq(old.version))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected != 1 {
            return Err(Error::NotFound { what: "user" });
        }
        scim_user_email::Entity::delete_many()
            .filter(scim_user_email::Column::TenantId.eq(self.tenant_id.0))
            .filter(scim_user_email::Column::UserId.eq(old.user.id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        self.insert_scim_emails(old.user.id, facts).await
    }

    async fn insert_scim_emails(&self, id: UserId, facts: &UserFacts) -> Result<()> {
        if facts.emails.is_empty() {
            return Ok(());
        }
        let rows = facts.emails.iter().map(|email| scim_user_email::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            user_id: Set(id.0),
            email: Set(email.clone()),
        });
        scim_user_email::Entity::insert_many(rows).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Takes a person out of the hands of the identity provider; the person stays.
    pub async fn delete_scim_user(&self, id: UserId) -> Result<()> {
        let done = scim_user::Entity::delete_by_id((self.tenant_id.0, id.0)).exec(&self.tx).await.map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "user" }) }
    }

    /// The groups of an identity provider that these people are in.
    pub async fn list_scim_groups_of(&self, people: &[UserId]) -> Result<Vec<(UserId, GroupId, String)>> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<(uuid::Uuid, uuid::Uuid, String)> = scim_group::Entity::find()
            .select_only()
            .column(group_member::Column::UserId)
            .column(scim_group::Column::GroupId)
            .column(group::Column::DisplayName)
            .join(JoinType::InnerJoin, scim_group::Relation::Group.def())
            .join(JoinType::InnerJoin, scim_group::Relation::Members.def())
            .filter(scim_group::Column::TenantId.eq(self.tenant_id.0))
            .filter(group_member::Column::TenantId.eq(self.tenant_id.0))
            .filter(group_member::Column::UserId.is_in(people.iter().map(|person| person.0)))
            .order_by_asc(group::Column::NameKey)
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().map(|(user, group, name)| (UserId(user), GroupId(group), name)).collect())
    }

    fn scim_users(&self) -> Select<scim_user::Entity> {
        scim_user::Entity::find()
            .join(JoinType::InnerJoin, scim_user::Relation::User.def())
            .filter(scim_user::Column::TenantId.eq(self.tenant_id.0))
    }

    /// How many people an identity provider owns.
    pub async fn count_scim_users(&self) -> Result<u64> {
        self.scim_users().count(&self.tx).await.map_err(db_error)
    }
}

fn to_scim_user((row, person): (scim_user::Model, Option<user::Model>)) -> Result<ScimUser> {
    let person = person.ok_or_else(|| unreadable("scim_users", "user_id"))?;
    Ok(ScimUser {
        user: to_user(person)?,
        attributes: serde_json::from_str(&row.attributes).map_err(Error::internal)?,
        version: row.version,
        updated_at: row.updated_at,
    })
}
