//! E-mail domains of tenants.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::entity::domain::{ActiveModel, Column, Entity, Model};
use super::entity::tenant;
use super::tenancy::to_tenant;
use super::{SystemStore, TenantStore, conflict_or, db_error, newest_first, unreadable};
use crate::domain::email_domain::{Domain, Proof};
use crate::domain::ids::DomainId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::tenancy::{Tenant, TenantStatus};
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_domain(&self, domain: &Domain) -> Result<()> {
        let (verified_at, failing_since) = proof_columns(domain.proof);
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(domain.id.0),
            name: Set(domain.name.clone()),
            token: Set(domain.token.clone()),
            created_at: Set(domain.created_at),
            verified_at: Set(verified_at),
            failing_since: Set(failing_since),
            checked_at: Set(domain.checked_at),
        };
        let taken = |error| conflict_or(error, "domain.exists", "this domain is on the list already");
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(taken)?;
        Ok(())
    }

    pub async fn find_domain(&self, id: DomainId) -> Result<Option<Domain>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(to_domain).transpose()
    }

    pub async fn find_domain_by_name(&self, name: &str) -> Result<Option<Domain>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Name.eq(name))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(to_domain).transpose()
    }

    /// Domains, newest first.
    pub async fn list_domains(&self, page: PageRequest<Created>) -> Result<Page<Domain>> {
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let domains = rows.into_iter().map(to_domain).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(domains, page.limit, |one| Created { at: one.created_at, id: one.id.0 }))
    }

    /// Every verified domain, also one that is failing.
    pub async fn list_verified_domains(&self) -> Result<Vec<Domain>> {
        let query =
            Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).filter(Column::VerifiedAt.is_not_null());
        let rows = query.order_by_asc(Column::Name).all(&self.tx).await.map_err(db_error)?;
        rows.into_iter().map(to_domain).collect()
    }

    pub async fn count_domains(&self) -> Result<u64> {
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0));
        query.count(&self.tx).await.map_err(db_error)
    }

    /// Writes what is known of the record.
    pub async fn update_domain(&self, domain: &Domain) -> Result<()> {
        let (verified_at, failing_since) = proof_columns(domain.proof);
        let done = Entity::update_many()
            .col_expr(Column::VerifiedAt, Expr::value(verified_at))
            .col_expr(Column::FailingSince, Expr::value(failing_since))
            .col_expr(Column::CheckedAt, Expr::value(domain.checked_at))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(domain.id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "domain" }) }
    }

    pub async fn delete_domain(&self, id: DomainId) -> Result<()> {
        let done = Entity::delete_by_id((self.tenant_id.0, id.0)).exec(&self.tx).await.map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "domain" }) }
    }
}

impl SystemStore {
    /// Active tenants that have proved a domain, by name, at most `limit`.
    pub async fn list_tenants_of_domain(&self, name: &str, limit: u64) -> Result<Vec<Tenant>> {
        let owned = Entity::belongs_to(tenant::Entity).from(Column::TenantId).to(tenant::Column::Id).into();
        let rows = tenant::Entity::find()
            .join_rev(JoinType::InnerJoin, owned)
            .filter(Column::Name.eq(name))
            .filter(Column::VerifiedAt.is_not_null())
            .filter(tenant::Column::Status.eq(TenantStatus::Active.as_str()))
            .order_by_asc(tenant::Column::DisplayName)
            .order_by_asc(tenant::Column::Slug)
            .limit(limit)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        rows.into_iter().map(to_tenant).collect()
    }
}

const fn proof_columns(proof: Proof) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    match proof {
        Proof::Pending => (None, None),
        Proof::Verified { at } => (Some(at), None),
        Proof::Failing { verified_at, since } => (Some(verified_at), Some(since)),
    }
}

fn to_domain(row: Model) -> Result<Domain> {
    let proof = match (row.verified_at, row.failing_since) {
        (None, None) => Proof::Pending,
        (Some(at), None) => Proof::Verified { at },
        (Some(verified_at), Some(since)) => Proof::Failing { verified_at, since },
        (None, Some(_)) => return Err(unreadable("domains", "failing_since")),
    };
    Ok(Domain {
        id: DomainId(row.id),
        name: row.name,
        token: row.token,
        created_at: row.created_at,
        checked_at: row.checked_at,
        proof,
    })
}
