//! The rest of a call's stream for a client that lost it, at any node: what is needed to give the answer back came
//! with the event id.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use proto::members::Alias;
use tokio::time::Instant;
use uuid::Uuid;

use super::super::Visit;
use super::super::answer::Question;
use super::super::relay::{self, Relay};
use super::attached::{Attached, Kind};
use super::dialogue::Dialogue;
use crate::error::{Asked, Failure, Links};
use crate::handle::decode::Listening;
use crate::mcp::correlation::ResumedCall;
use crate::mcp::era::Era;
use crate::mcp::method::Method;
use crate::upstream::UpstreamFault;
use crate::upstream::answer::Answer;

pub(super) async fn call(
    visit: Visit<'_>,
    listening: Listening,
    opened: Uuid,
    last: &Bytes,
    call: ResumedCall,
    alias: Option<&Alias>,
) -> Result<Response, Failure> {
    let (node, client) = (visit.node, listening.session);
    let session = client.id;
    let asked =
        Asked { id: call.client_id.clone(), is_tool_call: call.is_tool_call, era: Era::Legacy, links: Links::Words };
    let held = listening.held.filter(|held| held.opened == opened);
    // Of a call in an upstream session that is gone nobody knows what became.
    let Some(upstream) = held else { return Ok(lost(visit, &asked)) };
    let dialogue = Arc::new(Dialogue::new(visit.owner(), client, visit.server.clone(), upstream));
    let entered = dialogue.entered(node, &call);
    let tokens = &node.memory.progress_tokens;
    let token = call.progress_token.clone().map(|token| tokens.enter(session, call.upstream_id, token));
    let sent = Instant::now();
    let events = match dialogue.resume(node, last).await {
        Ok(Answer::Events(events)) => events,
        _ => return Ok(lost(visit, &asked)),
    };
    let relay = Relay {
        node: node.clone(),
        recorder: visit.recorder.clone(),
        asked: Some(asked),
        question: Question {
            era: Era::Legacy,
            method: call.is_tool_call.then_some(Method::ToolsCall),
            upstream_id: call.upstream_id,
            client_id: call.client_id.clone(),
            progress_token: call.progress_token.clone(),
            terms: None,
            alias: alias.cloned(),
            tools: visit.server.tools.clone(),
        },
        takes_events: true,
        access: visit.access(),
        attached: Some(Attached::new(node, &dialogue, true, Kind::Call(call), alias).of_call(token, None)),
        entered: Some(entered),
        sent,
    };
    Ok(relay.stream(events))
}

/// A stream that says so. A refusal by status would leave the client waiting for its call.
fn lost(visit: Visit<'_>, asked: &Asked) -> Response {
    let failure = Failure::Upstream(UpstreamFault::Interrupted);
    visit.recorder.failed(&failure);
    relay::last_event(&failure.message(Some(asked)))
}
