//! Legacy session ids: stateless, sealed to tenant, principal and server (ATK-10), so that any node opens them and
//! nobody else's are worth anything. A session id is not authentication.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::seal::{self, Purpose, SealError};
use super::version;
use crate::limits::{
    CLIENT_CAPABILITIES_BYTES_MAX, CLIENT_NAME_BYTES_MAX, CLIENT_VERSION_BYTES_MAX, SESSION_AGE_MAX_S,
    SESSION_ID_BYTES_MAX,
};
use crate::snapshot::SessionKey;

/// What a session id holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub issued_unix_s: i64,
    pub protocol_version: &'static str,
    /// What the client can be asked, as JSON ([`super::capabilities::declared_by`]).
    pub capabilities: String,
    pub client_name: String,
    pub client_version: String,
}

/// To whom a session belongs; part of the seal.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    pub tenant_id: Uuid,
    pub principal_id: Uuid,
    pub server_id: Uuid,
}

impl Owner {
    /// For the associated data of what is sealed to this owner.
    pub fn to_bytes(self) -> [u8; 48] {
        let mut out = [0; 48];
        for (place, id) in out.chunks_exact_mut(16).zip([self.tenant_id, self.principal_id, self.server_id]) {
            place.copy_from_slice(id.as_bytes());
        }
        out
    }
}

impl Session {
    /// The session id as it travels, sealed with the newest key.
    pub fn seal(&self, keys: &[SessionKey], owner: Owner) -> Result<String, SealError> {
        seal::seal_text(keys, Purpose::Session, &owner.to_bytes(), &self.to_bytes())
    }

    /// `None` for anything that is not a living session of this owner; why is nobody's business.
    pub fn open(text: &str, keys: &[SessionKey], owner: Owner, now: DateTime<Utc>) -> Option<Self> {
        if text.len() > SESSION_ID_BYTES_MAX {
            return None;
        }
        let session = Self::from_bytes(&seal::open_text(keys, Purpose::Session, &owner.to_bytes(), text)?)?;
        let age_s = now.timestamp().checked_sub(session.issued_unix_s)?;
        (age_s <= SESSION_AGE_MAX_S).then_some(session)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(&self.issued_unix_s.to_be_bytes());
        out.push(version::LEGACY.iter().position(|known| *known == self.protocol_version).unwrap_or(0) as u8);
        for (text, max) in [
            (&self.capabilities, CLIENT_CAPABILITIES_BYTES_MAX),
            (&self.client_name, CLIENT_NAME_BYTES_MAX),
            (&self.client_version, CLIENT_VERSION_BYTES_MAX),
        ] {
            let text = truncated(text, max);
            out.push(text.len() as u8);
            out.extend_from_slice(text.as_bytes());
        }
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (issued, rest) = rest.split_first_chunk::<8>()?;
        let (&version, rest) = rest.split_first()?;
        let (capabilities, rest) = text(rest)?;
        let (client_name, rest) = text(rest)?;
        let (client_version, rest) = text(rest)?;
        rest.is_empty().then_some(Self {
            id: Uuid::from_bytes(*id),
            issued_unix_s: i64::from_be_bytes(*issued),
            protocol_version: version::LEGACY.get(usize::from(version)).copied()?,
            capabilities,
            client_name,
            client_version,
        })
    }
}

fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(length))?;
    Some((std::str::from_utf8(text).ok()?.to_owned(), rest))
}

/// The longest prefix of at most `max` bytes.
pub fn truncated(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use zeroize::Zeroizing;

    use super::*;

    fn keys() -> Vec<SessionKey> {
        [1, 2].map(|key_id: u8| SessionKey::new(key_id.into(), Zeroizing::new([key_id; 32]), 0)).into()
    }

    fn owner() -> Owner {
        Owner { tenant_id: Uuid::from_u128(1), principal_id: Uuid::from_u128(2), server_id: Uuid::from_u128(3) }
    }

    fn session() -> Session {
        Session {
            id: Uuid::from_u128(9),
            issued_unix_s: 1_800_000_000,
            protocol_version: "2025-06-18",
            capabilities: r#"{"sampling":{}}"#.into(),
            client_name: "ä".repeat(100),
            client_version: "1.2.3".into(),
        }
    }

    fn at(offset: TimeDelta) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("in range") + offset
    }

    #[test]
    fn atk_10_opens_for_its_owner_only() {
        let sealed = session().seal(&keys(), owner()).expect("seals");
        let opened = Session::open(&sealed, &keys(), owner(), at(TimeDelta::days(1))).expect("opens");
        assert_eq!(opened.client_name.len(), CLIENT_NAME_BYTES_MAX);
        assert_eq!(Session { client_name: session().client_name, ..opened }, session());

        let stranger = Uuid::from_u128(77);
        for foreign in [
            Owner { tenant_id: stranger, ..owner() },
            Owner { principal_id: stranger, ..owner() },
            Owner { server_id: stranger, ..owner() },
        ] {
            assert_eq!(Session::open(&sealed, &keys(), foreign, at(TimeDelta::zero())), None, "{foreign:?}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_living_session() {
        let sealed = session().seal(&keys(), owner()).expect("seals");
        let open = |text: &str, now| Session::open(text, &keys(), owner(), now);
        assert!(sealed.bytes().all(|byte| byte.is_ascii_graphic()) && sealed.len() <= SESSION_ID_BYTES_MAX);
        assert_eq!(open(&sealed, at(TimeDelta::seconds(SESSION_AGE_MAX_S + 1))), None);
        for position in 0..sealed.len() {
            let mut bad = sealed.clone().into_bytes();
            bad[position] = if bad[position] == b'A' { b'B' } else { b'A' };
            let bad = String::from_utf8(bad).expect("ASCII");
            assert_eq!(open(&bad, at(TimeDelta::zero())), None, "byte {position}");
        }
        for bad in ["", "AQ", "****", &sealed[..sealed.len() - 4], &"A".repeat(SESSION_ID_BYTES_MAX + 1)] {
            assert_eq!(open(bad, at(TimeDelta::zero())), None, "{bad:?}");
        }
        assert_eq!(Session::open(&sealed, &keys()[..1], owner(), at(TimeDelta::zero())), None, "key is gone");
        assert_eq!(session().seal(&[], owner()), Err(SealError::NoKey));
    }
}
