//! The same by the identity provider, in each way that it has to say so.

use serde_json::json;
use world::on_both;

use super::Scene;
use super::paths::{Expected, OVER};
use crate::scim::Idp;

impl Scene {
    /// The identity provider, into whose hands Ana was given; and the path of her resource.
    async fn of_scim(&self) -> (Idp, String) {
        let id = self.ana.id().await;
        self.owner.put(&format!("scim/users/{id}"), json!({})).await.ok();
        (Idp::of(&self.owner, &self.world).await, format!("/Users/{id}"))
    }
}

on_both! {
    async fn switched_off_by_patch(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let (idp, path) = scene.of_scim().await;
        scene.check(Expected { action: "user.deactivated", ..OVER }, async |_| {
            // As Entra says it.
            idp.patch(&path, json!([{ "op": "Replace", "path": "active", "value": "False" }])).await.is(200);
        }).await;
        assert_eq!(scene.ana.get("session").await.status, 401, "the browser, too");
    }

    async fn switched_off_by_put(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let (idp, path) = scene.of_scim().await;
        scene.check(Expected { action: "user.deactivated", ..OVER }, async |scene| {
            idp.put(&path, json!({ "userName": scene.ana.user_name, "active": false })).await.is(200);
        }).await;
    }

    async fn deleted(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let (idp, path) = scene.of_scim().await;
        scene.check(Expected { action: "user.deleted", ..OVER }, async |_| {
            idp.delete(&path).await.is(204);
        }).await;
        assert_eq!(scene.ana.get("session").await.status, 401);
    }

    async fn taken_out_of_the_group_that_gave_it(setup: Setup) {
        let mut scene = Scene::start(setup).await;
        let (idp, path) = scene.of_scim().await;
        let ana = path.rsplit('/').next().unwrap();
        let staff = json!({ "displayName": "Staff", "members": [{ "value": ana }] });
        let staff = idp.post("/Groups", staff).await.is(201)["id"].as_str().unwrap().to_owned();
        for server in &scene.servers {
            let grants = scene.owner.get(&format!("servers/{server}/grants")).await.ok();
            let own = grants["items"].as_array().unwrap().iter().find(|grant| grant["subject"]["id"] == ana);
            let own = own.unwrap()["id"].as_str().unwrap();
            let subject = json!({ "kind": "group", "id": staff });
            scene.owner.put(&format!("servers/{server}/grants"), json!({ "subject": subject, "role": "user" })).await.ok();
            scene.owner.delete(&format!("servers/{server}/grants/{own}")).await.ok();
        }
        scene.world.synced("acme").await;
        scene.check(Expected { status: 404, action: "group.members_removed", ..OVER }, async |_| {
            // As Okta says it.
            let path = format!("members[value eq \"{ana}\"]");
            idp.patch(&format!("/Groups/{staff}"), json!([{ "op": "remove", "path": path }])).await;
        }).await;
        assert_eq!(scene.ana.get("session").await.status, 200, "she is still there");
    }
}
