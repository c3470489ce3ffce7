//! When a certificate ends: the one thing that is read out of one here. Whether it is to be trusted is rustls' matter.

use chrono::{DateTime, NaiveDateTime, Utc};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// `notAfter` of a certificate in DER.
pub(super) fn ends_at(der: &[u8]) -> Option<DateTime<Utc>> {
    let (SEQUENCE, certificate, _) = element(der)? else { return None };
    let (SEQUENCE, mut rest, _) = element(certificate)? else { return None };
    if let (VERSION, _, after) = element(rest)? {
        rest = after;
    }
    // Serial number, algorithm, issuer; then the two times.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (SEQUENCE, validity, _) = element(rest)? else { return None };
    let (kind, text, _) = element(element(validity)?.2)?;
    let text = std::str::from_utf8(text).ok()?;
    let text = match kind {
        // Two digits of the year: below 50 is this century (RFC 5280).
        UTC_TIME => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok().map(|time| time.and_utc())
}

/// Tag and contents of the first element, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) =
            rest.split_at_checked(usize::from(first & 0x7f)).filter(|(digits, _)| digits.len() <= 4)?;
        (digits.iter().fold(0_usize, |length, digit| (length << 8) | usize::from(*digit)), rest)
    };
    let (contents, after) = rest.split_at_checked(length)?;
    Some((tag, contents, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, contents: &[u8]) -> Vec<u8> {
        let length = contents.len();
        let head =
            if length < 0x80 { vec![tag, length as u8] } else { vec![tag, 0x82, (length >> 8) as u8, length as u8] };
        [head, contents.to_vec()].concat()
    }

    fn certificate(with_version: bool, ends: Vec<u8>) -> Vec<u8> {
        let validity = der(SEQUENCE, &[der(UTC_TIME, b"200101000000Z"), ends].concat());
        let version = if with_version { der(VERSION, &der(2, &[2])) } else { Vec::new() };
        let long = der(SEQUENCE, &[0; 300]);
        let to_be_signed = [version, der(2, &[1; 16]), der(SEQUENCE, &[]), long, validity, der(SEQUENCE, &[])].concat();
        der(SEQUENCE, &der(SEQUENCE, &to_be_signed))
    }

    #[test]
    fn the_end_is_found_in_both_spellings() {
        let check = |certificate: Vec<u8>, expected: Option<&str>| {
            assert_eq!(ends_at(&certificate).map(|time| time.to_rfc3339()), expected.map(str::to_owned));
        };
        check(certificate(true, der(UTC_TIME, b"270131235959Z")), Some("2027-01-31T23:59:59+00:00"));
        check(certificate(false, der(UTC_TIME, b"991231235959Z")), Some("1999-12-31T23:59:59+00:00"));
        check(certificate(true, der(GENERALIZED_TIME, b"20501231235959Z")), Some("2050-12-31T23:59:59+00:00"));
        check(certificate(true, der(4, b"x")), None);
        let whole = certificate(true, der(UTC_TIME, b"270131235959Z"));
        for cut in [0, 1, 5, 40, whole.len() / 2] {
            check(whole[..cut].to_vec(), None);
        }
    }
}
