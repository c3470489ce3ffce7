//! What the answer needs from the phases that have passed: the challenge, the id, the record, CORS.

use std::sync::Arc;

use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, request};
use serde_json::Value;

use super::decode::Meaning;
use super::origin::{self, Admission};
use super::record::Recorder;
use super::route::Route;
use crate::discovery;
use crate::error::{Asked, CONNECT, Failure, Links};
use crate::mcp::capabilities;
use crate::mcp::era::{self, Era};
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::method::Method;
use crate::mcp::version::FIRST_WITH_LINKS;

#[derive(Default)]
pub(super) struct Reply {
    route: Option<Arc<Route>>,
    recorder: Option<Recorder>,
    pub(super) admitted: Admission,
    pub(super) asked: Option<Asked>,
}

impl Reply {
    pub(super) fn routed(&mut self, route: Route) -> Arc<Route> {
        self.route.insert(Arc::new(route)).clone()
    }

    pub(super) fn authenticated(&mut self, recorder: Recorder) -> Recorder {
        self.recorder.insert(recorder).clone()
    }

    /// From here on a refusal can answer the message.
    pub(super) fn asked(&mut self, headers: &HeaderMap, message: &Message) {
        if message.kind == MessageKind::Request {
            self.asked = message.id().map(|id| Asked {
                id,
                is_tool_call: message.method() == Some("tools/call"),
                era: era::of(headers, message),
                links: Links::Words,
            });
        }
    }

    /// From here on it is known what its client can be asked.
    pub(super) fn meant(&mut self, message: &Message, meaning: &Meaning) {
        if let Some(asked) = &mut self.asked {
            asked.links = links(message, meaning);
        }
    }

    pub(super) fn send(self, head: &request::Parts, mut response: Response) -> Response {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        origin::expose(self.admitted, &head.headers, response.headers_mut());
        response
    }

    pub(super) fn refuse(self, head: &request::Parts, failure: &Failure) -> Response {
        tracing::debug!(reason = failure.reason(), %failure, "refused");
        if let Some(recorder) = &self.recorder {
            recorder.failed(failure);
        }
        let challenge = match (failure, &self.route) {
            (Failure::Unauthenticated(fault), Some(route)) => discovery::challenge(route, *fault),
            _ => None,
        };
        let response = failure.respond(self.asked.as_ref(), challenge);
        self.send(head, response)
    }
}

/// How the client of a request can be sent to a page.
fn links(message: &Message, meaning: &Meaning) -> Links {
    match (meaning.era, &meaning.session) {
        (Era::Legacy, Some(session)) => {
            // Revisions before do not know the error.
            let knows_error = session.protocol_version >= FIRST_WITH_LINKS;
            if knows_error && capabilities::takes_links(&session.capabilities) { Links::Error } else { Links::Words }
        }
        (Era::Modern, _) => {
            let may_ask = meaning.method.is_some_and(Method::may_ask_for_input);
            let takes_links = may_ask && capabilities::request_takes_links(message);
            if takes_links && !has_declined(message) { Links::InputRequired } else { Links::Words }
        }
        (Era::Legacy, None) => Links::Words,
    }
}

/// Whether the client was sent to a page before this request, and its person would not go.
fn has_declined(message: &Message) -> bool {
    let responses = message.params().and_then(|params| message.find(Some(params), "inputResponses"));
    let ours = responses.and_then(|(responses, _)| message.find(Some(responses), CONNECT));
    ours.is_some_and(|(_, member)| {
        let response: Value = serde_json::from_slice(message.slice(&member.value)).unwrap_or_default();
        response.get("action").and_then(Value::as_str) != Some("accept")
    })
}
