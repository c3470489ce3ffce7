//! Legacy client, legacy upstream. The client's session id is sealed and lives in the client; the upstream's session
//! lives on this node and is opened anew whenever it is missing, so that any node serves any client and clients need
//! not initialize again.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::answer::{self, Question};
use super::outgoing::{self, Outgoing};
use super::relay::{self, Relay};
use super::{Call, internal};
use crate::Node;
use crate::error::{Failure, json_response};
use crate::handle::record::client_info;
use crate::limits::UPSTREAM_COURTESY_TIMEOUT;
use crate::mcp::era::{self, Era};
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::session::{Owner, Session};
use crate::mcp::splice::Splice;
use crate::mcp::{capabilities, version};
use crate::snapshot::Server;
use crate::upstream::answer::{Answer, Frame, Patience, session_header};
use crate::upstream::sessions::{SessionAt, UpstreamSession};
use crate::upstream::{UpstreamFault, headers};

/// What an upstream said to `initialize`.
enum Opened {
    Session {
        answer: Message,
        session: UpstreamSession,
        chosen: String,
    },
    /// A JSON-RPC error.
    Refused(Message),
}

pub(super) async fn initialize(call: Call) -> Result<Response, Failure> {
    let params = call.message.params();
    let requested = call.message.find(params, "protocolVersion").filter(|_| params.is_some());
    let requested = requested.zip(call.message.param("protocolVersion"));
    let Some(((_, member), requested)) = requested else {
        return Err(Failure::InvalidParams("params.protocolVersion must be a string"));
    };
    let offered = version::negotiate(&requested);
    let outgoing =
        outgoing::request(&call.message, Era::Legacy, call.node.upstream.next_id(), |splice: &mut Splice| {
            splice.replace(member.value.clone(), format!("\"{offered}\""));
        });
    let base = headers::relayed(&call.headers, call.recorder.traceparent());
    let (started, question) = (Instant::now(), question(&call, &outgoing));
    let opened = open(&call.node, &call.server, base, outgoing.body).await;
    call.recorder.upstream_took(started.elapsed());
    let (answer, session, chosen) = match opened? {
        Opened::Session { answer, session, chosen } => (answer, session, chosen),
        Opened::Refused(answer) => {
            let last = question.finish(&answer)?;
            call.recorder.finished(last.outcome, last.body.len());
            return Ok(json_response(last.status, last.body));
        }
    };
    let last = question.finish(&answer)?;
    let client = new_session(&call, &chosen)?;
    call.recorder.client_protocol(client.protocol_version);
    call.recorder.upstream_protocol(&chosen);
    let sealed = client.seal(&call.caller.snapshot.session_keys, call.owner);
    let sealed = sealed.map_err(|error| internal(&call.node, &error))?;
    let sealed = HeaderValue::from_str(&sealed).map_err(|error| internal(&call.node, &error))?;
    call.node.upstream.sessions.insert(at(client.id, call.owner), session).await;
    call.recorder.finished(last.outcome, last.body.len());
    let mut response = json_response(last.status, last.body);
    response.headers_mut().insert(era::SESSION_ID, sealed);
    Ok(response)
}

pub(super) async fn request(call: Call) -> Result<Response, Failure> {
    let client = call.meaning.session.clone().ok_or(Failure::SessionUnknown)?;
    let outgoing = outgoing::request(&call.message, Era::Legacy, call.node.upstream.next_id(), |_| {});
    let entered = call.node.upstream.in_flight.enter(client.id, call.message.id().unwrap_or_default(), outgoing.id);
    let cancelled = entered.cancelled();
    let recorder = call.recorder.clone();
    let exchange = async {
        let sent = Instant::now();
        let exchanged = exchange(&call, &client, &outgoing).await;
        if exchanged.is_err() {
            call.recorder.upstream_took(sent.elapsed());
        }
        let (answer, session) = exchanged?;
        let relay = Relay {
            question: question(&call, &outgoing),
            takes_events: relay::takes_events(&call.headers),
            upstream: Some((call.server.upstream_url.clone(), in_session(headers::ours(), &session))),
            entered: Some(entered),
            node: call.node,
            recorder: call.recorder,
            asked: call.asked,
            sent,
        };
        relay.respond(answer).await
    };
    tokio::select! {
        response = exchange => response,
        () = cancelled.cancelled() => Ok(relay::cancelled(&recorder)),
    }
}

