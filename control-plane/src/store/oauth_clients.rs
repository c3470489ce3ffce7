//! Registered OAuth clients.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::entity::oauth_client::{ActiveModel, Column, Entity, Model};
use super::{TenantStore, db_error};
use crate::domain::ids::ClientId;
use crate::domain::oauth::Client;
use crate::domain::oauth::registration::Registration;
use crate::domain::{Error, Result};

impl TenantStore {
    /// Stores a dynamically registered client.
    pub async fn insert_dynamic_client(&self, id: ClientId, client_id: &str, client: &Registration) -> Result<()> {
        let row = ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(id.0),
            client_id: Set(client_id.to_owned()),
            kind: Set("dynamic".to_owned()),
            name: Set(client.name.clone()),
            redirect_uris: Set(serde_json::json!(client.redirect_uris)),
            metadata: Set(serde_json::Value::Object(client.metadata.clone())),
            created_at: Set(self.now()),
            first_authorized_at: Set(None),
            last_used_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// By the name the client uses in requests.
    pub async fn find_client_by_client_id(&self, client_id: &str) -> Result<Option<Client>> {
        let row = Entity::find()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ClientId.eq(client_id))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        row.map(to_client).transpose()
    }

    pub async fn get_client(&self, id: ClientId) -> Result<Client> {
        let row = Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        row.map(to_client).transpose()?.ok_or(Error::NotFound { what: "client" })
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

    /// Forgets dynamic clients that were registered before `before` and that nobody approved; answers how many.
    pub async fn delete_unused_clients(&self, before: DateTime<Utc>) -> Result<u64> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::Kind.eq("dynamic"))
            .filter(Column::FirstAuthorizedAt.is_null())
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
        name: row.name,
        redirect_uris: serde_json::from_value(row.redirect_uris).map_err(Error::internal)?,
    })
}
