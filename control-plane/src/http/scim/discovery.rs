//! What the service is: its configuration, its kinds of resources, their schemas (RFC 7644 §4).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::call::{Call, Id};
use super::error::Refusal;
use super::reply;
use crate::domain::limits::{SCIM_BODY_BYTES_MAX, SCIM_PAGE_MAX};
use crate::domain::scim::Kind;
use crate::domain::scim::schema::{self, RESOURCE_TYPE, SCHEMA, SERVICE_PROVIDER_CONFIG};

pub(super) async fn config(call: Call) -> Response {
    let config = json!({
        "schemas": [SERVICE_PROVIDER_CONFIG],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": SCIM_BODY_BYTES_MAX },
        "filter": { "supported": true, "maxResults": SCIM_PAGE_MAX },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token that an administrator of the tenant made",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{}/ServiceProviderConfig", call.ctx.base),
        },
    });
    reply::body(StatusCode::OK, &config)
}

pub(super) async fn resource_types(call: Call) -> Result<Response, Refusal> {
    listed(&call, [Kind::User, Kind::Group].map(|kind| type_of(&call.ctx.base, kind)).to_vec())
}

pub(super) async fn resource_type(Id(name): Id<String>, call: Call) -> Result<Response, Refusal> {
    let kind = [Kind::User, Kind::Group].into_iter().find(|kind| kind.name() == name).ok_or_else(absent)?;
    Ok(reply::body(StatusCode::OK, &type_of(&call.ctx.base, kind)))
}

pub(super) async fn schemas(call: Call) -> Result<Response, Refusal> {
    listed(&call, schema::all().iter().map(|one| schema_of(&call.ctx.base, one)).collect())
}

pub(super) async fn schema(Id(urn): Id<String>, call: Call) -> Result<Response, Refusal> {
    let found = schema::all().iter().find(|one| one.id.eq_ignore_ascii_case(&urn)).ok_or_else(absent)?;
    Ok(reply::body(StatusCode::OK, &schema_of(&call.ctx.base, found)))
}

/// All on one page; a filter is refused, lest it be taken for applied (RFC 7644 §4).
fn listed(call: &Call, resources: Vec<Value>) -> Result<Response, Refusal> {
    if call.parameter("filter").is_some() {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "This list cannot be filtered."));
    }
    let page = json!({
        "schemas": [schema::LIST_RESPONSE], "totalResults": resources.len(), "startIndex": 1,
        "itemsPerPage": resources.len(), "Resources": resources,
    });
    Ok(reply::body(StatusCode::OK, &page))
}

fn absent() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such resource here.")
}

fn type_of(base: &str, kind: Kind) -> Value {
    let name = kind.name();
    let mut resource_type = json!({
        "schemas": [RESOURCE_TYPE], "id": name, "name": name, "endpoint": kind.endpoint(), "schema": kind.urn(),
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{name}") },
    });
    let extensions: Vec<Value> =
        kind.extension_urns().iter().map(|urn| json!({ "schema": urn, "required": false })).collect();
    if !extensions.is_empty() {
        put(&mut resource_type, "schemaExtensions", extensions.into());
    }
    resource_type
}

fn schema_of(base: &str, one: &schema::Schema) -> Value {
    let mut shown = serde_json::to_value(one).unwrap_or_default();
    put(&mut shown, "schemas", json!([SCHEMA]));
    let location = format!("{base}/Schemas/{}", one.id);
    put(&mut shown, "meta", json!({ "resourceType": "Schema", "location": location }));
    shown
}

/// Puts a member into an object.
fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
