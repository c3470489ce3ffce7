//! The node's own key pair (X25519): shared credentials come sealed to it (HPKE, RFC 9180) and open nowhere else.
//!
//! A node that keeps its state on disk keeps the pair there, sealed; else it lives as long as the process.

use std::fmt;

use proto::shared_secret::INFO;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey};
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;

pub struct NodeKey {
    public: Vec<u8>,
    private: HpkePrivateKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system has no random numbers")]
pub struct NoRandom;

impl NodeKey {
    pub fn generate() -> Result<Self, NoRandom> {
        let (public, private) = SUITE.generate_key_pair().map_err(|_| NoRandom)?;
        Ok(Self { public: public.0, private })
    }

    /// What [`NodeKey::to_bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (public, private) = bytes.split_at_checked(KEY_BYTES)?;
        let is_whole = private.len() == KEY_BYTES;
        is_whole.then(|| Self { public: public.to_vec(), private: private.to_vec().into() })
    }

    /// Both halves, for the sealed file.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([&self.public, self.private.secret_bytes()].concat())
    }

    /// What the control plane seals to.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// `None` for anything not sealed to this key in this place.
    pub(crate) fn open(&self, encapsulated: &[u8], place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let encapsulated = EncapsulatedSecret(encapsulated.to_vec());
        SUITE.open(&encapsulated, INFO, place, sealed, &self.private).ok().map(Zeroizing::new)
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::hpke::HpkePublicKey;

    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_in_its_place_only() {
        let (key, other) = (NodeKey::generate().unwrap(), NodeKey::generate().unwrap());
        let (encapsulated, sealed) =
            SUITE.seal(INFO, b"place", b"secret", &HpkePublicKey(key.public().to_vec())).unwrap();
        let same = NodeKey::from_bytes(&key.to_bytes()).unwrap();
        assert_eq!(same.open(&encapsulated.0, b"place", &sealed).unwrap().as_slice(), b"secret");
        assert!(key.open(&encapsulated.0, b"elsewhere", &sealed).is_none());
        assert!(other.open(&encapsulated.0, b"place", &sealed).is_none());
        for (cut, bytes) in
            [&encapsulated.0, &sealed].into_iter().flat_map(|part| (0..part.len()).map(move |n| (n, part)))
        {
            assert!(key.open(&bytes[..cut], b"place", &sealed).is_none());
        }
        assert!(NodeKey::from_bytes(&[0; 63]).is_none() && NodeKey::from_bytes(&[0; 65]).is_none());
    }

    #[test]
    fn it_never_prints() {
        assert_eq!(format!("{:?}", NodeKey::generate().unwrap()), "NodeKey(..)");
    }
}
