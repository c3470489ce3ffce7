//! Names and contents of the fields of a session, as bytes. Pure.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderValue;
use uuid::Uuid;

use super::scripts::Place;
use crate::mcp::seal::{self, Purpose};
use crate::session_store::{SessionAt, UpstreamSession, Wishes};
use crate::snapshot::SessionKey;

const OPENED_LEN: usize = 16;

/// A field of a session's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot(String);

impl Slot {
    pub(super) fn upstream(at: SessionAt) -> Self {
        Self(format!("u:{}:{:x}", at.server.simple(), at.credential))
    }

    pub(super) fn log_level(server: Uuid) -> Self {
        Self(format!("l:{}", server.simple()))
    }

    /// The URI itself is in the value: a field's name is not sealed.
    pub(super) fn subscription(server: Uuid, uri: &str) -> Self {
        let digest = digest(&SHA256, uri.as_bytes());
        let short = digest.as_ref().first_chunk::<16>().copied().map(u128::from_be_bytes).unwrap_or_default();
        Self(format!("r:{}:{short:032x}", server.simple()))
    }

    /// A field found in Redis that holds an upstream session.
    pub(super) fn stored(field: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(field).ok()?;
        name.starts_with("u:").then(|| Self(name.to_owned()))
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }

    /// Prefix of the fields that a value in this one replaces: the same server with any credential.
    pub(super) fn rivals(&self) -> &str {
        self.0.rsplit_once(':').map_or("", |(server, _)| server)
    }

    /// Prefix of the fields that are counted against the cap of subscriptions; empty for the others.
    pub(super) fn counted(&self) -> &str {
        if self.0.starts_with("r:") { "r:" } else { "" }
    }

    fn owner(&self, place: &Place, opened: &[u8]) -> Vec<u8> {
        [place.held.as_bytes(), b" ", self.0.as_bytes(), b" ", opened].concat()
    }
}

/// The id in front of a value.
pub(super) fn opened(value: &[u8]) -> &[u8] {
    value.get(..OPENED_LEN).unwrap_or(value)
}

pub(super) fn seal_upstream(
    keys: &[SessionKey],
    place: &Place,
    slot: &Slot,
    session: &UpstreamSession,
) -> Option<Vec<u8>> {
    let opened = session.opened.as_bytes();
    let mut contents = Vec::with_capacity(256);
    let id = session.id.as_ref().map_or(&[][..], HeaderValue::as_bytes);
    for part in [session.protocol_version.as_bytes(), id, session.url.as_str().as_bytes()] {
        contents.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
        contents.extend_from_slice(part);
    }
    let sealed = seal::seal(keys, Purpose::Stored, &slot.owner(place, opened), &contents).ok()?;
    Some([&opened[..], &sealed].concat())
}

pub(super) fn open_upstream(
    keys: &[SessionKey],
    place: &Place,
    slot: &Slot,
    value: &[u8],
) -> Option<Arc<UpstreamSession>> {
    let (opened, sealed) = value.split_first_chunk::<OPENED_LEN>()?;
    let contents = seal::open(keys, Purpose::Stored, &slot.owner(place, opened), sealed)?;
    let (protocol_version, rest) = part(&contents)?;
    let (id, rest) = part(rest)?;
    let (url, rest) = part(rest)?;
    let id = if id.is_empty() { None } else { Some(HeaderValue::from_bytes(id).ok()?) };
    rest.is_empty().then_some(Arc::new(UpstreamSession {
        opened: Uuid::from_bytes(*opened),
        url: std::str::from_utf8(url).ok()?.parse().ok()?,
        id,
        protocol_version: HeaderValue::from_bytes(protocol_version).ok()?,
    }))
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

pub(super) fn seal_text(keys: &[SessionKey], place: &Place, slot: &Slot, text: &str) -> Option<Vec<u8>> {
    seal::seal(keys, Purpose::Stored, &slot.owner(place, b""), text.as_bytes()).ok()
}

/// What the fields say about a server; what does not open is left out.
pub(super) fn open_wishes(keys: &[SessionKey], place: &Place, server: Uuid, fields: &[(Vec<u8>, Vec<u8>)]) -> Wishes {
    let text = |slot: &Slot, value: &[u8]| {
        String::from_utf8(seal::open(keys, Purpose::Stored, &slot.owner(place, b""), value)?).ok()
    };
    let (level, prefix) = (Slot::log_level(server), format!("r:{}:", server.simple()));
    let mut wishes = Wishes::default();
    for (field, value) in fields {
        let Ok(name) = std::str::from_utf8(field) else { continue };
        let slot = Slot(name.to_owned());
        if slot == level {
            wishes.log_level = text(&slot, value);
        } else if name.starts_with(&prefix) {
            wishes.subscriptions.extend(text(&slot, value));
        }
    }
    wishes.subscriptions.sort_unstable();
    wishes
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn keys() -> [SessionKey; 1] {
        [SessionKey::new(1, Zeroizing::new([1; 32]), 0)]
    }

    fn at() -> SessionAt {
        let id = Uuid::from_u128;
        SessionAt { tenant: id(1), holder: id(2), server: id(3), credential: 4 }
    }

    #[test]
    fn a_session_comes_back_from_its_own_place_only() {
        let (place, slot) = (Place::of(at().tenant, at().holder), Slot::upstream(at()));
        for id in [None, Some(HeaderValue::from_static("up-1"))] {
            let session = UpstreamSession::new(
                "https://up.example/mcp".parse().expect("URL"),
                id,
                HeaderValue::from_static("2025-06-18"),
            );
            let sealed = seal_upstream(&keys(), &place, &slot, &session).expect("seals");
            assert!(!sealed.windows(4).any(|bytes| bytes == b"up-1" || bytes == b"up.e"), "nothing in clear");
            assert_eq!(open_upstream(&keys(), &place, &slot, &sealed).as_deref(), Some(&session));
            assert_eq!(opened(&sealed), session.opened.as_bytes());
            for foreign in [
                SessionAt { tenant: Uuid::nil(), ..at() },
                SessionAt { holder: Uuid::nil(), ..at() },
                SessionAt { server: Uuid::nil(), ..at() },
                SessionAt { credential: 5, ..at() },
            ] {
                let place = Place::of(foreign.tenant, foreign.holder);
                assert_eq!(open_upstream(&keys(), &place, &Slot::upstream(foreign), &sealed), None, "{foreign:?}");
            }
            for position in 0..sealed.len() {
                let mut bad = sealed.clone();
                bad[position] ^= 1;
                assert_eq!(open_upstream(&keys(), &place, &slot, &bad), None, "byte {position}");
            }
        }
    }

    #[test]
    fn names_of_fields() {
        let server = "00000000000000000000000000000003";
        assert_eq!(Slot::upstream(at()).name(), format!("u:{server}:4"));
        assert_eq!(Slot::upstream(at()).rivals(), format!("u:{server}"));
        let subscription = Slot::subscription(at().server, "a:b");
        assert!(!subscription.name().contains("a:b"));
        assert_eq!((subscription.counted(), Slot::log_level(at().server).counted()), ("r:", ""));
        assert_eq!(
            Place::of(at().tenant, at().holder).held,
            "pw:{00000000000000000000000000000001}:s:00000000000000000000000000000002"
        );
    }
}
