//! What a node costs, beside nginx in the same run: throughput, CPU per call, added latency, memory.
//!
//! The ratios are what holds; absolutes drift with the machine. Nothing here is a test of the product, and nothing of
//! the product depends on it.

pub mod controls;
pub mod echo;
pub mod histogram;
pub mod load;
pub mod lockout;
pub mod machine;
pub mod memory;
pub mod messages;
pub mod processes;
pub mod records;
pub mod relay;
pub mod report;
pub mod rounds;
pub mod run;
pub mod scim;
pub mod stage;
pub mod train;
pub mod way;
pub mod wire;

// People and their IDEs as the tests have them. Compiled from the same files and not through that crate, which brings
// every other server with it.
#[path = "../../src/browser.rs"]
#[expect(clippy::expect_used, reason = "a page that is not as expected ends the run")]
pub mod browser;
#[path = "../../src/http.rs"]
pub mod http;
#[path = "../../src/ide.rs"]
#[expect(clippy::expect_used, clippy::indexing_slicing, reason = "an answer that is not as expected ends the run")]
pub mod ide;
#[path = "../../src/people.rs"]
#[expect(clippy::expect_used, clippy::indexing_slicing, reason = "an answer that is not as expected ends the run")]
pub mod people;

/// One TLS provider for the whole process.
pub fn install_crypto() {
    let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
