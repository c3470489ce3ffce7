//! Bad input, and strangers.

use control_plane::rate::Door;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use world::{World, on_both};

use super::{Idp, MEDIA_TYPE};

on_both! {
    async fn strangers_learn_nothing(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let (acme, globex) = (world.tenant("acme").await, world.tenant("globex").await);
        let (ours, theirs) = (Idp::of(&acme, &world).await, Idp::of(&globex, &world).await);
        let id = theirs.push("ana").await;
        let group = theirs.push_group("Devs", &[&id]).await;
        // A token of another tenant, none, a typo, an API key, another scheme: one answer, for everything below the base.
        let key = acme.post("keys", json!({ "name": "ci" })).await.ok()["secret"].as_str().unwrap().to_owned();
        let tokens = [theirs.token.clone(), String::new(), format!("{}x", ours.token), ours.token.replace("pws_", "pwk_"), key];
        for base in [ours.base.clone(), ours.base.replace("/acme/", "/nobody/")] {
            for token in &tokens {
                let stranger = Idp { base: base.clone(), token: token.clone(), ..ours.clone() };
                for path in ["/Users", "/ServiceProviderConfig", "/nothing/at/all", &format!("/Users/{id}")] {
                    let refused = stranger.get(path).await;
                    assert_eq!(refused.body["detail"], "The bearer token is missing, wrong, expired or deleted.");
                    refused.refused(401, None);
                }
            }
        }
        for path in [format!("/Users/{id}"), format!("/Groups/{group}")] {
            let absent = ours.get(&path).await;
            let never = ours.get(&path.replace(&path[path.len() - 4..], "0000")).await;
            assert_eq!(absent.body, never.body);
            absent.refused(404, None);
            ours.patch(&path, json!([{ "op": "remove", "path": "externalId" }])).await.refused(404, None);
            ours.put(&path, json!({ "userName": "x", "displayName": "x" })).await.refused(404, None);
            ours.delete(&path).await.refused(404, None);
        }
        let add = json!({ "displayName": "Theirs", "members": [{ "value": id }] });
        ours.post("/Groups", add).await.refused(400, Some("invalidValue"));
        assert!(ours.found("Users", &format!("id eq \"{id}\"")).await.is_empty());
        assert_eq!(theirs.members(&group).await, [id]);
    }

    async fn bad_requests_say_what_is_wrong(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ana = idp.push("Ana").await;
        idp.push_group("Devs", &[]).await;
        bodies(&idp, &ana).await;
        paths(&idp).await;
        sizes(&idp, &ana).await;
        let now = idp.get(&format!("/Users/{ana}")).await;
        assert_eq!((now.etag.as_str(), now.body["userName"].as_str()), ("W/\"1\"", Some("Ana")), "nothing is half applied");
    }
}

async fn bodies(idp: &Idp, ana: &str) {
    let user = format!("/Users/{ana}");
    idp.post("/Users", json!({ "displayName": "x" })).await.refused(400, Some("invalidValue"));
    idp.post("/Users", json!({ "userName": 7 })).await.refused(400, Some("invalidValue"));
    idp.post("/Users", json!({ "userName": "x", "active": "maybe" })).await.refused(400, Some("invalidValue"));
    idp.post("/Users", json!({ "userName": "ANA" })).await.refused(409, Some("uniqueness"));
    idp.post("/Users", json!([])).await.refused(400, Some("invalidSyntax"));
    idp.post("/Groups", json!({ "displayName": " " })).await.refused(400, Some("invalidValue"));
    idp.post("/Groups", json!({ "displayName": "DEVS" })).await.refused(409, Some("uniqueness"));
    let bo = idp.push("bo").await;
    idp.put(&format!("/Users/{bo}"), json!({ "userName": "ANA" })).await.refused(409, Some("uniqueness"));
    let nobody = json!({ "displayName": "x", "members": [{ "value": "usr_00000000000000000000000000" }] });
    assert!(idp.post("/Groups", nobody).await.refused(400, Some("invalidValue")).contains("no user usr_"));
    idp.patch(&user, json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "remove" }]))
        .await
        .refused(400, Some("noTarget"));
    idp.patch(&user, json!([{ "op": "replace", "path": "emails[type eq", "value": "x" }]))
        .await
        .refused(400, Some("invalidPath"));
    idp.patch(&user, json!([{ "op": "replace", "path": "shoeSize", "value": 39 }]))
        .await
        .refused(400, Some("invalidPath"));
    idp.patch(&user, json!([{ "op": "replace", "path": "id", "value": "x" }])).await.refused(400, Some("mutability"));
    idp.patch(&user, json!([{ "op": "jump", "path": "title" }])).await.refused(400, Some("invalidSyntax"));
    idp.patch(&user, json!({})).await.refused(400, Some("invalidSyntax"));
    let raw = |media_type: &'static str, body: &'static str| {
        let request = idp.client.post(format!("{}/Users", idp.base)).bearer_auth(&idp.token);
        request.header(CONTENT_TYPE, media_type).body(body).send()
    };
    assert_eq!(raw("application/x-www-form-urlencoded", "userName=x").await.unwrap().status(), 400);
    assert_eq!(raw(MEDIA_TYPE, "{\"userName\":").await.unwrap().status(), 400);
    assert_eq!(raw("application/json", "{\"userName\":\"by json\"}").await.unwrap().status(), 201);
}

