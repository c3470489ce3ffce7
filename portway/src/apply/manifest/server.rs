//! Documents of servers.

use control_plane::domain::Error;
use control_plane::domain::access::ServerRole;
use control_plane::domain::fields::{self, Mistakes};
use control_plane::domain::key_form::{HeaderTemplate, KeyField, KeyForm};
use secrecy::SecretString;

use super::super::secrets;
use super::super::yaml::{Entry, Node, Value};
use super::{AuthSpec, GrantSpec, HeaderSpec, Name, Reader, ServerSpec, SubjectSpec, find, joined};

const SUBJECTS: [&str; 4] = ["user", "group", "serviceAccount", "everyone"];

impl Reader<'_> {
    pub(super) fn server(&mut self, document: &Node) -> Option<ServerSpec> {
        let (slug, spec) = self.head(document, "slug", fields::server_slug)?;
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
        let entries = self.map(node, within, &["kind", "headers", "fields"])?;
        let kind = self.required(node, entries, within, "kind")?;
        let kind_text = self.text(kind, "spec.outboundAuth.kind")?;
        if let Some(fields) = find(entries, "fields").filter(|_| kind_text != "perUserHeader") {
            self.wrong(fields.line, "spec.outboundAuth.fields", "must be absent unless kind is perUserHeader");
            return None;
        }
        match (kind_text, find(entries, "headers")) {
            ("none", None) => Some(AuthSpec::None),
            ("none", Some(headers)) => {
                self.wrong(headers.line, "spec.outboundAuth.headers", "must be absent when kind is none");
                None
            }
            ("sharedHeader", _) => {
                let headers = self.required(node, entries, within, "headers")?;
                self.list(headers, "spec.outboundAuth.headers", Self::header).map(AuthSpec::SharedHeader)
            }
            ("perUserHeader", _) => {
                let (fields, headers) =
                    (self.required(node, entries, within, "fields"), self.required(node, entries, within, "headers"));
                let fields = self.list(fields?, "spec.outboundAuth.fields", Self::key_field);
                let headers = self.list(headers?, "spec.outboundAuth.headers", Self::template);
                self.form(node, KeyForm { fields: fields?, headers: headers? }).map(AuthSpec::PerUserHeader)
            }
            _ => {
                self.wrong(kind.line, "spec.outboundAuth.kind", "must be none, sharedHeader or perUserHeader");
                None
            }
        }
    }

    fn key_field(&mut self, node: &Node, field: &str) -> Option<KeyField> {
        let entries = self.map(node, field, &["name", "label", "hint"])?;
        let name = self.required(node, entries, field, "name");
        let name = name.and_then(|name| self.text(name, &joined(field, "name")).map(str::to_owned));
        let label = self.required(node, entries, field, "label");
        let label = label.and_then(|label| self.text(label, &joined(field, "label")).map(str::to_owned));
        let hint = match find(entries, "hint") {
            Some(hint) => self.text(hint, &joined(field, "hint"))?.to_owned(),
            None => String::new(),
        };
        Some(KeyField { name: name?, label: label?, hint })
    }

    fn template(&mut self, node: &Node, field: &str) -> Option<HeaderTemplate> {
        let entries = self.map(node, field, &["name", "value"])?;
        let name = self.required(node, entries, field, "name");
        let name = name.and_then(|name| self.text(name, &joined(field, "name")).map(str::to_ascii_lowercase));
        let value = self.required(node, entries, field, "value");
        let value = value.and_then(|value| self.text(value, &joined(field, "value")).map(str::to_owned));
        Some(HeaderTemplate { name: name?, value: value? })
    }

    /// By the control plane's own rules.
    fn form(&mut self, node: &Node, form: KeyForm) -> Option<KeyForm> {
        let mut mistakes = Mistakes::default();
        let form = form.checked(&mut mistakes);
        match mistakes.finish(Some(form)) {
            Ok(form) => Some(form),
            Err(Error::InvalidFields(errors)) => {
                for error in errors {
                    let field = error.field.replacen("outbound_auth", "spec.outboundAuth", 1);
                    self.wrong(node.line, &field, error.message);
                }
                None
            }
            Err(error) => {
                self.wrong(node.line, "spec.outboundAuth", error.to_string());
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

    fn subject(&mut self, node: &Node, entries: &[Entry], field: &str) -> Option<SubjectSpec> {
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
