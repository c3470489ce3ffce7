//! `preset: github` fills in what the file does not say itself.

use control_plane::domain::preset::{self, Preset};

use super::super::yaml::{Entry, Node, Value};
use super::{Reader, camel, find};

impl Reader<'_> {
    /// The entries of a server, with those of the preset that they name where they say nothing themselves.
    pub(super) fn with_preset(&mut self, entries: &[Entry]) -> Option<Vec<Entry>> {
        let Some(node) = find(entries, "preset") else { return Some(entries.to_vec()) };
        let name = self.text(node, "spec.preset")?;
        let Some(preset) = preset::find(name) else {
            let known: Vec<&str> = preset::all().iter().map(|preset| preset.slug.as_str()).collect();
            self.wrong(node.line, "spec.preset", format!("{name} is unknown; expected {}", known.join(", ")));
            return None;
        };
        Some(filled(entries, preset, node.line))
    }
}

/// `line` is where the preset is named: its own words have no other place.
fn filled(entries: &[Entry], preset: &Preset, line: usize) -> Vec<Entry> {
    let mut filled = entries.to_vec();
    for (key, text) in
        [("displayName", &preset.display_name), ("description", &preset.description), ("url", &preset.upstream_url)]
    {
        if find(entries, key).is_none() {
            let value = Value::Scalar { text: text.clone(), plain: false };
            filled.push(Entry { line, key: key.to_owned(), node: Node { line, value } });
        }
    }
    let auth = in_files(&preset.outbound_auth, line);
    match filled.iter_mut().find(|entry| entry.key == "outboundAuth") {
        None => filled.push(Entry { line, key: "outboundAuth".to_owned(), node: auth }),
        Some(entry) => complete(&mut entry.node, &auth),
    }
    filled
}

/// Adds to a mapping what it leaves out, unless it is about another kind of thing.
fn complete(node: &mut Node, with: &Node) {
    let (Value::Map(entries), Value::Map(more)) = (&mut node.value, &with.value) else { return };
    let kind = |entries: &[Entry]| find(entries, "kind").map(|node| node.value.clone());
    let text = |value: &Value| match value {
        Value::Scalar { text, .. } => text.clone(),
        _ => String::new(),
    };
    let same = kind(entries).is_none_or(|own| kind(more).is_some_and(|other| text(&own) == text(&other)));
    if same {
        let missing = more.iter().filter(|entry| find(entries, &entry.key).is_none()).cloned().collect::<Vec<_>>();
        entries.extend(missing);
    }
}

/// JSON of the API in the words of files: keys, and the kind, in camel case. Parameters have names of their own.
fn in_files(json: &serde_json::Value, line: usize) -> Node {
    let scalar = |text: String, plain: bool| Value::Scalar { text, plain };
    let value = match json {
        serde_json::Value::String(text) => scalar(text.clone(), false),
        serde_json::Value::Array(items) => Value::List(items.iter().map(|item| in_files(item, line)).collect()),
        serde_json::Value::Object(members) => Value::Map(
            members
                .iter()
                .map(|(key, value)| {
                    let node = match (key.as_str(), value.as_str()) {
                        ("kind", Some(kind)) => Node { line, value: scalar(camel(kind), false) },
                        ("extra_parameters", _) => verbatim(value, line),
                        _ => in_files(value, line),
                    };
                    Entry { line, key: camel(key), node }
                })
                .collect(),
        ),
        other => scalar(other.to_string(), true),
    };
    Node { line, value }
}

fn verbatim(json: &serde_json::Value, line: usize) -> Node {
    let entries = json.as_object().into_iter().flatten().map(|(key, value)| {
        let text = value.as_str().unwrap_or_default().to_owned();
        Entry { line, key: key.clone(), node: Node { line, value: Value::Scalar { text, plain: false } } }
    });
    Node { line, value: Value::Map(entries.collect()) }
}
