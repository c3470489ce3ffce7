//! The front door: `portway dev`, its demo server and its one-port front, and the operator's command line.

pub mod apply;
pub mod cli;
pub mod commands;
pub mod demo;
pub mod dev;
pub mod doctor;
pub mod front;
mod platform;
pub mod terminal;

/// A plain client for this crate's tests.
#[cfg(test)]
fn test_client() -> reqwest::Client {
    // Another test of this process may have installed it already.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    platform::http_client().unwrap()
}
