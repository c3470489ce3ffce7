//! Searches of the call log over ten million rows: how long each takes, and by which plan. The table is the one of
//! `migrations/schema.sql`, the statements are those of `control-plane/src/store/calls.rs`, asked with a service's rights.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::command::root;
use crate::test::postgres::Postgres;

/// The tables that are needed of the schema.
const TABLES: [&str; 3] =
    ["CREATE TABLE tenants (", "CREATE TABLE call_records", "portway_ensure_call_record_partition"];

const ROLES: &str = "CREATE ROLE portway_app NOLOGIN; CREATE ROLE portway_system NOLOGIN";

const PARTITIONS: &str = "SELECT portway_ensure_call_record_partition(current_date),
    portway_ensure_call_record_partition((current_date - interval '31 days')::date)";

/// Whom the searches are made for, and between when. The tenant that has nine of ten calls.
const SCENE: &str = "\\set tenant 00000000-0000-7000-8000-000000000000
SELECT max(started_at) AS \"to\", max(started_at) - interval '1 day' AS day, max(started_at) - interval '31 days' AS \"from\",
    max(started_at) - interval '15 days' AS middle FROM call_records WHERE tenant_id = :'tenant' \\gset
SELECT id, started_at AS id_at FROM call_records WHERE tenant_id = :'tenant' AND started_at < :'middle' ORDER BY started_at DESC LIMIT 1 \\gset
SET ROLE portway_app;
SELECT set_config('portway.tenant_id', :'tenant', false);
SET statement_timeout = 5000;
";

struct Search {
    name: String,
    plan: String,
    ms: f64,
}

pub(super) fn run(quick: bool, write: bool) -> Result<()> {
    let sql = root().join("tests/bench/sql");
    let read = |name: &str| fs::read_to_string(sql.join(name)).with_context(|| format!("reading {name}"));
    let (mut rows, queries) = (read("call_log_rows.sql")?, read("call_log_queries.sql")?);
    let count = if quick { "100000" } else { "10000000" };
    rows = rows.replace("10000000", count);
    let server = Postgres::start_durable()?;
    server.run(ROLES)?;
    server.run(&schema(&fs::read_to_string(root().join("migrations/schema.sql"))?))?;
    server.run(PARTITIONS)?;
    println!("Making {count} calls: some minutes…");
    server.run(&rows)?;
    server.run("VACUUM (ANALYZE) call_records")?;
    let searches = named(&queries).map(|(name, query)| search(&server, name, query)).collect::<Result<Vec<_>>>()?;
    let version = server.answer("SHOW server_version")?;
    let size = server.answer(
        "SELECT pg_size_pretty(sum(pg_total_relation_size(inhrelid))) FROM pg_inherits WHERE inhparent = 'call_records'::regclass",
    )?;
    let page = page(&searches, count, version.trim(), size.trim());
    println!("{page}");
    if write {
        write_page(&root().join("docs/call-log-plans.md"), &page)?;
    }
    Ok(())
}

/// The statements of the tables, in an order that can be carried out.
fn schema(all: &str) -> String {
    let parts = TABLES.iter().flat_map(|table| all.split("\n\n").filter(move |part| part.contains(table)));
    // What is made for a parent alone would not reach its partitions.
    let mut parts: Vec<_> = parts.map(|part| part.replace(" ON ONLY ", " ON ")).collect();
    parts.dedup();
    parts.join("\n\n")
}

fn named(queries: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = queries.split("-- name: ").skip(1);
    parts.filter_map(|part| part.split_once('\n')).map(|(name, query)| (name, query.trim()))
}

/// Twice: what is measured is a server that is in use.
fn search(server: &Postgres, name: &str, query: &str) -> Result<Search> {
    let explain = format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY ON) {query}\n");
    let answer = server.answer(&format!("{SCENE}\\o /dev/null\n{explain}\\o\n\\echo PLAN\n{explain}"));
    let answer = answer.with_context(|| name.to_owned())?;
    let plan = answer.split_once("PLAN\n").map_or("", |(_, plan)| plan).trim_end().to_owned();
    let time = plan.lines().filter_map(|line| line.trim().strip_suffix(" ms")?.split_once(" Time: "));
    let ms = time.filter_map(|(_, ms)| ms.parse::<f64>().ok()).sum();
    println!("{ms:9.2} ms  {name}");
    Ok(Search { name: name.to_owned(), plan, ms })
}

fn page(searches: &[Search], count: &str, version: &str, size: &str) -> String {
    let mut text = format!(
        "# Searching the call log: times and plans

Written by `cargo xtask bench --only call-log --write`: {count} calls of 31 days on PostgreSQL {version} as it comes out of the box, {size} with
indexes, nine of ten of the tenant that asks. Each search is for 31 days where nothing else is said, asks for a page of 50, is made with the rights of
a service under row-level security, and is measured the second time, planning included. The design asks for less than a second.

| search | ms |
|---|---|
"
    );
    for Search { name, ms, .. } in searches {
        text.push_str(&format!("| {name} | {ms:.1} |\n"));
    }
    for Search { name, plan, .. } in searches {
        text.push_str(&format!("\n## {name}\n\n```\n{plan}\n```\n"));
    }
    text
}

fn write_page(path: &Path, page: &str) -> Result<()> {
    fs::write(path, page).with_context(|| format!("writing {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_and_the_searches_are_found() {
        let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
        let schema = schema(&read("migrations/schema.sql"));
        assert!(schema.starts_with("CREATE TABLE tenants (") && schema.contains("CREATE TABLE call_records_default"));
        assert!(!schema.contains("CREATE TABLE users") && !schema.contains("ON ONLY"));
        let queries = read("tests/bench/sql/call_log_queries.sql");
        let searches: Vec<_> = named(&queries).collect();
        assert!(
            searches.len() > 15
                && searches.iter().all(|(_, query)| query.starts_with("SELECT") && query.ends_with(';'))
        );
    }
}
