//! The form by which people give a server keys of their own, and how what they type becomes headers. Pure.
//!
//! `{field}` in a header's value stands for what was typed; everything else is as written.

use std::collections::BTreeMap;

use proto::shared_secret::{HEADERS_MAX, header_name, header_value};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::Result;
use super::fields::{self, Mistake, Mistakes};
use super::limits::{KEY_FIELD_NAME_CHARS_MAX, KEY_FIELDS_MAX, KEY_TEMPLATE_CHARS_MAX, KEY_VALUE_CHARS_MAX};

/// What is asked, and what it becomes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyForm {
    /// 1 to 8.
    pub fields: Vec<KeyField>,
    /// What every call carries, made of the fields.
    pub headers: Vec<HeaderTemplate>,
}

/// One thing to type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyField {
    /// Lower-case letters, digits and underscores; used in the headers.
    pub name: String,
    /// What people read.
    pub label: String,
    /// Where to find it.
    #[serde(default)]
    pub hint: String,
}

/// A header of every call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderTemplate {
    /// Such as `Authorization`.
    pub name: String,
    /// Such as `Bearer {token}`.
    pub value: String,
}

/// What somebody typed, by field.
pub type Values = BTreeMap<String, SecretString>;

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Field(&'a str),
}

impl KeyForm {
    /// The form as it is to be kept, or every mistake in it; fields of the answer begin with `outbound_auth.`.
    pub fn checked(self, mistakes: &mut Mistakes) -> Self {
        if self.fields.is_empty() || self.fields.len() > KEY_FIELDS_MAX {
            let message = format!("must have 1 to {KEY_FIELDS_MAX} fields");
            mistakes.add("outbound_auth.fields", ("key_form.fields", message));
        }
        if self.headers.is_empty() || self.headers.len() > HEADERS_MAX {
            let message = format!("must have 1 to {HEADERS_MAX} headers");
            mistakes.add("outbound_auth.headers", ("credential.headers", message));
        }
        let mut form = Self::default();
        for (index, field) in self.fields.into_iter().enumerate() {
            let at = |part: &str| format!("outbound_auth.fields[{index}].{part}");
            let name = mistakes.take(&at("name"), field_name(&field.name, &form));
            let label = mistakes.take(&at("label"), fields::name(&field.label));
            let hint = mistakes.take(&at("hint"), fields::description(&field.hint));
            if let (Some(name), Some(label), Some(hint)) = (name, label, hint) {
                form.fields.push(KeyField { name, label, hint });
            }
        }
        for (index, header) in self.headers.into_iter().enumerate() {
            let at = |part: &str| format!("outbound_auth.headers[{index}].{part}");
            let name = mistakes.take(&at("name"), new_header_name(&header.name, &form));
            let value = mistakes.take(&at("value"), template(&header.value, &form).map(|()| header.value));
            if let (Some(name), Some(value)) = (name, value) {
                form.headers.push(HeaderTemplate { name, value });
            }
        }
        for field in &form.fields {
            let is_used = form.headers.iter().any(|header| uses(&header.value, &field.name));
            if !is_used {
                let message = format!("{} is in no header: nobody would know what it is for", field.name);
                mistakes.add("outbound_auth.fields", ("key_form.unused_field", message));
            }
        }
        form
    }

    pub fn header_names(&self) -> Vec<String> {
        self.headers.iter().map(|header| header.name.clone()).collect()
    }

    /// What somebody typed, with every field and no other; spaces around a value are nobody's intention.
    pub fn typed(&self, values: &Values) -> Result<Values> {
        let mut mistakes = Mistakes::default();
        for name in values.keys().filter(|name| self.fields.iter().all(|field| field.name != **name)) {
            mistakes.add(&format!("values.{name}"), ("key_form.unknown_field", "is not asked for".to_owned()));
        }
        let mut typed = Values::new();
        for field in &self.fields {
            let value = values.get(&field.name).map(|value| value.expose_secret().trim()).unwrap_or_default();
            let checked = match value.chars().count() {
                0 => Err(("key_form.value_missing", "must be given".to_owned())),
                length if length > KEY_VALUE_CHARS_MAX => {
                    Err(("key_form.value_too_long", format!("must have at most {KEY_VALUE_CHARS_MAX} characters")))
                }
                _ => header_value(value).map_err(|why| ("key_form.value", why.to_owned())),
            };
            if mistakes.take(&format!("values.{}", field.name), checked).is_some() {
                typed.insert(field.name.clone(), value.to_owned().into());
            }
        }
        mistakes.finish(Some(typed))
    }

