//! Which tools of a server are on. Pure.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::{self, Mistakes};
use super::limits::SWITCHED_TOOLS_MAX;

/// By the server's own names for its tools. All are on unless something is said here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ToolSwitches {
    /// What becomes of tools that neither list names, also of those that the server adds later.
    pub new_tools: NewTools,
    /// Matters where new tools are held.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub on: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub off: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewTools {
    #[default]
    On,
    /// Off until somebody switches them on.
    Held,
}

/// What to change; everything else stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ToolSwitchChange {
    pub new_tools: Option<NewTools>,
    /// Tools to switch on.
    pub on: BTreeSet<String>,
    /// Tools to switch off.
    pub off: BTreeSet<String>,
    /// Tools that go by `new_tools` again.
    pub reset: BTreeSet<String>,
}

impl ToolSwitches {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Every mistake in it.
    pub fn check(&self, mistakes: &mut Mistakes) {
        check_names([("on", &self.on), ("off", &self.off)], mistakes);
    }

    /// These with the change made.
    #[must_use]
    pub fn changed(mut self, change: ToolSwitchChange) -> Self {
        let ToolSwitchChange { new_tools, on, off, reset } = change;
        let named = |tool: &String| !(on.contains(tool) || off.contains(tool) || reset.contains(tool));
        self.on.retain(named);
        self.off.retain(named);
        self.new_tools = new_tools.unwrap_or(self.new_tools);
        self.on.extend(on);
        self.off.extend(off);
        self
    }
}

impl ToolSwitchChange {
    /// Every mistake in it.
    pub fn check(&self, mistakes: &mut Mistakes) {
        check_names([("on", &self.on), ("off", &self.off), ("reset", &self.reset)], mistakes);
    }
}

fn check_names<const N: usize>(lists: [(&str, &BTreeSet<String>); N], mistakes: &mut Mistakes) {
    let mut seen = BTreeSet::new();
    for (field, names) in lists {
        if names.len() > SWITCHED_TOOLS_MAX {
            mistakes.add(field, ("switches.too_many", format!("must have at most {SWITCHED_TOOLS_MAX} tools")));
        }
        for name in names {
            mistakes.take(field, fields::item_name("switches.name", name));
        }
        if let Some(twice) = names.iter().find(|name| !seen.insert((*name).clone())) {
            mistakes.add(field, ("switches.twice", format!("names {twice:?}, which another list has too")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits::ITEM_NAME_BYTES_MAX;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn changes() {
        let before = ToolSwitches { new_tools: NewTools::On, on: names(&["a"]), off: names(&["b", "c"]) };
        let change = ToolSwitchChange { on: names(&["b"]), off: names(&["a"]), reset: names(&["c"]), new_tools: None };
        let after = before.clone().changed(change);
        assert_eq!(after, ToolSwitches { new_tools: NewTools::On, on: names(&["b"]), off: names(&["a"]) });
        assert_eq!(before.clone().changed(ToolSwitchChange::default()), before);
        let held = ToolSwitchChange { new_tools: Some(NewTools::Held), ..Default::default() };
        assert_eq!(ToolSwitches::default().changed(held).new_tools, NewTools::Held);
    }

    #[test]
    fn mistakes_name_their_field() {
        fn check(on: &[&str], off: &[&str], is_good: bool) {
            let mut mistakes = Mistakes::default();
            ToolSwitches { new_tools: NewTools::On, on: names(on), off: names(off) }.check(&mut mistakes);
            assert_eq!(mistakes.finish(Some(())).is_ok(), is_good, "{on:?} {off:?}");
        }
        check(&["search"], &["delete/repo"], true);
        check(&["a"], &["a"], false);
        check(&[""], &[], false);
        check(&[], &["a\n"], false);
        check(&[&"x".repeat(ITEM_NAME_BYTES_MAX)], &[], true);
        check(&[&"x".repeat(ITEM_NAME_BYTES_MAX + 1)], &[], false);
    }
}
