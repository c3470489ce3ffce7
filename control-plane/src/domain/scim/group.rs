//! Groups. Members are no part of the stored attributes: a group may have ten thousand, and a PATCH that adds one reads
//! none of them. So a body is taken apart into attributes and changes of membership.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::filter::{AttrExp, CompValue, CompareOp, ValFilter};
use super::patch::{Operation, Verb, apply_one};
use super::schema::Kind;
use super::target::Target;
use super::user::{Shown, text};
use super::{Object, ScimError, ScimResult};
use crate::domain::ids::{GroupId, UserId};
use crate::domain::limits::{NAME_CHARS_MAX, SCIM_MEMBERS_PER_REQUEST_MAX};
use crate::domain::tenancy::Group;

/// One change of who is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    Add(Vec<UserId>),
    Remove(Vec<UserId>),
    /// These and nobody else.
    Replace(Vec<UserId>),
}

/// A group that an identity provider owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimGroup {
    pub group: Group,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// What we act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFacts {
    pub display_name: String,
    pub external_id: Option<String>,
}

/// The attributes of a group as they are stored in its columns.
pub fn attributes(facts: &GroupFacts) -> Object {
    let mut attributes = Object::from_iter([("displayName".to_owned(), json!(facts.display_name))]);
    if let Some(external_id) = &facts.external_id {
        attributes.insert("externalId".to_owned(), json!(external_id));
    }
    attributes
}

/// What a body or a patched resource says.
pub fn facts(attributes: &Object) -> ScimResult<GroupFacts> {
    let display_name = text(attributes, "displayName")?.unwrap_or_default();
    if display_name.trim().is_empty() {
        return Err(ScimError::InvalidValue("displayName is required".to_owned()));
    }
    if display_name.chars().count() > NAME_CHARS_MAX {
        return Err(ScimError::InvalidValue(format!("displayName has at most {NAME_CHARS_MAX} characters")));
    }
    Ok(GroupFacts { display_name, external_id: text(attributes, "externalId")? })
}

/// A body of POST or PUT: attributes, and the members it names.
pub fn read(body: &Object) -> ScimResult<(GroupFacts, Vec<UserId>)> {
    let is_members = |key: &str| key.eq_ignore_ascii_case("members");
    let rest: Object =
        body.iter().filter(|(key, _)| !is_members(key)).map(|(key, v)| (key.clone(), v.clone())).collect();
    let members = body.iter().find(|(key, _)| is_members(key)).map(|(_, value)| value).unwrap_or(&Value::Null);
    Ok((facts(&super::resource::read(Kind::Group, &rest)?)?, people(members)?))
}

/// Applies a PATCH to the attributes and answers what it does to the members, in order.
pub fn patch(attributes: &mut Object, operations: &[Operation]) -> ScimResult<Vec<MemberChange>> {
    let mut changes = Vec::new();
    let mut named = 0;
    for operation in operations {
        let change = match &operation.path {
            Some(path) => match Target::parse(Kind::Group, path)? {
                Some(target) if target.attribute.is_some_and(|attribute| attribute.name == "members") => {
                    Some(member_change(&target, operation)?)
                }
                _ => {
                    apply_one(Kind::Group, attributes, operation)?;
                    None
                }
            },
            None => without_path(attributes, operation)?,
        };
        if let Some(MemberChange::Add(people) | MemberChange::Remove(people) | MemberChange::Replace(people)) = &change
        {
            named += people.len();
        }
        changes.extend(change);
    }
    bounded(named)?;
    Ok(changes)
}

fn without_path(attributes: &mut Object, operation: &Operation) -> ScimResult<Option<MemberChange>> {
    let Value::Object(members) = &operation.value else {
        apply_one(Kind::Group, attributes, operation)?;
        return Ok(None);
    };
    let mut rest = members.clone();
    let key = members.keys().find(|key| key.eq_ignore_ascii_case("members")).cloned();
    let value = key.and_then(|key| rest.shift_remove(&key));
    apply_one(Kind::Group, attributes, &Operation { value: Value::Object(rest), ..operation.clone() })?;
    let Some(value) = value else { return Ok(None) };
    Ok(match operation.verb {
        Verb::Add => Some(MemberChange::Add(people(&value)?)),
        Verb::Replace => Some(MemberChange::Replace(people(&value)?)),
        Verb::Remove => None,
    })
}

