//! The place of a request in a trace, as the header `traceparent` says it (W3C Trace Context, level 1 §3.2).

use std::fmt;

/// A span that others can be children of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    pub trace_id: [u8; 16],
    pub span_id: [u8; 8],
    /// Whoever began the trace wants it recorded.
    pub is_sampled: bool,
}

impl TraceContext {
    /// `None` where the header is not what the specification says: then the trace begins here.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let ([version], [flags]) = (bytes::<1>(version)?, bytes::<1>(flags)?);
        // Versions to come may add fields, this one has four.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let (trace_id, span_id) = (bytes(trace)?, bytes(span)?);
        let is_valid = trace_id != [0; 16] && span_id != [0; 8];
        is_valid.then_some(Self { trace_id, span_id, is_sampled: flags & 1 == 1 })
    }

    /// Of a trace that is recorded, by the ids in hexadecimal digits.
    pub(crate) fn of_text(trace: &str, span: &str) -> Option<Self> {
        Some(Self { trace_id: bytes(trace)?, span_id: bytes(span)?, is_sampled: true })
    }

    /// The id of the trace in lower-case hexadecimal digits.
    pub fn trace_text(&self) -> String {
        text(&self.trace_id)
    }

    /// The id of the span, the same way.
    pub fn span_text(&self) -> String {
        text(&self.span_id)
    }
}

/// As the header has it.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written at once: every call has one.
        let mut header = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let (_, rest) = header.split_at_mut(3);
        let (trace, rest) = rest.split_at_mut(32);
        let (_, rest) = rest.split_at_mut(1);
        let (span, rest) = rest.split_at_mut(16);
        hex(&self.trace_id, trace);
        hex(&self.span_id, span);
        if let (true, Some(flag)) = (self.is_sampled, rest.last_mut()) {
            *flag = b'1';
        }
        f.write_str(std::str::from_utf8(&header).unwrap_or_default())
    }
}

fn text(bytes: &[u8]) -> String {
    let mut text = vec![b'0'; bytes.len() * 2];
    hex(bytes, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Two lower-case digits of `out` for each byte.
fn hex(bytes: &[u8], out: &mut [u8]) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
    for (byte, digits) in bytes.iter().zip(out.as_chunks_mut::<2>().0) {
        *digits = [digit(byte >> 4), digit(byte & 15)];
    }
}

/// Exactly so many bytes in lower-case hexadecimal digits.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != N * 2 {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for digit in digits {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            *byte = (*byte << 4) | value;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        fn check(header: &str, is_good: bool) {
            assert_eq!(TraceContext::parse(header).is_some(), is_good, "{header}");
        }
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        check(&format!("00-{trace}-{span}-01"), true);
        check(&format!("00-{trace}-{span}-00"), true);
        check(&format!("01-{trace}-{span}-01-more"), true);
        check(&format!("00-{trace}-{span}-01-more"), false);
        check(&format!("ff-{trace}-{span}-01"), false);
        check(&format!("00-{}-{span}-01", trace.to_uppercase()), false);
        check(&format!("00-{}-{span}-01", "0".repeat(32)), false);
        check(&format!("00-{trace}-{}-01", "0".repeat(16)), false);
        check(&format!("00-{trace}-{span}-1"), false);
        check(&format!("00-{trace}-{span}"), false);
        check("00-1-2-3", false);
        check("", false);
    }

    #[test]
    fn what_is_read_is_written_again() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = TraceContext::parse(header).unwrap();
        assert_eq!(context.to_string(), header);
        assert_eq!(context.trace_text(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let unsampled = TraceContext { is_sampled: false, ..context };
        assert_eq!(TraceContext::parse(&unsampled.to_string()), Some(unsampled));
    }
}
