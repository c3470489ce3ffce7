//! One JSON-RPC message: its kind, its id and the members that policy reads, all as positions in the bytes that are
//! forwarded. Must never hold a copy of a value that could differ from those bytes.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use super::scan::{self, Kind, Member, Outline, ScanError, Strictness};
use crate::limits::JSON_RPC_ID_BYTES_MAX;

/// Keys that carry meaning, by the object they stand in. A key that equals one of them in all but case would be the
/// same key to a careless parser behind us (ATK-8).
const ENVELOPE_KEYS: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];
const PARAMS_KEYS: [&str; 21] = [
    "name",
    "uri",
    "arguments",
    "argument",
    "_meta",
    "ref",
    "context",
    "cursor",
    "level",
    "requestId",
    "reason",
    "progressToken",
    "progress",
    "protocolVersion",
    "capabilities",
    "clientInfo",
    "inputResponses",
    "requestState",
    "taskId",
    "task",
    "notifications",
];
const META_KEYS: [&str; 9] = [
    "progressToken",
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientCapabilities",
    "io.modelcontextprotocol/clientInfo",
    "io.modelcontextprotocol/logLevel",
    "io.modelcontextprotocol/subscriptionId",
    "traceparent",
    "tracestate",
    "baggage",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error(transparent)]
    Json(#[from] ScanError),
    #[error("batches are not supported: send one message per request")]
    Batch,
    #[error("{0}")]
    Invalid(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    Request,
    Notification,
    Response,
}

/// A message that passed the scan.
#[derive(Debug, Clone)]
pub struct Message {
    pub body: Bytes,
    pub kind: MessageKind,
    outline: Outline,
    id: Option<Range<usize>>,
    method: Option<Box<str>>,
    params: Option<usize>,
    meta: Option<usize>,
    result: Option<usize>,
}

impl Message {
    /// What a client sent: everything is checked.
    pub fn from_client(body: Bytes) -> Result<Self, MessageError> {
        let message = Self::parse(body, Strictness::Everywhere)?;
        message.refuse_case_variants()?;
        Ok(message)
    }

    /// What an upstream sent: the envelope is checked; contents are the client's business.
    pub fn from_upstream(body: Bytes) -> Result<Self, MessageError> {
        Self::parse(body, Strictness::Recorded)
    }

    fn parse(body: Bytes, strictness: Strictness) -> Result<Self, MessageError> {
        let outline = scan::scan(&body, strictness)?;
        match outline.root {
            Kind::Object => {}
            Kind::Array => return Err(MessageError::Batch),
            _ => return Err(MessageError::Invalid("the message is not a JSON object")),
        }
        let (params, meta, result) = (None, None, None);
        let mut message =
            Self { body, kind: MessageKind::Request, outline, id: None, method: None, params, meta, result };
        message.classify()?;
        Ok(message)
    }

    fn classify(&mut self) -> Result<(), MessageError> {
        let invalid = |reason| Err(MessageError::Invalid(reason));
        if self.text(None, "jsonrpc").as_deref() != Some("2.0") {
            return invalid("jsonrpc must be \"2.0\"");
        }
        let result = self.find(None, "result").map(|(index, _)| index);
        let is_error = self.find(None, "error").is_some();
        if let Some((_, member)) = self.find(None, "method") {
            let Some(method) = scan::string_text(self.slice(&member.value)).filter(|_| member.kind == Kind::String)
            else {
                return invalid("method must be a string");
            };
            if result.is_some() || is_error {
                return invalid("a message has either a method or a result");
            }
            let method = method.into_owned().into_boxed_str();
            self.method = Some(method);
        } else if result.is_some() == is_error {
            return invalid("a message has a method, a result or an error");
        }
        self.result = result;
        self.params = match self.find(None, "params") {
            Some((index, member)) if member.kind == Kind::Object => Some(index),
            Some(_) => return invalid("params must be an object"),
            None => None,
        };
        let meta = self.params.and_then(|params| self.find(Some(params), "_meta"));
        self.meta = meta.filter(|(_, member)| member.kind == Kind::Object).map(|(index, _)| index);
        self.id = match self.find(None, "id") {
            Some((_, member)) if matches!(member.kind, Kind::String | Kind::Integer) => Some(member.value.clone()),
            // An upstream that could not read our request answers without the id.
            Some((_, member)) if member.kind == Kind::Null && is_error => None,
            Some(_) => return invalid("id must be a string or an integer"),
            None => None,
        };
        if self.id.as_ref().is_some_and(|id| id.len() > JSON_RPC_ID_BYTES_MAX) {
            return invalid("id is too long");
        }
        self.kind = match (&self.method, &self.id) {
            (Some(_), Some(_)) => MessageKind::Request,
            (Some(_), None) => MessageKind::Notification,
            (None, Some(_)) => MessageKind::Response,
            (None, None) if is_error => MessageKind::Response,
            (None, None) => return invalid("a response has an id"),
        };
        Ok(())
    }

    fn refuse_case_variants(&self) -> Result<(), MessageError> {
        let meta = self.meta();
        for member in &self.outline.members {
            let known: &[&str] = match member.parent {
                None => &ENVELOPE_KEYS,
                parent if parent == self.params => &PARAMS_KEYS,
                parent if parent == meta => &META_KEYS,
                _ => continue,
            };
            let key = member.key(&self.body);
            if known.iter().any(|name| name.as_bytes() == key) {
                continue;
            }
            let key = std::str::from_utf8(key).unwrap_or_default();
            if known.iter().any(|name| same_but_for_case(name, key)) {
                return Err(MessageError::Invalid("a key differs from a known one only by case"));
            }
        }
        Ok(())
    }

    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// The id exactly as it was sent.
    pub fn id(&self) -> Option<Bytes> {
        self.id.clone().map(|range| self.body.slice(range))
    }

    pub fn id_span(&self) -> Option<Range<usize>> {
        self.id.clone()
    }

    pub fn params(&self) -> Option<usize> {
        self.params
    }

    pub fn result(&self) -> Option<usize> {
        self.result
    }

    /// `params._meta`.
    pub fn meta(&self) -> Option<usize> {
        self.meta
    }

    /// The member `key` of the object at `parent` (`None`: the envelope).
    pub fn find(&self, parent: Option<usize>, key: &str) -> Option<(usize, &Member)> {
        self.outline
            .members
            .iter()
            .enumerate()
            .find(|(_, member)| member.parent == parent && member.key(&self.body) == key.as_bytes())
    }

    /// The members of the object at `parent`, with their index.
    pub fn members(&self, parent: usize) -> impl Iterator<Item = (usize, &Member)> {
        self.outline.members.iter().enumerate().filter(move |(_, member)| member.parent == Some(parent))
    }

    pub fn member(&self, index: usize) -> Option<&Member> {
        self.outline.members.get(index)
    }

    pub fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.body.get(range.clone()).unwrap_or_default()
    }

    /// The text of a string member.
    pub fn text(&self, parent: Option<usize>, key: &str) -> Option<Cow<'_, str>> {
        let (_, member) = self.find(parent, key)?;
        (member.kind == Kind::String).then(|| scan::string_text(self.slice(&member.value)))?
    }

    /// The text of a string member of `params`.
    pub fn param(&self, key: &str) -> Option<Cow<'_, str>> {
        self.text(Some(self.params?), key)
    }
}

