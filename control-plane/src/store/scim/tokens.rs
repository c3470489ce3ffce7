//! Tokens of identity providers. Only the SHA-256 of a token's secret is stored (I8).

use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};

use crate::domain::Result;
use crate::domain::ids::{ScimTokenId, UserId};
use crate::domain::limits::SCIM_TOKEN_TOUCH_S;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::scim::token::ScimToken;
use crate::store::entity::scim_token::{ActiveModel, Column, Entity, Model};
use crate::store::{TenantStore, db_error, newest_first};

impl TenantStore {
    pub async fn insert_scim_token(&self, token: &ScimToken, secret_sha256: [u8; 32]) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(token.id.0),
            name: Set(token.name.clone()),
            secret_sha256: Set(secret_sha256.to_vec()),
            created_by: Set(token.created_by.map(|person| person.0)),
            created_at: Set(token.created_at),
            expires_at: Set(token.expires_at),
            last_used_at: Set(token.last_used_at),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// The token, expired or not, and the digest of its secret.
    pub async fn find_scim_token(&self, id: ScimTokenId) -> Result<Option<(ScimToken, Vec<u8>)>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        Ok(row.map(|row| (to_token(&row), row.secret_sha256)))
    }

    /// Tokens, newest first.
    pub async fn list_scim_tokens(&self, page: PageRequest<Created>) -> Result<Page<ScimToken>> {
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let tokens = rows.iter().map(to_token).collect();
        Ok(Page::cut(tokens, page.limit, |token| Created { at: token.created_at, id: token.id.0 }))
    }

    pub async fn count_scim_tokens(&self) -> Result<u64> {
        Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).count(&self.tx).await.map_err(db_error)
    }

    /// False if there was none.
    pub async fn delete_scim_token(&self, id: ScimTokenId) -> Result<bool> {
        let done = Entity::delete_by_id((self.tenant_id.0, id.0)).exec(&self.tx).await.map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Writes down that a token is in use, unless that is known about as well.
    pub async fn touch_scim_token(&self, id: ScimTokenId) -> Result<bool> {
        let due = self.now() - TimeDelta::seconds(SCIM_TOKEN_TOUCH_S);
        let older = Condition::any().add(Column::LastUsedAt.is_null()).add(Column::LastUsedAt.lte(due));
        let done = Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .filter(older)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }
}

fn to_token(row: &Model) -> ScimToken {
    ScimToken {
        id: ScimTokenId(row.id),
        name: row.name.clone(),
        created_by: row.created_by.map(UserId),
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    }
}
