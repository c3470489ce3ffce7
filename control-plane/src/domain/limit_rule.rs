//! How often callers may call: what a rule is about, what it counts apart, how much it allows. Pure.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bundle::Member;
use super::fields::{self, Mistakes};
use super::ids::{GroupId, LimitRuleId, ServerId, ServiceAccountId, UserId};
use super::limits::{LIMIT_NAMED_MAX, LIMIT_PER_SECOND_MAX, LIMIT_WINDOWS_MAX};
use super::server::Subject;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitRule {
    pub id: LimitRuleId,
    pub spec: LimitRuleSpec,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A limit: which requests, what is counted apart, how many. A request is let through when every limit that it falls
/// under lets it through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LimitRuleSpec)]
pub struct LimitRuleSpec {
    /// Unique in the tenant, in any case. Whoever is refused reads it.
    pub name: String,
    /// Requests to these servers and virtual servers; all if empty.
    #[serde(default)]
    pub servers: Vec<ServerId>,
    /// Calls of these tools, as their server names them; if empty every request, lists and discovery too.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Requests of these people, groups and service accounts; everybody's if empty.
    #[serde(default)]
    pub subjects: Vec<LimitSubject>,
    /// What has a budget of its own. `tenant` alone: one budget for all.
    pub key: Vec<KeyPart>,
    /// One to four; every one of them must have room.
    pub windows: Vec<LimitWindow>,
    #[serde(default)]
    pub mode: LimitMode,
    #[serde(default)]
    pub without_redis: WithoutRedis,
}

/// Whose requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum LimitSubject {
    User(UserId),
    Group(GroupId),
    ServiceAccount(ServiceAccountId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyPart {
    Tenant,
    Subject,
    Server,
    Tool,
}

/// So many requests per period. A budget refills evenly: whoever has used it up waits for one interval, not for the
/// end of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitWindow {
    /// At least 1.
    #[schema(minimum = 1)]
    pub limit: u64,
    pub per: Period,
    /// How many at once after a calm time, at most the limit; the limit if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    Second,
    Minute,
    Hour,
    Day,
}

/// `audit` counts and reports, and refuses nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitMode {
    #[default]
    Enforce,
    Audit,
}

/// What nodes do while Redis, where they count together, is away: each counts its share, or all refuse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WithoutRedis {
    #[default]
    LocalShare,
    Refuse,
}

/// Something that is allowed, and probably not meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LimitWarning {
    /// Stable code, such as `window.never_binds`.
    pub code: &'static str,
    pub field: String,
    /// For people; follows the field's name in a sentence.
    pub message: String,
}

impl From<LimitSubject> for Subject {
    fn from(subject: LimitSubject) -> Self {
        match subject {
            LimitSubject::User(id) => Self::User(id),
            LimitSubject::Group(id) => Self::Group(id),
            LimitSubject::ServiceAccount(id) => Self::ServiceAccount(id),
        }
    }
}

impl Period {
    pub const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

impl LimitWindow {
    pub fn burst(&self) -> u64 {
        self.burst.unwrap_or(self.limit)
    }

    /// Whether there is no room in the other one whenever there is none here.
    fn is_within(&self, other: &Self) -> bool {
        let rate = |one: &Self, period: Period| u128::from(one.limit) * u128::from(period.seconds());
        other.burst() <= self.burst() && rate(other, self.per) <= rate(self, other.per)
    }
}

impl std::fmt::Display for LimitWindow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} per {}", self.limit, self.per.as_str())
    }
}

impl LimitRuleSpec {
    /// The same with a tidy name; every mistake that shows without looking around.
    pub fn checked(mut self, mistakes: &mut Mistakes) -> Self {
        if let Some(name) = mistakes.take("name", fields::name(&self.name)) {
            self.name = name;
        }
        for (field, count) in
            [("servers", self.servers.len()), ("tools", self.tools.len()), ("subjects", self.subjects.len())]
        {
            if count > LIMIT_NAMED_MAX {
                let message = format!("must have at most {LIMIT_NAMED_MAX} entries; none means all");
                mistakes.add(field, ("limit_rule.too_many", message));
            }
        }
        twice("servers", &self.servers, mistakes);
        twice("tools", &self.tools, mistakes);
        twice("subjects", &self.subjects, mistakes);
        twice("key", &self.key, mistakes);
        for (at, tool) in self.tools.iter().enumerate() {
            mistakes.take(&format!("tools[{at}]"), fields::item_name("limit_rule.tool", tool));
        }
        if self.key.is_empty() {
            let message = "must name at least one of tenant, subject, server and tool".to_owned();
            mistakes.add("key", ("limit_rule.key", message));
        }
        self.check_windows(mistakes);
        self
    }

