//! What an identity provider sends, brought into the form of the schema: names as the schema spells them, booleans that
//! came as strings, single values of multi-valued attributes. Values stay as they were sent; what is unknown or ours to
//! set is left out (RFC 7644 §3.3, §3.5.1).

use serde_json::Value;

use super::schema::{Attribute, Kind, Mutability, ValueType};
use super::{Object, ScimError, ScimResult};
use crate::domain::limits::{SCIM_ELEMENTS_MAX, SCIM_VALUE_CHARS_MAX};

/// The attributes of a resource that is created or replaced.
pub fn read(kind: Kind, body: &Object) -> ScimResult<Object> {
    let mut resource = Object::new();
    for (key, value) in body {
        if let Some(schema) = kind.extension(key) {
            let Value::Object(members) = value else { continue };
            let mut extension = Object::new();
            for (name, value) in members {
                if let Some(attribute) = schema.attribute(name) {
                    take(attribute, value, &mut extension)?;
                }
            }
            if !extension.is_empty() {
                resource.insert(schema.id.clone(), Value::Object(extension));
            }
        } else if let Some(attribute) = kind.attribute(key).filter(|attribute| attribute.name != "schemas") {
            take(attribute, value, &mut resource)?;
        }
    }
    Ok(resource)
}

fn take(attribute: &Attribute, value: &Value, into: &mut Object) -> ScimResult<()> {
    // Passwords are not ours to keep: people sign in at their identity provider.
    if matches!(attribute.mutability, Mutability::ReadOnly | Mutability::WriteOnly) {
        return Ok(());
    }
    if let Some(value) = coerce(attribute, value)? {
        into.insert(attribute.name.clone(), value);
    }
    Ok(())
}

/// The value in the form of its attribute; `None` if that says "unassigned" (RFC 7643 §2.5).
pub(super) fn coerce(attribute: &Attribute, value: &Value) -> ScimResult<Option<Value>> {
    if !attribute.multi_valued {
        return coerce_one(attribute, value);
    }
    let elements = match value {
        Value::Null => return Ok(None),
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    if elements.len() > SCIM_ELEMENTS_MAX {
        let name = &attribute.name;
        return Err(ScimError::InvalidValue(format!("{name} has at most {SCIM_ELEMENTS_MAX} values")));
    }
    let mut coerced = Vec::with_capacity(elements.len());
    for element in elements {
        coerced.extend(coerce_one(attribute, element)?);
    }
    if coerced.iter().filter(|element| is_primary(element)).count() > 1 {
        return Err(ScimError::InvalidValue(format!("only one of {} can be primary", attribute.name)));
    }
    Ok((!coerced.is_empty()).then_some(Value::Array(coerced)))
}

/// One value, or one element of a multi-valued attribute.
pub(super) fn coerce_one(attribute: &Attribute, value: &Value) -> ScimResult<Option<Value>> {
    let name = &attribute.name;
    let wrong = |what: &str| Err(ScimError::InvalidValue(format!("{name} must be {what}")));
    match (attribute.value_type, value) {
        (_, Value::Null) => Ok(None),
        (ValueType::Boolean, Value::Bool(_)) => Ok(Some(value.clone())),
        // Entra without its flag `aadOptscim062020` writes "True" and "False".
        (ValueType::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(Value::Bool(true))),
        (ValueType::Boolean, Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(Value::Bool(false))),
        (ValueType::Boolean, _) => wrong("true or false"),
        (ValueType::Integer | ValueType::Decimal, Value::Number(_)) => Ok(Some(value.clone())),
        (ValueType::Integer | ValueType::Decimal, _) => wrong("a number"),
        (ValueType::Complex, Value::Object(members)) => {
            let mut complex = Object::new();
            for (key, value) in members {
                if let Some(sub) = attribute.sub(key) {
                    take(sub, value, &mut complex)?;
                }
            }
            Ok((!complex.is_empty()).then_some(Value::Object(complex)))
        }
        // `manager` as the bare id, `emails` as bare addresses.
        (ValueType::Complex, Value::String(_)) if attribute.value().is_some() => {
            Ok(Some(Value::Object(Object::from_iter([("value".to_owned(), value.clone())]))))
        }
        (ValueType::Complex, _) => wrong("an object"),
        (_, Value::String(text)) if text.chars().count() > SCIM_VALUE_CHARS_MAX => {
            Err(ScimError::InvalidValue(format!("{name} has at most {SCIM_VALUE_CHARS_MAX} characters")))
        }
        (_, Value::String(text)) if text.contains('\0') => wrong("text without the character zero"),
        (_, Value::String(_)) => Ok(Some(value.clone())),
        _ => wrong("a string"),
    }
}

pub(super) fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: Value, expected: Result<Value, &str>) {
        let Value::Object(body) = body else { panic!("an object") };
        match (read(Kind::User, &body), expected) {
            (Ok(read), Ok(expected)) => assert_eq!(Value::Object(read), expected),
            (Err(error), Err(expected)) => {
                assert_eq!(error.scim_type(), Some("invalidValue"));
                assert!(error.to_string().contains(expected), "{error}");
            }
            (read, expected) => panic!("{read:?}, not {expected:?}"),
        }
    }

    #[test]
    fn names_take_the_schemas_spelling_and_values_stay() {
        check(
            json!({
                "schemas": ["urn:x"], "id": "mine", "meta": { "version": "7" }, "groups": [{ "value": "g" }],
                "USERNAME": "Ana@Example.com", "password": "hunter2", "Name": { "GIVENNAME": "Ana", "shoeSize": 39 },
                "Active": "False", "roles": [], "title": null, "emails": { "value": "a@x", "Primary": "True" },
                "unknown": { "deep": 1 },
                "URN:ietf:params:scim:schemas:extension:enterprise:2.0:user": { "Manager": "usr_1", "costCenter": "7" }
            }),
            Ok(json!({
                "userName": "Ana@Example.com", "name": { "givenName": "Ana" }, "active": false,
                "emails": [{ "value": "a@x", "primary": true }],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                    "manager": { "value": "usr_1" }, "costCenter": "7"
                }
            })),
        );
    }

    #[test]
    fn wrong_types_are_named() {
        check(json!({ "userName": 7 }), Err("userName must be a string"));
        check(json!({ "active": "yes" }), Err("active must be true or false"));
        check(json!({ "name": "Ana" }), Err("name must be an object"));
        check(json!({ "emails": [7] }), Err("emails must be an object"));
        check(json!({ "title": "a\0b" }), Err("character zero"));
        check(json!({ "title": "x".repeat(SCIM_VALUE_CHARS_MAX + 1) }), Err("characters"));
        check(json!({ "emails": vec![json!({ "value": "x" }); SCIM_ELEMENTS_MAX + 1] }), Err("at most"));
        let both = json!([{ "value": "a", "primary": true }, { "value": "b", "primary": "true" }]);
        check(json!({ "emails": both }), Err("only one of emails can be primary"));
    }
}
