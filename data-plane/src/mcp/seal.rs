//! What leaves a node and comes back to any node of the tenant: readable by none but us, unchanged, and for one
//! purpose. Session ids, correlation ids, `requestState`, task ids and stored values all travel this way.
//!
//! Layout: format version (1) | key id (4) | nonce (12) | AES-256-GCM of the contents | tag (16); as text, base64url.
//! The key is derived from the tenant's session key for each purpose (HKDF-SHA256), so that nothing sealed for one
//! purpose opens for another; once, and kept with the session key. To whom it belongs is the associated data: always
//! name the owner there (ATK-10, ATK-12).

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::snapshot::SessionKey;

const FORMAT: u8 = 1;
const HEAD_LEN: usize = 1 + 4 + NONCE_LEN;
/// How much longer a sealed value is than its contents.
pub const OVERHEAD_BYTES: usize = HEAD_LEN + 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("the tenant has no session key")]
    NoKey,
    #[error("sealing failed")]
    Crypto,
}

/// What something is sealed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The id of a legacy client's session.
    Session,
    /// The id of a question that an upstream asks a client.
    Question,
    /// Where in a stream its client resumes.
    Event,
    /// The next page of a merged list.
    Cursor,
    /// `requestState`.
    State,
    /// A task id.
    Task,
    /// What nodes keep in Redis.
    Stored,
    /// What nodes tell each other.
    Mailbox,
}

/// The key of each purpose, made when it is first needed.
#[derive(Clone, Default)]
pub struct DerivedKeys(Arc<[OnceLock<Box<LessSafeKey>>; PURPOSES]>);

const PURPOSES: usize = 8;

impl Purpose {
    /// What its key is derived with. A change would void everything that is sealed.
    fn info(self) -> &'static str {
        match self {
            Self::Session => "mcp session",
            Self::Question => "server request",
            Self::Event => "event id",
            Self::Cursor => "virtual list cursor",
            Self::State => "mcp request state",
            Self::Task => "mcp task id",
            Self::Stored => "session store",
            Self::Mailbox => "mailbox",
        }
    }
}

impl DerivedKeys {
    fn get(&self, secret: &[u8], purpose: Purpose) -> Option<&LessSafeKey> {
        let place = self.0.get(purpose as usize)?;
        if place.get().is_none() {
            // Of two at once one is kept: they are equal.
            let _kept = place.set(Box::new(derive(secret, purpose)?));
        }
        place.get().map(|key| &**key)
    }
}

impl fmt::Debug for DerivedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKeys")
    }
}

/// Seals with the newest key. `owner` is not in the result and must be presented again to open it.
pub fn seal(keys: &[SessionKey], purpose: Purpose, owner: &[u8], contents: &[u8]) -> Result<Vec<u8>, SealError> {
    let key = keys.last().ok_or(SealError::NoKey)?;
    let mut nonce = [0; NONCE_LEN];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|_| SealError::Crypto)?;
    let mut sealed = contents.to_vec();
    key.derived
        .get(key.secret.as_slice(), purpose)
        .ok_or(SealError::Crypto)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(owner, key.key_id), &mut sealed)
        .map_err(|_| SealError::Crypto)?;
    let mut out = Vec::with_capacity(HEAD_LEN + sealed.len());
    out.push(FORMAT);
    out.extend_from_slice(&key.key_id.to_be_bytes());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// The contents; `None` for anything that was not sealed for this purpose and owner. Why is nobody's business.
pub fn open(keys: &[SessionKey], purpose: Purpose, owner: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (head, sealed) = sealed.split_at_checked(HEAD_LEN)?;
    let (&format, rest) = head.split_first()?;
    let (key_id, nonce) = rest.split_first_chunk::<4>()?;
    let key_id = u32::from_be_bytes(*key_id);
    if format != FORMAT {
        return None;
    }
    let key = keys.iter().find(|key| key.key_id == key_id)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut contents = sealed.to_vec();
    let cipher = key.derived.get(key.secret.as_slice(), purpose)?;
    let length = cipher.open_in_place(nonce, aad(owner, key_id), &mut contents).ok()?.len();
    contents.truncate(length);
    Some(contents)
}

/// [`seal`] as visible ASCII.
pub fn seal_text(keys: &[SessionKey], purpose: Purpose, owner: &[u8], contents: &[u8]) -> Result<String, SealError> {
    seal(keys, purpose, owner, contents).map(|sealed| URL_SAFE_NO_PAD.encode(sealed))
}

/// [`open`] of [`seal_text`].
pub fn open_text(keys: &[SessionKey], purpose: Purpose, owner: &[u8], text: &str) -> Option<Vec<u8>> {
    open(keys, purpose, owner, &URL_SAFE_NO_PAD.decode(text).ok()?)
}

fn derive(secret: &[u8], purpose: Purpose) -> Option<LessSafeKey> {
    let derived = Salt::new(HKDF_SHA256, b"portway seal").extract(secret);
    let info = [purpose.info().as_bytes()];
    let derived = derived.expand(&info, &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(derived)))
}

fn aad(owner: &[u8], key_id: u32) -> Aad<Vec<u8>> {
    let mut out = vec![FORMAT];
    out.extend_from_slice(&key_id.to_be_bytes());
    out.extend_from_slice(owner);
    Aad::from(out)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn keys() -> Vec<SessionKey> {
        [1, 2].map(|key_id: u8| SessionKey::new(key_id.into(), Zeroizing::new([key_id; 32]), 0)).into()
    }

    #[test]
    fn opens_for_its_purpose_and_owner_only() {
        for contents in [&b""[..], b"x", &[7; 5000]] {
            let sealed = seal(&keys(), Purpose::Session, b"ana", contents).expect("seals");
            assert_eq!(sealed.len(), contents.len() + OVERHEAD_BYTES);
            assert_eq!(open(&keys(), Purpose::Session, b"ana", &sealed).as_deref(), Some(contents));
            assert_eq!(open(&keys(), Purpose::Session, b"bob", &sealed), None);
            assert_eq!(open(&keys(), Purpose::Event, b"ana", &sealed), None);
            assert_ne!(
                sealed,
                seal(&keys(), Purpose::Session, b"ana", contents).expect("seals"),
                "never twice the same"
            );
        }
    }

    #[test]
    fn keys_form_a_ring() {
        let old = seal(&keys()[..1], Purpose::Session, b"", b"x").expect("seals");
        assert_eq!(open(&keys(), Purpose::Session, b"", &old).as_deref(), Some(&b"x"[..]), "an older key opens");
        let new = seal(&keys(), Purpose::Session, b"", b"x").expect("seals");
        assert_eq!(open(&keys()[..1], Purpose::Session, b"", &new), None, "the newest seals");
        assert_eq!(seal(&[], Purpose::Session, b"", b"x"), Err(SealError::NoKey));
    }

    #[test]
    fn atk_34_no_byte_can_be_changed() {
        let sealed = seal(&keys(), Purpose::Session, b"ana", b"contents").expect("seals");
        for position in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[position] ^= 1;
            assert_eq!(open(&keys(), Purpose::Session, b"ana", &bad), None, "byte {position}");
        }
        for length in 0..sealed.len() {
            assert_eq!(open(&keys(), Purpose::Session, b"ana", &sealed[..length]), None, "length {length}");
        }
        let text = seal_text(&keys(), Purpose::Session, b"ana", b"contents").expect("seals");
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(open_text(&keys(), Purpose::Session, b"ana", &text).as_deref(), Some(&b"contents"[..]));
        assert_eq!(open_text(&keys(), Purpose::Session, b"ana", &format!("{text}=")), None);
    }
}
