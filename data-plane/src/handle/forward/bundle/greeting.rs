//! What a virtual server says of itself. Members are not asked: a client must not wait for the slowest to say hello.

use axum::response::Response;
use http::HeaderValue;
use serde_json::{Value, json};

use super::super::{Call, internal, legacy};
use super::answer;
use crate::error::Failure;
use crate::mcp::era;
use crate::mcp::version;
use crate::snapshot::{Choice, Member, Server};

pub(super) fn initialize(call: &Call, members: &[Member]) -> Result<Response, Failure> {
    let requested = call.message.param("protocolVersion");
    let requested = requested.ok_or(Failure::InvalidParams("params.protocolVersion must be a string"))?;
    let chosen = version::negotiate(&requested);
    let client = legacy::new_session(call, chosen)?;
    call.recorder.client_protocol(client.protocol_version);
    let sealed = client.seal(&call.caller.snapshot.session_keys, call.owner);
    let sealed = sealed.map_err(|error| internal(&call.node, &error))?;
    let sealed = HeaderValue::from_str(&sealed).map_err(|error| internal(&call.node, &error))?;
    let mut capabilities = capabilities(members);
    if let Some(capabilities) = capabilities.as_object_mut() {
        capabilities.insert("logging".to_owned(), json!({}));
        if let Some(resources) = capabilities.get_mut("resources").and_then(Value::as_object_mut) {
            resources.insert("subscribe".to_owned(), true.into());
        }
    }
    let result = json!({
        "protocolVersion": chosen,
        "capabilities": capabilities,
        "serverInfo": info(&call.entry),
        "instructions": instructions(&call.entry, members),
    });
    let mut response = answer(call, &result.to_string());
    response.headers_mut().insert(era::SESSION_ID, sealed);
    Ok(response)
}

pub(super) fn discover(call: &Call, members: &[Member]) -> Response {
    let result = json!({
        "supportedVersions": version::MODERN,
        "capabilities": capabilities(members),
        "instructions": instructions(&call.entry, members),
        "_meta": { "io.modelcontextprotocol/serverInfo": info(&call.entry) },
        "resultType": "complete",
        "ttlMs": 0,
        "cacheScope": "private",
    });
    answer(call, &result.to_string())
}

/// What some member may have.
fn capabilities(members: &[Member]) -> Value {
    let any = |choice: fn(&Member) -> &Choice| members.iter().any(|member| !choice(member).is_nothing());
    let mut capabilities = json!({ "completions": {} });
    let mut has = |name: &str, there: bool| {
        if let Some(capabilities) = capabilities.as_object_mut().filter(|_| there) {
            capabilities.insert(name.to_owned(), json!({ "listChanged": true }));
        }
    };
    has("tools", any(|member| &member.offer.tools));
    has("prompts", any(|member| &member.offer.prompts));
    has("resources", any(|member| &member.offer.resources) || any(|member| &member.offer.templates));
    capabilities
}

fn info(server: &Server) -> Value {
    json!({ "name": server.slug.as_str(), "title": server.display_name, "version": env!("CARGO_PKG_VERSION") })
}

fn instructions(server: &Server, members: &[Member]) -> String {
    let aliases: Vec<&str> = members.iter().map(|member| member.alias.as_str()).collect();
    match aliases.as_slice() {
        [] => format!("{} has no members yet.", server.display_name),
        aliases => format!(
            "{} bundles several MCP servers. What each of them offers starts with its name: {}.",
            server.display_name,
            aliases.join(", ")
        ),
    }
}
