//! Answers with their media type, tag and place.

use axum::http::header::{CACHE_CONTROL, CONTENT_LOCATION, CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::call::Call;
use super::error::MEDIA_TYPE;
use crate::app::scim::Answer;
use crate::app::scim::search::{Found, Query};
use crate::domain::scim::projection::Projection;
use crate::domain::scim::{Object, ScimError, ScimResult, schema};

/// Any JSON.
pub(super) fn body(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "no-store")], value.to_string()).into_response()
}

/// One resource.
pub(super) fn resource(status: StatusCode, answer: Answer) -> Response {
    let mut response = body(status, &Value::Object(answer.resource));
    tag(&mut response, &answer.etag);
    let name = if status == StatusCode::CREATED { LOCATION } else { CONTENT_LOCATION };
    if let Ok(location) = HeaderValue::from_str(&answer.location) {
        response.headers_mut().insert(name, location);
    }
    response
}

/// Done, nothing to show.
pub(super) fn nothing(etag: Option<&str>) -> Response {
    let mut response = (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response();
    if let Some(etag) = etag {
        tag(&mut response, etag);
    }
    response
}

/// The resource, or that the caller has it already.
pub(super) fn unless_known(call: &Call, answer: Answer) -> Response {
    if call.conditions.has(&answer.etag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        tag(&mut response, &answer.etag);
        return response;
    }
    resource(StatusCode::OK, answer)
}

/// A page of a list.
pub(super) fn list(found: Found) -> Response {
    let resources: Vec<Value> = found.resources.into_iter().map(Value::Object).collect();
    let page = json!({
        "schemas": [schema::LIST_RESPONSE],
        "totalResults": found.total,
        "startIndex": found.start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    body(StatusCode::OK, &page)
}

fn tag(response: &mut Response, etag: &str) {
    if let Ok(etag) = HeaderValue::from_str(etag) {
        response.headers_mut().insert(ETAG, etag);
    }
}

/// `attributes` and `excludedAttributes` of the query.
pub(super) fn projection(call: &Call) -> ScimResult<Projection> {
    let (only, without) = (call.parameter("attributes"), call.parameter("excludedAttributes"));
    Projection::parse(only.as_deref(), without.as_deref())
}

/// A list as a GET asks for it.
pub(super) fn query(call: &Call) -> ScimResult<Query> {
    let number = |name: &str| match call.parameter(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(ScimError::InvalidValue(format!("{name} must be a whole number"))),
        },
    };
    Ok(Query::new(call.parameter("filter"), number("startIndex")?, number("count")?, projection(call)?))
}

/// The same as a POST to `.search` asks for it (RFC 7644 §3.4.3).
pub(super) fn search(call: &Call) -> ScimResult<Query> {
    let sent: Object = call.object()?;
    let member = |name: &str| {
        let found = sent.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        found.filter(|value| !value.is_null())
    };
    let wrong = |name: &str, what: &str| ScimError::InvalidValue(format!("{name} must be {what}"));
    let number =
        |name: &str| member(name).map(|value| value.as_i64().ok_or_else(|| wrong(name, "a whole number"))).transpose();
    let names = |name: &str| match member(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.split(',').map(|one| one.trim().to_owned()).collect())),
        Some(Value::Array(names)) => {
            let text = |one: &Value| one.as_str().map(str::to_owned).ok_or_else(|| wrong(name, "a list of strings"));
            names.iter().map(text).collect::<ScimResult<Vec<String>>>().map(Some)
        }
        Some(_) => Err(wrong(name, "a list of strings")),
    };
    let filter = match member("filter") {
        None => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(wrong("filter", "a string")),
    };
    let only = names("attributes")?.filter(|names| !names.is_empty());
    let projection = Projection::new(only, names("excludedAttributes")?.unwrap_or_default())?;
    Ok(Query::new(filter, number("startIndex")?, number("count")?, projection))
}
