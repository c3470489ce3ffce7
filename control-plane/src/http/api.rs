//! The REST API, `/api/v1`. Each noun has a file with its handlers and views.

use std::sync::Arc;

use axum::Router;

use super::problem;
use crate::state::App;

pub fn router(app: Arc<App>) -> Router {
    Router::new().method_not_allowed_fallback(problem::no_method).with_state(app)
}
