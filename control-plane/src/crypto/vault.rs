//! The vault: secrets at rest under a data key per tenant, which is wrapped by the key-encryption key (KEK).
//!
//! Format of a sealed secret: version byte `1`, 12-byte nonce, AES-256-GCM ciphertext and tag. Associated data is
//! ("pw1", tenant id, purpose, record id), each length-prefixed: a sealed value moved to another record, purpose or
//! tenant does not open. Purposes are constants of their own; never table or column names, which may change.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::tokens;
use crate::domain::ids::TenantId;
use crate::domain::{Error, Result};

const VERSION: u8 = 1;

/// What a sealed secret is for; part of its associated data for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Private part of a token signing key.
    SigningKey,
    /// Key that seals legacy MCP session ids.
    SessionKey,
    /// A refresh token kept for the holders of its predecessor.
    RefreshSuccessor,
    /// A new API key on its way to the page that shows it once.
    FreshApiKey,
    /// Headers that the gateway presents to a server for everybody.
    SharedCredential,
    /// What a person presents to a server.
    UserCredential,
    /// What goes out for one principal in place of all that a server is called with.
    AuthOverride,
    /// What an authorization at a server's provider must come back with.
    AccountFlow,
    /// The secret of our client at a server's provider.
    UpstreamClientSecret,
    /// A one-time link that waits to be mailed.
    InvitationLink,
    /// Secret of a second factor.
    SecondFactor,
    /// Fresh recovery codes on their way to the page that shows them once.
    FreshRecoveryCodes,
    /// The secret of our client at an identity provider.
    ProviderSecret,
    /// What a sign-in on its way must come back with.
    SignInFlow,
    /// The ID token that ends a session at its provider.
    ProviderIdToken,
    /// Tokens of a person at an identity provider.
    IdentityTokens,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::SigningKey => b"signing-key",
            Self::SessionKey => b"session-key",
            Self::RefreshSuccessor => b"refresh-successor",
            Self::FreshApiKey => b"fresh-api-key",
            Self::SharedCredential => b"shared-credential",
            Self::UserCredential => b"user-credential",
            Self::AuthOverride => b"auth-override",
            Self::AccountFlow => b"account-flow",
            Self::UpstreamClientSecret => b"upstream-client-secret",
            Self::InvitationLink => b"invitation-link",
            Self::SecondFactor => b"second-factor",
            Self::FreshRecoveryCodes => b"fresh-recovery-codes",
            Self::ProviderSecret => b"provider-secret",
            Self::SignInFlow => b"sign-in-flow",
            Self::ProviderIdToken => b"provider-id-token",
            Self::IdentityTokens => b"identity-tokens",
        }
    }
}

/// A symmetric key in memory, wiped when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub fn generate() -> Result<Self> {
        tokens::random_bytes().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key that only the holder of `secret` can make again (HKDF-SHA256, RFC 5869). The secret must be random text of
    /// full strength, such as an opaque token; never a password.
    pub fn derived(secret: &SecretString, purpose: Purpose) -> Result<Self> {
        let failed = |_| Error::internal("deriving a key failed");
        let mut bytes = Zeroizing::new([0; 32]);
        Salt::new(HKDF_SHA256, b"portway")
            .extract(secret.expose_secret().as_bytes())
            .expand(&[purpose.label()], HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *bytes))
            .map_err(failed)?;
        Ok(Self(bytes))
    }

    /// Seals `plaintext` for one record of one tenant.
    pub fn seal(&self, tenant: TenantId, purpose: Purpose, record: Uuid, plaintext: &[u8]) -> Result<Vec<u8>> {
        seal(&self.0, &associated_data(tenant, purpose.label(), record), plaintext)
    }

    /// Opens what [`Key::seal`] sealed for the same record; anything else is an internal error.
    pub fn open(&self, tenant: TenantId, purpose: Purpose, record: Uuid, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        open(&self.0, &associated_data(tenant, purpose.label(), record), sealed)
    }
}

/// The key-encryption key, from a file or the environment of the deployment. It wraps tenants' data keys only.
#[derive(Clone)]
pub struct KeyEncryptionKey {
    key: Key,
    /// Tells which KEK wrapped a data key: the first 8 bytes of its SHA-256, in hex.
    pub id: String,
}

impl KeyEncryptionKey {
    pub fn new(bytes: [u8; 32]) -> Self {
        let digest = tokens::sha256_bytes(&bytes);
        let id = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { key: Key::from_bytes(bytes), id }
    }

