//! What the tenant has now, read through the REST API.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context;
use control_plane::domain::access::{ServerRole, TenantRole};
use control_plane::domain::bundle;
use control_plane::domain::key_form::KeyForm;
use control_plane::domain::limit_rule::{KeyPart, LimitMode, LimitWindow, WithoutRedis};
use control_plane::domain::machine_oauth::MachineSettings;
use control_plane::domain::server::PassthroughMode;
use control_plane::domain::transport::Transport;
use control_plane::domain::upstream_oauth::OauthSettings;
use serde::Deserialize;

use super::manifest::{Limit, Member, Name, SubjectSpec};
use crate::platform::{Api, Problem};

/// The tenant's servers, by slug, and everybody who can be given something.
#[derive(Default)]
pub(super) struct Present {
    /// The caller sees the people, groups and service accounts of the tenant: an owner or admin. A manager sees the
    /// servers that they manage, and finds subjects by name.
    pub(super) sees_all: bool,
    pub(super) accounts: Vec<Account>,
    pub(super) groups: Vec<Group>,
    pub(super) servers: Vec<Server>,
    pub(super) limits: Vec<StoredLimit>,
    /// All that the caller sees, by slug: those that they do not manage, too.
    seen: BTreeMap<String, SeenServer>,
    /// Ids of subjects; an address is no name, so there may be several.
    subjects: BTreeMap<SubjectSpec, Vec<String>>,
    emails: HashMap<String, String>,
    user_names: HashMap<String, String>,
}

pub(super) struct StoredLimit {
    pub(super) id: String,
    pub(super) name: Name,
    pub(super) limit: Limit,
}

pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: Name,
    pub(super) description: String,
    pub(super) enabled: bool,
}

pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: Name,
    pub(super) tenant_role: Option<TenantRole>,
    /// User names in order.
    pub(super) members: Vec<String>,
    /// An identity provider owns its name and members.
    pub(super) is_provided: bool,
}

pub(super) struct Server {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) display_name: String,
    pub(super) description: String,
    pub(super) tags: Vec<String>,
    pub(super) enabled: bool,
    pub(super) reach: Reach,
    pub(super) grants: Vec<Grant>,
}

pub(super) enum Reach {
    Upstream(Box<Upstream>),
    Members(Vec<Member>),
}

#[derive(Deserialize)]
pub(super) struct Upstream {
    pub(super) url: String,
    #[serde(rename = "outbound_auth")]
    pub(super) auth: Auth,
    pub(super) timeout_ms: u32,
    #[serde(default)]
    pub(super) transport: Transport,
}

pub(super) struct SeenServer {
    pub(super) id: String,
    pub(super) is_virtual: bool,
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
    PerUserHeader(KeyForm),
    OauthPerUser(Box<OauthSettings>),
    ClientCredentials(Box<MachineSettings>),
    TokenExchange(Box<MachineSettings>),
    Passthrough { mode: PassthroughMode },
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
    tags: Vec<String>,
    status: String,
    your_role: Option<ServerRole>,
    /// `virtual`: made of others.
    kind: String,
    upstream: Option<Upstream>,
    members: Option<Vec<bundle::Member>>,
}

#[derive(Deserialize)]
struct UserView {
    id: String,
    user_name: String,
    email: String,
}

#[derive(Deserialize)]
struct GroupView {
    id: String,
    display_name: String,
    source: String,
    tenant_role: Option<TenantRole>,
}

#[derive(Deserialize)]
struct AccountView {
    id: String,
    name: String,
    description: String,
    status: String,
}

#[derive(Deserialize)]
struct LimitView {
    id: String,
    name: String,
    servers: Vec<String>,
    tools: Vec<String>,
    subjects: Vec<LimitSubjectView>,
    key: Vec<KeyPart>,
    windows: Vec<LimitWindow>,
    mode: LimitMode,
    without_redis: WithoutRedis,
}

#[derive(Deserialize)]
struct LimitSubjectView {
    kind: String,
    id: String,
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
    display_name: String,
    user_name: Option<String>,
}

#[derive(Deserialize)]
struct Candidates {
    items: Vec<SubjectView>,
}

