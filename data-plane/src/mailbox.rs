//! Messages from node to node: a client talks to whichever node the balancer picks, what it talks about runs on
//! another. In this process when there is one node, over Redis when there are several.
//!
//! Must never be the only way to learn that something is over: a message that is lost is told to its sender, no more.

mod envelope;
mod letter;
pub mod memory;
pub mod redis;

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use uuid::Uuid;

pub use self::letter::Letter;
use crate::snapshot::{SessionKey, Snapshot};

/// What the recipient did with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    Delivered,
    /// It knows nothing of what the letter is about.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    #[error("that node is gone, or does not answer")]
    Gone,
    #[error("the letter is too large")]
    TooLarge,
    #[error("too many letters are unanswered")]
    Full,
    #[error("nodes cannot reach each other")]
    Away,
}

/// Where letters to a node arrive.
pub struct Recipient {
    /// What the node knows of a tenant: letters are sealed with the tenant's keys.
    pub snapshot: Box<dyn Fn(Uuid) -> Option<Arc<Snapshot>> + Send + Sync>,
    /// Called with the tenant.
    pub deliver: Box<dyn Fn(Uuid, Letter) -> BoxFuture<'static, Receipt> + Send + Sync>,
}

/// `keys` are the tenant's session keys: letters travel sealed.
#[async_trait]
pub trait Mailbox: Send + Sync + 'static {
    /// Hands a letter to one node, this one included, and waits for what it says.
    async fn ask(
        &self,
        keys: &[SessionKey],
        instance: Uuid,
        tenant: Uuid,
        letter: Letter,
    ) -> Result<Receipt, MailError>;

    /// Hands a letter to all other nodes, as far as they can be reached, and does not wait for them.
    async fn tell_all(&self, keys: &[SessionKey], tenant: Uuid, letter: Letter);
}
