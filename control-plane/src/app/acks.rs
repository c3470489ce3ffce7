//! Whether every connected node knows a change, whichever replica of the control plane it is connected to.
//!
//! A replica sees the acknowledgements of its own nodes only, so it asks the others and adds up. One that does not
//! answer counts as a node that does not know: the answer never pretends.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::replicas;
use crate::domain::ids::TenantId;
use crate::domain::limits::ACK_WAIT_MAX_MS;
use crate::state::App;
use crate::store::Asked;

/// Waits until every connected node that follows the tenant has applied `revision` with the resource in it, and answers
/// how many have not within the bound.
pub async fn pending(app: &App, tenant: TenantId, revision: u64, resource: Uuid) -> usize {
    let within = Duration::from_millis(ACK_WAIT_MAX_MS);
    let here = app.nodes.pending(tenant, revision, Some(resource), within);
    let elsewhere = replicas::ask(app, Asked::Pending { tenant, revision, resource }, Instant::now() + within);
    let (here, elsewhere) = tokio::join!(here, elsewhere);
    let elsewhere = match elsewhere {
        Ok(heard) => heard.silent + heard.answers.iter().map(|(_, pending)| pending).sum::<usize>(),
        Err(error) => {
            tracing::warn!(tenant.id = %tenant, %error, "other replicas cannot be asked");
            1
        }
    };
    here + elsewhere
}
