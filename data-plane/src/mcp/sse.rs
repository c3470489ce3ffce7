//! Server-sent events, both ways: an incremental parser with a bound, and the framing of what we send on.

use bytes::{Bytes, BytesMut};

/// Keeps proxies and clients from closing a silent stream (T5).
pub const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {max} bytes")]
pub struct EventTooLong {
    pub max: usize,
}

/// Cuts a byte stream into the data of its `message` events. Other event types and comments are skipped.
#[derive(Debug)]
pub struct Parser {
    /// An unfinished line.
    line: BytesMut,
    data: BytesMut,
    has_data: bool,
    is_message: bool,
    /// The last chunk ended in CR: a LF that follows belongs to it.
    after_cr: bool,
    event_bytes_max: usize,
}

impl Parser {
    pub fn new(event_bytes_max: usize) -> Self {
        Self {
            line: BytesMut::new(),
            data: BytesMut::new(),
            has_data: false,
            is_message: true,
            after_cr: false,
            event_bytes_max,
        }
    }

    /// Bytes held back for an unfinished event.
    pub fn held(&self) -> usize {
        self.line.len() + self.data.len()
    }

    /// Takes the next chunk; answers the events it completed. Events without data are dropped: streams open with them.
    pub fn feed(&mut self, mut chunk: &[u8]) -> Result<Vec<Bytes>, EventTooLong> {
        let mut events = Vec::new();
        if std::mem::take(&mut self.after_cr) && chunk.first() == Some(&b'\n') {
            chunk = chunk.get(1..).unwrap_or_default();
        }
        while let Some(end) = chunk.iter().position(|&byte| byte == b'\n' || byte == b'\r') {
            let (head, tail) = chunk.split_at_checked(end).unwrap_or_default();
            self.hold(head)?;
            let is_cr = tail.first() == Some(&b'\r');
            chunk = tail.get(1..).unwrap_or_default();
            if is_cr {
                match chunk.first() {
                    Some(b'\n') => chunk = chunk.get(1..).unwrap_or_default(),
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            events.extend(self.end_line());
        }
        self.hold(chunk)?;
        Ok(events)
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), EventTooLong> {
        if self.held() + bytes.len() > self.event_bytes_max {
            return Err(EventTooLong { max: self.event_bytes_max });
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self) -> Option<Bytes> {
        let line = self.line.split();
        if line.is_empty() {
            let data = self.data.split().freeze();
            let is_message = std::mem::replace(&mut self.is_message, true);
            return (std::mem::take(&mut self.has_data) && is_message && !data.is_empty()).then_some(data);
        }
        let (field, value) = match line.iter().position(|&byte| byte == b':') {
            Some(colon) => {
                let (field, rest) = line.split_at_checked(colon)?;
                let value = rest.get(1..).unwrap_or_default();
                (field, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (&line[..], &[][..]),
        };
        match field {
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.extend_from_slice(b"\n");
                }
                self.data.extend_from_slice(value);
            }
            b"event" => self.is_message = value.is_empty() || value == b"message",
            _ => {}
        }
        None
    }
}

/// One event that carries a JSON text. Line breaks in it are white space between tokens, and each line is a data line.
pub fn event(json: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(json.len() + 32);
    out.extend_from_slice(b"event: message\n");
    for line in json.split(|&byte| byte == b'\n' || byte == b'\r') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.extend_from_slice(b"\n");
    }
    out.extend_from_slice(b"\n");
    out.freeze()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(chunks: &[&[u8]]) -> Result<Vec<Bytes>, EventTooLong> {
        let mut parser = Parser::new(64);
        let mut events = Vec::new();
        for chunk in chunks {
            events.extend(parser.feed(chunk)?);
        }
        Ok(events)
    }

    #[test]
    fn events() {
        fn check(text: &str, expected: &[&str]) {
            let whole = parse(&[text.as_bytes()]).expect("short");
            assert_eq!(whole, expected, "{text:?}");
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(parse(&bytes).expect("short"), expected, "byte by byte: {text:?}");
        }
        check("data: {}\n\n", &["{}"]);
        check("data:{}\r\n\r\n", &["{}"]);
        check("data: 1\r\rdata: 2\r\r", &["1", "2"]);
        check("event: message\nid: 7\nretry: 10\ndata: a\ndata: b\n\n", &["a\nb"]);
        check(": comment\n\ndata\n\nid: 1\ndata:\n\n", &[]);
        check("event: ping\ndata: x\n\ndata: y\n\n", &["y"]);
        check("data: unfinished\n", &[]);
    }

    #[test]
    fn a_long_event_is_refused() {
        assert_eq!(parse(&[b"data: ", &[b'x'; 60]]), Err(EventTooLong { max: 64 }));
        let lines: Vec<&[u8]> = std::iter::repeat_n(&b"data: xxxxxxxx\n"[..], 10).collect();
        assert_eq!(parse(&lines), Err(EventTooLong { max: 64 }));
    }

    proptest! {
        #[test]
        fn what_we_frame_we_parse(text in "[ -~\n]{1,40}") {
            let framed = event(text.as_bytes());
            let mut parser = Parser::new(1 << 10);
            let events = parser.feed(&framed).expect("short");
            let expected = text.as_bytes();
            if text.trim_matches('\n').is_empty() {
                prop_assert!(events.len() <= 1);
            } else {
                prop_assert_eq!(events, vec![Bytes::copy_from_slice(expected)]);
            }
        }
    }
}
