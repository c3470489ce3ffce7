//! How often callers may call: rules as a node knows them, and which of them a request falls under. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use proto::convert;
use proto::wire;
use proto::wire::limit_rule::KeyPart;
use uuid::Uuid;

use super::Principal;
use crate::limiter::gcra::Window;
use crate::limits::{LIMIT_NAME_BYTES_MAX, LIMIT_PERIOD_S_MAX, LIMIT_WINDOWS_MAX};
use crate::map::{HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitRule {
    pub id: Uuid,
    /// What callers are told.
    pub name: Arc<str>,
    /// Servers and virtual servers; empty: all.
    servers: HashSet<Uuid>,
    /// As the upstream names them; empty: every request, not calls of tools alone.
    tools: HashSet<String>,
    /// Principals and groups; empty: everybody.
    subjects: HashSet<Uuid>,
    pub counted_apart: CountedApart,
    pub windows: Box<[Window]>,
    /// It counts and is reported, and refuses nothing.
    pub is_watched: bool,
    /// Without Redis it lets nothing through; else a node counts its share.
    pub refuses_uncounted: bool,
}

/// What has a budget of its own; of what is not, all share one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CountedApart {
    pub subject: bool,
    pub server: bool,
    pub tool: bool,
}

/// Rules by the servers that they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitRules {
    everywhere: Vec<Arc<LimitRule>>,
    by_server: HashMap<Uuid, Vec<Arc<LimitRule>>>,
}

impl LimitRule {
    pub(super) fn read(id: Uuid, wire: &wire::LimitRule) -> Result<Self, String> {
        if wire.name.is_empty() || wire.name.len() > LIMIT_NAME_BYTES_MAX {
            return Err("name: empty or too long".to_owned());
        }
        let ids = |field: &'static str, ids: &[bytes::Bytes]| -> Result<HashSet<Uuid>, String> {
            ids.iter().map(|id| convert::uuid(field, id).map_err(|error| error.to_string())).collect()
        };
        let mut apart = CountedApart::default();
        if wire.key.is_empty() {
            return Err("key: missing".to_owned());
        }
        for part in &wire.key {
            match KeyPart::try_from(*part) {
                Ok(KeyPart::Tenant) => {}
                Ok(KeyPart::Subject) => apart.subject = true,
                Ok(KeyPart::Server) => apart.server = true,
                Ok(KeyPart::Tool) => apart.tool = true,
                Ok(KeyPart::Unspecified) | Err(_) => return Err("key: unknown part".to_owned()),
            }
        }
        Ok(Self {
            id,
            name: wire.name.as_str().into(),
            servers: ids("server_ids", &wire.server_ids)?,
            tools: wire.tools.iter().cloned().collect(),
            subjects: ids("subject_ids", &wire.subject_ids)?,
            counted_apart: apart,
            windows: windows(&wire.windows)?,
            is_watched: wire.audit_only,
            refuses_uncounted: wire.refuse_when_redis_is_away,
        })
    }

    /// Counts all callers of all servers together: for tests.
    pub fn plain(id: Uuid, limit: u64, period_s: u32) -> Self {
        let windows = Window::new(limit, period_s, 0).into_iter().collect();
        Self {
            id,
            name: "plain".into(),
            servers: HashSet::default(),
            tools: HashSet::default(),
            subjects: HashSet::default(),
            counted_apart: CountedApart::default(),
            windows,
            is_watched: false,
            refuses_uncounted: false,
        }
    }

    /// Whether it is about what this caller does with this tool; `None`: no call of a tool.
    fn is_about(&self, caller: &Principal, tool: Option<&str>) -> bool {
        let subject = self.subjects.is_empty()
            || self.subjects.contains(&caller.id)
            || caller.group_ids.iter().any(|group| self.subjects.contains(group));
        subject && (self.tools.is_empty() || tool.is_some_and(|tool| self.tools.contains(tool)))
    }
}

fn windows(wire: &[wire::limit_rule::Window]) -> Result<Box<[Window]>, String> {
    if wire.is_empty() || wire.len() > LIMIT_WINDOWS_MAX {
        return Err(format!("windows: expected 1 to {LIMIT_WINDOWS_MAX}"));
    }
    let mut windows: Vec<Window> = Vec::with_capacity(wire.len());
    for one in wire {
        let window = Window::new(one.limit, one.period_s, one.burst).filter(|one| one.period_s <= LIMIT_PERIOD_S_MAX);
        let window = window.ok_or_else(|| "windows: one cannot be".to_owned())?;
        if windows.iter().any(|other| other.period_s == window.period_s) {
            return Err("windows: one period is there twice".to_owned());
        }
        windows.push(window);
    }
    Ok(windows.into())
}

impl LimitRules {
    pub(super) fn of(rules: &BTreeMap<Uuid, Arc<LimitRule>>) -> Self {
        let mut index = Self::default();
        for rule in rules.values() {
            match rule.servers.is_empty() {
                true => index.everywhere.push(rule.clone()),
                false => rule.servers.iter().for_each(|id| index.by_server.entry(*id).or_default().push(rule.clone())),
            }
        }
        index
    }

