//! OAuth clients that a tenant knows, however they came to be known.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::oauth_client::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error, newest_first, unreadable};
use crate::domain::ids::ClientId;
use crate::domain::oauth::client::{Client, ClientAuth, ClientKind};
use crate::domain::oauth::registration::Registration;
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};

impl TenantStore {
    /// Stores a dynamically registered client.
    pub async fn insert_dynamic_client(&self, id: ClientId, client_id: &str, client: &Registration) -> Result<()> {
        let new = Client {
            id,
            client_id: client_id.to_owned(),
            kind: ClientKind::Dynamic,
            auth: ClientAuth::None,
            name: client.name.clone(),
            redirect_uris: client.redirect_uris.clone(),
            created_at: self.now(),
            last_used_at: None,
            blocked_at: None,
        };
        self.insert_client(&new, client.metadata.clone(), None).await
    }

    /// Stores a client that an administrator registered.
    pub async fn insert_static_client(&self, client: &Client) -> Result<()> {
        self.insert_client(client, serde_json::Map::new(), None).await
    }

    /// Stores what a metadata document says now, under the id it was given the first time; answers that id.
    pub async fn put_document_client(&self, client_id: &str, client: &Registration) -> Result<ClientId> {
        if let Some(known) = self.find_client_by_client_id(client_id).await? {
            Entity::update_many()
                .col_expr(Column::Name, Expr::value(client.name.clone()))
                .col_expr(Column::RedirectUris, Expr::value(serde_json::json!(client.redirect_uris)))
                .col_expr(Column::Metadata, Expr::value(serde_json::Value::Object(client.metadata.clone())))
                .col_expr(Column::FetchedAt, Expr::value(self.now()))
                .filter(Column::TenantId.eq(self.tenant_id.0))
                .filter(Column::Id.eq(known.id.0))
                .exec(&self.tx)
                .await
                .map_err(db_error)?;
            return Ok(known.id);
        }
        let new = Client {
            id: ClientId(self.new_id()),
            client_id: client_id.to_owned(),
            kind: ClientKind::MetadataDocument,
            auth: ClientAuth::None,
            name: client.name.clone(),
            redirect_uris: client.redirect_uris.clone(),
            created_at: self.now(),
            last_used_at: None,
            blocked_at: None,
        };
        self.insert_client(&new, client.metadata.clone(), Some(self.now())).await?;
        Ok(new.id)
    }

    async fn insert_client(
        &self,
        client: &Client,
        metadata: serde_json::Map<String, serde_json::Value>,
        fetched_at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(client.id.0),
            client_id: Set(client.client_id.clone()),
            kind: Set(client.kind.as_str().to_owned()),
            name: Set(client.name.clone()),
            redirect_uris: Set(serde_json::json!(client.redirect_uris)),
            metadata: Set(serde_json::Value::Object(metadata)),
            created_at: Set(client.created_at),
            first_authorized_at: Set(None),
            last_used_at: Set(None),
            auth: Set(client.auth.as_str().to_owned()),
            fetched_at: Set(fetched_at),
            blocked_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// By the name the client uses in requests.
    pub async fn find_client_by_client_id(&self, client_id: &str) -> Result<Option<Client>> {
        let row = self.find_client_row(client_id).await?;
        row.map(to_client).transpose()
    }

    /// When the document of a client was last read.
    pub async fn find_document_fetched_at(&self, client_id: &str) -> Result<Option<DateTime<Utc>>> {
        Ok(self.find_client_row(client_id).await?.and_then(|row| row.fetched_at))
    }

    async fn find_client_row(&self, client_id: &str) -> Result<Option<Model>> {
        Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ClientId.eq(client_id))
            .one(&self.tx)
            .await
            .map_err(db_error)
    }

    pub async fn get_client(&self, id: ClientId) -> Result<Client> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(to_client).transpose()?.ok_or(Error::NotFound { what: "client" })
    }

    /// The same, locked to the end of the transaction: two who change it at once must not undo each other's change.
    pub async fn lock_client(&self, id: ClientId) -> Result<Client> {
        let query = self.for_update(Entity::find_by_id((self.tenant_id.0, id.0)));
        let row = query.one(&self.tx).await.map_err(db_error)?;
        row.map(to_client).transpose()?.ok_or(Error::NotFound { what: "client" })
    }

    /// Clients of every kind, newest first.
    pub async fn list_clients(&self, page: PageRequest<Created>) -> Result<Page<Client>> {
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0));
        let rows = newest_first(query, page, Column::CreatedAt, Column::Id, &self.tx).await?;
        let clients = rows.into_iter().map(to_client).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(clients, page.limit, |one| Created { at: one.created_at, id: one.id.0 }))
    }

    /// Writes name, redirect URIs and whether it is blocked.
    pub async fn update_client(&self, client: &Client) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::Name, Expr::value(client.name.clone()))
            .col_expr(Column::RedirectUris, Expr::value(serde_json::json!(client.redirect_uris)))
            .col_expr(Column::BlockedAt, Expr::value(client.blocked_at))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(client.id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "client" }) }
    }

    /// The `client_id`s of clients that are blocked.
    pub async fn list_blocked_clients(&self) -> Result<Vec<String>> {
        Entity::find()
            .select_only()
            .column(Column::ClientId)
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::BlockedAt.is_not_null())
            .order_by_asc(Column::ClientId)
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)
    }

    /// Forgets a client with its grants, consents, requests, codes and tokens; false if there is none.
    pub async fn delete_client(&self, id: ClientId) -> Result<bool> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Notes that somebody approved the client: from now on it lives as long as its grants.
    pub async fn mark_client_authorized(&self, id: ClientId) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::FirstAuthorizedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .filter(Column::FirstAuthorizedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(())
    }

    /// Notes that the client got a token.
    pub async fn touch_client(&self, id: ClientId) -> Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(self.now()))
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Id.eq(id.0))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::NotFound { what: "client" }) }
    }

    /// Forgets clients that nobody approved and that came by themselves before `before`; answers how many.
    pub async fn delete_unused_clients(&self, before: DateTime<Utc>) -> Result<u64> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Kind.ne(ClientKind::Static.as_str()))
            .filter(Column::FirstAuthorizedAt.is_null())
            .filter(Column::BlockedAt.is_null())
            .filter(Column::CreatedAt.lt(before))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn to_client(row: Model) -> Result<Client> {
    Ok(Client {
        id: ClientId(row.id),
        client_id: row.client_id,
        kind: ClientKind::parse(&row.kind).ok_or_else(|| unreadable("oauth_clients", "kind"))?,
        // An unknown way to prove oneself must never read as none.
        auth: ClientAuth::parse(&row.auth).ok_or_else(|| unreadable("oauth_clients", "auth"))?,
        name: row.name,
        redirect_uris: serde_json::from_value(row.redirect_uris).map_err(Error::internal)?,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        blocked_at: row.blocked_at,
    })
}
