//! Progress tokens of calls under way on this node. Some servers report progress on the stream of no call; it is passed
//! on there, for calls of the same session that still run (T10).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use uuid::Uuid;

use crate::mcp::message::Message;
use crate::mcp::reserved;
use crate::mcp::splice::Splice;

type Tokens = HashMap<(Uuid, u64), Bytes>;

#[derive(Default)]
pub(crate) struct ProgressTokens {
    tokens: Arc<Mutex<Tokens>>,
}

/// Takes the token out when its call is over.
pub(super) struct ActiveToken {
    tokens: Arc<Mutex<Tokens>>,
    key: (Uuid, u64),
}

impl ProgressTokens {
    /// `token` is the client's; the upstream knows `upstream_id`.
    pub(super) fn enter(&self, session: Uuid, upstream_id: u64, token: Bytes) -> ActiveToken {
        let key = (session, upstream_id);
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(key, token);
        ActiveToken { tokens: Arc::clone(&self.tokens), key }
    }

    /// A progress notification with the client's token, if it is about a call of this session.
    pub(super) fn restored(&self, session: Uuid, message: &Message) -> Option<Bytes> {
        let (_, member) = message.find(Some(message.params()?), "progressToken")?;
        let upstream_id = std::str::from_utf8(message.slice(&member.value)).ok()?.parse().ok()?;
        let token = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&(session, upstream_id))?.clone();
        let mut splice = Splice::default();
        reserved::strip(message, &mut splice);
        splice.replace(member.value.clone(), token);
        Some(splice.apply(&message.body))
    }
}

impl Drop for ActiveToken {
    fn drop(&mut self) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_for_running_calls_of_its_own_session() {
        let (tokens, mine) = (ProgressTokens::default(), Uuid::from_u128(1));
        let text = |token: &str| {
            format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token}}}}}"#)
        };
        let heard = |session, token: &str| {
            tokens.restored(session, &Message::from_upstream(text(token).into()).expect("well formed"))
        };
        let active = tokens.enter(mine, 7, Bytes::from_static(b"\"tok\""));
        assert_eq!(heard(mine, "7"), Some(Bytes::from(text("\"tok\""))));
        assert_eq!(heard(Uuid::from_u128(2), "7"), None);
        assert_eq!(heard(mine, "8"), None);
        assert_eq!(heard(mine, "\"7\""), None);
        drop(active);
        assert_eq!(heard(mine, "7"), None);
    }
}
