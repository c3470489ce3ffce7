//! The REST API, `/api/v1`. Each noun has a file with its handlers and views; this page has the routes.

pub(super) mod audit;
pub(super) mod calls;
pub(super) mod clients;
pub(super) mod connections;
pub(super) mod credentials;
pub(super) mod domains;
pub(super) mod grants;
pub(super) mod groups;
pub(super) mod identities;
pub(super) mod identity_providers;
pub(super) mod invitations;
pub(super) mod keys;
pub(super) mod limit_rules;
pub(super) mod nodes;
pub(super) mod operator_session;
mod outbound_auth;
pub(super) mod overrides;
pub(super) mod platform;
pub(super) mod playground;
pub(super) mod presets;
pub(super) mod reach;
pub(super) mod scim;
pub(super) mod second_factor;
pub(super) mod server_probes;
pub(super) mod servers;
pub(super) mod service_accounts;
pub(super) mod session;
pub(super) mod tenant;
pub(super) mod tool_switches;
pub(super) mod usage;
pub(super) mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem;
use crate::domain::Result;
use crate::domain::page::{Page, PageRequest, Place};
use crate::state::App;

pub fn router(app: Arc<App>) -> Router {
    let platform = Router::new()
        .route("/session", get(operator_session::get).post(operator_session::create).delete(operator_session::delete))
        .route("/tenants", get(platform::list).post(platform::create))
        .route("/tenants/{tenant}", get(platform::get).patch(platform::update).delete(platform::delete))
        .route("/data-keys/rewrap", post(platform::rewrap))
        .route("/nodes", get(nodes::list).post(nodes::enrol))
        .route("/nodes/{node}", get(nodes::get).patch(nodes::update).delete(nodes::revoke))
        .route("/tenants/{tenant}/key-rotations", post(platform::rotate_keys))
        .route("/tenants/{tenant}/owner-invitations", post(platform::invite_owner));
    let tenant = Router::new()
        .route("/", get(tenant::get).patch(tenant::update))
        .route("/session", get(session::get).post(session::create).delete(session::delete))
        .route("/me/servers", get(servers::list_mine))
        .route("/me/accounts", get(credentials::list_mine))
        .route("/users", get(users::list))
        .route("/users/{user}", get(users::get).patch(users::update))
        .route("/users/{user}/grants", get(reach::of_user))
        .route("/users/{user}/groups", get(groups::list_of_user))
        .route("/groups", get(groups::list).post(groups::create))
        .route("/groups/{group}", get(groups::get).patch(groups::update).delete(groups::delete))
        .route("/groups/{group}/members", get(groups::list_members).patch(groups::change_members))
        .route("/users/{user}/second-factor", get(second_factor::get).delete(second_factor::reset))
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
        .route("/domains", get(domains::list).post(domains::create))
        .route("/domains/{domain}", get(domains::get).delete(domains::delete))
        .route("/domains/{domain}/verification", post(domains::verify))
        .route("/keys", get(keys::list).post(keys::create))
        .route("/keys/{key}", delete(keys::revoke))
        .route("/keys/{key}/rotations", post(keys::rotate))
        .route("/service-accounts", get(service_accounts::list).post(service_accounts::create))
        .route(
            "/service-accounts/{service_account}",
            get(service_accounts::get).patch(service_accounts::update).delete(service_accounts::delete),
        )
        .route("/service-accounts/{service_account}/grants", get(reach::of_service_account))
        .route("/servers", get(servers::list).post(servers::register))
        .route("/servers/{server}", get(servers::get).patch(servers::update).delete(servers::retire))
        .route("/servers/{server}/credentials", get(credentials::list).put(credentials::put))
        .route("/servers/{server}/credentials/{credential}", delete(credentials::delete))
        .route("/servers/{server}/overrides", get(overrides::list).put(overrides::put))
        .route("/servers/{server}/overrides/{override}", delete(overrides::delete))
        .route("/servers/{server}/playground", post(playground::create))
        .route("/server-tags", get(servers::list_tags))
        .route("/server-probes", post(server_probes::create))
        .route("/servers/{server}/uses", get(servers::list_uses))
        .route("/servers/{server}/uses/{use}", delete(servers::end_use))
        .route(
            "/servers/{server}/tool-switches",
            get(tool_switches::get).put(tool_switches::put).patch(tool_switches::change),
        )
        .route("/servers/{server}/grants", get(grants::list).put(grants::put))
        .route("/servers/{server}/grants/{grant}", delete(grants::delete))
        .route("/servers/{server}/candidates", get(grants::candidates))
        .route("/limit-rules", get(limit_rules::list).post(limit_rules::create))
        .route("/limit-rules/{limit_rule}", get(limit_rules::get).put(limit_rules::replace).delete(limit_rules::delete))
        .route("/presets", get(presets::list))
        .route("/clients", get(clients::list).post(clients::create))
        .route("/clients/{client}", get(clients::get).patch(clients::update).delete(clients::delete))
        .route("/clients/{client}/secrets", post(clients::rotate_secret))
        .route("/scim", get(scim::overview))
        .route("/scim/tokens", get(scim::list_tokens).post(scim::create_token))
        .route("/scim/tokens/{token}", delete(scim::delete_token))
        .route("/scim/requests", get(scim::list_requests))
        .route("/scim/users/{user}", put(scim::give_user).delete(scim::take_user))
        .route("/usage", get(usage::get))
        .route("/calls", get(calls::list))
        .route("/calls/export", get(calls::export))
        .route("/calls/tail", get(calls::tail))
        .route("/calls/{call}", get(calls::get))
        .route("/audit", get(audit::list))
        .route("/audit/verification", get(audit::verify))
        .route("/audit/export", get(audit::export));
    let tenant = tenant.merge(signed_in_with());
    Router::new()
        .nest("/api/v1/platform", platform)
        .nest("/api/v1/tenants/{tenant}", tenant)
        .method_not_allowed_fallback(problem::no_method)
        .with_state(app)
}

/// What people are signed in with.
fn signed_in_with() -> Router<Arc<App>> {
    Router::new()
        .route("/me/connections", get(connections::list_mine))
        .route("/me/connections/{connection}", delete(connections::end_mine))
        .route("/me/sessions", get(connections::list_my_sessions))
        .route("/me/sessions/{session}", delete(connections::end_my_session))
        .route("/me/sign-out-everywhere", post(connections::sign_out_mine))
        .route("/users/{user}/connections", get(connections::list))
        .route("/users/{user}/connections/{connection}", delete(connections::end))
        .route("/users/{user}/sessions", get(connections::list_sessions))
        .route("/users/{user}/sessions/{session}", delete(connections::end_session))
        .route("/users/{user}/sign-out", post(connections::sign_out))
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
