//! Usage over time: how many calls, how many failed, how long they took; by person, group, server, tool or client. Read
//! from roll-ups, never from the calls themselves.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Ctx, calls};
use crate::domain::Result;
use crate::domain::configuration::PrincipalKind;
use crate::domain::ids::{GroupId, ServerId, ServiceAccountId, UserId};
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
    let filter = UsageFilter { within: calls::reach(ctx, &store).await?, ..filter };
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

/// What people call them: one question for all.
async fn names(store: &TenantStore, by: GroupBy, keys: &[SeriesKey]) -> Result<BTreeMap<SeriesKey, String>> {
    let ids = keys.iter().filter_map(|key| Some((key, key.id?)));
    if matches!(by, GroupBy::Server | GroupBy::Tool) {
        let servers: Vec<ServerId> = ids.clone().map(|(_, id)| ServerId(id)).collect();
        let slugs = store.list_server_slugs(&servers).await?;
        return Ok(ids.filter_map(|(key, id)| Some((key.clone(), slugs.get(&ServerId(id))?.to_string()))).collect());
    }
    let subject = |(key, id): (&SeriesKey, Uuid)| match by {
        GroupBy::Group => Subject::Group(GroupId(id)),
        _ if key.text == PrincipalKind::User.as_str() => Subject::User(UserId(id)),
        _ => Subject::ServiceAccount(ServiceAccountId(id)),
    };
    let subjects: Vec<Subject> = ids.clone().map(subject).collect();
    let names = store.name_subjects(&subjects).await?;
    Ok(ids.filter_map(|one| Some((one.0.clone(), names.get(&subject(one))?.display_name.clone()))).collect())
}
