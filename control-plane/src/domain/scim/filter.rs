//! Filters: the grammar of RFC 7644 §3.4.2.2, and the one thing beside it that identity providers send.

use std::borrow::Cow;

pub use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, ValFilter, ValuePath};

use super::schema::{Attribute, Kind, ValueType};
use super::target::{Target, one_line};
use super::{ScimError, ScimResult};
use crate::domain::limits::{SCIM_FILTER_BYTES_MAX, SCIM_FILTER_TERMS_MAX};

/// Reads a filter and refuses what no resource of this kind can answer.
pub fn parse(kind: Kind, text: &str) -> ScimResult<Filter> {
    let filter = read(text)?;
    check(kind, &filter)?;
    Ok(filter)
}

/// Reads a filter; names are not looked at.
pub fn read(text: &str) -> ScimResult<Filter> {
    if text.len() > SCIM_FILTER_BYTES_MAX {
        return Err(ScimError::InvalidFilter(format!("a filter has at most {SCIM_FILTER_BYTES_MAX} bytes")));
    }
    let filter: Filter = rewrite(text.trim()).parse().map_err(|error: scim_v2::filter::ParseError| {
        ScimError::InvalidFilter(format!("the filter cannot be read: {}", one_line(&error)))
    })?;
    if count(&filter) > SCIM_FILTER_TERMS_MAX {
        return Err(ScimError::InvalidFilter(format!("a filter has at most {SCIM_FILTER_TERMS_MAX} comparisons")));
    }
    Ok(filter)
}

/// Entra asks `emails[type eq "work"].value eq "x"`, which the RFC has no rule for (only PATCH paths end so). It means
/// `emails[(type eq "work") and value eq "x"]`. What does not fit is left for the parser to refuse.
fn rewrite(text: &str) -> Cow<'_, str> {
    let Some((open, close)) = dotted_value_path(text) else { return Cow::Borrowed(text) };
    let rewritten = (|| {
        let (attribute, inner) = (text.get(..open)?, text.get(open + 1..close)?);
        let (comparison, rest) = split_comparison(text.get(close + 2..)?)?;
        Some(format!("{attribute}[({inner}) and {comparison}]{}", rewrite(rest)))
    })();
    rewritten.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The brackets of the first `[…].`, outside of strings.
fn dotted_value_path(text: &str) -> Option<(usize, usize)> {
    let (mut open, mut quoted, mut escaped) = (None, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' if !quoted => open = Some(at),
            b']' if !quoted && text.as_bytes().get(at + 1) == Some(&b'.') => return open.map(|open| (open, at)),
            _ => {}
        }
    }
    None
}

/// `value eq "x"` and what follows it.
fn split_comparison(text: &str) -> Option<(&str, &str)> {
    let operator_at = text.find(' ')?;
    let (name, rest) = text.split_at_checked(operator_at)?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        return None;
    }
    let operator_end = rest.trim_start().find([' ', ')']).unwrap_or(rest.trim_start().len());
    let operator_start = operator_at + (rest.len() - rest.trim_start().len());
    let operator = text.get(operator_start..operator_start + operator_end)?;
    if operator.eq_ignore_ascii_case("pr") {
        return text.split_at_checked(operator_start + operator_end);
    }
    let value = text.get(operator_start + operator_end..)?;
    let start = text.len() - value.trim_start().len();
    let value = value.trim_start();
    text.split_at_checked(start + literal_len(value)?)
}

/// Length of the string, number or word at the head of `text`.
fn literal_len(text: &str) -> Option<usize> {
    let Some(string) = text.strip_prefix('"') else {
        let end = text.find([' ', ')', ']']).unwrap_or(text.len());
        return (end > 0).then_some(end);
    };
    let mut escaped = false;
    for (at, byte) in string.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 2),
            _ => {}
        }
    }
    None
}

