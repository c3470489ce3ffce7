//! One strict pass over the bytes of a JSON text: checks everything, keeps the positions of the few members that
//! decisions need, and allocates next to nothing.
//!
//! Must never accept what another parser could read differently (ATK-8): duplicate keys after unescaping, lone
//! surrogates, a byte order mark, bytes after the value.

mod text;

use std::borrow::Cow;
use std::ops::Range;

pub use self::text::string_text;
use self::text::{read_escape, unescape};
use crate::limits::{JSON_DEPTH_MAX, JSON_MEMBERS_RECORDED_MAX};

/// Objects whose members are recorded, by the key that leads to them. Arguments and contents are never recorded.
const RECORDED: [&str; 17] = [
    "params",
    "notifications",
    "inputResponses",
    "result",
    "error",
    "data",
    "_meta",
    "ref",
    "capabilities",
    "clientInfo",
    "io.modelcontextprotocol/clientCapabilities",
    "io.modelcontextprotocol/clientInfo",
    "extensions",
    "experimental",
    "tools",
    "prompts",
    "resources",
];

/// Deeper objects are never recorded: `params._meta.clientCapabilities.extensions` is the deepest that matters.
const RECORDED_DEPTH_MAX: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    #[error("the body is not UTF-8")]
    NotUtf8,
    #[error("the body starts with a byte order mark")]
    ByteOrderMark,
    #[error("malformed JSON at byte {at}")]
    Syntax { at: usize },
    #[error("unexpected bytes after the JSON value at byte {at}")]
    Trailing { at: usize },
    #[error("JSON is nested deeper than {JSON_DEPTH_MAX} levels")]
    TooDeep,
    #[error("an object near byte {at} has the same key twice")]
    DuplicateKey { at: usize },
    #[error("a metadata object has too many members")]
    TooManyMembers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    String,
    /// A number without fraction and exponent.
    Integer,
    Number,
    True,
    False,
    Null,
}

/// Whether equal keys are refused in every object, or in the recorded ones only.
///
/// What a client sends is read by policy and then by an upstream, so all of it must be unambiguous. Of an upstream's
/// answer we read only the recorded parts; a tool's output is its own affair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    Everywhere,
    Recorded,
}

/// A member of a recorded object. Ranges index the scanned bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Index of the member whose value holds this one; `None` at the top.
    pub parent: Option<usize>,
    /// From the opening quote of the key to the end of the value.
    pub whole: Range<usize>,
    pub value: Range<usize>,
    pub kind: Kind,
    key: Range<usize>,
    /// The key, when its text is not the bytes between the quotes.
    unescaped_key: Option<Box<str>>,
}

/// What the scan keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub root: Kind,
    pub root_span: Range<usize>,
    pub members: Vec<Member>,
}

impl Member {
    pub fn key<'a>(&'a self, text: &'a [u8]) -> &'a [u8] {
        match &self.unescaped_key {
            Some(key) => key.as_bytes(),
            None => text.get(self.key.clone()).unwrap_or_default(),
        }
    }
}

/// Room for the keys that are open at once, and for the members that are kept, of most messages.
const KEYS: usize = 16;
const MEMBERS: usize = 16;

/// Scans one JSON text. Never panics, whatever the bytes.
pub fn scan(text: &[u8], strictness: Strictness) -> Result<Outline, ScanError> {
    if text.starts_with(b"\xEF\xBB\xBF") {
        return Err(ScanError::ByteOrderMark);
    }
    std::str::from_utf8(text).map_err(|_| ScanError::NotUtf8)?;
    let mut scanner = Scanner {
        text,
        at: 0,
        depth: 0,
        strictness,
        keys: Vec::with_capacity(KEYS),
        members: Vec::with_capacity(MEMBERS),
    };
    scanner.space();
    let start = scanner.at;
    let root = scanner.value(Place::Top)?;
    let root_span = start..scanner.at;
    scanner.space();
    if scanner.at != text.len() {
        return Err(ScanError::Trailing { at: scanner.at });
    }
    Ok(Outline { root, root_span, members: scanner.members })
}

