//! Usage: calls added up by the hour and by the day, so that a series is read from few rows whatever the number of calls.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::{CallOutcome, CallRecord, Reach};
use super::ids::ServerId;
use super::limits::{
    USAGE_DAYS_MAX, USAGE_DAYS_MAX_BY_HOUR, USAGE_DEFAULT_S, USAGE_DEFAULT_S_BY_DAY, USAGE_TEXT_CHARS_MAX,
};
use super::{Error, Result};

/// How durations are told apart: each slot reaches 1.6 times as far as the one before, from half a millisecond to twenty
/// minutes.
pub const LATENCY_SLOTS: usize = 32;
const FIRST_BOUND_US: f64 = 500.0;
const FACTOR: f64 = 1.6;

/// Calls by how long they took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency(pub [u64; LATENCY_SLOTS]);

impl Latency {
    pub fn add(&mut self, duration_us: u64) {
        // The last slot takes whatever took longer.
        let slot = (0..LATENCY_SLOTS - 1).find(|slot| (duration_us as f64) < bound(*slot)).unwrap_or(LATENCY_SLOTS - 1);
        if let Some(count) = self.0.get_mut(slot) {
            *count += 1;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    /// How long the fastest `part` of the calls took at most, about: within its slot a call may lie anywhere.
    pub fn quantile_us(&self, part: f64) -> Option<u64> {
        let total: u64 = self.0.iter().sum();
        let wanted = (total as f64 * part).max(1.0);
        let mut seen = 0.0;
        for (slot, count) in self.0.iter().enumerate().filter(|(_, count)| **count > 0) {
            let count = *count as f64;
            if seen + count >= wanted {
                // Slots grow by a factor, and so does time within one.
                return Some((bound(slot) / FACTOR.powf(1.0 - (wanted - seen) / count)).round() as u64);
            }
            seen += count;
        }
        None
    }
}

fn bound(slot: usize) -> f64 {
    FIRST_BOUND_US * FACTOR.powi(i32::try_from(slot).unwrap_or(i32::MAX))
}

/// How long one point of a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    Hour,
    Day,
}

impl Span {
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub fn length(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// The beginning of the span that a moment is in, in UTC.
    pub fn begin(self, at: DateTime<Utc>) -> DateTime<Utc> {
        at.duration_trunc(self.length()).unwrap_or(at)
    }
}

/// What is added up together. The order is the one in which rows are written: two transactions that meet wait for each
/// other, never both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageKey {
    pub span: Span,
    pub bucket: DateTime<Utc>,
    pub server_id: Uuid,
    /// The member that was called, or else the server.
    pub callee_id: Uuid,
    pub principal_kind: &'static str,
    pub principal_id: Uuid,
    pub client_name: String,
    pub method: String,
    /// Empty unless a tool was called.
    pub tool: String,
}

/// How often, and how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub calls: u64,
    /// The upstream said so, or nobody answered.
    pub errors: u64,
    /// By the gateway.
    pub refused: u64,
    pub latency: Latency,
}

impl Tally {
    fn add(&mut self, call: &CallRecord) {
        self.calls += 1;
        self.errors += u64::from(matches!(call.outcome, CallOutcome::Error | CallOutcome::ToolError));
        self.refused += u64::from(call.outcome == CallOutcome::Refused);
        self.latency.add(call.duration_us);
    }

    pub fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.refused += other.refused;
        self.latency.merge(&other.latency);
    }
}

/// Records, added up for each span.
pub fn roll_up<'a>(calls: impl IntoIterator<Item = &'a CallRecord>) -> BTreeMap<UsageKey, Tally> {
    let text = |text: &str| text.chars().take(USAGE_TEXT_CHARS_MAX).collect::<String>();
    let mut tallies: BTreeMap<UsageKey, Tally> = BTreeMap::new();
    for call in calls {
        // What was refused may have any name: strangers' words make no rows.
        let is_tool = call.method == "tools/call" && call.outcome != CallOutcome::Refused;
        for span in Span::ALL {
            let key = UsageKey {
                span,
                bucket: span.begin(call.started_at),
                server_id: call.server_id.0,
                callee_id: call.member_id.unwrap_or(call.server_id).0,
                principal_kind: call.principal_kind.as_str(),
                principal_id: call.principal_id,
                client_name: text(&call.client_name),
                method: text(&call.method),
                tool: if is_tool { text(&call.target) } else { String::new() },
            };
            tallies.entry(key).or_default().add(call);
        }
    }
    tallies
}

