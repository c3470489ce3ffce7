//! Phase 7: to the upstream and back. Decides what happens to a message; how is in the files below.

mod answer;
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

use super::authenticate::Caller;
use super::decode::Meaning;
use super::record::Recorder;
use crate::Node;
use crate::error::{Asked, Failure, json_response};
use crate::mcp::era::Era;
use crate::mcp::message::{Message, MessageError, MessageKind};
use crate::mcp::method::Method;
use crate::mcp::session::{Owner, Session};
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

pub(super) async fn send(call: Call) -> Result<Response, Failure> {
    match (call.message.kind, call.meaning.era, call.meaning.method) {
        (MessageKind::Response, ..) => Err(MessageError::Invalid("nothing was asked of this client").into()),
        (MessageKind::Notification, Era::Legacy, _) => {
            legacy::notification(&call).await;
            Ok(accepted(&call.recorder))
        }
        // A modern client cancels by closing its stream; no notification of its kind means anything over HTTP.
        (MessageKind::Notification, Era::Modern, _) => Ok(accepted(&call.recorder)),
        (MessageKind::Request, Era::Modern, _) => modern::request(call).await,
        (MessageKind::Request, Era::Legacy, Some(Method::Ping)) => Ok(pong(&call)),
        (MessageKind::Request, Era::Legacy, method) => {
            // A legacy client that disconnects has not cancelled (L7): the call goes on without it.
            let node = call.node.clone();
            let running = match method {
                Some(Method::Initialize) => run(&node, "initialize", legacy::initialize(call)),
                _ => run(&node, "legacy call", legacy::request(call)),
            };
            running.await.unwrap_or_else(|error| Err(internal(&node, &error)))
        }
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

/// A client ended its session: no node serves it any more, and the upstream is told.
pub(super) async fn end_session(node: &Arc<Node>, caller: &Caller, server: &Arc<Server>, session: &Session) {
    legacy::end_session(node, caller, server, session).await;
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
