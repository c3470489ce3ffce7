//! Personal API keys. Only a signed-in browser may make, see or end them; a key may not.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PageView;
use crate::app::api_keys::{self, Expiry, IssuedApiKey, KeysOf, NewApiKey};
use crate::domain::api_key::{ApiKey, ApiKeyStatus};
use crate::domain::ids::{ApiKeyId, ServerId, UserId};
use crate::domain::page::PageRequest;
use crate::domain::{Error, Result};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct KeyView {
    id: ApiKeyId,
    /// Whose it is.
    user_id: UserId,
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
}

impl KeyView {
    fn at(now: DateTime<Utc>, key: ApiKey) -> Self {
        let (status, server_ids) = (key.status(now), key.scope.servers().map(<[ServerId]>::to_vec));
        let ApiKey { id, user_id, name, created_at, expires_at, last_used_at, revoked_at, .. } = key;
        Self { id, user_id, name, status, server_ids, created_at, expires_at, last_used_at, revoked_at }
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
    /// The only servers it reaches; absent for all you may use, and this API.
    server_ids: Option<Vec<ServerId>>,
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
    /// Keys of everybody in the tenant.
    #[serde(default)]
    everyone: bool,
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List API keys, newest first, also those that ended.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/keys", tag = "keys", operation_id = "list_keys",
    params(KeyQuery), responses((status = 200, body = PageView<KeyView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Query(query): Query<KeyQuery>,
) -> Result<Json<PageView<KeyView>>, Problem> {
    let page = PageRequest::parse(query.limit, query.cursor.as_deref())?;
    let of = match (query.everyone, query.user) {
        (true, Some(_)) => return Err(Error::invalid("key.of", "user", "must be absent when everyone is true").into()),
        (true, None) => KeysOf::Everyone,
        (false, Some(id)) => KeysOf::User(id),
        (false, None) => KeysOf::Mine,
    };
    let now = ctx.app.clock.now();
    let page = api_keys::list(&ctx, of, page).await?;
    Ok(Json(PageView::of(page.map(|key| KeyView::at(now, key)))))
}

/// Make an API key of your own. Answers once connected nodes know it, or after two seconds.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/keys", tag = "keys", operation_id = "create_key",
    request_body = KeyBody, responses((status = 201, body = NewKeyView)))]
pub(crate) async fn create(
    TenantScope(ctx): TenantScope,
    Json(body): Json<KeyBody>,
) -> Result<(StatusCode, Json<NewKeyView>), Problem> {
    let expiry = body.expiry()?;
    let issued = api_keys::create(&ctx, NewApiKey { name: body.name, expiry, servers: body.server_ids }).await?;
    Ok((StatusCode::CREATED, Json(NewKeyView::of(issued))))
}

/// Revoke an API key: yours, or anybody's for owners and admins.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/keys/{key}", tag = "keys", operation_id = "revoke_key",
    params(("key" = ApiKeyId, Path)), responses((status = 204)))]
pub(crate) async fn revoke(TenantScope(ctx): TenantScope, Target(id): Target<ApiKeyId>) -> Result<StatusCode, Problem> {
    api_keys::revoke(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
