//! One request to an upstream and what came back, within bounds on time and size. Statuses end here: no caller sees
//! an upstream's.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout_at};

use super::budget::{Budget, Reservation};
use super::credential::Destination;
use super::{Upstream, UpstreamFault};
use crate::limits::{
    CALL_TOTAL_TIMEOUT, CHALLENGED_SCOPES_BYTES_MAX, FRAME_BYTES_MAX, STREAM_AGE_MAX, UPSTREAM_SESSION_ID_BYTES_MAX,
};
use crate::mcp::{era, sse};

/// What an upstream answered.
pub enum Answer {
    /// One JSON message.
    Json(Frame),
    /// A stream of messages.
    Events(Events),
    /// 202 or 204: nothing to say.
    Accepted,
    /// A 4xx that is neither about credentials nor about rates; its body, if it is JSON.
    Refused { status: StatusCode, body: Option<Frame> },
}

/// Bytes of one message and the memory they take.
pub struct Frame {
    /// Empty in an event without a message, see [`sse::Event::data`]; never when it came from [`Events::next`].
    pub bytes: Bytes,
    pub reservation: Reservation,
    /// Of the event it came in.
    pub event_id: Option<Bytes>,
    pub retry_ms: Option<u64>,
}

impl Frame {
    fn json(bytes: Bytes, reservation: Reservation) -> Self {
        Self { bytes, reservation, event_id: None, retry_ms: None }
    }
}

/// When a call must show a sign of life, and when it is over.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    idle: Duration,
    end: Instant,
}

impl Patience {
    pub fn new(idle: Duration) -> Self {
        Self { idle, end: Instant::now() + CALL_TOTAL_TIMEOUT }
    }

    /// For a stream that may be silent for as long as it lives.
    pub fn stream() -> Self {
        Self { idle: STREAM_AGE_MAX, end: Instant::now() + STREAM_AGE_MAX }
    }

    fn next(&self) -> Instant {
        (Instant::now() + self.idle).min(self.end)
    }
}

impl Upstream {
    /// Sends one message by POST. `Err` for everything a caller can do nothing about.
    pub async fn post(
        &self,
        to: Destination<'_>,
        headers: HeaderMap,
        body: Bytes,
        patience: Patience,
    ) -> Result<(HeaderMap, Answer), UpstreamFault> {
        let response = self.send(Method::POST, to, headers, body, patience).await?;
        self.read(response, patience).await
    }

    async fn read(
        &self,
        response: Response<Incoming>,
        patience: Patience,
    ) -> Result<(HeaderMap, Answer), UpstreamFault> {
        let (head, body) = response.into_parts();
        let is = |mime| content_type(&head.headers).eq_ignore_ascii_case(mime);
        let answer = match head.status {
            StatusCode::OK if is("application/json") => {
                Answer::Json(collect(&self.budget, body, content_length(&head.headers), patience).await?)
            }
            StatusCode::OK if is("text/event-stream") => Answer::Events(Events::new(&self.budget, body, patience)),
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Answer::Accepted,
            StatusCode::FORBIDDEN => {
                return Err(match missing_scopes(&head.headers) {
                    Some(scopes) => UpstreamFault::ScopeMissing { scopes },
                    None => UpstreamFault::CredentialRefused,
                });
            }
            StatusCode::UNAUTHORIZED => return Err(UpstreamFault::CredentialRefused),
            StatusCode::TOO_MANY_REQUESTS => {
                return Err(UpstreamFault::RateLimited { retry_after_s: retry_after_s(&head.headers) });
            }
            status if status.is_redirection() => return Err(UpstreamFault::Redirect),
            status if status.is_client_error() => {
                let body = match is("application/json") {
                    true => collect(&self.budget, body, content_length(&head.headers), patience).await.ok(),
                    false => None,
                };
                Answer::Refused { status, body }
            }
            status if status.is_success() => {
                return Err(UpstreamFault::BadResponse("neither JSON nor an event stream"));
            }
            status => return Err(UpstreamFault::Failed { status: status.as_u16() }),
        };
        Ok((head.headers, answer))
    }

    /// Opens a stream of the upstream's own messages, or resumes one after the event `last`. `opening` is for the head
    /// of the answer, `patience` for what follows.
    pub async fn get(
        &self,
        to: Destination<'_>,
        mut headers: HeaderMap,
        last: Option<&Bytes>,
        opening: Patience,
        patience: Patience,
    ) -> Result<Answer, UpstreamFault> {
        headers.remove(CONTENT_TYPE);
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(last) = last.and_then(|last| HeaderValue::from_bytes(last).ok()) {
            headers.insert(era::LAST_EVENT_ID, last);
        }
        let response = self.send(Method::GET, to, headers, Bytes::new(), opening).await?;
        self.read(response, patience).await.map(|(_, answer)| answer)
    }

    /// Ends a session upstream; whether it did is of no consequence.
    pub async fn delete(
        &self,
        to: Destination<'_>,
        headers: HeaderMap,
        patience: Patience,
    ) -> Result<(), UpstreamFault> {
        self.send(Method::DELETE, to, headers, Bytes::new(), patience).await.map(|_| ())
    }