    /// The headers of a call. `None`: the form asks for something that was not typed, or the header is no header.
    pub fn headers(&self, values: &Values) -> Option<Vec<(String, Zeroizing<String>)>> {
        let rendered = self.headers.iter().map(|header| {
            let mut text = Zeroizing::new(String::new());
            for piece in pieces(&header.value).ok()? {
                match piece {
                    Piece::Text(literal) => text.push_str(literal),
                    Piece::Field(name) => text.push_str(values.get(name)?.expose_secret()),
                }
            }
            header_value(&text).ok()?;
            Some((header.name.clone(), text))
        });
        rendered.collect()
    }
}

fn field_name(text: &str, form: &KeyForm) -> Result<String, Mistake> {
    let shape = || {
        let message = format!(
            "must be lower-case letters, digits and underscores, such as api_key, at most {KEY_FIELD_NAME_CHARS_MAX}"
        );
        ("key_form.field_name", message)
    };
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if text.is_empty() || text.len() > KEY_FIELD_NAME_CHARS_MAX || !text.bytes().all(is_letter) {
        return Err(shape());
    }
    if form.fields.iter().any(|field| field.name == text) {
        return Err(("key_form.field_twice", "is given twice".to_owned()));
    }
    Ok(text.to_owned())
}

fn new_header_name(text: &str, form: &KeyForm) -> Result<String, Mistake> {
    let name = header_name(text).map_err(|why| ("credential.header_name", why.to_owned()))?;
    match form.headers.iter().any(|header| header.name == name) {
        true => Err(("credential.header_twice", "is given twice".to_owned())),
        false => Ok(name),
    }
}

fn template(text: &str, form: &KeyForm) -> Result<(), Mistake> {
    if text.chars().count() > KEY_TEMPLATE_CHARS_MAX {
        return Err(("key_form.template_too_long", format!("must have at most {KEY_TEMPLATE_CHARS_MAX} characters")));
    }
    let pieces = pieces(text).map_err(|why| ("key_form.template", why.to_owned()))?;
    let unknown = pieces.iter().find_map(|piece| match piece {
        Piece::Field(name) if form.fields.iter().all(|field| field.name != *name) => Some(*name),
        _ => None,
    });
    if let Some(name) = unknown {
        return Err(("key_form.template", format!("{{{name}}} is no field of the form")));
    }
    // Whatever is typed, the rest of the header must be able to travel.
    let sample: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(literal) => *literal,
            Piece::Field(_) => "x",
        })
        .collect();
    header_value(&sample).map_err(|why| ("key_form.template", why.to_owned()))
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, &'static str> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or("has a { without its }")?;
        if before.contains('}') || name.contains('{') {
            return Err("has braces that do not fit together");
        }
        found.extend([Piece::Text(before), Piece::Field(name)]);
        rest = after;
    }
    if rest.contains('}') {
        return Err("has a } without its {");
    }
    found.push(Piece::Text(rest));
    Ok(found)
}

