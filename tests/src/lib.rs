//! The product seen from outside. [`World`] starts the real control plane and real nodes on loopback, with a real
//! database; [`people`], [`Browser`](browser::Browser) and [`Ide`](ide::Ide) use it as its users do.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that finds something unexpected must fail, here and now"
)]

pub mod bearer;
pub mod browser;
pub mod conformance;
pub mod db;
pub mod events;
pub mod fakes;
pub mod fixtures;
pub mod generated;
pub mod http;
pub mod ide;
pub mod log;
pub mod modern_ide;
pub mod otlp;
pub mod people;
pub mod redis;
pub mod sdk;
pub mod world;

use std::future::Future;
use std::time::Duration;

pub use world::World;

/// Longest wait for something that must happen; reaching it fails the test.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a story on SQLite and on PostgreSQL: `on_both! { async fn name(setup: Setup) { … } }`.
#[macro_export]
macro_rules! on_both {
    ($(async fn $name:ident($setup:ident: Setup) $body:block)+) => {
        $(mod $name {
            use super::*;

            async fn story($setup: $crate::world::Setup) $body

            #[tokio::test]
            async fn sqlite() {
                story($crate::World::setup()).await;
            }

            #[tokio::test]
            async fn postgres() {
                story($crate::World::setup().postgres()).await;
            }
        })+
    };
}

/// The tests' tasks end with the test's runtime.
#[expect(clippy::disallowed_methods, reason = "the one place where tests spawn")]
pub fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::spawn(task)
}

/// Waits for something to become true; fails the test when it does not.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut check: impl FnMut() -> F) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while !check().await {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain: {what}");
        tick.tick().await;
    }
}

/// One TLS provider for the whole process.
pub fn install_crypto() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
