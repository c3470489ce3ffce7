//! Any JSON at all survives the two rewritings unchanged outside the places that they write to.

use bytes::Bytes;
use proptest::prelude::*;

use super::answer::Question;
use super::outgoing;
use crate::handle::tests::texts;
use crate::mcp::era::Era;
use crate::mcp::message::Message;
use crate::mcp::method::Method;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn requests(text in any::<bool>().prop_flat_map(|is_modern| (Just(is_modern), texts::call("x", is_modern)))) {
        let (is_modern, text) = text;
        let era = if is_modern { Era::Modern } else { Era::Legacy };
        let message = Message::from_client(text.with("\"\\u0031\"", "-7").into()).expect("well formed");
        let outgoing = outgoing::request(&message, era, 42, |_| {});
        prop_assert_eq!(String::from_utf8_lossy(&outgoing.body), text.with("42", "42"));
        prop_assert_eq!(outgoing.progress_token.as_deref(), Some(&b"-7"[..]));
    }

    #[test]
    fn answers(text in texts::result()) {
        let message = Message::from_upstream(text.with("42", "").into()).expect("well formed");
        let question = Question {
            era: Era::Legacy,
            method: Some(Method::ToolsCall),
            upstream_id: 42,
            client_id: Bytes::from_static(b"\"\\u0031\""),
            progress_token: None,
            terms: None,
            alias: None,
            tools: None,
        };
        let last = question.finish(&message).expect("an answer");
        prop_assert_eq!(String::from_utf8_lossy(&last.body), text.with("\"\\u0031\"", ""));
    }
}
