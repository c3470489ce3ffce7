//! How long calls are kept is the tenant's choice.

use chrono::TimeDelta;
use control_plane::app::calls::forget_old;
use control_plane::domain::call::CallFilter;
use control_plane::domain::page::PageRequest;
use serde_json::json;
use world::db::Backend;
use world::{World, on_both};

use super::Log;
use crate::isolation::rows::Backstage;

impl Log {
    async fn kept(&self) -> usize {
        let store = self.store().tenant_read(self.tenant).await.unwrap();
        let page = PageRequest { limit: 10_000, after: None };
        store.list_calls(&CallFilter::default(), page).await.unwrap().items.len()
    }
}

on_both! {
    async fn calls_are_forgotten_after_the_days_that_the_tenant_says(setup: Setup) {
        let log = Log::of(setup).await;
        let days = async || log.owner.get("").await.ok()["settings"]["call_log_days"].as_i64();
        assert_eq!(days().await, None, "90");
        for bad in [0, 401] {
            let wrong = log.owner.patch("", json!({"settings": {"call_log_days": bad}})).await.refused(400, "invalid");
            assert_eq!(wrong["errors"][0]["field"], "settings.call_log_days", "{wrong}");
        }
        let calls: Vec<_> = (0..10).map(|days| log.call(TimeDelta::days(days) + TimeDelta::minutes(1))).collect();
        log.keep(&calls).await;
        forget_old(log.world.app()).await.unwrap();
        assert_eq!(log.kept().await, 10);
        log.owner.patch("", json!({"settings": {"call_log_days": 5}})).await.ok();
        assert_eq!(days().await, Some(5));
        for _ in 0..2 {
            forget_old(log.world.app()).await.unwrap();
            assert_eq!(log.kept().await, 5);
        }
        log.owner.get(&format!("calls/{}", calls[7].id)).await.refused(404, "not_found");
        log.owner.get(&format!("calls/{}", calls[4].id)).await.ok();
        // In batches, oldest first.
        let store = log.store().tenant(log.tenant).await.unwrap();
        let gone = store.delete_calls_before(log.now(), 2).await.unwrap();
        store.commit_records().await.unwrap();
        assert_eq!((gone, log.kept().await), (2, 3));
    }
}

#[tokio::test]
async fn whole_months_that_nobody_keeps_are_dropped() {
    let log = Log::of(World::setup().backend(Backend::Postgres)).await;
    let backstage = Backstage::open(log.world.db()).await;
    let months = async || {
        let sql =
            "SELECT relname::text FROM pg_class WHERE relname ~ '^call_records_[0-9]{6}$' AND relkind = 'r' ORDER BY 1";
        backstage.texts(sql, []).await
    };
    let old = log.now() - TimeDelta::days(150);
    let system = log.store().system().await.unwrap();
    system.ensure_call_record_partitions(old.date_naive()).await.unwrap();
    system.commit().await.unwrap();
    log.keep(&[log.call(TimeDelta::days(150)), log.call(TimeDelta::days(1))]).await;
    let before = months().await;
    let part = format!("call_records_{}", old.format("%Y%m"));
    assert!(before.contains(&part), "{before:?}");
    // Somebody keeps it still.
    log.owner.patch("", json!({"settings": {"call_log_days": 200}})).await.ok();
    forget_old(log.world.app()).await.unwrap();
    assert_eq!((months().await, log.kept().await), (before, 2));
    log.owner.patch("", json!({"settings": {"call_log_days": 90}})).await.ok();
    for _ in 0..2 {
        forget_old(log.world.app()).await.unwrap();
        assert!(!months().await.contains(&part));
        assert_eq!(log.kept().await, 1);
    }
    // A record of that time that comes late is stored, and forgotten like the others.
    log.keep(&[log.call(TimeDelta::days(150))]).await;
    assert_eq!(log.kept().await, 2);
    forget_old(log.world.app()).await.unwrap();
    assert_eq!(log.kept().await, 1);
}
