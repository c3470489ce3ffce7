//! No tenant reaches another's rows (I5). Every method of the store is called by one tenant with the ids, names and
//! digests of another ([`cases`]); on PostgreSQL the policies behind the store are tried as well ([`policies`]).
//!
//! On SQLite there are no policies: there these cases alone show that each query names its tenant.

mod cases;
mod catalogue;
mod policies;
pub(crate) mod rows;
mod seed;

use std::collections::BTreeSet;
use std::sync::Arc;

use control_plane::domain::Error;
use control_plane::domain::audit::AuditFilter;
use control_plane::domain::clock::SystemClock;
use control_plane::domain::page::PageRequest;
use control_plane::store::{Store, migrate};
use world::db::{Backend, Db};
use world::generated::root;

use self::cases::{Case, EXEMPT, Expected, Outcome};
use self::rows::{Backstage, Rows, ids_in};
use self::seed::Seed;

/// Two tenants with one of everything each.
struct Neighbours {
    store: Store,
    backstage: Backstage,
    acme: Seed,
    globex: Seed,
    db: Db,
}

impl Neighbours {
    async fn settle(backend: Backend) -> Self {
        let db = Db::create(backend).await;
        migrate(&db.config()).await.unwrap();
        let store = Store::connect(&db.config(), Arc::new(SystemClock)).await.unwrap();
        let backstage = Backstage::open(&db).await;
        let acme = Seed::plant(&store, "acme").await;
        let globex = Seed::plant(&store, "globex").await;
        Self { store, backstage, acme, globex, db }
    }
}

#[tokio::test]
async fn a_stranger_neither_sees_nor_changes_anything_on_sqlite() {
    a_stranger_neither_sees_nor_changes_anything(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_stranger_neither_sees_nor_changes_anything_on_postgres() {
    a_stranger_neither_sees_nor_changes_anything(Backend::Postgres).await;
}

async fn a_stranger_neither_sees_nor_changes_anything(backend: Backend) {
    let world = Neighbours::settle(backend).await;
    let mut rows = world.backstage.rows(world.acme.tenant.id).await;
    let empty: Vec<_> = rows.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    assert!(empty.is_empty(), "the seed leaves tables empty, so nothing is shown of them: {empty:?}");
    let marks = marks(&rows);
    let mut wrong = Vec::new();
    for case in cases::all() {
        wrong.extend(at_home(&world, &case).await.err());
        wrong.extend(next_door(&world, &case, &marks).await.err());
        let after = world.backstage.rows(world.acme.tenant.id).await;
        let changed = rows.iter().filter(|(table, rows)| after.get(*table) != Some(rows));
        wrong.extend(changed.map(|(table, _)| format!("{} changes {table} of another tenant", case.method)));
        rows = after;
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What only the other tenant has, in any answer.
fn marks(rows: &Rows) -> BTreeSet<String> {
    let mut marks = ids_in(rows);
    marks.insert("acme".to_owned());
    marks
}

/// The call of a stranger: what it may not do, as text.
async fn next_door(world: &Neighbours, case: &Case, marks: &BTreeSet<String>) -> Result<(), String> {
    let store = world.store.tenant(world.globex.tenant.id).await.unwrap();
    let outcome = (case.act)(&store, &world.acme, &world.globex).await;
    let as_expected = match (case.expected, &outcome) {
        (Expected::Hidden, Outcome::Nothing | Outcome::Done) | (Expected::Own, Outcome::Done) => true,
        // A database that does not answer refuses nothing.
        (Expected::Refused, Outcome::Failed(error)) => !matches!(error, Error::Unavailable { .. }),
        (Expected::Own, Outcome::Something(text)) => !marks.iter().any(|mark| text.contains(mark)),
        _ => false,
    };
    if !matches!(outcome, Outcome::Failed(_)) {
        store.commit().await.unwrap();
    }
    if as_expected { Ok(()) } else { Err(format!("{} must be {:?}: {outcome:?}", case.method, case.expected)) }
}

/// The same call by the tenant it names must succeed: otherwise the refusal has another reason than the tenant. The
/// transaction is dropped: nothing stays.
async fn at_home(world: &Neighbours, case: &Case) -> Result<(), String> {
    let store = world.store.tenant(world.acme.tenant.id).await.unwrap();
    match (case.act)(&store, &world.acme, &world.acme).await {
        Outcome::Something(_) | Outcome::Done => Ok(()),
        outcome => Err(format!("{} fails at home too: {outcome:?}", case.method)),
    }
}

/// Public async methods of `TenantStore`, read from the sources.
fn store_methods() -> BTreeSet<String> {
    let folder = root().join("control-plane/src/store");
    let list = |folder: &std::path::Path| -> Vec<_> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let mut files = list(&folder);
    let deeper: Vec<_> = files.iter().filter(|path| path.is_dir()).flat_map(|path| list(path)).collect();
    files.extend(deeper);
    files.push(folder.with_extension("rs"));
    files.retain(|path| path.is_file());
    let mut methods = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut inside = false;
        for line in text.lines() {
            if line.starts_with("impl") {
                inside = line.contains(" TenantStore ");
            } else if line == "}" {
                inside = false;
            }
            if let Some((name, _)) =
                line.trim_start().strip_prefix("pub async fn ").and_then(|rest| rest.split_once(['(', '<']))
                && inside
            {
                methods.insert(name.to_owned());
            }
        }
    }
    methods
}

#[test]
fn every_store_method_has_a_case() {
    let (methods, cases) = (store_methods(), cases::all());
    assert!(methods.len() > 80, "the sources are read: {methods:?}");
    let exempt = EXEMPT.map(|(method, _)| method);
    let covered: BTreeSet<_> = cases.iter().map(|case| case.method).chain(exempt).collect();
    let missing: Vec<_> = methods.iter().filter(|method| !covered.contains(method.as_str())).collect();
    assert!(missing.is_empty(), "without a line in tests/it/isolation/cases/: {missing:?}");
    let gone: Vec<_> = exempt.iter().filter(|method| !methods.contains(**method)).collect();
    assert!(gone.is_empty(), "exempt, but no method any more: {gone:?}");
}

#[tokio::test]
async fn a_forged_audit_event_is_found_on_sqlite() {
    a_forged_audit_event_is_found(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_forged_audit_event_is_found_on_postgres() {
    a_forged_audit_event_is_found(Backend::Postgres).await;
}

async fn a_forged_audit_event_is_found(backend: Backend) {
    let world = Neighbours::settle(backend).await;
    let verify = async |seed: &Seed| {
        let store = world.store.tenant_read(seed.tenant.id).await.unwrap();
        let (_, chain) =
            store.list_audit_events(&AuditFilter::default(), PageRequest { limit: 100, after: None }).await.unwrap();
        assert!(chain.checked > 2);
        chain.broken_seq
    };
    assert_eq!(verify(&world.acme).await, None);
    let forge = "UPDATE audit_events SET body = $1 WHERE tenant_id = $2 AND seq = 2";
    world.backstage.run(forge, [b"{}".to_vec().into(), world.acme.tenant.id.0.into()]).await;
    assert_eq!(verify(&world.acme).await, Some(2));
    assert_eq!(verify(&world.globex).await, None);
}
