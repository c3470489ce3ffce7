//! Authorization requests, grants and codes.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::entity::{authorization_code, authorization_request, oauth_grant};
use super::{TenantStore, db_error};
use crate::domain::ids::{
    AuthorizationRequestId, ClientId, IdentityProviderId, OAuthGrantId, ServerId, SessionId, UserId,
};
use crate::domain::oauth::{AuthorizationCode, AuthorizationRequest, Grant};
use crate::domain::{Error, Result};

impl TenantStore {
    pub async fn insert_authorization_request(&self, request: &AuthorizationRequest) -> Result<()> {
        let row = authorization_request::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(request.id.0),
            browser_sha256: Set(request.browser_sha256.clone()),
            client_id: Set(request.client_id.0),
            redirect_uri: Set(request.redirect_uri.clone()),
            state: Set(request.state.clone()),
            scope: Set(request.scope.clone()),
            resource: Set(request.resource.clone()),
            code_challenge: Set(request.code_challenge.clone()),
            created_at: Set(request.created_at),
            expires_at: Set(request.expires_at),
            decided_at: Set(request.decided_at),
        };
        authorization_request::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    pub async fn find_authorization_request(&self, id: AuthorizationRequestId) -> Result<Option<AuthorizationRequest>> {
        let row = authorization_request::Entity::find_by_id((self.tenant_id.0, id.0))
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_request))
    }

    /// Decides a request once; false if it was decided before.
    pub async fn decide_authorization_request(&self, id: AuthorizationRequestId) -> Result<bool> {
        let done = authorization_request::Entity::update_many()
            .col_expr(authorization_request::Column::DecidedAt, Expr::value(self.now()))
            .filter(authorization_request::Column::TenantId.eq(self.tenant_id.0))
            .filter(authorization_request::Column::Id.eq(id.0))
            .filter(authorization_request::Column::DecidedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Deletes requests that expired before `before`; answers how many.
    pub async fn delete_expired_authorization_requests(&self, before: DateTime<Utc>) -> Result<u64> {
        let done = authorization_request::Entity::delete_many()
            .filter(authorization_request::Column::TenantId.eq(self.tenant_id.0))
            .filter(authorization_request::Column::ExpiresAt.lt(before))
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }

    pub async fn insert_oauth_grant(&self, grant: &Grant) -> Result<()> {
        let row = oauth_grant::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(grant.id.0),
            user_id: Set(grant.user_id.0),
            client_id: Set(grant.client_id.0),
            server_id: Set(grant.server_id.0),
            session_id: Set(grant.session_id.0),
            asserted_by: Set(grant.asserted_by.map(|id| id.0)),
            resource: Set(grant.resource.clone()),
            scope: Set(grant.scope.clone()),
            created_at: Set(grant.created_at),
            last_used_at: Set(None),
            revoked_at: Set(grant.revoked_at),
            revoke_reason: Set(None),
        };
        oauth_grant::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    pub async fn find_oauth_grant(&self, id: OAuthGrantId) -> Result<Option<Grant>> {
        let row = oauth_grant::Entity::find_by_id((self.tenant_id.0, id.0)).one(&self.tx).await.map_err(db_error)?;
        Ok(row.map(to_grant))
    }

    /// The live grant that says the same as this one and rests on assertions of the same provider.
    pub async fn find_asserted_grant(&self, like: &Grant) -> Result<Option<Grant>> {
        let Some(provider_id) = like.asserted_by else { return Ok(None) };
        let row = oauth_grant::Entity::find()
            .filter(oauth_grant::Column::TenantId.eq(self.tenant_id.0))
            .filter(oauth_grant::Column::UserId.eq(like.user_id.0))
            .filter(oauth_grant::Column::ClientId.eq(like.client_id.0))
            .filter(oauth_grant::Column::ServerId.eq(like.server_id.0))
            .filter(oauth_grant::Column::AssertedBy.eq(provider_id.0))
            .filter(oauth_grant::Column::Resource.eq(&like.resource))
            .filter(oauth_grant::Column::Scope.eq(&like.scope))
            .filter(oauth_grant::Column::RevokedAt.is_null())
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(row.map(to_grant))
    }

    /// Notes that a token is issued under the grant; false if it has ended, also meanwhile: whoever ends it now waits for
    /// this transaction and then knows of the token.
    pub async fn touch_oauth_grant(&self, id: OAuthGrantId) -> Result<bool> {
        let done = oauth_grant::Entity::update_many()
            .col_expr(oauth_grant::Column::LastUsedAt, Expr::value(self.now()))
            .filter(oauth_grant::Column::TenantId.eq(self.tenant_id.0))
            .filter(oauth_grant::Column::Id.eq(id.0))
            .filter(oauth_grant::Column::RevokedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Ends a token family; false if it had ended before.
    pub async fn revoke_oauth_grant(&self, id: OAuthGrantId, reason: &'static str) -> Result<bool> {
        let done = oauth_grant::Entity::update_many()
            .col_expr(oauth_grant::Column::RevokedAt, Expr::value(self.now()))
            .col_expr(oauth_grant::Column::RevokeReason, Expr::value(reason))
            .filter(oauth_grant::Column::TenantId.eq(self.tenant_id.0))
            .filter(oauth_grant::Column::Id.eq(id.0))
            .filter(oauth_grant::Column::RevokedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected == 1)
    }

    /// Ends every token family of a person (deactivation, I9) and answers how many were live.
    pub async fn revoke_oauth_grants_of(&self, user_id: UserId, reason: &'static str) -> Result<u64> {
        let done = oauth_grant::Entity::update_many()
            .col_expr(oauth_grant::Column::RevokedAt, Expr::value(self.now()))
            .col_expr(oauth_grant::Column::RevokeReason, Expr::value(reason))
            .filter(oauth_grant::Column::TenantId.eq(self.tenant_id.0))
            .filter(oauth_grant::Column::UserId.eq(user_id.0))
            .filter(oauth_grant::Column::RevokedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }

    pub async fn insert_authorization_code(&self, code: &AuthorizationCode, code_sha256: [u8; 32]) -> Result<()> {
        let row = authorization_code::ActiveModel {
            tenant_id: Set(self.tenant_id.0),
            id: Set(code.id),
            grant_id: Set(code.grant_id.0),
            code_sha256: Set(code_sha256.to_vec()),
            redirect_uri: Set(code.redirect_uri.clone()),
            code_challenge: Set(code.code_challenge.clone()),
            expires_at: Set(code.expires_at),
            used_at: Set(code.used_at),
        };
        authorization_code::Entity::insert(row).exec_without_returning(&self.tx).await.map_err(db_error)?;
        Ok(())
    }

    /// Reads a code for its redemption: on PostgreSQL the row is locked, so that two redemptions follow each other.
    pub async fn lock_authorization_code(&self, code_sha256: [u8; 32]) -> Result<Option<AuthorizationCode>> {
        let query = authorization_code::Entity::find()
            .filter(authorization_code::Column::TenantId.eq(self.tenant_id.0))
            .filter(authorization_code::Column::CodeSha256.eq(code_sha256.to_vec()));
        let row = self.for_update(query).one(&self.tx).await.map_err(db_error)?;
        Ok(row.map(to_code))
    }

    /// Marks a code used; an error if it was.
    pub async fn use_authorization_code(&self, id: uuid::Uuid) -> Result<()> {
        let done = authorization_code::Entity::update_many()
            .col_expr(authorization_code::Column::UsedAt, Expr::value(self.now()))
            .filter(authorization_code::Column::TenantId.eq(self.tenant_id.0))
            .filter(authorization_code::Column::Id.eq(id))
            .filter(authorization_code::Column::UsedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        if done.rows_affected == 1 { Ok(()) } else { Err(Error::internal("a locked code was used meanwhile")) }
    }

    /// Whether a code of the grant was redeemed.
    pub async fn is_grant_redeemed(&self, grant_id: OAuthGrantId) -> Result<bool> {
        let used = authorization_code::Entity::find()
            .filter(authorization_code::Column::TenantId.eq(self.tenant_id.0))
            .filter(authorization_code::Column::GrantId.eq(grant_id.0))
            .filter(authorization_code::Column::UsedAt.is_not_null())
            .one(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(used.is_some())
    }

    /// Forgets codes of a grant that nobody redeemed; answers how many.
    pub async fn delete_unused_codes(&self, grant_id: OAuthGrantId) -> Result<u64> {
        let done = authorization_code::Entity::delete_many()
            .filter(authorization_code::Column::TenantId.eq(self.tenant_id.0))
            .filter(authorization_code::Column::GrantId.eq(grant_id.0))
            .filter(authorization_code::Column::UsedAt.is_null())
            .exec(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(done.rows_affected)
    }
}

fn to_request(row: authorization_request::Model) -> AuthorizationRequest {
    AuthorizationRequest {
        id: AuthorizationRequestId(row.id),
        browser_sha256: row.browser_sha256,
        client_id: ClientId(row.client_id),
        redirect_uri: row.redirect_uri,
        state: row.state,
        scope: row.scope,
        resource: row.resource,
        code_challenge: row.code_challenge,
        created_at: row.created_at,
        expires_at: row.expires_at,
        decided_at: row.decided_at,
    }
}

fn to_grant(row: oauth_grant::Model) -> Grant {
    Grant {
        id: OAuthGrantId(row.id),
        user_id: UserId(row.user_id),
        client_id: ClientId(row.client_id),
        server_id: ServerId(row.server_id),
        session_id: SessionId(row.session_id),
        asserted_by: row.asserted_by.map(IdentityProviderId),
        resource: row.resource,
        scope: row.scope,
        created_at: row.created_at,
        revoked_at: row.revoked_at,
    }
}

fn to_code(row: authorization_code::Model) -> AuthorizationCode {
    AuthorizationCode {
        id: row.id,
        grant_id: OAuthGrantId(row.grant_id),
        redirect_uri: row.redirect_uri,
        code_challenge: row.code_challenge,
        expires_at: row.expires_at,
        used_at: row.used_at,
    }
}