/// Sends the message within the upstream's session. An upstream that no longer knows the session has not run the call,
/// so it is sent once more in a new one; nothing else is ever sent twice (ATK-36).
async fn exchange(
    call: &Call,
    client: &Session,
    outgoing: &Outgoing,
) -> Result<(Answer, Arc<UpstreamSession>), UpstreamFault> {
    let (upstream, server, at) = (&call.node.upstream, &call.server, at(client.id, call.owner));
    let patience = Patience::new(upstream.idle_timeout(server));
    for _ in 0..2 {
        let session = upstream.sessions.get(at, &server.upstream_url, reopen(call, client)).await?;
        call.recorder.upstream_protocol(session.protocol_version.to_str().unwrap_or_default());
        let headers = in_session(headers::relayed(&call.headers, call.recorder.traceparent()), &session);
        let (_, answer) = upstream.post(&server.upstream_url, headers, outgoing.body.clone(), patience).await?;
        if !is_session_lost(&answer, &session) {
            return Ok((answer, session));
        }
        upstream.sessions.forget(at, &session).await;
    }
    Err(UpstreamFault::SessionLost)
}

/// 404 by the specification. Servers built from a well-known example say 400 with code -32000 and no id, before they
/// look at the message.
fn is_session_lost(answer: &Answer, session: &UpstreamSession) -> bool {
    let Answer::Refused { status, body } = answer else { return false };
    let says_so = |frame: &Frame| {
        let message = Message::from_upstream(frame.bytes.clone());
        message.is_ok_and(|message| message.id().is_none() && answer::error_code(&message) == Some(-32000))
    };
    let lost = match *status {
        StatusCode::NOT_FOUND => true,
        StatusCode::BAD_REQUEST => body.as_ref().is_some_and(says_so),
        _ => false,
    };
    lost && session.id.is_some()
}

/// Opens an upstream session for a client session that was opened elsewhere or earlier; the client sees nothing of it.
async fn reopen(call: &Call, client: &Session) -> Result<UpstreamSession, UpstreamFault> {
    let body = json!({
        "jsonrpc": "2.0", "id": call.node.upstream.next_id(), "method": "initialize",
        "params": {
            "protocolVersion": client.protocol_version,
            "capabilities": {},
            "clientInfo": { "name": client.client_name, "version": client.client_version },
        },
    });
    let base = headers::relayed(&call.headers, call.recorder.traceparent());
    match open(&call.node, &call.server, base, body.to_string().into()).await? {
        Opened::Session { session, .. } => Ok(session),
        Opened::Refused(_) => Err(UpstreamFault::BadResponse("it refused to open a session")),
    }
}

