//! The text of an API key: `pwk_<22 base62 id>_<43 base62 secret><6 crc>`. One plane makes it, both read it.
//!
//! The checksum (CRC-32 in base62 over everything before it) tells a typo from an unknown key before anything is looked
//! up. It proves nothing: anybody can compute it. Nothing here logs, and no error quotes what it was given.

use uuid::Uuid;

/// What secret scanners recognise.
pub const API_KEY_PREFIX: &str = "pwk_";
/// 22 base62 digits hold 128 bits.
pub const PUBLIC_ID_CHARS: usize = 22;
/// 43 base62 digits hold 256 bits.
pub const SECRET_CHARS: usize = 43;
/// 6 base62 digits hold 32 bits.
const CRC_CHARS: usize = 6;
const TEXT_CHARS: usize = API_KEY_PREFIX.len() + PUBLIC_ID_CHARS + 1 + SECRET_CHARS + CRC_CHARS;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Why a text is no API key. For people; the key itself is never part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyFault {
    #[error("the API key is incomplete or has characters that no key has")]
    Shape,
    #[error("the API key has a typo: its checksum does not fit")]
    Checksum,
}

/// A well-formed key. Whether it was ever issued is another question.
#[derive(Clone, Copy)]
pub struct ApiKeyText<'a> {
    /// Of the key's row.
    pub id: Uuid,
    pub public_id: &'a str,
    pub secret: &'a str,
}

/// Whether a bearer is meant to be an API key.
pub fn is_api_key(text: &str) -> bool {
    text.starts_with(API_KEY_PREFIX)
}

impl<'a> ApiKeyText<'a> {
    /// Checks shape and checksum.
    pub fn parse(text: &'a str) -> Result<Self, ApiKeyFault> {
        Self::parse_as(API_KEY_PREFIX, text)
    }

    /// The same for another kind of token, whose prefix is as long.
    pub fn parse_as(prefix: &str, text: &'a str) -> Result<Self, ApiKeyFault> {
        let rest = text.strip_prefix(prefix).ok_or(ApiKeyFault::Shape)?;
        let (public_id, rest) = rest.split_once('_').ok_or(ApiKeyFault::Shape)?;
        let is_base62 = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if text.len() != TEXT_CHARS || public_id.len() != PUBLIC_ID_CHARS || !is_base62(public_id) || !is_base62(rest) {
            return Err(ApiKeyFault::Shape);
        }
        let (secret, crc) = rest.split_at_checked(SECRET_CHARS).ok_or(ApiKeyFault::Shape)?;
        let covered = text.get(..TEXT_CHARS - CRC_CHARS).ok_or(ApiKeyFault::Shape)?;
        if crc != checksum(covered) {
            return Err(ApiKeyFault::Checksum);
        }
        let id = decode(public_id).ok_or(ApiKeyFault::Shape)?;
        Ok(Self { id, public_id, secret })
    }
}

/// The text of a key. `secret` is 43 base62 digits.
pub fn text(id: Uuid, secret: &str) -> String {
    text_as(API_KEY_PREFIX, id, secret)
}

/// The same for another kind of token, whose prefix is as long.
pub fn text_as(prefix: &str, id: Uuid, secret: &str) -> String {
    let mut text = format!("{prefix}{}_{secret}", public_id(id));
    text.push_str(&checksum(&text));
    text
}

/// How the id of a key's row is written in the key.
pub fn public_id(id: Uuid) -> String {
    encode(id.as_u128(), PUBLIC_ID_CHARS)
}

fn checksum(text: &str) -> String {
    encode(u128::from(crc32(text.as_bytes())), CRC_CHARS)
}

fn encode(mut number: u128, digits: usize) -> String {
    let mut text = vec![b'0'; digits];
    for place in text.iter_mut().rev() {
        *place = BASE62.get((number % 62) as usize).copied().unwrap_or(b'0');
        number /= 62;
    }
    text.into_iter().map(char::from).collect()
}

fn decode(text: &str) -> Option<Uuid> {
    let number = text.bytes().try_fold(0_u128, |number, byte| {
        let digit = BASE62.iter().position(|&one| one == byte)?;
        number.checked_mul(62)?.checked_add(digit as u128)
    })?;
    Some(Uuid::from_u128(number))
}

/// CRC-32 of ISO 3309, reflected, as in zip and PNG. Bit by bit: the input has 70 bytes.
fn crc32(bytes: &[u8]) -> u32 {
    let rest = bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    !rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg";

    #[test]
    fn the_checksum_is_the_standard_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(encode(u128::from(u32::MAX), CRC_CHARS).len(), CRC_CHARS);
    }

    #[test]
    fn keys_round_trip_and_typos_are_told_apart() {
        for bits in [0, 1, u128::MAX, 0x0193_5c2e_0000_7000_8000_0000_0000_0001] {
            let id = Uuid::from_u128(bits);
            let key = text(id, SECRET);
            let parsed = ApiKeyText::parse(&key).expect("a key");
            assert_eq!((parsed.id, parsed.secret, parsed.public_id), (id, SECRET, public_id(id).as_str()));
        }
        let key = text(Uuid::from_u128(7), SECRET);
        let check = |text: &str, expected| assert_eq!(ApiKeyText::parse(text).err(), Some(expected), "{text}");
        for cut in 0..key.len() {
            check(&key[..cut], ApiKeyFault::Shape);
        }
        check(&format!("{key}0"), ApiKeyFault::Shape);
        check(&key.replace("pwk_", "pwr_"), ApiKeyFault::Shape);
        check(&key.replace('A', "-"), ApiKeyFault::Shape);
        check(&key.replace('A', "ä"), ApiKeyFault::Shape);
        check(&key.replace("AB", "BA"), ApiKeyFault::Checksum);
        check(&key.replace('G', "g"), ApiKeyFault::Checksum);
        // 22 digits hold more than 128 bits.
        let mut too_large = format!("{API_KEY_PREFIX}{}_{SECRET}", "z".repeat(PUBLIC_ID_CHARS));
        too_large.push_str(&checksum(&too_large));
        check(&too_large, ApiKeyFault::Shape);
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_seen(bits: u128, place in 4..75_usize, letter in "[0-9A-Za-z]") {
            let key = text(Uuid::from_u128(bits), SECRET);
            let mut typed = key.clone();
            typed.replace_range(place..=place, &letter);
            prop_assert_eq!(ApiKeyText::parse(&typed).is_ok(), typed == key);
        }
    }
}
