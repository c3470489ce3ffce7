//! What must change so that the tenant is as the files say. Decides and words it; changes nothing.

mod limits;
mod members;
mod principals;
mod transport;

use control_plane::domain::access::ServerRole;
use control_plane::domain::key_form::KeyForm;
use control_plane::domain::machine_oauth::MachineSettings;
use control_plane::domain::server::PassthroughMode;
use control_plane::domain::upstream_oauth::OauthSettings;

pub(super) use self::limits::LimitStep;
pub(super) use self::principals::{AccountStep, GroupStep};
use super::manifest::{AuthSpec, GrantSpec, Manifest, Mistake, ReachSpec, ServerSpec, SubjectSpec, UpstreamSpec};
use super::present::{Auth, Grant, Present, Reach, Server, Upstream};

pub(super) struct Plan<'a> {
    pub(super) present: &'a Present,
    pub(super) steps: Vec<Step<'a>>,
    unchanged: Unchanged,
    /// What no file names, and what stays.
    kept: Vec<String>,
}

#[derive(Default)]
struct Unchanged {
    servers: usize,
    groups: usize,
    accounts: usize,
    limits: usize,
}

/// One thing's change.
pub(super) enum Step<'a> {
    Account(AccountStep<'a>),
    Group(GroupStep<'a>),
    Create(&'a ServerSpec),
    Update {
        spec: &'a ServerSpec,
        server: &'a Server,
        fields: Vec<Field>,
        /// One for each member that changes, of a virtual server.
        members: Vec<Line>,
        grants: Vec<GrantChange<'a>>,
    },
    Retire(&'a Server),
    Limit(LimitStep<'a>),
}

/// Sign, depth and text.
pub(super) type Line = (char, usize, String);

/// A field as people read it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) before: String,
    pub(super) after: String,
}

pub(super) enum GrantChange<'a> {
    Give { subject: &'a SubjectSpec, role: ServerRole, before: Option<ServerRole> },
    Take(&'a Grant),
}

impl<'a> Plan<'a> {
    /// Subjects come before what they are granted, members before what they are members of, and both go after it. Fails with
    /// every subject and member that is nowhere.
    pub(super) fn make(
        manifest: &'a Manifest,
        present: &'a Present,
        prune: bool,
        set_secrets: bool,
    ) -> Result<Self, Vec<Mistake>> {
        let mut plan = Self { present, steps: Vec::new(), unchanged: Unchanged::default(), kept: Vec::new() };
        let mut mistakes = principals::mistakes(manifest, present);
        plan.change_principals(manifest);
        let (virtuals, singles): (Vec<_>, Vec<_>) = manifest.servers.iter().partition(|spec| spec.is_virtual());
        for spec in singles.into_iter().chain(virtuals) {
            mistakes.extend(members::mistakes(spec, manifest, present, prune));
            mistakes.extend(spec.grants.iter().flatten().filter_map(|grant| unknown(grant, manifest, present)));
            let Some(server) = present.server(&spec.slug) else {
                mistakes.extend(unset(spec));
                plan.steps.push(Step::Create(spec));
                continue;
            };
            let fields = fields(spec, server, set_secrets);
            let grants = spec.grants.as_ref().map(|wanted| grant_changes(wanted, &server.grants)).unwrap_or_default();
            let members = members::changes(spec, server);
            if fields.is_empty() && grants.is_empty() && members.is_empty() {
                plan.unchanged.servers += 1;
            } else {
                plan.steps.push(Step::Update { spec, server, fields, members, grants });
            }
        }
        mistakes.extend(limits::mistakes(manifest, present));
        plan.change_limits(manifest);
        plan.forget_limits(manifest, prune);
        let named = |server: &&Server| manifest.servers.iter().any(|spec| spec.slug == server.slug);
        let unnamed = present.servers.iter().filter(|server| !named(server));
        match prune {
            true => {
                let (virtuals, singles): (Vec<_>, Vec<_>) = unnamed.partition(|server| server.is_virtual());
                plan.steps.extend(virtuals.into_iter().chain(singles).map(Step::Retire));
            }
            false => plan.kept.extend(unnamed.map(|server| server.slug.clone())),
        }
        plan.forget_principals(manifest, prune);
        if mistakes.is_empty() { Ok(plan) } else { Err(mistakes) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub(super) fn deletes(&self) -> usize {
        self.steps.iter().filter(|step| step.sign() == '-').count()
    }

    /// What goes, for people.
    pub(super) fn deletions(&self) -> String {
        let count = |wanted: fn(&Step<'_>) -> bool| self.steps.iter().filter(|step| wanted(step)).count();
        let servers = count(|step| matches!(step, Step::Retire(_)));
        let groups = count(|step| matches!(step, Step::Group(GroupStep::Delete(_))));
        let accounts = count(|step| matches!(step, Step::Account(AccountStep::Delete(_))));
        let limits = count(|step| matches!(step, Step::Limit(LimitStep::Delete(_))));
        counted(servers, groups, accounts, limits)
    }

    /// The plan for people, one line for each change.
    pub(super) fn lines(&self, color: bool) -> Vec<String> {
        let paint = |sign: char, text: String| match (color, sign) {
            (true, '+') => format!("\x1b[32m{text}\x1b[0m"),
            (true, '-') => format!("\x1b[31m{text}\x1b[0m"),
            (true, '~') => format!("\x1b[33m{text}\x1b[0m"),
            _ => text,
        };
        let mut lines = Vec::new();
        for step in &self.steps {
            for (sign, depth, text) in step.lines() {
                lines.push(paint(sign, format!("{}{sign} {text}", "    ".repeat(depth))));
            }
        }
        let count = |sign| self.steps.iter().filter(|step| step.sign() == sign).count();
        let Unchanged { servers, groups, accounts, limits } = self.unchanged;
        lines.push(match self.is_empty() {
            true => format!("No changes: {} are as the files say.", counted(servers, groups, accounts, limits)),
            false => format!(
                "{} to create, {} to update, {} to delete, {} unchanged.",
                count('+'),
                count('~'),
                count('-'),
                servers + groups + accounts + limits
            ),
        });
        if !self.kept.is_empty() {
            lines.push(format!("Not in the files, and kept (--prune deletes them): {}.", self.kept.join(", ")));
        }
        lines
    }
}

/// Servers are always counted, the rest where there is any.
fn counted(servers: usize, groups: usize, accounts: usize, limits: usize) -> String {
    let mut parts = vec![format!("{servers} server(s)")];
    parts.extend((groups > 0).then(|| format!("{groups} group(s)")));
    parts.extend((accounts > 0).then(|| format!("{accounts} service account(s)")));
    parts.extend((limits > 0).then(|| format!("{limits} limit(s)")));
    parts.join(", ")
}

impl Step<'_> {
    fn sign(&self) -> char {
        match self {
            Self::Account(step) => step.sign(),
            Self::Group(step) => step.sign(),
            Self::Limit(step) => step.sign(),
            Self::Create(_) => '+',
            Self::Update { .. } => '~',
            Self::Retire(_) => '-',
        }
    }

    pub(super) fn title(&self) -> String {
        match self {
            Self::Account(step) => step.title(),
            Self::Group(step) => step.title(),
            Self::Limit(step) => step.title(),
            Self::Create(spec) => format!("server {}: create", spec.slug),
            Self::Update { spec, .. } => format!("server {}: update", spec.slug),
            Self::Retire(server) => format!("server {}: delete", server.slug),
        }
    }

    fn lines(&self) -> Vec<Line> {
        match self {
            Self::Account(step) => step.lines(),
            Self::Group(step) => step.lines(),
            Self::Limit(step) => step.lines(),
            Self::Create(spec) => {
                let mut lines = vec![('+', 0, format!("server {}", spec.slug))];
                lines.extend(values(spec).into_iter().map(|(name, value)| ('+', 1, format!("{name}: {value}"))));
                lines.extend(spec.members().iter().map(|one| ('+', 1, members::shown(&one.member))));
                let grants = spec.grants.iter().flatten();
                lines.extend(grants.map(|one| ('+', 1, format!("grant {}: {}", one.subject, one.role.as_str()))));
                lines
            }
            Self::Update { spec, fields, members, grants, .. } => {
                let mut lines = vec![('~', 0, format!("server {}", spec.slug))];
                let change = |field: &Field| ('~', 1, format!("{}: {} → {}", field.name, field.before, field.after));
                lines.extend(fields.iter().map(change));
                lines.extend(members.iter().cloned());
                lines.extend(grants.iter().map(GrantChange::line));
                lines
            }
            Self::Retire(server) => vec![('-', 0, format!("server {} (for ever: its slug stays taken)", server.slug))],
        }
    }
}

impl GrantChange<'_> {
    fn line(&self) -> (char, usize, String) {
        match self {
            Self::Give { subject, role, before: None } => ('+', 1, format!("grant {subject}: {}", role.as_str())),
            Self::Give { subject, role, before: Some(before) } => {
                ('~', 1, format!("grant {subject}: {} → {}", before.as_str(), role.as_str()))
            }
            Self::Take(grant) => ('-', 1, format!("grant {}: {}", grant.subject, grant.role.as_str())),
        }
    }
}

fn unknown(grant: &GrantSpec, manifest: &Manifest, present: &Present) -> Option<Mistake> {
    let will_be = match &grant.subject {
        SubjectSpec::Everyone => true,
        SubjectSpec::User(_) => false,
        SubjectSpec::Group(name) => manifest.groups.iter().any(|group| group.name == *name),
        SubjectSpec::ServiceAccount(name) => manifest.accounts.iter().any(|account| account.name == *name),
    };
    let message = match (present.ids(&grant.subject).len(), &grant.subject) {
        _ if will_be => return None,
        (1, _) => return None,
        (0, SubjectSpec::User(email)) => format!("nobody in the tenant has the address {email}: invite them first"),
        (0, subject) => format!("there is no {subject}: describe it in a file, or make it first"),
        (several, subject) => format!("{several} have the name {subject}: grant it over the API, by id"),
    };
    Some(Mistake { place: grant.place.clone(), field: "spec.grants".to_owned(), message })
}

/// A new server has no stored values that could stay.
fn unset(spec: &ServerSpec) -> Vec<Mistake> {
    let ReachSpec::Upstream(upstream) = &spec.reach else { return Vec::new() };
    let AuthSpec::SharedHeader(headers) = &upstream.auth else { return Vec::new() };
    let unset = headers.iter().filter(|header| header.value.is_none());
    let mistake = |name: &str| {
        let message = format!("{name} needs secret: {{fromEnv: …}}, as no value is stored yet");
        Mistake { place: spec.place.clone(), field: "spec.outboundAuth.headers".to_owned(), message }
    };
    unset.map(|header| mistake(&header.name)).collect()
}

/// What changes from one list of grants to the other; taking comes last, in case it is one's own.
pub(super) fn grant_changes<'a>(wanted: &'a [GrantSpec], present: &'a [Grant]) -> Vec<GrantChange<'a>> {
    let given = wanted.iter().filter_map(|grant| {
        let before = present.iter().find(|one| one.subject == grant.subject).map(|one| one.role);
        let (subject, role) = (&grant.subject, grant.role);
        (before != Some(role)).then_some(GrantChange::Give { subject, role, before })
    });
    let taken = present.iter().filter(|one| !wanted.iter().any(|grant| grant.subject == one.subject));
    given.chain(taken.map(GrantChange::Take)).collect()
}

fn fields(spec: &ServerSpec, server: &Server, set_secrets: bool) -> Vec<Field> {
    let mut fields = differing([
        ("displayName", shown(&server.display_name), shown(&spec.display_name)),
        ("description", shown(&server.description), shown(&spec.description)),
        ("tags", listed(&server.tags), listed(&spec.tags)),
        ("enabled", server.enabled.to_string(), spec.enabled.to_string()),
    ]);
    if let (ReachSpec::Upstream(wanted), Reach::Upstream(stored)) = (&spec.reach, &server.reach) {
        fields.extend(upstream_fields(wanted, stored, set_secrets));
    }
    fields
}

fn upstream_fields(wanted: &UpstreamSpec, stored: &Upstream, set_secrets: bool) -> Vec<Field> {
    let mut fields = differing([
        ("url", stored.url.clone(), wanted.url.clone()),
        ("timeoutMs", stored.timeout_ms.to_string(), wanted.timeout_ms.to_string()),
        ("outboundAuth", stored_auth(&stored.auth), wanted_auth(&wanted.auth)),
    ]);
    let has_values = match &wanted.auth {
        AuthSpec::SharedHeader(headers) => headers.iter().any(|one| one.value.is_some()),
        AuthSpec::Machine { secrets, .. } => secrets.client_secret.is_some() || secrets.private_key.is_some(),
        AuthSpec::OauthPerUser { client_secret, .. } => client_secret.is_some(),
        AuthSpec::None | AuthSpec::Passthrough(_) | AuthSpec::PerUserHeader(_) => false,
    };
    if set_secrets && has_values && !fields.iter().any(|field| field.name == "outboundAuth") {
        let (before, after) = ("stored values".to_owned(), "values from the environment".to_owned());
        fields.push(Field { name: "outboundAuth", before, after });
    }
    fields.extend(transport::changes(&stored.transport, &wanted.transport));
    fields
}

/// Of names with what is and what is wanted, those that differ.
fn differing<const N: usize>(fields: [(&'static str, String, String); N]) -> Vec<Field> {
    let fields = fields.into_iter().filter(|(_, before, after)| before != after);
    fields.map(|(name, before, after)| Field { name, before, after }).collect()
}

/// Names and values in the order in which they are shown.
fn values(spec: &ServerSpec) -> Vec<(&'static str, String)> {
    let mut values = vec![
        ("displayName", shown(&spec.display_name)),
        ("description", shown(&spec.description)),
        ("tags", listed(&spec.tags)),
        ("enabled", spec.enabled.to_string()),
    ];
    if let ReachSpec::Upstream(upstream) = &spec.reach {
        values.extend([
            ("url", upstream.url.clone()),
            ("timeoutMs", upstream.timeout_ms.to_string()),
            ("outboundAuth", wanted_auth(&upstream.auth)),
        ]);
        values.extend(transport::values(&upstream.transport));
    }
    values
}

/// On one line, and visible when empty.
fn shown(text: &str) -> String {
    format!("{text:?}")
}

/// Their order counts: it is kept.
fn listed(tags: &[String]) -> String {
    if tags.is_empty() { "none".to_owned() } else { tags.join(", ") }
}

fn wanted_auth(auth: &AuthSpec) -> String {
    match auth {
        AuthSpec::None => "none".to_owned(),
        AuthSpec::SharedHeader(headers) => named(headers.iter().map(|header| header.name.clone()).collect()),
        AuthSpec::PerUserHeader(form) => asked(form),
        AuthSpec::OauthPerUser { settings, .. } => authorized(settings),
        AuthSpec::Machine { kind, settings, .. } => machine(kind, settings),
        AuthSpec::Passthrough(mode) => passed(*mode),
    }
}

fn stored_auth(auth: &Auth) -> String {
    match auth {
        Auth::None => "none".to_owned(),
        Auth::SharedHeader { headers } => {
            named(headers.iter().map(|header| header.name.to_ascii_lowercase()).collect())
        }
        Auth::PerUserHeader(form) => asked(form),
        Auth::OauthPerUser(settings) => authorized(settings),
        Auth::ClientCredentials(settings) => machine("client_credentials", settings),
        Auth::TokenExchange(settings) => machine("token_exchange", settings),
        Auth::Passthrough { mode } => passed(*mode),
    }
}

fn machine(kind: &str, settings: &MachineSettings) -> String {
    format!("{kind} {}", serde_json::to_string(settings).unwrap_or_default())
}

fn passed(mode: PassthroughMode) -> String {
    format!("passthrough {}", if mode == PassthroughMode::Minted { "minted" } else { "original" })
}

/// On one line; a secret is not among the settings.
fn authorized(settings: &OauthSettings) -> String {
    format!("oauthPerUser {}", serde_json::to_string(settings).unwrap_or_default())
}

/// Nothing in it is secret, so all of it is compared.
fn asked(form: &KeyForm) -> String {
    let fields = form.fields.iter().map(|field| match field.hint.as_str() {
        "" => format!("{} ({})", field.name, field.label),
        hint => format!("{} ({}: {hint})", field.name, field.label),
    });
    let headers = form.headers.iter().map(|header| format!("{}: {}", header.name, header.value));
    let (fields, headers): (Vec<_>, Vec<_>) = (fields.collect(), headers.collect());
    format!("perUserHeader {} as {}", fields.join(", "), headers.join(", "))
}

/// Names only: values are never read, so they cannot be compared.
fn named(mut names: Vec<String>) -> String {
    names.sort();
    format!("sharedHeader {}", names.join(", "))
}
