//! Tags: a change of what the caller has not seen is refused.

use reqwest::Method;
use serde_json::json;
use world::on_both;

use super::Idp;

on_both! {
    async fn a_stale_tag_is_refused(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ana = idp.push("ana").await;
        let group = idp.push_group("Devs", &[&ana]).await;
        for (path, name) in [(format!("/Users/{ana}"), "userName"), (format!("/Groups/{group}"), "displayName")] {
            let first = idp.get(&path).await.etag;
            let body = json!({ name: "changed" });
            idp.send(Method::PUT, &path, Some(body.clone()), Some(&first)).await.is(200);
            let stale = idp.send(Method::PUT, &path, Some(body), Some(&first)).await;
            assert!(stale.refused(412, None).contains("version"), "{path}");
            let operations = json!({ "Operations": [{ "op": "replace", "path": name, "value": "again" }] });
            idp.send(Method::PATCH, &path, Some(operations), Some(&first)).await.refused(412, None);
            idp.send(Method::DELETE, &path, None, Some(&first)).await.refused(412, None);
            let now = idp.get(&path).await;
            assert_eq!(now.body[name], "changed");
            let known = idp.client.get(format!("{}{path}", idp.base)).bearer_auth(&idp.token).header("if-none-match", &now.etag);
            assert_eq!(known.send().await.unwrap().status(), 304);
            idp.send(Method::DELETE, &path, None, Some("*")).await.is(204);
        }
    }

    async fn what_changes_nothing_keeps_its_version(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let ana = idp.push("ana").await;
        let path = format!("/Users/{ana}");
        let same = idp.patch(&path, json!([{ "op": "replace", "path": "userName", "value": "ana" }])).await;
        assert_eq!((same.status, same.etag.as_str()), (200, "W/\"1\""));
    }
}
