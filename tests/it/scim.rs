//! SCIM: an identity provider pushes people and groups.

mod access;
mod changes;
mod groups;
mod lifecycle;
mod refusals;
mod replay;
mod search;
mod tester;

use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use world::World;
use world::people::Person;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const MEDIA_TYPE: &str = "application/scim+json; charset=utf-8";

/// An identity provider with a token of a tenant.
#[derive(Clone)]
pub(crate) struct Idp {
    client: Client,
    base: String,
    token: String,
}

pub(crate) struct Reply {
    status: u16,
    media_type: String,
    etag: String,
    location: String,
    body: Value,
}

impl Reply {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// A refusal in SCIM's words.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, scim_type: Option<&str>) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.media_type, MEDIA_TYPE);
        assert_eq!(self.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(self.body["status"], json!(status.to_string()));
        assert_eq!(self.body["scimType"].as_str(), scim_type, "{}", self.body);
        let detail = self.body["detail"].as_str().unwrap_or_default();
        assert!(!detail.is_empty());
        detail.to_owned()
    }
}

impl Idp {
    /// With a fresh token that this administrator made.
    pub(crate) async fn of(admin: &Person, world: &World) -> Self {
        let made = admin.post("scim/tokens", json!({ "name": "okta" })).await.ok();
        let base = admin.get("scim").await.ok()["base_url"].as_str().unwrap().to_owned();
        assert_eq!(base, format!("{}/t/{}/scim/v2", world.auth_origin, admin.tenant));
        let client = world::http::builder().build().unwrap();
        Self { client, base, token: made["secret"].as_str().unwrap().to_owned() }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>, tag: Option<&str>) -> Reply {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(tag) = tag {
            request = request.header(IF_MATCH, tag);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, MEDIA_TYPE).body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let header =
            |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let (media_type, etag, location) = (header("content-type"), header(ETAG.as_str()), header("location"));
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Reply { status, media_type, etag, location, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body), None).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body), None).await
    }

    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Reply {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        self.send(Method::PATCH, path, Some(body), None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None, None).await
    }

    /// Who matches, by user name or display name, in order.
    pub(crate) async fn found(&self, kind: &str, filter: &str) -> Vec<String> {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        let page = self.get(&format!("/{kind}?{query}")).await.is(200);
        let name = |one: &Value| one["userName"].as_str().or(one["displayName"].as_str()).unwrap().to_owned();
        let names: Vec<String> = page["Resources"].as_array().unwrap().iter().map(name).collect();
        assert_eq!(page["totalResults"], json!(names.len()), "{filter}");
        names
    }

    /// Makes a person and answers the id.
    pub(crate) async fn push(&self, user_name: &str) -> String {
        let body = json!({ "schemas": [USER], "userName": user_name, "active": true });
        self.post("/Users", body).await.is(201)["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn push_group(&self, name: &str, members: &[&String]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        self.post("/Groups", body).await.is(201)["id"].as_str().unwrap().to_owned()
    }

    /// The ids of a group's members.
    pub(crate) async fn members(&self, group: &str) -> Vec<String> {
        let group = self.get(&format!("/Groups/{group}")).await.is(200);
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
    }
}
