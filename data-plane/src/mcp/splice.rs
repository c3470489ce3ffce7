//! Edits as replaced byte ranges: what is not edited is forwarded untouched.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// Replacements in one text. Ranges must not overlap; an overlapping one is dropped by [`Splice::apply`] together with
/// nothing else, so callers add each place once.
#[derive(Debug, Default)]
pub struct Splice {
    edits: Vec<(Range<usize>, Bytes)>,
}

impl Splice {
    pub fn replace(&mut self, range: Range<usize>, with: impl Into<Bytes>) {
        self.edits.push((range, with.into()));
    }

    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The edited text; the very same bytes when there is nothing to edit.
    pub fn apply(mut self, text: &Bytes) -> Bytes {
        if self.edits.is_empty() {
            return text.clone();
        }
        // What is put in at a place stands before what replaces it.
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let grown: usize = self.edits.iter().map(|(_, with)| with.len()).sum();
        let mut out = BytesMut::with_capacity(text.len() + grown);
        let mut at = 0;
        for (range, with) in &self.edits {
            let Some(untouched) = text.get(at..range.start) else { continue };
            out.extend_from_slice(untouched);
            out.extend_from_slice(with);
            at = range.end;
        }
        out.extend_from_slice(text.get(at..).unwrap_or_default());
        out.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits() {
        fn check(edits: &[(Range<usize>, &'static str)], expected: &str) {
            let mut splice = Splice::default();
            for (range, with) in edits {
                splice.replace(range.clone(), *with);
            }
            assert_eq!(splice.apply(&Bytes::from_static(b"0123456789")), expected);
        }
        check(&[], "0123456789");
        check(&[(2..4, "ab")], "01ab456789");
        check(&[(8..10, "x"), (0..1, "yy")], "yy1234567x");
        check(&[(3..3, "<>")], "012<>3456789");
        check(&[(2..6, "a"), (4..8, "b")], "01a6789");
        check(&[(20..30, "a")], "0123456789");
    }
}