    pub fn is_empty(&self) -> bool {
        self.everywhere.is_empty() && self.by_server.is_empty()
    }

    /// Those that a request at these servers falls under: the one that the URL names, and the member that it goes to.
    pub fn matching<'a>(&'a self, servers: &[Uuid], caller: &Principal, tool: Option<&str>) -> Vec<&'a LimitRule> {
        let mut found: Vec<&LimitRule> = self.everywhere.iter().map(|rule| &**rule).collect();
        for server in servers {
            let named = self.by_server.get(server).into_iter().flatten().map(|rule| &**rule);
            let new: Vec<_> = named.filter(|rule| !found.iter().any(|known| known.id == rule.id)).collect();
            found.extend(new);
        }
        found.retain(|rule| rule.is_about(caller, tool));
        found
    }

    /// Of these only what names `member` and not `entry`: what a question to all members of a virtual server has not
    /// been counted against yet.
    pub fn of_member<'a>(&'a self, member: Uuid, entry: Uuid, caller: &Principal) -> Vec<&'a LimitRule> {
        let named = self.by_server.get(&member).into_iter().flatten().map(|rule| &**rule);
        named.filter(|rule| !rule.servers.contains(&entry) && rule.is_about(caller, None)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::PrincipalKind;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn wire(change: impl FnOnce(&mut wire::LimitRule)) -> wire::LimitRule {
        let window = wire::limit_rule::Window { limit: 5, period_s: 60, burst: 0 };
        let mut rule = wire::LimitRule {
            name: "five".to_owned(),
            key: vec![KeyPart::Tenant.into()],
            windows: vec![window],
            ..wire::LimitRule::default()
        };
        change(&mut rule);
        rule
    }

    #[test]
    fn what_a_node_does_not_understand_is_refused() {
        fn check(change: impl FnOnce(&mut wire::LimitRule), expected: &str) {
            let reason = LimitRule::read(id(1), &wire(change)).err().unwrap_or_default();
            assert!(reason.starts_with(expected) && reason.is_empty() == expected.is_empty(), "{reason}");
        }
        check(|_| {}, "");
        check(|rule| rule.name.clear(), "name");
        check(|rule| rule.key.clear(), "key: missing");
        check(|rule| rule.key.push(9), "key: unknown");
        check(|rule| rule.windows.clear(), "windows");
        check(|rule| rule.windows.push(rule.windows[0]), "windows: one period");
        check(|rule| rule.windows[0].limit = 0, "windows: one cannot be");
        check(|rule| rule.windows[0].period_s = 90_000, "windows: one cannot be");
        check(|rule| rule.server_ids.push(vec![1].into()), "server_ids");
        check(|rule| rule.subject_ids.push(vec![1].into()), "subject_ids");
    }

    #[test]
    fn which_rules_a_request_falls_under() {
        let rule = |number: u128, servers: &[u128], tools: &[&str], subjects: &[u128]| {
            let mut rule = LimitRule::plain(id(number), 5, 60);
            rule.servers = servers.iter().copied().map(id).collect();
            rule.tools = tools.iter().map(|tool| (*tool).to_owned()).collect();
            rule.subjects = subjects.iter().copied().map(id).collect();
            (rule.id, Arc::new(rule))
        };
        let rules = LimitRules::of(&BTreeMap::from([
            rule(1, &[], &[], &[]),
            rule(2, &[100], &[], &[]),
            rule(3, &[100, 101], &["search"], &[]),
            rule(4, &[], &[], &[50]),
            rule(5, &[], &["search"], &[7, 8]),
        ]));
        let caller = |number, groups: &[u128]| Principal {
            id: id(number),
            kind: PrincipalKind::User,
            active: true,
            epoch: 0,
            credentials: 0,
            group_ids: groups.iter().copied().map(id).collect(),
        };
        let check = |servers: &[u128], caller: &Principal, tool: Option<&str>, expected: &[u128]| {
            let servers: Vec<Uuid> = servers.iter().copied().map(id).collect();
            let mut found: Vec<Uuid> = rules.matching(&servers, caller, tool).iter().map(|rule| rule.id).collect();
            found.sort();
            assert_eq!(found, expected.iter().copied().map(id).collect::<Vec<_>>());
        };
        let (nobody, member) = (caller(9, &[]), caller(7, &[50]));
        check(&[102], &nobody, None, &[1]);
        check(&[100], &nobody, None, &[1, 2]);
        check(&[100], &nobody, Some("search"), &[1, 2, 3]);
        check(&[100], &nobody, Some("other"), &[1, 2]);
        check(&[100, 101], &nobody, Some("search"), &[1, 2, 3]);
        check(&[102], &member, Some("search"), &[1, 4, 5]);
        let of_member = |member, entry| -> Vec<Uuid> {
            rules.of_member(id(member), id(entry), &nobody).iter().map(|rule| rule.id).collect()
        };
        assert_eq!(of_member(100, 102), [id(2)]);
        assert_eq!(of_member(100, 100), [] as [Uuid; 0]);
    }
}
