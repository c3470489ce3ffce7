//! Which servers a person may use: by a grant to them, to a group of theirs, or to everyone.

use proto::names::ServerSlug;
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{server, server_grant, user};
use super::users::contains;
use super::{TenantStore, db_error, unreadable};
use crate::domain::Result;
use crate::domain::access::TenantRole;
use crate::domain::ids::{ServerId, UserId};
use crate::domain::server::ServerStatus;

/// What people see of a server they may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsableServer {
    pub id: ServerId,
    pub slug: ServerSlug,
    pub display_name: String,
    pub description: String,
    /// It asks each person for a credential of their own.
    pub wants_account: bool,
}

impl TenantStore {
    /// The enabled server of that slug, if the person may use it.
    pub async fn find_usable_server(&self, slug: &ServerSlug, user_id: UserId) -> Result<Option<UsableServer>> {
        let row = server::Entity::find()
            .filter(self.usable_by(user_id))
            .filter(server::Column::Slug.eq(slug.as_str()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(to_usable).transpose()
    }

    /// The same, or one that is a member of a virtual server that the person may use.
    pub async fn find_connectable_server(&self, slug: &ServerSlug, user_id: UserId) -> Result<Option<ServerId>> {
        if let Some(server) = self.find_usable_server(slug, user_id).await? {
            return Ok(Some(server.id));
        }
        let Some(server) = self.find_server_by_slug(slug).await? else { return Ok(None) };
        let reached =
            server.status == ServerStatus::Enabled && self.may_use_as_member(user_id.into(), server.id).await?;
        Ok(reached.then_some(server.id))
    }

    /// Whether the person may still use the server.
    pub async fn may_use_server(&self, server_id: ServerId, user_id: UserId) -> Result<bool> {
        let count = server::Entity::find()
            .filter(self.usable_by(user_id))
            .filter(server::Column::Id.eq(server_id.0))
            .count(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(count > 0)
    }

    /// Enabled servers that the person may use and whose names contain `text`, by name: at most `limit`, past the first
    /// `offset`.
    pub async fn list_usable_servers(
        &self,
        user_id: UserId,
        text: &str,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<UsableServer>> {
        let rows = server::Entity::find()
            .filter(self.usable_by(user_id))
            .filter(contains(text, [server::Column::DisplayName, server::Column::Slug]))
            .order_by_asc(server::Column::DisplayName)
            .order_by_asc(server::Column::Slug)
            .offset(offset)
            .limit(limit)
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        rows.into_iter().map(to_usable).collect()
    }

    /// Names of active owners and admins, owners first: whom to ask.
    pub async fn list_admin_names(&self, limit: u64) -> Result<Vec<String>> {
        user::Entity::find()
            .select_only()
            .column(user::Column::DisplayName)
            .filter(user::Column::TenantId.eq(self.tenant_id.0))
            .filter(user::Column::Status.eq("active"))
            .filter(user::Column::Role.is_in([TenantRole::Owner.as_str(), TenantRole::Admin.as_str()]))
            .order_by_desc(user::Column::Role)
            .order_by_asc(user::Column::CreatedAt)
            .limit(limit)
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)
    }

    fn usable_by(&self, user_id: UserId) -> Condition {
        let granted: SelectStatement = Query::select()
            .column(server_grant::Column::ServerId)
            .from(server_grant::Entity)
            .cond_where(self.grants_of(user_id.into()))
            .take();
        Condition::all()
            .add(server::Column::TenantId.eq(self.tenant_id.0))
            .add(server::Column::Status.eq("enabled"))
            .add(Expr::col((server::Entity, server::Column::Id)).in_subquery(granted))
    }
}

fn to_usable(row: server::Model) -> Result<UsableServer> {
    Ok(UsableServer {
        id: ServerId(row.id),
        slug: row.slug.parse().map_err(|_| unreadable("servers", "slug"))?,
        display_name: row.display_name,
        description: row.description,
        wants_account: matches!(
            row.outbound_auth.get("kind").and_then(|kind| kind.as_str()),
            Some("per_user_header" | "oauth_per_user")
        ),
    })
}