/// `initialize` and `notifications/initialized`.
async fn open(node: &Node, server: &Server, base: HeaderMap, body: Bytes) -> Result<Opened, UpstreamFault> {
    let (url, patience) = (&server.upstream_url, Patience::new(node.upstream.idle_timeout(server)));
    let (head, answer) = node.upstream.post(url, base.clone(), body, patience).await?;
    let mut unknown_here = false;
    let answer = match answer {
        Answer::Json(frame) => relay::parse(frame.bytes)?,
        Answer::Events(mut events) => loop {
            let frame = events.next().await?.ok_or(UpstreamFault::Interrupted)?;
            let message = relay::parse(frame.bytes)?;
            if message.kind == MessageKind::Response {
                break message;
            }
        },
        Answer::Refused { status, body } => {
            unknown_here = status == StatusCode::NOT_FOUND;
            let message = body.and_then(|frame| relay::parse(frame.bytes).ok());
            message.ok_or(UpstreamFault::Failed { status: status.as_u16() })?
        }
        Answer::Accepted => return Err(UpstreamFault::BadResponse("it took a request and did not answer it")),
    };
    match answer::error_code(&answer) {
        Some(-32022..=-32020) => return Err(UpstreamFault::ModernOnly),
        Some(-32601) if unknown_here => return Err(UpstreamFault::ModernOnly),
        Some(_) => return Ok(Opened::Refused(answer)),
        None => {}
    }
    let chosen = answer::chosen_version(&answer)?;
    let protocol_version = HeaderValue::from_str(&chosen).map_err(|_| UpstreamFault::BadResponse("a bad version"))?;
    let session = UpstreamSession { url: url.clone(), id: session_header(&head), protocol_version };
    let initialized = Bytes::from_static(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    node.upstream.post(url, in_session(base, &session), initialized, patience).await?;
    Ok(Opened::Session { answer, session, chosen })
}

/// Of a client's notifications only a cancellation concerns the upstream: `initialized` it has had, and there are no
/// roots.
pub(super) async fn notification(call: &Call) {
    let Some(client) =
        call.meaning.session.as_ref().filter(|_| call.message.method() == Some("notifications/cancelled"))
    else {
        return;
    };
    let requested = call.message.params().and_then(|params| call.message.find(Some(params), "requestId"));
    let Some((_, member)) = requested else { return };
    let (upstream, id) = (&call.node.upstream, call.message.body.slice(member.value.clone()));
    let Some(entry) = upstream.in_flight.find(client.id, &id) else { return };
    let mut splice = Splice::default();
    splice.replace(member.value.clone(), entry.upstream_id.to_string());
    let url = &call.server.upstream_url;
    // Never opens a session: a call that is under way has one.
    let at = at(client.id, call.owner);
    let none = std::future::ready(Err(UpstreamFault::SessionLost));
    if let Ok(session) = upstream.sessions.get(at, url, none).await {
        let headers = in_session(headers::relayed(&call.headers, call.recorder.traceparent()), &session);
        // Best effort: the client has stopped waiting in any case.
        let body = splice.apply(&call.message.body);
        let _ = upstream.post(url, headers, body, Patience::new(UPSTREAM_COURTESY_TIMEOUT)).await;
    }
    entry.cancelled.cancel();
}

pub(super) async fn end_session(node: &Arc<Node>, owner: Owner, client: &Session) {
    let Some(session) = node.upstream.sessions.take(at(client.id, owner)).await else { return };
    if session.id.is_none() {
        return;
    }
    let ending = node.clone();
    node.tasks.spawn("end upstream session", async move {
        let headers = in_session(headers::ours(), &session);
        // Best effort: an upstream forgets sessions by itself, too.
        let _ = ending.upstream.delete(&session.url, headers, Patience::new(UPSTREAM_COURTESY_TIMEOUT)).await;
    });
}

fn in_session(mut headers: HeaderMap, session: &UpstreamSession) -> HeaderMap {
    headers.insert(era::PROTOCOL_VERSION, session.protocol_version.clone());
    if let Some(id) = &session.id {
        headers.insert(era::SESSION_ID, id.clone());
    }
    headers
}

fn question(call: &Call, outgoing: &Outgoing) -> Question {
    Question {
        era: Era::Legacy,
        method: call.meaning.method,
        upstream_id: outgoing.id,
        client_id: call.message.id().unwrap_or_default(),
        progress_token: outgoing.progress_token.clone(),
    }
}

fn at(session: Uuid, owner: Owner) -> SessionAt {
    SessionAt { session, server: owner.server_id }
}

fn new_session(call: &Call, chosen: &str) -> Result<Session, Failure> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|error| internal(&call.node, &error))?;
    let (client_name, client_version) = client_info(&call.message);
    Ok(Session {
        id: uuid::Builder::from_random_bytes(random).into_uuid(),
        issued_unix_s: call.node.clock.now().timestamp(),
        protocol_version: version::legacy(chosen).unwrap_or(version::SERVED_FOR_2024_11_05),
        offered: capabilities::offered_by(&call.message),
        client_name,
        client_version,
    })
}
