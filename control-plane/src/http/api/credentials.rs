//! What people present to servers for themselves. Values are written and never read.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::grants::{SubjectBody, SubjectView};
use super::{PageQuery, PageView};
use crate::app::user_credentials::{self, Account, Stored};
use crate::domain::credential::{AccountKind, AccountState};
use crate::domain::ids::{ServerId, UserCredentialId, UserId};
use crate::domain::key_form::KeyField;
use crate::domain::principal::PrincipalId;
use crate::domain::server::Subject;
use crate::domain::{Error, Result as DomainResult};
use crate::http::extract::{Json, Query, Target, TenantScope};
use crate::http::problem::Problem;

/// A stored credential, without what it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserCredential)]
pub(crate) struct CredentialView {
    id: UserCredentialId,
    /// Who presents it.
    owner: SubjectView,
    state: AccountState,
    /// Grows with every change.
    version: u64,
    set_at: DateTime<Utc>,
    /// Of tokens: when they end unless they are renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    /// Of tokens: when they were renewed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    refreshed_at: Option<DateTime<Utc>>,
    kind: AccountKind,
    /// Who typed it; absent for somebody who is no longer here.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by: Option<UserId>,
    created_at: DateTime<Utc>,
}

/// A server that wants a credential of your own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountView {
    server_id: ServerId,
    server_slug: String,
    server_name: String,
    state: AccountState,
    /// What is to be typed; empty where the provider asks.
    fields: Vec<KeyField>,
    /// What the provider granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refreshed_at: Option<DateTime<Utc>>,
    /// Absent where nothing is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_id: Option<UserCredentialId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_at: Option<DateTime<Utc>>,
    /// The page where you connect it.
    connect_url: String,
}

/// All of them; a person uses few.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Accounts)]
pub(crate) struct AccountsView {
    items: Vec<AccountView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialBody {
    /// Whose it is: a user or a service account; you if absent. For others, managers of the server decide.
    subject: Option<SubjectBody>,
    /// What the server's form asks for, by field.
    #[schema(value_type = BTreeMap<String, String>, write_only)]
    values: BTreeMap<String, SecretString>,
}

impl From<Stored> for CredentialView {
    fn from(Stored { credential, owner, state }: Stored) -> Self {
        Self {
            id: credential.id,
            owner: owner.into(),
            state,
            version: credential.mark.version,
            set_at: credential.mark.set_at,
            expires_at: credential.expires_at,
            refreshed_at: credential.refreshed_at,
            kind: credential.kind,
            set_by: credential.set_by,
            created_at: credential.created_at,
        }
    }
}

impl From<Account> for AccountView {
    fn from(Account { server, stored, state, connect_url }: Account) -> Self {
        let fields = user_credentials::form(&server).map(|form| form.fields.clone()).unwrap_or_default();
        Self {
            server_id: server.id,
            server_slug: server.slug.to_string(),
            server_name: server.display_name,
            state,
            fields,
            scope: stored.as_ref().map(|one| one.scope.clone()).filter(|scope| !scope.is_empty()),
            expires_at: stored.as_ref().and_then(|one| one.expires_at),
            refreshed_at: stored.as_ref().and_then(|one| one.refreshed_at),
            credential_id: stored.as_ref().map(|one| one.id),
            set_at: stored.as_ref().map(|one| one.mark.set_at),
            connect_url,
        }
    }
}

/// List the servers you may use that want a credential of your own, and how you stand with each.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/me/accounts", tag = "credentials",
    operation_id = "list_my_accounts", responses((status = 200, body = AccountsView)))]
pub(crate) async fn list_mine(TenantScope(ctx): TenantScope) -> Result<Json<AccountsView>, Problem> {
    let accounts = user_credentials::list_mine(&ctx).await?;
    Ok(Json(AccountsView { items: accounts.into_iter().map(AccountView::from).collect() }))
}

/// List whose credentials are stored for a server, newest first: everybody's for its managers, else yours.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/servers/{server}/credentials", tag = "credentials",
    operation_id = "list_credentials", params(("server" = ServerId, Path), PageQuery),
    responses((status = 200, body = PageView<CredentialView>)))]
pub(crate) async fn list(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<CredentialView>>, Problem> {
    Ok(Json(PageView::of(user_credentials::list(&ctx, id, query.parse()?).await?)))
}

/// Store what you present to a server, or what somebody else does. Nodes use it from the answer on.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/servers/{server}/credentials", tag = "credentials",
    operation_id = "put_credential", params(("server" = ServerId, Path)), request_body = CredentialBody,
    responses((status = 204)))]
pub(crate) async fn put(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Json(body): Json<CredentialBody>,
) -> Result<StatusCode, Problem> {
    let whose = body.subject.map(principal).transpose()?;
    user_credentials::put(&ctx, id, whose, &body.values).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a stored credential away: yours, or anybody's for managers of the server.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/servers/{server}/credentials/{credential}",
    tag = "credentials", operation_id = "delete_credential",
    params(("server" = ServerId, Path), ("credential" = UserCredentialId, Path)), responses((status = 204)))]
pub(crate) async fn delete(
    TenantScope(ctx): TenantScope,
    Target(id): Target<ServerId>,
    Target(credential): Target<UserCredentialId>,
) -> Result<StatusCode, Problem> {
    user_credentials::delete(&ctx, id, credential).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn principal(subject: SubjectBody) -> DomainResult<PrincipalId> {
    match subject.try_into()? {
        Subject::User(id) => Ok(id.into()),
        Subject::ServiceAccount(id) => Ok(id.into()),
        Subject::Group(_) | Subject::Everyone => {
            Err(Error::invalid("credential.subject_kind", "subject.kind", "must be user or service_account"))
        }
    }
}
