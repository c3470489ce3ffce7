//! A person's connections: grants with what people want to know of them.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::entity::{authorization_code, oauth_client, oauth_grant, server};
use super::{TenantStore, db_error, newest_first};
use crate::domain::Result;
use crate::domain::ids::{OAuthGrantId, ServerId, UserId};
use crate::domain::oauth::connection::{Connection, unused_since};
use crate::domain::oauth::redirect;
use crate::domain::page::{Created, Page, PageRequest};

impl TenantStore {
    /// Clients that can act for a person now, newest first.
    pub async fn list_connections(&self, of: UserId, page: PageRequest<Created>) -> Result<Page<Connection>> {
        let query = oauth_grant::Entity::find()
            .filter(oauth_grant::Column::TenantId.eq(self.tenant_id.0))
            .filter(oauth_grant::Column::UserId.eq(of.0))
            .filter(oauth_grant::Column::RevokedAt.is_null())
            .filter(oauth_grant::Column::LastUsedAt.gt(unused_since(self.now())));
        let columns = (oauth_grant::Column::CreatedAt, oauth_grant::Column::Id);
        let grants = newest_first(query, page, columns.0, columns.1, &self.tx).await?;
        let clients = self.client_names(grants.iter().map(|grant| grant.client_id)).await?;
        let servers = self.server_names(grants.iter().map(|grant| grant.server_id)).await?;
        let redirects = self.redirect_uris(grants.iter().map(|grant| grant.id)).await?;
        let connection = |grant: oauth_grant::Model| {
            let (slug, name) = servers.get(&grant.server_id).cloned().unwrap_or_default();
            Some(Connection {
                id: OAuthGrantId(grant.id),
                client_name: clients.get(&grant.client_id).cloned().unwrap_or_default(),
                server_id: ServerId(grant.server_id),
                server_slug: slug,
                server_name: name,
                redirect_host: redirects.get(&grant.id).map(|uri| redirect::destination(uri)).unwrap_or_default(),
                created_at: grant.created_at,
                last_used_at: grant.last_used_at?,
            })
        };
        let connections = grants.into_iter().filter_map(connection).collect();
        Ok(Page::cut(connections, page.limit, |one: &Connection| Created { at: one.created_at, id: one.id.0 }))
    }

    async fn client_names(&self, ids: impl Iterator<Item = Uuid>) -> Result<HashMap<Uuid, String>> {
        let rows: Vec<(Uuid, String)> = oauth_client::Entity::find()
            .select_only()
            .columns([oauth_client::Column::Id, oauth_client::Column::Name])
            .filter(oauth_client::Column::TenantId.eq(self.tenant_id.0))
            .filter(oauth_client::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().collect())
    }

    async fn server_names(&self, ids: impl Iterator<Item = Uuid>) -> Result<HashMap<Uuid, (String, String)>> {
        let rows: Vec<(Uuid, String, String)> = server::Entity::find()
            .select_only()
            .columns([server::Column::Id, server::Column::Slug, server::Column::DisplayName])
            .filter(server::Column::TenantId.eq(self.tenant_id.0))
            .filter(server::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().map(|(id, slug, name)| (id, (slug, name))).collect())
    }

    /// By grant, as its code was redeemed with.
    async fn redirect_uris(&self, grants: impl Iterator<Item = Uuid>) -> Result<HashMap<Uuid, String>> {
        let rows: Vec<(Uuid, String)> = authorization_code::Entity::find()
            .select_only()
            .columns([authorization_code::Column::GrantId, authorization_code::Column::RedirectUri])
            .filter(authorization_code::Column::TenantId.eq(self.tenant_id.0))
            .filter(authorization_code::Column::GrantId.is_in(grants))
            .filter(authorization_code::Column::UsedAt.is_not_null())
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(rows.into_iter().collect())
    }
}
