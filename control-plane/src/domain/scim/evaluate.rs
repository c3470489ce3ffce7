//! Whether a resource, as it is shown, matches a filter. The filter has been checked against the schema.

use std::cmp::Ordering;

use chrono::DateTime;
use serde_json::Value;

use super::Object;
use super::filter::{AttrExp, CompValue, CompareOp, Filter, ValFilter, path_of};
use super::schema::{Attribute, Kind, ValueType};
use super::target::Target;

pub fn matches(kind: Kind, filter: &Filter, resource: &Object) -> bool {
    match filter {
        Filter::Attr(term) => {
            let Some(target) = Target::resolve(kind, path_of(term)) else { return false };
            let Some(attribute) = target.sub.or(target.attribute) else { return false };
            term_matches(term, attribute, &values(&target, resource))
        }
        Filter::ValuePath(path) => {
            let Some(target) = Target::resolve(kind, &path.attr) else { return false };
            let Some(attribute) = target.attribute else { return false };
            values(&target, resource).into_iter().any(|element| element_matches(attribute, &path.filter, element))
        }
        Filter::Not(inner) => !matches(kind, inner, resource),
        Filter::And(all) => all.iter().all(|one| matches(kind, one, resource)),
        Filter::Or(all) => all.iter().any(|one| matches(kind, one, resource)),
    }
}

/// Whether one element of a multi-valued attribute matches the filter in its brackets.
pub(super) fn element_matches(attribute: &Attribute, filter: &ValFilter, element: &Value) -> bool {
    match filter {
        ValFilter::Attr(term) => {
            let Some(sub) = attribute.sub(&path_of(term).name) else { return false };
            let value: Vec<&Value> = element.get(&sub.name).into_iter().collect();
            term_matches(term, sub, &value)
        }
        ValFilter::Not(inner) => !element_matches(attribute, inner, element),
        ValFilter::And(all) => all.iter().all(|one| element_matches(attribute, one, element)),
        ValFilter::Or(all) => all.iter().any(|one| element_matches(attribute, one, element)),
    }
}

/// What is at a place: the elements of a multi-valued attribute one by one.
fn values<'a>(target: &Target, resource: &'a Object) -> Vec<&'a Value> {
    let container = match target.extension {
        Some(schema) => resource.get(&schema.id).and_then(Value::as_object),
        None => Some(resource),
    };
    let found = container.zip(target.attribute).and_then(|(members, attribute)| members.get(&attribute.name));
    let elements: Vec<&Value> = match found {
        Some(Value::Array(elements)) => elements.iter().collect(),
        other => other.into_iter().collect(),
    };
    match target.sub {
        Some(sub) => elements.into_iter().filter_map(|element| element.get(&sub.name)).collect(),
        None => elements,
    }
}

fn term_matches(term: &AttrExp, attribute: &Attribute, values: &[&Value]) -> bool {
    let AttrExp::Comparison(_, operator, wanted) = term else {
        return values.iter().any(|value| !matches!(value, Value::Null) && **value != Value::String(String::new()));
    };
    // `emails co "x"` is about `emails.value`.
    let (plain, values): (_, Vec<&Value>) = match attribute.value() {
        Some(value) if attribute.value_type == ValueType::Complex => {
            (value, values.iter().filter_map(|element| element.get("value")).collect())
        }
        _ => (attribute, values.to_vec()),
    };
    let any = |operator| values.iter().any(|value| compare(plain, value, operator, wanted));
    match (operator, wanted) {
        (CompareOp::Eq, CompValue::Null) => values.is_empty(),
        (CompareOp::Ne, CompValue::Null) => !values.is_empty(),
        (CompareOp::Ne, _) => !any(&CompareOp::Eq),
        (operator, _) => any(operator),
    }
}