    pub fn wrap(&self, tenant: TenantId, data_key_id: Uuid, data_key: &Key) -> Result<Vec<u8>> {
        seal(&self.key.0, &associated_data(tenant, b"data-key", data_key_id), &*data_key.0)
    }

    pub fn unwrap(&self, tenant: TenantId, data_key_id: Uuid, wrapped: &[u8]) -> Result<Key> {
        let bytes = open(&self.key.0, &associated_data(tenant, b"data-key", data_key_id), wrapped)?;
        let bytes =
            <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| Error::internal("data key has a wrong length"))?;
        Ok(Key::from_bytes(bytes))
    }
}

fn associated_data(tenant: TenantId, purpose: &[u8], record: Uuid) -> Vec<u8> {
    let parts: [&[u8]; 4] = [b"pw1", tenant.0.as_bytes(), purpose, record.as_bytes()];
    let mut data = Vec::with_capacity(64);
    for part in parts {
        data.extend_from_slice(&(part.len() as u32).to_be_bytes());
        data.extend_from_slice(part);
    }
    data
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| Error::internal("bad key length"))?;
    Ok(LessSafeKey::new(key))
}

fn seal(key: &[u8; 32], associated: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
    let nonce = tokens::random_bytes::<NONCE_LEN>()?;
    let mut body = plaintext.to_vec();
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), &mut body)
        .map_err(|_| Error::internal("sealing failed"))?;
    let mut sealed = Vec::with_capacity(1 + NONCE_LEN + body.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    sealed.append(&mut body);
    Ok(sealed)
}

fn open(key: &[u8; 32], associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let refused = || Error::internal("a sealed value does not open: wrong key, record or version");
    let (&version, rest) = sealed.split_first().ok_or_else(refused)?;
    let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or_else(refused)?;
    if version != VERSION {
        return Err(refused());
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
    let mut body = Zeroizing::new(body.to_vec());
    let length = cipher(key)?.open_in_place(nonce, Aad::from(associated), &mut body).map_err(|_| refused())?.len();
    body.truncate(length);
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_for_its_record_purpose_and_tenant() {
        let key = Key::generate().unwrap();
        let (tenant, other) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
        let (record, another) = (Uuid::from_u128(3), Uuid::from_u128(4));
        let sealed = key.seal(tenant, Purpose::SigningKey, record, b"secret").unwrap();
        assert_eq!(&**key.open(tenant, Purpose::SigningKey, record, &sealed).unwrap(), b"secret");
        assert!(key.open(other, Purpose::SigningKey, record, &sealed).is_err());
        assert!(key.open(tenant, Purpose::SessionKey, record, &sealed).is_err());
        assert!(key.open(tenant, Purpose::SigningKey, another, &sealed).is_err());
        assert!(Key::generate().unwrap().open(tenant, Purpose::SigningKey, record, &sealed).is_err());
        for cut in 0..sealed.len() {
            assert!(key.open(tenant, Purpose::SigningKey, record, &sealed[..cut]).is_err());
        }
    }

    #[test]
    fn a_derived_key_is_the_same_for_the_same_secret_only() {
        let (tenant, record) = (TenantId(Uuid::from_u128(1)), Uuid::from_u128(3));
        let derived = |text: &str| Key::derived(&text.into(), Purpose::RefreshSuccessor).unwrap();
        let sealed = derived("one").seal(tenant, Purpose::RefreshSuccessor, record, b"next").unwrap();
        assert_eq!(&**derived("one").open(tenant, Purpose::RefreshSuccessor, record, &sealed).unwrap(), b"next");
        assert!(derived("two").open(tenant, Purpose::RefreshSuccessor, record, &sealed).is_err());
    }

    #[test]
    fn a_data_key_unwraps_only_under_its_kek() {
        let (kek, other) = (KeyEncryptionKey::new([1; 32]), KeyEncryptionKey::new([2; 32]));
        let (tenant, id) = (TenantId(Uuid::from_u128(1)), Uuid::from_u128(9));
        let wrapped = kek.wrap(tenant, id, &Key::from_bytes([7; 32])).unwrap();
        assert_eq!(*kek.unwrap(tenant, id, &wrapped).unwrap().0, [7; 32]);
        assert!(other.unwrap(tenant, id, &wrapped).is_err());
        assert_ne!(kek.id, other.id);
    }
}
