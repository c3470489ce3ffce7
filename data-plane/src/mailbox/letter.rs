//! What nodes tell each other, and its bytes. Pure.

use bytes::Bytes;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// A client's answer to a request of an upstream's; `correlation` is what the asking node knows it by.
    Reply { correlation: Bytes, body: Bytes },
    /// A client cancelled one of its requests; `body` is its notification.
    Cancel { session: Uuid, body: Bytes },
    /// A client ended its session.
    Ended { session: Uuid },
    /// A client opened its stream at the sender: the one it had elsewhere is over.
    Listening { session: Uuid },
}

const REPLY: u8 = 1;
const CANCEL: u8 = 2;
const ENDED: u8 = 3;
const LISTENING: u8 = 4;

impl Letter {
    /// Bytes of what it carries.
    pub fn size(&self) -> usize {
        match self {
            Self::Reply { correlation, body } => correlation.len() + body.len(),
            Self::Cancel { body, .. } => body.len(),
            Self::Ended { .. } | Self::Listening { .. } => 0,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size() + 24);
        match self {
            Self::Reply { correlation, body } => {
                out.push(REPLY);
                out.extend_from_slice(&u32::try_from(correlation.len()).unwrap_or(u32::MAX).to_be_bytes());
                out.extend_from_slice(correlation);
                out.extend_from_slice(body);
            }
            Self::Cancel { session, body } => {
                out.push(CANCEL);
                out.extend_from_slice(session.as_bytes());
                out.extend_from_slice(body);
            }
            Self::Ended { session } => {
                out.push(ENDED);
                out.extend_from_slice(session.as_bytes());
            }
            Self::Listening { session } => {
                out.push(LISTENING);
                out.extend_from_slice(session.as_bytes());
            }
        }
        out
    }

    /// `None` for a kind that a newer node may know.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let mut rest = Bytes::from(bytes);
        let mut take = |length: usize| (rest.len() >= length).then(|| rest.split_to(length));
        match *take(1)?.first()? {
            REPLY => {
                let length = u32::from_be_bytes(*take(4)?.first_chunk()?);
                let correlation = take(usize::try_from(length).ok()?)?;
                Some(Self::Reply { correlation, body: rest })
            }
            CANCEL => {
                let session = Uuid::from_slice(&take(16)?).ok()?;
                Some(Self::Cancel { session, body: rest })
            }
            ENDED => Some(Self::Ended { session: Uuid::from_slice(&rest).ok()? }),
            LISTENING => Some(Self::Listening { session: Uuid::from_slice(&rest).ok()? }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_arrive_as_they_were_written() {
        let body = Bytes::from_static(b"{}");
        for letter in [
            Letter::Reply { correlation: Bytes::from_static(b"c-1"), body: body.clone() },
            Letter::Reply { correlation: Bytes::new(), body: Bytes::new() },
            Letter::Cancel { session: Uuid::from_u128(1), body },
            Letter::Ended { session: Uuid::from_u128(2) },
            Letter::Listening { session: Uuid::from_u128(3) },
        ] {
            assert_eq!(Letter::from_bytes(letter.to_bytes()), Some(letter.clone()));
            let cut = letter.to_bytes().get(..4).map(<[u8]>::to_vec).unwrap_or_default();
            assert_eq!(Letter::from_bytes(cut), None, "{letter:?}");
        }
        for bad in [&[][..], &[9, 9], &[REPLY, 0, 0, 0, 5, 1], &[REPLY, 255, 255, 255, 255]] {
            assert_eq!(Letter::from_bytes(bad.to_vec()), None, "{bad:?}");
        }
    }
}
