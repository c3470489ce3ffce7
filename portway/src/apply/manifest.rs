//! Files as what they ask for, or every mistake in them with file, line and field. The rules for values are the control
//! plane's own.

mod auth;
mod limits;
mod members;
mod preset;
mod principals;
mod server;
mod transport;

use std::collections::BTreeSet;
use std::fmt;

use control_plane::domain::access::{ServerRole, TenantRole};
use control_plane::domain::bundle::Offer;
use control_plane::domain::credential::MachineSecrets;
use control_plane::domain::fields::Mistake as Wrong;
use control_plane::domain::key_form::KeyForm;
use control_plane::domain::limit_rule::{KeyPart, LimitMode, LimitWindow, WithoutRedis};
use control_plane::domain::machine_oauth::MachineSettings;
use control_plane::domain::server::PassthroughMode;
use control_plane::domain::transport::Transport;
use control_plane::domain::upstream_oauth::OauthSettings;
use secrecy::SecretString;

use super::yaml::{self, Entry, Node, Value};

pub(super) const API_VERSION: &str = "portway/v1";
pub(super) const SERVER: &str = "Server";
pub(super) const GROUP: &str = "Group";
pub(super) const SERVICE_ACCOUNT: &str = "ServiceAccount";
pub(super) const LIMIT_RULE: &str = "LimitRule";

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
}

/// One mistake: where, in which field, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) place: Place,
    pub(super) field: String,
    pub(super) message: String,
}

/// Everything the files ask for.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) accounts: Vec<AccountSpec>,
    pub(super) groups: Vec<GroupSpec>,
    pub(super) servers: Vec<ServerSpec>,
    pub(super) limits: Vec<LimitSpec>,
}

/// A name that is the same in any case.
#[derive(Debug, Clone)]
pub(super) struct Name(pub(super) String);

#[derive(Debug)]
pub(super) struct GroupSpec {
    pub(super) place: Place,
    pub(super) name: Name,
    pub(super) tenant_role: Option<TenantRole>,
    /// User names; `None`: left as they are.
    pub(super) members: Option<Vec<String>>,
}

#[derive(Debug)]
pub(super) struct AccountSpec {
    pub(super) place: Place,
    pub(super) name: Name,
    pub(super) description: String,
    pub(super) enabled: bool,
}

#[derive(Debug)]
pub(super) struct LimitSpec {
    pub(super) place: Place,
    pub(super) name: Name,
    pub(super) limit: Limit,
}

/// How often callers may call, in an order of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limit {
    /// By slug; by id where the server is gone.
    pub(super) servers: Vec<String>,
    pub(super) tools: Vec<String>,
    pub(super) subjects: Vec<SubjectSpec>,
    pub(super) key: Vec<KeyPart>,
    pub(super) windows: Vec<LimitWindow>,
    pub(super) mode: LimitMode,
    pub(super) without_redis: WithoutRedis,
}

impl Limit {
    /// What is said in another order is the same.
    pub(super) fn ordered(mut self) -> Self {
        self.servers.sort();
        self.tools.sort();
        self.subjects.sort();
        self.key.sort_by_key(|part| *part as u8);
        self.windows.sort_by_key(|window| window.per.seconds());
        self
    }
}

#[derive(Debug)]
pub(super) struct ServerSpec {
    pub(super) place: Place,
    pub(super) slug: String,
    pub(super) display_name: String,
    pub(super) description: String,
    pub(super) tags: Vec<String>,
    pub(super) enabled: bool,
    pub(super) reach: ReachSpec,
    /// `None`: left as they are.
    pub(super) grants: Option<Vec<GrantSpec>>,
}

/// What a call to a server comes to.
#[derive(Debug)]
pub(super) enum ReachSpec {
    Upstream(Box<UpstreamSpec>),
    /// Of a virtual server.
    Members(Vec<MemberSpec>),
}

#[derive(Debug)]
pub(super) struct UpstreamSpec {
    pub(super) url: String,
    pub(super) timeout_ms: u32,
    pub(super) auth: AuthSpec,
    pub(super) transport: Transport,
}

#[derive(Debug)]
pub(super) struct MemberSpec {
    pub(super) place: Place,
    pub(super) member: Member,
}

/// A server within a virtual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// By slug; by id where whoever exports does not see it.
    pub(super) server: String,
    pub(super) alias: String,
    pub(super) offer: Offer,
}