fn compare(attribute: &Attribute, value: &Value, operator: &CompareOp, wanted: &CompValue) -> bool {
    match (value, wanted) {
        (Value::Bool(value), CompValue::True) => *value,
        (Value::Bool(value), CompValue::False) => !*value,
        // As Entra writes them.
        (Value::Bool(value), CompValue::Str(text)) => text.eq_ignore_ascii_case(if *value { "true" } else { "false" }),
        (Value::String(value), CompValue::Str(wanted)) if attribute.value_type == ValueType::DateTime => {
            let (value, wanted) = (DateTime::parse_from_rfc3339(value), DateTime::parse_from_rfc3339(wanted));
            value.ok().zip(wanted.ok()).is_some_and(|(value, wanted)| ordered(value.cmp(&wanted), operator))
        }
        (Value::String(value), CompValue::Str(wanted)) if attribute.case_exact => text(value, wanted, operator),
        (Value::String(value), CompValue::Str(wanted)) => text(&value.to_lowercase(), &wanted.to_lowercase(), operator),
        (Value::Number(value), CompValue::Number(wanted)) => value
            .as_f64()
            .zip(wanted.as_f64())
            .and_then(|(value, wanted)| value.partial_cmp(&wanted))
            .is_some_and(|ordering| ordered(ordering, operator)),
        _ => false,
    }
}

fn text(value: &str, wanted: &str, operator: &CompareOp) -> bool {
    match operator {
        CompareOp::Co => value.contains(wanted),
        CompareOp::Sw => value.starts_with(wanted),
        CompareOp::Ew => value.ends_with(wanted),
        other => ordered(value.cmp(wanted), other),
    }
}

fn ordered(ordering: Ordering, operator: &CompareOp) -> bool {
    match operator {
        CompareOp::Eq => ordering.is_eq(),
        CompareOp::Ne => ordering.is_ne(),
        CompareOp::Gt => ordering.is_gt(),
        CompareOp::Ge => ordering.is_ge(),
        CompareOp::Lt => ordering.is_lt(),
        CompareOp::Le => ordering.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::scim::filter;

    #[test]
    fn every_operator() {
        let ana = json!({
            "id": "usr_1", "userName": "Ana@Example.com", "externalId": "00u1", "active": true, "title": "",
            "name": { "familyName": "Müller" },
            "emails": [
                { "type": "work", "value": "Ana@Example.com", "primary": true },
                { "type": "home", "value": "ana@home.example" }
            ],
            "meta": { "created": "2026-11-27T06:00:00Z" },
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "employeeNumber": "701984" }
        });
        let Value::Object(ana) = ana else { panic!("an object") };
        let check = |text: &str, expected: bool| {
            assert_eq!(matches(Kind::User, &filter::parse(Kind::User, text).unwrap(), &ana), expected, "{text}");
        };
        check(r#"userName eq "ANA@EXAMPLE.COM""#, true);
        check(r#"userName ne "ana@example.com""#, false);
        check(r#"nickName ne "x""#, true);
        check(r#"externalId eq "00U1""#, false);
        check(r#"externalId sw "00u""#, true);
        check(r#"name.familyName co "ÜLL""#, true);
        check(r#"name.familyName ew "ler""#, true);
        check(r#"userName gt "an""#, true);
        check(r#"userName ge "ana@example.com""#, true);
        check(r#"userName lt "ana@example.com""#, false);
        check(r#"userName le "ana@example.com""#, true);
        check("title pr", false);
        check("name pr and emails pr", true);
        check("nickName pr", false);
        check("active eq true", true);
        check(r#"active eq "True""#, true);
        check("active ne false", true);
        check("nickName eq null", true);
        check("userName ne null", true);
        check("userName eq 7", false);
        check(r#"emails eq "ana@home.example""#, true);
        check(r#"emails co "@home""#, true);
        check(r#"emails.type eq "home""#, true);
        check(r#"emails[type eq "work" and value co "home"]"#, false);
        check(r#"emails[type eq "home" and value co "home"]"#, true);
        check(r#"emails[not (type eq "work")]"#, true);
        check(r#"emails[type eq "work"].value eq "ana@example.com""#, true);
        check(r#"meta.created ge "2026-11-27T07:00:00+01:00""#, true);
        check(r#"meta.created lt "2026-11-27T06:00:00Z""#, false);
        check(r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "701984""#, true);
        check(r#"not (active eq true) or userName sw "ana""#, true);
        check(r#"id eq "usr_2" or (active eq true and title pr)"#, false);
    }
}
