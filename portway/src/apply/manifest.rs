//! Files as what they ask for, or every mistake in them with file, line and field. The rules for values are the control
//! plane's own.

use std::fmt;

use control_plane::domain::access::ServerRole;
use control_plane::domain::fields::{self, Mistake as Wrong};
use secrecy::SecretString;

use super::secrets;
use super::yaml::{self, Entry, Node, Value};

pub(super) const API_VERSION: &str = "portway/v1";
pub(super) const KIND: &str = "Server";

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
    pub(super) servers: Vec<ServerSpec>,
}

#[derive(Debug)]
pub(super) struct ServerSpec {
    pub(super) place: Place,
    pub(super) slug: String,
    pub(super) display_name: String,
    pub(super) description: String,
    pub(super) url: String,
    pub(super) enabled: bool,
    pub(super) timeout_ms: u32,
    pub(super) auth: AuthSpec,
    /// `None`: left as they are.
    pub(super) grants: Option<Vec<GrantSpec>>,
}

#[derive(Debug)]
pub(super) enum AuthSpec {
    None,
    SharedHeader(Vec<HeaderSpec>),
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
        }
    }
}

impl Manifest {
    /// From files, by name and text.
    pub(super) fn parse(files: &[(String, String)]) -> Result<Self, Vec<Mistake>> {
        let (mut manifest, mut mistakes) = (Self::default(), Vec::new());
        for (file, text) in files {
            let mut reader = Reader { file, mistakes: &mut mistakes };
            match yaml::documents(text) {
                Ok(documents) => manifest.servers.extend(documents.iter().filter_map(|one| reader.server(one))),
                Err(malformed) => reader.wrong(malformed.line, "", malformed.reason),
            }
        }
        for (at, server) in manifest.servers.iter().enumerate() {
            if let Some(first) = manifest.servers.iter().take(at).find(|first| first.slug == server.slug) {
                let message = format!("{} is described at {} already", server.slug, first.place);
                mistakes.push(Mistake { place: server.place.clone(), field: "metadata.slug".to_owned(), message });
            }
        }
        if mistakes.is_empty() { Ok(manifest) } else { Err(mistakes) }
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

    fn server(&mut self, document: &Node) -> Option<ServerSpec> {
        let root = self.map(document, "", &["apiVersion", "kind", "metadata", "spec"])?;
        self.exactly(document, root, "apiVersion", API_VERSION);
        self.exactly(document, root, "kind", KIND);
        let metadata = self.required(document, root, "", "metadata").and_then(|node| {
            let entries = self.map(node, "metadata", &["slug"])?;
            self.required(node, entries, "metadata", "slug")
        });
        let slug = metadata.and_then(|node| self.checked(node, "metadata.slug", fields::server_slug));
        let spec = self.required(document, root, "", "spec")?;
        let known = ["displayName", "description", "url", "enabled", "timeoutMs", "outboundAuth", "grants"];
        let entries = self.map(spec, "spec", &known)?;
        let display_name =
            find(entries, "displayName").map(|node| self.checked(node, "spec.displayName", fields::name));
        let description =
            find(entries, "description").map(|node| self.checked(node, "spec.description", fields::description));
        let url = self.required(spec, entries, "spec", "url");
        let url = url.and_then(|node| self.checked(node, "spec.url", fields::upstream_url));
        let enabled = find(entries, "enabled").map(|node| self.truth(node, "spec.enabled"));
        let timeout_ms = find(entries, "timeoutMs").map(|node| self.timeout(node));
        let auth = find(entries, "outboundAuth").map(|node| self.auth(node));
        let grants = find(entries, "grants").map(|node| self.grants(node));
        let slug = slug?.to_string();
        Some(ServerSpec {
            place: self.place(document.line),
            display_name: display_name.unwrap_or_else(|| Some(slug.clone()))?,
            description: description.unwrap_or_else(|| Some(String::new()))?,
            url: url?,
            enabled: enabled.unwrap_or(Some(true))?,
            timeout_ms: timeout_ms.unwrap_or(Some(0))?,
            auth: auth.unwrap_or(Some(AuthSpec::None))?,
            grants: match grants {
                Some(grants) => Some(grants?),
                None => None,
            },
            slug,
        })
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

    fn timeout(&mut self, node: &Node) -> Option<u32> {
        let number = match &node.value {
            Value::Scalar { text, plain: true } => text.parse::<u32>().ok(),
            _ => None,
        };
        let checked = match number {
            Some(number) => fields::timeout_ms(number).map_err(|(_, message)| message),
            None => Err("must be a whole number of milliseconds".to_owned()),
        };
        checked.map_err(|message| self.wrong(node.line, "spec.timeoutMs", message)).ok()
    }

    fn auth(&mut self, node: &Node) -> Option<AuthSpec> {
        let within = "spec.outboundAuth";
        let entries = self.map(node, within, &["kind", "headers"])?;
        let kind = self.required(node, entries, within, "kind")?;
        match (self.text(kind, "spec.outboundAuth.kind")?, find(entries, "headers")) {
            ("none", None) => Some(AuthSpec::None),
            ("none", Some(headers)) => {
                self.wrong(headers.line, "spec.outboundAuth.headers", "must be absent when kind is none");
                None
            }
            ("sharedHeader", _) => {
                let headers = self.required(node, entries, within, "headers")?;
                self.list(headers, "spec.outboundAuth.headers", Self::header).map(AuthSpec::SharedHeader)
            }
            _ => {
                self.wrong(kind.line, "spec.outboundAuth.kind", "must be none or sharedHeader");
                None
            }
        }
    }

    fn header(&mut self, node: &Node, field: &str) -> Option<HeaderSpec> {
        let entries = self.map(node, field, &["name", "secret"])?;
        let name = self.required(node, entries, field, "name");
        let name = name.and_then(|name| self.text(name, &joined(field, "name")).map(str::to_ascii_lowercase));
        let value = match find(entries, "secret") {
            Some(secret) => Some(self.secret(secret, &joined(field, "secret"))?),
            None => None,
        };
        Some(HeaderSpec { name: name?, value })
    }

    fn secret(&mut self, node: &Node, field: &str) -> Option<SecretString> {
        let entries = self.map(node, field, &["fromEnv"])?;
        let variable = self.required(node, entries, field, "fromEnv")?;
        let field = joined(field, "fromEnv");
        let name = self.text(variable, &field)?;
        let value = secrets::from_env(name);
        if value.is_none() {
            self.wrong(variable.line, &field, format!("the variable {name} is not set, or empty"));
        }
        value
    }

    fn grants(&mut self, node: &Node) -> Option<Vec<GrantSpec>> {
        let grants = self.list(node, "spec.grants", Self::grant)?;
        let mut good = true;
        for (at, grant) in grants.iter().enumerate() {
            if grants.iter().take(at).any(|first| first.subject == grant.subject) {
                self.wrong(grant.place.line, "spec.grants", format!("{} is there twice", grant.subject));
                good = false;
            }
        }
        good.then_some(grants)
    }

    fn grant(&mut self, node: &Node, field: &str) -> Option<GrantSpec> {
        let entries = self.map(node, field, &["user", "everyone", "role"])?;
        let role = self.required(node, entries, field, "role");
        let role = role.and_then(|role| {
            let found = self.text(role, &joined(field, "role")).map(ServerRole::parse)?;
            if found.is_none() {
                self.wrong(role.line, &joined(field, "role"), "must be user or manager");
            }
            found
        });
        let subject = match (find(entries, "user"), find(entries, "everyone")) {
            (Some(user), None) => self.checked(user, &joined(field, "user"), fields::email).map(SubjectSpec::User),
            (None, Some(everyone)) => match self.truth(everyone, &joined(field, "everyone")) {
                Some(true) => Some(SubjectSpec::Everyone),
                Some(false) => {
                    self.wrong(everyone.line, &joined(field, "everyone"), "must be true, or the grant left out");
                    None
                }
                None => None,
            },
            _ => {
                self.wrong(node.line, field, "must name one of user (an e-mail address) and everyone: true");
                None
            }
        };
        let (subject, role) = (subject?, role?);
        if subject == SubjectSpec::Everyone && role == ServerRole::Manager {
            self.wrong(node.line, &joined(field, "role"), "must be user when the subject is everyone");
            return None;
        }
        Some(GrantSpec { place: self.place(node.line), subject, role })
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

#[cfg(test)]
mod tests;