fn member_change(target: &Target, operation: &Operation) -> ScimResult<MemberChange> {
    let refuse = || {
        let text =
            "members are added and replaced by path \"members\", and removed by that or by members[value eq \"…\"]";
        Err(ScimError::InvalidPath(text.to_owned()))
    };
    match (&target.elements, target.sub, operation.verb, &operation.value) {
        (_, Some(_), ..) => refuse(),
        (None, None, Verb::Add, value) => Ok(MemberChange::Add(people(value)?)),
        (None, None, Verb::Replace, value) => Ok(MemberChange::Replace(people(value)?)),
        (None, None, Verb::Remove, Value::Null) => Ok(MemberChange::Replace(Vec::new())),
        // Entra without its flag names them here. An empty list is nobody, not everybody.
        (None, None, Verb::Remove, value) => Ok(MemberChange::Remove(known(value)?)),
        (Some(filter), None, Verb::Remove, _) => {
            let mut ids = Vec::new();
            if named_by(filter, &mut ids).is_none() {
                return refuse();
            }
            Ok(MemberChange::Remove(ids))
        }
        (Some(_), None, ..) => refuse(),
    }
}

/// The people of `value eq "a" or value eq "b"`; what is no id of a person names nobody.
fn named_by(filter: &ValFilter, ids: &mut Vec<UserId>) -> Option<()> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(id)))
            if path.name.eq_ignore_ascii_case("value") =>
        {
            ids.extend(id.parse::<UserId>());
            Some(())
        }
        ValFilter::Or(all) => all.iter().try_for_each(|one| named_by(one, ids)),
        _ => None,
    }
}

/// The people that a value of `members` names. All must be ids of people; whether they exist the store knows.
fn people(value: &Value) -> ScimResult<Vec<UserId>> {
    let mut ids = Vec::new();
    for element in elements(value) {
        let id = id_text(element)?;
        let unknown = || ScimError::InvalidValue(format!("members: there is no user {id:?} here"));
        ids.push(id.parse().map_err(|_| unknown())?);
    }
    bounded(ids.len())?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The same for removal: who cannot be a member is none.
fn known(value: &Value) -> ScimResult<Vec<UserId>> {
    let ids = elements(value).iter().map(|element| Ok(id_text(element)?.parse().ok()));
    let ids = ids.filter_map(Result::transpose).collect::<ScimResult<Vec<UserId>>>()?;
    bounded(ids.len())?;
    Ok(ids)
}

fn elements(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(elements) => elements,
        one => std::slice::from_ref(one),
    }
}

fn id_text(element: &Value) -> ScimResult<&str> {
    if let Value::String(id) = element {
        return Ok(id);
    }
    let member = |name: &str| {
        let members = element.as_object()?;
        members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str())
    };
    if member("type").is_some_and(|kind| kind.eq_ignore_ascii_case("group")) {
        return Err(ScimError::InvalidValue("members must be users: groups in groups are not supported".to_owned()));
    }
    let by_reference = || member("$ref").and_then(|location| location.rsplit('/').next());
    let missing = || ScimError::InvalidValue("a member needs a value: the id of a user".to_owned());
    member("value").or_else(by_reference).filter(|id| !id.is_empty()).ok_or_else(missing)
}

fn bounded(count: usize) -> ScimResult<()> {
    if count > SCIM_MEMBERS_PER_REQUEST_MAX {
        let text = format!("one request names at most {SCIM_MEMBERS_PER_REQUEST_MAX} members: send several");
        return Err(ScimError::TooMany(text));
    }
    Ok(())
}

