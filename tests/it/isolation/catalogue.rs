//! What PostgreSQL's catalogue says of tenants' tables. Each rule is a query for what breaks it, over the tables that
//! exist, so that the next migration is held to the same rules.

use world::db::{Backend, Db};

use super::rows::Backstage;

/// Tables that belong to no tenant. A new one needs a reason.
const PLATFORM_TABLES: [(&str, &str); 7] = [
    ("deployment", "one row: which database this is"),
    ("node_identities", "nodes serve many tenants"),
    ("operator_sessions", "as operators do"),
    ("operators", "operators stand outside of tenants"),
    ("replicas", "processes of the control plane serve every tenant"),
    ("seaql_migrations", "which migrations ran"),
    ("tenant_sign_ups", "links for people who have no tenant yet"),
];

const ROLES: [&str; 2] = ["portway_app", "portway_system"];

/// Fails with what the query finds.
async fn none(backstage: &Backstage, rule: &str, sql: &str) {
    let found = backstage.texts(sql, []).await;
    assert!(found.is_empty(), "{rule}: {found:?}");
}

/// The tables with a `tenant_id` as a list for `IN (…)`.
async fn with_tenant_id(backstage: &Backstage) -> String {
    let tables = backstage.tenant_tables().await.into_iter().filter(|table| table.tenant == "tenant_id");
    let names: Vec<_> = tables.map(|table| format!("'{}'::regclass", table.name)).collect();
    assert!(names.len() > 20, "{names:?}");
    names.join(", ")
}

#[tokio::test]
async fn every_tenant_table_is_bound_by_policies_its_owner_too() {
    let db = Db::create(Backend::Postgres).await;
    let backstage = Backstage::open(&db).await;
    let tables = with_tenant_id(&backstage).await;
    let unforced = format!(
        "SELECT relname::text FROM pg_class WHERE oid IN ({tables}, 'tenants'::regclass)
         AND NOT (relrowsecurity AND relforcerowsecurity)"
    );
    none(&backstage, "without forced row-level security", &unforced).await;
    for table in backstage.tenant_tables().await {
        let sql = "SELECT concat_ws(' | ', array_to_string(roles, ','), permissive, cmd, qual, with_check)
                   FROM pg_policies WHERE schemaname = 'public' AND tablename = $1 ORDER BY 1";
        let of_tenant = format!(
            "({} = ( SELECT (NULLIF(current_setting('portway.tenant_id'::text, true), ''::text))::uuid AS \"nullif\"))",
            table.tenant
        );
        let expected = [
            format!("portway_app | PERMISSIVE | ALL | {of_tenant} | {of_tenant}"),
            "portway_system | PERMISSIVE | ALL | true | true".to_owned(),
        ];
        assert_eq!(backstage.texts(sql, [table.name.clone().into()]).await, expected, "{}", table.name);
    }
}

#[tokio::test]
async fn keys_and_references_carry_the_tenant() {
    let db = Db::create(Backend::Postgres).await;
    let backstage = Backstage::open(&db).await;
    let tables = with_tenant_id(&backstage).await;
    // Otherwise a conflict tells that another tenant has such a row.
    let unique = format!(
        "SELECT i.indexrelid::regclass::text FROM pg_index i
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indisunique AND i.indrelid IN ({tables}) AND a.attname <> 'tenant_id'"
    );
    none(&backstage, "primary keys and unique indexes that do not lead with tenant_id", &unique).await;
    let keyless = format!(
        "SELECT t.oid::regclass::text FROM pg_class t WHERE t.oid IN ({tables})
         AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisprimary)"
    );
    none(&backstage, "without a primary key", &keyless).await;
    // Foreign-key checks are not bound by policies: the tenant has to be in the key.
    let references = format!(
        "SELECT c.conrelid::regclass || '.' || c.conname FROM pg_constraint c
         JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = c.conkey[1]
         JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = c.confkey[1]
         WHERE c.contype = 'f' AND c.conrelid IN ({tables})
         AND (f.attname <> 'tenant_id'
              OR t.attname <> CASE WHEN c.confrelid = 'tenants'::regclass THEN 'id' ELSE 'tenant_id' END)"
    );
    none(&backstage, "foreign keys that do not lead with the tenant", &references).await;
    let unattached = format!(
        "SELECT t.oid::regclass::text FROM pg_class t WHERE t.oid IN ({tables})
         AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = t.oid AND c.contype = 'f')"
    );
    none(&backstage, "rows of tenants that need not exist", &unattached).await;
}

#[tokio::test]
async fn roles_have_no_rights_beside_the_policies() {
    let db = Db::create(Backend::Postgres).await;
    let backstage = Backstage::open(&db).await;
    backstage.run("SELECT portway_ensure_call_record_partition('2030-01-01')", []).await;
    let tables = with_tenant_id(&backstage).await;
    for role in ROLES {
        // TRUNCATE asks no policy; REFERENCES would tell of rows; triggers run as whoever writes.
        let rights = format!(
            "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
             AND has_table_privilege('{role}', oid, 'TRUNCATE, REFERENCES, TRIGGER')"
        );
        none(&backstage, &format!("{role} has rights that policies do not bind"), &rights).await;
        // Policies of the parent hold for what is reached through the parent only.
        let partitions = format!(
            "SELECT relname::text FROM pg_class WHERE relispartition AND relkind = 'r'
             AND relnamespace = 'public'::regnamespace
             AND (has_table_privilege('{role}', oid, 'SELECT, INSERT, UPDATE, DELETE')
                  OR has_any_column_privilege('{role}', oid, 'SELECT, INSERT, UPDATE'))"
        );
        none(&backstage, &format!("{role} reaches partitions past their parent"), &partitions).await;
        let audit = format!(
            "SELECT 'audit_events' WHERE has_table_privilege('{role}', 'audit_events', 'UPDATE, DELETE')
             OR has_any_column_privilege('{role}', 'audit_events', 'UPDATE')"
        );
        none(&backstage, &format!("{role} may rewrite history"), &audit).await;
    }
    let platform = format!(
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
         AND NOT relispartition AND oid NOT IN ({tables}, 'tenants'::regclass) AND relname <> 'seaql_migrations'
         AND (has_table_privilege('portway_app', oid, 'SELECT, INSERT, UPDATE, DELETE')
              OR has_any_column_privilege('portway_app', oid, 'SELECT, INSERT, UPDATE, REFERENCES'))"
    );
    none(&backstage, "portway_app has rights outside of tenants", &platform).await;
    // Both run with the rights of whoever made them.
    let definer = "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
                   AND has_function_privilege('portway_app', oid, 'EXECUTE')";
    none(&backstage, "portway_app may run functions with the owner's rights", definer).await;
    let views =
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')";
    none(&backstage, "views read past the policies", views).await;
}

#[tokio::test]
async fn tables_without_a_tenant_are_few_and_have_a_reason() {
    let db = Db::create(Backend::Postgres).await;
    let backstage = Backstage::open(&db).await;
    let tables = with_tenant_id(&backstage).await;
    let sql = format!(
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
         AND relnamespace = 'public'::regnamespace AND oid NOT IN ({tables}, 'tenants'::regclass) ORDER BY 1"
    );
    assert_eq!(backstage.texts(&sql, []).await, PLATFORM_TABLES.map(|(table, _)| table));
}
