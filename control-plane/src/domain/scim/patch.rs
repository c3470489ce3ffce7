//! PATCH (RFC 7644 §3.5.2) on JSON, with what Okta and Entra make of it: operations in any case, no path and dotted or
//! URN-qualified keys, booleans as strings, elements that a filter describes and that are not there yet.

use serde_json::Value;

use super::evaluate::element_matches;
use super::filter::{AttrExp, CompValue, CompareOp, ValFilter};
use super::resource::{coerce, coerce_one, is_primary};
use super::schema::{Attribute, Kind, Mutability};
use super::target::Target;
use super::{Object, ScimError, ScimResult};
use crate::domain::limits::{SCIM_ELEMENTS_MAX, SCIM_OPERATIONS_MAX};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Add,
    Replace,
    Remove,
}

/// One change, as sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub verb: Verb,
    /// Not empty.
    pub path: Option<String>,
    pub value: Value,
}

/// The operations of a PATCH body.
pub fn read(body: &Object) -> ScimResult<Vec<Operation>> {
    let member = |object: &Object, name: &str| {
        object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let Some(Value::Array(operations)) = member(body, "Operations") else {
        return Err(ScimError::InvalidSyntax("a PATCH needs a list of Operations".to_owned()));
    };
    if operations.len() > SCIM_OPERATIONS_MAX {
        return Err(ScimError::TooMany(format!("a PATCH has at most {SCIM_OPERATIONS_MAX} operations")));
    }
    let operation = |one: Value| {
        let Value::Object(one) = one else {
            return Err(ScimError::InvalidSyntax("an operation must be an object".to_owned()));
        };
        let verb = match member(&one, "op") {
            Some(Value::String(word)) if word.eq_ignore_ascii_case("add") => Verb::Add,
            Some(Value::String(word)) if word.eq_ignore_ascii_case("replace") => Verb::Replace,
            Some(Value::String(word)) if word.eq_ignore_ascii_case("remove") => Verb::Remove,
            _ => return Err(ScimError::InvalidSyntax("op must be add, replace or remove".to_owned())),
        };
        let path = match member(&one, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) => Some(path.trim().to_owned()).filter(|path| !path.is_empty()),
            Some(_) => return Err(ScimError::InvalidPath("path must be a string".to_owned())),
        };
        Ok(Operation { verb, path, value: member(&one, "value").unwrap_or_default() })
    };
    operations.into_iter().map(operation).collect()
}

/// Changes the attributes of a resource; all operations or, after an error, to be thrown away.
pub fn apply(kind: Kind, resource: &mut Object, operations: &[Operation]) -> ScimResult<()> {
    operations.iter().try_for_each(|operation| apply_one(kind, resource, operation))
}

pub(super) fn apply_one(kind: Kind, resource: &mut Object, operation: &Operation) -> ScimResult<()> {
    if let Some(path) = &operation.path {
        let target = Target::parse(kind, path)?;
        let unknown = || ScimError::InvalidPath(format!("a {} has no attribute {path}", kind.name()));
        let target = target.ok_or_else(unknown)?;
        let read_only = |part: Option<&Attribute>| part.is_some_and(|part| part.mutability == Mutability::ReadOnly);
        if read_only(target.attribute) || read_only(target.sub) {
            return Err(ScimError::Mutability(format!("{path} cannot be changed")));
        }
        return change(resource, &target, operation.verb, &operation.value);
    }
    if operation.verb == Verb::Remove {
        return Err(ScimError::NoTarget("remove needs a path".to_owned()));
    }
    let Value::Object(members) = &operation.value else {
        return Err(ScimError::InvalidValue("without a path, value must be an object of attributes".to_owned()));
    };
    for (key, value) in members {
        // As in POST and PUT, what is unknown or ours is passed over: it must not keep `active` from arriving.
        let Ok(Some(target)) = Target::parse(kind, key) else { continue };
        change(resource, &target, operation.verb, value)?;
    }
    Ok(())
}

fn change(resource: &mut Object, target: &Target, verb: Verb, value: &Value) -> ScimResult<()> {
    let Some(schema) = target.extension else { return change_in(resource, target, verb, value) };
    let mut extension = match resource.remove(&schema.id) {
        Some(Value::Object(extension)) => extension,
        _ => Object::new(),
    };
    let changed = match (target.attribute, verb) {
        (None, Verb::Remove) => {
            extension.clear();
            Ok(())
        }
        (None, verb) => change_whole(&mut extension, target, verb, value),
        (Some(_), verb) => change_in(&mut extension, target, verb, value),
    };
    if !extension.is_empty() {
        resource.insert(schema.id.clone(), Value::Object(extension));
    }
    changed
}

