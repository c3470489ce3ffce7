//! Opening sessions: for a client that initializes, and again for a client session that this node or the upstream has
//! lost.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use super::super::{Call, Visit, answer, internal, outgoing, relay};
use super::{in_session, question, wish};
use crate::Node;
use crate::error::{Failure, json_response};
use crate::handle::record::client_info;
use crate::mcp::era::{self, Era};
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::session::Session;
use crate::mcp::splice::Splice;
use crate::mcp::{capabilities, version};
use crate::session_store::UpstreamSession;
use crate::snapshot::Server;
use crate::upstream::answer::{Answer, Patience, session_header};
use crate::upstream::{UpstreamFault, headers};

/// What an upstream said to `initialize`.
enum Opened {
    Session {
        answer: Message,
        session: Arc<UpstreamSession>,
        chosen: String,
    },
    /// A JSON-RPC error.
    Refused(Message),
}

pub(in super::super) async fn initialize(call: Call) -> Result<Response, Failure> {
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
    let keys = &call.caller.snapshot.session_keys;
    call.node.upstream.sessions.insert(keys, call.visit().session_at(&client), &session).await;
    call.recorder.finished(last.outcome, last.body.len());
    let mut response = json_response(last.status, last.body);
    response.headers_mut().insert(era::SESSION_ID, sealed);
    Ok(response)
}

/// Opens an upstream session for a client session that was opened elsewhere or earlier; the client sees nothing of it.
pub(super) async fn reopened(visit: Visit<'_>, client: &Session) -> Result<Arc<UpstreamSession>, UpstreamFault> {
    let (keys, url) = (&visit.caller.snapshot.session_keys, &visit.server.upstream_url);
    let discard = |session| super::discard(visit.node, visit.server, session);
    visit.node.upstream.sessions.get(keys, visit.session_at(client), url, reopen(visit, client), discard).await
}

async fn reopen(visit: Visit<'_>, client: &Session) -> Result<Arc<UpstreamSession>, UpstreamFault> {
    let body = json!({
        "jsonrpc": "2.0", "id": visit.node.upstream.next_id(), "method": "initialize",
        "params": {
            "protocolVersion": client.protocol_version,
            "capabilities": capabilities::declared(&client.capabilities),
            "clientInfo": { "name": client.client_name, "version": client.client_version },
        },
    });
    let base = headers::relayed(visit.headers, visit.recorder.traceparent());
    let opened = open(visit.node, visit.server, base.clone(), body.to_string().into()).await?;
    let Opened::Session { session, .. } = opened else {
        return Err(UpstreamFault::BadResponse("it refused to open a session"));
    };
    wish::again(visit, client, in_session(base, &session)).await;
    Ok(session)
}

/// `initialize` and `notifications/initialized`.
async fn open(node: &Node, server: &Server, base: HeaderMap, body: Bytes) -> Result<Opened, UpstreamFault> {
    let (url, patience) = (&server.upstream_url, Patience::new(node.upstream.idle_timeout(server)));
    let (head, answer) = node.upstream.post(server.destination(), base.clone(), body, patience).await?;
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
    let session = Arc::new(UpstreamSession::new(url.clone(), session_header(&head), protocol_version));
    let initialized = Bytes::from_static(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    node.upstream.post(server.destination(), in_session(base, &session), initialized, patience).await?;
    Ok(Opened::Session { answer, session, chosen })
}

/// A session that nobody knows yet, for the client of an `initialize`.
pub(in super::super) fn new_session(call: &Call, chosen: &str) -> Result<Session, Failure> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|error| internal(&call.node, &error))?;
    let (client_name, client_version) = client_info(&call.message);
    Ok(Session {
        id: uuid::Builder::from_random_bytes(random).into_uuid(),
        issued_unix_s: call.node.clock.now().timestamp(),
        protocol_version: version::legacy(chosen).unwrap_or(version::SERVED_FOR_2024_11_05),
        capabilities: capabilities::declared_by(&call.message),
        client_name,
        client_version,
    })
}
