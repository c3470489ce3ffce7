//! Opaque tokens: random text with a prefix that secret scanners recognise. Only their SHA-256 is stored (I8).

use aws_lc_rs::rand;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::domain::{Error, Result};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 43 base62 characters hold 256 bits.
pub const SECRET_CHARS: usize = 43;

/// `len` random bytes from the system's generator.
pub fn random_bytes<const LEN: usize>() -> Result<[u8; LEN]> {
    let mut bytes = [0; LEN];
    rand::fill(&mut bytes).map_err(|_| Error::internal("the system's random generator failed"))?;
    Ok(bytes)
}

/// `prefix` and 43 random base62 characters.
pub fn opaque(prefix: &str) -> Result<SecretString> {
    let mut text = String::with_capacity(prefix.len() + SECRET_CHARS);
    text.push_str(prefix);
    while text.len() < prefix.len() + SECRET_CHARS {
        // Rejection keeps the characters equally likely: 248 is the largest multiple of 62 in a byte.
        for byte in random_bytes::<64>()? {
            if byte < 248
                && text.len() < prefix.len() + SECRET_CHARS
                && let Some(&letter) = BASE62.get(usize::from(byte % 62))
            {
                text.push(char::from(letter));
            }
        }
    }
    Ok(text.into())
}

/// What is stored of a token.
pub fn sha256(token: &SecretString) -> [u8; 32] {
    sha256_bytes(token.expose_secret().as_bytes())
}

pub fn sha256_bytes(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

/// Compares two digests in constant time (I8).
pub fn same_digest(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_tokens_are_long_distinct_and_prefixed() {
        let (a, b) = (opaque("pwr_").unwrap(), opaque("pwr_").unwrap());
        for token in [&a, &b] {
            let text = token.expose_secret();
            assert!(text.starts_with("pwr_") && text.len() == 4 + SECRET_CHARS);
            assert!(text.bytes().skip(4).all(|byte| byte.is_ascii_alphanumeric()));
        }
        assert_ne!(a.expose_secret(), b.expose_secret());
        assert!(same_digest(&sha256(&a), &sha256(&a)) && !same_digest(&sha256(&a), &sha256(&b)));
    }
}
