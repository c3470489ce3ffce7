//! What a letter travels in: to whom it belongs in clear, the rest sealed. Pure.

use uuid::Uuid;

use crate::mcp::seal::{self, Purpose};
use crate::snapshot::SessionKey;

const FORMAT: u8 = 1;
const HEAD_LEN: usize = 2 + 3 * 16;

/// Where a letter is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// One process.
    Node(Uuid),
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Wants an answer.
    Ask,
    Tell,
    Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) kind: Kind,
    pub(super) tenant: Uuid,
    /// The process that sent it.
    pub(super) from: Uuid,
    /// Of the question; its answer has the same.
    pub(super) id: Uuid,
}

impl Channel {
    pub(super) fn name(self) -> String {
        match self {
            Self::Node(instance) => format!("pw:node:{}", instance.simple()),
            Self::All => "pw:nodes".to_owned(),
        }
    }
}

impl Envelope {
    /// Envelope and sealed contents.
    pub(super) fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (head, sealed) = bytes.split_first_chunk::<HEAD_LEN>()?;
        let (&[format, kind], ids) = head.split_first_chunk::<2>()?;
        let kind = match kind {
            1 => Kind::Ask,
            2 => Kind::Tell,
            3 => Kind::Answer,
            _ => return None,
        };
        let mut ids = ids.chunks_exact(16).filter_map(|id| Uuid::from_slice(id).ok());
        let envelope = Self { kind, tenant: ids.next()?, from: ids.next()?, id: ids.next()? };
        (format == FORMAT).then_some((envelope, sealed))
    }

    pub(super) fn seal(&self, keys: &[SessionKey], to: Channel, contents: &[u8]) -> Option<Vec<u8>> {
        let sealed = seal::seal(keys, Purpose::Mailbox, &self.owner(to), contents).ok()?;
        Some([&self.head(), &sealed[..]].concat())
    }

    pub(super) fn open(&self, keys: &[SessionKey], on: Channel, sealed: &[u8]) -> Option<Vec<u8>> {
        seal::open(keys, Purpose::Mailbox, &self.owner(on), sealed)
    }

    fn head(&self) -> Vec<u8> {
        let kind = match self.kind {
            Kind::Ask => 1,
            Kind::Tell => 2,
            Kind::Answer => 3,
        };
        let ids = [self.tenant, self.from, self.id];
        [FORMAT, kind].into_iter().chain(ids.into_iter().flat_map(Uuid::into_bytes)).collect()
    }

    fn owner(&self, channel: Channel) -> Vec<u8> {
        [self.head(), channel.name().into_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn atk_29_a_letter_opens_where_it_was_sent_to_only() {
        let keys = [SessionKey::new(1, Zeroizing::new([1; 32]), 0)];
        let id = Uuid::from_u128;
        let envelope = Envelope { kind: Kind::Ask, tenant: id(1), from: id(2), id: id(3) };
        let to = Channel::Node(id(4));
        let bytes = envelope.seal(&keys, to, b"letter").expect("seals");
        let (split, sealed) = Envelope::split(&bytes).expect("whole");
        assert_eq!((split, split.open(&keys, to, sealed).as_deref()), (envelope, Some(&b"letter"[..])));
        for channel in [Channel::Node(id(5)), Channel::All] {
            assert_eq!(split.open(&keys, channel, sealed), None, "{channel:?}");
        }
        for position in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[position] ^= 1;
            let opened = Envelope::split(&bad).and_then(|(envelope, sealed)| envelope.open(&keys, to, sealed));
            assert_eq!(opened, None, "byte {position}");
        }
        assert!(Envelope::split(&bytes[..HEAD_LEN - 1]).is_none());
    }
}