fn count(filter: &Filter) -> usize {
    match filter {
        Filter::Attr(_) => 1,
        Filter::ValuePath(path) => count_inner(&path.filter),
        Filter::Not(inner) => count(inner),
        Filter::And(all) | Filter::Or(all) => all.iter().map(count).sum(),
    }
}

fn count_inner(filter: &ValFilter) -> usize {
    match filter {
        ValFilter::Attr(_) => 1,
        ValFilter::Not(inner) => count_inner(inner),
        ValFilter::And(all) | ValFilter::Or(all) => all.iter().map(count_inner).sum(),
    }
}

fn check(kind: Kind, filter: &Filter) -> ScimResult<()> {
    match filter {
        Filter::Attr(term) => {
            let attribute = attribute(kind, path_of(term))?;
            check_term(term, attribute)
        }
        Filter::ValuePath(path) => {
            let attribute = attribute(kind, &path.attr)?;
            if attribute.sub_attributes.is_empty() {
                return Err(ScimError::InvalidFilter(format!("{} has no parts to filter by", attribute.name)));
            }
            check_inner(attribute, &path.filter)
        }
        Filter::Not(inner) => check(kind, inner),
        Filter::And(all) | Filter::Or(all) => all.iter().try_for_each(|one| check(kind, one)),
    }
}

fn check_inner(outer: &'static Attribute, filter: &ValFilter) -> ScimResult<()> {
    match filter {
        ValFilter::Attr(term) => {
            let name = &path_of(term).name;
            let unknown = || ScimError::InvalidFilter(format!("{} has no part {name}", outer.name));
            check_term(term, outer.sub(name).ok_or_else(unknown)?)
        }
        ValFilter::Not(inner) => check_inner(outer, inner),
        ValFilter::And(all) | ValFilter::Or(all) => all.iter().try_for_each(|one| check_inner(outer, one)),
    }
}

/// Boolean and binary values have no order and no parts (RFC 7644 §3.4.2.2).
fn check_term(term: &AttrExp, attribute: &Attribute) -> ScimResult<()> {
    use CompareOp::{Eq, Ne};
    let AttrExp::Comparison(_, operator, value) = term else { return Ok(()) };
    let plain = match attribute.value() {
        Some(value) if attribute.value_type == ValueType::Complex => value,
        _ => attribute,
    };
    let refuse = |why: &str| Err(ScimError::InvalidFilter(format!("{} {why}", attribute.name)));
    match plain.value_type {
        ValueType::Boolean | ValueType::Binary if !matches!(operator, Eq | Ne) => {
            refuse("can be compared by eq and ne only")
        }
        ValueType::Complex => refuse("has parts: compare one of them"),
        ValueType::DateTime if !matches!(value, CompValue::Null) => match value {
            CompValue::Str(text) if chrono::DateTime::parse_from_rfc3339(text).is_ok() => Ok(()),
            _ => refuse("is compared with a time like \"2026-01-31T12:00:00Z\""),
        },
        _ => Ok(()),
    }
}

fn attribute(kind: Kind, path: &AttrPath) -> ScimResult<&'static Attribute> {
    let target = Target::resolve(kind, path);
    let found = target.and_then(|target| target.sub.or(target.attribute));
    found.ok_or_else(|| ScimError::InvalidFilter(format!("a {} has no attribute {path}", kind.name())))
}

/// The attribute that a term is about.
pub fn path_of(term: &AttrExp) -> &AttrPath {
    match term {
        AttrExp::Present(path) | AttrExp::Comparison(path, ..) => path,
    }
}

/// Whether an attribute is mentioned anywhere.
pub fn mentions(filter: &Filter, name: &str) -> bool {
    match filter {
        Filter::Attr(term) => path_of(term).name.eq_ignore_ascii_case(name),
        Filter::ValuePath(path) => path.attr.name.eq_ignore_ascii_case(name),
        Filter::Not(inner) => mentions(inner, name),
        Filter::And(all) | Filter::Or(all) => all.iter().any(|one| mentions(one, name)),
    }
}

#[cfg(test)]
mod tests;
