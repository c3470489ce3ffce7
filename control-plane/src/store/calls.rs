//! Searching call records. Whoever asks bounds the time; a search that takes too long all the same is broken off.
//!
//! "As a server or as a member" and "own or of a managed server" are asked as one query each, merged here: each finds its
//! rows in the order of an index, where one query with OR would collect and sort them all.
//!
//! `domain/tail.rs` says in memory what these filters say in SQL: they must agree.

use chrono::TimeDelta;
use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, Func, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, RuntimeErr, Select,
};
use uuid::Uuid;

use super::entity::call_record::{Column, Entity, Model};
use super::entity::server_grant;
use super::{TenantStore, after, db_error, unreadable};
use crate::domain::access::ServerRole;
use crate::domain::call::{CallFilter, CallOutcome, CallPlace, CallRecord, Fault, time_of};
use crate::domain::configuration::PrincipalKind;
use crate::domain::ids::{ApiKeyId, CallRecordId, ServerId};
use crate::domain::limits::{CALLS_SEARCH_MS_MAX, RECORD_ID_SKEW_MAX_S};
use crate::domain::page::{Created, Page, PageRequest};
use crate::domain::principal::PrincipalId;
use crate::domain::{Error, Result};

/// SQLSTATE of a statement that was broken off.
const QUERY_CANCELED: &str = "57014";

impl TenantStore {
    /// Newest first.
    pub async fn list_calls(&self, filter: &CallFilter, page: PageRequest<Created>) -> Result<Page<CallRecord>> {
        self.bound_search().await?;
        let mut rows: Vec<Model> = Vec::new();
        for query in self.queries(filter) {
            let query = query.filter(after(page.after, Column::StartedAt, Column::Id));
            // What `after` says of ties is more than an index understands: this brings it to the place.
            let place = page.after.map(|place| Column::StartedAt.lte(place.at));
            let query = place.into_iter().fold(query, |query, place| query.filter(place));
            let query = query.order_by_desc(Column::StartedAt).order_by_desc(Column::Id).limit(page.limit + 1);
            rows.append(&mut query.all(&self.tx).await.map_err(search_error)?);
        }
        rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.started_at, row.id)));
        rows.dedup_by_key(|row| row.id);
        rows.truncate(usize::try_from(page.limit + 1).unwrap_or(usize::MAX));
        let calls = rows.into_iter().map(call_of).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(calls, page.limit, |call| Created { at: call.started_at, id: call.id.0 }))
    }

    /// How many there are, counted up to `enough`. Some may be counted twice where a search takes several queries.
    pub async fn count_calls(&self, filter: &CallFilter, enough: u64) -> Result<u64> {
        self.bound_search().await?;
        let mut total: u64 = 0;
        for query in self.queries(filter) {
            let some = query.select_only().column(Column::Id).limit(enough).into_query();
            let count = Query::select().expr(Func::count(Expr::col(Asterisk))).from_subquery(some, "few").to_owned();
            let row = self.tx.query_one(&count).await.map_err(search_error)?;
            let found: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0)).map_err(db_error)?;
            total += u64::try_from(found).map_err(Error::internal)?;
        }
        Ok(std::cmp::min(total, enough))
    }

    /// By the time in its id, which says where it lies.
    pub async fn get_call(&self, id: CallRecordId) -> Result<CallRecord> {
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).filter(Column::Id.eq(id.0));
        let query = match time_of(id) {
            Some(at) => {
                let skew = TimeDelta::seconds(RECORD_ID_SKEW_MAX_S);
                query.filter(Column::StartedAt.gte(at - skew)).filter(Column::StartedAt.lte(at + skew))
            }
            None => return Err(Error::NotFound { what: "call" }),
        };
        let row = query.one(&self.tx).await.map_err(db_error)?;
        call_of(row.ok_or(Error::NotFound { what: "call" })?)
    }

    /// Those that lie there, oldest first.
    pub async fn list_calls_at(&self, places: &[CallPlace]) -> Result<Vec<CallRecord>> {
        let at = |place: &CallPlace| {
            Condition::all().add(Column::StartedAt.eq(place.started_at)).add(Column::Id.eq(place.id.0))
        };
        let any = places.iter().map(at).fold(Condition::any(), Condition::add);
        let query = Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)).filter(any);
        let query = query.order_by_asc(Column::StartedAt).order_by_asc(Column::Id);
        // No condition at all would be every call.
        let rows = if places.is_empty() { Vec::new() } else { query.all(&self.tx).await.map_err(db_error)? };
        rows.into_iter().map(call_of).collect()
    }

    /// Servers that a principal manages: by a grant to it, to a group of its, or to everyone.
    pub async fn list_managed_servers(&self, principal: PrincipalId, limit: u64) -> Result<Vec<ServerId>> {
        let ids: Vec<Uuid> = server_grant::Entity::find()
            .select_only()
            .column(server_grant::Column::ServerId)
            .distinct()
            .filter(self.grants_of(principal))
            .filter(server_grant::Column::Role.eq(ServerRole::Manager.as_str()))
            .order_by_asc(server_grant::Column::ServerId)
            .limit(limit)
            .into_tuple()
            .all(&self.tx)
            .await
            .map_err(db_error)?;
        Ok(ids.into_iter().map(ServerId).collect())
    }

    fn queries(&self, filter: &CallFilter) -> Vec<Select<Entity>> {
        let servers = match filter.server_id {
            Some(id) => {
                vec![Condition::all().add(Column::ServerId.eq(id.0)), Condition::all().add(Column::MemberId.eq(id.0))]
            }
            None => vec![Condition::all()],
        };
        let own = |id: Uuid| Condition::all().add(Column::PrincipalId.eq(id));
        let reach = match &filter.within {
            None => vec![Condition::all()],
            Some(reach) if reach.servers.is_empty() => vec![own(reach.principal_id)],
            Some(reach) => {
                let managed = |column: Column| Condition::all().add(column.is_in(reach.servers.iter().map(|id| id.0)));
                vec![own(reach.principal_id), managed(Column::ServerId), managed(Column::MemberId)]
            }
        };
        let narrowed = narrow(Entity::find().filter(Column::TenantId.eq(self.tenant_id.0)), filter);
        let both = servers.iter().flat_map(|server| reach.iter().map(move |reach| (server, reach)));
        both.map(|(server, reach)| narrowed.clone().filter(server.clone()).filter(reach.clone())).collect()
    }

    /// Whatever the planner thinks of it, a search ends. SQLite has no such bound.
    async fn bound_search(&self) -> Result<()> {
        if self.tx.get_database_backend() == DatabaseBackend::Postgres {
            let bound = format!("SET LOCAL statement_timeout = {CALLS_SEARCH_MS_MAX}");
            self.tx.execute_unprepared(&bound).await.map_err(db_error)?;
        }
        Ok(())
    }
}

