//! API keys of people and service accounts. Only a signed-in browser may make, see or end them; a key may not.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PageView;
use crate::app::api_keys::{self, Expiry, IssuedApiKey, KeysOf, NewApiKey, WhichKeys};
use crate::domain::api_key::{ApiKey, ApiKeyStatus};
use crate::domain::ids::{ApiKeyId, ServerId, ServiceAccountId, UserId};
use crate::domain::page::PageRequest;
use crate::domain::{Error, Result};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct KeyView {
    id: ApiKeyId,
    /// Whose it is, if it is a person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
    /// Whose it is, if it is a service account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_account_id: Option<ServiceAccountId>,
    name: String,
    status: ApiKeyStatus,
    /// The only servers it reaches; absent if it reaches all that its owner may use, and this API.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_ids: Option<Vec<ServerId>>,
    created_at: DateTime<Utc>,
    /// Absent if it never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    /// To about five minutes; absent if it was never used.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<DateTime<Utc>>,
    /// The key that was made to replace it; this one works until `expires_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor_id: Option<ApiKeyId>,
}

impl KeyView {
    fn at(now: DateTime<Utc>, key: ApiKey) -> Self {
        let (status, server_ids) = (key.status(now), key.scope.servers().map(<[ServerId]>::to_vec));
        let (user_id, service_account_id) = (key.owner.user(), key.owner.service_account());
        let ApiKey { id, name, created_at, expires_at, last_used_at, revoked_at, successor_id, .. } = key;
        Self {
            id,
            user_id,
            service_account_id,
            name,
            status,
            server_ids,
            created_at,
            expires_at,
            last_used_at,
            revoked_at,
            successor_id,
        }
    }
}

/// A fresh key.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiKey)]
pub(crate) struct NewKeyView {
    key: KeyView,
    /// Send it as `Authorization: Bearer …`. It is never shown again.
    secret: String,
    /// Connected nodes that did not confirm the key in time; 0 = it works everywhere now. At least, where a part of the
    /// control plane did not answer.
    pending_nodes: usize,
}

impl NewKeyView {
    fn of(issued: IssuedApiKey) -> Self {
        let now = issued.key.created_at;
        let (secret, pending_nodes) = (issued.text.expose_secret().to_owned(), issued.pending_nodes);
        Self { key: KeyView::at(now, issued.key), secret, pending_nodes }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiKeyBody)]
pub(crate) struct KeyBody {
    /// What it is for.
    name: String,
    /// 1 to 3650; 90 if absent.
    expires_in_days: Option<u32>,
    /// Instead of `expires_in_days`: the key works until somebody revokes it.
    #[serde(default)]
    never_expires: bool,
    /// The only servers it reaches; absent for all its owner may use, and this API.
    server_ids: Option<Vec<ServerId>>,
    /// A key of this service account, for owners and admins; yours if absent.
    service_account_id: Option<ServiceAccountId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiKeyRotation)]
pub(crate) struct RotationBody {
    /// How long the old key works on, in seconds: 0 to 2592000; 86400 (a day) if absent.
    overlap_s: Option<u32>,
}

impl KeyBody {
    fn expiry(&self) -> Result<Expiry> {
        match (self.expires_in_days, self.never_expires) {
            (None, false) => Ok(Expiry::Default),
            (Some(days), false) => Ok(Expiry::Days(days)),
            (None, true) => Ok(Expiry::Never),
            (Some(_), true) => {
                Err(Error::invalid("key.expiry", "expires_in_days", "must be absent when never_expires is true"))
            }
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeyQuery {
    /// Keys of this person; yours if absent. Other people's are for owners, admins and auditors.
    user: Option<UserId>,
    /// Keys of this service account; for owners, admins and auditors.
    service_account: Option<ServiceAccountId>,
    /// Keys of everybody in the tenant, people and service accounts.
    #[serde(default)]
    everyone: bool,
    #[param(inline)]
    status: Option<ApiKeyStatus>,
    /// Only keys that work now, end within so many days, and that nothing replaces yet.
    expiring_within_days: Option<u32>,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl KeyQuery {
    fn which(&self) -> Result<(KeysOf, WhichKeys)> {
        let of = match (self.everyone, self.user, self.service_account) {
            (true, None, None) => KeysOf::Everyone,
            (false, Some(id), None) => KeysOf::User(id),
            (false, None, Some(id)) => KeysOf::ServiceAccount(id),
            (false, None, None) => KeysOf::Mine,
            _ => {
                let public = "must be alone: ask for one of user, service_account and everyone";
                return Err(Error::invalid("key.of", "user", public));
            }
        };
        let (status, expiring_within_days) = (self.status, self.expiring_within_days);
        Ok((of, WhichKeys { status, expiring_within_days }))
    }
}

/// List API keys, newest first, also those that ended.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/keys", tag = "keys", operation_id = "list_keys",
    params(KeyQuery), responses((status = 200, body = PageView<KeyView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<KeyQuery>,
) -> Result<Json<PageView<KeyView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    let (of, which) = query.which()?;
    let now = ctx.app.clock.now();
    let page = api_keys::list(&ctx, of, which, page).await?;
    Ok(Json(PageView::of(page.map(|key| KeyView::at(now, key)))))
}

/// Make an API key, of your own or of a service account. Answers once connected nodes know it, or after two seconds.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/keys", tag = "keys", operation_id = "create_key",
    request_body = KeyBody, responses((status = 201, body = NewKeyView)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Json(body): Json<KeyBody>,
) -> Result<(StatusCode, Json<NewKeyView>), Problem> {
    let expiry = body.expiry()?;
    let KeyBody { name, server_ids: servers, service_account_id: service_account, .. } = body;
    let issued = api_keys::create(&ctx, NewApiKey { name, expiry, servers, service_account }).await?;
    Ok((StatusCode::CREATED, Json(NewKeyView::of(issued))))
}

/// Revoke an API key: yours, or anybody's for owners and admins.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/keys/{key}", tag = "keys", operation_id = "revoke_key",
    params(("key" = ApiKeyId, Path)), responses((status = 204)))]
pub(crate) async fn revoke(TenantScope(ctx): TenantScope, Target(id): Target<ApiKeyId>) -> Result<StatusCode, Problem> {
    api_keys::revoke(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace an API key: yours, or a service account's for owners and admins. The old one works on for the overlap.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/keys/{key}/rotations", tag = "keys",
    operation_id = "rotate_key", params(("key" = ApiKeyId, Path)), request_body = RotationBody,
    responses((status = 201, body = NewKeyView)))]
pub(crate) async fn rotate(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ApiKeyId>,
    Json(body): Json<RotationBody>,
) -> Result<(StatusCode, Json<NewKeyView>), Problem> {
    Ok((StatusCode::CREATED, Json(NewKeyView::of(api_keys::rotate(&ctx, id, body.overlap_s).await?))))
}