/// A group as it is shown; `members` where they are asked for.
pub fn show(shown: &Shown<'_>, id: GroupId, facts: &GroupFacts, members: Option<Vec<UserId>>) -> Object {
    let mut resource = attributes(facts);
    if let Some(members) = members {
        let member = |id: UserId| {
            let location = format!("{}/Users/{id}", shown.base);
            json!({ "value": id, "$ref": location, "type": "User" })
        };
        resource.insert("members".to_owned(), members.into_iter().map(member).collect());
    }
    shown.complete(Kind::Group, &id.to_string(), resource)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::scim::patch;

    fn id(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    fn patched(operations: Value) -> ScimResult<(Object, Vec<MemberChange>)> {
        let mut attributes = attributes(&GroupFacts { display_name: "Devs".into(), external_id: None });
        let Value::Object(body) = json!({ "Operations": operations }) else { panic!("an object") };
        let changes = super::patch(&mut attributes, &patch::read(&body)?)?;
        Ok((attributes, changes))
    }

    #[test]
    fn members_are_taken_out_of_every_shape() {
        use MemberChange::{Add, Remove, Replace};
        let check = |operations: Value, expected: Vec<MemberChange>| {
            assert_eq!(patched(operations.clone()).unwrap().1, expected, "{operations}");
        };
        let (a, b) = (id(1), id(2));
        check(
            json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": a }, { "value": b }, { "value": a }] }]),
            vec![Add(vec![a, b])],
        );
        check(json!([{ "op": "add", "value": { "Members": { "value": a } } }]), vec![Add(vec![a])]);
        check(json!([{ "op": "add", "path": "members", "value": a }]), vec![Add(vec![a])]);
        check(
            json!([{ "op": "add", "path": "members", "value": [{ "$ref": format!("https://x/Users/{a}") }] }]),
            vec![Add(vec![a])],
        );
        check(json!([{ "op": "replace", "path": "members", "value": [] }]), vec![Replace(vec![])]);
        check(json!([{ "op": "remove", "path": "members" }]), vec![Replace(vec![])]);
        check(json!([{ "op": "Remove", "path": "members", "value": [{ "value": a }] }]), vec![Remove(vec![a])]);
        check(json!([{ "op": "remove", "path": "members", "value": [] }]), vec![Remove(vec![])]);
        check(json!([{ "op": "remove", "path": "members", "value": [{ "value": "who" }] }]), vec![Remove(vec![])]);
        check(json!([{ "op": "remove", "path": format!("members[value eq \"{a}\"]") }]), vec![Remove(vec![a])]);
        check(
            json!([{ "op": "remove", "path": format!("members[value eq \"{a}\" or value eq \"{b}\"]") },
                   { "op": "add", "path": "members", "value": [{ "value": b }] }]),
            vec![Remove(vec![a, b]), Add(vec![b])],
        );
    }

    #[test]
    fn names_change_beside_members() {
        let (attributes, changes) =
            patched(json!([{ "op": "replace", "value": { "id": "grp_x", "displayName": "New" } }])).unwrap();
        assert_eq!((facts(&attributes).unwrap().display_name.as_str(), changes.len()), ("New", 0));
        let (attributes, _) = patched(json!([{ "op": "Add", "path": "externalId", "value": "00g" }])).unwrap();
        assert_eq!(facts(&attributes).unwrap().external_id.as_deref(), Some("00g"));
    }

    #[test]
    fn refusals() {
        let check = |operation: Value, expected: &str| {
            let error = patched(json!([operation.clone()])).unwrap_err();
            assert_eq!(error.scim_type(), Some(expected), "{operation}: {error}");
        };
        check(json!({ "op": "add", "path": "members", "value": [{ "value": "usr_x" }] }), "invalidValue");
        check(json!({ "op": "add", "path": "members", "value": [{ "display": "x" }] }), "invalidValue");
        check(
            json!({ "op": "add", "path": "members", "value": [{ "value": id(1), "type": "Group" }] }),
            "invalidValue",
        );
        check(json!({ "op": "remove", "path": "members[type eq \"User\"]" }), "invalidPath");
        check(json!({ "op": "replace", "path": "members.type", "value": "x" }), "invalidPath");
        check(json!({ "op": "replace", "path": "members.display", "value": "x" }), "invalidPath");
        check(json!({ "op": "remove", "path": "displayName" }), "mutability");
        check(json!({ "op": "remove" }), "noTarget");
        let many: Vec<Value> = (0..=SCIM_MEMBERS_PER_REQUEST_MAX).map(|n| json!({ "value": id(n as u128) })).collect();
        check(json!({ "op": "add", "path": "members", "value": many }), "tooMany");
        assert!(facts(&Object::new()).is_err());
    }
}
