//! PATCH of every shape that identity providers send.

use serde_json::json;

use super::*;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn ana() -> Value {
    json!({
        "userName": "ana", "active": true, "name": { "givenName": "Ana", "familyName": "Diaz" },
        "emails": [{ "type": "work", "value": "ana@work.example", "primary": true }]
    })
}

fn patched(before: &Value, operations: Value) -> ScimResult<Value> {
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    let (Value::Object(mut resource), Value::Object(body)) = (before.clone(), body) else { panic!("objects") };
    apply(Kind::User, &mut resource, &read(&body)?)?;
    Ok(Value::Object(resource))
}

/// `expected` has what differs from `ana()`; null = gone.
fn check(operations: Value, expected: Value) {
    let mut want = ana();
    for (key, value) in expected.as_object().unwrap() {
        if value.is_null() {
            want.as_object_mut().unwrap().remove(key);
        } else {
            want[key] = value.clone();
        }
    }
    assert_eq!(patched(&ana(), operations.clone()).unwrap(), want, "{operations}");
}

fn refused(operations: Value, scim_type: &str) {
    let error = patched(&ana(), operations.clone()).unwrap_err();
    assert_eq!(error.scim_type(), Some(scim_type), "{operations}: {error}");
}

#[test]
fn single_values() {
    check(json!([{ "op": "replace", "path": "title", "value": "CEO" }]), json!({ "title": "CEO" }));
    check(json!([{ "op": "Add", "path": "TITLE", "value": "CEO" }]), json!({ "title": "CEO" }));
    check(json!([{ "op": "Replace", "path": "active", "value": "False" }]), json!({ "active": false }));
    check(json!([{ "op": "REMOVE", "path": "name" }]), json!({ "name": null }));
    check(json!([{ "op": "replace", "path": "active", "value": null }]), json!({ "active": null }));
    check(json!([{ "op": "remove", "path": "title" }]), json!({}));
    check(json!([{ "op": "replace", "path": "password", "value": "hunter2" }]), json!({}));
    check(
        json!([{ "op": "replace", "path": "name.givenName", "value": "Anna" }]),
        json!({ "name": { "givenName": "Anna", "familyName": "Diaz" } }),
    );
    check(
        json!([{ "op": "replace", "path": "name", "value": { "givenName": "Anna" } }]),
        json!({ "name": { "givenName": "Anna", "familyName": "Diaz" } }),
    );
    check(
        json!([{ "op": "remove", "path": "name.givenName" }, { "op": "remove", "path": "name.familyName" }]),
        json!({ "name": null }),
    );
}

#[test]
fn without_a_path() {
    check(json!([{ "op": "replace", "value": { "active": false } }]), json!({ "active": false }));
    check(
        json!([{ "op": "Add", "value": {
            "name.familyName": "Ruiz", "active": "false", "emails[type eq \"work\"].value": "a@x",
            format!("{ENTERPRISE}:employeeNumber"): "7", format!("{ENTERPRISE}:manager"): "usr_1",
            "id": "other", "shoeSize": 39, "not a path!": 1, "groups": []
        } }]),
        json!({
            "active": false, "name": { "givenName": "Ana", "familyName": "Ruiz" },
            "emails": [{ "type": "work", "value": "a@x", "primary": true }],
            ENTERPRISE: { "employeeNumber": "7", "manager": { "value": "usr_1" } }
        }),
    );
}

#[test]
fn the_enterprise_extension() {
    let path = |name: &str| format!("{ENTERPRISE}:{name}");
    let manager = |value: Value| json!({ ENTERPRISE: { "manager": value } });
    check(json!([{ "op": "add", "path": path("manager"), "value": "u" }]), manager(json!({ "value": "u" })));
    check(
        json!([{ "op": "add", "path": path("manager"), "value": { "value": "u" } }]),
        manager(json!({ "value": "u" })),
    );
    check(json!([{ "op": "add", "path": path("manager.value"), "value": "u" }]), manager(json!({ "value": "u" })));
    check(
        json!([{ "op": "add", "path": ENTERPRISE, "value": { "costCenter": "1", "x": 2 } },
               { "op": "replace", "path": ENTERPRISE.to_uppercase(), "value": { "division": "2" } }]),
        json!({ ENTERPRISE: { "costCenter": "1", "division": "2" } }),
    );
    check(
        json!([{ "op": "add", "path": path("costCenter"), "value": "1" }, { "op": "remove", "path": path("costCenter") }]),
        json!({}),
    );
    check(
        json!([{ "op": "add", "path": path("costCenter"), "value": "1" }, { "op": "remove", "path": ENTERPRISE }]),
        json!({}),
    );
}

