//! Roll-ups of call records: written with the records themselves, read as series.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::entity::group_member;
use super::{TenantStore, db_error};
use crate::domain::call::Reach;
use crate::domain::usage::{GroupBy, LATENCY_SLOTS, Latency, SeriesKey, Span, Tally, UsageFilter, UsageKey};
use crate::domain::{Error, Result};

const TABLE: &str = "call_usage";
const KEY: [&str; 10] = [
    "tenant_id",
    "span",
    "bucket",
    "server_id",
    "callee_id",
    "principal_kind",
    "principal_id",
    "client_name",
    "method",
    "tool",
];
const COUNTS: [&str; 3] = ["calls", "errors", "refused"];
/// Rows of one statement: 45 values each, and SQLite binds at most 32,766.
const ROWS_MAX: usize = 500;

/// Calls and their tallies.
pub(crate) type Points = BTreeMap<(SeriesKey, DateTime<Utc>), Tally>;

impl TenantStore {
    /// Adds tallies to what is there, in the order of their keys.
    pub async fn add_usage(&self, tallies: &BTreeMap<UsageKey, Tally>) -> Result<()> {
        let tallies: Vec<_> = tallies.iter().collect();
        for some in tallies.chunks(ROWS_MAX) {
            let mut insert = Query::insert();
            insert.into_table(Alias::new(TABLE));
            insert.columns(KEY.into_iter().map(str::to_owned).chain(counts()).map(Alias::new));
            for (key, tally) in some {
                insert.values(self.row(key, tally)).map_err(Error::internal)?;
            }
            let mut again = OnConflict::columns(KEY.map(Alias::new));
            for count in counts() {
                let sum = Expr::cust(format!("{TABLE}.{count} + excluded.{count}"));
                again.value(Alias::new(count), sum);
            }
            insert.on_conflict(again);
            self.tx.execute(&insert).await.map_err(db_error)?;
        }
        Ok(())
    }

    fn row(&self, key: &UsageKey, tally: &Tally) -> Vec<Expr> {
        let mut row: Vec<Expr> = vec![
            self.tenant_id.0.into(),
            key.span.as_str().into(),
            key.bucket.into(),
            key.server_id.into(),
            key.callee_id.into(),
            key.principal_kind.into(),
            key.principal_id.into(),
            key.client_name.as_str().into(),
            key.method.as_str().into(),
            key.tool.as_str().into(),
        ];
        let counts = [tally.calls, tally.errors, tally.refused].into_iter().chain(tally.latency.0);
        row.extend(counts.map(|count| Expr::from(i64::try_from(count).unwrap_or(i64::MAX))));
        row
    }

    /// The largest series, by calls: at most `limit`.
    pub async fn list_usage_series(&self, filter: &UsageFilter, by: GroupBy, limit: u64) -> Result<Vec<SeriesKey>> {
        let mut query = self.usage(filter, Some(by));
        let total = Expr::cust("SUM(calls)");
        query.expr_as(total.clone(), Alias::new("total")).order_by_expr(total, Order::Desc);
        for column in key_columns(by) {
            query.order_by(column, Order::Asc);
        }
        let rows = self.tx.query_all(query.limit(limit)).await.map_err(db_error)?;
        rows.iter().map(|row| key_of(row, by)).collect()
    }

    /// The points of these series, or of everything as one.
    pub async fn list_usage_points(&self, filter: &UsageFilter, of: Option<(GroupBy, &[SeriesKey])>) -> Result<Points> {
        let mut query = self.usage(filter, of.map(|(by, _)| by));
        if let Some((by, keys)) = of {
            let any = keys.iter().fold(Condition::any(), |any, key| any.add(is(by, key)));
            query.cond_where(any);
        }
        query.column(Alias::new("bucket")).group_by_col(Alias::new("bucket"));
        for count in counts() {
            query.expr_as(Expr::cust(format!("CAST(SUM({count}) AS bigint)")), Alias::new(count));
        }
        let rows = self.tx.query_all(&query).await.map_err(db_error)?;
        rows.iter().map(|row| point_of(row, of.map(|(by, _)| by))).collect()
    }

    /// Forgets roll-ups of a span that began before then. Answers how many rows.
    pub async fn delete_usage_before(&self, span: Span, cutoff: DateTime<Utc>) -> Result<u64> {
        let mut delete = Query::delete();
        delete
            .from_table(Alias::new(TABLE))
            .and_where(col("tenant_id").eq(self.tenant_id.0))
            .and_where(col("span").eq(span.as_str()))
            .and_where(col("bucket").lt(cutoff));
        let done = self.tx.execute(&delete).await.map_err(db_error)?;
        Ok(done.rows_affected())
    }

