//! What we let a client and an upstream believe about each other: capabilities that this node cannot carry are cut
//! out of `initialize`, so that neither side ever waits for them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::era::{Era, META_CAPABILITIES};
use super::message::Message;
use super::scan::{Kind, Member};
use super::splice::Splice;
use crate::limits::CLIENT_CAPABILITIES_BYTES_MAX;

pub const TASKS_EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// What an upstream may ask of a legacy client, and the members of each that revisions up to 2025-11-25 know.
const ASKABLE: [(&str, &[&str]); 3] =
    [("roots", &["listChanged"]), ("sampling", &["tools", "context"]), ("elicitation", &["form", "url"])];

/// Why an upstream's request is not shown to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDeclared {
    /// -32601.
    Method,
    /// A kind of elicitation the client does not know: -32602.
    Mode,
}

/// What the client of an `initialize` can be asked, for its session id: from it the same is declared to an upstream
/// whose session is opened anew. Everything the client said about roots, sampling and elicitation, unless that is too
/// long; then what the revisions know of it. Experimental capabilities and extensions are declared once only: they
/// have no bound.
pub fn declared_by(message: &Message) -> String {
    let object = message.params().and_then(|params| message.find(Some(params), "capabilities"));
    let said =
        object.and_then(|(_, member)| serde_json::from_slice::<Map<String, Value>>(message.slice(&member.value)).ok());
    let mut said = said.unwrap_or_default();
    said.retain(|key, value| value.is_object() && ASKABLE.iter().any(|(known, _)| known == key));
    let whole = Value::Object(said.clone()).to_string();
    if whole.len() <= CLIENT_CAPABILITIES_BYTES_MAX {
        return whole;
    }
    for (key, known) in ASKABLE {
        if let Some(Value::Object(members)) = said.get_mut(key) {
            members.retain(|member, _| known.contains(&member.as_str()));
            for value in members.values_mut().filter(|value| !value.is_boolean()) {
                *value = Value::Object(Map::new());
            }
        }
    }
    Value::Object(said).to_string()
}

