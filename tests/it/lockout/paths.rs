//! Each way to lose a right.

use control_plane::app::provisioning::{self, NewGroup};
use control_plane::domain::access::ServerRole;
use control_plane::domain::audit::Actor;
use control_plane::domain::ids::{AccessGrantId, UserId};
use control_plane::domain::server::{AccessGrant, Subject};
use control_plane::domain::tenancy::{Group, GroupSource};
use control_plane::store::{ResourceKind, TenantStore};
use reqwest::Method;
use serde_json::{Value, json};
use world::ide::Ide;
use world::{eventually, on_both};

use super::{NODES, Open, Scene};

/// A machine with a key, at the same server.
fn with_key(ide: &Ide, key: &Value) -> Ide {
    let mut machine = ide.clone();
    machine.tokens = json!({ "access_token": key });
    machine
}

impl Scene {
    async fn store(&self) -> TenantStore {
        self.world.app().store.tenant(self.world.tenant_id("acme").await).await.unwrap()
    }

    /// Ana's own grants are taken; a group that she is in has them instead.
    async fn in_a_group_instead(&self) -> Group {
        let ana: UserId = self.ana.id().await.parse().unwrap();
        let store = self.store().await;
        let (display_name, source) = ("staff".to_owned(), GroupSource::Local);
        let new = NewGroup { display_name, source, external_id: None, tenant_role: None };
        let group = provisioning::create_group(&store, Actor::System, new).await.unwrap();
        provisioning::add_members(&store, Actor::System, &group, &[ana]).await.unwrap();
        for grant in store.delete_access_grants_of(Subject::User(ana)).await.unwrap() {
            store.changed(ResourceKind::AccessGrant, grant.0);
        }
        for server in &self.servers {
            let id = AccessGrantId(store.new_id());
            let (server_id, subject) = (server.parse().unwrap(), Subject::Group(group.id));
            let grant = AccessGrant { id, server_id, role: ServerRole::User, subject, created_at: store.now() };
            store.insert_access_grant(&grant, None).await.unwrap();
            store.changed(ResourceKind::AccessGrant, id.0);
        }
        store.commit().await.unwrap();
        self.world.synced("acme").await;
        group
    }
}

/// What follows from losing a right.
pub(super) struct Expected<'a> {
    /// Of the next call.
    pub(super) status: u16,
    /// `error` of the next refresh.
    pub(super) refresh: &'a str,
    /// In the audit trail.
    pub(super) action: &'a str,
}

impl Scene {
    /// All of Ana's is open; after `lock` all of it is over.
    pub(super) async fn check(&mut self, expected: Expected<'_>, lock: impl AsyncFnOnce(&Self)) {
        let open = self.open_all(&self.ides).await;
        lock(self).await;
        self.world.synced("acme").await;
        for one in open {
            one.ended().await;
        }
        let (legacy, modern) = (&self.legacy, &self.modern);
        // A stream and a call on each node: each upstream sees its own go.
        legacy.dropped(2 * NODES).await;
        modern.dropped(2 * NODES).await;
        assert_eq!(self.next_calls(&self.ides).await, [expected.status; 2 * NODES]);
        for ide in &mut self.ides {
            let refreshed = ide.refresh().await;
            assert_eq!(refreshed.json()["error"], expected.refresh, "{}", refreshed.body);
        }
        assert!(self.noted(expected.action).await.is_some(), "{} is noted", expected.action);
        let told = || self.legacy.seen_method("notifications/cancelled").len() >= NODES;
        eventually("the upstream of legacy calls is told", || async { told() }).await;
    }
}

pub(super) const OVER: Expected<'static> = Expected { status: 401, refresh: "invalid_grant", action: "" };

