//! What replicas tell each other of calls that they stored: where in the log they lie, never what they are. On SQLite
//! there is nobody to tell.

use chrono::DateTime;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use tokio::sync::broadcast;
use uuid::Uuid;

use super::{Pools, Store, db_error};
use crate::domain::Result;
use crate::domain::call::CallPlace;
use crate::domain::ids::{CallRecordId, TenantId};

/// Channel of LISTEN/NOTIFY.
pub(super) const CALLS_CHANNEL: &str = "portway_calls";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewCalls {
    Stored {
        tenant: TenantId,
        calls: Vec<CallPlace>,
    },
    /// Some that nobody was told of, of any tenant.
    Missed,
}

impl NewCalls {
    fn to_text(&self) -> String {
        match self {
            Self::Stored { tenant, calls } => {
                let place =
                    |call: &CallPlace| format!("{:x}-{}", call.started_at.timestamp_micros(), call.id.0.simple());
                let places: Vec<_> = calls.iter().map(place).collect();
                format!("stored {} {}", tenant.0.simple(), places.join(","))
            }
            Self::Missed => "missed".to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "missed" {
            return Some(Self::Missed);
        }
        let (tenant, places) = text.strip_prefix("stored ")?.split_once(' ')?;
        let calls = places.split(',').map(|place| {
            let (micros, id) = place.split_once('-')?;
            let started_at = DateTime::from_timestamp_micros(i64::from_str_radix(micros, 16).ok()?)?;
            Some(CallPlace { started_at, id: CallRecordId(Uuid::parse_str(id).ok()?) })
        });
        Some(Self::Stored { tenant: TenantId(Uuid::parse_str(tenant).ok()?), calls: calls.collect::<Option<_>>()? })
    }
}

impl Store {
    /// Whether other replicas may be at work on this database.
    pub fn is_shared(&self) -> bool {
        self.listen_url.is_some()
    }

    /// What other replicas store from now on; `None` where there can be none.
    pub fn hear_calls(&self) -> Option<broadcast::Receiver<NewCalls>> {
        self.is_shared().then(|| self.new_calls.subscribe())
    }

    /// At most [`TAIL_TOLD_MAX`] calls at once. They must be committed.
    ///
    /// [`TAIL_TOLD_MAX`]: crate::domain::limits::TAIL_TOLD_MAX
    pub async fn tell_calls(&self, new: &NewCalls) -> Result<()> {
        let Pools::Postgres { system, .. } = &self.pools else { return Ok(()) };
        let text = format!("{} {}", self.replica_id.simple(), new.to_text());
        let values = [CALLS_CHANNEL.into(), text.into()];
        let notify = Statement::from_sql_and_values(DatabaseBackend::Postgres, "SELECT pg_notify($1, $2)", values);
        system.query_one_raw(notify).await.map_err(db_error)?;
        Ok(())
    }

    /// Passes on what another replica says; what this one said comes back too.
    pub(super) fn pass_on_calls(&self, text: &str) {
        let Some((by, new)) = text.split_once(' ') else { return self.miss_calls() };
        if Uuid::parse_str(by).is_ok_and(|by| by == self.replica_id) {
            return;
        }
        match NewCalls::parse(new) {
            // Nobody waiting for it is fine.
            Some(new) => drop(self.new_calls.send(new)),
            None => self.miss_calls(),
        }
    }

    /// The connection that listens was not there, or what it heard makes no sense.
    pub(super) fn miss_calls(&self) {
        drop(self.new_calls.send(NewCalls::Missed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::TAIL_TOLD_MAX;

    fn stored(count: usize) -> NewCalls {
        let place = |number| CallPlace {
            started_at: DateTime::from_timestamp_micros(9_999_999_999_999_999 - number as i64).unwrap(),
            id: CallRecordId(Uuid::from_u128(u128::MAX - number as u128)),
        };
        NewCalls::Stored { tenant: TenantId(Uuid::max()), calls: (0..count).map(place).collect() }
    }

    #[test]
    fn what_replicas_say_of_calls() {
        for new in [NewCalls::Missed, stored(1), stored(3)] {
            assert_eq!(NewCalls::parse(&new.to_text()), Some(new));
        }
        for bad in ["", "missed x", "stored", "stored x 1-2", "stored 00000000000000000000000000000001 ", "hello 1 2"] {
            assert_eq!(NewCalls::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_longest_message_fits_into_a_notification() {
        assert!(Uuid::max().simple().to_string().len() + 1 + stored(TAIL_TOLD_MAX).to_text().len() < 8_000);
    }
}