/// [`declared_by`] as an object again.
pub fn declared(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// What a modern client declared with this request, exactly as sent.
pub fn of_request(message: &Message) -> &[u8] {
    let member = message.meta().and_then(|meta| message.find(Some(meta), META_CAPABILITIES));
    member.map(|(_, member)| message.slice(&member.value)).unwrap_or_default()
}

/// Whether a modern client's capabilities name an extension of this kind.
pub fn has_extension(raw: &[u8], is_it: impl Fn(&str) -> bool) -> bool {
    let declared: Value = serde_json::from_slice(raw).unwrap_or_default();
    let extensions = declared.get("extensions").and_then(Value::as_object);
    extensions.is_some_and(|extensions| extensions.keys().any(|name| is_it(name)))
}

/// Whether the client of a session that was opened with these capabilities, as [`declared_by`] says them, can be sent to
/// a page (elicitation by URL).
pub fn takes_links(declared_text: &str) -> bool {
    // Every call asks, and few clients do.
    declared_text.contains("\"url\"") && declared(declared_text).get("elicitation").is_some_and(by_url)
}

/// The same for the client of a modern request.
pub fn request_takes_links(message: &Message) -> bool {
    let capabilities = message.meta().and_then(|meta| message.find(Some(meta), META_CAPABILITIES));
    let elicitation = capabilities.and_then(|(index, _)| message.find(Some(index), "elicitation"));
    elicitation
        .is_some_and(|(_, member)| by_url(&serde_json::from_slice(message.slice(&member.value)).unwrap_or_default()))
}

fn by_url(elicitation: &Value) -> bool {
    elicitation.get("url").is_some_and(Value::is_object)
}

/// Whether an upstream's request asks for something the client declared (L9).
pub fn may_ask(declared_text: &str, message: &Message) -> Result<(), NotDeclared> {
    let capability = match message.method() {
        Some("roots/list") => "roots",
        Some("sampling/createMessage") => "sampling",
        Some("elicitation/create") => "elicitation",
        _ => return Err(NotDeclared::Method),
    };
    let declared = declared(declared_text);
    let Some(Value::Object(members)) = declared.get(capability) else { return Err(NotDeclared::Method) };
    if capability != "elicitation" {
        return Ok(());
    }
    let has_mode = match message.param("mode").as_deref() {
        // Clients older than modes declare none and mean forms.
        None | Some("form") => members.contains_key("form") || !members.contains_key("url"),
        Some("url") => members.contains_key("url"),
        Some(_) => false,
    };
    if has_mode { Ok(()) } else { Err(NotDeclared::Mode) }
}

/// Leaves of a client's capabilities only what this node relays: everything a modern client declares, and all but
/// tasks of a legacy one, whose revisions only tried them out.
pub fn limit_client(message: &Message, era: Era, splice: &mut Splice) {
    if era == Era::Legacy {
        let object = message.params().and_then(|params| message.find(Some(params), "capabilities"));
        cut(message, object, splice, &has_no_tasks);
    }
}

/// The same for an upstream's capabilities (in `result`).
pub fn limit_server(message: &Message, era: Era, splice: &mut Splice) {
    if era == Era::Legacy {
        let object = message.result().and_then(|result| message.find(Some(result), "capabilities"));
        cut(message, object, splice, &has_no_tasks);
    }
}

fn has_no_tasks(path: &[&str]) -> bool {
    !matches!(path, ["tasks"] | ["extensions", TASKS_EXTENSION])
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
        fn check(capabilities: &str, expected: &str, declared: &str) {
            let wrap = |inner: &str| {
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"capabilities":{inner},"x":1}}}}"#)
            };
            let message = Message::from_client(Bytes::from(wrap(capabilities))).expect("well formed");
            let mut splice = Splice::default();
            limit_client(&message, Era::Legacy, &mut splice);
            assert_eq!(splice.apply(&message.body), wrap(expected));
            assert_eq!(declared_by(&message), declared);
        }
        check("{}", "{}", "{}");
        check(r#"{ "experimental": {"a":1} }"#, r#"{ "experimental": {"a":1} }"#, "{}");
        let asked = r#"{"elicitation":{"form":{"applyDefaults":true},"url":{}},"roots":{"listChanged":true}}"#;
        check(asked, asked, asked);
        check(
            r#"{"extensions": {"io.modelcontextprotocol/tasks":{}, "x/y" : {"z":[1, 2]}},"tasks":{},"sampling" : {}}"#,
            r#"{"extensions": {"x/y" : {"z":[1, 2]}},"sampling" : {}}"#,
            r#"{"sampling":{}}"#,
        );
        check("7", "7", "{}");
        check(r#"{"roots":7}"#, r#"{"roots":7}"#, "{}");
        let long = format!(r#"{{"sampling":{{"tools":{{"a":"{0}"}},"x":"{0}"}}}}"#, "y".repeat(100));
        check(&long, &long, r#"{"sampling":{"tools":{}}}"#);
    }

    #[test]
    fn only_what_was_declared_is_asked() {
        fn check(declared: &str, method: &str, params: &str, expected: Result<(), NotDeclared>) {
            let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
            let message = Message::from_upstream(Bytes::from(text)).expect("well formed");
            assert_eq!(may_ask(declared, &message), expected, "{declared} {method} {params}");
        }
        let (no_method, no_mode) = (Err(NotDeclared::Method), Err(NotDeclared::Mode));
        for (method, capability) in
            [("roots/list", "roots"), ("sampling/createMessage", "sampling"), ("elicitation/create", "elicitation")]
        {
            check(&format!(r#"{{"{capability}":{{}}}}"#), method, "{}", Ok(()));
            check("{}", method, "{}", no_method);
        }
        check(r#"{"elicitation":{"form":{}}}"#, "elicitation/create", r#"{"mode":"url"}"#, no_mode);
        check(r#"{"elicitation":{"url":{}}}"#, "elicitation/create", r#"{"mode":"url"}"#, Ok(()));
        check(r#"{"elicitation":{"url":{}}}"#, "elicitation/create", "{}", no_mode);
        check(r#"{"elicitation":{}}"#, "elicitation/create", r#"{"mode":"form"}"#, Ok(()));
        check(r#"{"elicitation":{}}"#, "elicitation/create", r#"{"mode":"new"}"#, no_mode);
        check(r#"{"roots":{},"sampling":{}}"#, "tools/call", "{}", no_method);
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
        check(Era::Legacy, full, r#"{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true}}"#);
        check(Era::Modern, full, full);
        check(Era::Modern, r#"{ "logging": {} }"#, r#"{ "logging": {} }"#);
    }
}
