//! `attributes` and `excludedAttributes` (RFC 7644 §3.9): which attributes an answer has.

use serde_json::Value;

use super::schema::{Attribute, Kind, Returned};
use super::target::Target;
use super::{Object, ScimError, ScimResult};
use crate::domain::limits::SCIM_ATTRIBUTES_MAX;

/// Which attributes to show. Unknown names show and hide nothing.
#[derive(Debug, Clone, Default)]
pub struct Projection {
    only: Option<Vec<String>>,
    without: Vec<String>,
}

impl Projection {
    pub fn new(only: Option<Vec<String>>, without: Vec<String>) -> ScimResult<Self> {
        if only.is_some() && !without.is_empty() {
            let text = "attributes and excludedAttributes exclude each other: send one of them";
            return Err(ScimError::InvalidValue(text.to_owned()));
        }
        if only.as_ref().map_or(0, Vec::len).max(without.len()) > SCIM_ATTRIBUTES_MAX {
            return Err(ScimError::InvalidValue(format!("at most {SCIM_ATTRIBUTES_MAX} attributes can be named")));
        }
        Ok(Self { only, without })
    }

    /// From comma-separated lists.
    pub fn parse(only: Option<&str>, without: Option<&str>) -> ScimResult<Self> {
        let list = |text: &str| -> Vec<String> {
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        Self::new(only.map(list).filter(|names| !names.is_empty()), without.map(list).unwrap_or_default())
    }

    pub fn is_everything(&self) -> bool {
        self.only.is_none() && self.without.is_empty()
    }

    /// Whether anything of an attribute is shown: what is not need not be read.
    pub fn shows(&self, kind: Kind, name: &str) -> bool {
        let names = |text: &String| {
            let target = Target::parse(kind, text).ok().flatten()?;
            (target.attribute?.name == name).then_some(target)
        };
        match &self.only {
            Some(only) => only.iter().any(|text| names(text).is_some()),
            None => !self.without.iter().filter_map(names).any(|target| target.sub.is_none()),
        }
    }

    /// What is shown of a resource.
    pub fn apply(&self, kind: Kind, resource: Object) -> Object {
        if let Some(only) = &self.only {
            return pick(kind, only, &resource);
        }
        let mut resource = resource;
        for target in self.without.iter().filter_map(|text| Target::parse(kind, text).ok().flatten()) {
            remove(&target, &mut resource);
        }
        resource
    }
}

fn always(attribute: &Attribute) -> bool {
    attribute.returned == Returned::Always
}

fn pick(kind: Kind, only: &[String], resource: &Object) -> Object {
    let targets: Vec<Target> = only.iter().filter_map(|text| Target::parse(kind, text).ok().flatten()).collect();
    let mut shown = Object::new();
    for (key, value) in resource {
        let schema = kind.extension(key);
        let is_here = |target: &&Target| match (target.extension, schema) {
            (Some(named), Some(schema)) => named.id == schema.id,
            (None, None) => target.attribute.is_some_and(|attribute| attribute.name == *key),
            _ => false,
        };
        let here: Vec<&Target> = targets.iter().filter(is_here).collect();
        let whole = match schema {
            Some(_) => here.iter().any(|target| target.attribute.is_none()),
            None => here.iter().any(|target| target.sub.is_none()) || kind.attribute(key).is_some_and(always),
        };
        if whole {
            shown.insert(key.clone(), value.clone());
        } else if !here.is_empty() {
            shown.insert(
                key.clone(),
                if schema.is_some() { parts_of_extension(&here, value) } else { parts(&here, value) },
            );
        }
    }
    shown
}

fn parts_of_extension(targets: &[&Target], value: &Value) -> Value {
    let mut shown = Object::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        let here: Vec<&Target> = targets
            .iter()
            .filter(|one| one.attribute.is_some_and(|attribute| attribute.name == *key))
            .copied()
            .collect();
        if here.iter().any(|target| target.sub.is_none()) {
            shown.insert(key.clone(), value.clone());
        } else if !here.is_empty() {
            shown.insert(key.clone(), parts(&here, value));
        }
    }
    Value::Object(shown)
}

/// The named parts of a complex value, or of each element.
fn parts(targets: &[&Target], value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(|element| parts(targets, element)).collect(),
        Value::Object(members) => {
            let named = |key: &str| targets.iter().any(|target| target.sub.is_some_and(|sub| sub.name == key));
            Value::Object(
                members.iter().filter(|(key, _)| named(key)).map(|(key, v)| (key.clone(), v.clone())).collect(),
            )
        }
        other => other.clone(),
    }
}

fn remove(target: &Target, resource: &mut Object) {
    let container = match target.extension {
        Some(schema) if target.attribute.is_none() => {
            resource.remove(&schema.id);
            return;
        }
        Some(schema) => resource.get_mut(&schema.id).and_then(Value::as_object_mut),
        None => Some(resource),
    };
    let (Some(container), Some(attribute)) = (container, target.attribute) else { return };
    match target.sub {
        None if always(attribute) => {}
        None => {
            container.remove(&attribute.name);
        }
        Some(sub) => match container.get_mut(&attribute.name) {
            Some(Value::Array(elements)) => elements.iter_mut().filter_map(Value::as_object_mut).for_each(|element| {
                element.remove(&sub.name);
            }),
            Some(Value::Object(members)) => {
                members.remove(&sub.name);
            }
            _ => {}
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_shown() {
        let ana = json!({
            "schemas": ["s"], "id": "usr_1", "userName": "ana", "name": { "givenName": "Ana", "familyName": "Diaz" },
            "emails": [{ "type": "work", "value": "a@x" }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "costCenter": "1", "division": "2" }
        });
        let Value::Object(ana) = ana else { panic!("an object") };
        let check = |only: Option<&str>, without: Option<&str>, expected: Value| {
            let projection = Projection::parse(only, without).unwrap();
            assert_eq!(Value::Object(projection.apply(Kind::User, ana.clone())), expected, "{only:?} {without:?}");
        };
        let with = |more: Value| {
            let mut base = json!({ "schemas": ["s"], "id": "usr_1" });
            base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            base
        };
        check(Some("userName"), None, with(json!({ "userName": "ana" })));
        check(Some("USERNAME, shoeSize"), None, with(json!({ "userName": "ana" })));
        check(Some("name.givenName"), None, with(json!({ "name": { "givenName": "Ana" } })));
        check(Some("emails.value"), None, with(json!({ "emails": [{ "value": "a@x" }] })));
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        check(Some(&format!("{enterprise}:division")), None, with(json!({ enterprise: { "division": "2" } })));
        check(Some(enterprise), None, with(json!({ enterprise: { "costCenter": "1", "division": "2" } })));
        check(Some("shoeSize"), None, with(json!({})));
        check(
            None,
            Some(&format!("id,schemas,emails,name.familyName,{enterprise}")),
            with(json!({ "userName": "ana", "name": { "givenName": "Ana" } })),
        );
        assert!(Projection::parse(Some("a"), Some("b")).is_err());
        assert!(Projection::parse(Some(&"a,".repeat(SCIM_ATTRIBUTES_MAX + 1)), None).is_err());
    }

    #[test]
    fn what_need_not_be_read() {
        let check = |only: Option<&str>, without: Option<&str>, expected: bool| {
            let projection = Projection::parse(only, without).unwrap();
            assert_eq!(projection.shows(Kind::Group, "members"), expected, "{only:?} {without:?}");
        };
        check(None, None, true);
        check(None, Some("MEMBERS"), false);
        check(None, Some("members.display"), true);
        check(Some("displayName"), None, false);
        check(Some("displayName,members.value"), None, true);
    }
}
