//! Enrolled nodes. Only the SHA-256 of an enrolment secret is stored (I8).

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::entity::node_identity;
use super::{SystemStore, conflict_or, db_error, newest_first};
use crate::domain::ids::NodeId;
use crate::domain::node::NodeIdentity;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};

impl SystemStore {
    pub async fn insert_node_identity(&self, node: &NodeIdentity, secret_sha256: [u8; 32]) -> Result<()> {
        let row = node_identity::ActiveModel {
            id: Set(node.id.0),
            name: Set(node.name.clone()),
            pool: Set(node.pool.clone()),
            secret_sha256: Set(secret_sha256.to_vec()),
            created_at: Set(node.created_at),
            revoked_at: Set(node.revoked_at),
            draining_since: Set(node.draining_since),
        };
        let taken = |error| conflict_or(error, "node.name_taken", "a node of this name is or was enrolled");
        row.insert(&self.tx).await.map_err(taken)?;
        Ok(())
    }

    /// The identity with this secret, revoked or not, and the digest stored with it.
    pub async fn find_node_identity(&self, secret_sha256: [u8; 32]) -> Result<Option<(NodeIdentity, Vec<u8>)>> {
        let row = node_identity::Entity::find()
            .filter(node_identity::Column::SecretSha256.eq(secret_sha256.to_vec()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(|row| (identity_of(&row), row.secret_sha256)))
    }

    /// By its id, revoked or not.
    pub async fn get_node_identity(&self, id: NodeId) -> Result<NodeIdentity> {
        let row = node_identity::Entity::find_by_id(id.0).one(&self.tx).await.map_err(db_error)?;
        row.as_ref().map(identity_of).ok_or(Error::NotFound { what: "node" })
    }

    /// Newest first; revoked ones too.
    pub async fn list_node_identities(&self, page: PageRequest<Created>) -> Result<Page<NodeIdentity>> {
        let query = node_identity::Entity::find();
        let rows =
            newest_first(query, page, node_identity::Column::CreatedAt, node_identity::Column::Id, &self.tx).await?;
        let nodes = rows.iter().map(identity_of).collect();
        Ok(Page::cut(nodes, page.limit, |node: &NodeIdentity| Created { at: node.created_at, id: node.id.0 }))
    }

    /// Those of `ids` that are still enrolled, and whether they are to be empty.
    pub async fn list_enrolled(&self, ids: &[NodeId]) -> Result<HashMap<NodeId, bool>> {
        let rows = node_identity::Entity::find()
            .filter(node_identity::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .filter(node_identity::Column::RevokedAt.is_null())
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.iter().map(|row| (NodeId(row.id), row.draining_since.is_some())).collect())
    }

    /// Wants the node to be empty, or to be in use again. Twice is once.
    pub async fn set_node_draining(&self, id: NodeId, on: bool) -> Result<()> {
        let (since, then) = (node_identity::Column::DrainingSince, on.then(|| self.now()));
        let before = if on { since.is_null() } else { since.is_not_null() };
        node_identity::Entity::update_many()
            .col_expr(since, Expr::value(then))
            .filter(node_identity::Column::Id.eq(id.0))
            .filter(before)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(())
    }

    /// Revokes; revoking twice is an error like revoking what never was.
    pub async fn revoke_node_identity(&self, id: NodeId) -> Result<()> {
        let done = node_identity::Entity::update_many()
            .col_expr(node_identity::Column::RevokedAt, Expr::value(self.now()))
            .filter(node_identity::Column::Id.eq(id.0))
            .filter(node_identity::Column::RevokedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "node" }) }
    }
}

fn identity_of(row: &node_identity::Model) -> NodeIdentity {
    NodeIdentity {
        id: NodeId(row.id),
        name: row.name.clone(),
        pool: row.pool.clone(),
        created_at: row.created_at,
        revoked_at: row.revoked_at,
        draining_since: row.draining_since,
    }
}
