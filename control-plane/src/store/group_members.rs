//! The people in a group, page by page.

use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::entity::{group_member, user};
use super::users::{mentions, to_user};
use super::{TenantStore, newest_first};
use crate::domain::Result;
use crate::domain::ids::GroupId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::User;

impl TenantStore {
    /// People in a group whose names contain `text`, newest first.
    pub async fn list_group_members(&self, id: GroupId, text: &str, page: PageRequest<Created>) -> Result<Page<User>> {
        let members: SelectStatement = Query::select()
            .column(group_member::Column::UserId)
            .from(group_member::Entity)
            .and_where(group_member::Column::TenantId.eq(self.tenant_id.0))
            .and_where(group_member::Column::GroupId.eq(id.0))
            .take();
        let query = user::Entity::find()
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(user::Column::Id.in_subquery(members))
            .filter(mentions(text));
        let rows = newest_first(query, page, user::Column::CreatedAt, user::Column::Id, &self.tx).await?;
        let people = rows.into_iter().map(to_user).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(people, page.limit, |user| Created { at: user.created_at, id: user.id.0 }))
    }
}
