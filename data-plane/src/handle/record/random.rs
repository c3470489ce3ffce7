//! Ids of calls and spans. Random, so that no two nodes give the same; not secret.

use std::cell::RefCell;

/// The random parts of a record.
pub(super) struct Random {
    pub(super) id: [u8; 10],
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    pub(super) leg: [u8; 8],
}

impl Random {
    /// Without random numbers all digits are ones, which makes ids that are still valid.
    pub(super) fn new() -> Self {
        let mut random = Self { id: [0x11; 10], trace: [0x11; 16], span: [0x11; 8], leg: [0x11; 8] };
        if let Some(bytes) = RESERVE.with_borrow_mut(Reserve::take::<42>) {
            let mut rest = bytes.as_slice();
            for part in [&mut random.id[..], &mut random.trace, &mut random.span, &mut random.leg] {
                let (taken, left) = rest.split_at(part.len());
                part.copy_from_slice(taken);
                rest = left;
            }
        }
        random
    }
}

thread_local! {
    static RESERVE: RefCell<Reserve> = const { RefCell::new(Reserve { bytes: [0; RESERVE_BYTES], used: RESERVE_BYTES }) };
}

const RESERVE_BYTES: usize = 1024;

/// Random bytes for many records: one draw costs as much as the next twenty.
struct Reserve {
    bytes: [u8; RESERVE_BYTES],
    used: usize,
}

impl Reserve {
    /// Bytes that nobody gets again.
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        if self.bytes.len() - self.used < N {
            aws_lc_rs::rand::fill(&mut self.bytes).ok()?;
            self.used = 0;
        }
        let taken = self.bytes.get(self.used..)?.first_chunk().copied()?;
        self.used += N;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn random_parts_are_drawn() {
        let Random { id, trace, span, leg } = Random::new();
        assert!(id != [0x11; 10] && trace != [0x11; 16] && span != [0x11; 8] && leg != [0x11; 8] && leg != span);
        let all: HashSet<[u8; 10]> = (0..1_000).map(|_| Random::new().id).collect();
        assert_eq!(all.len(), 1_000, "nothing is drawn twice");
    }
}
