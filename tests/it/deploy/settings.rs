//! Settings as compose.yaml has them. The file is read line by line: what is looked for are `PORTWAY_…: value` lines,
//! of one plane until a service says more.

use std::collections::BTreeMap;

use super::deploy;

pub(super) struct Compose {
    text: String,
}

impl Compose {
    pub(super) fn read() -> Self {
        Self { text: std::fs::read_to_string(deploy().join("compose.yaml")).expect("compose.yaml") }
    }

    /// The environment of a service, each value passed through `place`.
    pub(super) fn of(&self, service: &str, place: impl Fn(&str) -> String) -> BTreeMap<String, String> {
        let prefix = if service == "control-plane" { "PORTWAY_CONTROL_" } else { "PORTWAY_NODE_" };
        let mut found = BTreeMap::new();
        let (mut block, mut is_services) = ("", false);
        for line in self.text.lines() {
            // Shared blocks stand at the margin, services two further in.
            if line.starts_with(|first: char| first.is_ascii_lowercase()) {
                block = line.split(':').next().unwrap_or_default();
                is_services = block == "services";
            } else if let Some(name) = line.strip_prefix("  ").and_then(|name| name.strip_suffix(':'))
                && is_services
                && !name.starts_with(' ')
            {
                block = name;
            }
            let Some((name, value)) = line.trim().split_once(": ").filter(|(name, _)| name.starts_with(prefix)) else {
                continue;
            };
            if block.starts_with("x-") || block == service {
                found.insert(name.to_owned(), place(&plain(value)));
            }
        }
        assert!(found.len() > 5, "{service}: {found:?}");
        found
    }
}

/// Without YAML's quotes, and with the defaults of what compose takes from the environment.
fn plain(value: &str) -> String {
    let mut value = value.trim().trim_matches('\'').to_owned();
    while let Some((before, rest)) = value.split_once("${") {
        let (variable, after) = rest.split_once('}').expect("closed");
        let (_, default) = variable.split_once(":-").expect("a default");
        value = format!("{before}{default}{after}");
    }
    value
}
