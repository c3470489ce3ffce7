//! Groups: what they give their members, on servers and in the tenant, and what is lost with them.

mod roles;

use serde_json::{Value, json};
use world::fakes::mcp_server::{Era, McpServer};
use world::people::Person;
use world::{World, on_both};

use crate::api_keys::{machine, make};

async fn group(owner: &Person, name: &str, people: &[&Person]) -> String {
    let id = owner.post("groups", json!({"display_name": name})).await.ok()["id"].as_str().unwrap().to_owned();
    let mut ids = Vec::new();
    for person in people {
        ids.push(person.id().await);
    }
    let changed = owner.patch(&format!("groups/{id}/members"), json!({"add": ids})).await.ok();
    assert_eq!(changed, json!({"added": people.len(), "removed": 0}));
    id
}

async fn grant(by: &Person, server: &str, group: &str, role: &str) -> Value {
    let body = json!({"subject": {"kind": "group", "id": group}, "role": role});
    by.put(&format!("servers/{server}/grants"), body).await.ok()
}

async fn role_of(person: &Person) -> String {
    person.get("session").await.ok()["user"]["role"].as_str().unwrap().to_owned()
}

on_both! {
    async fn nodes_let_members_in_and_refuse_them_once_the_group_is_gone(setup: Setup) {
        let world = setup.nodes(2).start().await;
        let upstream = McpServer::start(Era::Legacy).await;
        let owner = world.tenant("acme").await;
        let github = owner.register_server("github", upstream.url.as_str()).await;
        let (ana, bo) = (owner.invite("ana", "member").await, owner.invite("bo", "member").await);
        let devs = group(&owner, "devs", &[&ana, &bo]).await;
        let ((ana_key, _), (bo_key, _)) = (make(&ana, json!({"name": "a"})).await, make(&bo, json!({"name": "b"})).await);
        let reach = async |key: &str| {
            world.synced("acme").await;
            let mut statuses = Vec::new();
            for node in &world.nodes {
                statuses.push(machine(&owner, "github", key).at(&node.origin()).initialize().await.status.as_u16());
            }
            statuses
        };
        assert_eq!(reach(&ana_key).await, [404, 404], "not granted yet");
        grant(&owner, &github, &devs, "user").await;
        assert_eq!((reach(&ana_key).await, reach(&bo_key).await), (vec![200, 200], vec![200, 200]));
        let home = ana.browser.open(format!("{}/t/acme/", world.auth_origin)).await;
        assert!(home.text().contains("github"), "{}", home.text());

        let members = format!("groups/{devs}/members");
        let out = json!({"remove": [bo.id().await]});
        assert_eq!(owner.patch(&members, out.clone()).await.ok(), json!({"added": 0, "removed": 1}));
        assert_eq!(owner.patch(&members, out).await.ok(), json!({"added": 0, "removed": 0}), "again changes nothing");
        assert_eq!((reach(&ana_key).await, reach(&bo_key).await), (vec![200, 200], vec![404, 404]));
        let gone = owner.delete(&format!("groups/{devs}")).await.ok();
        assert_eq!(gone, json!({"members": 1, "grants": 1}));
        assert_eq!(reach(&ana_key).await, [404, 404]);
        let grants = owner.get(&format!("servers/{github}/grants")).await.ok();
        assert!(!grants.to_string().contains(&devs), "{grants}");
    }

    async fn a_manager_by_group_manages_and_finds_whom_to_let_in(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let github = owner.register_server("github", "https://mcp.example/mcp").await;
        let (ana, bo) = (owner.invite("ana", "member").await, owner.invite("bo", "member").await);
        let leads = group(&owner, "Leads", &[&ana]).await;
        owner.post("service-accounts", json!({"name": "leads bot"})).await.ok();
        let path = format!("servers/{github}");
        ana.get(&path).await.refused(404, "not_found");
        let given = grant(&owner, &github, &leads, "manager").await;
        assert_eq!(given["subject"], json!({"kind": "group", "id": leads, "display_name": "Leads", "member_count": 1, "active": true}));
        assert_eq!(ana.get(&path).await.ok()["your_role"], "manager");
        ana.patch(&path, json!({"description": "by a lead"})).await.ok();
        ana.get("users").await.refused(403, "forbidden");
        let found = ana.get(&format!("{path}/candidates?q=LEADS")).await.ok();
        let names: Vec<_> = found["items"].as_array().unwrap().iter().map(|one| (&one["kind"], &one["display_name"])).collect();
        assert_eq!(names, [(&json!("group"), &json!("Leads")), (&json!("service_account"), &json!("leads bot"))], "{found}");
        let found = ana.get(&format!("{path}/candidates?q=bo@acme")).await.ok();
        let subject = json!({"kind": "user", "id": found["items"][0]["id"]});
        ana.put(&format!("{path}/grants"), json!({"subject": subject, "role": "user"})).await.ok();
        bo.get(&path).await.ok();
        bo.get(&format!("{path}/candidates")).await.refused(403, "forbidden");

        let list = async |query: &str| {
            let page = ana.get(&format!("{path}/grants{query}")).await.ok();
            let name = |one: &Value| one["subject"]["display_name"].as_str().unwrap().to_owned();
            page["items"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
        };
        let all = list("").await;
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(list("?kind=group").await, ["Leads"]);
        assert_eq!(list("?role=user").await, ["bo@acme.example"]);
        assert_eq!(list("?q=lead&role=manager").await, ["Leads"]);
        assert_eq!(list("?q=nobody").await, [""; 0]);
        owner.grant_everyone(&github).await;
        assert_eq!(list("?q=every").await, ["Everyone"]);
        let bo_id = bo.id().await;
        owner.patch(&format!("users/{bo_id}"), json!({"status": "deactivated"})).await.ok();
        let page = ana.get(&format!("{path}/grants?q=bo@")).await.ok();
        assert_eq!(page["items"][0]["subject"]["active"], false, "{page}");
        assert_eq!(ana.get(&format!("{path}/candidates?q=bo@")).await.ok()["items"], json!([]), "not one to choose");
    }

    async fn a_group_gives_a_tenant_role_and_takes_it_back(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let ana = owner.invite("ana", "member").await;
        let id = ana.id().await;
        let it = group(&owner, "IT", &[&ana]).await;
        let path = format!("groups/{it}");
        for (body, code) in [
            (json!({"tenant_role": "owner"}), "group.role"),
            (json!({"tenant_role": "member"}), "group.role"),
            (json!({"display_name": " "}), "name.empty"),
        ] {
            assert!(owner.patch(&path, body.clone()).await.text.contains(code), "{body}");
        }
        owner.post("groups", json!({"display_name": "it"})).await.refused(409, "group.name_taken");
        assert_eq!(role_of(&ana).await, "member");
        owner.patch(&path, json!({"tenant_role": "admin"})).await.ok();
        assert_eq!(role_of(&ana).await, "admin");
        ana.post("groups", json!({"display_name": "made by an admin"})).await.ok();
        let seen = owner.get(&format!("users/{id}")).await.ok();
        assert_eq!((&seen["role"], &seen["assigned_role"]), (&json!("admin"), &json!("member")));
        assert_eq!(ana.get(&format!("users/{id}/groups")).await.ok()["items"][0]["display_name"], "IT");
        owner.patch(&path, json!({"display_name": "IT people"})).await.ok();
        assert_eq!(role_of(&ana).await, "admin", "absent is not null");
        owner.patch(&path, json!({"tenant_role": null})).await.ok();
        assert_eq!(role_of(&ana).await, "member");
        owner.patch(&path, json!({"tenant_role": "auditor"})).await.ok();
        owner.patch(&format!("users/{id}"), json!({"role": "admin"})).await.ok();
        assert_eq!(role_of(&ana).await, "admin", "the highest counts");
        owner.patch(&format!("users/{id}"), json!({"role": "member"})).await.ok();
        assert_eq!(role_of(&ana).await, "auditor");
        owner.patch(&format!("{path}/members"), json!({"remove": [id]})).await.ok();
        assert_eq!(role_of(&ana).await, "member");
        owner.patch(&format!("{path}/members"), json!({"add": [id]})).await.ok();
        assert_eq!(owner.delete(&path).await.ok(), json!({"members": 1, "grants": 0, "tenant_role": "auditor"}));
        assert_eq!(role_of(&ana).await, "member");
    }

    async fn the_last_owner_stays_whatever_is_tried(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let me = owner.id().await;
        let it = group(&owner, "IT", &[&owner]).await;
        let path = format!("groups/{it}");
        owner.patch(&path, json!({"tenant_role": "admin"})).await.ok();
        assert_eq!(role_of(&owner).await, "owner", "a group never lowers");
        for body in [json!({"role": "member"}), json!({"role": "admin"}), json!({"status": "deactivated"})] {
            owner.patch(&format!("users/{me}"), body.clone()).await.refused(409, "user.last_owner");
        }
        owner.patch(&format!("{path}/members"), json!({"remove": [me]})).await.ok();
        owner.delete(&path).await.ok();
        assert_eq!(role_of(&owner).await, "owner");
        let second = owner.invite("second", "owner").await;
        owner.patch(&format!("users/{me}"), json!({"role": "member"})).await.ok();
        let id = second.id().await;
        second.patch(&format!("users/{id}"), json!({"status": "deactivated"})).await.refused(409, "user.last_owner");
    }

    async fn members_are_listed_and_strangers_refused(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let (owner, globex) = (world.tenant("acme").await, world.tenant("globex").await);
        let (ana, bo) = (owner.invite("ana", "member").await, owner.invite("bo", "member").await);
        let devs = group(&owner, "devs", &[&ana, &bo]).await;
        let path = format!("groups/{devs}/members");
        let ids = async |query: &str| {
            let page = owner.get(&format!("{path}{query}")).await.ok();
            page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids("").await, [bo.id().await, ana.id().await]);
        assert_eq!(ids("?q=ana@").await, [ana.id().await]);
        assert_eq!(owner.get("groups?q=DEV").await.ok()["items"][0]["member_count"], 2);
        assert_eq!(owner.get("groups?q=ops").await.ok()["items"], json!([]));
        let stranger = globex.id().await;
        owner.patch(&path, json!({"add": [stranger]})).await.refused(400, "group.unknown_member");
        let both = json!({"add": [bo.id().await], "remove": [bo.id().await]});
        owner.patch(&path, both).await.refused(400, "group.member_twice");
        globex.get(&format!("groups/{devs}")).await.refused(404, "not_found");
        globex.patch(&path, json!({"add": [stranger]})).await.refused(404, "not_found");
        assert_eq!(ids("").await.len(), 2);
    }
}

/// As if an identity provider had sent them.
async fn hand_over(world: &World, group: &str, person: &str) {
    use control_plane::domain::tenancy::{GroupSource, User, UserSource};
    let store = world.app().store.tenant(world.tenant_id("acme").await).await.unwrap();
    let mut group = store.get_group(group.parse().unwrap()).await.unwrap();
    group.source = GroupSource::Scim;
    store.update_group(&group).await.unwrap();
    let user = store.get_user(person.parse().unwrap()).await.unwrap();
    store.update_user(&User { source: UserSource::Scim, ..user }).await.unwrap();
    store.commit().await.unwrap();
}

on_both! {
    async fn what_an_identity_provider_owns_is_changed_there(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let ana = owner.invite("ana", "member").await;
        let (devs, id) = (group(&owner, "devs", &[&ana]).await, ana.id().await);
        hand_over(&world, &devs, &id).await;
        let (path, person) = (format!("groups/{devs}"), format!("users/{id}"));
        owner.patch(&path, json!({"display_name": "mine"})).await.refused(409, "group.scim_owned");
        owner.patch(&format!("{path}/members"), json!({"remove": [id]})).await.refused(409, "group.scim_owned");
        owner.delete(&path).await.refused(409, "group.scim_owned");
        for body in [json!({"display_name": "mine"}), json!({"status": "deactivated"}), json!({"role": "admin", "status": "active"})] {
            owner.patch(&person, body).await.refused(409, "user.scim_owned");
        }
        ana.patch(&person, json!({"display_name": "mine"})).await.refused(409, "user.scim_owned");
        // What they may do here is decided here.
        owner.patch(&path, json!({"tenant_role": "auditor"})).await.ok();
        assert_eq!(role_of(&ana).await, "auditor");
        owner.patch(&person, json!({"role": "admin"})).await.ok();
        assert_eq!(role_of(&ana).await, "admin");
    }
}
