//! Subjects of grants by name: who a grant is to, and whom a manager may choose.

use std::collections::HashMap;

use sea_orm::sea_query::{Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{group, server_grant, service_account, user};
use super::users::contains;
use super::{TenantStore, db_error};
use crate::domain::Result;
use crate::domain::ids::{GroupId, ServiceAccountId, UserId};
use crate::domain::server::{GrantFilter, Subject, SubjectName};

const USER_TEXTS: [user::Column; 3] = [user::Column::DisplayName, user::Column::UserName, user::Column::Email];

impl TenantStore {
    /// Who these subjects are; those that are gone are left out.
    pub async fn name_subjects(&self, subjects: &[Subject]) -> Result<HashMap<Subject, SubjectName>> {
        let (mut people, mut groups, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
        let mut names = HashMap::new();
        for subject in subjects {
            match subject {
                Subject::User(id) => people.push(id.0),
                Subject::Group(id) => groups.push(id.0),
                Subject::ServiceAccount(id) => accounts.push(id.0),
                Subject::Everyone => {
                    names.insert(Subject::Everyone, SubjectName::everyone());
                }
            }
        }
        let people = self.name_people(Condition::all().add(user::Column::Id.is_in(people)), None).await?;
        let groups = self.name_groups(Condition::all().add(group::Column::Id.is_in(groups)), None).await?;
        let accounts =
            self.name_accounts(Condition::all().add(service_account::Column::Id.is_in(accounts)), None).await?;
        names.extend(people.into_iter().chain(groups).chain(accounts).map(|one| (one.subject, one)));
        Ok(names)
    }

    /// Active people, groups and active service accounts whose names contain `text`: at most `limit` of each kind, by
    /// name.
    pub async fn list_candidates(&self, text: &str, limit: u64) -> Result<Vec<SubjectName>> {
        let people = contains(text, USER_TEXTS);
        let people = Condition::all().add(people).add(user::Column::Status.eq("active"));
        let groups = contains(text, [group::Column::DisplayName]);
        let accounts = contains(text, [service_account::Column::Name]);
        let accounts = Condition::all().add(accounts).add(service_account::Column::Status.eq("active"));
        let mut names = self.name_people(people, Some(limit)).await?;
        names.append(&mut self.name_groups(groups, Some(limit)).await?);
        names.append(&mut self.name_accounts(accounts, Some(limit)).await?);
        Ok(names)
    }

    async fn name_people(&self, which: Condition, limit: Option<u64>) -> Result<Vec<SubjectName>> {
        let rows = user::Entity::find()
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(which)
            .order_by_asc(user::Column::DisplayName)
            .order_by_asc(user::Column::UserName)
            .limit(limit)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let name = |row: user::Model| SubjectName {
            subject: Subject::User(UserId(row.id)),
            display_name: row.display_name,
            user_name: Some(row.user_name),
            members: None,
            active: row.status == "active",
        };
        Ok(rows.into_iter().map(name).collect())
    }

    async fn name_groups(&self, which: Condition, limit: Option<u64>) -> Result<Vec<SubjectName>> {
        let rows = group::Entity::find()
            .filter(group::Column::TenantId.eq(self.tenant_id.0))
            .filter(which)
            .order_by_asc(group::Column::DisplayName)
            .limit(limit)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let ids: Vec<GroupId> = rows.iter().map(|row| GroupId(row.id)).collect();
        let members = self.count_group_members(&ids).await?;
        let name = |row: group::Model| SubjectName {
            subject: Subject::Group(GroupId(row.id)),
            display_name: row.display_name,
            user_name: None,
            members: Some(members.get(&GroupId(row.id)).copied().unwrap_or(0)),
            active: true,
        };
        Ok(rows.into_iter().map(name).collect())
    }

    async fn name_accounts(&self, which: Condition, limit: Option<u64>) -> Result<Vec<SubjectName>> {
        let rows = service_account::Entity::find()
            .filter(service_account::Column::TenantId.eq(self.tenant_id.0))
            .filter(which)
            .order_by_asc(service_account::Column::Name)
            .limit(limit)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let name = |row: service_account::Model| SubjectName {
            subject: Subject::ServiceAccount(ServiceAccountId(row.id)),
            display_name: row.name,
            user_name: None,
            members: None,
            active: row.status == "active",
        };
        Ok(rows.into_iter().map(name).collect())
    }

    /// Grants to subjects that the filter asks for.
    pub(super) fn grants_matching(&self, filter: &GrantFilter) -> Condition {
        let mut all = Condition::all();
        if let Some(role) = filter.role {
            all = all.add(server_grant::Column::Role.eq(role.as_str()));
        }
        if let Some(kind) = filter.kind {
            all = all.add(server_grant::Column::SubjectKind.eq(kind.as_str()));
        }
        if filter.text.is_empty() {
            return all;
        }
        let text = filter.text.as_str();
        let people = self.ids(user::Column::Id, user::Column::TenantId, contains(text, USER_TEXTS));
        let groups = self.ids(group::Column::Id, group::Column::TenantId, contains(text, [group::Column::DisplayName]));
        let accounts = contains(text, [service_account::Column::Name]);
        let accounts = self.ids(service_account::Column::Id, service_account::Column::TenantId, accounts);
        let mut any = Condition::any()
            .add(server_grant::Column::UserId.in_subquery(people))
            .add(server_grant::Column::GroupId.in_subquery(groups))
            .add(server_grant::Column::ServiceAccountId.in_subquery(accounts));
        if SubjectName::everyone().display_name.to_lowercase().contains(&text.to_lowercase()) {
            any = any.add(server_grant::Column::SubjectKind.eq("everyone"));
        }
        all.add(any)
    }

    /// Ids of the tenant's rows of one table for which the condition holds.
    fn ids<C: ColumnTrait>(&self, id: C, tenant_id: C, which: Condition) -> SelectStatement {
        let of_tenant: SimpleExpr = tenant_id.eq(self.tenant_id.0);
        Query::select().column(id).from(id.entity_name()).and_where(of_tenant).cond_where(which).take()
    }
}
