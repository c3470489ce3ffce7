//! Groups: members in sets, several changes at once.

use control_plane::domain::access::TenantRole;
use control_plane::domain::ids::UserId;
use control_plane::domain::scim::user;
use control_plane::domain::tenancy::{User, UserSource, UserStatus};
use serde_json::{Value, json};
use world::{World, on_both};

use super::{GROUP, Idp};

on_both! {
    async fn members_come_and_go(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let (ana, bo, cy) = (idp.push("ana").await, idp.push("bo").await, idp.push("cy").await);
        let group = idp.push_group("Devs", &[&ana]).await;
        let path = format!("/Groups/{group}");
        let added = idp.patch(&path, json!([{ "op": "Add", "path": "members", "value": [{ "value": bo, "$ref": null }, { "value": ana }] }])).await;
        assert_eq!(added.etag, "W/\"2\"");
        added.is(204);
        assert_eq!(idp.members(&group).await, [ana.clone(), bo.clone()]);
        assert_eq!(idp.get(&format!("/Users/{bo}")).await.is(200)["groups"][0]["display"], "Devs");
        idp.patch(&path, json!([{ "op": "remove", "path": format!("members[value eq \"{ana}\"]") }])).await.is(204);
        idp.patch(&path, json!([{ "op": "Remove", "path": "members", "value": [{ "value": bo }] }])).await.is(204);
        assert!(idp.members(&group).await.is_empty());
        let shown = idp.send(reqwest::Method::PATCH, &format!("{path}?attributes=members"), Some(json!({
            "Operations": [{ "op": "replace", "path": "members", "value": [{ "value": cy }] }]
        })), None).await.is(200);
        assert_eq!(shown["members"][0]["value"], json!(cy));
        let put = idp.put(&path, json!({ "schemas": [GROUP], "displayName": "Developers", "members": [{ "value": bo }] })).await.is(200);
        assert_eq!((&put["displayName"], put["members"].as_array().unwrap().len()), (&json!("Developers"), 1));
        idp.patch(&path, json!([{ "op": "replace", "value": { "id": group, "displayName": "devs" } }])).await.is(204);
        assert_eq!(idp.found("Groups", "displayName eq \"DEVS\"").await, ["devs"]);
        idp.delete(&format!("/Users/{bo}")).await.is(204);
        assert!(idp.members(&group).await.is_empty(), "who is gone is nowhere");
        idp.delete(&path).await.is(204);
        idp.get(&path).await.refused(404, None);
        idp.push_group("devs", &[]).await;
    }

    async fn two_changes_at_once_lose_nobody(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let mut people = Vec::new();
        for number in 0..16 {
            people.push(idp.push(&format!("p{number}")).await);
        }
        let group = idp.push_group("All", &[]).await;
        let path = format!("/Groups/{group}");
        let add = |id: &String| {
            let (idp, path, id) = (idp.clone(), path.clone(), id.clone());
            async move { idp.patch(&path, json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }])).await.is(204) }
        };
        futures::future::join_all(people.iter().map(add)).await;
        people.sort_unstable();
        let mut members = idp.members(&group).await;
        members.sort_unstable();
        assert_eq!(members, people);
        assert_eq!(idp.get(&path).await.etag, "W/\"17\"");
    }

    async fn ten_thousand_members_fit_one_request(setup: Setup) {
        const PEOPLE: usize = 10_000;
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ids = people(&world, PEOPLE).await;
        let group = idp.push_group("Big", &[]).await;
        let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
        idp.patch(&format!("/Groups/{group}"), json!([{ "op": "add", "path": "members", "value": members }])).await.is(204);
        assert_eq!(idp.members(&group).await.len(), PEOPLE);
        let page = idp.get("/Groups?excludedAttributes=members").await.is(200);
        assert!(page["Resources"][0].get("members").is_none());
        idp.patch(&format!("/Groups/{group}"), json!([{ "op": "remove", "path": "members" }])).await.is(204);
        assert!(idp.members(&group).await.is_empty());
    }
}

/// People who are there, in one transaction and without an audit entry each.
async fn people(world: &World, count: usize) -> Vec<String> {
    let store = world.app().store.tenant(world.tenant_id("acme").await).await.unwrap();
    let mut ids = Vec::new();
    for number in 0..count {
        let attributes = user::attributes_of(&format!("p{number}"), "P", "");
        let facts = user::facts(&attributes).unwrap();
        let person = User {
            id: UserId(store.new_id()),
            user_name: facts.user_name.clone(),
            email: String::new(),
            display_name: facts.display_name.clone(),
            role: TenantRole::Member,
            assigned_role: TenantRole::Member,
            source: UserSource::Scim,
            external_id: None,
            status: UserStatus::Active,
            epoch: 1,
            created_at: store.now(),
        };
        store.insert_user(&person).await.unwrap();
        store.insert_scim_user(person.id, &attributes, &facts, store.now()).await.unwrap();
        ids.push(person.id.to_string());
    }
    store.commit().await.unwrap();
    ids
}
