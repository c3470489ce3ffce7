//! Phase 6: what opens the upstream's door for this caller. Most servers carry it in the snapshot; where each caller has
//! one of their own, it is leased.

use std::sync::Arc;

use http::HeaderMap;

use super::authenticate::{Caller, bearer};
use crate::Node;
use crate::error::{Failure, Need};
use crate::leases::LeaseKey;
use crate::snapshot::{OutboundAuth, Server};
use crate::upstream::UpstreamFault;

/// The server as this caller calls it.
pub(super) async fn attach(
    node: &Node,
    caller: &Caller,
    server: Arc<Server>,
    headers: &HeaderMap,
) -> Result<Arc<Server>, Failure> {
    let OutboundAuth::PerUser { version: auth } = server.outbound_auth else { return Ok(server) };
    let principal = caller.snapshot.principals.get(&caller.principal_id).ok_or(Failure::NotFound)?;
    let key = LeaseKey {
        tenant: caller.snapshot.tenant_id,
        principal: caller.principal_id,
        server: server.id,
        credentials: principal.credentials,
        auth,
    };
    let lease = node.leases.get(&*node.clock, key, bearer(headers)?).await?;
    lease.open(&server, key)
}

/// A refusal by the upstream is the person's affair where the credential is theirs.
pub(super) fn explain(failure: Failure, connect_url: Option<&Arc<str>>) -> Failure {
    match (failure, connect_url) {
        (Failure::Upstream(UpstreamFault::CredentialRefused), Some(url)) => {
            Failure::CredentialRequired(Need::new("credential.refused", url))
        }
        (failure, _) => failure,
    }
}
