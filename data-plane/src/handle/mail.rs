//! What other nodes tell this one.

use std::sync::{Arc, Weak};

use uuid::Uuid;

use super::forward;
use crate::Node;
use crate::mailbox::{Letter, Receipt, Recipient};
use crate::mcp::message::Message;

/// Letters to `node`. A node that is gone knows nothing.
pub(crate) fn recipient(node: &Weak<Node>) -> Recipient {
    let (reader, receiver) = (node.clone(), node.clone());
    Recipient {
        snapshot: Box::new(move |tenant| reader.upgrade()?.configuration.snapshot(tenant)),
        deliver: Box::new(move |tenant, letter| {
            let node = receiver.upgrade();
            Box::pin(async move {
                match node {
                    Some(node) => receive(&node, tenant, letter).await,
                    None => Receipt::Unknown,
                }
            })
        }),
    }
}

async fn receive(node: &Arc<Node>, tenant: Uuid, letter: Letter) -> Receipt {
    match letter {
        Letter::Reply { correlation, body } => forward::from_another_node(node, &correlation, body),
        Letter::Cancel { session, body } => {
            let Ok(notification) = Message::from_client(body) else { return Receipt::Unknown };
            let Some(cancelling) = node.upstream.in_flight.cancel(session, &notification) else {
                return Receipt::Unknown;
            };
            let node = node.clone();
            node.clone().tasks.spawn("cancel upstream", async move { cancelling.send(&node.upstream).await });
            Receipt::Delivered
        }
        Letter::Ended { session } => {
            node.store.ended_elsewhere(tenant, session);
            forward::session_ended(node, session);
            Receipt::Delivered
        }
        Letter::Listening { session } => {
            node.memory.listeners.end(session);
            Receipt::Delivered
        }
    }
}
