//! An upstream's event stream: never a panic, and the same events however the network cuts the bytes.
#![no_main]

use data_plane::mcp::sse::{self, Event, EventTooLong, Parser};
use libfuzzer_sys::fuzz_target;

const EVENT_BYTES_MAX: usize = 256;

fuzz_target!(|data: &[u8]| {
    // The first bytes say where the rest is cut.
    let (cuts, stream) = data.split_at(data.len().min(4));
    let whole = parse([stream].into_iter());
    let sizes = cuts.iter().map(|cut| usize::from(*cut % 32) + 1).cycle();
    let mut rest = stream;
    let mut chunks = Vec::new();
    for size in sizes.take(stream.len()) {
        let (head, tail) = rest.split_at(size.min(rest.len()));
        chunks.push(head);
        rest = tail;
    }
    chunks.push(rest);
    assert_eq!(parse(chunks.into_iter()), whole, "cut otherwise");
    assert_eq!(parse(stream.chunks(1)), whole, "byte by byte");

    // What we frame, we read again.
    let text: Vec<u8> = stream.iter().map(|byte| if *byte < b' ' { b' ' } else { *byte }).collect();
    if !text.is_empty() && text.len() < EVENT_BYTES_MAX / 2 {
        let framed = parse([&sse::event(&text)[..]].into_iter()).expect("short");
        assert_eq!(framed.iter().map(|event| &event.data[..]).collect::<Vec<_>>(), [&text[..]]);
    }
});

fn parse<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Event>, EventTooLong> {
    let mut parser = Parser::new(EVENT_BYTES_MAX);
    let mut events = Vec::new();
    for chunk in chunks {
        events.extend(parser.feed(chunk)?);
        assert!(parser.held() <= EVENT_BYTES_MAX, "the bound holds");
    }
    Ok(events)
}
