//! An upstream's message as it comes back: the client's id and progress token again, capabilities and versions limited
//! to what this node serves, every other byte as it came. Pure.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use proto::members::Alias;
use proto::wire::CallOutcome;
use serde_json::value::RawValue;

use super::bundle;
use super::modern::Terms;
use crate::handle::authorize::is_on;
use crate::mcp::capabilities;
use crate::mcp::era::Era;
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::method::Method;
use crate::mcp::reserved;
use crate::mcp::scan::{self, Kind, Strictness};
use crate::mcp::splice::Splice;
use crate::mcp::version;
use crate::snapshot::ToolSwitches;
use crate::upstream::UpstreamFault;

/// What is needed to give an answer back.
pub(super) struct Question {
    pub(super) era: Era,
    pub(super) method: Option<Method>,
    /// The id the upstream knows.
    pub(super) upstream_id: u64,
    /// The client's, exactly as sent.
    pub(super) client_id: Bytes,
    pub(super) progress_token: Option<Bytes>,
    /// What a modern client's request allows.
    pub(super) terms: Option<Arc<Terms>>,
    /// Of the member that answers for its virtual server.
    pub(super) alias: Option<Alias>,
    /// Of the server that answers: its lists leave out what is off.
    pub(super) tools: Option<Arc<ToolSwitches>>,
}

/// The final answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Final {
    pub(super) body: Bytes,
    pub(super) status: StatusCode,
    pub(super) outcome: CallOutcome,
}

impl Question {
    /// Whether a response is the one to this question. An error may lack the id: its sender could not read ours.
    fn is_answered_by(&self, message: &Message) -> bool {
        match message.id() {
            Some(id) => std::str::from_utf8(&id).is_ok_and(|id| id.parse() == Ok(self.upstream_id)),
            None => message.find(None, "error").is_some(),
        }
    }

    /// The response as the client gets it.
    pub(super) fn finish(&self, message: &Message) -> Result<Final, UpstreamFault> {
        if message.kind != MessageKind::Response || !self.is_answered_by(message) {
            return Err(UpstreamFault::BadResponse("it answers something else"));
        }
        let code = error_code(message);
        let status = match (self.era, code) {
            (Era::Modern, Some(-32601)) => StatusCode::NOT_FOUND,
            (Era::Modern, Some(-32022..=-32020)) => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        };
        let is_error = message.find(None, "error").is_some();
        let outcome = match (is_error, is_tool_error(message)) {
            (true, _) => CallOutcome::Error,
            (false, true) => CallOutcome::ToolError,
            (false, false) => CallOutcome::Ok,
        };
        Ok(Final { body: self.restored(message)?, status, outcome })
    }

    fn restored(&self, message: &Message) -> Result<Bytes, UpstreamFault> {
        let Some(id) = message.id_span() else {
            let error = message.find(None, "error").map(|(_, member)| message.slice(&member.value));
            let parts =
                [b"{\"jsonrpc\":\"2.0\",\"id\":", &self.client_id[..], b",\"error\":", error.unwrap_or(b"{}"), b"}"];
            return Ok(parts.concat().into());
        };
        let mut splice = Splice::default();
        splice.replace(id, self.client_id.clone());
        if let Some(terms) = &self.terms {
            terms.settle(message, &mut splice)?;
        } else if self.era == Era::Legacy {
            reserved::strip(message, &mut splice);
        }
        if let Some(alias) = &self.alias {
            bundle::expose(message, alias, &mut splice);
        }
        if let (Some(switches), true) = (&self.tools, self.method != Some(Method::ToolsCall)) {
            leave_out(message, switches, &mut splice)?;
        }
        match self.method {
            Some(Method::Initialize) => {
                capabilities::limit_server(message, self.era, &mut splice);
                if let Some((span, version)) = told_version(message)? {
                    splice.replace(span, format!("\"{version}\""));
                }
            }
            Some(Method::Discover) => {
                capabilities::limit_server(message, self.era, &mut splice);
                limit_versions(message, &mut splice);
            }
            _ => {}
        }
        Ok(splice.apply(&message.body))
    }

    /// A notification on the stream of this call as the client gets it; `None` if it is not for the client.
    pub(super) fn notification(&self, message: &Message) -> Option<Bytes> {
        let mut splice = Splice::default();
        if self.era == Era::Legacy {
            reserved::strip(message, &mut splice);
        }
        if let Some(alias) = &self.alias {
            bundle::expose(message, alias, &mut splice);
        }
        match message.method()? {
            "notifications/progress" => {
                let token = self.progress_token.clone()?;
                let (_, member) = message.find(Some(message.params()?), "progressToken")?;
                let is_ours = std::str::from_utf8(message.slice(&member.value)).ok()?.parse() == Ok(self.upstream_id);
                splice.replace(member.value.clone(), token);
                is_ours.then(|| splice.apply(&message.body))
            }
            // About requests of the upstream's own, which no client of this era has seen.
            "notifications/cancelled" => None,
            method => {
                let admitted = self.terms.as_ref().is_none_or(|terms| terms.admits(method));
                admitted.then(|| splice.apply(&message.body))
            }
        }
    }
}

