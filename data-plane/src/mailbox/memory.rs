//! Nodes in one process; usually there is just one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use uuid::Uuid;

use super::{Letter, MailError, Mailbox, Receipt, Recipient};
use crate::limits::LETTER_BYTES_MAX;
use crate::snapshot::SessionKey;

/// The nodes that can reach each other.
#[derive(Clone, Default)]
pub struct Exchange {
    recipients: Arc<Mutex<HashMap<Uuid, Arc<Recipient>>>>,
}

pub struct MemoryMailbox {
    instance: Uuid,
    exchange: Exchange,
}

impl Exchange {
    pub fn join(&self, instance: Uuid, recipient: Recipient) -> MemoryMailbox {
        self.lock().insert(instance, Arc::new(recipient));
        MemoryMailbox { instance, exchange: self.clone() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<Recipient>>> {
        self.recipients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MemoryMailbox {
    fn drop(&mut self) {
        self.exchange.lock().remove(&self.instance);
    }
}

#[async_trait]
impl Mailbox for MemoryMailbox {
    async fn ask(
        &self,
        _keys: &[SessionKey],
        instance: Uuid,
        tenant: Uuid,
        letter: Letter,
    ) -> Result<Receipt, MailError> {
        if letter.size() > LETTER_BYTES_MAX {
            return Err(MailError::TooLarge);
        }
        let recipient = self.exchange.lock().get(&instance).cloned().ok_or(MailError::Gone)?;
        Ok((recipient.deliver)(tenant, letter).await)
    }

    async fn tell_all(&self, _keys: &[SessionKey], tenant: Uuid, letter: Letter) {
        if letter.size() > LETTER_BYTES_MAX {
            return;
        }
        let others: Vec<Arc<Recipient>> = {
            let recipients = self.exchange.lock();
            let others = recipients.iter().filter(|(instance, _)| **instance != self.instance);
            others.map(|(_, recipient)| recipient.clone()).collect()
        };
        for recipient in others {
            (recipient.deliver)(tenant, letter.clone()).await;
        }
    }
}
