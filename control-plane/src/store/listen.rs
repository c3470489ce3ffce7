//! Learns what other replicas commit: LISTEN on PostgreSQL, and a poll as the net under it. Both only feed
//! `ChangeFeed`; a lost or doubled message costs nothing but a read. The same connection hears what replicas say
//! to each other; of calls that they stored a loss is passed on as such.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::changes::NOTIFY_CHANNEL;
use super::entity::tenant_head;
use super::new_calls::CALLS_CHANNEL;
use super::replicas::REPLICA_CHANNEL;
use super::{Changed, Said, Store, SystemStore, db_error};
use crate::domain::ids::TenantId;
use crate::domain::{Error, Result};

const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);
/// Tenants asked for by one query.
pub(super) const QUERY_TENANTS_MAX: usize = 1_000;

impl Store {
    /// Listens until `shutdown`, reconnecting with back-off. On SQLite there is nobody else to listen to.
    pub async fn listen(&self, shutdown: CancellationToken) {
        let Some(url) = &self.listen_url else { return };
        let mut back_off = BACK_OFF_MIN;
        loop {
            let error = tokio::select! {
                () = shutdown.cancelled() => return,
                ended = self.hear(url, &mut back_off) => ended,
            };
            tracing::warn!(%error, "the connection that listens for changes broke; polling meanwhile");
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(back_off) => back_off = (back_off * 2).min(BACK_OFF_MAX),
            }
        }
    }

    /// Publishes the present revisions of `tenants`, and that the directory may have changed.
    pub async fn poll(&self, tenants: &[TenantId]) -> Result<()> {
        let revisions = self.system_read().await?.list_revisions(tenants).await?;
        for (id, revision) in revisions {
            self.feed.publish(Changed::Tenant { id, revision });
        }
        self.feed.publish(Changed::Directory);
        Ok(())
    }
}

impl Store {
    /// Passes on what arrives until the connection breaks.
    async fn hear(&self, url: &SecretString, back_off: &mut Duration) -> sqlx::Error {
        let connect = async {
            let mut listener = PgListener::connect(url.expose_secret()).await?;
            listener.listen_all([NOTIFY_CHANNEL, REPLICA_CHANNEL, CALLS_CHANNEL]).await?;
            Ok(listener)
        };
        let mut listener = match connect.await {
            Ok(listener) => listener,
            Err(error) => return error,
        };
        *back_off = BACK_OFF_MIN;
        // Of what changes, the poll will tell; of calls, nobody would.
        self.miss_calls();
        loop {
            // `recv` would connect again without a word.
            match listener.try_recv().await {
                Ok(None) => self.miss_calls(),
                Ok(Some(message)) if message.channel() == CALLS_CHANNEL => self.pass_on_calls(message.payload()),
                Ok(Some(message)) if message.channel() == REPLICA_CHANNEL => match Said::parse(message.payload()) {
                    // Nobody waiting for it is fine.
                    Some(said) => drop(self.replicas.send(said)),
                    None => tracing::warn!("what another replica says does not parse"),
                },
                Ok(Some(message)) => match parse(message.payload()) {
                    Some(changed) => self.feed.publish(changed),
                    None => tracing::warn!("a notification of changes does not parse"),
                },
                Err(error) => {
                    self.miss_calls();
                    return error;
                }
            }
        }
    }
}

impl SystemStore {
    /// The present revisions of tenants.
    pub async fn list_revisions(&self, tenants: &[TenantId]) -> Result<HashMap<TenantId, u64>> {
        let mut revisions = HashMap::with_capacity(tenants.len());
        for some in tenants.chunks(QUERY_TENANTS_MAX) {
            let heads = tenant_head::Entity::find()
                .filter(tenant_head::Column::TenantId.is_in(some.iter().map(|id| id.0)))
                .all(&self.tx)
                .await
                .map_err(db_error)?;
            for head in heads {
                let revision = u64::try_from(head.revision).map_err(Error::internal)?;
                revisions.insert(TenantId(head.tenant_id), revision);
            }
        }
        Ok(revisions)
    }
}

/// `directory`, or tenant and revision.
fn parse(payload: &str) -> Option<Changed> {
    if payload == "directory" {
        return Some(Changed::Directory);
    }
    let (tenant, revision) = payload.split_once(' ')?;
    Some(Changed::Tenant { id: TenantId(Uuid::parse_str(tenant).ok()?), revision: revision.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications() {
        let id = TenantId(Uuid::from_u128(7));
        assert_eq!(parse("directory"), Some(Changed::Directory));
        assert_eq!(parse(&format!("{} 12", id.0)), Some(Changed::Tenant { id, revision: 12 }));
        for bad in ["", "x", "x 1", &format!("{}", id.0), &format!("{} -1", id.0)] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