/// A list of tools without those that are off. By its shape, not by what was asked: of a call that its client resumes
/// only is known whether it was a tool's.
fn leave_out(message: &Message, switches: &ToolSwitches, splice: &mut Splice) -> Result<(), UpstreamFault> {
    let list = message.result().and_then(|result| message.find(Some(result), "tools"));
    let Some((_, list)) = list.filter(|(_, list)| list.kind == Kind::Array) else { return Ok(()) };
    let tools: Vec<&RawValue> = serde_json::from_slice(message.slice(&list.value))
        .map_err(|_| UpstreamFault::BadResponse("its list of tools cannot be read"))?;
    let is_on = |tool: &RawValue| name_of(tool).is_some_and(|name| is_on(Some(switches), &name));
    let left: Vec<&str> = tools.iter().filter(|tool| is_on(tool)).map(|tool| tool.get()).collect();
    if left.len() < tools.len() {
        splice.replace(list.value.clone(), format!("[{}]", left.join(",")));
    }
    Ok(())
}

/// What a tool of a list is called; one that cannot be called is none.
fn name_of(tool: &RawValue) -> Option<String> {
    let tool = Bytes::copy_from_slice(tool.get().as_bytes());
    let outline = scan::scan(&tool, Strictness::Recorded).ok().filter(|outline| outline.root == Kind::Object)?;
    let mut members = outline.members.iter().filter(|member| member.parent.is_none());
    let name = members.find(|member| member.key(&tool) == b"name")?;
    scan::string_text(tool.get(name.value.clone())?).map(|text| text.into_owned())
}

pub(super) fn error_code(message: &Message) -> Option<i64> {
    let (error, _) = message.find(None, "error")?;
    let (_, code) = message.find(Some(error), "code")?;
    std::str::from_utf8(message.slice(&code.value)).ok()?.parse().ok()
}

fn is_tool_error(message: &Message) -> bool {
    let flag = message.result().and_then(|result| message.find(Some(result), "isError"));
    flag.is_some_and(|(_, member)| member.kind == Kind::True)
}

/// The revision an upstream chose at `initialize`.
pub(super) fn chosen_version(message: &Message) -> Result<String, UpstreamFault> {
    let chosen = message.result().and_then(|result| message.text(Some(result), "protocolVersion"));
    let chosen = chosen.ok_or(UpstreamFault::BadResponse("initialize without a protocol version"))?;
    if chosen == version::VERSION_2024_11_05 || version::legacy(&chosen).is_some() {
        return Ok(chosen.into_owned());
    }
    Err(UpstreamFault::BadResponse("initialize with a protocol version that was not offered"))
}

/// The revision to tell the client, and where it stands, if it differs from the one the upstream chose.
fn told_version(message: &Message) -> Result<Option<(Range<usize>, &'static str)>, UpstreamFault> {
    let Some(result) = message.result() else { return Ok(None) };
    let chosen = chosen_version(message)?;
    let span = message.find(Some(result), "protocolVersion").map(|(_, member)| member.value.clone());
    Ok(span.zip((chosen == version::VERSION_2024_11_05).then_some(version::SERVED_FOR_2024_11_05)))
}

