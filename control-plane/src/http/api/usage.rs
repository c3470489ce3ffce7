//! Usage over time.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::calls::principal;
use crate::app::usage_series::{self, Series, Usage};
use crate::domain::ids::{GroupId, ServerId, ServiceAccountId, UserId};
use crate::domain::limits::{USAGE_SERIES_DEFAULT, USAGE_SERIES_MAX};
use crate::domain::usage::{self, GroupBy, Span, Tally, UsageFilter};
use crate::domain::{Error, Result};
use crate::http::extract::{Json, Query, TenantScope};
use crate::http::problem::Problem;

/// What is absent does not matter.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// How long one point is.
    #[param(inline)]
    bucket: Span,
    /// By what series are told apart; only the sum of all if absent.
    #[param(inline)]
    group_by: Option<GroupBy>,
    /// How many series at most, those with the most calls: 1 to 50; 10 if absent.
    limit: Option<u64>,
    /// Points that begin at or after: a day before `to` by the hour, 30 by the day if absent; at most 31 and 400.
    from: Option<DateTime<Utc>>,
    /// Points that begin before; now if absent.
    to: Option<DateTime<Utc>>,
    /// Called as such or as a member.
    #[param(value_type = Option<String>)]
    server: Option<ServerId>,
    /// `usr_…` or `sva_…`
    principal: Option<String>,
    /// Name of the client program, as it says.
    client: Option<String>,
    method: Option<String>,
    tool: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageView {
    bucket: Span,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// Everything as one series.
    all: SeriesView,
    /// The largest series. A person who is in two groups counts in both.
    series: Vec<SeriesView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesView {
    /// `usr_…`, `sva_…`, `grp_…` or `srv_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// What people call it: a name, or the slug of a server. Absent where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    total: TallyView,
    /// Those without calls are left out.
    points: Vec<PointView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PointView {
    at: DateTime<Utc>,
    #[serde(flatten)]
    tally: TallyView,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TallyView {
    calls: u64,
    /// The upstream said so, or nobody answered.
    errors: u64,
    /// By the gateway.
    refused: u64,
    /// Half of the calls took at most so long, about.
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_us: Option<u64>,
    /// 95 of 100 did.
    #[serde(skip_serializing_if = "Option::is_none")]
    p95_us: Option<u64>,
}

impl From<Tally> for TallyView {
    fn from(Tally { calls, errors, refused, latency }: Tally) -> Self {
        Self { calls, errors, refused, p50_us: latency.quantile_us(0.5), p95_us: latency.quantile_us(0.95) }
    }
}

fn series(series: Series, by: Option<GroupBy>) -> SeriesView {
    let Series { key, name, total, points } = series;
    let text = |wanted: GroupBy| (by == Some(wanted)).then(|| key.text.clone());
    SeriesView {
        id: key.id.map(|id| match by {
            Some(GroupBy::User) if key.text == "user" => UserId(id).to_string(),
            Some(GroupBy::User) => ServiceAccountId(id).to_string(),
            Some(GroupBy::Group) => GroupId(id).to_string(),
            _ => ServerId(id).to_string(),
        }),
        name,
        tool: text(GroupBy::Tool),
        client: text(GroupBy::Client),
        total: total.into(),
        points: points.into_iter().map(|(at, tally)| PointView { at, tally: tally.into() }).collect(),
    }
}

/// Usage by the hour or the day. Without the right to read all calls: your own, and of servers that you manage.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/usage", tag = "calls", operation_id = "get_usage",
    params(UsageQuery), responses((status = 200, body = UsageView)))]
pub(crate) async fn get(
    TenantScope(ctx): TenantScope,
    Query(query): Query<UsageQuery>,
) -> Result<Json<UsageView>, Problem> {
    let limit = query.limit.unwrap_or(USAGE_SERIES_DEFAULT);
    if !(1..=USAGE_SERIES_MAX).contains(&limit) {
        let public = format!("must be 1 to {USAGE_SERIES_MAX}");
        return Err(Error::invalid("usage.bad_limit", "limit", public).into());
    }
    let (bucket, by) = (query.bucket, query.group_by);
    let (from, to) = usage::bounds(bucket, query.from, query.to, ctx.app.clock.now())?;
    let filter = UsageFilter {
        within: None,
        span: bucket,
        from,
        to,
        server_id: query.server,
        principal_id: query.principal.as_deref().map(principal).transpose()?,
        client: query.client,
        method: query.method,
        tool: query.tool,
    };
    let Usage { all, series: found } = usage_series::read(&ctx, filter, by, limit).await?;
    let found = found.into_iter().map(|one| series(one, by)).collect();
    Ok(Json(UsageView { bucket, from, to, all: series(all, None), series: found }))
}
