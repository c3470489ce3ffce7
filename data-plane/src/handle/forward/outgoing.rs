//! A client's message as it goes upstream: our id and our progress token in place of the client's (ATK-11, T10),
//! capabilities we cannot carry cut out, every other byte as it came.

use bytes::Bytes;

use crate::mcp::capabilities;
use crate::mcp::era::Era;
use crate::mcp::message::Message;
use crate::mcp::reserved;
use crate::mcp::scan::Kind;
use crate::mcp::splice::Splice;

pub(super) struct Outgoing {
    pub(super) id: u64,
    pub(super) body: Bytes,
    /// The client's progress token, exactly as sent.
    pub(super) progress_token: Option<Bytes>,
}

/// Rewrites a request. `extra` adds edits of its own.
pub(super) fn request(message: &Message, era: Era, id: u64, extra: impl FnOnce(&mut Splice)) -> Outgoing {
    let mut splice = Splice::default();
    let id_text = id.to_string();
    let token = message.meta().and_then(|meta| message.find(Some(meta), "progressToken"));
    let token = token.filter(|(_, member)| matches!(member.kind, Kind::String | Kind::Integer | Kind::Number));
    let progress_token = token.map(|(_, member)| {
        splice.replace(member.value.clone(), id_text.clone());
        message.body.slice(member.value.clone())
    });
    if let Some(span) = message.id_span() {
        splice.replace(span, id_text);
    }
    capabilities::limit_client(message, era, &mut splice);
    if era == Era::Legacy {
        reserved::strip(message, &mut splice);
    }
    extra(&mut splice);
    Outgoing { id, body: splice.apply(&message.body), progress_token }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atk_11_ids_and_tokens_are_ours_and_nothing_else_changes() {
        let text = r#"{ "jsonrpc":"2.0", "id" : "7", "method":"tools/call","params":{"name":"x","arguments":{"id":"7","n":1.0e2},"_meta":{"progressToken":"7","x-vendor":[1, 2]}} }"#;
        let message = Message::from_client(Bytes::from_static(text.as_bytes())).expect("well formed");
        let outgoing = request(&message, Era::Legacy, 42, |_| {});
        let expected = r#"{ "jsonrpc":"2.0", "id" : 42, "method":"tools/call","params":{"name":"x","arguments":{"id":"7","n":1.0e2},"_meta":{"progressToken":42,"x-vendor":[1, 2]}} }"#;
        assert_eq!(outgoing.body, expected);
        assert_eq!(outgoing.progress_token.as_deref(), Some(&br#""7""#[..]));
    }
}
