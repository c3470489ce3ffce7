//! What the tenant has now, read through the REST API.

use std::collections::HashMap;

use anyhow::Context;
use control_plane::domain::access::ServerRole;
use serde::Deserialize;

use super::manifest::SubjectSpec;
use crate::platform::Api;

/// The tenant's servers, by slug, and its people.
pub(super) struct Present {
    pub(super) servers: Vec<Server>,
    /// Ids by e-mail; an address is no name, so there may be several.
    users: HashMap<String, Vec<String>>,
    emails: HashMap<String, String>,
}

pub(super) struct Server {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) display_name: String,
    pub(super) description: String,
    pub(super) url: String,
    pub(super) enabled: bool,
    pub(super) timeout_ms: u32,
    pub(super) auth: Auth,
    pub(super) grants: Vec<Grant>,
    /// Grants to subjects that files cannot name; they are never touched.
    pub(super) other_grants: usize,
}

pub(super) struct Grant {
    pub(super) id: String,
    pub(super) subject: SubjectSpec,
    pub(super) role: ServerRole,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Auth {
    None,
    SharedHeader { headers: Vec<Header> },
}

#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) name: String,
}

#[derive(Deserialize)]
struct ServerView {
    id: String,
    slug: String,
    display_name: String,
    description: String,
    status: String,
    upstream: Option<UpstreamView>,
}

#[derive(Deserialize)]
struct UpstreamView {
    url: String,
    outbound_auth: Auth,
    timeout_ms: u32,
}

#[derive(Deserialize)]
struct UserView {
    id: String,
    email: String,
}

#[derive(Deserialize)]
struct GrantView {
    id: String,
    subject: SubjectView,
    role: ServerRole,
}

#[derive(Deserialize)]
struct SubjectView {
    kind: String,
    id: Option<String>,
}

impl Present {
    pub(super) async fn read(api: &Api) -> anyhow::Result<Self> {
        let people: Vec<UserView> = api.list(&["users"]).await.context("cannot list the people of the tenant")?;
        let emails = people.iter().map(|one| (one.id.clone(), one.email.to_lowercase())).collect();
        let mut users: HashMap<String, Vec<String>> = HashMap::new();
        for one in people {
            users.entry(one.email.to_lowercase()).or_default().push(one.id);
        }
        let mut present = Self { servers: Vec::new(), users, emails };
        let mut views: Vec<ServerView> = api.list(&["servers"]).await.context("cannot list the servers")?;
        views.sort_by(|one, other| one.slug.cmp(&other.slug));
        for view in views {
            let (grants, other_grants) = present.grants(api, &view.id).await?;
            let upstream = view.upstream.with_context(|| format!("you do not see how {} is reached", view.slug))?;
            present.servers.push(Server {
                id: view.id,
                slug: view.slug,
                display_name: view.display_name,
                description: view.description,
                url: upstream.url,
                enabled: view.status == "enabled",
                timeout_ms: upstream.timeout_ms,
                auth: upstream.outbound_auth,
                grants,
                other_grants,
            });
        }
        Ok(present)
    }

    /// Grants of a server, ordered by subject, and how many are to subjects that files cannot name.
    pub(super) async fn grants(&self, api: &Api, server_id: &str) -> anyhow::Result<(Vec<Grant>, usize)> {
        let views: Vec<GrantView> = api.list(&["servers", server_id, "grants"]).await?;
        let all = views.len();
        let named = views.into_iter().filter_map(|view| {
            let subject = match (view.subject.kind.as_str(), view.subject.id) {
                ("everyone", _) => SubjectSpec::Everyone,
                ("user", Some(id)) => SubjectSpec::User(self.emails.get(&id)?.clone()),
                _ => return None,
            };
            Some(Grant { id: view.id, subject, role: view.role })
        });
        let mut grants: Vec<Grant> = named.collect();
        grants.sort_by(|one, other| one.subject.cmp(&other.subject));
        let others = all - grants.len();
        Ok((grants, others))
    }

    pub(super) fn server(&self, slug: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.slug == slug)
    }

    /// Ids of the people with this address.
    pub(super) fn users(&self, email: &str) -> &[String] {
        self.users.get(email).map(Vec::as_slice).unwrap_or_default()
    }
}
