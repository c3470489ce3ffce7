//! The front door: `portway dev`, its demo server and its one-port front, and the operator's command line.

pub mod demo;
pub mod front;

/// A plain client for this crate's tests.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "talks to this process on loopback")]
fn test_client() -> reqwest::Client {
    // Another test of this process may have installed it already.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    reqwest::Client::new()
}
