//! Phase 3: what a request says. One JSON-RPC message, scanned once; its era, its method, its session.

use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method as HttpMethod, request};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use super::authenticate::Caller;
use crate::Node;
use crate::error::Failure;
use crate::limits::{BODY_DISCARD_BYTES_MAX, BODY_READ_TIMEOUT};
use crate::mcp::era::{self, Era};
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::method::Method;
use crate::mcp::session::Session;
use crate::session_store::{Loaded, UpstreamSession};
use crate::snapshot::Server;
use crate::upstream::UpstreamFault;

/// What a message means to policy.
#[derive(Clone)]
pub struct Meaning {
    pub era: Era,
    /// Protocol revision the client speaks in this message.
    pub version: &'static str,
    /// `None` for notifications and responses.
    pub method: Option<Method>,
    /// Tool, prompt or resource.
    pub target: Option<Arc<str>>,
    /// Legacy only, and not at `initialize`.
    pub session: Option<Arc<Session>>,
    /// The upstream session that belongs to it, if some node has opened one.
    pub held: Option<Arc<UpstreamSession>>,
}

impl Meaning {
    /// The tool that is called.
    pub fn tool(&self) -> Option<&str> {
        self.target.as_deref().filter(|_| self.method == Some(Method::ToolsCall))
    }
}

/// A request without a message.
pub enum Bodiless {
    /// Of the stream of an upstream's own messages, or of the rest of one.
    Listen(Listening),
    End(Arc<Session>),
}

/// Who wants to listen.
pub struct Listening {
    pub session: Arc<Session>,
    pub held: Option<Arc<UpstreamSession>>,
}

/// What GET and DELETE are about. The session is checked first, so that a client with a dead one learns to begin again.
pub async fn without_message(
    node: &Node,
    caller: &Caller,
    server: &Server,
    head: &request::Parts,
) -> Result<Bodiless, Failure> {
    let is_delete = head.method == HttpMethod::DELETE;
    if !is_delete && !matches!(head.method, HttpMethod::GET | HttpMethod::HEAD) {
        return Err(Failure::MethodNotAllowed);
    }
    if !head.headers.contains_key(era::SESSION_ID) {
        return Err(if is_delete { Failure::SessionMissing } else { Failure::MethodNotAllowed });
    }
    let (session, held) = session(node, caller, server, &head.headers).await?;
    match head.method {
        HttpMethod::DELETE => Ok(Bodiless::End(session)),
        HttpMethod::GET => Ok(Bodiless::Listen(Listening { session, held })),
        _ => Err(Failure::MethodNotAllowed),
    }
}

/// Reads the body and scans it.
pub async fn message(node: &Node, head: &request::Parts, body: Body) -> Result<Message, Failure> {
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mime = content_type.split(';').next().unwrap_or_default().trim();
    if !mime.eq_ignore_ascii_case("application/json") {
        return Err(Failure::UnsupportedMediaType);
    }
    Ok(Message::from_client(read(node, head, body).await?)?)
}

async fn read(node: &Node, head: &request::Parts, mut body: Body) -> Result<Bytes, Failure> {
    let max = node.config.body_bytes_max;
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let deadline = Instant::now() + BODY_READ_TIMEOUT;
    if announced.is_some_and(|length| length > max) {
        discard(body, deadline).await;
        return Err(Failure::BodyTooLarge);
    }
    let mut reservation = node.upstream.budget.empty();
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    loop {
        let frame = match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => return Err(Failure::BodyIncomplete),
        };
        let Ok(chunk) = frame.into_data() else { continue };
        let length = first.len() + rest.len() + chunk.len();
        if length > max {
            discard(body, deadline).await;
            return Err(Failure::BodyTooLarge);
        }
        reservation.cover(length)?;
        if first.is_empty() && rest.is_empty() {
            first = chunk;
        } else {
            rest.extend_from_slice(&std::mem::take(&mut first));
            rest.extend_from_slice(&chunk);
        }
    }
    Ok(reservation.bind(if rest.is_empty() { first } else { rest.freeze() }))
}

/// Reads on without keeping anything. Answering while the client still sends would reset its connection, and it would
/// report a network failure in place of our refusal.
async fn discard(mut body: Body, deadline: Instant) {
    let mut left = BODY_DISCARD_BYTES_MAX;
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Era, method, target and session of a message.
pub async fn meaning(
    node: &Node,
    caller: &Caller,
    server: &Server,
    head: &request::Parts,
    message: &Message,
) -> Result<Meaning, Failure> {
    let era = era::of(&head.headers, message);
    let mut meaning = Meaning { era, version: "", method: None, target: None, session: None, held: None };
    match era {
        Era::Modern => meaning.version = era::check_modern(&head.headers, message)?,
        Era::Legacy => {
            era::check_legacy(&head.headers)?;
            let opens_session = message.method() == Some("initialize") && message.kind == MessageKind::Request;
            if !opens_session {
                let (session, held) = session(node, caller, server, &head.headers).await?;
                meaning.version = session.protocol_version;
                meaning.session = Some(session);
                meaning.held = held;
            }
        }
    }
    if message.kind == MessageKind::Request {
        let name = message.method().unwrap_or_default();
        let method = Method::parse(name, era).ok_or(Failure::UnknownMethod)?;
        meaning.method = Some(method);
        meaning.target = method.target(message).map_err(Failure::InvalidParams)?.as_deref().map(Arc::from);
    }
    Ok(meaning)
}

/// The living session of this caller that the request names (L2, L8), and the upstream session that belongs to it.
async fn session(
    node: &Node,
    caller: &Caller,
    server: &Server,
    headers: &HeaderMap,
) -> Result<(Arc<Session>, Option<Arc<UpstreamSession>>), Failure> {
    let mut values = headers.get_all(era::SESSION_ID).iter();
    let Some(first) = values.next() else { return Err(Failure::SessionMissing) };
    let text = first.to_str().unwrap_or_default();
    let keys = &caller.snapshot.session_keys;
    let session = Session::open(text, keys, caller.owner(server), node.clock.now());
    let session = session.filter(|_| values.next().is_none()).ok_or(Failure::SessionUnknown)?;
    match node.store.load(keys, caller.session_at(session.id, server)).await {
        Loaded::Ended => Err(Failure::SessionUnknown),
        Loaded::Missing => Ok((Arc::new(session), None)),
        Loaded::Found(upstream) => Ok((Arc::new(session), Some(upstream))),
    }
}

impl From<crate::upstream::budget::Exhausted> for Failure {
    fn from(exhausted: crate::upstream::budget::Exhausted) -> Self {
        Self::Upstream(UpstreamFault::from(exhausted))
    }
}
