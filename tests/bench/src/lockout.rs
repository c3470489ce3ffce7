//! How long somebody who left can still call: from the answer to the identity provider (SCIM) to the refusal by every
//! node. One leaver after the other, and many in a burst, as a directory that is synchronized sends them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::browser::Browser;
use crate::ide::{Ide, REDIRECT, parameter};
use crate::people::Person;
use crate::report::{Bound, Figure};
use crate::scim::Idp;
use crate::stage::{Node, Stage};

/// How many people leave.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    one_by_one: usize,
    burst: usize,
}

pub const FULL: Scale = Scale { one_by_one: 200, burst: 300 };
pub const QUICK: Scale = Scale { one_by_one: 10, burst: 20 };

/// Requests of the directory that are under way at once in a burst.
const AT_ONCE: usize = 8;
/// Between two questions to one node.
const ASK_EVERY: Duration = Duration::from_millis(1);
const ASK_MAX: Duration = Duration::from_secs(30);
const SERVER: &str = "modern-near";

/// Somebody with a token that every node has seen.
struct Leaver {
    id: String,
    ides: Vec<Ide>,
}

/// Measures with the stage's first node and two more.
pub async fn measure(
    stage: &Stage,
    owner: &Person,
    first: &Node,
    scale: Scale,
    notes: &mut Vec<String>,
) -> Result<Vec<Figure>> {
    let others = [stage.start_node("node-2", false).await?, stage.start_node("node-3", false).await?];
    let nodes: Vec<SocketAddr> = std::iter::once(first).chain(&others).map(|node| node.address).collect();
    let idp = Idp::of(owner).await?;
    let mut client = Ide::new(&owner.url(SERVER));
    client.discover().await;
    client.register(&[REDIRECT]).await;
    let mut leavers = Vec::new();
    for number in 0..scale.one_by_one + scale.burst {
        leavers.push(leaver(owner, &client, number, &nodes).await?);
    }
    let burst = leavers.split_off(scale.one_by_one);
    let mut waits = Vec::new();
    for leaver in leavers {
        waits.push(leave(idp.clone(), leaver).await?);
    }
    let mut figures = figures("one by one", waits);
    let started = Instant::now();
    let waits = all_leave(&idp, burst).await?;
    let rate = scale.burst as f64 / started.elapsed().as_secs_f64();
    figures.extend(self::figures("in a burst", waits));
    figures.push(Figure::new(format!("leavers in a burst of {}", scale.burst), "per s", rate, None));
    notes.push(format!(
        "Lock-out: {} leavers one by one and {} in a burst ({AT_ONCE} requests at once), from the answer to \
         `PATCH …/scim/v2/Users/{{id}}` to the last of {} nodes that refuses a token it has just served. The probes ask every \
         millisecond, on the nodes' own core.",
        scale.one_by_one,
        scale.burst,
        nodes.len()
    ));
    Ok(figures)
}

async fn leaver(owner: &Person, client: &Ide, number: usize, nodes: &[SocketAddr]) -> Result<Leaver> {
    // Each from an address of their own: so many at once would not be let in from one.
    let address = Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 1).to_bits() + u32::try_from(number)?);
    let person = owner.invite_to(Browser::at(&address.to_string()), &format!("leaver-{number}"), "member").await;
    let mut ide = client.clone();
    let back = ide.approve(&person.browser, &ide.authorize_url(&[])).await;
    let answer = ide.exchange(&parameter(&back, "code").context("a code")?, &[]).await;
    ide.tokens = answer.json();
    let id = person.id().await;
    owner.put(&format!("scim/users/{id}"), json!({})).await.ok();
    let leaver = Leaver { id, ides: nodes.iter().map(|node| ide.at(&format!("http://{node}"))).collect() };
    for ide in &leaver.ides {
        if is_refused(ide).await {
            bail!("leaver {number} is refused before they left");
        }
    }
    Ok(leaver)
}

async fn is_refused(ide: &Ide) -> bool {
    ide.clone().request("ping", json!({})).await.status == http::StatusCode::UNAUTHORIZED
}

/// Milliseconds from the answer to the last refusal.
async fn leave(idp: Idp, leaver: Leaver) -> Result<f64> {
    let body = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
    idp.send(Method::PATCH, &format!("/Users/{}", leaver.id), Some(&body)).await.context("deactivation")?;
    let answered = Instant::now();
    let mut asking = JoinSet::new();
    for ide in leaver.ides {
        asking.spawn(async move {
            while !is_refused(&ide).await {
                if answered.elapsed() > ASK_MAX {
                    bail!("a node serves a leaver for more than {} s", ASK_MAX.as_secs());
                }
                sleep(ASK_EVERY).await;
            }
            Ok(answered.elapsed())
        });
    }
    let mut last = Duration::ZERO;
    while let Some(refused) = asking.join_next().await {
        last = last.max(refused.context("a probe")??);
    }
    Ok(last.as_secs_f64() * 1_000.0)
}

async fn all_leave(idp: &Idp, leavers: Vec<Leaver>) -> Result<Vec<f64>> {
    let (mut leaving, mut waits) = (JoinSet::new(), Vec::new());
    for leaver in leavers {
        if leaving.len() >= AT_ONCE {
            waits.push(leaving.join_next().await.context("one leaves")?.context("a leaver")??);
        }
        leaving.spawn(leave(idp.clone(), leaver));
    }
    while let Some(wait) = leaving.join_next().await {
        waits.push(wait.context("a leaver")??);
    }
    Ok(waits)
}

fn figures(how: &str, mut waits: Vec<f64>) -> Vec<Figure> {
    waits.sort_by(f64::total_cmp);
    let bound = Bound::less(1_000.0, None);
    [("p50", 0.5, None), ("p99", 0.99, bound), ("greatest", 1.0, None)]
        .map(|(name, share, bound)| {
            Figure::new(format!("leaver refused on 3 nodes, {how}, {name}"), "ms", quantile(&waits, share), bound)
        })
        .into()
}

/// Of sorted values: the least that `share` of them do not exceed.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let wanted = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(wanted.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles() {
        fn check(share: f64, expected: f64) {
            let values: Vec<f64> = (1..=200).map(f64::from).collect();
            assert_eq!(quantile(&values, share), expected, "{share}");
        }
        check(0.5, 100.0);
        check(0.99, 198.0);
        check(1.0, 200.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