    fn check_windows(&self, mistakes: &mut Mistakes) {
        if self.windows.is_empty() || self.windows.len() > LIMIT_WINDOWS_MAX {
            mistakes.add("windows", ("limit_rule.windows", format!("must be 1 to {LIMIT_WINDOWS_MAX} windows")));
        }
        for (at, window) in self.windows.iter().enumerate() {
            let most = LIMIT_PER_SECOND_MAX * u64::from(window.per.seconds());
            if !(1..=most).contains(&window.limit) {
                let message = format!(
                    "must be 1 to {most} per {}; to let nothing through, take the grant away",
                    window.per.as_str()
                );
                mistakes.add(&format!("windows[{at}].limit"), ("limit_rule.limit", message));
            }
            if window.burst.is_some_and(|burst| burst == 0 || burst > window.limit) {
                let message = "must be at least 1 and at most the limit".to_owned();
                mistakes.add(&format!("windows[{at}].burst"), ("limit_rule.burst", message));
            }
            if let Some(first) = self.windows.iter().take(at).position(|other| other.per == window.per) {
                let message = format!(
                    "is the period of windows[{first}] already: two limits of one period contradict each other"
                );
                mistakes.add(&format!("windows[{at}].per"), ("limit_rule.period_twice", message));
            }
        }
    }

    /// What is allowed and probably not meant. `offered`: of each named server its members, if it is virtual.
    pub fn warnings(&self, offered: &[Option<&[Member]>]) -> Vec<LimitWarning> {
        let mut warnings = Vec::new();
        let mut warn = |code, field: String, message: String| warnings.push(LimitWarning { code, field, message });
        for (at, window) in self.windows.iter().enumerate() {
            let stricter = self.windows.iter().enumerate().find(|(other, stricter)| {
                *other != at && window.is_within(stricter) && !(stricter.is_within(window) && *other > at)
            });
            if let Some((_, stricter)) = stricter {
                let message = format!("never refuses anything: {window} is more than {stricter} allows");
                warn("window.never_binds", format!("windows[{at}]"), message);
            }
        }
        if self.key.contains(&KeyPart::Tenant) && self.key.len() > 1 {
            let message = "has tenant without effect: the other parts are counted apart within the tenant anyway";
            warn("key.tenant_redundant", "key".to_owned(), message.to_owned());
        }
        for (at, tool) in self.tools.iter().enumerate() {
            if !offered.is_empty() && offered.iter().all(|members| members.is_some_and(|members| never(members, tool)))
            {
                let message = "is offered by none of the servers: the rule never sees a call of it".to_owned();
                warn("tool.never_offered", format!("tools[{at}]"), message);
            }
        }
        warnings
    }
}

/// Whether each member offers chosen tools, and this one is not among them.
fn never(members: &[Member], tool: &str) -> bool {
    let chosen =
        |member: &Member| member.offer.tools.as_ref().is_some_and(|tools| tools.iter().all(|one| one.name != tool));
    members.iter().all(chosen)
}

