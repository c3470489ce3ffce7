//! Phase 7: to the upstream and back. Decides what happens to a message; how is in the files below.

mod answer;
#[cfg(test)]
mod faithful;
mod flow;
mod legacy;
mod modern;
mod outgoing;
mod relay;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use proto::wire::CallOutcome;
use tokio::task::JoinHandle;

pub(crate) use self::legacy::{Listeners, ParkedRequests, ProgressTokens};
pub(super) use self::legacy::{from_another_node, session_ended};
use super::authenticate::Caller;
use super::decode::{Bodiless, Meaning};
use super::record::Recorder;
use super::streams::Access;
use crate::Node;
use crate::error::{Asked, Failure, json_response};
use crate::mcp::era::Era;
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::method::Method;
use crate::mcp::session::{Owner, Session};
use crate::session_store::SessionAt;
use crate::snapshot::Server;

/// An authorized message on its way.
pub(super) struct Call {
    pub(super) node: Arc<Node>,
    pub(super) caller: Caller,
    pub(super) server: Arc<Server>,
    pub(super) owner: Owner,
    pub(super) message: Message,
    pub(super) meaning: Meaning,
    pub(super) asked: Option<Asked>,
    /// The client's.
    pub(super) headers: HeaderMap,
    pub(super) recorder: Recorder,
}

/// A request without a message, or what all requests have in common.
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) node: &'a Arc<Node>,
    pub(super) caller: &'a Caller,
    pub(super) server: &'a Arc<Server>,
    /// The client's.
    pub(super) headers: &'a HeaderMap,
    pub(super) recorder: &'a Recorder,
}

impl Call {
    fn visit(&self) -> Visit<'_> {
        let Self { node, caller, server, headers, recorder, .. } = self;
        Visit { node, caller, server, headers, recorder }
    }
}

impl Visit<'_> {
    fn owner(&self) -> Owner {
        self.caller.owner(self.server)
    }

    /// Where the upstream session of `client` is kept.
    fn session_at(&self, client: &Session) -> SessionAt {
        self.caller.session_at(client.id, self.server)
    }
}

pub(super) async fn send(call: Call) -> Result<Response, Failure> {
    match (call.message.kind, call.meaning.era, call.meaning.method) {
        (MessageKind::Response, Era::Legacy, _) => {
            legacy::deliver(&call).await?;
            Ok(accepted(&call.recorder))
        }
        // Modern upstreams ask within their answers.
        (MessageKind::Response, Era::Modern, _) => Err(Failure::ReplyUnknown),
        (MessageKind::Notification, Era::Legacy, _) => {
            legacy::notification(&call).await;
            Ok(accepted(&call.recorder))
        }
        // A modern client cancels by closing its stream; no notification of its kind means anything over HTTP.
        (MessageKind::Notification, Era::Modern, _) => Ok(accepted(&call.recorder)),
        (MessageKind::Request, Era::Modern, _) => {
            while_allowed(Access::new(&call.node, &call.caller, &call.server), modern::request(call)).await
        }
        (MessageKind::Request, Era::Legacy, Some(Method::Ping)) => Ok(pong(&call)),
        (MessageKind::Request, Era::Legacy, method) => {
            // A legacy client that disconnects has not cancelled (L7): the call goes on without it.
            let node = call.node.clone();
            let running = match method {
                Some(Method::Initialize) => {
                    let access = Access::new(&call.node, &call.caller, &call.server);
                    run(&node, "initialize", while_allowed(access, legacy::initialize(call)))
                }
                _ => run(&node, "legacy call", legacy::request(call)),
            };
            running.await.unwrap_or_else(|error| Err(internal(&node, &error)))
        }
    }
}

/// A call goes on for as long as its caller may make it. What is dropped in the middle is cancelled upstream.
async fn while_allowed(
    access: Access,
    call: impl Future<Output = Result<Response, Failure>>,
) -> Result<Response, Failure> {
    tokio::select! {
        response = call => response,
        failure = access.ends_by_decision() => Err(failure),
    }
}

/// Runs a call as a task of its own, until the node closes.
fn run(
    node: &Node,
    name: &'static str,
    call: impl Future<Output = Result<Response, Failure>> + Send + 'static,
) -> JoinHandle<Result<Response, Failure>> {
    let closing = node.tasks.closing();
    node.tasks.spawn(name, async move {
        tokio::select! {
            response = call => response,
            () = closing.cancelled() => Err(Failure::Stopping),
        }
    })
}

/// A failure that only the log explains.
fn internal(node: &Node, error: &dyn std::fmt::Display) -> Failure {
    let id = crate::clock::new_id(node.clock.now());
    tracing::error!(error.id = %id, %error, "a call failed for an internal reason");
    Failure::Internal(id)
}

pub(super) async fn without_message(visit: Visit<'_>, bodiless: Bodiless) -> Result<Response, Failure> {
    match bodiless {
        Bodiless::Listen(listening) => legacy::listen(visit, listening).await,
        Bodiless::End(session) => {
            legacy::end_session(visit, &session).await;
            visit.recorder.finished(CallOutcome::Ok, 0);
            Ok(json_response(StatusCode::NO_CONTENT, Bytes::new()))
        }
    }
}

fn accepted(recorder: &Recorder) -> Response {
    recorder.finished(CallOutcome::Ok, 0);
    json_response(StatusCode::ACCEPTED, Bytes::new())
}

fn pong(call: &Call) -> Response {
    let id = call.message.id().unwrap_or_default();
    let body = [&b"{\"jsonrpc\":\"2.0\",\"id\":"[..], &id, b",\"result\":{}}"].concat();
    call.recorder.finished(CallOutcome::Ok, body.len());
    json_response(StatusCode::OK, body.into())
}
