//! Every route on one page, the order of the layers with reasons, and how the listeners are served.

pub mod admin;
pub mod api;
mod console;
pub mod cookies;
mod download;
mod events;
pub mod extract;
mod layers;
pub mod oauth;
pub mod openapi;
mod pages;
pub mod problem;
pub mod rate;
mod scim;
#[cfg(test)]
mod tests;
mod trace;

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use crate::domain::limits::{BODY_BYTES_MAX, DRAIN_MAX_MS};
use crate::state::App;

/// The public listener.
pub fn router(app: Arc<App>) -> Router {
    let routes = Router::new()
        .merge(api::router(app.clone()))
        .merge(oauth::router(app.clone()))
        .merge(scim::router(app.clone()))
        .merge(pages::router(app.clone()))
        .merge(console::router(app.clone()))
        .fallback(problem::no_route);
    // The last one is the outermost.
    routes
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        // Inside the security headers, so that refusals carry them too (ATK-26: DNS rebinding).
        .layer(from_fn_with_state(app.clone(), layers::known_host))
        .layer(from_fn(layers::security_headers))
        // Inside the log: a panic is a logged 500, not a dropped connection.
        .layer(CatchPanicLayer::custom(problem::from_panic))
        .layer(from_fn_with_state(app, layers::observe))
}

/// Serves a router until shutdown, then finishes open requests within a bound (I10).
pub(crate) fn serve(app: &App, listener: TcpListener, name: &'static str, router: Router) {
    let shutdown = app.tasks.shutdown().clone();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    app.tasks.spawn(name, async move {
        tokio::select! {
            outcome = server.into_future() => if let Err(error) = outcome {
                tracing::error!(name, %error, "the listener failed: stopping");
                shutdown.cancel();
            },
            () = drained(shutdown.clone().cancelled_owned()) => {
                tracing::warn!(name, "open requests were cut at shutdown");
            }
        }
    });
}

async fn drained(shutdown: impl Future<Output = ()>) {
    shutdown.await;
    tokio::time::sleep(Duration::from_millis(DRAIN_MAX_MS)).await;
}
