//! What must change of groups and service accounts.

use super::super::manifest::{AccountSpec, GroupSpec, Manifest, Mistake};
use super::super::present::{Account, Group, Present};
use super::{Field, Line, Plan, Step, differing, shown};

pub(in super::super) enum AccountStep<'a> {
    Create(&'a AccountSpec),
    Update { spec: &'a AccountSpec, account: &'a Account, fields: Vec<Field> },
    Delete(&'a Account),
}

pub(in super::super) enum GroupStep<'a> {
    Create(&'a GroupSpec),
    Update { spec: &'a GroupSpec, group: &'a Group, fields: Vec<Field>, add: Vec<&'a str>, remove: Vec<&'a str> },
    Delete(&'a Group),
}

type Lines = Vec<Line>;

/// Members that nobody is, groups that are not ours to change, and things that the caller does not see.
pub(super) fn mistakes(manifest: &Manifest, present: &Present) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let places = manifest.groups.iter().map(|one| &one.place).chain(manifest.accounts.iter().map(|one| &one.place));
    if !present.sees_all {
        let message = || "groups and service accounts are for owners and admins".to_owned();
        mistakes.extend(places.map(|place| Mistake {
            place: place.clone(),
            field: "kind".to_owned(),
            message: message(),
        }));
        return mistakes;
    }
    for spec in &manifest.groups {
        let mut wrong = |field: &str, message: String| {
            mistakes.push(Mistake { place: spec.place.clone(), field: field.to_owned(), message });
        };
        let is_provided = present.group(&spec.name).is_some_and(|group| group.is_provided);
        if is_provided && spec.members.is_some() {
            wrong("spec.members", format!("the identity provider keeps the members of {}: leave them out", spec.name));
        }
        for name in spec.members.iter().flatten().filter(|name| present.user(name).is_none()) {
            wrong("spec.members", format!("nobody in the tenant has the user name {name}: invite them first"));
        }
    }
    mistakes
}

impl<'a> Plan<'a> {
    pub(super) fn change_principals(&mut self, manifest: &'a Manifest) {
        for spec in &manifest.accounts {
            let step = match self.present.account(&spec.name) {
                None => AccountStep::Create(spec),
                Some(account) => {
                    let fields = account_fields(spec, account);
                    if fields.is_empty() {
                        self.unchanged.accounts += 1;
                        continue;
                    }
                    AccountStep::Update { spec, account, fields }
                }
            };
            self.steps.push(Step::Account(step));
        }
        for spec in &manifest.groups {
            let step = match self.present.group(&spec.name) {
                None => GroupStep::Create(spec),
                Some(group) => {
                    let (fields, add, remove) = group_changes(spec, group);
                    if fields.is_empty() && add.is_empty() && remove.is_empty() {
                        self.unchanged.groups += 1;
                        continue;
                    }
                    GroupStep::Update { spec, group, fields, add, remove }
                }
            };
            self.steps.push(Step::Group(step));
        }
    }

    /// What no file names goes only where the files have that kind of thing at all: files about servers alone say
    /// nothing about groups. What an identity provider owns is not ours.
    pub(super) fn forget_principals(&mut self, manifest: &'a Manifest, prune: bool) {
        let present = self.present;
        if !manifest.groups.is_empty() {
            let is_named = |group: &Group| manifest.groups.iter().any(|spec| spec.name == group.name);
            let unnamed = present.groups.iter().filter(|group| !group.is_provided && !is_named(group));
            match prune {
                true => self.steps.extend(unnamed.map(|group| Step::Group(GroupStep::Delete(group)))),
                false => self.kept.extend(unnamed.map(|group| format!("group {}", group.name))),
            }
        }
        if !manifest.accounts.is_empty() {
            let is_named = |account: &Account| manifest.accounts.iter().any(|spec| spec.name == account.name);
            let unnamed = present.accounts.iter().filter(|account| !is_named(account));
            match prune {
                true => self.steps.extend(unnamed.map(|account| Step::Account(AccountStep::Delete(account)))),
                false => self.kept.extend(unnamed.map(|account| format!("service account {}", account.name))),
            }
        }
    }
}

fn account_fields(spec: &AccountSpec, account: &Account) -> Vec<Field> {
    let fields = [
        ("name", account.name.to_string(), spec.name.to_string()),
        ("description", shown(&account.description), shown(&spec.description)),
        ("enabled", account.enabled.to_string(), spec.enabled.to_string()),
    ];
    differing(fields)
}

fn group_changes<'a>(spec: &'a GroupSpec, group: &'a Group) -> (Vec<Field>, Vec<&'a str>, Vec<&'a str>) {
    let role = |role: Option<control_plane::domain::access::TenantRole>| role.map_or("none", |role| role.as_str());
    // The name of a group that an identity provider owns is changed there.
    let name = if group.is_provided { &group.name } else { &spec.name };
    let fields = [
        ("name", group.name.to_string(), name.to_string()),
        ("tenantRole", role(group.tenant_role).to_owned(), role(spec.tenant_role).to_owned()),
    ];
    let Some(wanted) = &spec.members else { return (differing(fields), Vec::new(), Vec::new()) };
    let add = wanted.iter().filter(|name| !group.members.contains(name)).map(String::as_str).collect();
    let remove = group.members.iter().filter(|name| !wanted.contains(name)).map(String::as_str).collect();
    (differing(fields), add, remove)
}