/// An extension as a whole: its attributes one by one.
fn change_whole(extension: &mut Object, target: &Target, verb: Verb, value: &Value) -> ScimResult<()> {
    let Value::Object(members) = value else {
        return Err(ScimError::InvalidValue("an extension must be an object".to_owned()));
    };
    for (key, value) in members {
        let attribute = target.extension.and_then(|schema| schema.attribute(key));
        let target = Target { attribute, ..target.clone() };
        if attribute.is_some() {
            change_in(extension, &target, verb, value)?;
        }
    }
    Ok(())
}

fn change_in(container: &mut Object, target: &Target, verb: Verb, value: &Value) -> ScimResult<()> {
    let Some(attribute) = target.attribute else { return Ok(()) };
    if attribute.name == "schemas" || matches!(attribute.mutability, Mutability::ReadOnly | Mutability::WriteOnly) {
        return Ok(());
    }
    match (&target.elements, target.sub) {
        (Some(filter), sub) => change_elements(container, attribute, filter, sub, verb, value)?,
        (None, Some(sub)) => change_sub(container, attribute, sub, verb, value)?,
        (None, None) => change_all(container, attribute, verb, value)?,
    }
    if attribute.required && !container.contains_key(&attribute.name) {
        return Err(ScimError::Mutability(format!("{} must not be removed", attribute.name)));
    }
    Ok(())
}

/// The attribute as a whole.
fn change_all(container: &mut Object, attribute: &Attribute, verb: Verb, value: &Value) -> ScimResult<()> {
    if verb == Verb::Remove {
        return remove_all(container, attribute, value);
    }
    let new = coerce(attribute, value)?;
    match (new, verb, container.get_mut(&attribute.name)) {
        (None, Verb::Replace, _) => {
            container.remove(&attribute.name);
        }
        (None, _, _) => {}
        (Some(Value::Array(new)), Verb::Add, Some(Value::Array(present))) => {
            for element in new {
                if !present.contains(&element) {
                    present.push(element);
                }
            }
            keep_one_primary(present, None);
            bounded(attribute, present.len())?;
        }
        // The parts that are not named stay (RFC 7644 §3.5.2.3).
        (Some(Value::Object(new)), _, Some(Value::Object(present))) => present.extend(new),
        (Some(new), _, _) => {
            container.insert(attribute.name.clone(), new);
        }
    }
    Ok(())
}

/// Entra without its flag names the elements to remove in `value`.
fn remove_all(container: &mut Object, attribute: &Attribute, value: &Value) -> ScimResult<()> {
    let named = if attribute.multi_valued { coerce(attribute, value)? } else { None };
    match (named, container.get_mut(&attribute.name)) {
        (Some(Value::Array(named)), Some(Value::Array(present))) => {
            let same = |one: &Value, other: &Value| match (one.get("value"), other.get("value")) {
                (Some(one), Some(other)) => one == other,
                _ => one == other,
            };
            present.retain(|element| !named.iter().any(|one| same(one, element)));
            if present.is_empty() {
                container.remove(&attribute.name);
            }
        }
        _ => {
            container.remove(&attribute.name);
        }
    }
    Ok(())
}

/// One part of a complex attribute, or of every element.
fn change_sub(
    container: &mut Object,
    attribute: &Attribute,
    sub: &Attribute,
    verb: Verb,
    value: &Value,
) -> ScimResult<()> {
    let new = if verb == Verb::Remove { None } else { coerce(sub, value)? };
    if new.is_some() && !container.contains_key(&attribute.name) {
        let empty = Value::Object(Object::new());
        let empty = if attribute.multi_valued { Value::Array(vec![empty]) } else { empty };
        container.insert(attribute.name.clone(), empty);
    }
    let emptied = match container.get_mut(&attribute.name) {
        Some(Value::Array(elements)) => {
            elements.iter_mut().for_each(|element| put(element, sub, new.as_ref()));
            elements.retain(|element| !is_empty(element));
            keep_one_primary(elements, None);
            elements.is_empty()
        }
        Some(complex) => {
            put(complex, sub, new.as_ref());
            is_empty(complex)
        }
        None => false,
    };
    if emptied {
        container.remove(&attribute.name);
    }
    Ok(())
}