async fn paths(idp: &Idp) {
    for filter in
        ["userName", "userName%20eq", "userName%20xx%20%22a%22", "colour%20eq%20%22red%22", "active%20gt%20true", "%00"]
    {
        idp.get(&format!("/Users?filter={filter}")).await.refused(400, Some("invalidFilter"));
    }
    let hostile = "(".repeat(1_000);
    idp.get(&format!("/Users?filter={hostile}")).await.refused(400, Some("invalidFilter"));
    idp.get("/Groups?filter=members.display%20co%20%22x%22").await.refused(400, Some("invalidFilter"));
    idp.get("/Users?startIndex=first").await.refused(400, Some("invalidValue"));
    idp.get("/Schemas?filter=id%20pr").await.refused(403, None);
    idp.get("/Users/who").await.refused(404, None);
    idp.get("/nothing").await.refused(404, None);
    idp.get("/nothing/at/all").await.refused(404, None);
    idp.get("/Schemas/urn:x").await.refused(404, None);
    idp.send(Method::DELETE, "/Users", None, None).await.refused(405, None);
    idp.put("/ServiceProviderConfig", json!({})).await.refused(405, None);
    idp.post("/Bulk", json!({})).await.refused(501, None);
    idp.get("/Me").await.refused(501, None);
}

async fn sizes(idp: &Idp, ana: &str) {
    let long = "x".repeat(3 * 1024 * 1024);
    let answer = idp.post("/Users", json!({ "userName": "x", "title": long })).await;
    assert!(answer.refused(413, None).contains("bytes"));
    let emails: Vec<Value> = (0..101).map(|number| json!({ "value": format!("{number}@x") })).collect();
    idp.put(&format!("/Users/{ana}"), json!({ "userName": "Ana", "emails": emails }))
        .await
        .refused(400, Some("invalidValue"));
    let operations: Vec<Value> = (0..1_001).map(|_| json!({ "op": "remove", "path": "title" })).collect();
    idp.patch(&format!("/Users/{ana}"), json!(operations)).await.refused(400, Some("tooMany"));
    let roles: Vec<Value> =
        (0..90).map(|number| json!({ "value": format!("{number}{}", "x".repeat(1_000)) })).collect();
    idp.put(&format!("/Users/{ana}"), json!({ "userName": "Ana", "roles": roles }))
        .await
        .refused(400, Some("invalidValue"));
}

#[tokio::test]
async fn floods_are_slowed_down() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let idp = Idp { token: String::new(), ..Idp::of(&owner, &world).await };
    let tenant = world.tenant_id("acme").await;
    let address = std::net::IpAddr::from([127, 0, 0, 1]);
    // The bucket fills while a request is on its way, so others go on asking.
    let others = async {
        loop {
            while world.app().rates.take(tenant, Door::Scim(address)).is_ok() {}
            tokio::task::yield_now().await;
        }
    };
    let mut others = std::pin::pin!(others);
    for _ in 0..100 {
        let reply = tokio::select! {
            biased;
            reply = idp.get("/Users") => reply,
            () = &mut others => unreachable!("they never stop"),
        };
        if reply.status == 429 {
            reply.refused(429, None);
            return;
        }
        reply.refused(401, None);
    }
    panic!("a hundred requests of an address that used up all it had");
}