fn twice<T: std::hash::Hash + Eq>(field: &str, entries: &[T], mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for (at, _) in entries.iter().enumerate().filter(|(_, entry)| !seen.insert(*entry)) {
        mistakes.add(&format!("{field}[{at}]"), ("limit_rule.twice", "is there already".to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::Error;
    use crate::domain::bundle::{Item, Offer};

    fn window(limit: u64, per: Period, burst: Option<u64>) -> LimitWindow {
        LimitWindow { limit, per, burst }
    }

    fn spec(windows: Vec<LimitWindow>) -> LimitRuleSpec {
        LimitRuleSpec {
            name: "five".to_owned(),
            servers: Vec::new(),
            tools: Vec::new(),
            subjects: Vec::new(),
            key: vec![KeyPart::Subject],
            windows,
            mode: LimitMode::Enforce,
            without_redis: WithoutRedis::LocalShare,
        }
    }

    fn codes(spec: LimitRuleSpec) -> Vec<String> {
        let mut mistakes = Mistakes::default();
        spec.checked(&mut mistakes);
        match mistakes.finish(Some(())) {
            Err(Error::InvalidFields(errors)) => {
                errors.iter().map(|one| format!("{} {}", one.field, one.code)).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused_by_field() {
        fn check(change: impl FnOnce(&mut LimitRuleSpec), expected: &[&str]) {
            let mut rule = spec(vec![window(5, Period::Minute, None)]);
            change(&mut rule);
            assert_eq!(codes(rule), expected);
        }
        check(|_| {}, &[]);
        check(|rule| rule.name = " ".to_owned(), &["name name.empty"]);
        check(|rule| rule.key.clear(), &["key limit_rule.key"]);
        check(|rule| rule.key = vec![KeyPart::Tool, KeyPart::Tool], &["key[1] limit_rule.twice"]);
        check(|rule| rule.windows.clear(), &["windows limit_rule.windows"]);
        check(|rule| rule.windows[0].limit = 0, &["windows[0].limit limit_rule.limit"]);
        check(|rule| rule.windows[0].limit = 600_001, &["windows[0].limit limit_rule.limit"]);
        check(|rule| rule.windows[0].burst = Some(6), &["windows[0].burst limit_rule.burst"]);
        check(|rule| rule.windows[0].burst = Some(0), &["windows[0].burst limit_rule.burst"]);
        check(|rule| rule.windows.push(rule.windows[0]), &["windows[1].per limit_rule.period_twice"]);
        check(|rule| rule.tools = vec![String::new()], &["tools[0] limit_rule.tool"]);
        check(|rule| rule.tools = vec!["a".into(), "a".into()], &["tools[1] limit_rule.twice"]);
        check(|rule| rule.servers = vec![ServerId(Uuid::nil()); 2], &["servers[1] limit_rule.twice"]);
        let many = (0..=LIMIT_NAMED_MAX).map(|number| format!("t{number}")).collect();
        check(|rule| rule.tools = many, &["tools limit_rule.too_many"]);
    }

    #[test]
    fn windows_that_never_bind_are_warned_about() {
        fn check(windows: Vec<LimitWindow>, expected: &[&str]) {
            let warnings = spec(windows.clone()).warnings(&[]);
            let found: Vec<String> = warnings.iter().map(|one| format!("{} {}", one.field, one.code)).collect();
            assert_eq!(found, expected, "{windows:?}");
        }
        let (minute, hour) = (|limit| window(limit, Period::Minute, None), |limit| window(limit, Period::Hour, None));
        check(vec![minute(100), hour(1_000)], &[]);
        check(vec![minute(100), hour(10_000)], &["windows[1] window.never_binds"]);
        check(vec![minute(100), hour(50)], &["windows[0] window.never_binds"]);
        check(vec![minute(100), hour(6_000)], &["windows[1] window.never_binds"]);
        let smooth = window(6_000, Period::Hour, Some(10));
        check(vec![minute(100), smooth], &["windows[0] window.never_binds"]);
    }

    #[test]
    fn tools_that_nobody_offers_are_warned_about() {
        let member = |tools: Option<&[&str]>| Member {
            server_id: ServerId(Uuid::nil()),
            alias: "a".to_owned(),
            offer: Offer {
                tools: tools.map(|tools| {
                    let item = |name: &&str| Item { name: (*name).to_owned(), exposed_as: None, description: None };
                    tools.iter().map(item).collect()
                }),
                ..Offer::default()
            },
        };
        let rule = LimitRuleSpec { tools: vec!["search".into()], ..spec(vec![window(5, Period::Day, None)]) };
        let check = |offered: &[Option<&[Member]>], expected: usize| {
            assert_eq!(rule.warnings(offered).len(), expected);
        };
        let (other, same, all) = ([member(Some(&["read"]))], [member(Some(&["search"]))], [member(None)]);
        check(&[], 0);
        check(&[None], 0);
        check(&[Some(&other)], 1);
        check(&[Some(&other), None], 0);
        check(&[Some(&same)], 0);
        check(&[Some(&all)], 0);
        let both = LimitRuleSpec { key: vec![KeyPart::Tenant, KeyPart::Tool], ..rule.clone() };
        assert_eq!(both.warnings(&[None])[0].code, "key.tenant_redundant");
    }
}