#[test]
fn elements() {
    let work = json!({ "type": "work", "value": "ana@work.example", "primary": true });
    let home = json!({ "type": "home", "value": "ana@home.example" });
    check(json!([{ "op": "add", "path": "emails", "value": [home, work] }]), json!({ "emails": [work, home] }));
    check(json!([{ "op": "replace", "path": "emails", "value": home }]), json!({ "emails": [home] }));
    check(json!([{ "op": "replace", "path": "emails", "value": [] }]), json!({ "emails": null }));
    check(json!([{ "op": "remove", "path": "emails[type eq \"work\"]" }]), json!({ "emails": null }));
    check(json!([{ "op": "remove", "path": "emails[type eq \"home\"]" }]), json!({}));
    check(
        json!([{ "op": "remove", "path": "emails", "value": [{ "value": "ana@work.example" }] }]),
        json!({ "emails": null }),
    );
    check(json!([{ "op": "remove", "path": "emails", "value": [{ "value": "other" }] }]), json!({}));
    check(
        json!([{ "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "new@x" }]),
        json!({ "emails": [{ "type": "work", "value": "new@x", "primary": true }] }),
    );
    check(
        json!([{ "op": "Replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1" }]),
        json!({ "phoneNumbers": [{ "type": "mobile", "value": "+1" }] }),
    );
    check(
        json!([{ "op": "add", "path": "emails[type eq \"home\"]", "value": { "value": "h@x", "primary": true } }]),
        json!({ "emails": [
            { "type": "work", "value": "ana@work.example", "primary": false },
            { "type": "home", "value": "h@x", "primary": true }
        ] }),
    );
    check(
        json!([{ "op": "remove", "path": "emails[type eq \"work\"].primary" }]),
        json!({ "emails": [{ "type": "work", "value": "ana@work.example" }] }),
    );
    check(json!([{ "op": "add", "path": "roles.value", "value": "dev" }]), json!({ "roles": [{ "value": "dev" }] }));
}

#[test]
fn refusals_name_their_kind() {
    refused(json!([{ "op": "remove" }]), "noTarget");
    refused(json!([{ "op": "replace", "path": "emails[value co \"@nowhere\"].type", "value": "work" }]), "noTarget");
    refused(json!([{ "op": "replace", "path": "shoeSize", "value": 1 }]), "invalidPath");
    refused(json!([{ "op": "replace", "path": "emails[type eq", "value": 1 }]), "invalidPath");
    refused(json!([{ "op": "replace", "path": "name[type eq \"x\"]", "value": {} }]), "invalidPath");
    refused(json!([{ "op": "replace", "path": 7, "value": 1 }]), "invalidPath");
    refused(json!([{ "op": "replace", "path": "x".repeat(100_000), "value": 1 }]), "invalidPath");
    refused(json!([{ "op": "replace", "path": "id", "value": "x" }]), "mutability");
    refused(json!([{ "op": "add", "path": "groups", "value": [{ "value": "g" }] }]), "mutability");
    refused(json!([{ "op": "remove", "path": "userName" }]), "mutability");
    refused(json!([{ "op": "replace", "path": "active", "value": "perhaps" }]), "invalidValue");
    refused(json!([{ "op": "replace", "value": "x" }]), "invalidValue");
    refused(json!([{ "op": "move", "path": "title" }]), "invalidSyntax");
    refused(json!(["x"]), "invalidSyntax");
    refused(json!({}), "invalidSyntax");
    refused(json!(vec![json!({ "op": "remove", "path": "title" }); SCIM_OPERATIONS_MAX + 1]), "tooMany");
}
