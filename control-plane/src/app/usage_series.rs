//! Usage over time: how many calls, how many failed, how long they took; by person, group, server, tool or client. Read
//! from roll-ups, never from the calls themselves.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Ctx;
use crate::domain::Result;
use crate::domain::access::{Action, allows};
use crate::domain::call::Reach;
use crate::domain::ids::{GroupId, ServerId, ServiceAccountId, UserId};
use crate::domain::limits::CALLS_MANAGED_SERVERS_MAX;
use crate::domain::server::Subject;
use crate::domain::usage::{GroupBy, SeriesKey, Tally, UsageFilter};
use crate::store::TenantStore;

/// One series, its points in the order of time; hours and days without calls are left out.
pub struct Series {
    pub key: SeriesKey,
    /// What people call it, if it is still there.
    pub name: Option<String>,
    pub total: Tally,
    pub points: Vec<(DateTime<Utc>, Tally)>,
}

/// All usage as one series, and the largest by what tells them apart.
pub struct Usage {
    pub all: Series,
    pub series: Vec<Series>,
}

/// At most `limit` series; what is in none of them is still in `all`.
pub async fn read(ctx: &Ctx, filter: UsageFilter, by: Option<GroupBy>, limit: u64) -> Result<Usage> {
    // Totals and series must be of the same calls.
    let store = ctx.app.store.tenant_snapshot(ctx.tenant_id).await?;
    let filter = confine(ctx, &store, filter).await?;
    let all = store.list_usage_points(&filter, None).await?;
    let all = gather(all).remove(&SeriesKey::default()).unwrap_or_default();
    let mut series = Vec::new();
    if let Some(by) = by {
        let keys = store.list_usage_series(&filter, by, limit).await?;
        if !keys.is_empty() {
            let mut points = gather(store.list_usage_points(&filter, Some((by, &keys))).await?);
            let mut names = names(&store, by, &keys).await?;
            series = keys
                .into_iter()
                .map(|key| {
                    let (name, points) = (names.remove(&key), points.remove(&key).unwrap_or_default());
                    one(key, name, points)
                })
                .collect();
        }
    }
    Ok(Usage { all: one(SeriesKey::default(), None, all), series })
}

type Line = Vec<(DateTime<Utc>, Tally)>;

fn gather(points: BTreeMap<(SeriesKey, DateTime<Utc>), Tally>) -> BTreeMap<SeriesKey, Line> {
    let mut lines: BTreeMap<SeriesKey, Line> = BTreeMap::new();
    for ((key, at), tally) in points {
        lines.entry(key).or_default().push((at, tally));
    }
    lines
}

fn one(key: SeriesKey, name: Option<String>, points: Line) -> Series {
    let mut total = Tally::default();
    points.iter().for_each(|(_, tally)| total.merge(tally));
    Series { key, name, total, points }
}

/// As with calls: everything, or one's own and what one manages.
async fn confine(ctx: &Ctx, store: &TenantStore, filter: UsageFilter) -> Result<UsageFilter> {
    if allows(ctx.caller.role, Action::ReadAllCalls) {
        return Ok(filter);
    }
    let servers = store.list_managed_servers(ctx.caller.principal, CALLS_MANAGED_SERVERS_MAX).await?;
    Ok(UsageFilter { within: Some(Reach { principal_id: ctx.caller.principal.uuid(), servers }), ..filter })
}

async fn names(store: &TenantStore, by: GroupBy, keys: &[SeriesKey]) -> Result<BTreeMap<SeriesKey, String>> {
    let mut found = BTreeMap::new();
    for key in keys {
        let Some(id) = key.id else { continue };
        let subject = match by {
            GroupBy::User if key.text == "user" => Subject::User(UserId(id)),
            GroupBy::User => Subject::ServiceAccount(ServiceAccountId(id)),
            GroupBy::Group => Subject::Group(GroupId(id)),
            GroupBy::Server | GroupBy::Tool => {
                if let Some(server) = store.find_server(ServerId(id)).await? {
                    found.insert(key.clone(), server.slug.to_string());
                }
                continue;
            }
            GroupBy::Client => continue,
        };
        if let Some(name) = store.name_subjects(&[subject]).await?.remove(&subject) {
            found.insert(key.clone(), name.display_name);
        }
    }
    Ok(found)
}
