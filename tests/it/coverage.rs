//! Who may do what over the REST API: one line for each operation of the API document, one column for each kind of
//! caller. An operation without a line fails, and every cell is tried against a running control plane.

mod account;
mod api_keys;
mod calls;
mod clients;
mod connections;
mod credentials;
mod groups;
mod identity;
mod keys;
mod limits;
mod people;
mod platform;
mod scene;
mod scim;
mod servers;
mod service_accounts;
mod tenancy;
mod things;

use std::collections::BTreeSet;

use reqwest::header::{COOKIE, ORIGIN};
use reqwest::{Method, RequestBuilder};
use world::generated::root;
use world::on_both;

use self::scene::{CALLERS, Call, Caller, Scene};

/// Operation, what of it when that matters, and the statuses in the order of [`CALLERS`].
type Line = (&'static str, &'static str, [u16; 10]);

const NAMES: usize = 10;

// `member` has no grant on the server, `user` may use it, `manager` manages it; `stranger` is another tenant's owner,
// `revoked` the owner with an ended session. Not visible is 404, visible but not allowed 403.

/// Every line, from one file for each topic.
fn table() -> impl Iterator<Item = Line> {
    let topics = [
        account::LINES,
        tenancy::LINES,
        people::LINES,
        connections::LINES,
        credentials::LINES,
        groups::LINES,
        api_keys::LINES,
        service_accounts::LINES,
        servers::LINES,
        clients::LINES,
        calls::LINES,
        platform::LINES,
        scim::LINES,
        limits::LINES,
        identity::LINES,
    ];
    topics.into_iter().flatten().copied()
}

const _: () = assert!(CALLERS.len() == NAMES);

/// Operations of the committed document, as the table names them.
fn operations() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("control-plane/openapi.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];
    let operations = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        let named = item.as_object().unwrap().keys().filter(|key| methods.contains(&key.as_str()));
        named.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}

#[test]
fn every_operation_has_a_line() {
    let (operations, lines) = (operations(), table().map(|(operation, ..)| operation.to_owned()).collect::<Vec<_>>());
    let missing: Vec<_> = operations.iter().filter(|operation| !lines.contains(operation)).collect();
    assert!(missing.is_empty(), "without a line in tests/it/coverage/: {missing:?}");
    let gone: Vec<_> = lines.iter().filter(|line| !operations.contains(*line)).collect();
    assert!(gone.is_empty(), "lines of no operation: {gone:?}");
}

/// Sends a call as a browser with our console in it would.
fn send(scene: &Scene, call: &Call) -> RequestBuilder {
    scene.request(call).header("x-portway-csrf", "1").header(ORIGIN, scene.origin())
}

on_both! {
    async fn every_cell_of_the_table_is_so(setup: Setup) {
        let scene = Scene::open(setup).await;
        let mut wrong = Vec::new();
        for (operation, what, expected) in table() {
            for (caller, expected) in CALLERS.into_iter().zip(expected) {
                let call = scene.call(operation, what, caller).await;
                let answer = send(&scene, &call).send().await.unwrap();
                let status = answer.status().as_u16();
                if status != expected {
                    let text = answer.text().await.unwrap();
                    wrong.push(format!("{operation} ({what}) as {caller:?}: {status}, not {expected}: {text}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }

    async fn what_is_invisible_answers_like_what_does_not_exist(setup: Setup) {
        let scene = Scene::open(setup).await;
        for (operation, what, expected) in table() {
            if expected[CALLERS.iter().position(|caller| *caller == Caller::Member).unwrap()] != 404 {
                continue;
            }
            let call = scene.call(operation, what, Caller::Member).await;
            let absent = Call { path: call.path.replace(&call.invisible, &call.absent), ..call.clone() };
            assert_ne!(call.path, absent.path);
            let (hidden, absent) = (send(&scene, &call).send().await.unwrap(), send(&scene, &absent).send().await.unwrap());
            assert_eq!((hidden.status().as_u16(), absent.status().as_u16()), (404, 404), "{operation}");
            assert_eq!(hidden.bytes().await.unwrap(), absent.bytes().await.unwrap(), "{operation}");
        }
    }

    async fn an_unknown_tenant_answers_a_stranger_like_a_known_one(setup: Setup) {
        let scene = Scene::open(setup).await;
        for (operation, what, _) in table().filter(|(operation, ..)| operation.contains(" /tenants/{tenant}")) {
            for caller in [Caller::Nobody, Caller::Stranger] {
                let mut call = scene.call(operation, what, caller).await;
                if operation == "POST /tenants/{tenant}/session" {
                    call.body = Some(serde_json::json!({"user_name": "nobody@acme.example", "password": "wrong wrong wrong"}));
                }
                let elsewhere = Call { path: call.path.replace("/tenants/acme", "/tenants/acme-2"), ..call.clone() };
                let (known, unknown) = (send(&scene, &call).send().await.unwrap(), send(&scene, &elsewhere).send().await.unwrap());
                assert_eq!((known.status().as_u16(), unknown.status().as_u16()), (401, 401), "{operation}");
                assert_eq!(known.bytes().await.unwrap(), unknown.bytes().await.unwrap(), "{operation}");
            }
        }
    }

    async fn other_sites_cause_no_change_with_a_persons_cookie(setup: Setup) {
        let scene = Scene::open(setup).await;
        for (operation, what, _) in table() {
            let call = scene.call(operation, what, Caller::Owner).await;
            if call.method == Method::GET || !call.headers.iter().any(|(name, _)| *name == COOKIE) || operation.contains(" /platform") {
                continue;
            }
            let forged = [
                scene.request(&call),
                scene.request(&call).header("x-portway-csrf", "0"),
                scene.request(&call).header(ORIGIN, scene.origin()),
                scene.request(&call).header("x-portway-csrf", "1").header(ORIGIN, "https://evil.example"),
                scene.request(&call).header("x-portway-csrf", "1").header(ORIGIN, "null"),
            ];
            for request in forged {
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 403, "{operation}");
                let problem: serde_json::Value = answer.json().await.unwrap();
                assert_eq!(problem["code"], "csrf", "{operation}: {problem}");
            }
        }
    }
}
