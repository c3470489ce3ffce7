//! Modern client, modern upstream: stateless. Headers are stamped anew from the body.

use axum::response::Response;
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use super::Call;
use super::answer::Question;
use super::outgoing;
use super::relay::{self, Relay};
use crate::error::Failure;
use crate::mcp::era::{self, Era};
use crate::mcp::header_text;
use crate::mcp::method::Method;
use crate::upstream::answer::{Answer, Patience};
use crate::upstream::headers;

pub(super) async fn request(call: Call) -> Result<Response, Failure> {
    let (node, server) = (&call.node, &call.server);
    if node.upstream.era_of(server.id, server.destination()).await? == Era::Legacy {
        // Clients that read this fall back to `initialize`.
        return Err(Failure::UpstreamIsLegacy { requested: call.meaning.version.to_owned() });
    }
    let outgoing = outgoing::request(&call.message, Era::Modern, node.upstream.next_id(), |_| {});
    call.recorder.upstream_protocol(call.meaning.version);
    let sent = Instant::now();
    let patience = Patience::new(node.upstream.idle_timeout(server));
    let posted = node.upstream.post(server.destination(), stamped(&call), outgoing.body, patience).await;
    if posted.is_err() {
        call.recorder.upstream_took(sent.elapsed());
    }
    let (_, answer) = posted?;
    if matches!(answer, Answer::Refused { body: None, .. }) {
        node.upstream.forget_era(server.id, &server.upstream_url).await;
    }
    let relay = Relay {
        node: call.node.clone(),
        recorder: call.recorder,
        question: Question {
            era: Era::Modern,
            method: call.meaning.method,
            upstream_id: outgoing.id,
            client_id: call.message.id().unwrap_or_default(),
            progress_token: outgoing.progress_token,
        },
        asked: call.asked,
        takes_events: relay::takes_events(&call.headers),
        upstream: None,
        entered: None,
        sent,
    };
    relay.respond(answer).await
}

/// The headers that a modern upstream compares with the body. Made from the body: the client's were only compared.
fn stamped(call: &Call) -> HeaderMap {
    let mut headers = headers::relayed(&call.headers, call.recorder.traceparent());
    headers.insert(era::PROTOCOL_VERSION, HeaderValue::from_static(call.meaning.version));
    if let Some(method) = call.message.method().and_then(|method| HeaderValue::from_str(method).ok()) {
        headers.insert(era::METHOD, method);
    }
    let named = call.meaning.method.and_then(Method::target_key).and(call.meaning.target.as_deref());
    if let Some(name) = named.and_then(header_text::encode) {
        headers.insert(era::NAME, name);
    }
    headers
}
