//! Certificates that a tenant trusts for one of its servers, besides the public roots: a company's own authority. They
//! count for that server only.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::limits::TRUSTED_CERTIFICATES_MAX;

#[derive(Clone)]
pub struct Trust {
    sha256: Vec<u8>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Reads PEM; every certificate must be one that can be an anchor.
    pub fn parse(pem: &str) -> Result<Self, &'static str> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        let certificates = certificates.map_err(|_| "not PEM certificates")?;
        if certificates.is_empty() || certificates.len() > TRUSTED_CERTIFICATES_MAX {
            return Err("no certificate, or too many");
        }
        let trust = Self { sha256: digest(&SHA256, pem.as_bytes()).as_ref().to_vec(), certificates };
        trust.add_to(&mut RootCertStore::empty()).map_err(|_| "not a certificate that can be trusted")?;
        Ok(trust)
    }

    /// Tells these certificates from others.
    pub(super) fn sha256(&self) -> &[u8] {
        &self.sha256
    }

    pub(super) fn add_to(&self, roots: &mut RootCertStore) -> Result<(), rustls::Error> {
        self.certificates.iter().try_for_each(|certificate| roots.add(certificate.clone()))
    }
}

impl PartialEq for Trust {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }
}

impl Eq for Trust {}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("certificates", &self.certificates.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certificates_are_trusted() {
        let certificate = rcgen::generate_simple_self_signed(vec!["ca.test".to_owned()]).expect("generates").cert.pem();
        assert!(Trust::parse(&certificate).is_ok());
        assert_eq!(Trust::parse(&certificate), Trust::parse(&certificate));
        for bad in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(Trust::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Trust::parse(&certificate.repeat(TRUSTED_CERTIFICATES_MAX + 1)).is_err());
    }
}
