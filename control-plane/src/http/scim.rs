//! SCIM 2.0 below `/t/{tenant}/scim/v2` (RFC 7644), for identity providers. One layer proves who calls, bounds the body and
//! keeps the request for the administrator; handlers get a [`Call`](call::Call). Everything below the base answers in SCIM's words,
//! also what does not exist.

mod call;
mod discovery;
mod error;
mod groups;
mod reply;
mod search;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};

use crate::state::App;

const BASE: &str = "/t/{tenant}/scim/v2";

pub(super) fn router(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/Users", get(users::list).post(users::create))
        .route("/Users/.search", post(users::search))
        .route("/Users/{id}", get(users::get).put(users::replace).patch(users::modify).delete(users::delete))
        .route("/Groups", get(groups::list).post(groups::create))
        .route("/Groups/.search", post(groups::search))
        .route("/Groups/{id}", get(groups::get).put(groups::replace).patch(groups::modify).delete(groups::delete))
        .route("/.search", post(search::everything))
        .route("/ServiceProviderConfig", get(discovery::config))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{id}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{id}", get(discovery::schema))
        .route("/Bulk", any(error::no_bulk))
        .route("/Me", any(error::no_me))
        .fallback(error::nothing_here)
        .method_not_allowed_fallback(error::no_method)
        .layer(from_fn_with_state(app.clone(), call::admit));
    Router::new().nest(BASE, routes).with_state(app)
}
