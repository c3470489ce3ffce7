//! `migrations/schema.sql`: the migrated PostgreSQL schema as reviewers read it. It is told from the catalogue rather
//! than by `pg_dump`, so that no version of a program outside of the repository decides what it says.

use std::fmt::Write;

use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection};
use world::db::{Backend, Db};
use world::generated::assert_up_to_date;

const HEAD: &str = "-- The schema after all migrations, on PostgreSQL. Generated: `cargo xtask gen` rewrites it.\n";

const TABLES: &str = "SELECT relname::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'seaql_migrations'
    ORDER BY relispartition, relname";

const COLUMNS: &str = "SELECT format('%I %s%s%s', attname, format_type(atttypid, atttypmod),
        CASE WHEN attnotnull THEN ' NOT NULL' END, ' DEFAULT ' || pg_get_expr(adbin, adrelid))
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum";

const CONSTRAINTS: &str = "SELECT format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE conrelid = $1::regclass AND contype IN ('p', 'u', 'f', 'c') ORDER BY contype <> 'p', conname";

const PARTITION_KEY: &str =
    "SELECT ' PARTITION BY ' || pg_get_partkeydef($1::regclass) WHERE pg_get_partkeydef($1::regclass) IS NOT NULL";

const PARTITION_BOUND: &str = "SELECT format('PARTITION OF %s %s', inhparent::regclass, pg_get_expr(relpartbound, oid))
    FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE oid = $1::regclass AND relispartition";

/// Indexes beside those of constraints, row-level security, policies, rights.
const REST: [&str; 4] = [
    "SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE indrelid = $1::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
     ORDER BY relname",
    "SELECT format('ALTER TABLE %s %s', $1, what) FROM pg_class, LATERAL (VALUES
         (1, relrowsecurity, 'ENABLE ROW LEVEL SECURITY'), (2, relforcerowsecurity, 'FORCE ROW LEVEL SECURITY')
     ) AS security (place, is_on, what) WHERE oid = $1::regclass AND is_on ORDER BY place",
    "SELECT format('CREATE POLICY %I ON %I FOR %s TO %s USING (%s) WITH CHECK (%s)',
         policyname, tablename, cmd, array_to_string(roles, ', '), qual, with_check)
     FROM pg_policies WHERE schemaname = 'public' AND tablename = $1 ORDER BY policyname",
    "SELECT format('GRANT %s ON %I TO %I', string_agg(privilege_type, ', ' ORDER BY privilege_type), table_name, grantee)
     FROM information_schema.role_table_grants
     WHERE table_schema = 'public' AND table_name = $1 AND grantee IN ('portway_app', 'portway_system', 'PUBLIC')
     GROUP BY table_name, grantee ORDER BY grantee",
];

const FUNCTIONS: &str = "SELECT pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace ORDER BY proname";

/// Everybody may run a new function until that is revoked.
const FUNCTION_RIGHTS: &str = "SELECT statement FROM pg_proc f,
    LATERAL (SELECT * FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee <> proowner) AS right_,
    LATERAL (VALUES
        ('REVOKE ALL ON FUNCTION ' || f.oid::regprocedure || ' FROM PUBLIC'),
        (format('GRANT EXECUTE ON FUNCTION %s TO %s', f.oid::regprocedure,
            CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END))
    ) AS statements (statement)
    WHERE pronamespace = 'public'::regnamespace GROUP BY statement ORDER BY statement DESC";

#[tokio::test]
async fn schema_sql() {
    let db = Db::create(Backend::Postgres).await;
    let mut connection = PgConnection::connect(db.owner_url.expose_secret()).await.unwrap();
    let mut schema = HEAD.to_owned();
    for table in sqlx::query_scalar::<_, String>(TABLES).fetch_all(&mut connection).await.unwrap() {
        schema.push('\n');
        schema.push_str(&tell(&mut connection, &table).await);
    }
    for function in sqlx::query_scalar::<_, String>(FUNCTIONS).fetch_all(&mut connection).await.unwrap() {
        write!(schema, "\n{}\n;\n", function.trim_end()).unwrap();
    }
    for right in sqlx::query_scalar::<_, String>(FUNCTION_RIGHTS).fetch_all(&mut connection).await.unwrap() {
        writeln!(schema, "{right};").unwrap();
    }
    assert_up_to_date("migrations/schema.sql", &schema);
}

/// One table with everything that hangs on it.
async fn tell(connection: &mut PgConnection, table: &str) -> String {
    let mut ask = async |sql: &'static str| -> Vec<String> {
        sqlx::query_scalar(sql)
            .bind(table)
            .fetch_all(&mut *connection)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    };
    if let Some(bound) = ask(PARTITION_BOUND).await.first() {
        return format!("CREATE TABLE {table} {bound};\n");
    }
    let mut lines = ask(COLUMNS).await;
    lines.append(&mut ask(CONSTRAINTS).await);
    let partitioned = ask(PARTITION_KEY).await.concat();
    let mut text = format!("CREATE TABLE {table} (\n    {}\n){partitioned};\n", lines.join(",\n    "));
    for sql in REST {
        for statement in ask(sql).await {
            writeln!(text, "{statement};").unwrap();
        }
    }
    text
}