impl Server {
    pub(super) fn is_virtual(&self) -> bool {
        matches!(self.reach, Reach::Members(_))
    }
}

impl Present {
    /// `wanted` are the subjects that the files name.
    pub(super) async fn read(api: &Api, wanted: &[&SubjectSpec]) -> anyhow::Result<Self> {
        let mut present = Self::default();
        match api.list::<UserView>(&["users"]).await {
            Ok(people) => present.read_principals(api, people).await?,
            Err(error) if Problem::is_forbidden(&error) => {}
            Err(error) => return Err(error.context("cannot list the people of the tenant")),
        }
        let mut views: Vec<ServerView> = api.list(&["servers"]).await.context("cannot list the servers")?;
        for ServerView { id, slug, kind, .. } in &views {
            present.seen.insert(slug.clone(), SeenServer { id: id.clone(), is_virtual: kind == "virtual" });
        }
        views.retain(|view| present.sees_all || view.your_role == Some(ServerRole::Manager));
        views.sort_by(|one, other| one.slug.cmp(&other.slug));
        if !present.sees_all {
            let manages = views.first().context("you manage no server, and may not see the people of the tenant")?;
            present.find_subjects(api, &manages.id, wanted).await?;
        }
        for view in views {
            let grants = present.grants(api, &view.id).await?;
            let reach = match (view.upstream, view.members) {
                (_, Some(members)) => Some(Reach::Members(present.named(members))),
                (upstream, None) => upstream.map(|upstream| Reach::Upstream(Box::new(upstream))),
            };
            let reach = reach.with_context(|| format!("you do not see how {} is reached", view.slug))?;
            present.servers.push(Server {
                id: view.id,
                slug: view.slug,
                display_name: view.display_name,
                description: view.description,
                tags: view.tags,
                enabled: view.status == "enabled",
                reach,
                grants,
            });
        }
        if present.sees_all {
            present.read_limits(api).await?;
        }
        Ok(present)
    }

    async fn read_limits(&mut self, api: &Api) -> anyhow::Result<()> {
        for view in api.list::<LimitView>(&["limit-rules"]).await.context("cannot list the limits")? {
            let slug = |id: String| {
                let seen = self.seen.iter().find(|(_, server)| server.id == id).map(|(slug, _)| slug.clone());
                seen.unwrap_or(id)
            };
            let subject = |LimitSubjectView { kind, id }: LimitSubjectView| {
                let known = self.subjects.iter().find(|(_, ids)| ids.contains(&id)).map(|(subject, _)| subject.clone());
                // One that is gone goes by its id: left out, it would be everybody.
                known.unwrap_or_else(
                    || if kind == "user" { SubjectSpec::User(id) } else { SubjectSpec::Group(Name(id)) },
                )
            };
            let limit = Limit {
                servers: view.servers.into_iter().map(slug).collect(),
                tools: view.tools,
                subjects: view.subjects.into_iter().map(subject).collect(),
                key: view.key,
                windows: view.windows,
                mode: view.mode,
                without_redis: view.without_redis,
            };
            self.limits.push(StoredLimit { id: view.id, name: Name(view.name), limit: limit.ordered() });
        }
        self.limits.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(())
    }

    /// Everybody there is, for those who see them.
    async fn read_principals(&mut self, api: &Api, people: Vec<UserView>) -> anyhow::Result<()> {
        self.sees_all = true;
        for UserView { id, user_name, email } in people {
            let email = email.to_lowercase();
            self.subjects.entry(SubjectSpec::User(email.clone())).or_default().push(id.clone());
            self.emails.insert(id.clone(), email);
            self.user_names.insert(user_name, id);
        }
        for view in api.list::<AccountView>(&["service-accounts"]).await.context("cannot list the service accounts")? {
            let AccountView { id, name, description, status } = view;
            let name = Name(name);
            self.subjects.entry(SubjectSpec::ServiceAccount(name.clone())).or_default().push(id.clone());
            self.accounts.push(Account { id, name, description, enabled: status == "active" });
        }
        self.accounts.sort_by(|one, other| one.name.cmp(&other.name));
        for view in api.list::<GroupView>(&["groups"]).await.context("cannot list the groups")? {
            let (name, is_provided) = (Name(view.display_name), view.source != "local");
            self.subjects.entry(SubjectSpec::Group(name.clone())).or_default().push(view.id.clone());
            let mut members = Vec::new();
            if !is_provided {
                let people: Vec<UserView> = api.list(&["groups", &view.id, "members"]).await?;
                members.extend(people.into_iter().map(|one| one.user_name));
                members.sort();
            }
            self.groups.push(Group { id: view.id, name, tenant_role: view.tenant_role, members, is_provided });
        }
        self.groups.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(())
    }