/// Case folding as lenient JSON decoders do it: ASCII case, and the two letters outside ASCII that fold into it.
fn same_but_for_case(known: &str, key: &str) -> bool {
    let fold = |c: char| match c {
        '\u{212A}' => 'k',
        '\u{17F}' => 's',
        other => other.to_ascii_lowercase(),
    };
    known.chars().map(fold).eq(key.chars().map(fold))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Message, MessageError> {
        Message::from_client(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn kinds_and_ids() {
        fn check(text: &str, expected: Result<(MessageKind, Option<&str>), MessageError>) {
            let message = parse(text);
            let id = message.as_ref().ok().and_then(Message::id);
            let id = id.as_deref().map(|raw| std::str::from_utf8(raw).expect("UTF-8"));
            assert_eq!(message.as_ref().map(|m| (m.kind, id)).map_err(|e| *e), expected, "{text}");
        }
        let invalid = |reason| Err(MessageError::Invalid(reason));
        let id_type = "id must be a string or an integer";
        check(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, Ok((MessageKind::Request, Some("1"))));
        check(r#"{"jsonrpc":"2.0","id":"\u0031","method":"ping"}"#, Ok((MessageKind::Request, Some(r#""\u0031""#))));
        check(r#"{"jsonrpc":"2.0","method":"x","params":{}}"#, Ok((MessageKind::Notification, None)));
        check(r#"{"jsonrpc":"2.0","id":-7,"result":{}}"#, Ok((MessageKind::Response, Some("-7"))));
        check(r#"{"jsonrpc":"2.0","error":{}}"#, Ok((MessageKind::Response, None)));
        for id in ["null", "1.5", "1e3", "true", "[]", "{}"] {
            check(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#), invalid(id_type));
        }
        check(r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, invalid("jsonrpc must be \"2.0\""));
        check(r#"{"id":1,"method":"ping"}"#, invalid("jsonrpc must be \"2.0\""));
        check(r#"{"jsonrpc":"2.0","id":1,"method":7}"#, invalid("method must be a string"));
        check(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":[]}"#, invalid("params must be an object"));
        check(r#"{"jsonrpc":"2.0","id":1}"#, invalid("a message has a method, a result or an error"));
        check(
            r#"{"jsonrpc":"2.0","id":1,"method":"x","result":{}}"#,
            invalid("a message has either a method or a result"),
        );
        check("[]", Err(MessageError::Batch));
        check(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, Err(MessageError::Batch));
        check("7", invalid("the message is not a JSON object"));
    }

    #[test]
    fn atk_08_case_variants_are_refused_where_policy_reads() {
        fn check(text: &str, accepted: bool) {
            assert_eq!(parse(text).is_ok(), accepted, "{text}");
        }
        check(r#"{"jsonrpc":"2.0","id":1,"method":"a","Method":"b"}"#, false);
        check(r#"{"jsonrpc":"2.0","Id":1,"method":"a"}"#, false);
        check(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}"#, false);
        check(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","N\u0041me":"b"}}"#, false);
        check(r#"{"jsonrpc":"2.0","id":1,"method":"x","param\u017f":{}}"#, false);
        check(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"ProgressToken":1}}}"#, false);
        check(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"progressTo\u212Aen":1}}}"#, false);
        check(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"arguments":{"Name":"b","name":"a"}}}"#, true);
        check(r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"other":1},"x-vendor":2}"#, true);
    }
}