fn uses(template: &str, field: &str) -> bool {
    pieces(template).is_ok_and(|pieces| pieces.contains(&Piece::Field(field)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Error;

    fn form(fields: &[&str], headers: &[(&str, &str)]) -> KeyForm {
        let field = |name: &&str| KeyField { name: (*name).to_owned(), label: "Key".to_owned(), hint: String::new() };
        let header =
            |(name, value): &(&str, &str)| HeaderTemplate { name: (*name).to_owned(), value: (*value).to_owned() };
        KeyForm { fields: fields.iter().map(field).collect(), headers: headers.iter().map(header).collect() }
    }

    fn codes<T>(outcome: Result<T>) -> Vec<String> {
        match outcome {
            Ok(_) => Vec::new(),
            Err(Error::InvalidFields(errors)) => {
                errors.into_iter().map(|error| format!("{} {}", error.field, error.code)).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_form_asks_for_what_its_headers_use() {
        fn check(fields: &[&str], headers: &[(&str, &str)], expected: &[&str]) {
            let mut mistakes = Mistakes::default();
            let kept = form(fields, headers).checked(&mut mistakes);
            assert_eq!(codes(mistakes.finish(Some(()))), expected, "{fields:?} {headers:?}");
            if expected.is_empty() {
                assert_eq!(kept.header_names().len(), headers.len());
            }
        }
        check(&["token"], &[("Authorization", "Bearer {token}")], &[]);
        check(&["key", "app"], &[("x-key", "{key}"), ("x-app", "{app}/{key}")], &[]);
        check(&[], &[("x-key", "fixed")], &["outbound_auth.fields key_form.fields"]);
        check(
            &["key"],
            &[],
            &["outbound_auth.headers credential.headers", "outbound_auth.fields key_form.unused_field"],
        );
        check(&["key", "key"], &[("x", "{key}")], &["outbound_auth.fields[1].name key_form.field_twice"]);
        check(&["Key"], &[("x", "y")], &["outbound_auth.fields[0].name key_form.field_name"]);
        for bad in ["{key", "key}", "{k{ey}}", "{other} {key}", "{key}\r\nx: y", " {key}"] {
            let expected =
                ["outbound_auth.headers[0].value key_form.template", "outbound_auth.fields key_form.unused_field"];
            check(&["key"], &[("x-key", bad)], &expected);
        }
        check(
            &["key"],
            &[("Host", "{key}"), ("x", "{key}")],
            &["outbound_auth.headers[0].name credential.header_name"],
        );
        check(
            &["key"],
            &[("X-A", "{key}"), ("x-a", "{key}")],
            &["outbound_auth.headers[1].name credential.header_twice"],
        );
    }

    #[test]
    fn what_is_typed_becomes_headers() {
        let form = form(&["user", "token"], &[("authorization", "Token {user}:{token}"), ("x-fixed", "1")]);
        let values = |pairs: &[(&str, &str)]| -> Values {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned().into())).collect()
        };
        let check = |pairs: &[(&str, &str)], expected: Result<&str, &[&str]>| {
            let found = form.typed(&values(pairs));
            match (found, expected) {
                (Ok(typed), Ok(expected)) => {
                    let headers = form.headers(&typed).unwrap();
                    assert_eq!(headers[0].1.as_str(), expected);
                    assert_eq!((headers[1].0.as_str(), headers[1].1.as_str()), ("x-fixed", "1"));
                }
                (Err(error), Err(expected)) => assert_eq!(codes::<()>(Err(error)), expected, "{pairs:?}"),
                (found, _) => panic!("{pairs:?}: {}", found.is_ok()),
            }
        };
        check(&[("user", " ana "), ("token", "s3")], Ok("Token ana:s3"));
        check(&[("user", "ana")], Err(&["values.token key_form.value_missing"]));
        check(&[("user", "ana"), ("token", "  ")], Err(&["values.token key_form.value_missing"]));
        check(&[("user", "a"), ("token", "b"), ("c", "d")], Err(&["values.c key_form.unknown_field"]));
        check(&[("user", "a\r\nx: y"), ("token", "b")], Err(&["values.user key_form.value"]));
        check(&[("user", "ä"), ("token", "b")], Err(&["values.user key_form.value"]));
        let long = "x".repeat(KEY_VALUE_CHARS_MAX + 1);
        check(&[("user", "a"), ("token", &long)], Err(&["values.token key_form.value_too_long"]));
        assert!(form.headers(&values(&[("user", "ana")])).is_none(), "the form asks for more than was stored");
    }
}