fn search_error(error: DbErr) -> Error {
    let broken_off = match &error {
        DbErr::Query(RuntimeErr::SqlxError(cause)) | DbErr::Exec(RuntimeErr::SqlxError(cause)) => {
            cause.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == QUERY_CANCELED)
        }
        _ => false,
    };
    if broken_off {
        let public =
            format!("this search takes more than {CALLS_SEARCH_MS_MAX} ms: ask for less time, or for less of it");
        return Error::invalid("calls.too_broad", "from", public);
    }
    db_error(error)
}

fn narrow(query: Select<Entity>, filter: &CallFilter) -> Select<Entity> {
    let text = |column: Column, value: &Option<String>| value.as_ref().map(|value| column.eq(value.as_str()));
    // Literals: the indexes of failed calls are known to fit only then.
    let literal = |column: Column, word: &str| Expr::col(column).eq(Expr::cust(format!("'{word}'")));
    let conditions = [
        filter.member_id.map(|id| Column::MemberId.eq(id.0)),
        filter.principal_id.map(|id| Column::PrincipalId.eq(id)),
        text(Column::ClientName, &filter.client),
        text(Column::ClientId, &filter.client_id),
        text(Column::Method, &filter.method),
        text(Column::Target, &filter.target),
        filter.outcome.map(|outcome| literal(Column::Outcome, outcome.as_str())),
        filter.fault.map(|fault| literal(Column::Fault, fault.as_str())),
        filter.from.map(|from| Column::StartedAt.gte(from)),
        filter.to.map(|to| Column::StartedAt.lt(to)),
    ];
    conditions.into_iter().flatten().fold(query, |query, condition| query.filter(condition))
}

fn call_of(row: Model) -> Result<CallRecord> {
    let number = |value: i64| u64::try_from(value).map_err(Error::internal);
    let rule_ids: Vec<Uuid> = serde_json::from_value(row.rule_ids).map_err(Error::internal)?;
    Ok(CallRecord {
        id: CallRecordId(row.id),
        tenant_id: row.tenant_id.into(),
        started_at: row.started_at,
        principal_kind: PrincipalKind::parse(&row.principal_kind)
            .ok_or_else(|| unreadable("call_records", "principal_kind"))?,
        principal_id: row.principal_id,
        client_name: row.client_name,
        client_version: row.client_version,
        client_id: row.client_id,
        api_key_id: row.api_key_id.map(ApiKeyId),
        server_id: ServerId(row.server_id),
        member_id: row.member_id.map(ServerId),
        method: row.method,
        target: row.target,
        client_protocol: row.client_protocol,
        upstream_protocol: row.upstream_protocol,
        outcome: CallOutcome::parse(&row.outcome).ok_or_else(|| unreadable("call_records", "outcome"))?,
        error_reason: row.error_reason,
        fault: Fault::parse(&row.fault).ok_or_else(|| unreadable("call_records", "fault"))?,
        bytes_in: number(row.bytes_in)?,
        bytes_out: number(row.bytes_out)?,
        duration_us: number(row.duration_us)?,
        upstream_us: number(row.upstream_us)?,
        trace_id: row.trace_id,
        rule_ids,
        node_id: row.node_id,
    })
}
