//! Filters, paging and projection over HTTP: what columns answer and what is looked through give the same.

use serde_json::{Value, json};
use world::on_both;

use super::{ENTERPRISE, Idp};

async fn company(idp: &Idp) -> Vec<String> {
    let mut ids = Vec::new();
    for (number, (name, mail, title)) in
        [("Ana", "ana@acme.example", "CEO"), ("bo", "bo@home.example", "Dev"), ("cÿ_%", "cy@acme.example", "Dev")]
            .iter()
            .enumerate()
    {
        let body = json!({
            "userName": name, "displayName": format!("{name} D"), "externalId": format!("E{number}"), "title": title,
            "active": number != 1, "emails": [{ "type": "work", "value": mail }, { "type": "home", "value": "family@home.example" }],
            ENTERPRISE: { "costCenter": number.to_string() }
        });
        ids.push(idp.post("/Users", body).await.is(201)["id"].as_str().unwrap().to_owned());
    }
    ids
}

on_both! {
    async fn filters_find_people(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ids = company(&idp).await;
        let group = idp.push_group("Devs", &[&ids[1], &ids[2]]).await;
        let (ana, bo, cy) = ("Ana", "bo", "cÿ_%");
        let check = async |filter: &str, expected: &[&str]| {
            assert_eq!(idp.found("Users", filter).await, expected, "{filter}");
        };
        check(r#"userName eq "ANA""#, &[ana]).await;
        check(r#"userName ne "ana""#, &[bo, cy]).await;
        check(r#"userName co "N""#, &[ana]).await;
        check(r#"userName co "_%""#, &[cy]).await;
        check(r#"userName sw "CŸ""#, &[cy]).await;
        check(r#"userName ew "O""#, &[bo]).await;
        check(r#"userName gt "ana" and userName lt "c""#, &[bo]).await;
        check(r#"userName ge "bo""#, &[bo, cy]).await;
        check(r#"userName eq "missing""#, &[]).await;
        check(r#"externalId eq "E0""#, &[ana]).await;
        check(r#"externalId eq "e0""#, &[]).await;
        check(r#"externalId sw "E" and externalId ne "E0""#, &[bo, cy]).await;
        check(r#"displayName eq "BO d""#, &[bo]).await;
        check("active eq true", &[ana, cy]).await;
        check(r#"active eq "False""#, &[bo]).await;
        check("not (active eq true)", &[bo]).await;
        check(&format!("id eq \"{}\" or id eq \"{}\" or id eq \"x\"", ids[0], ids[2]), &[ana, cy]).await;
        check(r#"emails eq "BO@home.example""#, &[bo]).await;
        check(r#"emails.value ew "acme.example""#, &[ana, cy]).await;
        check(r#"emails.value ne "bo@home.example""#, &[ana, cy]).await;
        check(r#"emails[type eq "work" and value co "home"]"#, &[bo]).await;
        check(r#"emails[type eq "work"].value eq "cy@acme.example""#, &[cy]).await;
        check(r#"emails[type eq "home"].value eq "cy@acme.example""#, &[]).await;
        check(&format!("groups.value eq \"{group}\""), &[bo, cy]).await;
        check(&format!("groups eq \"{group}\" and title eq \"dev\" and active eq true"), &[cy]).await;
        check(r#"groups.display eq "devs""#, &[bo, cy]).await;
        check(r#"meta.created gt "2020-01-01T00:00:00Z" and not (meta.lastModified lt "2020-01-01T00:00:00Z")"#, &[ana, bo, cy]).await;
        check(r#"title eq "dev""#, &[bo, cy]).await;
        check(r#"title eq "ceo" or userName eq "bo""#, &[ana, bo]).await;
        check(&format!("{ENTERPRISE}:costCenter ge \"1\""), &[bo, cy]).await;
        check("nickName pr", &[]).await;
        check("title pr and not (nickName pr)", &[ana, bo, cy]).await;
        check(r#"meta.resourceType eq "User" and userName eq "bo""#, &[bo]).await;

        assert_eq!(idp.found("Groups", &format!("members.value eq \"{}\"", ids[1])).await, ["Devs"]);
        assert_eq!(idp.found("Groups", &format!("members[value eq \"{}\"]", ids[0])).await, [""; 0]);
        assert_eq!(idp.found("Groups", &format!("displayName eq \"devs\" and id eq \"{group}\"")).await, ["Devs"]);
        assert_eq!(idp.found("Groups", "externalId pr").await, [""; 0]);
    }

    async fn pages_follow_each_other(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ids = company(&idp).await;
        let group = idp.push_group("Devs", &[&ids[1]]).await;
        // By column, and by looking.
        for filter in ["", "&filter=title%20pr"] {
            let mut seen = Vec::new();
            for start in 1..=4 {
                let page = idp.get(&format!("/Users?startIndex={start}&count=1{filter}")).await.is(200);
                assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(3), &json!(start)));
                assert_eq!(page["itemsPerPage"], json!(page["Resources"].as_array().unwrap().len()));
                seen.extend(page["Resources"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            }
            assert_eq!(seen, ids, "{filter}");
            let none = idp.get(&format!("/Users?count=0{filter}")).await.is(200);
            assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(3), &json!([])));
        }
        assert_eq!(idp.get("/Users?startIndex=-7&count=-1").await.is(200)["startIndex"], 1);
        // Everything: people, then groups.
        let all = idp.post("/.search", json!({ "startIndex": 3, "count": 2, "attributes": ["id"] })).await.is(200);
        let found: Vec<&Value> = all["Resources"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        assert_eq!((&all["totalResults"], found), (&json!(4), vec![&json!(ids[2]), &json!(group)]));
        let named = idp.post("/.search", json!({ "filter": "displayName eq \"DEVS\"" })).await.is(200);
        assert_eq!((&named["totalResults"], &named["Resources"][0]["id"]), (&json!(1), &json!(group)));
    }

    async fn answers_hold_what_is_asked_for(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ids = company(&idp).await;
        let one = idp.get(&format!("/Users/{}?attributes=userName,emails.value", ids[0])).await.is(200);
        let names: Vec<&String> = one.as_object().unwrap().keys().collect();
        assert_eq!(names, ["schemas", "id", "userName", "emails"]);
        assert!(one["emails"][0].get("type").is_none());
        let listed = idp.get("/Users?excludedAttributes=emails,meta").await.is(200);
        assert!(listed["Resources"][0].get("emails").is_none() && listed["Resources"][0].get("meta").is_none());
        let searched = idp.post("/Users/.search", json!({ "excludedAttributes": ["name", "emails"], "count": 1 })).await.is(200);
        assert!(searched["Resources"][0].get("emails").is_none());
        idp.get("/Users?attributes=id&excludedAttributes=meta").await.refused(400, Some("invalidValue"));
    }
}
