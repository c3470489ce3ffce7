//! Phase 7: to the upstream and back. Decides what happens to a message; how is in the files below.

mod answer;
mod bundle;
#[cfg(test)]
mod faithful;
mod flow;
mod legacy;
mod modern;
mod outgoing;
mod relay;

use std::ops::DerefMut;
use std::pin::{Pin, pin};
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use proto::members::Alias;
use proto::wire::CallOutcome;
use tokio::task::JoinHandle;

pub(crate) use self::bundle::{Breakers, Turns};
pub(crate) use self::legacy::{Listeners, ParkedRequests, ProgressTokens};
pub(super) use self::legacy::{from_another_node, session_ended};
use super::authenticate::Caller;
use super::credential::{Visitor, explain};
use super::decode::{Bodiless, Meaning};
use super::forwarded::Forwarded;
use super::record::Recorder;
use super::streams::Access;
use crate::Node;
use crate::error::{Asked, Failure, json_response};
use crate::mcp::era::Era;
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::method::Method;
use crate::mcp::session::{Owner, Session};
use crate::session_store::SessionAt;
use crate::snapshot::{OutboundAuth, Server};
use crate::upstream::UpstreamFault;

/// An authorized message on its way.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) node: Arc<Node>,
    pub(super) caller: Caller,
    /// The server that the URL names.
    pub(super) entry: Arc<Server>,
    /// The server that is called, with what opens its door: the same, or a member of it.
    pub(super) server: Arc<Server>,
    pub(super) owner: Owner,
    pub(super) message: Message,
    pub(super) meaning: Meaning,
    pub(super) asked: Option<Asked>,
    /// The client's.
    pub(super) headers: HeaderMap,
    /// What of them is for single servers.
    pub(super) forwarded: Option<Arc<Forwarded>>,
    pub(super) recorder: Recorder,
    /// What URIs get in the answers of a member of a virtual server.
    pub(super) alias: Option<Alias>,
}

/// A request without a message, or what all requests have in common.
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) node: &'a Arc<Node>,
    pub(super) caller: &'a Caller,
    /// The server that the URL names.
    pub(super) entry: &'a Arc<Server>,
    /// The server that is called.
    pub(super) server: &'a Arc<Server>,
    /// The client's.
    pub(super) headers: &'a HeaderMap,
    /// What of them is for single servers.
    pub(super) forwarded: Option<&'a Arc<Forwarded>>,
    pub(super) recorder: &'a Recorder,
}

impl Call {
    fn visit(&self) -> Visit<'_> {
        let Self { node, caller, entry, server, headers, forwarded, recorder, .. } = self;
        Visit { node, caller, entry, server, headers, forwarded: forwarded.as_ref(), recorder }
    }

    fn visitor(&self) -> Visitor<'_> {
        let Self { node, caller, entry, headers, forwarded, .. } = self;
        Visitor { node, caller, entry, headers, forwarded: forwarded.as_deref() }
    }

    fn access(&self) -> Access {
        self.visit().access().of_call(&self.meaning)
    }
}

impl Visit<'_> {
    fn owner(&self) -> Owner {
        self.caller.owner(self.entry)
    }

    pub(super) fn visitor(&self) -> Visitor<'_> {
        let Self { node, caller, entry, headers, forwarded, .. } = *self;
        Visitor { node, caller, entry, headers, forwarded: forwarded.map(|forwarded| &**forwarded) }
    }

    fn access(&self) -> Access {
        Access::new(self.node, self.caller, self.entry, self.server)
    }

    /// Where the upstream session of `client` is kept.
    fn session_at(&self, client: &Session) -> SessionAt {
        self.caller.session_at(client.id, self.server)
    }
}

pub(super) async fn send(call: Call) -> Result<Response, Failure> {
    match bundle::is_bundle(&call) {
        true => Box::pin(bundle::send(call)).await,
        false => to_server(call).await,
    }
}

/// To one server. What it refuses a leased credential has not run: it is sent once more with what is leased anew.
async fn to_server(call: Call) -> Result<Response, Failure> {
    let server = call.server.clone();
    let again = matches!(server.outbound_auth, OutboundAuth::Leased { .. }).then(|| call.clone());
    let failure = match exchanged(call).await {
        Err(failure @ Failure::Upstream(UpstreamFault::CredentialRefused)) => failure,
        other => return other.map_err(|failure| explain(failure, &server)),
    };
    let Some(again) = again else { return Err(failure) };
    Box::pin(once_more(again, server, failure)).await
}

/// With what is leased anew, if that is another credential than the one that was refused.
async fn once_more(again: Call, server: Arc<Server>, failure: Failure) -> Result<Response, Failure> {
    let unopened = again.caller.snapshot.servers.get(&server.slug).filter(|known| known.id == server.id).cloned();
    let renewed = match unopened {
        Some(unopened) => again.visitor().renewed(&server, unopened).await?,
        None => None,
    };
    match renewed {
        Some(renewed) => {
            let sent = exchanged(Call { server: renewed.clone(), ..again }).await;
            sent.map_err(|failure| explain(failure, &renewed))
        }
        None => Err(explain(failure, &server)),
    }
}

async fn exchanged(call: Call) -> Result<Response, Failure> {
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
            let access = call.access();
            while_allowed(access, pin!(modern::request(call))).await
        }
        (MessageKind::Request, Era::Legacy, Some(Method::Ping)) => Ok(pong(&call)),
        (MessageKind::Request, Era::Legacy, method) => {
            // A legacy client that disconnects has not cancelled (L7): the call goes on without it.
            let node = call.node.clone();
            let running = match method {
                Some(Method::Initialize) => {
                    let access = call.access();
                    let initialized = Box::pin(legacy::initialize(call));
                    run(&node, "initialize", Box::pin(while_allowed(access, initialized)))
                }
                _ => run(&node, "legacy call", Box::pin(legacy::request(call))),
            };
            running.await.unwrap_or_else(|error| Err(internal(&node, &error)))
        }
    }
}

/// A call goes on for as long as its caller may make it. What is dropped in the middle is cancelled upstream.
async fn while_allowed(
    access: Access,
    // By reference, like what runs elsewhere: `select!` copies what it is given.
    call: Pin<impl DerefMut<Target = impl Future<Output = Result<Response, Failure>>>>,
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
    call: Pin<Box<impl Future<Output = Result<Response, Failure>> + Send + 'static>>,
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
    if visit.entry.members.is_some() {
        return bundle::without_message(visit, bodiless).await;
    }
    match bodiless {
        Bodiless::Listen(listening) => legacy::listen(visit, listening, None).await,
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