/// The elements that a filter picks; one that is missing and well described is made.
fn change_elements(
    container: &mut Object,
    attribute: &Attribute,
    filter: &ValFilter,
    sub: Option<&Attribute>,
    verb: Verb,
    value: &Value,
) -> ScimResult<()> {
    let mut elements = match container.remove(&attribute.name) {
        Some(Value::Array(elements)) => elements,
        _ => Vec::new(),
    };
    let picked = |element: &Value| element_matches(attribute, filter, element);
    if verb == Verb::Remove {
        match sub {
            None => elements.retain(|element| !picked(element)),
            Some(sub) => elements.iter_mut().filter(|one| picked(one)).for_each(|one| put(one, sub, None)),
        }
        elements.retain(|element| !is_empty(element));
    } else {
        if !elements.iter().any(picked) {
            elements.push(described(attribute, filter)?);
        }
        let new = match sub {
            Some(sub) => coerce(sub, value)?,
            None => coerce_one(attribute, value)?,
        };
        let mut last = None;
        for (at, element) in elements.iter_mut().enumerate().filter(|(_, element)| picked(element)) {
            last = Some(at);
            match (sub, &new) {
                (Some(sub), new) => put(element, sub, new.as_ref()),
                (None, Some(Value::Object(new))) => merge(element, new),
                (None, _) => *element = Value::Null,
            }
        }
        keep_one_primary(&mut elements, last);
        elements.retain(|element| !is_empty(element));
        bounded(attribute, elements.len())?;
    }
    if !elements.is_empty() {
        container.insert(attribute.name.clone(), Value::Array(elements));
    }
    Ok(())
}

/// The element that `type eq "work" and primary eq true` describes. Entra expects it to be made.
fn described(attribute: &Attribute, filter: &ValFilter) -> ScimResult<Value> {
    fn collect(attribute: &Attribute, filter: &ValFilter, into: &mut Object) -> Option<()> {
        match filter {
            ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, wanted)) => {
                let sub = attribute.sub(&path.name)?;
                let value = match wanted {
                    CompValue::Str(text) => Value::String(text.clone()),
                    CompValue::True => Value::Bool(true),
                    CompValue::False => Value::Bool(false),
                    CompValue::Number(number) => Value::Number(number.clone()),
                    CompValue::Null => return None,
                };
                into.insert(sub.name.clone(), coerce(sub, &value).ok()??);
                Some(())
            }
            ValFilter::And(all) => all.iter().try_for_each(|one| collect(attribute, one, into)),
            _ => None,
        }
    }
    let mut element = Object::new();
    let none = || ScimError::NoTarget(format!("no value of {} matches [{filter}]", attribute.name));
    collect(attribute, filter, &mut element).ok_or_else(none)?;
    Ok(Value::Object(element))
}

fn put(element: &mut Value, sub: &Attribute, value: Option<&Value>) {
    if let Value::Object(members) = element {
        match value {
            Some(value) => members.insert(sub.name.clone(), value.clone()),
            None => members.remove(&sub.name),
        };
    }
}

fn merge(element: &mut Value, new: &Object) {
    if let Value::Object(members) = element {
        members.extend(new.clone());
    }
}

fn is_empty(element: &Value) -> bool {
    match element {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// When a value becomes primary, the one before no longer is (RFC 7644 §3.5.2): the touched one stays, else the last.
fn keep_one_primary(elements: &mut [Value], touched: Option<usize>) {
    let primaries: Vec<usize> =
        elements.iter().enumerate().filter(|(_, element)| is_primary(element)).map(|(at, _)| at).collect();
    let keep = touched.filter(|at| primaries.contains(at)).or(primaries.last().copied());
    for (at, element) in elements.iter_mut().enumerate() {
        if Some(at) != keep
            && is_primary(element)
            && let Value::Object(members) = element
        {
            members.insert("primary".to_owned(), Value::Bool(false));
        }
    }
}

fn bounded(attribute: &Attribute, count: usize) -> ScimResult<()> {
    if count > SCIM_ELEMENTS_MAX {
        let name = &attribute.name;
        return Err(ScimError::InvalidValue(format!("{name} has at most {SCIM_ELEMENTS_MAX} values")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
