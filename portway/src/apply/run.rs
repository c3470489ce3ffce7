//! Carries a plan out, one change after the other. The first failure ends it, with a report of what was done.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::manifest::{AuthSpec, GroupSpec, LimitSpec, MemberSpec, ReachSpec, ServerSpec, SubjectSpec};
use super::plan::{AccountStep, Field, GrantChange, GroupStep, LimitStep, Plan, Step, grant_changes};
use super::present::{Present, Reach, Server};
use crate::platform::Api;
use crate::terminal;

/// People in one change of a group's members: what the API takes at once.
const MEMBERS_AT_ONCE: usize = 1_000;

/// Every step, in order.
pub(super) async fn all(api: &Api, plan: &Plan<'_>) -> anyhow::Result<()> {
    let mut tenant = Tenant { api, present: plan.present, made: BTreeMap::new(), servers: BTreeMap::new() };
    for (done, step) in plan.steps.iter().enumerate() {
        if let Err(failure) = tenant.one(step).await {
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

/// What is changed, and what came meanwhile: subjects, and servers by slug.
struct Tenant<'a> {
    api: &'a Api,
    present: &'a Present,
    made: BTreeMap<SubjectSpec, String>,
    servers: BTreeMap<String, String>,
}

impl Tenant<'_> {
    async fn one(&mut self, step: &Step<'_>) -> anyhow::Result<()> {
        let api = self.api;
        match step {
            Step::Account(step) => self.account(step).await,
            Step::Group(step) => self.group(step).await,
            Step::Limit(step) => self.limit(step).await,
            Step::Create(spec) => self.create(spec).await,
            Step::Update { spec, server, fields, members, grants } => {
                let mut body = patch(spec, server, fields);
                if !members.is_empty() {
                    body.insert("members".to_owned(), self.members(spec.members()));
                }
                if !body.is_empty() {
                    let _: Value = api.patch(&["servers", &server.id], &body).await?;
                }
                self.change_grants(&server.id, grants).await
            }
            Step::Retire(server) => api.delete_with(&["servers", &server.id], &[("confirm", &server.slug)]).await,
        }
    }

    async fn account(&mut self, step: &AccountStep<'_>) -> anyhow::Result<()> {
        let status = |enabled: bool| if enabled { "active" } else { "deactivated" };
        match step {
            AccountStep::Create(spec) => {
                let body = json!({ "name": spec.name.0, "description": spec.description });
                let created: Value = self.api.post(&["service-accounts"], &body).await?;
                let id = id_of(&created);
                if !spec.enabled {
                    let body = json!({ "status": status(false) });
                    let _: Value = self.api.patch(&["service-accounts", &id], &body).await?;
                }
                self.made.insert(SubjectSpec::ServiceAccount(spec.name.clone()), id);
            }
            AccountStep::Update { spec, account, fields } => {
                let mut body = serde_json::Map::new();
                for field in fields {
                    let (name, value) = match field.name {
                        "name" => ("name", json!(spec.name.0)),
                        "description" => ("description", json!(spec.description)),
                        _ => ("status", json!(status(spec.enabled))),
                    };
                    body.insert(name.to_owned(), value);
                }
                let _: Value = self.api.patch(&["service-accounts", &account.id], &body).await?;
            }
            AccountStep::Delete(account) => self.api.delete(&["service-accounts", &account.id]).await?,
        }
        Ok(())
    }

    async fn group(&mut self, step: &GroupStep<'_>) -> anyhow::Result<()> {
        match step {
            GroupStep::Create(spec) => {
                let body = json!({ "display_name": spec.name.0, "tenant_role": spec.tenant_role });
                let created: Value = self.api.post(&["groups"], &body).await?;
                let id = id_of(&created);
                let members: Vec<&str> = spec.members.iter().flatten().map(String::as_str).collect();
                self.change_members(&id, &members, &[]).await?;
                self.made.insert(SubjectSpec::Group(spec.name.clone()), id);
            }
            GroupStep::Update { spec, group, fields, add, remove } => {
                if !fields.is_empty() {
                    let _: Value = self.api.patch(&["groups", &group.id], &group_patch(spec, fields)).await?;
                }
                self.change_members(&group.id, add, remove).await?;
            }
            GroupStep::Delete(group) => self.api.delete(&["groups", &group.id]).await?,
        }
        Ok(())
    }

    async fn limit(&self, step: &LimitStep<'_>) -> anyhow::Result<()> {
        let saved: SavedLimit = match step {
            LimitStep::Create(spec) => self.api.post(&["limit-rules"], &self.limit_body(spec)).await?,
            LimitStep::Update { spec, stored, .. } => {
                self.api.put(&["limit-rules", &stored.id], &self.limit_body(spec)).await?
            }
            LimitStep::Delete(stored) => return self.api.delete(&["limit-rules", &stored.id]).await,
        };
        for warning in saved.warnings {
            terminal::note(&format!("Note: {}: {} {}.", step.title(), warning.field, warning.message));
        }
        Ok(())
    }

    fn limit_body(&self, LimitSpec { name, limit, .. }: &LimitSpec) -> Value {
        let servers: Vec<&String> = limit.servers.iter().map(|slug| self.server_id(slug)).collect();
        let subjects: Vec<Value> = limit.subjects.iter().map(|subject| self.subject_body(subject)).collect();
        json!({
            "name": name.0,
            "servers": servers,
            "tools": limit.tools,
            "subjects": subjects,
            "key": limit.key,
            "windows": limit.windows,
            "mode": limit.mode,
            "without_redis": limit.without_redis,
        })
    }

    /// By slug; what is no slug is an id.
    fn server_id<'s>(&'s self, slug: &'s String) -> &'s String {
        let seen = || self.present.seen(slug).map(|server| &server.id);
        self.servers.get(slug).or_else(seen).unwrap_or(slug)
    }

    async fn change_members(&self, group_id: &str, add: &[&str], remove: &[&str]) -> anyhow::Result<()> {
        let ids = |names: &[&str]| names.iter().filter_map(|name| self.present.user(name)).cloned().collect::<Vec<_>>();
        for people in ids(add).chunks(MEMBERS_AT_ONCE) {
            let _: Value = self.api.patch(&["groups", group_id, "members"], &json!({ "add": people })).await?;
        }
        for people in ids(remove).chunks(MEMBERS_AT_ONCE) {
            let _: Value = self.api.patch(&["groups", group_id, "members"], &json!({ "remove": people })).await?;
        }
        Ok(())
    }

    async fn create(&mut self, spec: &ServerSpec) -> anyhow::Result<()> {
        let (slug, display_name, description) = (&spec.slug, &spec.display_name, &spec.description);
        let body = match &spec.reach {
            ReachSpec::Upstream(upstream) => json!({
                "slug": slug,
                "display_name": display_name,
                "description": description,
                "tags": spec.tags,
                "upstream_url": upstream.url,
                "timeout_ms": upstream.timeout_ms,
                "outbound_auth": auth(&upstream.auth),
                "transport": upstream.transport,
            }),
            ReachSpec::Members(members) => json!({
                "slug": slug,
                "display_name": display_name,
                "description": description,
                "tags": spec.tags,
                "members": self.members(members),
            }),
        };
        let created: Value = self.api.post(&["servers"], &body).await?;
        let id = id_of(&created);
        self.servers.insert(spec.slug.clone(), id.clone());
        if !spec.enabled {
            let _: Value = self.api.patch(&["servers", &id], &json!({ "status": "disabled" })).await?;
        }
        // Whoever registers a server becomes its manager; the file may say otherwise.
        let Some(wanted) = &spec.grants else { return Ok(()) };
        let grants = self.present.grants(self.api, &id).await?;
        self.change_grants(&id, &grant_changes(wanted, &grants)).await
    }

    async fn change_grants(&self, server_id: &str, changes: &[GrantChange<'_>]) -> anyhow::Result<()> {
        for change in changes {
            match change {
                GrantChange::Give { subject, role, .. } => {
                    let body = json!({ "subject": self.subject_body(subject), "role": role.as_str() });
                    let _: Value = self.api.put(&["servers", server_id, "grants"], &body).await?;
                }
                GrantChange::Take(grant) => self.api.delete(&["servers", server_id, "grants", &grant.id]).await?,
            }
        }
        Ok(())
    }

    /// Members as the API has them: by id.
    fn members(&self, members: &[MemberSpec]) -> Value {
        let member = |MemberSpec { member, .. }: &MemberSpec| json!({ "server_id": self.server_id(&member.server), "alias": member.alias, "offer": member.offer });
        members.iter().map(member).collect()
    }

    fn subject_body(&self, subject: &SubjectSpec) -> Value {
        let kind = match subject {
            SubjectSpec::Everyone => return json!({ "kind": "everyone" }),
            SubjectSpec::User(_) => "user",
            SubjectSpec::Group(_) => "group",
            SubjectSpec::ServiceAccount(_) => "service_account",
        };
        json!({ "kind": kind, "id": self.present.ids(subject).first().or_else(|| self.made.get(subject)) })
    }
}

/// What the API says of a limit that it has taken.
#[derive(Deserialize)]
struct SavedLimit {
    warnings: Vec<Warning>,
}

#[derive(Deserialize)]
struct Warning {
    field: String,
    message: String,
}

fn id_of(created: &Value) -> String {
    created.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn group_patch(spec: &GroupSpec, fields: &[Field]) -> Value {
    let field = |field: &Field| match field.name {
        "name" => ("display_name".to_owned(), json!(spec.name.0)),
        _ => ("tenant_role".to_owned(), json!(spec.tenant_role)),
    };
    Value::Object(fields.iter().map(field).collect())
}

/// Only what differs: two people may change different fields at once.
fn patch(spec: &ServerSpec, server: &Server, fields: &[Field]) -> Map<String, Value> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    for field in fields {
        match (field.name, &spec.reach) {
            ("displayName", _) => set("display_name", json!(spec.display_name)),
            ("description", _) => set("description", json!(spec.description)),
            ("tags", _) => set("tags", json!(spec.tags)),
            ("enabled", _) => set("status", json!(if spec.enabled { "enabled" } else { "disabled" })),
            ("url", ReachSpec::Upstream(upstream)) => set("upstream_url", json!(upstream.url)),
            ("timeoutMs", ReachSpec::Upstream(upstream)) => set("timeout_ms", json!(upstream.timeout_ms)),
            ("outboundAuth", ReachSpec::Upstream(upstream)) => set("outbound_auth", auth(&upstream.auth)),
            (_, ReachSpec::Upstream(upstream)) => set("transport", json!(upstream.transport)),
            (_, ReachSpec::Members(_)) => None,
        };
    }
    // A server that moves to another origin needs its credential again, in the same change.
    if let (ReachSpec::Upstream(wanted), Reach::Upstream(stored)) = (&spec.reach, &server.reach) {
        let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
        if origin(&wanted.url) != origin(&stored.url) && matches!(wanted.auth, AuthSpec::SharedHeader(_)) {
            set("outbound_auth", auth(&wanted.auth));
        }
    }
    body
}

fn auth(auth: &AuthSpec) -> Value {
    match auth {
        AuthSpec::None => json!({ "kind": "none" }),
        AuthSpec::OauthPerUser { settings, client_secret } => {
            let mut body = json!(settings);
            if let Some(members) = body.as_object_mut() {
                members.insert("kind".to_owned(), json!("oauth_per_user"));
                if let Some(secret) = client_secret {
                    members.insert("client_secret".to_owned(), json!(secret.expose_secret()));
                }
            }
            body
        }
        AuthSpec::Machine { kind, settings, secrets } => {
            let mut body = json!(settings);
            if let Some(members) = body.as_object_mut() {
                members.insert("kind".to_owned(), json!(kind));
                for (name, secret) in [("client_secret", &secrets.client_secret), ("private_key", &secrets.private_key)]
                {
                    if let Some(secret) = secret {
                        members.insert(name.to_owned(), json!(secret.expose_secret()));
                    }
                }
            }
            body
        }
        AuthSpec::Passthrough(mode) => json!({ "kind": "passthrough", "mode": mode }),
        AuthSpec::PerUserHeader(form) => {
            json!({ "kind": "per_user_header", "fields": form.fields, "headers": form.headers })
        }
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
