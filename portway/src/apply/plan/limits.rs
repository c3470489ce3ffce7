//! What must change of limits.

use super::super::manifest::{Limit, LimitSpec, Manifest, Mistake, SubjectSpec};
use super::super::present::{Present, StoredLimit};
use super::{Field, Line, Plan, Step, differing};

pub(in super::super) enum LimitStep<'a> {
    Create(&'a LimitSpec),
    Update { spec: &'a LimitSpec, stored: &'a StoredLimit, fields: Vec<Field> },
    Delete(&'a StoredLimit),
}

/// Servers and subjects that are nowhere, and limits for those who may not see them.
pub(super) fn mistakes(manifest: &Manifest, present: &Present) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for spec in &manifest.limits {
        let mut wrong = |field: &str, message: String| {
            mistakes.push(Mistake { place: spec.place.clone(), field: field.to_owned(), message });
        };
        if !present.sees_all {
            wrong("kind", "limits are for owners and admins".to_owned());
            continue;
        }
        let stored = present.limit(&spec.name).map(|stored| &stored.limit);
        for slug in &spec.limit.servers {
            let stays = stored.is_some_and(|stored| stored.servers.contains(slug));
            if !stays && present.seen(slug).is_none() && manifest.server(slug).is_none() {
                wrong("spec.servers", format!("there is no server {slug}: describe it in a file, or make it first"));
            }
        }
        for subject in &spec.limit.subjects {
            let will_be = match subject {
                SubjectSpec::Everyone | SubjectSpec::User(_) => false,
                SubjectSpec::Group(name) => manifest.groups.iter().any(|group| group.name == *name),
                SubjectSpec::ServiceAccount(name) => manifest.accounts.iter().any(|account| account.name == *name),
            };
            match present.ids(subject).len() {
                _ if will_be => {}
                1 => {}
                0 => wrong("spec.subjects", format!("there is no {subject} in the tenant")),
                several => {
                    wrong("spec.subjects", format!("{several} have the name {subject}: name it over the API, by id"));
                }
            }
        }
    }
    mistakes
}

impl<'a> Plan<'a> {
    pub(super) fn change_limits(&mut self, manifest: &'a Manifest) {
        for spec in &manifest.limits {
            let step = match self.present.limit(&spec.name) {
                None => LimitStep::Create(spec),
                Some(stored) => {
                    let fields = changes(spec, stored);
                    if fields.is_empty() {
                        self.unchanged.limits += 1;
                        continue;
                    }
                    LimitStep::Update { spec, stored, fields }
                }
            };
            self.steps.push(Step::Limit(step));
        }
    }

    /// As of groups: only where the files have limits at all.
    pub(super) fn forget_limits(&mut self, manifest: &'a Manifest, prune: bool) {
        if manifest.limits.is_empty() {
            return;
        }
        let is_named = |stored: &StoredLimit| manifest.limits.iter().any(|spec| spec.name == stored.name);
        let unnamed = self.present.limits.iter().filter(|stored| !is_named(stored));
        match prune {
            true => self.steps.extend(unnamed.map(|stored| Step::Limit(LimitStep::Delete(stored)))),
            false => self.kept.extend(unnamed.map(|stored| format!("limit {}", stored.name))),
        }
    }
}

fn changes(spec: &LimitSpec, stored: &StoredLimit) -> Vec<Field> {
    let mut fields = differing([("name", stored.name.0.clone(), spec.name.0.clone())]);
    for ((name, before), (_, after)) in values(&stored.limit).into_iter().zip(values(&spec.limit)) {
        if before != after {
            fields.push(Field { name, before, after });
        }
    }
    fields
}

/// Names and values in the order in which they are shown; what is empty means all.
fn values(limit: &Limit) -> Vec<(&'static str, String)> {
    let all = |texts: Vec<String>| if texts.is_empty() { "all".to_owned() } else { texts.join(", ") };
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let window = |window: &control_plane::domain::limit_rule::LimitWindow| match window.burst {
        Some(burst) => format!("{window}, {burst} at once"),
        None => window.to_string(),
    };
    vec![
        ("servers", all(limit.servers.clone())),
        ("tools", all(limit.tools.clone())),
        ("subjects", all(limit.subjects.iter().map(ToString::to_string).collect())),
        ("key", all(limit.key.iter().map(|part| word(serde_json::json!(part))).collect())),
        ("windows", all(limit.windows.iter().map(window).collect())),
        ("mode", word(serde_json::json!(limit.mode))),
        ("withoutRedis", word(serde_json::json!(limit.without_redis))),
    ]
}

impl LimitStep<'_> {
    pub(super) fn sign(&self) -> char {
        match self {
            Self::Create(_) => '+',
            Self::Update { .. } => '~',
            Self::Delete(_) => '-',
        }
    }

    pub(in super::super) fn title(&self) -> String {
        match self {
            Self::Create(spec) => format!("limit {}: create", spec.name),
            Self::Update { spec, .. } => format!("limit {}: update", spec.name),
            Self::Delete(stored) => format!("limit {}: delete", stored.name),
        }
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        match self {
            Self::Create(spec) => {
                let mut lines = vec![('+', 0, format!("limit {}", spec.name))];
                let values = values(&spec.limit).into_iter();
                lines.extend(values.map(|(name, value)| ('+', 1, format!("{name}: {value}"))));
                lines
            }
            Self::Update { spec, fields, .. } => {
                let mut lines = vec![('~', 0, format!("limit {}", spec.name))];
                let change = |field: &Field| ('~', 1, format!("{}: {} → {}", field.name, field.before, field.after));
                lines.extend(fields.iter().map(change));
                lines
            }
            Self::Delete(stored) => vec![('-', 0, format!("limit {}", stored.name))],
        }
    }
}