    /// The rows that are asked for, grouped.
    fn usage(&self, filter: &UsageFilter, by: Option<GroupBy>) -> SelectStatement {
        let mut query = Query::select();
        query
            .from(Alias::new(TABLE))
            .and_where(Expr::col((Alias::new(TABLE), Alias::new("tenant_id"))).eq(self.tenant_id.0))
            .and_where(col("span").eq(filter.span.as_str()))
            .and_where(col("bucket").gte(filter.from))
            .and_where(col("bucket").lt(filter.to));
        if let Some(id) = filter.server_id {
            query.and_where(col("server_id").eq(id.0).or(col("callee_id").eq(id.0)));
        }
        if let Some(id) = filter.principal_id {
            query.and_where(col("principal_id").eq(id));
        }
        for (column, text) in [("client_name", &filter.client), ("method", &filter.method), ("tool", &filter.tool)] {
            if let Some(text) = text {
                query.and_where(col(column).eq(text.as_str()));
            }
        }
        if let Some(Reach { principal_id, servers }) = &filter.within {
            let ids = || servers.iter().map(|id| id.0);
            let mut reach = Condition::any().add(col("principal_id").eq(*principal_id));
            if !servers.is_empty() {
                reach = reach.add(col("server_id").is_in(ids())).add(col("callee_id").is_in(ids()));
            }
            query.cond_where(reach);
        }
        match by {
            Some(GroupBy::Group) => {
                let joined = Condition::all().add(group_member::Column::TenantId.eq(self.tenant_id.0)).add(
                    Expr::col((group_member::Entity, group_member::Column::UserId))
                        .equals((Alias::new(TABLE), Alias::new("principal_id"))),
                );
                query.inner_join(group_member::Entity, joined);
            }
            Some(GroupBy::Tool) => {
                query.and_where(col("tool").ne(""));
            }
            _ => {}
        }
        for column in by.into_iter().flat_map(key_columns) {
            query.column(column.clone()).group_by_col(column);
        }
        query
    }
}

fn counts() -> impl Iterator<Item = String> {
    COUNTS.into_iter().map(str::to_owned).chain((0..LATENCY_SLOTS).map(|slot| format!("l{slot:02}")))
}

fn col(name: &'static str) -> Expr {
    Expr::col(Alias::new(name))
}

/// What tells series apart: an id, a text, or both.
fn key_columns(by: GroupBy) -> Vec<Alias> {
    let names: &[&str] = match by {
        GroupBy::User => &["principal_id", "principal_kind"],
        GroupBy::Group => &["group_id"],
        GroupBy::Server => &["callee_id"],
        GroupBy::Tool => &["callee_id", "tool"],
        GroupBy::Client => &["client_name"],
    };
    names.iter().map(|name| Alias::new(*name)).collect()
}

fn key_of(row: &QueryResult, by: GroupBy) -> Result<SeriesKey> {
    let id = |name: &str| row.try_get::<Uuid>("", name).map(Some).map_err(db_error);
    let text = |name: &str| row.try_get::<String>("", name).map_err(db_error);
    Ok(match by {
        GroupBy::User => SeriesKey { id: id("principal_id")?, text: text("principal_kind")? },
        GroupBy::Group => SeriesKey { id: id("group_id")?, text: String::new() },
        GroupBy::Server => SeriesKey { id: id("callee_id")?, text: String::new() },
        GroupBy::Tool => SeriesKey { id: id("callee_id")?, text: text("tool")? },
        GroupBy::Client => SeriesKey { id: None, text: text("client_name")? },
    })
}

fn is(by: GroupBy, key: &SeriesKey) -> Condition {
    let id = key.id.unwrap_or_default();
    let text = key.text.as_str();
    match by {
        GroupBy::User => Condition::all().add(col("principal_id").eq(id)).add(col("principal_kind").eq(text)),
        GroupBy::Group => Condition::all().add(col("group_id").eq(id)),
        GroupBy::Server => Condition::all().add(col("callee_id").eq(id)),
        GroupBy::Tool => Condition::all().add(col("callee_id").eq(id)).add(col("tool").eq(text)),
        GroupBy::Client => Condition::all().add(col("client_name").eq(text)),
    }
}

fn point_of(row: &QueryResult, by: Option<GroupBy>) -> Result<((SeriesKey, DateTime<Utc>), Tally)> {
    let count = |name: &str| -> Result<u64> {
        let count: i64 = row.try_get("", name).map_err(db_error)?;
        u64::try_from(count).map_err(Error::internal)
    };
    let key = by.map_or(Ok(SeriesKey::default()), |by| key_of(row, by))?;
    let mut latency = Latency::default();
    for (slot, value) in latency.0.iter_mut().enumerate() {
        *value = count(&format!("l{slot:02}"))?;
    }
    let tally = Tally { calls: count("calls")?, errors: count("errors")?, refused: count("refused")?, latency };
    Ok(((key, row.try_get("", "bucket").map_err(db_error)?), tally))
}