#[derive(Debug)]
pub(super) enum AuthSpec {
    None,
    SharedHeader(Vec<HeaderSpec>),
    /// What each person is asked for, and the headers made of it.
    PerUserHeader(KeyForm),
    /// Without a secret the stored one stays.
    OauthPerUser {
        settings: Box<OauthSettings>,
        client_secret: Option<SecretString>,
    },
    /// The same, of Portway itself: `kind` is the API's word for what it does with them.
    Machine {
        kind: &'static str,
        settings: Box<MachineSettings>,
        secrets: MachineSecrets,
    },
    Passthrough(PassthroughMode),
}

#[derive(Debug)]
pub(super) struct HeaderSpec {
    /// Lower case, as stored.
    pub(super) name: String,
    /// `None`: the stored value stays.
    pub(super) value: Option<SecretString>,
}

#[derive(Debug, Clone)]
pub(super) struct GrantSpec {
    pub(super) place: Place,
    pub(super) subject: SubjectSpec,
    pub(super) role: ServerRole,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SubjectSpec {
    Everyone,
    /// By e-mail, lower case.
    User(String),
    Group(Name),
    ServiceAccount(Name),
}

impl Name {
    fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => write!(f, "{}: {}", self.place, self.message),
            field => write!(f, "{}: {field}: {}", self.place, self.message),
        }
    }
}

impl fmt::Display for SubjectSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::User(email) => f.write_str(email),
            Self::Group(name) => write!(f, "group {name}"),
            Self::ServiceAccount(name) => write!(f, "service account {name}"),
        }
    }
}

impl ServerSpec {
    pub(super) fn is_virtual(&self) -> bool {
        matches!(self.reach, ReachSpec::Members(_))
    }

    /// The members in order; none of a server with a URL.
    pub(super) fn members(&self) -> &[MemberSpec] {
        match &self.reach {
            ReachSpec::Members(members) => members,
            ReachSpec::Upstream(_) => &[],
        }
    }
}

impl Manifest {
    pub(super) fn server(&self, slug: &str) -> Option<&ServerSpec> {
        self.servers.iter().find(|server| server.slug == slug)
    }

    /// Everybody who is granted something, each once.
    pub(super) fn subjects(&self) -> Vec<&SubjectSpec> {
        let grants = self.servers.iter().filter_map(|server| server.grants.as_ref()).flatten();
        let subjects: BTreeSet<&SubjectSpec> = grants.map(|grant| &grant.subject).collect();
        subjects.into_iter().collect()
    }

    /// From files, by name and text.
    pub(super) fn parse(files: &[(String, String)]) -> Result<Self, Vec<Mistake>> {
        let (mut manifest, mut mistakes) = (Self::default(), Vec::new());
        for (file, text) in files {
            let mut reader = Reader { file, mistakes: &mut mistakes };
            match yaml::documents(text) {
                Ok(documents) => documents.iter().for_each(|one| reader.document(one, &mut manifest)),
                Err(malformed) => reader.wrong(malformed.line, "", malformed.reason),
            }
        }
        let servers = manifest.servers.iter().map(|one| (one.slug.clone(), &one.place));
        twice(servers, "metadata.slug", &mut mistakes);
        twice(manifest.groups.iter().map(|one| (one.name.clone(), &one.place)), "metadata.name", &mut mistakes);
        twice(manifest.accounts.iter().map(|one| (one.name.clone(), &one.place)), "metadata.name", &mut mistakes);
        twice(manifest.limits.iter().map(|one| (one.name.clone(), &one.place)), "metadata.name", &mut mistakes);
        if mistakes.is_empty() { Ok(manifest) } else { Err(mistakes) }
    }
}

