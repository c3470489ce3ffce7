//! A member's answer in the words of its virtual server: URIs of resources carry the member's alias, wherever a client
//! could take one from and ask for it. Pure; every other byte stays.

use std::ops::Range;

use proto::members::Alias;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::mcp::message::Message;
use crate::mcp::scan::{self, Kind, Member, Strictness};
use crate::mcp::splice::Splice;

/// Adds the edits that a result, or a notification, of a member needs.
pub(in super::super) fn expose(message: &Message, alias: &Alias, splice: &mut Splice) {
    if let Some(result) = message.result() {
        for (key, within) in [("contents", Within::Contents), ("content", Within::Block), ("messages", Within::Message)]
        {
            if let Some((_, list)) = message.find(Some(result), key).filter(|(_, list)| list.kind == Kind::Array) {
                each(message, list.value.clone(), within, alias, splice);
            }
        }
    } else if message.method() == Some("notifications/resources/updated")
        && let Some((_, uri)) = message.params().and_then(|params| message.find(Some(params), "uri"))
    {
        prefix(message, uri.value.clone(), alias, splice);
    }
}

/// What stands in a list.
#[derive(Clone, Copy)]
enum Within {
    /// Of `resources/read`: each has a `uri`.
    Contents,
    /// A link has a `uri`, an embedded resource one in its `resource`.
    Block,
    /// Of a prompt: its `content` is a block, or several.
    Message,
}

fn each(message: &Message, list: Range<usize>, within: Within, alias: &Alias, splice: &mut Splice) {
    let text = message.slice(&list);
    let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(text) else { return };
    for item in items {
        // Items borrow from the text: where they stand is where they were found.
        let at = list.start + (item.get().as_ptr() as usize - text.as_ptr() as usize);
        one(message, at..at + item.get().len(), within, alias, splice);
    }
}

fn one(message: &Message, item: Range<usize>, within: Within, alias: &Alias, splice: &mut Splice) {
    let text = message.slice(&item);
    let Ok(outline) = scan::scan(text, Strictness::Recorded) else { return };
    let find = |key: &str| {
        let mut members = outline.members.iter().filter(|member| member.parent.is_none());
        members.find(|member| member.key(text) == key.as_bytes())
    };
    let span = |member: &Member| item.start + member.value.start..item.start + member.value.end;
    match within {
        Within::Contents => {
            if let Some(uri) = find("uri") {
                prefix(message, span(uri), alias, splice);
            }
        }
        Within::Block => {
            let is_link = find("type").is_some_and(|kind| message.slice(&span(kind)) == b"\"resource_link\"");
            if let Some(uri) = find("uri").filter(|_| is_link) {
                prefix(message, span(uri), alias, splice);
            }
            if let Some(resource) = find("resource").filter(|resource| resource.kind == Kind::Object) {
                one(message, span(resource), Within::Contents, alias, splice);
            }
        }
        Within::Message => match find("content") {
            Some(content) if content.kind == Kind::Object => one(message, span(content), Within::Block, alias, splice),
            Some(content) if content.kind == Kind::Array => each(message, span(content), Within::Block, alias, splice),
            _ => {}
        },
    }
}

fn prefix(message: &Message, span: Range<usize>, alias: &Alias, splice: &mut Splice) {
    if let Some(uri) = scan::string_text(message.slice(&span)) {
        splice.replace(span, Value::from(alias.exposed_uri(&uri)).to_string());
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn uris_get_the_alias_and_nothing_else_changes() {
        fn check(text: &str, expected: &str) {
            let message = Message::from_upstream(Bytes::copy_from_slice(text.as_bytes())).expect("well formed");
            let mut splice = Splice::default();
            expose(&message, &Alias::parse("gh").expect("alias"), &mut splice);
            assert_eq!(splice.apply(&message.body), expected);
        }
        let result = |inner: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"result":{inner}}}"#);
        check(
            &result(r#"{"contents":[{"uri":"file:///a","text":"\"uri\":\"x\""}, { "uri" : "b:c" }]}"#),
            &result(r#"{"contents":[{"uri":"gh+file:///a","text":"\"uri\":\"x\""}, { "uri" : "gh+b:c" }]}"#),
        );
        check(
            &result(
                r#"{"content":[{"type":"text","text":"t","uri":"x:y"},{"uri":"a:b","type":"resource_link"},{"type":"resource","resource":{"uri":"c:d","blob":""}}]}"#,
            ),
            &result(
                r#"{"content":[{"type":"text","text":"t","uri":"x:y"},{"uri":"gh+a:b","type":"resource_link"},{"type":"resource","resource":{"uri":"gh+c:d","blob":""}}]}"#,
            ),
        );
        check(
            &result(r#"{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"c:d"}}}]}"#),
            &result(r#"{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"gh+c:d"}}}]}"#),
        );
        check(
            &result(r#"{"content":7,"structuredContent":{"uri":"a:b"}}"#),
            &result(r#"{"content":7,"structuredContent":{"uri":"a:b"}}"#),
        );
        check(
            r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:b"}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"gh+a:b"}}"#,
        );
        check(
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"uri":"a:b"}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"uri":"a:b"}}"#,
        );
    }
}