fn changes(fields: &[Field]) -> impl Iterator<Item = (char, usize, String)> {
    fields.iter().map(|field| ('~', 1, format!("{}: {} → {}", field.name, field.before, field.after)))
}

impl AccountStep<'_> {
    pub(super) fn sign(&self) -> char {
        match self {
            Self::Create(_) => '+',
            Self::Update { .. } => '~',
            Self::Delete(_) => '-',
        }
    }

    pub(super) fn title(&self) -> String {
        match self {
            Self::Create(spec) => format!("service account {}: create", spec.name),
            Self::Update { spec, .. } => format!("service account {}: update", spec.name),
            Self::Delete(account) => format!("service account {}: delete", account.name),
        }
    }

    pub(super) fn lines(&self) -> Lines {
        match self {
            Self::Create(spec) => vec![
                ('+', 0, format!("service account {}", spec.name)),
                ('+', 1, format!("description: {}", shown(&spec.description))),
                ('+', 1, format!("enabled: {}", spec.enabled)),
            ],
            Self::Update { spec, fields, .. } => {
                std::iter::once(('~', 0, format!("service account {}", spec.name))).chain(changes(fields)).collect()
            }
            Self::Delete(account) => {
                vec![('-', 0, format!("service account {} (with its keys and grants)", account.name))]
            }
        }
    }
}

impl GroupStep<'_> {
    pub(super) fn sign(&self) -> char {
        match self {
            Self::Create(_) => '+',
            Self::Update { .. } => '~',
            Self::Delete(_) => '-',
        }
    }

    pub(super) fn title(&self) -> String {
        match self {
            Self::Create(spec) => format!("group {}: create", spec.name),
            Self::Update { spec, .. } => format!("group {}: update", spec.name),
            Self::Delete(group) => format!("group {}: delete", group.name),
        }
    }

    pub(super) fn lines(&self) -> Lines {
        match self {
            Self::Create(spec) => {
                let mut lines = vec![('+', 0, format!("group {}", spec.name))];
                lines.extend(spec.tenant_role.map(|role| ('+', 1, format!("tenantRole: {}", role.as_str()))));
                lines.extend(spec.members.iter().flatten().map(|name| ('+', 1, format!("member {name}"))));
                lines
            }
            Self::Update { spec, fields, add, remove, .. } => {
                let mut lines = vec![('~', 0, format!("group {}", spec.name))];
                lines.extend(changes(fields));
                lines.extend(add.iter().map(|name| ('+', 1, format!("member {name}"))));
                lines.extend(remove.iter().map(|name| ('-', 1, format!("member {name}"))));
                lines
            }
            Self::Delete(group) => {
                vec![('-', 0, format!("group {} (its members lose what it gave)", group.name))]
            }
        }
    }
}