    /// Those that the files name, one by one: a manager sees no list of everybody.
    async fn find_subjects(&mut self, api: &Api, server_id: &str, wanted: &[&SubjectSpec]) -> anyhow::Result<()> {
        for subject in wanted {
            let text = match subject {
                SubjectSpec::Everyone => continue,
                SubjectSpec::User(email) => email,
                SubjectSpec::Group(name) | SubjectSpec::ServiceAccount(name) => &name.0,
            };
            let found: Candidates = api.get_with(&["servers", server_id, "candidates"], &[("q", text)]).await?;
            let ids = found.items.iter().filter(|one| self.spec(one).as_ref() == Some(*subject));
            let ids: Vec<String> = ids.filter_map(|one| one.id.clone()).collect();
            self.subjects.insert((*subject).clone(), ids);
        }
        Ok(())
    }

    /// Grants of a server, ordered by subject.
    pub(super) async fn grants(&self, api: &Api, server_id: &str) -> anyhow::Result<Vec<Grant>> {
        let views: Vec<GrantView> = api.list(&["servers", server_id, "grants"]).await?;
        let named = views.into_iter().filter_map(|view| {
            let subject = self.spec(&view.subject)?;
            Some(Grant { id: view.id, subject, role: view.role })
        });
        let mut grants: Vec<Grant> = named.collect();
        grants.sort_by(|one, other| one.subject.cmp(&other.subject));
        Ok(grants)
    }

    /// As files name it. People by e-mail; who does not see it knows the user name, which mostly is the same.
    fn spec(&self, view: &SubjectView) -> Option<SubjectSpec> {
        Some(match view.kind.as_str() {
            "everyone" => SubjectSpec::Everyone,
            "user" => {
                let email = view.id.as_ref().and_then(|id| self.emails.get(id)).or(view.user_name.as_ref());
                SubjectSpec::User(email?.to_lowercase())
            }
            "group" => SubjectSpec::Group(Name(view.display_name.clone())),
            "service_account" => SubjectSpec::ServiceAccount(Name(view.display_name.clone())),
            _ => return None,
        })
    }

    /// Members by slug, where the caller sees them.
    fn named(&self, members: Vec<bundle::Member>) -> Vec<Member> {
        let named = members.into_iter().map(|bundle::Member { server_id, alias, offer }| {
            let id = server_id.to_string();
            let slug = self.seen.iter().find(|(_, server)| server.id == id).map(|(slug, _)| slug.clone());
            Member { server: slug.unwrap_or(id), alias, offer }
        });
        named.collect()
    }

    /// Any server that the caller sees.
    pub(super) fn seen(&self, slug: &str) -> Option<&SeenServer> {
        self.seen.get(slug)
    }

    pub(super) fn server(&self, slug: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.slug == slug)
    }

    pub(super) fn group(&self, name: &Name) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == *name)
    }

    pub(super) fn limit(&self, name: &Name) -> Option<&StoredLimit> {
        self.limits.iter().find(|limit| limit.name == *name)
    }

    pub(super) fn account(&self, name: &Name) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name == *name)
    }

    /// Ids of a subject; several people may have one address.
    pub(super) fn ids(&self, subject: &SubjectSpec) -> &[String] {
        self.subjects.get(subject).map(Vec::as_slice).unwrap_or_default()
    }

    /// The id of a person, by user name.
    pub(super) fn user(&self, user_name: &str) -> Option<&String> {
        self.user_names.get(user_name)
    }
}
