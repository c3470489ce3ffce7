//! Server-sent events, both ways: an incremental parser with a bound, and the framing of what we send on.

use bytes::{Bytes, BytesMut};

use crate::limits::EVENT_ID_BYTES_MAX;

/// Keeps proxies and clients from closing a silent stream (T5).
pub const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {max} bytes")]
pub struct EventTooLong {
    pub max: usize,
}

/// One event of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Empty in an event that only carries an id or a pause, such as the one that primes a stream (SEP-1699).
    pub data: Bytes,
    pub id: Option<Bytes>,
    /// The pause its sender wants before a reconnection.
    pub retry_ms: Option<u64>,
}

/// Cuts a byte stream into its `message` events. Other event types and comments are skipped.
#[derive(Debug)]
pub struct Parser {
    /// An unfinished line.
    line: BytesMut,
    data: BytesMut,
    has_data: bool,
    is_message: bool,
    id: Option<Bytes>,
    retry_ms: Option<u64>,
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
            id: None,
            retry_ms: None,
            after_cr: false,
            event_bytes_max,
        }
    }

    /// Bytes held back for an unfinished event.
    pub fn held(&self) -> usize {
        self.line.len() + self.data.len()
    }

    /// Takes the next chunk; answers the events it completed. Those that say nothing at all are dropped.
    pub fn feed(&mut self, mut chunk: &[u8]) -> Result<Vec<Event>, EventTooLong> {
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

    fn end_line(&mut self) -> Option<Event> {
        let line = self.line.split();
        if line.is_empty() {
            self.has_data = false;
            let event = Event { data: self.data.split().freeze(), id: self.id.take(), retry_ms: self.retry_ms.take() };
            let is_message = std::mem::replace(&mut self.is_message, true);
            return (is_message && event != Event::default()).then_some(event);
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
            // An id that could not be sent back in a header is none.
            b"id" if value.len() <= EVENT_ID_BYTES_MAX && value.iter().all(|byte| (0x20..0x7F).contains(byte)) => {
                self.id = Some(Bytes::copy_from_slice(value)).filter(|id| !id.is_empty());
            }
            b"retry" => self.retry_ms = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()),
            _ => {}
        }
        None
    }
}

/// One event that carries a JSON text. Line breaks in it are white space between tokens, and each line is a data line.
pub fn event(json: &[u8]) -> Bytes {
    event_with(json, None, None)
}

/// The same with an id to resume at, and a pause. Without a text it primes a stream (SEP-1699).
pub fn event_with(json: &[u8], id: Option<&str>, retry_ms: Option<u64>) -> Bytes {
    let mut out = BytesMut::with_capacity(json.len() + id.map_or(0, str::len) + 64);
    if !json.is_empty() {
        out.extend_from_slice(b"event: message\n");
    }
    if let Some(id) = id {
        out.extend_from_slice(b"id: ");
        out.extend_from_slice(id.as_bytes());
        out.extend_from_slice(b"\n");
    }
    if let Some(retry_ms) = retry_ms {
        out.extend_from_slice(format!("retry: {retry_ms}\n").as_bytes());
    }
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
            events.extend(parser.feed(chunk)?.into_iter().map(|event| event.data));
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
        check(": comment\n\ndata\n\ndata:\n\n", &[]);
        check("id: 1\ndata:\n\nevent: ping\nid: 2\n\n", &[""]);
        check("event: ping\ndata: x\n\ndata: y\n\n", &["y"]);
        check("data: unfinished\n", &[]);
    }

    #[test]
    fn ids_and_pauses() {
        fn check(text: &str, expected: &[(&str, Option<&str>, Option<u64>)]) {
            let events = Parser::new(4096).feed(text.as_bytes()).expect("short");
            let ids: Vec<_> = events.iter().map(|event| event.id.as_deref().map(String::from_utf8_lossy)).collect();
            let got: Vec<_> = events
                .iter()
                .zip(&ids)
                .map(|(event, id)| (std::str::from_utf8(&event.data).expect("UTF-8"), id.as_deref(), event.retry_ms))
                .collect();
            assert_eq!(got, expected, "{text:?}");
        }
        check("id: a-1\ndata: {}\n\ndata: 2\n\n", &[("{}", Some("a-1"), None), ("2", None, None)]);
        check("id: p\nretry: 500\ndata: \n\n", &[("", Some("p"), Some(500))]);
        check("retry: 500\n\nretry: soon\n\nid:\n\n", &[("", None, Some(500))]);
        check(&format!("id: {}\ndata: 1\n\n", "x".repeat(EVENT_ID_BYTES_MAX + 1)), &[("1", None, None)]);
        check("id: a\u{e4}\ndata: 1\n\n", &[("1", None, None)]);
        assert_eq!(event_with(b"", Some("p"), Some(7)), "id: p\nretry: 7\ndata: \n\n");
        assert_eq!(event_with(b"{}", Some("p"), None), "event: message\nid: p\ndata: {}\n\n");
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
                prop_assert_eq!(events, vec![Event { data: Bytes::copy_from_slice(expected), ..Event::default() }]);
            }
        }
    }
}