/// `server/discover`: of the revisions the upstream speaks, those that we do.
fn limit_versions(message: &Message, splice: &mut Splice) {
    let list = message.result().and_then(|result| message.find(Some(result), "supportedVersions"));
    let Some((_, member)) = list else { return };
    let Ok(theirs) = serde_json::from_slice::<Vec<String>>(message.slice(&member.value)) else { return };
    let known = |theirs: &&String| version::MODERN.contains(&theirs.as_str()) || version::legacy(theirs).is_some();
    let both: Vec<&String> = theirs.iter().filter(known).collect();
    if both.len() != theirs.len()
        && let Ok(text) = serde_json::to_vec(&both)
    {
        splice.replace(member.value.clone(), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(method: Method, era: Era) -> Question {
        Question {
            era,
            method: Some(method),
            upstream_id: 42,
            client_id: Bytes::from_static(b"\"c-1\""),
            progress_token: Some(Bytes::from_static(b"\"tok\"")),
            terms: None,
            alias: None,
            tools: None,
        }
    }

    fn message(text: &str) -> Message {
        Message::from_upstream(Bytes::copy_from_slice(text.as_bytes())).expect("well formed")
    }

    #[test]
    fn final_answers() {
        use CallOutcome::{Error, Ok as Fine, ToolError};
        fn check(era: Era, text: &str, expected: Result<(&str, u16, CallOutcome), UpstreamFault>) {
            let got = question(Method::ToolsCall, era).finish(&message(text));
            let got = got.map(|last| {
                (String::from_utf8(last.body.to_vec()).expect("UTF-8"), last.status.as_u16(), last.outcome)
            });
            assert_eq!(got, expected.map(|(body, status, outcome)| (body.to_owned(), status, outcome)), "{text}");
        }
        let other = || Err(UpstreamFault::BadResponse("it answers something else"));
        check(
            Era::Legacy,
            r#"{"jsonrpc":"2.0","id":42,"result":{"content":[],"unknown": 1.50}}"#,
            Ok((r#"{"jsonrpc":"2.0","id":"c-1","result":{"content":[],"unknown": 1.50}}"#, 200, Fine)),
        );
        check(
            Era::Legacy,
            r#"{"id":42,"jsonrpc":"2.0","result":{"isError":true}}"#,
            Ok((r#"{"id":"c-1","jsonrpc":"2.0","result":{"isError":true}}"#, 200, ToolError)),
        );
        check(
            Era::Modern,
            r#"{"jsonrpc":"2.0","id":42,"error":{"code":-32601,"message":"no"}}"#,
            Ok((r#"{"jsonrpc":"2.0","id":"c-1","error":{"code":-32601,"message":"no"}}"#, 404, Error)),
        );
        check(
            Era::Legacy,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000}}"#,
            Ok((r#"{"jsonrpc":"2.0","id":"c-1","error":{"code":-32000}}"#, 200, Error)),
        );
        check(Era::Legacy, r#"{"jsonrpc":"2.0","id":43,"result":{}}"#, other());
        check(Era::Legacy, r#"{"jsonrpc":"2.0","id":"42","result":{}}"#, other());
        check(Era::Legacy, r#"{"jsonrpc":"2.0","id":42,"method":"ping"}"#, other());
    }

    #[test]
    fn atk_05_lists_leave_out_tools_that_are_off() {
        fn check(method: Option<Method>, list: &str, expected: &str) {
            let switches = ToolSwitches {
                others_off: true,
                on: ["a", "é"].map(str::to_owned).into_iter().collect(),
                ..ToolSwitches::default()
            };
            let question = Question { method, tools: Some(Arc::new(switches)), ..question(Method::Ping, Era::Legacy) };
            let answer =
                format!(r#"{{"jsonrpc":"2.0","id":42,"result":{{"x":1.50, "tools":{list},"nextCursor":"n"}}}}"#);
            let last = question.finish(&message(&answer)).expect("answers");
            let expected =
                format!(r#"{{"jsonrpc":"2.0","id":"c-1","result":{{"x":1.50, "tools":{expected},"nextCursor":"n"}}}}"#);
            assert_eq!(last.body, expected, "{list}");
        }
        let both = r#"[ {"name" : "a", "n":1.50}, {"name":"b"},{"title":"a"} ]"#;
        check(Some(Method::ToolsList), both, r#"[{"name" : "a", "n":1.50}]"#);
        check(Some(Method::ToolsList), r#"[ {"name":"a"} ]"#, r#"[ {"name":"a"} ]"#);
        check(Some(Method::ToolsList), r#"[{"name":"\u00e9"},["a"],"a"]"#, r#"[{"name":"\u00e9"}]"#);
        // Resumed: what was asked is not known.
        check(None, r#"[{"name":"b"}]"#, "[]");
        // What a tool answers is its own affair.
        check(Some(Method::ToolsCall), both, both);
    }

    #[test]
    fn versions_are_limited_to_ours() {
        let discover =
            r#"{"jsonrpc":"2.0","id":42,"result":{"supportedVersions":["2027-01-01","2026-07-28","2025-11-25"]}}"#;
        let last = question(Method::Discover, Era::Modern).finish(&message(discover)).expect("answers");
        assert_eq!(
            last.body,
            r#"{"jsonrpc":"2.0","id":"c-1","result":{"supportedVersions":["2026-07-28","2025-11-25"]}}"#
        );
        let old = r#"{"jsonrpc":"2.0","id":42,"result":{"protocolVersion":"2024-11-05"}}"#;
        let last = question(Method::Initialize, Era::Legacy).finish(&message(old)).expect("answers");
        assert_eq!(last.body, r#"{"jsonrpc":"2.0","id":"c-1","result":{"protocolVersion":"2025-03-26"}}"#);
        let foreign = r#"{"jsonrpc":"2.0","id":42,"result":{"protocolVersion":"1.0"}}"#;
        assert!(question(Method::Initialize, Era::Legacy).finish(&message(foreign)).is_err());
    }

    #[test]
    fn progress_is_for_its_own_token_only() {
        fn check(text: &str, expected: Option<&str>) {
            let got = question(Method::ToolsCall, Era::Legacy).notification(&message(text));
            assert_eq!(got.as_deref(), expected.map(str::as_bytes), "{text}");
        }
        check(
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":42,"progress":1}}"#,
            Some(
                r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"tok","progress":1}}"#,
            ),
        );
        check(
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":41,"progress":1}}"#,
            None,
        );
        check(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}"#, None);
        let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;
        check(log, Some(log));
    }
}
