//! A request's life on a node.

use std::sync::Arc;

use axum::Router;

use crate::Node;

/// The gateway's HTTP service.
pub fn service(_node: Arc<Node>) -> Router {
    Router::new()
}