    async fn send(
        &self,
        method: Method,
        to: Destination<'_>,
        mut headers: HeaderMap,
        body: Bytes,
        patience: Patience,
    ) -> Result<Response<Incoming>, UpstreamFault> {
        to.open(&mut headers)?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        let (uri, host) = to.url.request().ok_or(UpstreamFault::Blocked)?;
        headers.insert(HOST, host.clone());
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers;
        let client = self.client_for(to.trust)?;
        match timeout_at(patience.next(), client.request(request)).await {
            Ok(response) => response.map_err(|error| {
                // For the operator alone; a caller reads the fault's own words.
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::warn!(upstream.host = to.url.host_str(), %error, cause, "upstream connection failed");
                error.into()
            }),
            Err(_) => Err(UpstreamFault::Timeout),
        }
    }
}

async fn collect(
    budget: &Budget,
    mut body: Incoming,
    length: usize,
    patience: Patience,
) -> Result<Frame, UpstreamFault> {
    if length > FRAME_BYTES_MAX {
        return Err(UpstreamFault::TooLarge);
    }
    let mut reservation = budget.reserve(length)?;
    let mut whole = Vec::new();
    while let Some(chunk) = next_chunk(&mut body, patience.next()).await? {
        if whole.len() + chunk.len() > FRAME_BYTES_MAX {
            return Err(UpstreamFault::TooLarge);
        }
        if whole.is_empty() && body.is_end_stream() {
            reservation.cover(chunk.len())?;
            return Ok(Frame::json(chunk, reservation));
        }
        reservation.cover(whole.len() + chunk.len())?;
        if whole.is_empty() {
            whole.reserve_exact(length.max(chunk.len()));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(Frame::json(whole.into(), reservation))
}

async fn next_chunk(body: &mut Incoming, deadline: Instant) -> Result<Option<Bytes>, UpstreamFault> {
    loop {
        match timeout_at(deadline, body.frame()).await {
            Err(_) => return Err(UpstreamFault::Timeout),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(UpstreamFault::Interrupted),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// A stream of messages from an upstream.
pub struct Events {
    body: Incoming,
    parser: sse::Parser,
    ready: VecDeque<sse::Event>,
    budget: Budget,
    held: Reservation,
    patience: Patience,
    /// Of the next sign of life. Kept here, so that a caller who gives up waiting for a moment does not move it.
    deadline: Instant,
}

impl Events {
    fn new(budget: &Budget, body: Incoming, patience: Patience) -> Self {
        Self {
            body,
            parser: sse::Parser::new(FRAME_BYTES_MAX),
            ready: VecDeque::new(),
            budget: budget.clone(),
            held: budget.empty(),
            deadline: patience.next(),
            patience,
        }
    }

    /// The same stream, which may be silent from here on for as long as it lives.
    pub fn endless(mut self) -> Self {
        self.patience = Patience::stream();
        self.deadline = self.patience.next();
        self
    }

    /// The next message; `None` at the end of the stream. A comment is a sign of life, too. Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<Frame>, UpstreamFault> {
        loop {
            match self.next_event().await? {
                Some(frame) if frame.bytes.is_empty() => {}
                other => return Ok(other),
            }
        }
    }

    /// The same with events that carry no message, for who hands on where to resume. Cancel-safe.
    pub async fn next_event(&mut self) -> Result<Option<Frame>, UpstreamFault> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                let reservation = self.budget.reserve(event.data.len())?;
                let sse::Event { data: bytes, id: event_id, retry_ms } = event;
                return Ok(Some(Frame { bytes, reservation, event_id, retry_ms }));
            }
            let Some(chunk) = next_chunk(&mut self.body, self.deadline).await? else { return Ok(None) };
            self.deadline = self.patience.next();
            self.ready.extend(self.parser.feed(&chunk).map_err(|_| UpstreamFault::TooLarge)?);
            match self.parser.held() {
                0 => self.held = self.budget.empty(),
                held => self.held.cover(held)?,
            }
        }
    }
}

/// The scopes that a call would need (RFC 6750 §3.1, `insufficient_scope`); visible and short, or none.
fn missing_scopes(headers: &HeaderMap) -> Option<String> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    challenges.filter(|challenge| challenge.contains("insufficient_scope")).find_map(|challenge| {
        let (_, rest) = challenge.split_once("scope=\"")?;
        let (scopes, _) = rest.split_once('"')?;
        let is_scope = |byte: u8| byte == b' ' || (byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        (!scopes.is_empty() && scopes.len() <= CHALLENGED_SCOPES_BYTES_MAX && scopes.bytes().all(is_scope))
            .then(|| scopes.to_owned())
    })
}

fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// What the upstream announces, 0 when it does not.
fn content_length(headers: &HeaderMap) -> usize {
    headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}

/// Seconds only; a date would need the clocks to agree.
fn retry_after_s(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// The session header of an answer, if it is one we can send back. A copy: what hyper read is one buffer, which a slice
/// would keep for as long as the session lives.
pub fn session_header(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get(era::SESSION_ID).filter(|value| value.len() <= UPSTREAM_SESSION_ID_BYTES_MAX)?;
    HeaderValue::from_bytes(value.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_keeps_nothing_of_the_buffer_its_id_came_in() {
        let read = Bytes::from(vec![b'a'; 8192]);
        let id = HeaderValue::from_maybe_shared(read.slice(..32)).expect("a value");
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static("mcp-session-id"), id)]);
        let kept = session_header(&headers).expect("an id");
        drop(headers);
        assert!(read.is_unique(), "{kept:?}");
    }
}