/// By what a series is told from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Person or service account.
    User,
    /// Each group that the person is in now: somebody in two counts in both.
    Group,
    /// The member of a virtual server counts, if one was called.
    Server,
    Tool,
    /// By name, as it says.
    Client,
}

/// Which usage is asked for; what is absent does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageFilter {
    pub within: Option<Reach>,
    pub span: Span,
    /// Points that begin at or after.
    pub from: DateTime<Utc>,
    /// Points that begin before.
    pub to: DateTime<Utc>,
    /// Called as such, or as a member.
    pub server_id: Option<ServerId>,
    pub principal_id: Option<Uuid>,
    pub client: Option<String>,
    pub method: Option<String>,
    pub tool: Option<String>,
}

/// Whole points between two times: a day by the hour, 30 days by the day, unless it says otherwise.
pub fn bounds(
    span: Span,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let (default, max) = match span {
        Span::Hour => (USAGE_DEFAULT_S, USAGE_DAYS_MAX_BY_HOUR),
        Span::Day => (USAGE_DEFAULT_S_BY_DAY, USAGE_DAYS_MAX),
    };
    // The point that the present is in belongs to it.
    let to = to.unwrap_or_else(|| span.begin(now) + span.length());
    let from = span.begin(from.unwrap_or(to - TimeDelta::seconds(default)));
    if from >= to {
        return Err(Error::invalid("usage.empty_range", "from", "must be before `to`"));
    }
    if to - from > TimeDelta::days(max) {
        let public = format!("must be at most {max} days before `to`, by the {}", span.as_str());
        return Err(Error::invalid("usage.range_too_long", "from", public));
    }
    Ok((from, to))
}

/// What a series is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct SeriesKey {
    /// The user, service account, group or server.
    pub id: Option<Uuid>,
    /// The kind of principal, the tool or the client.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latency(durations: impl IntoIterator<Item = u64>) -> Latency {
        let mut latency = Latency::default();
        durations.into_iter().for_each(|duration| latency.add(duration));
        latency
    }

    #[test]
    fn quantiles_are_near_the_truth() {
        let even = latency((1..=1_000).map(|n| n * 1_000));
        for (part, truth) in [(0.5, 500_000.0), (0.95, 950_000.0), (0.05, 50_000.0)] {
            let found = even.quantile_us(part).unwrap() as f64;
            assert!((found / truth - 1.0_f64).abs() < 0.15, "{part}: {found}");
        }
        assert_eq!(Latency::default().quantile_us(0.5), None);
        let one = latency([30_000]).quantile_us(0.5).unwrap();
        assert!((20_000..50_000).contains(&one), "{one}");
        assert!(latency([u64::MAX]).quantile_us(0.95).is_some());
        assert!(latency([0]).quantile_us(0.5).unwrap() <= 500);
    }

    #[test]
    fn ranges_are_whole_and_bounded() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let (from, to) = bounds(Span::Hour, None, None, now).unwrap();
        assert!(to > now && to - from == TimeDelta::days(1) && from == Span::Hour.begin(from));
        let (from, to) = bounds(Span::Day, None, None, now).unwrap();
        assert!(to > now && to - from == TimeDelta::days(30) && from == Span::Day.begin(from));
        let code = |from: i64, span| bounds(span, Some(now - TimeDelta::days(from)), None, now).unwrap_err().code();
        assert_eq!(code(40, Span::Hour), "usage.range_too_long");
        assert_eq!(code(500, Span::Day), "usage.range_too_long");
        assert_eq!(code(-5, Span::Day), "usage.empty_range");
    }
}