on_both! {
    async fn atk_22_deactivation(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let id = scene.ana.id().await;
        scene.check(Expected { action: "user.deactivated", ..OVER }, async |scene| {
            scene.owner.patch(&format!("users/{id}"), json!({"status": "deactivated"})).await.ok();
        }).await;
        assert_eq!(scene.ana.get("session").await.status, 401, "the browser, too");
    }

    async fn signing_out_everywhere(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let key = scene.ana.post("keys", json!({"name": "ci"})).await.ok()["secret"].as_str().unwrap().to_owned();
        scene.check(Expected { action: "user.signed_out", ..OVER }, async |scene| {
            let ended = scene.ana.post("me/sign-out-everywhere", json!({})).await.ok();
            assert_eq!(ended, json!({"sessions": 1, "connections": 2, "api_keys": 0}));
        }).await;
        assert_eq!(scene.ana.get("session").await.status, 401);
        let mut machine = with_key(&scene.ides[0], &json!(key));
        assert_eq!(machine.initialize().await.status, 200, "keys only if asked for");
        // She may come back at once.
        scene.ana.sign_in().await.ok();
        assert_eq!(scene.ana.ide("github").await.initialize().await.status, 200);
        // Somebody else may end it for her, with the keys.
        let id = scene.ana.id().await;
        let ended = scene.owner.post(&format!("users/{id}/sign-out"), json!({"api_keys": true})).await.ok();
        assert_eq!(ended, json!({"sessions": 1, "connections": 1, "api_keys": 1}));
        scene.world.synced("acme").await;
        assert_eq!(machine.initialize().await.status, 401);
        let entry = scene.noted("user.signed_out").await.unwrap();
        assert_eq!((&entry["target"]["id"], &entry["detail"]["api_keys"]), (&json!(id), &json!(1)));
        let refused = scene.ana.elsewhere();
        refused.sign_in().await.ok();
        refused.post(&format!("users/{}/sign-out", scene.owner.id().await), json!({})).await.refused(403, "forbidden");
    }

    async fn losing_the_last_grant(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        scene.check(Expected { status: 404, action: "grant.taken", ..OVER }, async |scene| {
            for server in &scene.servers {
                let grants = scene.owner.get(&format!("servers/{server}/grants")).await.ok();
                let of_ana = grants["items"].as_array().unwrap().iter().find(|grant| grant["subject"]["kind"] == "user");
                let id = of_ana.unwrap()["id"].as_str().unwrap().to_owned();
                scene.owner.delete(&format!("servers/{server}/grants/{id}")).await.ok();
            }
        }).await;
        assert_eq!(scene.ana.get("session").await.status, 200, "she is still there");
    }

    async fn removal_from_the_group_that_gave_it(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let group = scene.in_a_group_instead().await;
        let ana: UserId = scene.ana.id().await.parse().unwrap();
        scene.check(Expected { status: 404, action: "group.members_removed", ..OVER }, async |scene| {
            let store = scene.store().await;
            provisioning::remove_members(&store, Actor::System, &group, &[ana]).await.unwrap();
            store.commit().await.unwrap();
        }).await;
    }

    async fn deletion_of_the_group_that_gave_it(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let group = scene.in_a_group_instead().await;
        scene.check(Expected { status: 404, action: "group.deleted", ..OVER }, async |scene| {
            let store = scene.store().await;
            provisioning::delete_group(&store, Actor::System, &group).await.unwrap();
            store.commit().await.unwrap();
        }).await;
    }

    async fn deletion(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let ana: UserId = scene.ana.id().await.parse().unwrap();
        scene.check(Expected { action: "user.deleted", ..OVER }, async |scene| {
            let store = scene.store().await;
            let user = store.get_user(ana).await.unwrap();
            provisioning::delete_user(&store, Actor::System, &user).await.unwrap();
            store.commit().await.unwrap();
        }).await;
        assert_eq!(scene.ana.get("session").await.status, 401);
    }

    async fn one_connection(setup: Setup) {
        let scene = Scene::start(setup).await;
        // A second client of hers for each server: that one goes on.
        let others = [scene.ana.ide("github").await, scene.ana.ide("search").await];
        let (mut going, open) = (scene.open_all(&others).await, scene.open_all(&scene.ides).await);
        let connections = scene.ana.get("me/connections").await.ok();
        let connections = connections["items"].as_array().unwrap();
        assert_eq!(connections.len(), 4, "{connections:?}");
        let of = |slug: &str| {
            let mine: Vec<&Value> = connections.iter().filter(|one| one["server_slug"] == slug).collect();
            // Newest first.
            mine[1]
        };
        assert_eq!((&of("github")["client_name"], &of("github")["redirect_host"]), (&json!("Test IDE"), &json!("localhost:49152")));
        scene.ana.delete(&format!("me/connections/{}", of("github")["id"].as_str().unwrap())).await.ok();
        let id = scene.ana.id().await;
        let by_admin = format!("users/{id}/connections/{}", of("search")["id"].as_str().unwrap());
        scene.owner.delete(&by_admin).await.ok();
        scene.world.synced("acme").await;
        for one in open {
            one.ended().await;
        }
        assert_eq!(scene.next_calls(&scene.ides).await, [401; 2 * NODES]);
        let refused = scene.ides[0].clone().initialize().await;
        assert!(refused.challenge().contains("this connection was ended"), "{}", refused.challenge());
        for ide in &mut scene.ides.clone() {
            assert_eq!(ide.refresh().await.json()["error"], "invalid_grant");
        }
        for one in &mut going {
            assert!(one.goes_on().await, "another connection of hers");
        }
        assert_eq!(scene.next_calls(&others).await, [200; 2 * NODES]);
        let entry = scene.noted("oauth_grant.revoked").await.unwrap();
        assert_eq!((&entry["detail"]["by"], &entry["detail"]["user"]), (&json!("admin"), &json!(id)));
        assert_eq!(scene.ana.get("me/connections").await.ok()["items"].as_array().unwrap().len(), 2);
        scene.owner.delete(&by_admin).await.ok();
        let foreign = format!("me/connections/{}", of("search")["id"].as_str().unwrap());
        scene.owner.delete(&foreign).await.refused(404, "not_found");
    }

    async fn a_client_that_hands_its_token_back(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        scene.check(Expected { action: "oauth_grant.revoked", ..OVER }, async |scene| {
            for ide in &scene.ides {
                let endpoint = ide.metadata["revocation_endpoint"].as_str().unwrap();
                let form = [("token", ide.access_token()), ("client_id", &ide.client_id)];
                assert_eq!(ide.http.post(endpoint).form(&form).send().await.unwrap().status(), 200);
            }
        }).await;
    }

    async fn a_client_that_an_administrator_deletes(setup: Setup) {
        let scene = Scene::start(setup).await;
        let open = scene.open_all(&scene.ides).await;
        for ide in &scene.ides {
            let clients = scene.owner.get("clients").await.ok();
            let client = clients["items"].as_array().unwrap().iter().find(|one| one["client_id"] == ide.client_id.as_str());
            scene.owner.delete(&format!("clients/{}", client.unwrap()["id"].as_str().unwrap())).await.ok();
        }
        scene.world.synced("acme").await;
        for one in open {
            one.ended().await;
        }
        assert_eq!(scene.next_calls(&scene.ides).await, [401; 2 * NODES]);
        // Its registration is gone, so it registers and signs in anew.
        assert_eq!(scene.ides[0].clone().refresh().await.json()["error"], "invalid_client");
    }

    async fn one_key(setup: Setup) {
        let scene = Scene::start(setup).await;
        let mut made = Vec::new();
        for _ in 0..2 {
            made.push(scene.ana.post("keys", json!({"name": "ci"})).await.ok());
        }
        let machines = |at: usize| {
            let key = &made[at]["secret"];
            scene.ides.each_ref().map(|ide| with_key(ide, key))
        };
        let (open, mut going) = (scene.open_all(&machines(0)).await, scene.open_all(&machines(1)).await);
        scene.ana.delete(&format!("keys/{}", made[0]["key"]["id"].as_str().unwrap())).await.ok();
        scene.world.synced("acme").await;
        for one in open {
            one.ended().await;
        }
        assert_eq!(scene.next_calls(&machines(0)).await, [401; 2 * NODES]);
        for one in &mut going {
            assert!(one.goes_on().await, "her other key");
        }
        assert!(scene.noted("api_key.revoked").await.is_some());
    }

    async fn a_suspended_tenant(setup: Setup) {
        let scene = Scene::start(setup).await;
        let open = scene.open_all(&scene.ides).await;
        scene.world.operator.api(Method::PATCH, "tenants/acme", Some(json!({"status": "suspended"}))).await.ok();
        scene.world.synced("acme").await;
        for one in open {
            one.ended().await;
        }
        assert_eq!(scene.next_calls(&scene.ides).await, [503; 2 * NODES]);
        let refused = scene.ides[0].clone().initialize().await;
        assert!(refused.body.contains("tenant.suspended") && refused.headers.contains_key("retry-after"), "{}", refused.body);
        // A refusal for good would make clients throw their tokens away: this one passes.
        let refreshed = scene.ides[0].clone().refresh().await;
        assert_eq!((refreshed.status.as_u16(), &refreshed.json()["error"]), (503, &json!("temporarily_unavailable")));
        let page = scene.ana.elsewhere().browser.open(&format!("{}/t/acme/login", scene.world.auth_origin)).await;
        assert!(page.status == 403 && page.text().contains("suspended"), "{}", page.text());
        // Strangers learn nothing of it.
        let stranger = Ide::new(scene.ides[0].url.as_str());
        assert_eq!(stranger.send(Method::POST, json!({}), &[]).await.status, 401);

        scene.world.operator.api(Method::PATCH, "tenants/acme", Some(json!({"status": "active"}))).await.ok();
        scene.world.synced("acme").await;
        assert_eq!(scene.next_calls(&scene.ides).await, [200; 2 * NODES], "with the tokens of before");
        assert_eq!(scene.ides[0].clone().refresh().await.status, 200);
        assert_eq!(scene.ana.get("session").await.status, 200);
        let mut again = Open::legacy(scene.ides[0].at(&scene.world.nodes[0].origin())).await;
        assert!(again.goes_on().await);
    }
}
