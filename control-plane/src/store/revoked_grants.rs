//! OAuth grants that were ended while access tokens of them may still live: nodes refuse those tokens. Rows of their own,
//! because a grant may go with its client while its tokens are still out there.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, OnConflict, SimpleExpr};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::entity::oauth_grant;
use super::entity::revoked_grant::{ActiveModel, Column, Entity};
use super::{TenantStore, db_error};
use crate::domain::Result;
use crate::domain::configuration::ResourceKind;
use crate::domain::ids::{ClientId, IdentityProviderId, OAuthGrantId, UserId};
use crate::domain::limits::{ACCESS_TOKEN_S_MAX, ROWS_PER_INSERT_MAX};

/// A grant, and when the last token was issued under it.
type Issued = (Uuid, Option<DateTime<Utc>>);

impl TenantStore {
    /// Voids the access tokens of a grant that this transaction ended; false if none may live. Ending it first is what
    /// keeps a token from being issued meanwhile.
    pub async fn void_tokens_of_grant(&self, id: OAuthGrantId) -> Result<bool> {
        let issued: Vec<Issued> = oauth_grant::Entity::find()
            .select_only()
            .columns([oauth_grant::Column::Id, oauth_grant::Column::LastUsedAt])
            .filter(oauth_grant::Column::TenantId.eq(self.tenant_id.0))
            .filter(oauth_grant::Column::Id.eq(id.0))
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(self.void_tokens(issued).await? > 0)
    }

    /// Ends every grant of a client, voids the access tokens of each, and answers how many grants there were.
    pub async fn end_grants_of_client(&self, client_id: ClientId, reason: &'static str) -> Result<u64> {
        self.end_grants(oauth_grant::Column::ClientId.eq(client_id.0), reason).await
    }

    /// The same for grants that rest on assertions of a provider: all of them, or those of one person.
    pub async fn end_asserted_grants(
        &self,
        provider_id: IdentityProviderId,
        user_id: Option<UserId>,
        reason: &'static str,
    ) -> Result<u64> {
        let by_provider = oauth_grant::Column::AssertedBy.eq(provider_id.0);
        let which = match user_id {
            Some(user_id) => by_provider.and(oauth_grant::Column::UserId.eq(user_id.0)),
            None => by_provider,
        };
        self.end_grants(which, reason).await
    }

    async fn end_grants(&self, which: SimpleExpr, reason: &'static str) -> Result<u64> {
        let live_ones =
            oauth_grant::Column::TenantId.eq(self.tenant_id.0).and(which).and(oauth_grant::Column::RevokedAt.is_null());
        let live: Vec<Uuid> = self
            .for_update(oauth_grant::Entity::find().filter(live_ones.clone()))
            .select_only()
            .column(oauth_grant::Column::Id)
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        oauth_grant::Entity::update_many()
            .col_expr(oauth_grant::Column::RevokedAt, Expr::value(self.now()))
            .col_expr(oauth_grant::Column::RevokeReason, Expr::value(reason))
            .filter(live_ones)
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        // Read again: a token may have been issued while the rows were being locked.
        let mut issued: Vec<Issued> = Vec::new();
        for ids in live.chunks(ROWS_PER_INSERT_MAX) {
            let query = oauth_grant::Entity::find()
                .select_only()
                .columns([oauth_grant::Column::Id, oauth_grant::Column::LastUsedAt])
                .filter(oauth_grant::Column::TenantId.eq(self.tenant_id.0))
                .filter(oauth_grant::Column::Id.is_in(ids.iter().copied()));
            issued.append(&mut query.into_tuple().all(&self.tx).await.map_err(db_error)?);
        }
        let count = live.len() as u64;
        self.void_tokens(issued).await?;
        Ok(count)
    }

    async fn void_tokens(&self, issued: Vec<Issued>) -> Result<usize> {
        let (now, life) = (self.now(), TimeDelta::seconds(ACCESS_TOKEN_S_MAX.into()));
        // Of a grant without a token that lives there is nothing to refuse.
        let ends = |(id, last): Issued| Some((id, last? + life)).filter(|(_, end)| *end > now);
        let rows: Vec<(Uuid, DateTime<Utc>)> = issued.into_iter().filter_map(ends).collect();
        for rows in rows.chunks(ROWS_PER_INSERT_MAX) {
            let models = rows.iter().map(|(id, end)| ActiveModel {
                tenant_id: Set(self.tenant_id.0),
                id: Set(*id),
                revoked_at: Set(now),
                forget_after: Set(*end),
            });
            let mut known = OnConflict::columns([Column::TenantId, Column::Id]);
            let insert = Entity::insert_many(models).on_conflict(known.do_nothing().to_owned());
            insert.exec_without_returning(&self.tx).await.map_err(db_error)?;
            rows.iter().for_each(|(id, _)| self.changed(ResourceKind::RevokedGrant, *id));
        }
        Ok(rows.len())
    }

    /// Deletes rows whose grants have no living token at `now`; answers how many. Nodes forget them by themselves.
    pub async fn delete_lapsed_revoked_grants(&self, now: DateTime<Utc>) -> Result<u64> {
        let done = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant_id.0))
            .filter(Column::ForgetAfter.lte(now))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }
}
