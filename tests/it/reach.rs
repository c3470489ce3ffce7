//! Which servers somebody reaches, and why.

use serde_json::{Value, json};
use world::on_both;

fn found(page: &Value) -> Vec<(&str, &str, &str)> {
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned().leak() as &str;
    let items = page["items"].as_array().expect("a list").iter();
    let mut found: Vec<_> = items
        .map(|item| {
            (text(&item["server"]["slug"]), text(&item["grant"]["subject"]["kind"]), text(&item["grant"]["role"]))
        })
        .collect();
    found.sort_unstable();
    found
}

on_both! {
    async fn a_person_reaches_servers_by_themselves_by_groups_and_as_everyone(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let (ana, bo) = (owner.invite("ana", "member").await, owner.invite("bo", "member").await);
        let (ana_id, bo_id) = (ana.id().await, bo.id().await);
        let github = owner.register_server("github", "https://github.example/mcp").await;
        let jira = owner.register_server("jira", "https://jira.example/mcp").await;
        owner.register_server("secret", "https://secret.example/mcp").await;
        let group = owner.post("groups", json!({"display_name": "Developers"})).await.ok();
        let group_id = group["id"].as_str().expect("an id");
        owner.patch(&format!("groups/{group_id}/members"), json!({"add": [ana_id]})).await.ok();
        let grant = async |server: &str, subject: Value, role: &str| {
            owner.put(&format!("servers/{server}/grants"), json!({"subject": subject, "role": role})).await.ok();
        };
        grant(&github, json!({"kind": "user", "id": ana_id}), "manager").await;
        grant(&github, json!({"kind": "group", "id": group_id}), "user").await;
        grant(&jira, json!({"kind": "everyone"}), "user").await;
        let machine = owner.post("service-accounts", json!({"name": "ci"})).await.ok();
        let machine_id = machine["id"].as_str().expect("an id");
        grant(&jira, json!({"kind": "service_account", "id": machine_id}), "user").await;

        let seen = owner.get(&format!("users/{ana_id}/grants")).await.ok();
        let expected = [("github", "group", "user"), ("github", "user", "manager"), ("jira", "everyone", "user")];
        assert_eq!(found(&seen), expected, "{seen}");
        assert!(seen.to_string().contains("Developers"));
        assert_eq!(found(&ana.get(&format!("users/{ana_id}/grants")).await.ok()), expected, "everybody sees their own");
        assert_eq!(found(&owner.get(&format!("users/{bo_id}/grants")).await.ok()), [("jira", "everyone", "user")]);
        ana.get(&format!("users/{bo_id}/grants")).await.refused(403, "forbidden");
        // A machine is not everyone.
        let machines = owner.get(&format!("service-accounts/{machine_id}/grants")).await.ok();
        assert_eq!(found(&machines), [("jira", "service_account", "user")]);

        // Page by page, each once.
        let first = owner.get(&format!("users/{ana_id}/grants?limit=2")).await.ok();
        let cursor = first["next_cursor"].as_str().expect("more");
        let second = owner.get(&format!("users/{ana_id}/grants?limit=2&cursor={cursor}")).await.ok();
        assert_eq!((first["items"].as_array().map(Vec::len), second["items"].as_array().map(Vec::len)), (Some(2), Some(1)));
    }
}
