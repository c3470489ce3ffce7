//! What the control plane knows about nodes and tenants, as an operator sees it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::finding::Report;
use crate::platform::Api;

#[derive(Deserialize)]
struct Node {
    name: String,
    revoked_at: Option<String>,
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    node_id: String,
    version: String,
    connected_at: DateTime<Utc>,
    tenants: Vec<Followed>,
}

#[derive(Deserialize)]
struct Followed {
    lag: u64,
    rejects: Vec<Value>,
}

/// Where a tenant is reached.
#[derive(Debug, Deserialize)]
pub(super) struct Tenant {
    pub(super) slug: String,
    pub(super) issuer: String,
    pub(super) gateway_origins: Vec<String>,
    status: String,
}

impl Tenant {
    /// As it must be, where nobody can be asked.
    pub(super) fn named(slug: &str, url: &Url, gateway: Option<&Url>) -> Self {
        let origin = url.origin().ascii_serialization();
        let gateway = gateway.unwrap_or(url).origin().ascii_serialization();
        let issuer = format!("{origin}/t/{slug}");
        Self { slug: slug.to_owned(), issuer, gateway_origins: vec![gateway], status: "active".to_owned() }
    }

    pub(super) fn at(mut self, gateway: Option<&Url>) -> Self {
        if let Some(gateway) = gateway {
            self.gateway_origins = vec![gateway.origin().ascii_serialization()];
        }
        self
    }
}

pub(super) async fn check(platform: &Api, now: DateTime<Utc>, report: &mut Report) {
    let nodes: Vec<Node> = match platform.list(&["nodes"]).await {
        Ok(nodes) => nodes,
        Err(error) => {
            return report.fail("nodes", format!("{error:#}"), "is the token an operator's of this deployment?");
        }
    };
    report.ok("database", "answers through the API");
    let enrolled: Vec<&Node> = nodes.iter().filter(|node| node.revoked_at.is_none()).collect();
    let streams: Vec<&Stream> = enrolled.iter().flat_map(|node| &node.streams).collect();
    if streams.is_empty() {
        let found = format!("{} enrolled, none connected", enrolled.len());
        report.fail(
            "nodes",
            found,
            "enrol and start one: docs/deployment.md; else docs/runbooks/PortwayNoNodeConnected.md",
        );
        return;
    }
    for node in enrolled.iter().filter(|node| node.streams.is_empty()) {
        let todo = "start it, or `portway node revoke` it";
        report.warn(&format!("node {}", node.name), "enrolled, and not connected", todo);
    }
    for stream in &streams {
        stream_of(stream, now, report);
    }
    let versions: BTreeSet<&str> = streams.iter().map(|stream| stream.version.as_str()).collect();
    let found = versions.iter().copied().collect::<Vec<_>>().join(", ");
    if versions.len() > 1 {
        report.warn("versions of nodes", found, "fine during an update; bring them to one version afterwards");
    } else {
        report.ok("versions of nodes", found);
    }
}

fn stream_of(stream: &Stream, now: DateTime<Utc>, report: &mut Report) {
    let subject = format!("node {}", stream.node_id);
    let minutes = (now - stream.connected_at).num_minutes().max(0);
    let rejects: usize = stream.tenants.iter().map(|tenant| tenant.rejects.len()).sum();
    let lag = stream.tenants.iter().map(|tenant| tenant.lag).max().unwrap_or_default();
    let found =
        format!("{} tenants, connected for {minutes} min, {lag} behind, {rejects} rejected", stream.tenants.len());
    if rejects > 0 {
        report.fail(&subject, found, "docs/runbooks/PortwayConfigRejected.md");
    } else if lag > 0 {
        report.warn(
            &subject,
            found,
            "ask again in a moment; if it stays behind: docs/runbooks/PortwayConnectionFlaps.md",
        );
    } else {
        report.ok(&subject, found);
    }
}

/// The tenant to look at closely.
pub(super) async fn tenant(platform: &Api, slug: Option<&str>, report: &mut Report) -> Option<Tenant> {
    let tenants: Vec<Tenant> = match platform.list(&["tenants"]).await {
        Ok(tenants) => tenants,
        Err(error) => {
            report.fail("tenants", format!("{error:#}"), "is the token an operator's of this deployment?");
            return None;
        }
    };
    let found = format!("{} of them", tenants.len());
    let chosen = tenants.into_iter().find(|tenant| match slug {
        Some(slug) => tenant.slug == slug,
        None => tenant.status == "active",
    });
    match (&chosen, slug) {
        (Some(tenant), _) if tenant.status == "active" => report.ok("tenants", found),
        (Some(tenant), _) => {
            report.warn(
                "tenants",
                format!("{} is {}", tenant.slug, tenant.status),
                "`portway tenant resume`, or name another",
            );
        }
        (None, Some(slug)) => report.fail("tenants", format!("there is no {slug}"), "see `portway tenant list`"),
        (None, None) => report.warn("tenants", "there is none", "`portway tenant create`"),
    }
    chosen
}
