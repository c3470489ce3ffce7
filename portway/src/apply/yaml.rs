//! YAML as a tree whose nodes know their lines. Strict: no anchors, aliases, tags or repeated keys, so that a file means
//! what it says. Pure.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

/// Nesting of a document.
const DEPTH_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// `plain`: without quotes, so it may be a number, a truth value or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) node: Node,
}

/// Where and why a text is no YAML of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) reason: String,
}

type Read<T> = Result<T, Malformed>;

impl Node {
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            _ if self.is_null() => "nothing",
            Value::Scalar { .. } => "a value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// The documents of a stream; empty ones are left out.
pub(super) fn documents(text: &str) -> Read<Vec<Node>> {
    let mut reader = Reader { events: Parser::new_from_str(text), depth: 0 };
    let mut documents = Vec::new();
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(documents),
            (Event::DocumentStart(_), _) => {
                let first = reader.next()?;
                documents.push(reader.node(first)?);
            }
            _ => {}
        }
        documents.retain(|node| !node.is_null());
    }
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Read<(Event<'a>, usize)> {
        match self.events.next() {
            Some(Ok((event, Span { start, .. }))) => Ok((event, start.line())),
            Some(Err(error)) => Err(Malformed { line: error.marker().line(), reason: error.info().to_owned() }),
            None => Ok((Event::StreamEnd, 0)),
        }
    }

    fn node(&mut self, (event, line): (Event<'a>, usize)) -> Read<Node> {
        let refuse = |reason: &str| Err(Malformed { line, reason: reason.to_owned() });
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return refuse("the nesting is too deep");
        }
        let value = match event {
            Event::Alias(_) => return refuse("aliases are not supported: write it out"),
            Event::Scalar(_, _, anchor, _) | Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                return refuse("anchors are not supported: write it out");
            }
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                return refuse("tags are not supported");
            }
            Event::Scalar(text, style, ..) => {
                Value::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }
            }
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.map()?,
            _ => return refuse("a document was expected"),
        };
        self.depth -= 1;
        Ok(Node { line, value })
    }

    fn list(&mut self) -> Read<Value> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                item => items.push(self.node(item)?),
            }
        }
    }

    fn map(&mut self) -> Read<Value> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (key, line) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(entries)),
                (Event::Scalar(key, _, 0, None), line) => (key.into_owned(), line),
                (_, line) => return Err(Malformed { line, reason: "a key must be a plain name".to_owned() }),
            };
            if entries.iter().any(|entry| entry.key == key) {
                return Err(Malformed { line, reason: format!("{key} is there twice") });
            }
            let value = self.next()?;
            let node = self.node(value)?;
            entries.push(Entry { line, key, node });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_lines() {
        let nodes = documents("a: 1\n---\n# nothing\n---\nb:\n  - 'x'\n  - {c: ~}\n").unwrap();
        assert_eq!(nodes.len(), 2, "{nodes:?}");
        let Value::Map(entries) = &nodes[1].value else { panic!("{nodes:?}") };
        let Value::List(items) = &entries[0].node.value else { panic!("{nodes:?}") };
        assert_eq!((entries[0].line, items[0].line, items[1].line), (5, 6, 7));
        assert_eq!(items[0].value, Value::Scalar { text: "x".to_owned(), plain: false });
        let Value::Map(inner) = &items[1].value else { panic!("{nodes:?}") };
        assert!(inner[0].node.is_null());
    }

    #[test]
    fn what_could_mean_something_else_is_refused_with_its_line() {
        fn check(text: &str, line: usize, reason: &str) {
            let malformed = documents(text).unwrap_err();
            assert_eq!(malformed.line, line, "{text:?}: {malformed:?}");
            assert!(malformed.reason.contains(reason), "{text:?}: {malformed:?}");
        }
        check("a: 1\nb: 2\na: 3\n", 3, "a is there twice");
        check("a: &x 1\n", 1, "anchors");
        check("a: 1\nb: *x\n", 2, "");
        check("a: !!str 1\n", 1, "tags");
        check("a: 1\n? [b]\n: 2\n", 2, "a key must be");
        check("a: [1,\n", 2, "");
        check(&format!("a: {}1{}", "[".repeat(40), "]".repeat(40)), 1, "too deep");
    }
}
