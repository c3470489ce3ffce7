//! People come, go and come back; whoever goes is locked out at once.

use serde_json::json;
use world::on_both;

use super::{ENTERPRISE, Idp, MEDIA_TYPE, USER};

on_both! {
    async fn a_person_is_made_changed_and_removed(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let sent = json!({
            "schemas": [USER, ENTERPRISE], "userName": "Ana@Acme.example", "externalId": "00u1", "active": true,
            "name": { "givenName": "Ana", "familyName": "Diaz" }, "password": "hunter2hunter2",
            "emails": [{ "type": "work", "value": "Ana@Acme.example", "primary": true }],
            ENTERPRISE: { "employeeNumber": "7", "manager": "usr_boss" }
        });
        let made = idp.post("/Users", sent.clone()).await;
        let (location, etag, media_type) = (made.location.clone(), made.etag.clone(), made.media_type.clone());
        let made = made.is(201);
        let id = made["id"].as_str().unwrap().to_owned();
        assert_eq!((location, etag, media_type), (format!("{}/Users/{id}", idp.base), "W/\"1\"".into(), MEDIA_TYPE.into()));
        for member in ["schemas", "userName", "externalId", "active", "name", "emails"] {
            assert_eq!(made[member], sent[member], "as sent");
        }
        assert_eq!(made[ENTERPRISE], json!({ "employeeNumber": "7", "manager": { "value": "usr_boss" } }));
        assert_eq!(made["meta"]["resourceType"], "User");
        assert!(made.get("password").is_none());
        assert_eq!(idp.get(&format!("/Users/{id}")).await.is(200), made);

        let seen = owner.get(&format!("users/{id}")).await.ok();
        assert_eq!((&seen["user_name"], &seen["display_name"]), (&json!("ana@acme.example"), &json!("Ana Diaz")));

        let changed = idp.patch(&format!("/Users/{id}"), json!([{ "op": "replace", "path": "title", "value": "CEO" }])).await;
        assert_eq!(changed.etag, "W/\"2\"");
        assert_eq!(changed.is(200)["title"], "CEO");
        let put = idp.put(&format!("/Users/{id}"), json!({ "userName": "anna@acme.example", "active": true })).await.is(200);
        assert_eq!((put["userName"].as_str(), put.get("title"), put.get(ENTERPRISE)), (Some("anna@acme.example"), None, None));
        assert_eq!(owner.get(&format!("users/{id}")).await.ok()["user_name"], "anna@acme.example");

        idp.delete(&format!("/Users/{id}")).await.is(204);
        idp.get(&format!("/Users/{id}")).await.refused(404, None);
        idp.delete(&format!("/Users/{id}")).await.refused(404, None);
        assert_ne!(idp.push("anna@acme.example").await, id, "somebody else");
        // Left out is not switched on.
        let bo = idp.post("/Users", json!({ "userName": "bo", "active": false })).await.is(201)["id"].as_str().unwrap().to_owned();
        assert_eq!(idp.put(&format!("/Users/{bo}"), json!({ "userName": "bo" })).await.is(200)["active"], false);
        let removed = idp.patch(&format!("/Users/{bo}"), json!([{ "op": "remove", "path": "active" }])).await.is(200);
        assert_eq!(removed.get("active"), None);
        assert_eq!(owner.get(&format!("users/{bo}")).await.ok()["status"], "deactivated");
    }

    async fn whoever_is_switched_off_is_locked_out_in_the_same_breath(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ana = owner.invite("ana", "member").await;
        let id = ana.id().await;
        owner.put(&format!("scim/users/{id}"), json!({})).await.ok();
        let path = format!("/Users/{id}");
        assert_eq!(idp.get(&path).await.is(200)["active"], true);
        ana.get("session").await.ok();
        // As Entra says it without its flag.
        let off = idp.patch(&path, json!([{ "op": "Replace", "path": "active", "value": "False" }])).await.is(200);
        assert_eq!(off["active"], false);
        ana.get("session").await.refused(401, "unauthenticated");
        assert_eq!(idp.get(&path).await.is(200)["active"], false, "still readable");
        assert_eq!(idp.found("Users", "active eq false").await, std::slice::from_ref(&ana.user_name));
        // As Okta says it.
        idp.patch(&path, json!([{ "op": "replace", "value": { "active": true } }])).await.is(200);
        ana.get("session").await.refused(401, "unauthenticated");
        assert_eq!(ana.elsewhere().sign_in().await.ok()["user"]["id"], id.as_str());
    }

    async fn nobody_is_taken_over_by_name(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ana = owner.invite("ana", "member").await;
        let detail = idp.post("/Users", json!({ "userName": ana.user_name.to_uppercase() })).await.refused(409, Some("uniqueness"));
        assert!(detail.contains("hand it over"), "{detail}");
        let id = ana.id().await;
        let filter = format!("userName eq \"{}\"", ana.user_name.to_uppercase());
        assert!(idp.found("Users", &filter).await.is_empty());
        idp.get(&format!("/Users/{id}")).await.refused(404, None);
        owner.put(&format!("scim/users/{id}"), json!({})).await.ok();
        assert_eq!(idp.found("Users", &filter).await, std::slice::from_ref(&ana.user_name));
        ana.get("session").await.ok();
        owner.delete(&format!("scim/users/{id}")).await.ok();
        idp.get(&format!("/Users/{id}")).await.refused(404, None);
        ana.get("session").await.ok();
    }

    async fn the_last_owner_stays(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let id = owner.id().await;
        owner.put(&format!("scim/users/{id}"), json!({})).await.ok();
        let path = format!("/Users/{id}");
        let off = json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "replace", "path": "active", "value": false }]);
        assert!(idp.patch(&path, off).await.refused(409, None).contains("last active owner"));
        assert!(idp.delete(&path).await.refused(409, None).contains("last active owner"));
        let now = idp.get(&path).await.is(200);
        assert_eq!((now["active"].as_bool(), now.get("title")), (Some(true), None), "nothing is half applied");
    }

    async fn tokens_end_and_requests_are_kept_without_secrets(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        idp.post("/Users", json!({ "userName": "ana", "password": "hunter2hunter2" })).await.is(201);
        idp.post("/Users", json!({ "userName": "ana" })).await.refused(409, Some("uniqueness"));
        let kept = owner.get("scim/requests?limit=2").await.ok();
        let kept = kept["items"].as_array().unwrap();
        assert_eq!((&kept[0]["status"], &kept[1]["status"], &kept[1]["path"]), (&json!(409), &json!(201), &json!("/Users")));
        assert!(kept[0]["detail"].as_str().unwrap().contains("already"));
        assert_eq!(kept[1]["body"], r#"{"userName":"ana","password":"(removed)"}"#);
        let tokens = owner.get("scim/tokens").await.ok();
        let token = &tokens["items"][0];
        assert!(token["last_used_at"].is_string() && token.get("secret").is_none(), "{token}");
        for _ in 0..205 {
            idp.get("/Users?count=0").await.is(200);
        }
        let mut rows = 0;
        let mut next = Some("scim/requests?limit=150".to_owned());
        while let Some(path) = next {
            let page = owner.get(&path).await.ok();
            rows += page["items"].as_array().unwrap().len();
            next = page["next_cursor"].as_str().map(|cursor| format!("scim/requests?limit=150&cursor={cursor}"));
        }
        assert_eq!(rows, 200);
        let made = owner.post("scim/tokens", json!({ "name": "short", "expires_in_days": 1 })).await.ok();
        let short = Idp { token: made["secret"].as_str().unwrap().to_owned(), ..idp.clone() };
        short.get("/Users?count=0").await.is(200);
        owner.delete(&format!("scim/tokens/{}", token["id"].as_str().unwrap())).await.ok();
        idp.get("/Users?count=0").await.refused(401, None);
        world.advance(chrono::TimeDelta::days(2));
        short.get("/Users?count=0").await.refused(401, None);
    }
}
