//! Operators' API: enrolled nodes and what they are doing.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{PageQuery, PageView};
use crate::app::nodes::{self, NodeReport};
use crate::domain::audit::Actor;
use crate::domain::ids::{NodeId, TenantId};
use crate::domain::node::NodeIdentity;
use crate::http::extract::{Json, Operator, Query, Target};
use crate::http::problem::Problem;
use crate::nodes::{NodeLoad, NodeStatus};
use crate::state::App;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeBody {
    name: String,
    /// The tenants of this pool are all the node ever learns of.
    pool: String,
}

/// A fresh node identity.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewNodeView {
    node: NodeIdentityView,
    /// The enrolment secret, shown this once.
    secret: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeIdentityView {
    id: NodeId,
    name: String,
    pool: String,
    created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<DateTime<Utc>>,
    /// Since when it is to be empty; absent: it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    draining_since: Option<DateTime<Utc>>,
}

/// What to change; absent members stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodePatch {
    /// Whether the node is to be empty: it says that it is not ready, and sends streams and connections elsewhere.
    draining: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeView {
    #[serde(flatten)]
    node: NodeIdentityView,
    /// Live streams of its processes.
    streams: Vec<StreamView>,
    /// How many replicas of the control plane did not say which nodes they have: streams may be missing.
    silent_replicas: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamView {
    /// As the node calls itself.
    node_id: String,
    /// One per process.
    instance_id: Uuid,
    version: String,
    region: String,
    capabilities: Vec<String>,
    connected_at: DateTime<Utc>,
    directory_revision: u64,
    /// As of its last heartbeat, a second ago at most; absent: it is of a version that does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    load: Option<LoadView>,
    tenants: Vec<FollowedView>,
}

/// What a process of a node is busy with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoadView {
    /// Calls under way, without streams.
    calls: u32,
    /// Streams that have no end of their own: clients that listen.
    streams: u32,
    /// Client sessions that it has served lately.
    sessions: u32,
    /// It says that it is not ready: it is to be empty, or it stops.
    draining: bool,
}

impl From<NodeLoad> for LoadView {
    fn from(NodeLoad { calls, streams, sessions, draining }: NodeLoad) -> Self {
        Self { calls, streams, sessions, draining }
    }
}

/// A tenant that the node follows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowedView {
    tenant_id: TenantId,
    /// What the tenant is called; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    acknowledged_revision: u64,
    /// Revisions behind the present one.
    lag: u64,
    rejects: Vec<RejectView>,
}

/// A resource that the node did not take.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RejectView {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<Uuid>,
    reason: String,
}

impl From<NodeIdentity> for NodeIdentityView {
    fn from(node: NodeIdentity) -> Self {
        let NodeIdentity { id, name, pool, created_at, revoked_at, draining_since } = node;
        Self { id, name, pool, created_at, revoked_at, draining_since }
    }
}

impl From<NodeReport> for NodeView {
    fn from(report: NodeReport) -> Self {
        let NodeReport { identity, streams, revisions, slugs, silent_replicas } = report;
        let present = |id: &TenantId| revisions.get(id).copied().unwrap_or_default();
        let streams = streams.into_iter().map(|status| stream(status, present, &slugs)).collect();
        Self { node: identity.into(), streams, silent_replicas }
    }
}

fn stream(status: NodeStatus, present: impl Fn(&TenantId) -> u64, slugs: &HashMap<TenantId, String>) -> StreamView {
    let mut rejects = status.rejects;
    let mut tenants: Vec<FollowedView> = status
        .acked
        .into_iter()
        .map(|(tenant_id, acknowledged_revision)| FollowedView {
            tenant_id,
            slug: slugs.get(&tenant_id).cloned(),
            acknowledged_revision,
            lag: present(&tenant_id).saturating_sub(acknowledged_revision),
            rejects: rejects
                .remove(&tenant_id)
                .unwrap_or_default()
                .into_iter()
                .map(|one| RejectView { kind: one.kind, resource_id: one.resource_id, reason: one.reason })
                .collect(),
        })
        .collect();
    tenants.sort_unstable_by_key(|one| one.tenant_id);
    StreamView {
        node_id: status.node_id,
        instance_id: status.instance_id,
        version: status.version,
        region: status.region,
        capabilities: status.capabilities,
        connected_at: status.connected_at,
        directory_revision: status.directory_acked,
        load: status.load.map(LoadView::from),
        tenants,
    }
}

/// Enrol a node.
#[utoipa::path(post, path = "/api/v1/platform/nodes", tag = "platform", operation_id = "platform_enrol_node",
    request_body = NodeBody, responses((status = 201, body = NewNodeView)))]
pub(crate) async fn enrol(
    State(app): State<Arc<App>>,
    Operator(operator): Operator,
    Json(body): Json<NodeBody>,
) -> Result<(StatusCode, Json<NewNodeView>), Problem> {
    let (node, secret) = nodes::enrol(&app, Actor::Operator(operator), &body.name, &body.pool).await?;
    let view = NewNodeView { node: node.into(), secret: secret.expose_secret().to_owned() };
    Ok((StatusCode::CREATED, Json(view)))
}

/// List nodes, newest first, with their live streams.
#[utoipa::path(get, path = "/api/v1/platform/nodes", tag = "platform", operation_id = "platform_list_nodes",
    params(PageQuery), responses((status = 200, body = PageView<NodeView>)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    _: Operator,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<NodeView>>, Problem> {
    Ok(Json(PageView::of(nodes::list(&app, query.parse()?).await?)))
}

/// One node with its live streams.
#[utoipa::path(get, path = "/api/v1/platform/nodes/{node}", tag = "platform", operation_id = "platform_get_node",
    params(("node" = NodeId, Path)), responses((status = 200, body = NodeView)))]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    _: Operator,
    Target(id): Target<NodeId>,
) -> Result<Json<NodeView>, Problem> {
    Ok(Json(nodes::get(&app, id).await?.into()))
}

/// Drain a node, or put it into use again.
#[utoipa::path(patch, path = "/api/v1/platform/nodes/{node}", tag = "platform", operation_id = "platform_update_node",
    params(("node" = NodeId, Path)), request_body = NodePatch, responses((status = 200, body = NodeView)))]
pub(crate) async fn update(
    State(app): State<Arc<App>>,
    Operator(operator): Operator,
    Target(id): Target<NodeId>,
    Json(patch): Json<NodePatch>,
) -> Result<Json<NodeView>, Problem> {
    let report = match patch.draining {
        Some(on) => nodes::drain(&app, Actor::Operator(operator), id, on).await?,
        None => nodes::get(&app, id).await?,
    };
    Ok(Json(report.into()))
}

/// Revoke a node: its live streams end.
#[utoipa::path(delete, path = "/api/v1/platform/nodes/{node}", tag = "platform",
    operation_id = "platform_revoke_node", params(("node" = NodeId, Path)), responses((status = 204)))]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Operator(operator): Operator,
    Target(id): Target<NodeId>,
) -> Result<StatusCode, Problem> {
    nodes::revoke(&app, Actor::Operator(operator), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
