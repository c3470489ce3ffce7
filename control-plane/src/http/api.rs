//! The REST API, `/api/v1`. Each noun has a file with its handlers and views; this page has the routes.

pub(super) mod audit;
pub(super) mod calls;
pub(super) mod clients;
pub(super) mod grants;
pub(super) mod identities;
pub(super) mod identity_providers;
pub(super) mod invitations;
pub(super) mod keys;
pub(super) mod nodes;
mod outbound_auth;
pub(super) mod platform;
pub(super) mod servers;
pub(super) mod session;
pub(super) mod tenant;
pub(super) mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem;
use crate::domain::Result;
use crate::domain::page::{Page, PageRequest, Place};
use crate::state::App;

pub fn router(app: Arc<App>) -> Router {
    let platform = Router::new()
        .route("/tenants", get(platform::list).post(platform::create))
        .route("/tenants/{tenant}", get(platform::get).patch(platform::update))
        .route("/nodes", get(nodes::list).post(nodes::enrol))
        .route("/nodes/{node}", delete(nodes::revoke))
        .route("/tenants/{tenant}/key-rotations", post(platform::rotate_keys))
        .route("/tenants/{tenant}/owner-invitations", post(platform::invite_owner));
    let tenant = Router::new()
        .route("/", get(tenant::get).patch(tenant::update))
        .route("/session", get(session::get).post(session::create).delete(session::delete))
        .route("/me/servers", get(servers::list_mine))
        .route("/users", get(users::list))
        .route("/users/{user}", get(users::get).patch(users::update))
        .route("/users/{user}/identities", get(identities::list))
        .route("/users/{user}/identities/{identity}", delete(identities::unbind))
        .route("/identity-providers", get(identity_providers::list).post(identity_providers::create))
        .route("/identity-providers/test", post(identity_providers::test_typed))
        .route(
            "/identity-providers/{provider}",
            get(identity_providers::get).patch(identity_providers::update).delete(identity_providers::delete),
        )
        .route("/identity-providers/{provider}/test", post(identity_providers::test_saved))
        .route("/invitations", get(invitations::list).post(invitations::create))
        .route("/invitations/{invitation}", delete(invitations::revoke))
        .route("/keys", get(keys::list).post(keys::create))
        .route("/keys/{key}", delete(keys::revoke))
        .route("/servers", get(servers::list).post(servers::register))
        .route("/servers/{server}", get(servers::get).patch(servers::update).delete(servers::retire))
        .route("/servers/{server}/grants", get(grants::list).put(grants::put))
        .route("/servers/{server}/grants/{grant}", delete(grants::delete))
        .route("/clients", get(clients::list).post(clients::create))
        .route("/clients/{client}", get(clients::get).patch(clients::update).delete(clients::delete))
        .route("/clients/{client}/secrets", post(clients::rotate_secret))
        .route("/calls", get(calls::list))
        .route("/calls/{call}", get(calls::get))
        .route("/audit", get(audit::list));
    Router::new()
        .nest("/api/v1/platform", platform)
        .nest("/api/v1/tenants/{tenant}", tenant)
        .method_not_allowed_fallback(problem::no_method)
        .with_state(app)
}

/// Which page of a list; every list takes these.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Rows of the page, 1 to 200; 50 if absent.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    pub(super) fn parse<P: Place>(&self) -> Result<PageRequest<P>> {
        PageRequest::parse(self.limit, self.cursor.as_deref())
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PageView<T> {
    pub(super) items: Vec<T>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

impl<T> PageView<T> {
    pub(super) fn of<U>(page: Page<U>) -> Self
    where
        T: From<U>,
    {
        Self { items: page.items.into_iter().map(T::from).collect(), next_cursor: page.next_cursor }
    }
}

#[cfg(test)]
mod tests;
