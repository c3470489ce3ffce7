//! How often callers may call.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::entity::limit_rule::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, conflict_or, db_error, newest_first};
use crate::domain::ids::{LimitRuleId, UserId};
use crate::domain::limit_rule::{LimitRule, LimitRuleSpec};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};

const NAME_TAKEN: &str = "a limit of this name exists already";

impl TenantStore {
    pub async fn get_limit_rule(&self, id: LimitRuleId) -> Result<LimitRule> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        rule_of(row.ok_or(Error::NotFound { what: "limit" })?)
    }

    /// Newest first.
    pub async fn list_limit_rules(&self, page: PageRequest<Created>) -> Result<Page<LimitRule>> {
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let rules = rows.into_iter().map(rule_of).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(rules, page.limit, |rule| Created { at: rule.created_at, id: rule.id.0 }))
    }

    pub async fn count_limit_rules(&self) -> Result<u64> {
        Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).count(&self.tx).await.map_err(db_error)
    }

    pub async fn insert_limit_rule(&self, rule: &LimitRule, by: Option<UserId>) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(rule.id.0),
            name_key: Set(rule.spec.name.to_lowercase()),
            spec: Set(json(&rule.spec)?),
            created_by: Set(by.map(|id| id.0)),
            created_at: Set(rule.created_at),
            updated_at: Set(rule.updated_at),
        };
        let taken = |error| conflict_or(error, "limit_rule.name_taken", NAME_TAKEN);
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(taken)?;
        Ok(())
    }

    pub async fn update_limit_rule(&self, id: LimitRuleId, spec: &LimitRuleSpec) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::NameKey, Expr::value(spec.name.to_lowercase()))
            .col_expr(Column::Spec, Expr::value(json(spec)?))
            .col_expr(Column::UpdatedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0).and(Column::Id.eq(id.0)))
            .exec(&self.tx)
            .await
            .map_err(|error| conflict_or(error, "limit_rule.name_taken", NAME_TAKEN))?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "limit" }) }
    }

    pub async fn delete_limit_rule(&self, id: LimitRuleId) -> Result<()> {
        let done = Entity::delete_by_id((self.tenant_id.0, id.0)).exec(&self.tx).await.map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "limit" }) }
    }
}

fn json(spec: &LimitRuleSpec) -> Result<serde_json::Value> {
    serde_json::to_value(spec).map_err(Error::internal)
}

pub(super) fn rule_of(row: Model) -> Result<LimitRule> {
    Ok(LimitRule {
        id: LimitRuleId(row.id),
        spec: serde_json::from_value(row.spec).map_err(Error::internal)?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
