//! What the answer needs from the phases that have passed: the challenge, the id, the record, CORS.

use std::sync::Arc;

use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, request};

use super::origin::{self, Admission};
use super::record::Recorder;
use super::route::Route;
use crate::discovery;
use crate::error::{Asked, Failure};
use crate::mcp::era;
use crate::mcp::message::{Message, MessageKind};

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
            });
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
