//! Proof Key for Code Exchange (RFC 7636), S256 only: `plain` would be the code's second copy.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use super::tokens;

/// Whether `verifier` is what the challenge was made of; compared in constant time (I8).
/// What a verifier of ours is announced by (RFC 7636 §4.2).
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(tokens::sha256_bytes(verifier.as_bytes()))
}

pub fn matches(verifier: &SecretString, challenge: &str) -> bool {
    let text = verifier.expose_secret();
    let shaped = (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'));
    let computed = URL_SAFE_NO_PAD.encode(tokens::sha256(verifier));
    tokens::same_digest(computed.as_bytes(), challenge.as_bytes()) && shaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let check = |verifier: &str, expected| {
            let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
            assert_eq!(matches(&verifier.into(), challenge), expected, "{verifier}");
        };
        check("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", true);
        check("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", false);
        check("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", false);
        check("", false);
    }
}
