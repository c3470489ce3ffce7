//! Documents of servers.

use control_plane::domain::access::ServerRole;
use control_plane::domain::fields::{self, Mistakes};
use control_plane::domain::transport::Transport;
use control_plane::domain::{Error, tags};

use super::super::yaml::{Entry, Node, Value};
use super::{
    AuthSpec, GrantSpec, MemberSpec, Name, ReachSpec, Reader, ServerSpec, SubjectSpec, UpstreamSpec, find, joined,
};

/// What a server with a URL has, and a virtual one has not.
const UPSTREAM: [&str; 5] = ["preset", "url", "timeoutMs", "outboundAuth", "transport"];
const SUBJECTS: [&str; 4] = ["user", "group", "serviceAccount", "everyone"];

impl Reader<'_> {
    pub(super) fn server(&mut self, document: &Node) -> Option<ServerSpec> {
        let (slug, spec) = self.head(document, "slug", fields::server_slug)?;
        let known = [
            "displayName",
            "description",
            "tags",
            "url",
            "preset",
            "enabled",
            "timeoutMs",
            "outboundAuth",
            "transport",
            "members",
            "grants",
        ];
        let written = self.map(spec, "spec", &known)?;
        let entries = &match find(written, "members") {
            Some(_) => written.to_vec(),
            None => self.with_preset(written)?,
        };
        let display_name =
            find(entries, "displayName").map(|node| self.checked(node, "spec.displayName", fields::name));
        let description =
            find(entries, "description").map(|node| self.checked(node, "spec.description", fields::description));
        let tags = find(entries, "tags").map(|node| self.tags(node));
        let enabled = find(entries, "enabled").map(|node| self.truth(node, "spec.enabled"));
        let reach = match find(entries, "members") {
            Some(node) => self.only_members(entries, node).map(ReachSpec::Members),
            None => self.upstream(spec, entries).map(|upstream| ReachSpec::Upstream(Box::new(upstream))),
        };
        let grants = find(entries, "grants").map(|node| self.grants(node));
        let slug = slug?.to_string();
        Some(ServerSpec {
            place: self.place(document.line),
            display_name: display_name.unwrap_or_else(|| Some(slug.clone()))?,
            description: description.unwrap_or_else(|| Some(String::new()))?,
            tags: tags.unwrap_or_else(|| Some(Vec::new()))?,
            enabled: enabled.unwrap_or(Some(true))?,
            reach: reach?,
            grants: match grants {
                Some(grants) => Some(grants?),
                None => None,
            },
            slug,
        })
    }

    fn tags(&mut self, node: &Node) -> Option<Vec<String>> {
        let written = self.list(node, "spec.tags", |reader, node, field| reader.checked(node, field, tags::tag))?;
        let mut mistakes = Mistakes::default();
        tags::check(&written, &mut mistakes);
        match mistakes.finish(Some(written)) {
            Err(Error::InvalidFields(errors)) => {
                for error in errors {
                    self.wrong(node.line, &joined("spec", &error.field), error.message);
                }
                None
            }
            checked => checked.ok(),
        }
    }

    fn upstream(&mut self, spec: &Node, entries: &[Entry]) -> Option<UpstreamSpec> {
        let url = self.required(spec, entries, "spec", "url");
        let url = url.and_then(|node| self.checked(node, "spec.url", fields::upstream_url));
        let timeout_ms = find(entries, "timeoutMs").map(|node| self.timeout(node));
        let auth = find(entries, "outboundAuth").map(|node| self.auth(node));
        let transport = find(entries, "transport").map(|node| self.transport(node));
        Some(UpstreamSpec {
            url: url?,
            timeout_ms: timeout_ms.unwrap_or(Some(0))?,
            auth: auth.unwrap_or(Some(AuthSpec::None))?,
            transport: transport.unwrap_or_else(|| Some(Transport::default()))?,
        })
    }

    /// The members of a virtual server, which has nothing of what its members have themselves.
    fn only_members(&mut self, entries: &[Entry], members: &Node) -> Option<Vec<MemberSpec>> {
        let mut is_alone = true;
        for entry in entries.iter().filter(|entry| UPSTREAM.contains(&entry.key.as_str())) {
            self.wrong(
                entry.line,
                &joined("spec", &entry.key),
                "is not for a server with members: they have their own",
            );
            is_alone = false;
        }
        self.bundled(members).filter(|_| is_alone)
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
        let entries = self.map(node, field, &["user", "group", "serviceAccount", "everyone", "role"])?;
        let role = self.required(node, entries, field, "role");
        let role = role.and_then(|role| {
            let found = self.text(role, &joined(field, "role")).map(ServerRole::parse)?;
            if found.is_none() {
                self.wrong(role.line, &joined(field, "role"), "must be user or manager");
            }
            found
        });
        let subject = self.subject(node, entries, field);
        let (subject, role) = (subject?, role?);
        if subject == SubjectSpec::Everyone && role == ServerRole::Manager {
            self.wrong(node.line, &joined(field, "role"), "must be user when the subject is everyone");
            return None;
        }
        Some(GrantSpec { place: self.place(node.line), subject, role })
    }

    pub(super) fn subject(&mut self, node: &Node, entries: &[Entry], field: &str) -> Option<SubjectSpec> {
        let named: Vec<&Entry> = entries.iter().filter(|entry| SUBJECTS.contains(&entry.key.as_str())).collect();
        let [entry] = named[..] else {
            let message = "must name one of user (an e-mail address), group, serviceAccount and everyone: true";
            self.wrong(node.line, field, message);
            return None;
        };
        let (within, node) = (joined(field, &entry.key), &entry.node);
        match entry.key.as_str() {
            "user" => self.checked(node, &within, fields::email).map(SubjectSpec::User),
            "group" => self.checked(node, &within, fields::name).map(|name| SubjectSpec::Group(Name(name))),
            "serviceAccount" => {
                self.checked(node, &within, fields::name).map(|name| SubjectSpec::ServiceAccount(Name(name)))
            }
            _ if self.truth(node, &within)? => Some(SubjectSpec::Everyone),
            _ => {
                self.wrong(node.line, &within, "must be true, or the grant left out");
                None
            }
        }
    }
}
