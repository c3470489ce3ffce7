//! Documents of limits: as the API has them, with slugs for the ids of servers and names for those of subjects.

use control_plane::domain::Error;
use control_plane::domain::fields::{self, Mistakes};
use control_plane::domain::limit_rule::{KeyPart, LimitMode, LimitRuleSpec, LimitWindow, Period, WithoutRedis};

use super::super::yaml::{Node, Value};
use super::members::server_name;
use super::{Limit, LimitSpec, Name, Reader, SubjectSpec, camel, find, joined};

impl Reader<'_> {
    pub(super) fn limit(&mut self, document: &Node) -> Option<LimitSpec> {
        let (name, spec) = self.head(document, "name", fields::name)?;
        let known = ["servers", "tools", "subjects", "key", "windows", "mode", "withoutRedis"];
        let entries = self.map(spec, "spec", &known)?;
        let servers = find(entries, "servers").map(|node| self.list(node, "spec.servers", Self::server_of_limit));
        let tools = find(entries, "tools").map(|node| self.list(node, "spec.tools", Self::owned));
        let subjects = find(entries, "subjects").map(|node| self.list(node, "spec.subjects", Self::subject_of_limit));
        let key = self.required(spec, entries, "spec", "key").map(|node| self.list(node, "spec.key", Self::key_part));
        let windows = self.required(spec, entries, "spec", "windows");
        let windows = windows.map(|node| self.list(node, "spec.windows", Self::window));
        let mode = find(entries, "mode").map(|node| self.mode(node));
        let without_redis = find(entries, "withoutRedis").map(|node| self.without_redis(node));
        let limit = Limit {
            servers: servers.unwrap_or_else(|| Some(Vec::new()))?,
            tools: tools.unwrap_or_else(|| Some(Vec::new()))?,
            subjects: subjects.unwrap_or_else(|| Some(Vec::new()))?,
            key: key??,
            windows: windows??,
            mode: mode.unwrap_or(Some(LimitMode::Enforce))?,
            without_redis: without_redis.unwrap_or(Some(WithoutRedis::LocalShare))?,
        };
        let name = name?;
        self.can_be(spec, &name, &limit)?;
        Some(LimitSpec { place: self.place(document.line), name: Name(name), limit: limit.ordered() })
    }

    /// What the control plane would say of the rule by itself.
    fn can_be(&mut self, spec: &Node, name: &str, limit: &Limit) -> Option<()> {
        let rule = LimitRuleSpec {
            name: name.to_owned(),
            servers: Vec::new(),
            tools: limit.tools.clone(),
            subjects: Vec::new(),
            key: limit.key.clone(),
            windows: limit.windows.clone(),
            mode: limit.mode,
            without_redis: limit.without_redis,
        };
        let mut mistakes = Mistakes::default();
        rule.checked(&mut mistakes);
        match mistakes.finish(Some(())) {
            Err(Error::InvalidFields(errors)) => {
                for error in errors {
                    self.wrong(spec.line, &joined("spec", &error.field), error.message);
                }
                None
            }
            _ => Some(()),
        }
    }

    fn server_of_limit(&mut self, node: &Node, field: &str) -> Option<String> {
        self.checked(node, field, server_name)
    }

    fn subject_of_limit(&mut self, node: &Node, field: &str) -> Option<SubjectSpec> {
        let entries = self.map(node, field, &["user", "group", "serviceAccount"])?;
        self.subject(node, entries, field)
    }

    fn key_part(&mut self, node: &Node, field: &str) -> Option<KeyPart> {
        let parts = [
            ("tenant", KeyPart::Tenant),
            ("subject", KeyPart::Subject),
            ("server", KeyPart::Server),
            ("tool", KeyPart::Tool),
        ];
        self.one_of(node, field, &parts)
    }

    fn window(&mut self, node: &Node, field: &str) -> Option<LimitWindow> {
        let entries = self.map(node, field, &["limit", "per", "burst"])?;
        let limit = self.required(node, entries, field, "limit");
        let limit = limit.and_then(|node| self.count(node, &joined(field, "limit")));
        let per = self.required(node, entries, field, "per");
        let periods = Period::ALL.map(|period| (period.as_str(), period));
        let per = per.and_then(|node| self.one_of(node, &joined(field, "per"), &periods));
        let burst = find(entries, "burst").map(|node| self.count(node, &joined(field, "burst")));
        Some(LimitWindow {
            limit: limit?,
            per: per?,
            burst: match burst {
                Some(burst) => Some(burst?),
                None => None,
            },
        })
    }

    fn mode(&mut self, node: &Node) -> Option<LimitMode> {
        self.one_of(node, "spec.mode", &[("enforce", LimitMode::Enforce), ("audit", LimitMode::Audit)])
    }

    fn without_redis(&mut self, node: &Node) -> Option<WithoutRedis> {
        let words = [("localShare", WithoutRedis::LocalShare), ("refuse", WithoutRedis::Refuse)];
        self.one_of(node, "spec.withoutRedis", &words)
    }

    fn one_of<T: Copy>(&mut self, node: &Node, field: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, field)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<String> = words.iter().map(|(word, _)| camel(word)).collect();
            self.wrong(node.line, field, format!("must be one of {}", words.join(", ")));
        }
        found
    }

    fn count(&mut self, node: &Node, field: &str) -> Option<u64> {
        let number = match &node.value {
            Value::Scalar { text, plain: true } => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong(node.line, field, "must be a whole number");
        }
        number
    }
}
