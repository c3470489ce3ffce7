//! What the admin ports say: a control plane in words, a node in JSON.

use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::finding::{Report, words};

/// Snapshots older than this are worth a look: a node hears every second.
const SNAPSHOT_AGE_MS_MAX: u64 = 60_000;

#[derive(Deserialize)]
struct NodeReadiness {
    ready: bool,
    connected: bool,
    snapshots: u64,
    snapshot_age_ms: u64,
    redis: String,
}

pub(super) async fn check(client: &Client, admin: &Url, report: &mut Report) {
    let subject = admin.origin().ascii_serialization();
    let mut url = admin.clone();
    url.set_path("/ready");
    let (status, text) = match ask(client, url).await {
        Ok(answer) => answer,
        Err(error) => {
            let todo = "is it running, and may this machine reach its admin port?";
            return report.fail(&subject, words(&error), todo);
        }
    };
    let Ok(node) = serde_json::from_str::<NodeReadiness>(&text) else {
        let todo = "`migration(s) pending`: run `portway-control-plane migrate`; `host refused`: add the name to admin_hosts; \
                    `database unreachable`: docs/runbooks/PortwayControlPlaneDown.md";
        return report.check(status == 200, &subject, text.trim(), todo);
    };
    let age = format!("{} tenants, heard {} ms ago", node.snapshots, node.snapshot_age_ms);
    let not_connected = "docs/runbooks/PortwayNodeCutOff.md";
    if !node.ready {
        report.fail(
            &subject,
            "the node is not ready",
            "it has never heard the control plane, or is stopping; see its log",
        );
    } else if !node.connected || node.snapshot_age_ms > SNAPSHOT_AGE_MS_MAX {
        report.warn(&subject, format!("the node serves without the control plane: {age}"), not_connected);
    } else {
        report.ok(&subject, age);
    }
    match node.redis.as_str() {
        "up" => report.ok(&format!("{subject}, Redis"), "answers"),
        "none" => report.warn(
            &format!("{subject}, Redis"),
            "none is set",
            "right for one node; several share sessions and limits through one",
        ),
        _ => report.fail(&format!("{subject}, Redis"), "away", "docs/runbooks/PortwayRedisAway.md"),
    }
}

async fn ask(client: &Client, url: Url) -> Result<(u16, String), reqwest::Error> {
    let answer = client.get(url).send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}
