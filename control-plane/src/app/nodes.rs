//! Enrolment of data-plane nodes by operators, and who a connecting node is.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use uuid::Uuid;

use super::replicas;
use crate::crypto::tokens;
use crate::domain::audit::Actor;
use crate::domain::ids::{NodeId, TenantId};
use crate::domain::limits::ACK_WAIT_MAX_MS;
use crate::domain::node::{self, NODE_SECRET_PREFIX, NodeIdentity};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::{Error, Result};
use crate::nodes::{DRAIN, NodeStatus};
use crate::state::App;
use crate::store::Asked;

/// Enrols a node for one pool and answers its secret, which is shown once.
pub async fn enrol(app: &App, actor: Actor, name: &str, pool: &str) -> Result<(NodeIdentity, SecretString)> {
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
        draining_since: None,
    };
    store.insert_node_identity(&identity, tokens::sha256(&secret)).await?;
    store.commit().await?;
    tracing::info!(node.identity = %identity.id, name, pool, ?actor, "node enrolled");
    Ok((identity, secret))
}

/// An enrolled node and its live streams.
#[derive(Debug, Clone)]
pub struct NodeReport {
    pub identity: NodeIdentity,
    pub streams: Vec<NodeStatus>,
    /// The present revision of each tenant that the streams follow.
    pub revisions: HashMap<TenantId, u64>,
    /// What those tenants are called; empty in lists.
    pub slugs: HashMap<TenantId, String>,
    /// Replicas that did not say which nodes they have: streams may be missing.
    pub silent_replicas: usize,
}

/// Newest first; revoked ones too.
pub async fn list(app: &App, page: PageRequest<Created>) -> Result<Page<NodeReport>> {
    let live = live(app).await;
    let store = app.store.system_read().await?;
    let revisions = store.list_revisions(&followed(&live.streams)).await?;
    let identities = store.list_node_identities(page).await?;
    Ok(identities.map(|identity| {
        let streams = live.of(identity.id);
        let known = followed(&streams).into_iter().filter_map(|id| Some((id, *revisions.get(&id)?))).collect();
        NodeReport { identity, streams, revisions: known, slugs: HashMap::new(), silent_replicas: live.silent }
    }))
}

/// One node, and what the tenants that it follows are called.
pub async fn get(app: &App, id: NodeId) -> Result<NodeReport> {
    let live = live(app).await;
    let streams = live.of(id);
    let followed = followed(&streams);
    let store = app.store.system_read().await?;
    let identity = store.get_node_identity(id).await?;
    let (revisions, slugs) = (store.list_revisions(&followed).await?, store.list_slugs(&followed).await?);
    Ok(NodeReport { identity, streams, revisions, slugs, silent_replicas: live.silent })
}

/// Streams of nodes to any replica.
struct Live {
    streams: Vec<NodeStatus>,
    /// Replicas that did not say.
    silent: usize,
}

impl Live {
    fn of(&self, id: NodeId) -> Vec<NodeStatus> {
        self.streams.iter().filter(|one| one.identity_id == id).cloned().collect()
    }
}

async fn live(app: &App) -> Live {
    let mut live = elsewhere(app).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "other replicas cannot be asked for their nodes");
        Live { streams: Vec::new(), silent: 1 }
    });
    live.streams.extend(app.nodes.list());
    live
}

async fn elsewhere(app: &App) -> Result<Live> {
    let deadline = Instant::now() + Duration::from_millis(ACK_WAIT_MAX_MS);
    let heard = replicas::ask(app, Asked::Nodes, deadline).await?;
    let with_nodes: Vec<Uuid> = heard.answers.iter().filter(|(_, nodes)| *nodes > 0).map(|(id, _)| *id).collect();
    if with_nodes.is_empty() {
        return Ok(Live { streams: Vec::new(), silent: heard.silent });
    }
    let shown = app.store.system_read().await?.list_shown_nodes(&with_nodes).await?;
    // What is gone again, or not understood, was not said.
    let silent = heard.silent + with_nodes.len() - shown.len();
    Ok(Live { streams: shown.into_iter().flatten().collect(), silent })
}

fn followed(streams: &[NodeStatus]) -> Vec<TenantId> {
    let ids: BTreeSet<TenantId> = streams.iter().flat_map(|one| one.acked.keys().copied()).collect();
    ids.into_iter().collect()
}

/// Wants a node to be empty, or to be in use again. Its processes hear it now on this replica, and within the next poll
/// on others; those that start later hear it first of all.
pub async fn drain(app: &App, actor: Actor, id: NodeId, on: bool) -> Result<NodeReport> {
    // Before the transaction: other replicas are asked, and whoever writes would wait for their answers.
    if on && !live(app).await.of(id).iter().all(|stream| stream.can(DRAIN)) {
        let public =
            "a connected process of this node is of a version that cannot be drained: stop it, it ends its calls first";
        return Err(Error::conflict("node.too_old", public));
    }
    let store = app.store.system().await?;
    let identity = store.get_node_identity(id).await?;
    if identity.revoked_at.is_some() {
        return Err(Error::conflict("node.revoked", "this node is revoked: stop its processes"));
    }
    store.set_node_draining(id, on).await?;
    store.commit().await?;
    app.nodes.drain(id, on);
    tracing::info!(node.identity = %id, on, ?actor, "node is to be drained, or no longer");
    get(app, id).await
}

/// Revokes a node; its live streams end now on this replica and within the next poll on others.
pub async fn revoke(app: &App, actor: Actor, id: NodeId) -> Result<()> {
    let store = app.store.system().await?;
    store.revoke_node_identity(id).await?;
    store.commit().await?;
    app.nodes.revoke(id);
    tracing::info!(node.identity = %id, ?actor, "node revoked");
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

/// Does what was decided through another replica: ends streams of identities that were revoked, and tells those that
/// are to be empty, or no longer.
pub async fn follow_decisions(app: &App) -> Result<()> {
    let connected = app.nodes.identities();
    if connected.is_empty() {
        return Ok(());
    }
    let enrolled = app.store.system_read().await?.list_enrolled(&connected).await?;
    for id in connected {
        match enrolled.get(&id) {
            Some(&draining) => app.nodes.drain(id, draining),
            None => app.nodes.revoke(id),
        }
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
