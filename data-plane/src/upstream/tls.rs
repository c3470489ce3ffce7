//! Trust towards upstreams: the public roots, and those an operator adds.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::UpstreamSetupError;

/// The roots of every upstream.
pub(super) fn roots(extra_ca_file: Option<&Path>) -> Result<RootCertStore, UpstreamSetupError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = extra_ca_file {
        let describe = |error: &dyn std::fmt::Display| UpstreamSetupError::ExtraCa(error.to_string());
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| describe(&error))? {
            let certificate = certificate.map_err(|error| describe(&error))?;
            roots.add(certificate).map_err(|error| describe(&error))?;
        }
    }
    Ok(roots)
}

pub(super) fn client_config(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
