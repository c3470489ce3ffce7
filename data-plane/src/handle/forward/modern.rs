//! Modern client, modern upstream: stateless. Headers are stamped anew from the body, what the client brings back from
//! earlier answers is opened for the upstream, and what the upstream gives it to bring back is sealed.

mod asks;
mod filter;
mod listen;
mod returned;
mod seals;
mod terms;

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use self::filter::Filter;
use self::listen::Listener;
pub(super) use self::listen::goodbye;
use self::returned::Returned;
use self::seals::{Origin, Seals};
pub(super) use self::terms::Terms;
use super::Call;
use super::answer::Question;
use super::outgoing::{self, Outgoing};
use super::relay::{self, Relay};
use crate::error::{CONNECT, Failure};
use crate::mcp::capabilities;
use crate::mcp::era::{self, Era};
use crate::mcp::message::Message;
use crate::mcp::method::Method;
use crate::mcp::splice::Splice;
use crate::mcp::{header_text, meta, scan};
use crate::snapshot::Server;
use crate::upstream::answer::{Answer, Patience};
use crate::upstream::{UpstreamFault, headers};

pub(super) async fn request(call: Call) -> Result<Response, Failure> {
    let (node, server) = (&call.node, &call.server);
    if node.upstream.era_of(server.id, server.destination()).await? == Era::Legacy {
        // A client of a virtual server would fall back for all its members.
        if call.entry.id != call.server.id {
            return Err(UpstreamFault::LegacyOnly.into());
        }
        // Clients that read this fall back to `initialize`.
        return Err(Failure::UpstreamIsLegacy { requested: call.meaning.version.to_owned() });
    }
    call.recorder.upstream_protocol(call.meaning.version);
    let method = call.meaning.method.ok_or(Failure::UnknownMethod)?;
    let seals = Seals::new(node, call.owner, server);
    let origin = Origin { method, target: call.meaning.target.clone().unwrap_or_default() };
    let returned = Returned::read(&call.message, method, &seals, &origin)?;
    if method == Method::Listen {
        let terms = terms(&call.message, method, returned, seals, origin);
        return listen(call, terms).await;
    }
    let outgoing = outgoing(&call, |splice| returned.apply(splice));
    let headers = stamped(&call, returned.task.as_ref().map(|task| &task.upstream));
    let terms = terms(&call.message, method, returned, seals, origin);
    let sent = Instant::now();
    let answer = post(&call, headers, outgoing.body).await?;
    let relay = Relay {
        access: call.access(),
        node: call.node.clone(),
        recorder: call.recorder,
        question: Question {
            era: Era::Modern,
            method: call.meaning.method,
            upstream_id: outgoing.id,
            client_id: call.message.id().unwrap_or_default(),
            progress_token: outgoing.progress_token,
            terms: Some(Arc::new(terms)),
            alias: call.alias.clone(),
            tools: call.server.tools.clone(),
        },
        asked: call.asked,
        takes_events: relay::takes_events(&call.headers),
        attached: None,
        entered: None,
        sent,
    };
    relay.respond(answer).await
}

async fn listen(call: Call, terms: Terms) -> Result<Response, Failure> {
    let filter = Filter::read(&call.message, &terms.seals)?;
    let outgoing = outgoing(&call, |splice| filter.apply(splice));
    let listener = Listener::new(&call, filter, terms, outgoing.id)?;
    let answer = post(&call, stamped(&call, None), outgoing.body).await?;
    drop(call);
    listener.respond(answer).await
}

/// What a client answers to a question of ours is not the upstream's affair.
fn strip_ours(message: &Message, splice: &mut Splice) {
    let responses = message.params().and_then(|params| message.find(Some(params), "inputResponses"));
    if let Some((responses, _)) = responses {
        meta::remove(message, responses, |key| key == CONNECT.as_bytes(), splice);
    }
}

/// Whether a task id was given to this caller by this server.
pub(super) fn knows_task(call: &Call, server: &Arc<Server>, id: &str) -> bool {
    Seals::new(&call.node, call.owner, server).open_task(id).is_some()
}

fn outgoing(call: &Call, opened: impl FnOnce(&mut Splice)) -> Outgoing {
    outgoing::request(&call.message, Era::Modern, call.node.upstream.next_id(), |splice| {
        meta::strip_request(&call.message, splice);
        strip_ours(&call.message, splice);
        meta::retrace(&call.message, call.recorder.traceparent(), splice);
        opened(splice);
    })
}

async fn post(call: &Call, headers: HeaderMap, body: Bytes) -> Result<Answer, Failure> {
    let (node, server, sent) = (&call.node, &call.server, Instant::now());
    let patience = Patience::new(node.upstream.idle_timeout(server));
    let posted = node.upstream.post(server.destination(), headers, body, patience).await;
    if posted.is_err() {
        call.recorder.upstream_took(sent.elapsed());
    }
    let (_, answer) = posted?;
    if matches!(answer, Answer::Refused { body: None, .. }) {
        node.upstream.forget_era(server.id, &server.upstream_url).await;
    }
    Ok(answer)
}

fn terms(message: &Message, method: Method, returned: Returned, seals: Seals, origin: Origin) -> Terms {
    Terms {
        method: Some(method),
        capabilities: Bytes::copy_from_slice(capabilities::of_request(message)),
        wants_logs: message.meta().is_some_and(|meta| message.find(Some(meta), meta::LOG_LEVEL).is_some()),
        is_retry: returned.is_retry,
        origin,
        seals,
        task: returned.task,
        subscription: None,
    }
}

/// The headers that a modern upstream compares with the body. Made from the body: the client's were only compared.
fn stamped(call: &Call, task: Option<&Bytes>) -> HeaderMap {
    let mut headers = headers::relayed(&call.headers, call.recorder.traceparent());
    headers.insert(era::PROTOCOL_VERSION, HeaderValue::from_static(call.meaning.version));
    if let Some(method) = call.meaning.method {
        headers.insert(era::METHOD, HeaderValue::from_static(method.name()));
    }
    let task = task.and_then(|task| scan::string_text(task));
    let named = call.meaning.method.and_then(Method::target_key).and(call.meaning.target.as_deref());
    if let Some(name) = task.as_deref().or(named).and_then(header_text::encode) {
        headers.insert(era::NAME, name);
    }
    headers
}
