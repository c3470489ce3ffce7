//! The tests' HTTP client: no redirects of its own, loopback only, where any certificate will do.

use reqwest::ClientBuilder;

#[expect(clippy::disallowed_methods, reason = "tests talk to loopback only; this is their one client")]
pub fn builder() -> ClientBuilder {
    crate::install_crypto();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
}