/// Notes what is described in two places.
fn twice<'m, N: PartialEq + fmt::Display>(
    named: impl Iterator<Item = (N, &'m Place)>,
    field: &str,
    mistakes: &mut Vec<Mistake>,
) {
    let named: Vec<(N, &Place)> = named.collect();
    for (at, (name, place)) in named.iter().enumerate() {
        if let Some((_, first)) = named.iter().take(at).find(|(first, _)| first == name) {
            let message = format!("{name} is described at {first} already");
            mistakes.push(Mistake { place: (*place).clone(), field: field.to_owned(), message });
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    mistakes: &'a mut Vec<Mistake>,
}

impl Reader<'_> {
    fn place(&self, line: usize) -> Place {
        Place { file: self.file.to_owned(), line }
    }

    fn wrong(&mut self, line: usize, field: &str, message: impl Into<String>) {
        let (place, field, message) = (self.place(line), field.to_owned(), message.into());
        self.mistakes.push(Mistake { place, field, message });
    }

    /// One document, by its kind.
    fn document(&mut self, document: &Node, into: &mut Manifest) {
        let Some(root) = self.map(document, "", &["apiVersion", "kind", "metadata", "spec"]) else { return };
        self.exactly(document, root, "apiVersion", API_VERSION);
        let Some(node) = self.required(document, root, "", "kind") else { return };
        match &node.value {
            Value::Scalar { text, .. } if text == SERVER => into.servers.extend(self.server(document)),
            Value::Scalar { text, .. } if text == GROUP => into.groups.extend(self.group(document)),
            Value::Scalar { text, .. } if text == SERVICE_ACCOUNT => into.accounts.extend(self.account(document)),
            Value::Scalar { text, .. } if text == LIMIT_RULE => into.limits.extend(self.limit(document)),
            _ => {
                let message = format!("must be {SERVER}, {GROUP}, {SERVICE_ACCOUNT} or {LIMIT_RULE}");
                self.wrong(node.line, "kind", message);
            }
        }
    }

    /// What the document is about, if that is well said, and the node that says how it is to be.
    fn head<'n, T>(
        &mut self,
        document: &'n Node,
        key: &str,
        rule: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<(Option<T>, &'n Node)> {
        let Value::Map(root) = &document.value else { return None };
        let named = self.required(document, root, "", "metadata").and_then(|node| {
            let entries = self.map(node, "metadata", &[key])?;
            self.required(node, entries, "metadata", key)
        });
        let named = named.and_then(|node| self.checked(node, &joined("metadata", key), rule));
        Some((named, self.required(document, root, "", "spec")?))
    }

    /// The entries of a mapping, after refusing those nobody knows.
    fn map<'n>(&mut self, node: &'n Node, field: &str, known: &[&str]) -> Option<&'n [Entry]> {
        let Value::Map(entries) = &node.value else {
            self.wrong(node.line, field, format!("must be a mapping with {}, not {}", known.join(", "), node.kind()));
            return None;
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let (field, message) = (joined(field, &entry.key), format!("is unknown; expected {}", known.join(", ")));
            self.wrong(entry.line, &field, message);
        }
        Some(entries)
    }

    fn required<'n>(&mut self, parent: &Node, entries: &'n [Entry], within: &str, key: &str) -> Option<&'n Node> {
        let found = find(entries, key);
        if found.is_none() {
            self.wrong(parent.line, &joined(within, key), "is missing");
        }
        found
    }

    fn exactly(&mut self, document: &Node, entries: &[Entry], key: &str, expected: &str) {
        if let Some(node) = self.required(document, entries, "", key)
            && !matches!(&node.value, Value::Scalar { text, .. } if text == expected)
        {
            self.wrong(node.line, key, format!("must be {expected}"));
        }
    }

    fn text<'n>(&mut self, node: &'n Node, field: &str) -> Option<&'n str> {
        match &node.value {
            Value::Scalar { text, .. } if !node.is_null() => Some(text),
            _ => {
                self.wrong(node.line, field, format!("must be text, not {}", node.kind()));
                None
            }
        }
    }

    fn checked<T>(&mut self, node: &Node, field: &str, rule: impl Fn(&str) -> Result<T, Wrong>) -> Option<T> {
        let text = self.text(node, field)?;
        rule(text).map_err(|(_, message)| self.wrong(node.line, field, message)).ok()
    }

    fn truth(&mut self, node: &Node, field: &str) -> Option<bool> {
        match &node.value {
            Value::Scalar { text, plain: true } if text == "true" => Some(true),
            Value::Scalar { text, plain: true } if text == "false" => Some(false),
            _ => {
                self.wrong(node.line, field, "must be true or false");
                None
            }
        }
    }

    /// Every item, or nothing after noting each mistake.
    fn list<T>(&mut self, node: &Node, field: &str, read: fn(&mut Self, &Node, &str) -> Option<T>) -> Option<Vec<T>> {
        let Value::List(items) = &node.value else {
            self.wrong(node.line, field, format!("must be a list, not {}", node.kind()));
            return None;
        };
        let read: Vec<Option<T>> =
            items.iter().zip(0..).map(|(item, at)| read(self, item, &format!("{field}[{at}]"))).collect();
        read.into_iter().collect()
    }
}

fn find<'n>(entries: &'n [Entry], key: &str) -> Option<&'n Node> {
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
}

fn joined(within: &str, key: &str) -> String {
    if within.is_empty() { key.to_owned() } else { format!("{within}.{key}") }
}

/// A name of the API as files have it.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

#[cfg(test)]
mod tests;
