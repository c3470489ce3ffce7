//! Replicas of the control plane: who is alive, and what they ask each other. On SQLite there is only one.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, Statement,
};
use tokio::sync::broadcast;
use uuid::Uuid;

use super::entity::replica;
use super::{Pools, Store, SystemStore, db_error};
use crate::domain::ids::TenantId;
use crate::domain::{Error, Result};
use crate::nodes::NodeStatus;

/// Where replicas talk to each other.
pub(super) const REPLICA_CHANNEL: &str = "portway_replicas";

/// What one replica asks the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    pub id: Uuid,
    pub by: Uuid,
    pub asked: Asked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// How many of your nodes do not know this revision, and this resource in it?
    Pending { tenant: TenantId, revision: u64, resource: Uuid },
    /// Write down which nodes you have, and say how many.
    Nodes,
}

/// What one replica says to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Asked(Question),
    Answered { question: Uuid, by: Uuid, number: usize },
}

impl Said {
    fn to_text(self) -> String {
        match self {
            Self::Asked(Question { id, by, asked: Asked::Pending { tenant, revision, resource } }) => {
                format!("ask {id} {by} {} {revision} {resource}", tenant.0)
            }
            Self::Asked(Question { id, by, asked: Asked::Nodes }) => format!("nodes {id} {by}"),
            Self::Answered { question, by, number } => format!("answer {question} {by} {number}"),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let kind = words.next()?;
        let (id, by) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let said = match kind {
            "ask" => {
                let tenant = TenantId(words.next()?.parse().ok()?);
                let (revision, resource) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
                Self::Asked(Question { id, by, asked: Asked::Pending { tenant, revision, resource } })
            }
            "nodes" => Self::Asked(Question { id, by, asked: Asked::Nodes }),
            "answer" => Self::Answered { question: id, by, number: words.next()?.parse().ok()? },
            _ => return None,
        };
        words.next().is_none().then_some(said)
    }
}

impl Store {
    /// This process among the replicas.
    pub fn replica_id(&self) -> Uuid {
        self.replica_id
    }

    /// What replicas say from now on; `None` where there can be no others. What is said while the connection that
    /// listens is broken is lost.
    pub fn hear_replicas(&self) -> Option<broadcast::Receiver<Said>> {
        self.listen_url.as_ref().map(|_| self.replicas.subscribe())
    }

    pub async fn tell_replicas(&self, said: &Said) -> Result<()> {
        let Pools::Postgres { system, .. } = &self.pools else { return Ok(()) };
        let values = [REPLICA_CHANNEL.into(), said.to_text().into()];
        let notify = Statement::from_sql_and_values(DatabaseBackend::Postgres, "SELECT pg_notify($1, $2)", values);
        system.query_one_raw(notify).await.map_err(db_error)?;
        Ok(())
    }
}

impl SystemStore {
    /// Writes down that a replica is alive now.
    pub async fn touch_replica(&self, id: Uuid) -> Result<()> {
        let row = replica::ActiveModel { id: Set(id), seen_at: Set(self.now()), nodes: NotSet };
        let again = OnConflict::column(replica::Column::Id).update_column(replica::Column::SeenAt).to_owned();
        replica::Entity::insert(row).on_conflict(again).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Replicas seen since then.
    pub async fn list_replicas(&self, since: DateTime<Utc>) -> Result<Vec<Uuid>> {
        let seen = replica::Entity::find().filter(replica::Column::SeenAt.gte(since));
        let rows = seen.all(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Writes down which nodes a living replica has.
    pub async fn show_nodes(&self, id: Uuid, nodes: &[NodeStatus]) -> Result<()> {
        let nodes = serde_json::to_value(nodes).map_err(Error::internal)?;
        replica::Entity::update_many()
            .col_expr(replica::Column::Nodes, Expr::value(nodes))
            .filter(replica::Column::Id.eq(id))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(())
    }

    /// What these replicas wrote down last; without those whose words this version does not understand.
    pub async fn list_shown_nodes(&self, ids: &[Uuid]) -> Result<Vec<Vec<NodeStatus>>> {
        let shown = replica::Entity::find().filter(replica::Column::Id.is_in(ids.iter().copied()));
        let rows = shown.all(&self.tx).await.map_err(db_error)?;
        Ok(rows.into_iter().filter_map(|row| serde_json::from_value(row.nodes?).ok()).collect())
    }

    pub async fn delete_replica(&self, id: Uuid) -> Result<()> {
        replica::Entity::delete_by_id(id).exec(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Forgets replicas not seen since then.
    pub async fn delete_replicas(&self, before: DateTime<Utc>) -> Result<()> {
        let old = replica::Entity::delete_many().filter(replica::Column::SeenAt.lt(before));
        old.exec(&self.tx).await.map_err(db_error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_replicas_say() {
        let id = Uuid::from_u128;
        let asked = Asked::Pending { tenant: TenantId(id(3)), revision: 4, resource: id(5) };
        let question = Question { id: id(1), by: id(2), asked };
        let nodes = Said::Asked(Question { asked: Asked::Nodes, ..question });
        for said in [Said::Asked(question), nodes, Said::Answered { question: id(1), by: id(2), number: 3 }] {
            assert_eq!(Said::parse(&said.to_text()), Some(said));
            assert_eq!(Said::parse(&format!("{} x", said.to_text())), None);
        }
        for bad in ["", "ask", "answer 1 2 3", "hello"] {
            assert_eq!(Said::parse(bad), None, "{bad}");
        }
    }
}
