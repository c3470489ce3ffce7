//! Alerts and dashboards speak of what there is, and every alert has its page.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use world::fakes::mcp_server::{Era, McpServer};
use world::{World, eventually};

use super::deploy;

/// What Prometheus reads on this admin port.
async fn metrics(admin: std::net::SocketAddr) -> String {
    let client = world::http::builder().build().unwrap();
    let answer = client.get(format!("http://{admin}/metrics")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// Every `portway_…` that alerts and dashboards ask for is what a plane measures.
#[tokio::test]
async fn every_metric_that_is_asked_for_exists() {
    let mut world = World::setup().redis().start().await;
    let upstream = McpServer::start(Era::Legacy).await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", upstream.url.as_str()).await;
    let rule = json!({"name": "all", "key": ["tenant"], "windows": [{"limit": 1000, "per": "second"}]});
    owner.post("limit-rules", rule).await.ok();
    world.synced("acme").await;
    // What never happened is on no page: a call, and Redis that goes away in the middle of one.
    let mut ide = owner.ide("github").await;
    assert_eq!(ide.initialize().await.status, 200);
    ide.call_tool("echo", json!({})).await;
    world.redis.as_mut().expect("a Redis").stop().await;
    let node = &world.nodes[0];
    eventually("Redis is missed", || async { metrics(node.admin).await.contains("portway_redis_errors_total") }).await;
    let control = world.app().metrics.render().expect("a page");
    check_names(&[metrics(node.admin).await, control].concat());
}

fn check_names(pages: &str) {
    let mut there = BTreeSet::new();
    for family in pages.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = family.split_once(' ').expect("a name and a type");
        let endings: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        there.extend(endings.iter().map(|ending| format!("{name}{ending}")));
    }
    let mut asked = 0;
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        for name in names(&text) {
            assert!(there.contains(name), "{}: no plane measures {name}; there are {there:#?}", file.display());
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked}");
}

fn files() -> Vec<std::path::PathBuf> {
    let observability = deploy().join("observability");
    let boards = std::fs::read_dir(observability.join("dashboards")).unwrap().map(|entry| entry.unwrap().path());
    let scaling = deploy().join("helm/portway/templates/node/autoscaler.yaml");
    boards.chain([observability.join("alerts.yaml"), scaling]).collect()
}

fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    words.filter(|word| word.starts_with("portway_")).collect()
}

#[test]
fn every_alert_has_a_page_and_every_page_an_alert() {
    let alerts = std::fs::read_to_string(deploy().join("observability/alerts.yaml")).unwrap();
    let named: BTreeSet<&str> =
        alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).map(str::trim).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/runbooks");
    let pages: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.strip_suffix(".md").expect("a page").to_owned())
        .collect();
    assert!(!named.is_empty());
    assert_eq!(named, pages.iter().map(String::as_str).collect());
    for name in named {
        assert!(alerts.contains(&format!("runbook: docs/runbooks/{name}.md")), "{name} does not name its page");
        let page = std::fs::read_to_string(folder.join(format!("{name}.md"))).unwrap();
        for part in ["## What it means", "## Look", "## Do", "## Verify"] {
            assert!(page.contains(part), "{name} lacks {part}");
        }
    }
}
