//! Carries a plan out, one change after the other. The first failure ends it, with a report of what was done.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use super::manifest::{AuthSpec, ServerSpec, SubjectSpec};
use super::plan::{Field, GrantChange, Plan, Step, grant_changes};
use super::present::{Present, Server};
use crate::platform::Api;
use crate::terminal;

/// Every step, in order.
pub(super) async fn all(api: &Api, plan: &Plan<'_>) -> anyhow::Result<()> {
    for (done, step) in plan.steps.iter().enumerate() {
        if let Err(failure) = one(api, plan.present, step).await {
            let report = |title: &str, steps: &[Step<'_>]| {
                if !steps.is_empty() {
                    terminal::note(title);
                    steps.iter().for_each(|step| terminal::note(&format!("  {}", step.title())));
                }
            };
            report("Applied:", plan.steps.get(..done).unwrap_or_default());
            report("Failed, perhaps in part:", std::slice::from_ref(step));
            report("Not applied:", plan.steps.get(done + 1..).unwrap_or_default());
            return Err(failure.context(step.title()));
        }
    }
    Ok(())
}

async fn one(api: &Api, present: &Present, step: &Step<'_>) -> anyhow::Result<()> {
    match step {
        Step::Create(spec) => create(api, present, spec).await,
        Step::Update { spec, server, fields, grants } => {
            if !fields.is_empty() {
                let _: Value = api.patch(&["servers", &server.id], &patch(spec, server, fields)).await?;
            }
            change_grants(api, present, &server.id, grants).await
        }
        Step::Retire(server) => api.delete_with(&["servers", &server.id], &[("confirm", &server.slug)]).await,
    }
}

async fn create(api: &Api, present: &Present, spec: &ServerSpec) -> anyhow::Result<()> {
    let body = json!({
        "slug": spec.slug,
        "display_name": spec.display_name,
        "description": spec.description,
        "upstream_url": spec.url,
        "timeout_ms": spec.timeout_ms,
        "outbound_auth": auth(&spec.auth),
    });
    let created: Value = api.post(&["servers"], &body).await?;
    let id = created.get("id").and_then(Value::as_str).unwrap_or_default();
    if !spec.enabled {
        let _: Value = api.patch(&["servers", id], &json!({ "status": "disabled" })).await?;
    }
    // Whoever registers a server becomes its manager; the file may say otherwise.
    let Some(wanted) = &spec.grants else { return Ok(()) };
    let (grants, _) = present.grants(api, id).await?;
    change_grants(api, present, id, &grant_changes(wanted, &grants)).await
}

/// Only what differs: two people may change different fields at once.
fn patch(spec: &ServerSpec, server: &Server, fields: &[Field]) -> Value {
    let mut body = serde_json::Map::new();
    for field in fields {
        let (name, value) = match field.name {
            "displayName" => ("display_name", json!(spec.display_name)),
            "description" => ("description", json!(spec.description)),
            "url" => ("upstream_url", json!(spec.url)),
            "enabled" => ("status", json!(if spec.enabled { "enabled" } else { "disabled" })),
            "timeoutMs" => ("timeout_ms", json!(spec.timeout_ms)),
            _ => ("outbound_auth", auth(&spec.auth)),
        };
        body.insert(name.to_owned(), value);
    }
    // A server that moves to another origin needs its credential again, in the same change.
    let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
    if origin(&spec.url) != origin(&server.url) && matches!(spec.auth, AuthSpec::SharedHeader(_)) {
        body.insert("outbound_auth".to_owned(), auth(&spec.auth));
    }
    Value::Object(body)
}

fn auth(auth: &AuthSpec) -> Value {
    match auth {
        AuthSpec::None => json!({ "kind": "none" }),
        AuthSpec::SharedHeader(headers) => {
            let header = |name: &str, value: Option<&str>| match value {
                Some(value) => json!({ "name": name, "value": value }),
                None => json!({ "name": name }),
            };
            let headers =
                headers.iter().map(|one| header(&one.name, one.value.as_ref().map(ExposeSecret::expose_secret)));
            json!({ "kind": "shared_header", "headers": headers.collect::<Vec<_>>() })
        }
    }
}

async fn change_grants(
    api: &Api,
    present: &Present,
    server_id: &str,
    changes: &[GrantChange<'_>],
) -> anyhow::Result<()> {
    for change in changes {
        match change {
            GrantChange::Give { subject, role, .. } => {
                let body = json!({ "subject": subject_body(present, subject), "role": role.as_str() });
                let _: Value = api.put(&["servers", server_id, "grants"], &body).await?;
            }
            GrantChange::Take(grant) => api.delete(&["servers", server_id, "grants", &grant.id]).await?,
        }
    }
    Ok(())
}

fn subject_body(present: &Present, subject: &SubjectSpec) -> Value {
    match subject {
        SubjectSpec::Everyone => json!({ "kind": "everyone" }),
        SubjectSpec::User(email) => json!({ "kind": "user", "id": present.users(email).first() }),
    }
}
