//! What a provider says about somebody, read by the names that the tenant gave its claims.

use serde_json::{Map, Value};

use super::{IdentityProvider, ProviderSettings};
use crate::domain::ids::GroupId;
use crate::domain::limits::{CLAIM_CHARS_MAX, CLAIM_GROUPS_MAX, NAME_CHARS_MAX};

/// Claims by name.
pub type Claims = Map<String, Value>;

/// A person, as a provider describes them. The issuer and the signature have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub issuer: String,
    pub subject: String,
    /// Lower case.
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
    /// The groups that the mapping makes of the provider's. Providers leave the claim out for people without groups, so
    /// that silence means none.
    pub groups: Vec<GroupId>,
    /// What recognises a person of SCIM.
    pub binding: Option<String>,
}

/// Reads a profile. An error follows "the provider's answer".
pub fn profile(provider: &IdentityProvider, issuer: String, claims: &Claims) -> Result<Profile, String> {
    let names = &provider.settings.claims;
    let subject = text(claims, &names.subject)
        .ok_or_else(|| format!("has no claim {} that could tell people apart", names.subject))?;
    let email = text(claims, &names.email).and_then(|text| crate::domain::fields::email(&text).ok());
    let says_verified = match claims.get("email_verified") {
        Some(Value::Bool(verified)) => *verified,
        // Some providers quote it.
        Some(Value::String(text)) => text == "true",
        _ => false,
    };
    // The word is about the claim `email`; another claim that the tenant chose is not vouched for by it.
    let email_verified = provider.settings.trust_email || (says_verified && names.email == "email");
    Ok(Profile {
        issuer,
        subject,
        email,
        email_verified,
        name: text(claims, &names.name).and_then(|name| crate::domain::fields::name(&name).ok()),
        groups: groups(&provider.settings, claims),
        binding: text(claims, &provider.binding().claim),
    })
}

/// A claim that is text, or a number where a provider counts its people.
fn text(claims: &Claims, name: &str) -> Option<String> {
    let text = match claims.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text.chars().count() <= CLAIM_CHARS_MAX && !text.chars().any(char::is_control)).then_some(text)
}

fn groups(settings: &ProviderSettings, claims: &Claims) -> Vec<GroupId> {
    let values: Vec<&str> = match claims.get(&settings.claims.groups) {
        Some(Value::Array(values)) => values.iter().take(CLAIM_GROUPS_MAX).filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    };
    let mut found: Vec<GroupId> = values.iter().filter_map(|value| settings.groups.get(*value)).copied().collect();
    found.sort();
    found.dedup();
    found
}

impl Profile {
    /// What the person is called until they say otherwise.
    pub fn display_name(&self) -> String {
        let fallback = self.email.as_deref().unwrap_or(&self.subject);
        self.name.as_deref().unwrap_or(fallback).chars().take(NAME_CHARS_MAX).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::super::tests::provider;
    use super::*;

    fn read(change: impl FnOnce(&mut IdentityProvider), claims: Value) -> Result<Profile, String> {
        let mut one = provider("https://idp.example");
        change(&mut one);
        profile(&one, one.issuer.clone(), claims.as_object().unwrap())
    }

    #[test]
    fn an_address_counts_as_verified_only_when_somebody_says_so() {
        let check = |claims: Value, expected: (Option<&str>, bool)| {
            let found = read(|_| {}, claims.clone()).unwrap();
            assert_eq!((found.email.as_deref(), found.email_verified), expected, "{claims}");
        };
        check(json!({"sub": "1", "email": "Ana@X.example", "email_verified": true}), (Some("ana@x.example"), true));
        check(json!({"sub": "1", "email": "ana@x.example", "email_verified": "true"}), (Some("ana@x.example"), true));
        check(json!({"sub": "1", "email": "ana@x.example"}), (Some("ana@x.example"), false));
        check(json!({"sub": "1", "email": "ana@x.example", "email_verified": 1}), (Some("ana@x.example"), false));
        check(json!({"sub": "1", "email": "no address", "email_verified": true}), (None, true));
        let upn = json!({"sub": "1", "upn": "ana@x.example", "email_verified": true});
        let found = read(|one| one.settings.claims.email = "upn".to_owned(), upn.clone()).unwrap();
        assert!(!found.email_verified, "the word is about another claim");
        let trusted = read(
            |one| {
                one.settings.claims.email = "upn".to_owned();
                one.settings.trust_email = true;
            },
            upn,
        );
        assert!(trusted.unwrap().email_verified);
    }

    #[test]
    fn subjects_and_groups() {
        assert!(read(|_| {}, json!({"sub": ""})).is_err());
        assert!(read(|_| {}, json!({"sub": "a\u{7}"})).is_err());
        assert!(read(|_| {}, json!({"sub": "x".repeat(CLAIM_CHARS_MAX + 1)})).is_err());
        assert_eq!(read(|_| {}, json!({"sub": 7})).unwrap().subject, "7");
        let group = GroupId(Uuid::from_u128(5));
        let map = |one: &mut IdentityProvider| {
            one.settings.groups.insert("Dev".to_owned(), group);
        };
        let found = |claims| read(map, claims).unwrap().groups;
        assert_eq!(found(json!({"sub": "1", "groups": ["Dev", "Dev", "Other", 3]})), vec![group]);
        assert_eq!(found(json!({"sub": "1", "groups": "Dev"})), vec![group]);
        assert_eq!(found(json!({"sub": "1", "groups": []})), vec![]);
        assert_eq!(found(json!({"sub": "1"})), vec![]);
    }
}
