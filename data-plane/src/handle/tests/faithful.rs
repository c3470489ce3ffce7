//! What is relayed is what was sent, byte for byte, but for the id and the progress token: through the whole service,
//! as JSON and as an event stream, in both eras.

use std::sync::{Arc, Mutex};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use super::texts::{self, Text};
use super::upstream::{FakeUpstream, raw_answer};
use super::world::{ANA, World};
use crate::mcp::sse;

const ROUNDS: usize = 24;

/// The answer of the upstream, and whether it comes as a stream.
type Next = Arc<Mutex<Option<(Text, bool)>>>;

async fn world(is_modern: bool) -> (World, Next) {
    let next = Next::default();
    let script = next.clone();
    let answer = move |seen: &super::upstream::Seen| {
        if seen.method() != "tools/call" {
            return None;
        }
        let (text, as_stream) = script.lock().expect("lock").clone()?;
        let body = text.with(&seen.body["id"].to_string(), "");
        Some(match as_stream {
            true => raw_answer(200, "text/event-stream", sse::event(body.as_bytes())),
            false => raw_answer(200, "application/json", body),
        })
    };
    let upstream = match is_modern {
        true => FakeUpstream::scripted(answer).await,
        false => FakeUpstream::scripted_legacy(answer).await,
    };
    (World::with(upstream, |_| {}), next)
}

async fn relays_faithfully(is_modern: bool) {
    let (world, next) = world(is_modern).await;
    let mut ide = world.ide(ANA, "demo").await;
    if !is_modern {
        ide = world.legacy(ANA, "demo").await;
    }
    let mut runner = TestRunner::deterministic();
    for round in 0..ROUNDS {
        let call = texts::call("echo", is_modern).new_tree(&mut runner).expect("a text").current();
        let result = texts::result().new_tree(&mut runner).expect("a text").current();
        *next.lock().expect("lock") = Some((result.clone(), round % 2 == 0));
        let (id, token) = (format!("\"r-{round}\""), format!("\"t\\u002d{round}\""));
        let mut headers = ide.headers();
        if is_modern {
            headers.extend([
                ("mcp-protocol-version", "2026-07-28"),
                ("mcp-method", "tools/call"),
                ("mcp-name", "echo"),
            ]);
        }
        let answer = world.send(http::Method::POST, &ide.path, &headers, call.with(&id, &token)).await;
        let seen = world.upstream.seen().pop().expect("it arrived");
        let ours = seen.body["id"].to_string();
        assert_eq!(String::from_utf8_lossy(&seen.raw), call.with(&ours, &ours), "round {round}");
        assert_eq!(String::from_utf8_lossy(&answer.body), result.with(&id, ""), "round {round}");
    }
}

#[tokio::test]
async fn legacy_messages_keep_every_byte() {
    relays_faithfully(false).await;
}

#[tokio::test]
async fn modern_messages_keep_every_byte() {
    relays_faithfully(true).await;
}
