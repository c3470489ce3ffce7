//! Enrolment of data-plane nodes by operators, and who a connecting node is.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};

use crate::crypto::tokens;
use crate::domain::ids::{NodeId, TenantId};
use crate::domain::node::{self, NODE_SECRET_PREFIX, NodeIdentity};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};
use crate::nodes::NodeStatus;
use crate::state::App;

/// Enrols a node for one pool and answers its secret, which is shown once.
pub async fn enrol(app: &App, name: &str, pool: &str) -> Result<(NodeIdentity, SecretString)> {
    node::check_name(name)?;
    node::check_pool(pool)?;
    let secret = tokens::opaque(NODE_SECRET_PREFIX)?;
    let store = app.store.system().await?;
    let identity = NodeIdentity {
        id: NodeId(store.new_id()),
        name: name.to_owned(),
        pool: pool.to_owned(),
        created_at: store.now(),
        revoked_at: None,
    };
    store.insert_node_identity(&identity, tokens::sha256(&secret)).await?;
    store.commit().await?;
    tracing::info!(node.identity = %identity.id, name, pool, "node enrolled");
    Ok((identity, secret))
}

/// An enrolled node and its live streams, as this replica sees them.
#[derive(Debug, Clone)]
pub struct NodeReport {
    pub identity: NodeIdentity,
    pub streams: Vec<NodeStatus>,
    /// The present revision of each tenant that the streams follow.
    pub revisions: HashMap<TenantId, u64>,
}

/// Newest first; revoked ones too.
pub async fn list(app: &App, page: PageRequest<Created>) -> Result<Page<NodeReport>> {
    let live = app.nodes.list();
    let store = app.store.system_read().await?;
    let revisions = store.list_revisions(&app.nodes.tenants()).await?;
    let identities = store.list_node_identities(page).await?;
    Ok(identities.map(|identity| {
        let streams: Vec<_> = live.iter().filter(|one| one.identity_id == identity.id).cloned().collect();
        let followed = streams.iter().flat_map(|one| one.acked.keys());
        let revisions = followed.filter_map(|id| revisions.get(id).map(|revision| (*id, *revision))).collect();
        NodeReport { identity, streams, revisions }
    }))
}

/// Revokes a node; its live streams end now on this replica and within the next poll on others.
pub async fn revoke(app: &App, id: NodeId) -> Result<()> {
    let store = app.store.system().await?;
    store.revoke_node_identity(id).await?;
    store.commit().await?;
    app.nodes.revoke(id);
    tracing::info!(node.identity = %id, "node revoked");
    Ok(())
}

/// Who presents this enrolment secret. Unknown and revoked are refused alike.
pub async fn authenticate(app: &App, secret: &SecretString) -> Result<NodeIdentity> {
    let text = secret.expose_secret();
    if !text.starts_with(NODE_SECRET_PREFIX) || text.len() != NODE_SECRET_PREFIX.len() + tokens::SECRET_CHARS {
        return Err(Error::Unauthenticated);
    }
    let digest = tokens::sha256(secret);
    match app.store.system_read().await?.find_node_identity(digest).await? {
        Some((identity, stored)) if identity.revoked_at.is_none() && tokens::same_digest(&stored, &digest) => {
            Ok(identity)
        }
        _ => Err(Error::Unauthenticated),
    }
}

/// Ends streams of identities that were revoked through another replica.
pub async fn enforce_revocations(app: &App) -> Result<()> {
    let connected = app.nodes.identities();
    if connected.is_empty() {
        return Ok(());
    }
    let enrolled = app.store.system_read().await?.list_enrolled(&connected).await?;
    for revoked in connected.into_iter().filter(|id| !enrolled.contains(id)) {
        app.nodes.revoke(revoked);
    }
    Ok(())
}

/// Publishes the present state to streams that may have missed a change.
pub async fn poll(app: &App) -> Result<()> {
    if app.nodes.identities().is_empty() {
        return Ok(());
    }
    app.store.poll(&app.nodes.tenants()).await
}
