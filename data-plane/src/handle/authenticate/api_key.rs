//! API keys: looked up in the tenant's snapshot, which holds what is known of each but never its secret.
//!
//! "Unknown" is said only by a snapshot that can know: whoever made the key was answered after connected nodes had it,
//! so a node that is connected and up to date knows every key there is. A node that is not says 503.

use std::sync::Arc;

use aws_lc_rs::constant_time;
use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use proto::api_key::{ApiKeyFault, ApiKeyText};
use uuid::Uuid;

use super::{Caller, Credential, unauthenticated};
use crate::Node;
use crate::configuration::NotReady;
use crate::error::{Failure, TokenFault};
use crate::handle::route::Route;
use crate::limits::SNAPSHOT_WAIT;
use crate::map::HashSet;
use crate::snapshot::{ApiKey, PrincipalKind, Snapshot};

/// A key whose secret was right.
pub struct KeyInUse {
    key: Arc<ApiKey>,
}

/// Verifies an API key.
pub(super) async fn verify(node: &Node, route: &Route, text: &str) -> Result<Caller, Failure> {
    // A typo is told before anything is looked up, and makes the node subscribe to nothing. A checksum proves nothing,
    // though: how many tenants strangers can make a node follow is bounded by the pace of new subscriptions.
    let presented = ApiKeyText::parse(text).map_err(|fault| unauthenticated(fault.into()))?;
    let snapshot = node.configuration.known(route.tenant.id, SNAPSHOT_WAIT).await?;
    let (snapshot, key) = match snapshot.api_keys.get(&presented.id).cloned() {
        Some(key) => (snapshot, key),
        None => newer(node, &snapshot, presented.id).await?,
    };
    let given = digest(&SHA256, presented.secret.as_bytes());
    // The same words as for an unknown key: nobody learns that an id exists.
    constant_time::verify_slices_are_equal(given.as_ref(), &key.secret_sha256)
        .map_err(|_| unauthenticated(TokenFault::KeyUnknown))?;
    let principal_id = key.principal_id;
    let credential = Credential::ApiKey(Arc::new(KeyInUse { key }));
    let kind = credential.standing(node, &snapshot)?;
    Ok(Caller { snapshot, principal_id, kind, credential })
}

/// The key in a newer snapshot, if the one at hand may be older than the key.
async fn newer(node: &Node, snapshot: &Snapshot, id: Uuid) -> Result<(Arc<Snapshot>, Arc<ApiKey>), Failure> {
    let (configuration, tenant) = (&node.configuration, snapshot.tenant_id);
    if configuration.connected() && !configuration.is_current(tenant) {
        // Whether it came or not: what counts is what is known then.
        let _came = configuration.at_least(tenant, snapshot.revision + 1, SNAPSHOT_WAIT).await.is_ok();
    }
    // In this order: an update in between must not make an older snapshot look current.
    let is_current = configuration.is_current(tenant);
    let newest = configuration.snapshot(tenant).ok_or_else(NotReady::default)?;
    match newest.api_keys.get(&id).cloned() {
        Some(key) => Ok((newest, key)),
        None if is_current => Err(unauthenticated(TokenFault::KeyUnknown)),
        None => Err(NotReady::default().into()),
    }
}

impl KeyInUse {
    pub(super) fn id(&self) -> Uuid {
        self.key.id
    }

    /// Whether it is still good by this snapshot, and the kind of principal it stands for.
    pub(super) fn standing(&self, node: &Node, snapshot: &Snapshot) -> Result<PrincipalKind, Failure> {
        let now = node.clock.now();
        if self.expires().is_some_and(|end| end <= now) {
            return Err(unauthenticated(TokenFault::KeyExpired));
        }
        let withdrawn = self.not_withdrawn(snapshot);
        if withdrawn.is_ok() && node.configuration.stale(snapshot, now) {
            return Err(Failure::Stale);
        }
        withdrawn
    }

    /// Whether it is there still, and its principal.
    pub(super) fn not_withdrawn(&self, snapshot: &Snapshot) -> Result<PrincipalKind, Failure> {
        // An id never comes back with another secret.
        let Some(key) = snapshot.api_keys.get(&self.key.id) else {
            return Err(unauthenticated(TokenFault::KeyUnknown));
        };
        match snapshot.principals.get(&key.principal_id) {
            Some(principal) if principal.active => Ok(principal.kind),
            _ => Err(unauthenticated(TokenFault::Revoked)),
        }
    }

    pub(super) fn expires(&self) -> Option<DateTime<Utc>> {
        let end = i64::try_from(self.key.expires_unix_ms?).unwrap_or(i64::MAX);
        DateTime::from_timestamp_millis(end)
    }

    pub(super) fn servers(&self) -> Option<&HashSet<Uuid>> {
        self.key.server_ids.as_ref()
    }
}

impl From<ApiKeyFault> for TokenFault {
    fn from(fault: ApiKeyFault) -> Self {
        match fault {
            ApiKeyFault::Shape => Self::KeyMalformed,
            ApiKeyFault::Checksum => Self::KeyChecksum,
        }
    }
}
