//! Whoever may write to the database behind the control plane is found out.

use control_plane::crypto::audit_chain;
use sea_orm::Value as Sql;
use world::{World, on_both};

use super::{flaws, history};
use crate::isolation::rows::Backstage;

/// The history, and how to bring it back.
struct Stage {
    world: World,
    backstage: Backstage,
    owner: world::people::Person,
}

impl Stage {
    async fn of(setup: world::world::Setup) -> Self {
        let world = setup.nodes(0).start().await;
        let owner = history(&world).await;
        let backstage = Backstage::open(world.db()).await;
        let stage = Self { world, backstage, owner };
        stage.run("CREATE TABLE kept AS SELECT * FROM audit_events").await;
        stage.run("CREATE TABLE kept_heads AS SELECT * FROM tenant_heads").await;
        stage
    }

    async fn run(&self, sql: &str) {
        self.backstage.run(sql, []).await;
    }

    async fn restore(&self) {
        self.run("DELETE FROM audit_events").await;
        self.run("INSERT INTO audit_events SELECT * FROM kept").await;
        self.run("UPDATE tenant_heads SET audit_seq = (SELECT audit_seq FROM kept_heads), audit_sha256 = (SELECT audit_sha256 FROM kept_heads)").await;
    }

    async fn verify(&self, query: &str) -> serde_json::Value {
        self.owner.get(&format!("audit/verification?{query}")).await.ok()
    }
}

on_both! {
    async fn what_is_changed_removed_or_exchanged_shows(setup: Setup) {
        let stage = Stage::of(setup).await;
        let clean = stage.verify("").await;
        assert_eq!(flaws(&clean), []);
        let (head, place) = (clean["head_seq"].as_i64().unwrap(), clean["place"].as_str().unwrap());
        assert!(head > 6 && clean["checked"] == head && clean["next_after"].is_null(), "{clean}");
        let last = format!("DELETE FROM audit_events WHERE seq = {head}");
        let changed: &[(i64, &str)] = &[(4, "event.changed")];
        for (tamper, expected) in [
            (&["UPDATE audit_events SET action = 'server.retired' WHERE seq = 4"][..], changed),
            (&["UPDATE audit_events SET actor_id = NULL WHERE seq = 4"], changed),
            (&["UPDATE audit_events SET actor_kind = 'system' WHERE seq = 4"], changed),
            (&["UPDATE audit_events SET target_kind = 'user' WHERE seq = 4"], changed),
            (&["UPDATE audit_events SET id = (SELECT id FROM kept WHERE seq = 1) WHERE seq = 4"], changed),
            (&["UPDATE audit_events SET target_id = (SELECT id FROM kept WHERE seq = 1) WHERE seq = 4"], changed),
            (&["UPDATE audit_events SET at = (SELECT at FROM kept WHERE seq = 1) WHERE seq = 4"], changed),
            (&["UPDATE audit_events SET body = (SELECT body FROM kept WHERE seq = 1) WHERE seq = 4"], changed),
            (&["UPDATE audit_events SET chain = 1 WHERE seq = 4"], changed),
            (&["UPDATE audit_events SET sha256 = prev_sha256 WHERE seq = 4"], &[(4, "event.changed"), (5, "event.unlinked")]),
            (&["DELETE FROM audit_events WHERE seq = 4"], &[(5, "event.missing")]),
            (&["DELETE FROM audit_events WHERE seq = 1"], &[(2, "event.missing")]),
            (&[&last], &[(head, "chain.tail")]),
            (&[
                "UPDATE audit_events SET seq = 1000 WHERE seq = 4",
                "UPDATE audit_events SET seq = 4 WHERE seq = 5",
                "UPDATE audit_events SET seq = 5 WHERE seq = 1000",
            ], &[
                (4, "event.unlinked"), (4, "event.changed"), (5, "event.unlinked"), (5, "event.changed"), (6, "event.unlinked"),
            ]),
        ] {
            for sql in tamper {
                stage.run(sql).await;
            }
            let found = stage.verify("").await;
            assert_eq!(flaws(&found), expected, "{tamper:?}: {found}");
            stage.restore().await;
        }
        assert_eq!(flaws(&stage.verify("").await), []);

        // Whoever takes the newest event away, and the word of it, leaves a chain that fits. What was noted does not.
        stage.run(&last).await;
        stage.run(&format!(
            "UPDATE tenant_heads SET audit_seq = {}, audit_sha256 = (SELECT sha256 FROM kept WHERE seq = {})", head - 1, head - 1
        )).await;
        assert_eq!(flaws(&stage.verify("").await), []);
        assert_eq!(flaws(&stage.verify(&format!("anchor={place}")).await), [(head, "chain.not_as_noted")]);
        // A new event in the place of the old one is not it.
        stage.owner.register_server("other", "https://mcp.example/mcp").await;
        assert_eq!(flaws(&stage.verify("").await), []);
        assert_eq!(flaws(&stage.verify(&format!("anchor={place}")).await), [(head, "chain.not_as_noted")]);
        stage.owner.get("audit/verification?anchor=12").await.refused(400, "anchor.invalid");
        stage.owner.get("audit/verification?after=100000").await.refused(400, "audit.bad_after");
        stage.owner.get("audit/verification?after=-1").await.refused(400, "audit.bad_after");
    }

    async fn what_was_written_by_the_old_rule_still_holds(setup: Setup) {
        let stage = Stage::of(setup).await;
        let id = stage.world.tenant_id("acme").await;
        let store = stage.world.app().store.tenant_read(id).await.unwrap();
        let events = store.read_audit_events(0, i64::MAX, 1_000).await.unwrap();
        drop(store);
        let mut previous = audit_chain::ORIGIN.to_vec();
        for mut event in events {
            (event.chain, event.prev_sha256) = (1, previous);
            previous = audit_chain::link(&event).unwrap().to_vec();
            let values: [Sql; 3] = [event.prev_sha256.into(), previous.clone().into(), event.seq.into()];
            stage.backstage.run("UPDATE audit_events SET chain = 1, prev_sha256 = $1, sha256 = $2 WHERE seq = $3", values).await;
        }
        stage.backstage.run("UPDATE tenant_heads SET audit_sha256 = $1", [previous.into()]).await;
        assert_eq!(flaws(&stage.verify("").await), []);
        stage.owner.register_server("other", "https://mcp.example/mcp").await;
        let mixed = stage.verify("").await;
        assert_eq!(flaws(&mixed), []);
        let page = stage.owner.get("audit?limit=200").await.ok();
        assert_eq!(page["verify"]["intact"], true, "{page}");
        // The columns that the old rule did not hash are in what it did.
        stage.run("UPDATE audit_events SET action = 'server.retired' WHERE seq = 4").await;
        assert_eq!(flaws(&stage.verify("").await), [(4, "event.changed")]);
        assert_eq!(stage.owner.get("audit?limit=200").await.ok()["verify"]["broken_seq"], 4);
    }
}
