//! Who may use or manage a server.

use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter};

use super::entity::server_grant::{ActiveModel, Column, Entity};
use super::snapshot::grant_of;
use super::{TenantStore, conflict_or, db_error, newest_first};
use crate::domain::access::ServerRole;
use crate::domain::ids::{AccessGrantId, ServerId, UserId};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::server::{AccessGrant, GrantFilter, Subject};
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_access_grant(&self, grant: &AccessGrant, created_by: Option<UserId>) -> Result<()> {
        let (kind, user_id, group_id, service_account_id) = match grant.subject {
            Subject::User(id) => ("user", Some(id.0), None, None),
            Subject::Group(id) => ("group", None, Some(id.0), None),
            Subject::ServiceAccount(id) => ("service_account", None, None, Some(id.0)),
            Subject::Everyone => ("everyone", None, None, None),
        };
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(grant.id.0),
            server_id: Set(grant.server_id.0),
            role: Set(grant.role.as_str().to_owned()),
            subject_kind: Set(kind.to_owned()),
            user_id: Set(user_id),
            group_id: Set(group_id),
            service_account_id: Set(service_account_id),
            created_by: Set(created_by.map(|id| id.0)),
            created_at: Set(grant.created_at),
        };
        // Two requests that both found none: the later one may simply be repeated.
        let raced = |error| conflict_or(error, "grant.changed_meanwhile", "this grant was just made: try again");
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(raced)?;
        Ok(())
    }

    pub async fn find_access_grant(&self, server_id: ServerId, id: AccessGrantId) -> Result<Option<AccessGrant>> {
        self.find_grant_where(server_id, Column::Id.eq(id.0)).await
    }

    pub async fn find_access_grant_of(&self, server_id: ServerId, subject: Subject) -> Result<Option<AccessGrant>> {
        self.find_grant_where(server_id, of_subject(subject)).await
    }

    async fn find_grant_where(&self, server_id: ServerId, which: SimpleExpr) -> Result<Option<AccessGrant>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.eq(server_id.0))
            .filter(which)
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(grant_of).transpose()
    }

    /// Grants of a server, newest first.
    pub async fn list_access_grants(
        &self,
        server_id: ServerId,
        filter: &GrantFilter,
        page: PageRequest<Created>,
    ) -> Result<Page<AccessGrant>> {
        let query = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ServerId.eq(server_id.0))
            .filter(self.grants_matching(filter));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let grants = rows.into_iter().map(grant_of).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(grants, page.limit, |grant| Created { at: grant.created_at, id: grant.id.0 }))
    }

    /// Grants by which a person or service account reaches servers, newest first.
    pub async fn list_grants_reaching(
        &self,
        principal: PrincipalId,
        page: PageRequest<Created>,
    ) -> Result<Page<AccessGrant>> {
        let query = Entity::find().filter(self.grants_of(principal));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let grants = rows.into_iter().map(grant_of).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(grants, page.limit, |grant| Created { at: grant.created_at, id: grant.id.0 }))
    }

    pub async fn update_access_grant(&self, id: AccessGrantId, role: ServerRole) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::Role, Expr::value(role.as_str()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "grant" }) }
    }

    pub async fn delete_access_grant(&self, id: AccessGrantId) -> Result<()> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "grant" }) }
    }

    /// Takes every grant of a subject away and answers which.
    pub async fn delete_access_grants_of(&self, subject: Subject) -> Result<Vec<AccessGrantId>> {
        self.delete_grants_where(of_subject(subject)).await
    }

    /// Takes every grant of a server away and answers which.
    pub async fn delete_access_grants_on(&self, server_id: ServerId) -> Result<Vec<AccessGrantId>> {
        self.delete_grants_where(Column::ServerId.eq(server_id.0)).await
    }

    async fn delete_grants_where(&self, which: SimpleExpr) -> Result<Vec<AccessGrantId>> {
        let which = Column::TenantId.eq(self.tenant_id.0).and(which);
        let rows = Entity::find().filter(which.clone()).all(&self.tx).await.map_err(db_error)?;
        Entity::delete_many().filter(which).exec(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().map(|row| AccessGrantId(row.id)).collect())
    }
}

fn of_subject(subject: Subject) -> SimpleExpr {
    match subject {
        Subject::User(id) => Column::UserId.eq(id.0),
        Subject::Group(id) => Column::GroupId.eq(id.0),
        Subject::ServiceAccount(id) => Column::ServiceAccountId.eq(id.0),
        Subject::Everyone => Column::SubjectKind.eq("everyone"),
    }
}
