//! The admin listener: liveness, readiness, metrics. Not for the public; it tells nothing about tenants.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::state::App;

pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/live", get(|| async { "live\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(app)
}

/// Ready while the database answers with the schema of this program, until shutdown begins (I10).
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, String) {
    if app.tasks.shutdown().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
    }
    match app.store.pending_migrations().await {
        Ok(0) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(pending) => (StatusCode::SERVICE_UNAVAILABLE, format!("{pending} migration(s) pending\n")),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "database unreachable\n".to_owned())
        }
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    match app.metrics.render(app.nodes.list().len()) {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
