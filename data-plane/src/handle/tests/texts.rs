//! JSON as nobody would write it and every parser must take it: odd white space, escapes, spellings of numbers, members
//! nobody knows, deep nesting. With holes where the relay may write, so that what must come out is known byte for byte.

use proptest::prelude::*;

/// A message in pieces.
#[derive(Debug, Clone)]
pub(in crate::handle) struct Text(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Fixed(String),
    Id,
    Token,
}

impl Text {
    /// The message with these in the holes.
    pub(in crate::handle) fn with(&self, id: &str, token: &str) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Fixed(text) => text.as_str(),
            Piece::Id => id,
            Piece::Token => token,
        });
        pieces.collect()
    }
}

const MODERN_META: &str =
    r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"x" :1.0}"#;

/// A `tools/call` of a tool called `name`; `meta` are members for its metadata.
pub(in crate::handle) fn call(name: &'static str, is_modern: bool) -> impl Strategy<Value = Text> {
    let parts = (value(), value(), value(), value(), space(), space(), any::<bool>());
    parts.prop_map(move |(arguments, odd, vendor, extra, one, two, id_first)| {
        let fixed = |text: String| Piece::Fixed(text);
        let modern = if is_modern { format!("{MODERN_META},{one}") } else { String::new() };
        let id = || [fixed(format!("{two}\"id\"{one}:{two}")), Piece::Id];
        let mut pieces = vec![fixed(format!("{one}{{{two}\"jsonrpc\"{one}:{two}\"2.0\"{one},"))];
        if id_first {
            pieces.extend(id());
            pieces.push(fixed(",".to_owned()));
        }
        pieces.push(fixed(format!("\"m\\u0065thod\":{one}\"tools/c\\u0061ll\",{two}\"x-extra\":{extra}")));
        pieces.push(fixed(format!(",\"params\"{two}:{{\"x-odd\":{odd},\"name\"{one}:\"{name}\",{two}\"_meta\":{{")));
        pieces.push(fixed(format!("{modern}\"x-vendor\":{one}{vendor},\"progressToken\":{two}")));
        pieces.push(Piece::Token);
        pieces.push(fixed(format!("{one}}},\"arguments\"{one}:{two}{arguments}{one}}}")));
        if !id_first {
            pieces.push(fixed(",".to_owned()));
            pieces.extend(id());
        }
        pieces.push(fixed(format!("{two}}}{one}")));
        Text(pieces)
    })
}

/// The result of a tool.
pub(in crate::handle) fn result() -> impl Strategy<Value = Text> {
    (value(), value(), value(), space(), space()).prop_map(|(content, structured, meta, one, two)| {
        Text(vec![
            Piece::Fixed(format!("{one}{{\"result\"{two}:{{\"content\":[{content}],{one}\"\\u0073tructuredContent\":")),
            Piece::Fixed(format!("{structured}{two},\"isError\":{one}false,\"_meta\":{{\"x\":{meta}}}}}{two},\"id\":")),
            Piece::Id,
            Piece::Fixed(format!("{one},\"jsonrpc\":\"2.0\",\"x-odd\":{meta}{two}}}{one}")),
        ])
    })
}

fn space() -> impl Strategy<Value = String> {
    "[ \t]{0,3}"
}

/// Line breaks too; an event stream carries them as several lines of data.
fn wide_space() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ \t]{0,2}", 1 => "[ \t\n]{1,2}"]
}

fn value() -> impl Strategy<Value = String> {
    let flat = leaf().prop_recursive(4, 24, 4, |inner| {
        let items = (prop::collection::vec(inner.clone(), 0..4), wide_space(), wide_space());
        let array = items.prop_map(|(items, one, two)| format!("[{one}{}{two}]", items.join(&format!("{two},{one}"))));
        let members = (prop::collection::vec((piece(), inner), 0..4), wide_space(), wide_space());
        let object = members.prop_map(|(members, one, two)| {
            let members = members.iter().enumerate();
            let members: Vec<String> =
                members.map(|(number, (key, value))| format!("\"{number}{key}\"{one}:{two}{value}")).collect();
            format!("{{{two}{}{one}}}", members.join(&format!("{one},{two}")))
        });
        prop_oneof![array, object]
    });
    (flat, prop_oneof![3 => 0..2usize, 1 => 40..45usize])
        .prop_map(|(value, depth)| format!("{}{value}{}", "[".repeat(depth), "]".repeat(depth)))
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
        piece().prop_map(|text| format!("\"{text}\"")),
    ]
}

/// A part of a JSON string, between the quotes.
fn piece() -> impl Strategy<Value = String> {
    let escapes = prop::sample::select(vec![
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u0000",
        "\\u00e9",
        "\\uD83D\\uDE00",
        "\u{e9}",
        "\u{1f600}",
        "\u{7f}",
        "\u{2028}",
    ]);
    let parts = prop::collection::vec(prop_oneof!["[ -!#-\\[\\]-~]{0,6}", escapes.prop_map(str::to_owned)], 0..4);
    parts.prop_map(|parts| parts.concat())
}
