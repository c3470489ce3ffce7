//! People who run the deployment; outside every tenant. Only the SHA-256 of an operator's token is stored (I8).

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entity::operator::{ActiveModel, Column, Entity, Model};
use super::{SystemStore, conflict_or, db_error};
use crate::domain::ids::OperatorId;
use crate::domain::operator::Operator;
use crate::domain::{Error, Result};

impl SystemStore {
    pub async fn insert_operator(&self, id: OperatorId, name: &str, token_sha256: [u8; 32]) -> Result<()> {
        let row = ActiveModel {
            id: Set(id.0),
            name: Set(name.to_owned()),
            token_sha256: Set(token_sha256.to_vec()),
            created_at: Set(self.now()),
            revoked_at: Set(None),
        };
        let taken = |error| conflict_or(error, "operator.name_taken", "an operator of this name exists");
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(taken)?;
        Ok(())
    }

    /// The operator whose token has this digest, unless revoked.
    pub async fn find_operator_by_token(&self, token_sha256: [u8; 32]) -> Result<Option<OperatorId>> {
        let row = Entity::find()
            .filter(Column::TokenSha256.eq(token_sha256.to_vec()))
            .filter(Column::RevokedAt.is_null())
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(|row| OperatorId(row.id)))
    }

    /// The operator, unless revoked.
    pub async fn find_operator(&self, id: OperatorId) -> Result<Option<Operator>> {
        let row = Entity::find_by_id(id.0).filter(Column::RevokedAt.is_null()).one(&self.tx).await.map_err(db_error)?;
        Ok(row.map(to_operator))
    }

    /// Every operator by name, revoked ones too: as many as run a deployment.
    pub async fn list_operators(&self) -> Result<Vec<Operator>> {
        let rows = Entity::find().order_by_asc(Column::Name).all(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().map(to_operator).collect())
    }

    /// Revokes; revoking twice is an error like revoking nobody.
    pub async fn revoke_operator(&self, name: &str) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(self.now()))
            .filter(Column::Name.eq(name))
            .filter(Column::RevokedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "operator" }) }
    }
}

fn to_operator(row: Model) -> Operator {
    Operator { id: OperatorId(row.id), name: row.name, created_at: row.created_at, revoked_at: row.revoked_at }
}
