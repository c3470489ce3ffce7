//! What we let a client and an upstream believe about each other: capabilities that this node cannot carry are cut
//! out of `initialize`, `server/discover` and request metadata, so that neither side ever waits for them.

use std::collections::BTreeSet;

use super::era::{Era, META_CAPABILITIES};
use super::message::Message;
use super::scan::{Kind, Member};
use super::splice::Splice;

const TASKS_EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// What a client offered, kept in its session id. Bits of a `u8`.
pub mod offered {
    pub const ROOTS: u8 = 1;
    pub const SAMPLING: u8 = 2;
    pub const ELICITATION: u8 = 4;
    pub const TASKS: u8 = 8;
}

/// The bits of [`offered`] for `params.capabilities` of an `initialize`.
pub fn offered_by(message: &Message) -> u8 {
    let object = message.params().and_then(|params| message.find(Some(params), "capabilities"));
    let Some((object, _)) = object else { return 0 };
    let bits = [
        ("roots", offered::ROOTS),
        ("sampling", offered::SAMPLING),
        ("elicitation", offered::ELICITATION),
        ("tasks", offered::TASKS),
    ];
    bits.iter().filter(|(key, _)| message.find(Some(object), key).is_some()).fold(0, |sum, (_, bit)| sum | bit)
}

/// Leaves of a client's capabilities only what asks nothing of us: an upstream that sees no sampling, elicitation or
/// roots never sends a request back.
pub fn limit_client(message: &Message, era: Era, splice: &mut Splice) {
    let object = match era {
        Era::Legacy => message.params().and_then(|params| message.find(Some(params), "capabilities")),
        Era::Modern => message.meta().and_then(|meta| message.find(Some(meta), META_CAPABILITIES)),
    };
    cut(message, object, splice, &|path| match path {
        [key] => matches!(*key, "experimental" | "extensions"),
        [_, key] => *key != TASKS_EXTENSION,
        _ => true,
    });
}

/// Leaves of an upstream's capabilities (in `result`) only what we relay. Without a stream of its own a modern client
/// could not hear of changed lists, so there `listChanged` goes too.
pub fn limit_server(message: &Message, era: Era, splice: &mut Splice) {
    let object = message.result().and_then(|result| message.find(Some(result), "capabilities"));
    cut(message, object, splice, &|path| match path {
        ["tasks"] => false,
        ["resources", "subscribe"] => false,
        ["tools" | "prompts" | "resources", "listChanged"] => era == Era::Legacy,
        ["extensions", key] => *key != TASKS_EXTENSION,
        _ => true,
    });
}

/// Rewrites an object without the members (two levels) that `keep` refuses; kept members stay byte for byte.
fn cut(message: &Message, object: Option<(usize, &Member)>, splice: &mut Splice, keep: &dyn Fn(&[&str]) -> bool) {
    let Some((index, member)) = object.filter(|(_, member)| member.kind == Kind::Object) else { return };
    let key_of = |member: &Member| String::from_utf8_lossy(member.key(&message.body)).into_owned();
    let refused: BTreeSet<usize> = message
        .members(index)
        .flat_map(|(outer_index, outer)| {
            let outer_key = key_of(outer);
            let outer_kept = keep(&[&outer_key]);
            let inner = message.members(outer_index).filter(move |_| outer_kept);
            let inner: Vec<usize> = inner
                .filter(|(_, inner)| !keep(&[&outer_key, &key_of(inner)]))
                .map(|(inner_index, _)| inner_index)
                .collect();
            inner.into_iter().chain((!outer_kept).then_some(outer_index))
        })
        .collect();
    if !refused.is_empty() {
        let mut out = Vec::with_capacity(member.value.len());
        write_object(message, index, &refused, &mut out);
        splice.replace(member.value.clone(), out);
    }
}

fn write_object(message: &Message, index: usize, refused: &BTreeSet<usize>, out: &mut Vec<u8>) {
    out.push(b'{');
    let mut first = true;
    for (inner_index, member) in message.members(index).filter(|(index, _)| !refused.contains(index)) {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        if message.members(inner_index).any(|(innermost, _)| refused.contains(&innermost)) {
            out.extend_from_slice(message.slice(&(member.whole.start..member.value.start)));
            write_object(message, inner_index, refused, out);
        } else {
            out.extend_from_slice(message.slice(&member.whole));
        }
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn client_side() {
        fn check(capabilities: &str, expected: &str, bits: u8) {
            let wrap = |inner: &str| {
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"capabilities":{inner},"x":1}}}}"#)
            };
            let message = Message::from_client(Bytes::from(wrap(capabilities))).expect("well formed");
            let mut splice = Splice::default();
            limit_client(&message, Era::Legacy, &mut splice);
            assert_eq!(splice.apply(&message.body), wrap(expected));
            assert_eq!(offered_by(&message), bits);
        }
        check("{}", "{}", 0);
        check(r#"{ "experimental": {"a":1} }"#, r#"{ "experimental": {"a":1} }"#, 0);
        check(r#"{"roots":{"listChanged":true},"sampling":{},"elicitation":{"url":{}}}"#, "{}", 7);
        check(
            r#"{"extensions": {"io.modelcontextprotocol/tasks":{}, "x/y" : {"z":[1, 2]}},"sampling":{}}"#,
            r#"{"extensions": {"x/y" : {"z":[1, 2]}}}"#,
            2,
        );
        check("7", "7", 0);
    }

    #[test]
    fn server_side() {
        fn check(era: Era, capabilities: &str, expected: &str) {
            let wrap = |inner: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"capabilities":{inner}}}}}"#);
            let message = Message::from_upstream(Bytes::from(wrap(capabilities))).expect("well formed");
            let mut splice = Splice::default();
            limit_server(&message, era, &mut splice);
            assert_eq!(splice.apply(&message.body), wrap(expected));
        }
        let full = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"tasks":{}}"#;
        check(Era::Legacy, full, r#"{"tools":{"listChanged":true},"resources":{"listChanged":true}}"#);
        check(Era::Modern, full, r#"{"tools":{},"resources":{}}"#);
        check(Era::Modern, r#"{ "logging": {} }"#, r#"{ "logging": {} }"#);
    }
}
