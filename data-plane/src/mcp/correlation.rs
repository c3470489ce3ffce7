//! What a client of a legacy session gets to hold and gives back: the ids of an upstream's requests, and the ids of
//! events at which a stream can be resumed. Both are sealed to tenant, principal, server and session, so that a
//! forged, foreign or changed one opens nowhere (ATK-29), and any node can read them.

use bytes::Bytes;
use uuid::Uuid;

use super::seal::{self, Purpose, SealError};
use super::session::Owner;
use crate::limits::{JSON_RPC_ID_BYTES_MAX, SEALED_EVENT_ID_BYTES_MAX};
use crate::snapshot::SessionKey;

/// An upstream's request that was shown to a client. What the upstream called it stays with the node that showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correlation {
    /// The node's instance.
    pub instance: Uuid,
    /// Random; the node gives it out once and takes it back once.
    pub ticket: Uuid,
}

/// Where a stream can be resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeAt {
    /// The upstream session: event ids mean nothing in another.
    pub opened: Uuid,
    /// The upstream's event id.
    pub event_id: Bytes,
    /// The call whose stream it is; `None`: the stream of messages that belong to no call.
    pub call: Option<ResumedCall>,
}

/// What is needed to give the answer of a call back on another stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumedCall {
    pub upstream_id: u64,
    /// Exactly as the client sent it.
    pub client_id: Bytes,
    pub progress_token: Option<Bytes>,
    pub is_tool_call: bool,
}

impl Correlation {
    /// As a JSON string, quotes included.
    pub fn seal(&self, keys: &[SessionKey], owner: Owner, session: Uuid) -> Result<Bytes, SealError> {
        let contents = [*self.instance.as_bytes(), *self.ticket.as_bytes()].concat();
        let text = seal::seal_text(keys, Purpose::Question, &bound_to(owner, session), &contents)?;
        Ok(format!("\"{text}\"").into())
    }

    /// `text` as it stands in a message, quotes included.
    pub fn open(text: &[u8], keys: &[SessionKey], owner: Owner, session: Uuid) -> Option<Self> {
        let text = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        if text.len() > JSON_RPC_ID_BYTES_MAX {
            return None;
        }
        let contents =
            seal::open_text(keys, Purpose::Question, &bound_to(owner, session), std::str::from_utf8(text).ok()?)?;
        let (instance, ticket) = contents.split_first_chunk::<16>()?;
        Some(Self { instance: Uuid::from_bytes(*instance), ticket: Uuid::from_slice(ticket).ok()? })
    }
}

impl ResumeAt {
    pub fn seal(&self, keys: &[SessionKey], owner: Owner, session: Uuid) -> Result<String, SealError> {
        let mut contents = self.opened.as_bytes().to_vec();
        push(&mut contents, &self.event_id);
        if let Some(call) = &self.call {
            contents.extend_from_slice(&call.upstream_id.to_be_bytes());
            contents.push(call.is_tool_call.into());
            push(&mut contents, &call.client_id);
            push(&mut contents, call.progress_token.as_deref().unwrap_or_default());
        }
        seal::seal_text(keys, Purpose::Event, &bound_to(owner, session), &contents)
    }

    pub fn open(text: &str, keys: &[SessionKey], owner: Owner, session: Uuid) -> Option<Self> {
        if text.len() > SEALED_EVENT_ID_BYTES_MAX {
            return None;
        }
        let contents = Bytes::from(seal::open_text(keys, Purpose::Event, &bound_to(owner, session), text)?);
        let (opened, rest) = contents.split_first_chunk::<16>()?;
        let mut rest = contents.slice_ref(rest);
        let event_id = pull(&mut rest)?;
        let call = if rest.is_empty() { None } else { Some(ResumedCall::read(rest)?) };
        Some(Self { opened: Uuid::from_bytes(*opened), event_id, call })
    }
}

