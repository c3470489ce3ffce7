//! What is asked of Redis, and in which steps: each step that looks and then changes is one script.

use std::time::Duration;

use redis::{Cmd, FromRedisValue, ParsingError, Pipeline, Script, ScriptInvocation, Value};
use uuid::Uuid;

use super::value::Slot;
use crate::limits::SUBSCRIPTIONS_PER_SESSION_MAX;

/// The keys of one holder.
pub(super) struct Place {
    pub(super) held: String,
    pub(super) ended: String,
}

impl Place {
    pub(super) fn of(tenant: Uuid, holder: Uuid) -> Self {
        let (tenant, holder) = (tenant.simple(), holder.simple());
        Self { held: format!("pw:{{{tenant}}}:s:{holder}"), ended: format!("pw:{{{tenant}}}:e:{holder}") }
    }
}

/// Whether the session has ended, and what the slot holds; keeps it alive.
pub(super) fn load(place: &Place, slot: &Slot, idle: Duration) -> Pipeline {
    let mut load = redis::pipe();
    load.exists(&place.ended).hget(&place.held, slot.name()).pexpire(&place.held, millis(idle)).ignore();
    load
}

/// Everything that is known of a holder.
pub(super) fn all(place: &Place) -> Cmd {
    Cmd::hgetall(&place.held)
}

/// What became of a value that was to be stored.
pub(super) enum StoredAs {
    Kept,
    Ended,
    /// This one is there already.
    Present(Vec<u8>),
}

impl FromRedisValue for StoredAs {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        match value {
            Value::Int(1) => Ok(Self::Kept),
            Value::Int(0) => Ok(Self::Ended),
            other => Vec::from_redis_value(other).map(Self::Present),
        }
    }
}

pub(super) struct Scripts {
    save: Script,
    forget: Script,
    end: Script,
    remember: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            save: Script::new(SAVE),
            forget: Script::new(FORGET),
            end: Script::new(END),
            remember: Script::new(REMEMBER),
        }
    }
}

/// The first 16 bytes of a value are the id of the upstream session. Fields of the same server with another credential
/// are of no use any more.
const SAVE: &str = r"
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local present = redis.call('HGET', KEYS[1], ARGV[1])
if present then
  local id = string.sub(present, 1, 16)
  if id ~= ARGV[4] and id ~= string.sub(ARGV[3], 1, 16) then return present end
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, #ARGV[2]) == ARGV[2] then redis.call('HDEL', KEYS[1], field) end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
";

const FORGET: &str = r"
local present = redis.call('HGET', KEYS[1], ARGV[1])
if present and string.sub(present, 1, 16) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return nil
";

const END: &str = r"
local held = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[1])
return held
";

/// An empty value takes the field away. Only fields with the prefix are counted.
const REMEMBER: &str = r"
if redis.call('EXISTS', KEYS[2]) == 1 then return 1 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  return 1
end
if ARGV[2] ~= '' and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  local count = 0
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, 1, #ARGV[2]) == ARGV[2] then count = count + 1 end
  end
  if count >= tonumber(ARGV[4]) then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
";

impl Scripts {
    pub(super) fn save(
        &self,
        place: &Place,
        slot: &Slot,
        value: &[u8],
        instead_of: &[u8],
        idle: Duration,
    ) -> ScriptInvocation<'_> {
        let mut save = self.save.prepare_invoke();
        save.key(&place.held).key(&place.ended);
        save.arg(slot.name()).arg(slot.rivals()).arg(value).arg(instead_of).arg(millis(idle));
        save
    }

    pub(super) fn forget(&self, place: &Place, slot: &Slot, lost: Uuid) -> ScriptInvocation<'_> {
        let mut forget = self.forget.prepare_invoke();
        forget.key(&place.held).arg(slot.name()).arg(&lost.as_bytes()[..]);
        forget
    }

    pub(super) fn end(&self, place: &Place, ended: Duration) -> ScriptInvocation<'_> {
        let mut end = self.end.prepare_invoke();
        end.key(&place.held).key(&place.ended).arg(millis(ended));
        end
    }

    pub(super) fn remember(
        &self,
        place: &Place,
        slot: &Slot,
        value: Option<&[u8]>,
        idle: Duration,
    ) -> ScriptInvocation<'_> {
        let mut remember = self.remember.prepare_invoke();
        remember.key(&place.held).key(&place.ended);
        remember.arg(slot.name()).arg(slot.counted()).arg(value.unwrap_or_default());
        remember.arg(SUBSCRIPTIONS_PER_SESSION_MAX).arg(millis(idle));
        remember
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
