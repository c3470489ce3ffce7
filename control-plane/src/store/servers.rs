//! Registered MCP servers. Retired ones stay for their slug and are found by nothing here.

use std::collections::{BTreeMap, HashMap};

use proto::names::ServerSlug;
use sea_orm::sea_query::{Expr, LikeExpr, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QuerySelect, Select};

use super::entity::server::{ActiveModel, Column, Entity};
use super::entity::{group_member, server_grant};
use super::snapshot::server_of;
use super::users::contains;
use super::{TenantStore, conflict_or, db_error, newest_first, unreadable};
use crate::domain::access::ServerRole;
use crate::domain::ids::ServerId;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::server::{Server, ServerFilter, ServerStatus};
use crate::domain::tool_switches::ToolSwitches;
use crate::domain::{Error, Result};

/// Which servers to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServersOf {
    Tenant,
    /// Granted to the person or service account, disabled ones too.
    GrantedTo(PrincipalId),
    /// Granted to the person or service account, and enabled.
    UsableBy(PrincipalId),
}

impl TenantStore {
    pub async fn insert_server(&self, server: &Server) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(server.id.0),
            slug: Set(server.slug.to_string()),
            display_name: Set(server.display_name.clone()),
            description: Set(server.description.clone()),
            upstream_url: Set(server.upstream_url.clone()),
            outbound_auth: Set(serde_json::to_value(&server.outbound_auth).map_err(Error::internal)?),
            status: Set(server.status.as_str().to_owned()),
            timeout_ms: Set(i64::from(server.timeout_ms)),
            kind: Set(server.kind.as_str().to_owned()),
            transport: Set(transport(server)?),
            tool_switches: Set(tool_switches(&server.tool_switches)?),
            tags: Set(tags(&server.tags)),
            created_by: Set(server.created_by.map(|id| id.0)),
            created_at: Set(server.created_at),
            updated_at: Set(server.updated_at),
        };
        let public = "this slug is or was in use; slugs are never reused";
        let taken = |error| conflict_or(error, "server.slug_taken", public);
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(taken)?;
        Ok(())
    }

    /// The server, unless it is retired.
    pub async fn find_server(&self, id: ServerId) -> Result<Option<Server>> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0))
            .filter(Column::Status.ne(ServerStatus::Retired.as_str()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(server_of).transpose()
    }

    /// The same, locked to the end of the transaction: two who change it at once must not undo each other's change.
    pub async fn lock_server(&self, id: ServerId) -> Result<Option<Server>> {
        let query = self.for_update(Entity::find_by_id((self.tenant_id.0, id.0)));
        let row = query.filter(Column::Status.ne(ServerStatus::Retired.as_str())).one(&self.tx);
        row.await.map_err(db_error)?.map(server_of).transpose()
    }

    /// The same by its name in URLs.
    pub async fn find_server_by_slug(&self, slug: &ServerSlug) -> Result<Option<Server>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Slug.eq(slug.as_str()))
            .filter(Column::Status.ne(ServerStatus::Retired.as_str()))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(server_of).transpose()
    }

    /// The servers that fit, newest first.
    pub async fn list_servers(
        &self,
        of: ServersOf,
        filter: &ServerFilter,
        page: PageRequest<Created>,
    ) -> Result<Page<Server>> {
        let mut query = self.servers(of).filter(contains(&filter.text, [Column::DisplayName, Column::Slug]));
        if let Some(tag) = &filter.tag {
            // In the text of a list of them: a tag has no character that means something there (`domain::tags`).
            let has = LikeExpr::new(format!("%\"{tag}\"%"));
            query = query.filter(Expr::col((Entity, Column::Tags)).cast_as("text").like(has));
        }
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let servers = rows.into_iter().map(server_of).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(servers, page.limit, |server| Created { at: server.created_at, id: server.id.0 }))
    }

    /// How many servers have each tag.
    pub async fn count_server_tags(&self, of: ServersOf) -> Result<BTreeMap<String, u64>> {
        let query = self.servers(of).filter(Column::Tags.is_not_null()).select_only().column(Column::Tags);
        let lists: Vec<serde_json::Value> = query.into_tuple().all(&self.tx).await.map_err(db_error)?;
        let mut counts = BTreeMap::new();
        for list in lists {
            let tags: Vec<String> = serde_json::from_value(list).map_err(Error::internal)?;
            tags.into_iter().for_each(|tag| *counts.entry(tag).or_default() += 1);
        }
        Ok(counts)
    }

    fn servers(&self, of: ServersOf) -> Select<Entity> {
        let mut query = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Status.ne(ServerStatus::Retired.as_str()));
        if let ServersOf::UsableBy(_) = of {
            query = query.filter(Column::Status.eq(ServerStatus::Enabled.as_str()));
        }
        if let ServersOf::GrantedTo(principal) | ServersOf::UsableBy(principal) = of {
            let granted: SelectStatement = Query::select()
                .column(server_grant::Column::ServerId)
                .from(server_grant::Entity)
                .cond_where(self.grants_of(principal))
                .take();
            query = query.filter(Expr::col((Entity, Column::Id)).in_subquery(granted));
        }
        query
    }

    /// These servers, retired ones too.
    pub async fn find_servers(&self, ids: &[ServerId]) -> Result<HashMap<ServerId, Server>> {
        let rows = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        rows.into_iter().map(|row| server_of(row).map(|server| (server.id, server))).collect()
    }

    /// The slugs of servers, retired ones too.
    pub async fn list_server_slugs(&self, ids: &[ServerId]) -> Result<HashMap<ServerId, ServerSlug>> {
        let rows: Vec<(uuid::Uuid, String)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Slug])
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let slug = |(id, slug): (uuid::Uuid, String)| {
            Ok((ServerId(id), slug.parse().map_err(|_| unreadable("servers", "slug"))?))
        };
        rows.into_iter().map(slug).collect()
    }

    /// The highest role of a person or service account on each of the servers, by a grant to them, to a group of theirs,
    /// or to everyone.
    pub async fn list_server_roles(
        &self,
        principal: PrincipalId,
        servers: &[ServerId],
    ) -> Result<HashMap<ServerId, ServerRole>> {
        let rows: Vec<(uuid::Uuid, String)> = server_grant::Entity::find()
            .select_only()
            .columns([server_grant::Column::ServerId, server_grant::Column::Role])
            .filter(self.grants_of(principal))
            .filter(server_grant::Column::ServerId.is_in(servers.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        let mut roles = HashMap::new();
        for (server, role) in rows {
            let role = ServerRole::parse(&role).ok_or_else(|| unreadable("server_grants", "role"))?;
            let highest = roles.entry(ServerId(server)).or_insert(role);
            *highest = role.max(*highest);
        }
        Ok(roles)
    }

    /// Writes everything but slug, kind and creation.
    pub async fn update_server(&self, server: &Server) -> Result<()> {
        let outbound_auth = serde_json::to_value(&server.outbound_auth).map_err(Error::internal)?;
        let done = Entity::update_many()
            .col_expr(Column::DisplayName, Expr::value(server.display_name.clone()))
            .col_expr(Column::Description, Expr::value(server.description.clone()))
            .col_expr(Column::UpstreamUrl, Expr::value(server.upstream_url.clone()))
            .col_expr(Column::OutboundAuth, Expr::value(outbound_auth))
            .col_expr(Column::Status, Expr::value(server.status.as_str()))
            .col_expr(Column::TimeoutMs, Expr::value(i64::from(server.timeout_ms)))
            .col_expr(Column::Transport, Expr::value(transport(server)?))
            .col_expr(Column::ToolSwitches, Expr::value(tool_switches(&server.tool_switches)?))
            .col_expr(Column::Tags, Expr::value(tags(&server.tags)))
            .col_expr(Column::UpdatedAt, Expr::value(server.updated_at))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(server.id.0))
            .filter(Column::Status.ne(ServerStatus::Retired.as_str()))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "server" }) }
    }

    /// Grants that reach a person, or a service account: that one is in no group, and everyone is people.
    pub(super) fn grants_of(&self, principal: PrincipalId) -> Condition {
        let of_tenant = Condition::all().add(server_grant::Column::TenantId.eq(self.tenant_id.0));
        let user_id = match principal {
            PrincipalId::User(id) => id,
            PrincipalId::ServiceAccount(id) => return of_tenant.add(server_grant::Column::ServiceAccountId.eq(id.0)),
        };
        let groups: SelectStatement = Query::select()
            .column(group_member::Column::GroupId)
            .from(group_member::Entity)
            .and_where(group_member::Column::TenantId.eq(self.tenant_id.0))
            .and_where(group_member::Column::UserId.eq(user_id.0))
            .take();
        let subject = Condition::any()
            .add(server_grant::Column::SubjectKind.eq("everyone"))
            .add(server_grant::Column::UserId.eq(user_id.0))
            .add(server_grant::Column::GroupId.in_subquery(groups));
        of_tenant.add(subject)
    }
}

/// Absent where all tools are on.
fn tool_switches(switches: &ToolSwitches) -> Result<Option<serde_json::Value>> {
    match switches.is_default() {
        true => Ok(None),
        false => serde_json::to_value(switches).map(Some).map_err(Error::internal),
    }
}

/// Absent where there are none.
fn tags(tags: &[String]) -> Option<serde_json::Value> {
    (!tags.is_empty()).then(|| tags.into())
}

/// Absent where there is nothing of its own.
fn transport(server: &Server) -> Result<Option<serde_json::Value>> {
    match server.transport.is_default() {
        true => Ok(None),
        false => serde_json::to_value(&server.transport).map(Some).map_err(Error::internal),
    }
}
