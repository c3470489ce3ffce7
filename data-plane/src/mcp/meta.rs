//! `_meta`: members that only one side may write, and the trace that passes through. Pure.
//!
//! Nothing here may touch a member it does not name: `_meta` belongs to whoever put something there.

use std::ops::Range;

use super::message::Message;
use super::scan::Member;
use super::splice::Splice;

pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
pub const TRACEPARENT: &str = "traceparent";

/// Only this gateway says things under this prefix.
const OURS: &str = "portway/";

/// Whether a member of a client's or an upstream's `_meta` is a forgery (ATK-34): what only the gateway writes, and, in
/// a request, what only a server writes.
pub fn is_forged(key: &[u8], in_request: bool) -> bool {
    key.starts_with(OURS.as_bytes()) || (in_request && key == SUBSCRIPTION_ID.as_bytes())
}

/// Cuts forged members out of `params._meta` of a request.
pub fn strip_request(message: &Message, splice: &mut Splice) {
    if let Some(meta) = message.meta() {
        remove(message, meta, |key| is_forged(key, true), splice);
    }
}

/// The same for the `_meta` of a result.
pub fn strip_result(message: &Message, splice: &mut Splice) {
    let meta = message.result().and_then(|result| message.find(Some(result), "_meta"));
    if let Some((meta, _)) = meta {
        remove(message, meta, |key| is_forged(key, false), splice);
    }
}

/// Puts our span in the place of the client's, so that what the upstream does hangs below this node. A client that sent
/// none gets none here: the header carries it, and the body stays as it was sent.
pub fn retrace(message: &Message, traceparent: &str, splice: &mut Splice) {
    let member = message.meta().and_then(|meta| message.find(Some(meta), TRACEPARENT));
    if let Some((_, member)) = member {
        splice.replace(member.value.clone(), format!("\"{traceparent}\""));
    }
}

/// Removes the members of the object at `index` whose keys `doomed` names, commas included.
pub fn remove(message: &Message, index: usize, doomed: impl Fn(&[u8]) -> bool, splice: &mut Splice) {
    let Some(object) = message.member(index) else { return };
    let is_doomed = |member: &Member| doomed(member.key(&message.body));
    if !message.members(index).any(|(_, member)| is_doomed(member)) {
        return;
    }
    let members: Vec<(Range<usize>, bool)> =
        message.members(index).map(|(_, member)| (member.whole.clone(), is_doomed(member))).collect();
    let last_kept = members.iter().rposition(|(_, is_doomed)| !is_doomed);
    let mut pending = members.iter().enumerate().peekable();
    while let Some((position, (whole, is_doomed))) = pending.next() {
        if last_kept.is_none_or(|last_kept| position > last_kept) {
            // A run at the end takes the comma before it.
            let start = last_kept.and_then(|last| members.get(last)).map_or(object.value.start + 1, |kept| kept.0.end);
            let end = members.last().map_or(whole.end, |last| last.0.end);
            splice.replace(start..end, "");
            return;
        }
        if *is_doomed && let Some((_, (next, _))) = pending.peek() {
            splice.replace(whole.start..next.start, "");
        }
    }
}

/// Adds a member at the head of the object at `index`.
pub fn insert(message: &Message, index: usize, member: &str, splice: &mut Splice) {
    let Some(object) = message.member(index) else { return };
    let comma = if message.members(index).next().is_some() { "," } else { "" };
    let at = object.value.start + 1;
    splice.replace(at..at, format!("{member}{comma}"));
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn message(meta: &str) -> Message {
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"_meta":{meta}}}}}"#);
        Message::from_client(Bytes::from(text)).expect("well formed")
    }

    fn meta_after(meta: &str, edit: impl Fn(&Message, &mut Splice)) -> String {
        let message = message(meta);
        let mut splice = Splice::default();
        edit(&message, &mut splice);
        let edited = splice.apply(&message.body);
        Message::from_client(edited.clone()).expect("still well formed");
        let text = String::from_utf8(edited.to_vec()).expect("UTF-8");
        let (_, tail) = text.split_once("\"_meta\":").expect("is there");
        tail.strip_suffix("}}").expect("the rest").to_owned()
    }

    #[test]
    fn atk_34_forged_members_go_and_nothing_else() {
        fn check(meta: &str, expected: &str) {
            assert_eq!(meta_after(meta, strip_request), expected, "{meta}");
        }
        check(r#"{ "a" : 1 , "b":2 }"#, r#"{ "a" : 1 , "b":2 }"#);
        check(r#"{"portway/error":{"x":1}}"#, "{}");
        check(r#"{ "portway/a":1, "b" : 2 }"#, r#"{ "b" : 2 }"#);
        check(r#"{"b":2, "portway/a":1, "c":3}"#, r#"{"b":2, "c":3}"#);
        check(r#"{"b":2, "portway/a":1, "portway/b":1}"#, r#"{"b":2}"#);
        check(r#"{"portway/x":0,"b":2, "portway/a":1,"portway/b":1 }"#, r#"{"b":2 }"#);
        check(r#"{"\u0070ortway/x":0,"b":2}"#, r#"{"b":2}"#);
        check(r#"{"io.modelcontextprotocol/subscriptionId":7,"progressToken":1}"#, r#"{"progressToken":1}"#);
    }

    #[test]
    fn traces_and_insertions() {
        let parent = |message: &Message, splice: &mut Splice| retrace(message, "00-t-s-01", splice);
        assert_eq!(meta_after(r#"{"traceparent": "00-x-y-00","tracestate":"a=b"}"#, parent), {
            r#"{"traceparent": "00-t-s-01","tracestate":"a=b"}"#
        });
        assert_eq!(meta_after(r#"{"a":1}"#, parent), r#"{"a":1}"#);
        let put = |message: &Message, splice: &mut Splice| {
            insert(message, message.meta().expect("is there"), "\"x\":1", splice);
        };
        assert_eq!(meta_after("{ }", put), r#"{"x":1 }"#);
        assert_eq!(meta_after(r#"{"a":1}"#, put), r#"{"x":1,"a":1}"#);
    }
}