impl ResumedCall {
    fn read(mut rest: Bytes) -> Option<Self> {
        let upstream_id = u64::from_be_bytes(*rest.first_chunk::<8>()?);
        let is_tool_call = *rest.get(8)? == 1;
        rest = rest.slice(9..);
        let client_id = pull(&mut rest)?;
        let progress_token = Some(pull(&mut rest)?).filter(|token| !token.is_empty());
        rest.is_empty().then_some(Self { upstream_id, client_id, progress_token, is_tool_call })
    }
}

fn bound_to(owner: Owner, session: Uuid) -> Vec<u8> {
    [&owner.to_bytes()[..], session.as_bytes()].concat()
}

/// With its length before it. Lengths are bounded where the parts come from, far below 64 KiB.
fn push(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&(part.len() as u16).to_be_bytes());
    out.extend_from_slice(part);
}

fn pull(rest: &mut Bytes) -> Option<Bytes> {
    let length = usize::from(u16::from_be_bytes(*rest.first_chunk::<2>()?));
    let part = (rest.len() >= 2 + length).then(|| rest.slice(2..2 + length))?;
    *rest = rest.slice(2 + length..);
    Some(part)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn keys() -> Vec<SessionKey> {
        vec![SessionKey::new(1, Zeroizing::new([1; 32]), 0)]
    }

    fn owner() -> Owner {
        Owner { tenant_id: Uuid::from_u128(1), principal_id: Uuid::from_u128(2), server_id: Uuid::from_u128(3) }
    }

    const SESSION: Uuid = Uuid::from_u128(4);

    fn strangers() -> [(Owner, Uuid); 4] {
        let stranger = Uuid::from_u128(77);
        [
            (Owner { tenant_id: stranger, ..owner() }, SESSION),
            (Owner { principal_id: stranger, ..owner() }, SESSION),
            (Owner { server_id: stranger, ..owner() }, SESSION),
            (owner(), stranger),
        ]
    }

    #[test]
    fn atk_29_a_correlation_id_opens_for_its_session_only() {
        let correlation = Correlation { instance: Uuid::from_u128(8), ticket: Uuid::from_u128(9) };
        let sealed = correlation.seal(&keys(), owner(), SESSION).expect("seals");
        assert!(sealed.len() <= JSON_RPC_ID_BYTES_MAX);
        assert_eq!(Correlation::open(&sealed, &keys(), owner(), SESSION), Some(correlation));
        for (owner, session) in strangers() {
            assert_eq!(Correlation::open(&sealed, &keys(), owner, session), None, "{owner:?} {session}");
        }
        for position in 0..sealed.len() {
            let mut bad = sealed.to_vec();
            bad[position] = if bad[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(Correlation::open(&bad, &keys(), owner(), SESSION), None, "byte {position}");
        }
        for bad in [&b"7"[..], b"", b"\"\"", b"\"AQ\"", b"\"****\""] {
            assert_eq!(Correlation::open(bad, &keys(), owner(), SESSION), None);
        }
    }

    #[test]
    fn event_ids_come_back_whole_and_to_their_session_only() {
        let call = |client_id: &'static str, token: Option<&'static str>| ResumedCall {
            upstream_id: 1 << 52,
            client_id: client_id.into(),
            progress_token: token.map(Bytes::from),
            is_tool_call: true,
        };
        let at =
            |event_id: &'static str, call| ResumeAt { opened: Uuid::from_u128(5), event_id: event_id.into(), call };
        for resume in [at("e-1", None), at("e-2", Some(call("\"c\"", None))), at("x", Some(call("7", Some("\"tok\""))))]
        {
            let sealed = resume.seal(&keys(), owner(), SESSION).expect("seals");
            assert_eq!(ResumeAt::open(&sealed, &keys(), owner(), SESSION), Some(resume));
            for (owner, session) in strangers() {
                assert_eq!(ResumeAt::open(&sealed, &keys(), owner, session), None);
            }
            assert_eq!(Correlation::open(format!("\"{sealed}\"").as_bytes(), &keys(), owner(), SESSION), None);
        }
        assert_eq!(ResumeAt::open("e-1", &keys(), owner(), SESSION), None, "an upstream's own");
    }
}
