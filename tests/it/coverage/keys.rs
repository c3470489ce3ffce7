//! The same table for API keys: an owner's key may what its owner may, but nothing that is for people who are there; a
//! key for single servers may nothing here. Neither needs the header against forged requests.

use world::on_both;

use super::scene::{CALLERS, Caller, Scene};
use super::{operations, table};

/// What no key may.
fn is_for_people(operation: &str) -> bool {
    operation.contains("/keys")
        || operation.contains("/scim/tokens")
        || operation.ends_with("/playground")
        || operation == "DELETE /tenants/{tenant}/session"
        || is_of_oneself(operation)
}

/// What an answer says. A stream, which never ends, says nothing of who may open it.
async fn said(answer: reqwest::Response) -> String {
    let is_stream = answer.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
    if is_stream { String::new() } else { answer.text().await.unwrap() }
}

/// What people are signed in with themselves.
fn is_of_oneself(operation: &str) -> bool {
    ["/me/connections", "/me/sessions", "/me/sign-out-everywhere"].iter().any(|own| operation.contains(own))
}

#[test]
fn the_document_says_where_keys_are_accepted() {
    let text = std::fs::read_to_string(world::generated::root().join("control-plane/openapi.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    for operation in operations().into_iter().filter(|operation| operation.contains(" /tenants/{tenant}")) {
        let (method, path) = operation.split_once(' ').unwrap();
        let security = document["paths"][format!("/api/v1{path}")][method.to_lowercase()]["security"].to_string();
        let accepted = security.contains("api_key");
        let ends = ["/session", "/playground"].iter().any(|end| path.ends_with(end));
        let for_people = path.contains("/keys") || path.contains("/scim/tokens") || ends;
        assert_eq!(accepted, !for_people && !is_of_oneself(path), "{operation}: {security}");
    }
}

on_both! {
    async fn keys_may_what_the_table_allows_their_owner(setup: Setup) {
        let scene = Scene::open(setup).await;
        let owner = CALLERS.iter().position(|caller| *caller == Caller::Owner).unwrap();
        let mut wrong = Vec::new();
        for (operation, what, expected) in table() {
            if !operation.contains(" /tenants/{tenant}") || operation == "POST /tenants/{tenant}/session" {
                continue;
            }
            let by_owner = if is_for_people(operation) { 403 } else { expected[owner] };
            for (scoped, expected) in [(false, by_owner), (true, 403)] {
                let call = scene.call_by_key(operation, what, scoped).await;
                let answer = scene.request(&call).send().await.unwrap();
                let (status, text) = (answer.status().as_u16(), said(answer).await);
                let refused_as_key = status != 403 || text.contains("key.not_allowed");
                if status != expected || !refused_as_key {
                    wrong.push(format!("{operation} ({what}) by key, scoped {scoped}: {status}, not {expected}: {text}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }

    async fn a_service_account_may_what_a_manager_of_its_server_may(setup: Setup) {
        let scene = Scene::open(setup).await;
        let manager = CALLERS.iter().position(|caller| *caller == Caller::Manager).unwrap();
        let mut wrong = Vec::new();
        for (operation, what, expected) in table() {
            let of_tenant = operation.contains(" /tenants/{tenant}") && !operation.ends_with("/session");
            if !of_tenant || ["oneself", "own role"].contains(&what) {
                continue;
            }
            let expected = if is_for_people(operation) { 403 } else { expected[manager] };
            let call = scene.call_by_service_account(operation, what).await;
            let answer = scene.request(&call).send().await.unwrap();
            let (status, text) = (answer.status().as_u16(), said(answer).await);
            if status != expected {
                wrong.push(format!("{operation} ({what}) by a service account: {status}, not {expected}: {text}"));
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}
