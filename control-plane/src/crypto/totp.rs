//! Time-based one-time codes (RFC 6238) as authenticator apps make them: HMAC-SHA-1, six digits, thirty seconds. Twenty
//! lines over the library that we have: a crate for it would bring a second set of hash functions.

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};

use super::tokens;
use crate::domain::Result;

/// As long as the hash (RFC 4226 §4, R6).
pub const SECRET_BYTES: usize = 20;
const STEP_S: i64 = 30;
const DIGITS: usize = 6;
/// Steps before and after the present one that are taken as well: clocks differ, and people type.
const SKEW_STEPS: i64 = 1;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub fn new_secret() -> Result<[u8; SECRET_BYTES]> {
    tokens::random_bytes()
}

/// The step at whose code `given` is; every step is compared, in constant time.
pub fn matching_step(secret: &[u8], given: &str, now: DateTime<Utc>) -> Option<i64> {
    let present = now.timestamp().div_euclid(STEP_S);
    let mut found = None;
    for step in present - SKEW_STEPS..=present + SKEW_STEPS {
        if tokens::same_digest(code(secret, step).as_bytes(), given.as_bytes()) {
            found = Some(step);
        }
    }
    found
}

/// Whether the text can be a code at all; what cannot may be a recovery code.
pub fn is_code(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The code of a time, as an app shows it.
pub fn code_at(secret: &[u8], at: DateTime<Utc>) -> String {
    code(secret, at.timestamp().div_euclid(STEP_S))
}

fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    // Dynamic truncation (RFC 4226 §5.3).
    let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0xf);
    let word = bytes.get(offset..offset + 4).and_then(|four| <[u8; 4]>::try_from(four).ok()).unwrap_or_default();
    let number = u32::from_be_bytes(word) & 0x7fff_ffff;
    format!("{:0width$}", number % 10_u32.pow(DIGITS as u32), width = DIGITS)
}

/// The secret as people type it into an app (RFC 4648 §6, without padding).
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let word = chunk.iter().fold(0_u64, |word, &byte| (word << 8) | u64::from(byte)) << (8 * (5 - chunk.len()));
        let letters = (chunk.len() * 8).div_ceil(5);
        let places = (0..letters).map(|place| (word >> (35 - 5 * place)) & 31);
        text.extend(places.filter_map(|value| BASE32.get(value as usize)).map(|&letter| char::from(letter)));
    }
    text
}

/// What the QR code says (the key URI format that apps read).
pub fn uri(secret: &[u8], issuer: &str, account: &str) -> String {
    // A colon ends the issuer in a label.
    let issuer = issuer.replace(':', " ");
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let label = format!("{}:{}", encode(&issuer), encode(account));
    format!("otpauth://totp/{label}?secret={}&issuer={}", base32(secret), encode(&issuer))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(s: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(s)
    }

    #[test]
    fn the_examples_of_the_rfc() {
        // RFC 6238, appendix B; the last six of eight digits.
        for (time, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(SECRET, at(time)), expected, "{time}");
        }
    }

    #[test]
    fn one_step_before_and_after_is_taken() {
        let now = at(1_000_000_020);
        let check = |shift_s: i64, expected: bool| {
            let step = matching_step(SECRET, &code_at(SECRET, now + TimeDelta::seconds(shift_s)), now);
            let shown = (now + TimeDelta::seconds(shift_s)).timestamp() / STEP_S;
            assert_eq!(step, expected.then_some(shown), "{shift_s}");
        };
        for (shift_s, expected) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            check(shift_s, expected);
        }
        assert_eq!(matching_step(SECRET, "", now), None);
        assert!(is_code("000000") && !is_code("00000") && !is_code("0000000") && !is_code("00000a"));
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        for (plain, expected) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), expected);
        }
        assert_eq!(
            uri(SECRET, "Acme: Inc", "ana@acme.com"),
            "otpauth://totp/Acme%20%20Inc:ana%40acme.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%20Inc"
        );
    }
}