#[derive(Clone, Copy)]
enum Place {
    Top,
    /// Value of a recorded member.
    Recorded(usize),
    Elsewhere,
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    strictness: Strictness,
    /// Keys of all open objects, innermost last.
    keys: Vec<Cow<'a, [u8]>>,
    members: Vec<Member>,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn syntax<T>(&self) -> Result<T, ScanError> {
        Err(ScanError::Syntax { at: self.at })
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), ScanError> {
        if self.peek() != Some(byte) {
            return self.syntax();
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, place: Place) -> Result<Kind, ScanError> {
        match self.peek() {
            Some(b'{') => self.nested(|scanner| scanner.object(place)).map(|()| Kind::Object),
            Some(b'[') => self.nested(Self::array).map(|()| Kind::Array),
            Some(b'"') => self.string().map(|_| Kind::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true", Kind::True),
            Some(b'f') => self.literal(b"false", Kind::False),
            Some(b'n') => self.literal(b"null", Kind::Null),
            _ => self.syntax(),
        }
    }

    fn nested(&mut self, inside: impl FnOnce(&mut Self) -> Result<(), ScanError>) -> Result<(), ScanError> {
        if self.depth == JSON_DEPTH_MAX {
            return Err(ScanError::TooDeep);
        }
        self.depth += 1;
        self.at += 1;
        self.space();
        inside(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn array(&mut self) -> Result<(), ScanError> {
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(Place::Elsewhere)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.syntax(),
            }
            self.space();
        }
    }

    fn object(&mut self, place: Place) -> Result<(), ScanError> {
        let first_key = self.keys.len();
        let opened_at = self.at;
        let compare = self.strictness == Strictness::Everywhere || !matches!(place, Place::Elsewhere);
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.member(place, compare)?;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return self.syntax(),
            }
            self.space();
        }
        self.at += 1;
        let distinct = self.keys.get_mut(first_key..).is_none_or(all_distinct);
        self.keys.truncate(first_key);
        if distinct { Ok(()) } else { Err(ScanError::DuplicateKey { at: opened_at }) }
    }

    fn member(&mut self, place: Place, compare: bool) -> Result<(), ScanError> {
        let start = self.at;
        let (key, escaped) = self.string()?;
        let raw = self.text.get(key.clone()).unwrap_or_default();
        let unescaped = match escaped {
            true => Some(unescape(raw).ok_or(ScanError::Syntax { at: start })?),
            false => None,
        };
        self.space();
        self.expect(b':')?;
        self.space();
        let inner = self.inner_place(place, unescaped.as_deref().map_or(raw, str::as_bytes));
        if compare {
            self.keys.push(match &unescaped {
                Some(text) => Cow::Owned(text.clone().into_bytes()),
                None => Cow::Borrowed(raw),
            });
        }
        let parent = match place {
            Place::Elsewhere => {
                self.value(Place::Elsewhere)?;
                return Ok(());
            }
            Place::Top => None,
            Place::Recorded(parent) => Some(parent),
        };
        if self.members.len() == JSON_MEMBERS_RECORDED_MAX {
            return Err(ScanError::TooManyMembers);
        }
        let (index, value_start) = (self.members.len(), self.at);
        let unescaped_key = unescaped.map(String::into_boxed_str);
        self.members.push(Member { parent, whole: start..start, value: 0..0, kind: Kind::Null, key, unescaped_key });
        let kind = self.value(inner)?;
        if let Some(member) = self.members.get_mut(index) {
            member.whole = start..self.at;
            member.value = value_start..self.at;
            member.kind = kind;
        }
        Ok(())
    }

    /// Where the value of the member about to be recorded stands.
    fn inner_place(&self, place: Place, key: &[u8]) -> Place {
        let recorded = !matches!(place, Place::Elsewhere)
            && self.depth < RECORDED_DEPTH_MAX
            && RECORDED.iter().any(|name| name.as_bytes() == key);
        if recorded { Place::Recorded(self.members.len()) } else { Place::Elsewhere }
    }

    /// Range between the quotes, and whether there are escapes in it.
    fn string(&mut self) -> Result<(Range<usize>, bool), ScanError> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += text::plain_len(self.text.get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    let range = start..self.at;
                    self.at += 1;
                    return Ok((range, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return self.syntax(),
            }
        }
    }

    fn escape(&mut self) -> Result<(), ScanError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match read_escape(rest) {
            Some((_, length)) => {
                self.at += length;
                Ok(())
            }
            None => self.syntax(),
        }
    }

    fn number(&mut self) -> Result<Kind, ScanError> {
        let mut kind = Kind::Integer;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return self.syntax(),
        }
        if self.peek() == Some(b'.') {
            kind = Kind::Number;
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            kind = Kind::Number;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(kind)
    }

    fn digits(&mut self) -> Result<(), ScanError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.syntax() } else { Ok(()) }
    }

    fn literal(&mut self, word: &'static [u8], kind: Kind) -> Result<Kind, ScanError> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return self.syntax();
        }
        self.at += word.len();
        Ok(kind)
    }
}

/// Sorts large key sets: comparing each with each would let one body cost hours.
fn all_distinct(keys: &mut [Cow<'_, [u8]>]) -> bool {
    if keys.len() <= 8 {
        return keys.iter().enumerate().all(|(index, key)| !keys.iter().skip(index + 1).any(|other| other == key));
    }
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair.first() != pair.get(1))
}

#[cfg(test)]
mod tests;
