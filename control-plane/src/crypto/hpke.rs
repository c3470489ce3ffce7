//! Seals a shared credential to one node (HPKE, RFC 9180), so that neither the stream nor the node's disk holds it in
//! clear.

use proto::shared_secret::INFO;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{Hpke as _, HpkePublicKey};

use crate::domain::{Error, Result};

/// Length of an X25519 public key.
pub const PUBLIC_KEY_BYTES: usize = 32;

pub struct Sealed {
    pub encapsulated_key: Vec<u8>,
    pub ciphertext: Vec<u8>,
}

/// Seals `plaintext` to a node's key; `place` binds it to where it belongs.
pub fn seal(public_key: &[u8], place: &[u8], plaintext: &[u8]) -> Result<Sealed> {
    let key = HpkePublicKey(public_key.to_vec());
    let sealed = SUITE.seal(INFO, place, plaintext, &key);
    let (encapsulated, ciphertext) = sealed.map_err(|_| Error::internal("a node's key cannot be sealed to"))?;
    Ok(Sealed { encapsulated_key: encapsulated.0, ciphertext })
}
