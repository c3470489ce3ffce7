//! People: what we act on, taken out of their attributes, and how they are shown.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::schema::Kind;
use super::{Object, ScimError, ScimResult, etag};
use crate::domain::ids::{GroupId, UserId};
use crate::domain::limits::{NAME_CHARS_MAX, SCIM_USER_NAME_CHARS_MAX};
use crate::domain::tenancy::User;

/// What Portway knows of a person beside what the identity provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFacts {
    /// In lower case.
    pub user_name: String,
    pub external_id: Option<String>,
    /// The primary address, else the one for work, else the first; empty if there is none.
    pub email: String,
    /// What people see.
    pub display_name: String,
    /// `displayName` in lower case, to search by.
    pub display_key: Option<String>,
    pub active: bool,
    /// Every address in lower case, to search by.
    pub emails: Vec<String>,
}

/// A person whom an identity provider owns.
#[derive(Debug, Clone, PartialEq)]
pub struct ScimUser {
    pub user: User,
    /// As they were sent.
    pub attributes: Object,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// What a body or a patched resource says.
pub fn facts(attributes: &Object) -> ScimResult<UserFacts> {
    let user_name = text(attributes, "userName")?.unwrap_or_default();
    if user_name.trim().is_empty() {
        return Err(ScimError::InvalidValue("userName is required".to_owned()));
    }
    if user_name.chars().count() > SCIM_USER_NAME_CHARS_MAX {
        return Err(ScimError::InvalidValue(format!("userName has at most {SCIM_USER_NAME_CHARS_MAX} characters")));
    }
    let display = text(attributes, "displayName")?;
    let addresses = attributes.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let value = |element: &Value| element.get("value").and_then(Value::as_str).map(str::to_owned);
    let first = |wanted: &dyn Fn(&Value) -> bool| addresses.iter().filter(|one| wanted(one)).find_map(value);
    let email = first(&super::resource::is_primary)
        .or_else(|| {
            first(&|one| one.get("type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("work")))
        })
        .or_else(|| first(&|_| true))
        // Most identity providers have addresses as user names.
        .or_else(|| user_name.contains('@').then(|| user_name.clone()));
    let mut emails: Vec<String> = addresses.iter().filter_map(value).map(|address| address.to_lowercase()).collect();
    emails.sort_unstable();
    emails.dedup();
    Ok(UserFacts {
        display_name: seen_name(attributes, display.as_deref(), &user_name),
        display_key: display.map(|name| name.to_lowercase()),
        external_id: text(attributes, "externalId")?,
        email: email.unwrap_or_default().to_lowercase(),
        active: attributes.get("active").and_then(Value::as_bool).unwrap_or(true),
        user_name: user_name.to_lowercase(),
        emails,
    })
}

fn seen_name(attributes: &Object, display: Option<&str>, user_name: &str) -> String {
    let part = |name: &str| attributes.get("name").and_then(|parts| parts.get(name)).and_then(Value::as_str);
    let parts = [part("givenName"), part("familyName")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let candidates = [display, part("formatted"), Some(parts.as_str()), Some(user_name)];
    let name = candidates.into_iter().flatten().map(str::trim).find(|name| !name.is_empty()).unwrap_or(user_name);
    name.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS_MAX).collect()
}

/// A text attribute on one line; empty counts as absent.
pub(super) fn text(attributes: &Object, name: &str) -> ScimResult<Option<String>> {
    let Some(text) = attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.chars().any(char::is_control) {
        return Err(ScimError::InvalidValue(format!("{name} must not contain control characters")));
    }
    Ok(Some(text.to_owned()))
}

/// What every shown resource carries.
pub struct Shown<'a> {
    /// URL of the service, without a slash at the end.
    pub base: &'a str,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Shown<'_> {
    pub(super) fn complete(&self, kind: Kind, id: &str, attributes: Object) -> Object {
        let mut schemas = vec![kind.urn()];
        schemas.extend(kind.extension_urns().iter().filter(|urn| attributes.contains_key(**urn)));
        let mut resource = Object::new();
        resource.insert("schemas".to_owned(), json!(schemas));
        resource.insert("id".to_owned(), json!(id));
        resource.extend(attributes);
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let meta = json!({
            "resourceType": kind.name(),
            "created": time(self.created_at),
            "lastModified": time(self.updated_at),
            "location": format!("{}{}/{id}", self.base, kind.endpoint()),
            "version": etag(self.version),
        });
        resource.insert("meta".to_owned(), meta);
        resource
    }
}

/// A person as they are shown; `groups` where they are asked for.
pub fn show(
    shown: &Shown<'_>,
    id: UserId,
    attributes: &Object,
    active: bool,
    groups: Option<&[(GroupId, String)]>,
) -> Object {
    let mut resource = attributes.clone();
    // What counts is whether they may come in, whatever was sent last. Unassigned, it says nothing of those who may.
    // Left out where it was taken out, whatever the person is: what was removed is not shown (RFC 7644 §3.5.2.2).
    if resource.contains_key("active") {
        resource.insert("active".to_owned(), Value::Bool(active));
    }
    if let Some(groups) = groups.filter(|groups| !groups.is_empty()) {
        let group = |(id, display): &(GroupId, String)| {
            let location = format!("{}/Groups/{id}", shown.base);
            json!({ "value": id, "$ref": location, "display": display, "type": "direct" })
        };
        resource.insert("groups".to_owned(), groups.iter().map(group).collect());
    }
    shown.complete(Kind::User, &id.to_string(), resource)
}

/// The attributes of somebody who was here before the identity provider knew of them.
pub fn attributes_of(user_name: &str, display_name: &str, email: &str) -> Object {
    let mut attributes = Object::new();
    attributes.insert("userName".to_owned(), json!(user_name));
    attributes.insert("displayName".to_owned(), json!(display_name));
    attributes.insert("active".to_owned(), json!(true));
    if !email.is_empty() {
        attributes.insert("emails".to_owned(), json!([{ "type": "work", "value": email, "primary": true }]));
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(attributes: Value) -> ScimResult<UserFacts> {
        let Value::Object(attributes) = attributes else { panic!("an object") };
        facts(&attributes)
    }

    #[test]
    fn what_counts_is_found() {
        let check = |attributes: Value, email: &str, name: &str| {
            let facts = read(attributes.clone()).unwrap();
            assert_eq!((facts.email.as_str(), facts.display_name.as_str()), (email, name), "{attributes}");
        };
        check(json!({ "userName": "Ana@X.com" }), "ana@x.com", "Ana@X.com");
        check(json!({ "userName": "ana", "name": { "givenName": "Ana", "familyName": "Diaz" } }), "", "Ana Diaz");
        check(json!({ "userName": "ana", "name": { "formatted": "Dr. Ana" }, "displayName": " " }), "", "Dr. Ana");
        check(
            json!({ "userName": "ana", "name": { "formatted": "Ana\u{7}" }, "emails": [
                { "value": "h@x", "type": "home" }, { "value": "W@x", "type": "Work" } ] }),
            "w@x",
            "Ana",
        );
        check(
            json!({ "userName": "ana", "displayName": "A", "emails": [
                { "value": "w@x", "type": "work" }, { "value": "p@x", "primary": true }, { "type": "home" } ] }),
            "p@x",
            "A",
        );
        let facts =
            read(json!({ "userName": "ANA", "displayName": "Ana D", "active": false, "externalId": "E1" })).unwrap();
        assert_eq!((facts.user_name.as_str(), facts.display_key.as_deref()), ("ana", Some("ana d")));
        assert_eq!((facts.active, facts.external_id.as_deref()), (false, Some("E1")));
    }

    #[test]
    fn a_person_needs_a_name() {
        for bad in [
            json!({}),
            json!({ "userName": "ana", "displayName": "Ana\u{7}" }),
            json!({ "userName": "  " }),
            json!({ "userName": "a\nb" }),
            json!({ "userName": "x".repeat(300) }),
        ] {
            assert_eq!(read(bad).unwrap_err().scim_type(), Some("invalidValue"));
        }
    }
}
