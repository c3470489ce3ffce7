//! A client's answer to what an upstream asked, and its progress with it. The id the client gives back says which node
//! showed the request; that node alone knows what the upstream calls it, and hands the answer on.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::super::Call;
use super::dialogue::Dialogue;
use crate::Node;
use crate::error::Failure;
use crate::mailbox::{Letter, MailError, Receipt};
use crate::mcp::correlation::Correlation;
use crate::mcp::message::{Message, MessageKind};
use crate::mcp::reserved;
use crate::mcp::session::Session;
use crate::mcp::splice::Splice;
use crate::upstream::UpstreamFault;

/// An answer, on its way to the upstream.
struct Delivery {
    dialogue: Arc<Dialogue>,
    body: Bytes,
}

/// Takes a response, or a progress notification, to where its request is parked. Forged, foreign and repeated ids are
/// one and the same: nothing was asked (ATK-29).
pub(in super::super) async fn deliver(call: &Call) -> Result<(), Failure> {
    let client = call.meaning.session.as_ref().ok_or(Failure::ReplyUnknown)?;
    let message = &call.message;
    let named = match message.kind {
        MessageKind::Response => message.id(),
        _ => progress_token(message).map(|span| message.body.slice(span)),
    };
    let snapshot = &call.caller.snapshot;
    let correlation = Correlation::open(&named.unwrap_or_default(), &snapshot.session_keys, call.owner, client.id);
    let correlation = correlation.ok_or(Failure::ReplyUnknown)?;
    if correlation.instance == call.node.instance_id {
        let delivery = accepted(&call.node, client.id, correlation.ticket, message).ok_or(Failure::ReplyUnknown)?;
        return Ok(delivery.send(&call.node).await?);
    }
    let letter = Letter::Reply { correlation: label(client, correlation.ticket), body: message.body.clone() };
    match call.node.mailbox.ask(&snapshot.session_keys, correlation.instance, snapshot.tenant_id, letter).await {
        Ok(Receipt::Delivered) => Ok(()),
        Ok(Receipt::Unknown) => Err(Failure::ReplyUnknown),
        Err(MailError::TooLarge) => Err(Failure::BodyTooLarge),
        Err(MailError::Gone | MailError::Away | MailError::Full) => Err(Failure::ReplyGone),
    }
}

/// An answer that reached another node, which has opened its seal.
pub(crate) fn from_another_node(node: &Arc<Node>, correlation: &[u8], body: Bytes) -> Receipt {
    let delivery = read_label(correlation).and_then(|(session, ticket)| {
        let message = Message::from_client(body).ok()?;
        accepted(node, session, ticket, &message)
    });
    let Some(delivery) = delivery else { return Receipt::Unknown };
    let node = node.clone();
    node.clone().tasks.spawn("deliver reply", async move {
        if let Err(fault) = delivery.send(&node).await {
            tracing::debug!(%fault, "a client's answer did not reach the upstream");
        }
    });
    Receipt::Delivered
}

fn accepted(node: &Node, session: Uuid, ticket: Uuid, message: &Message) -> Option<Delivery> {
    let mut splice = Splice::default();
    reserved::strip(message, &mut splice);
    let dialogue = match message.kind {
        MessageKind::Response => {
            let span = message.id_span()?;
            let parked = node.memory.parked.take(session, ticket)?;
            splice.replace(span, parked.upstream_id);
            parked.dialogue
        }
        _ => {
            let span = progress_token(message)?;
            let (dialogue, token) = node.memory.parked.progressing(session, ticket)?;
            splice.replace(span, token);
            dialogue
        }
    };
    Some(Delivery { dialogue, body: splice.apply(&message.body) })
}

impl Delivery {
    async fn send(self, node: &Node) -> Result<(), UpstreamFault> {
        self.dialogue.tell(node, self.body).await
    }
}

fn progress_token(message: &Message) -> Option<std::ops::Range<usize>> {
    let (_, member) = message.find(Some(message.params()?), "progressToken")?;
    Some(member.value.clone())
}

fn label(client: &Session, ticket: Uuid) -> Bytes {
    [*client.id.as_bytes(), *ticket.as_bytes()].concat().into()
}

fn read_label(label: &[u8]) -> Option<(Uuid, Uuid)> {
    let (session, ticket) = label.split_first_chunk::<16>()?;
    Some((Uuid::from_bytes(*session), Uuid::from_slice(ticket).ok()?))
}
