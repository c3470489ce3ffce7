//! Texts as YAML scalars: plain where nothing else could be meant, else in double quotes, whose escapes are JSON's. Pure.

/// Words that some reader of YAML takes for something else than text.
const RESERVED: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

pub(super) fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./@+?=&%~ :".contains(letter))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::yaml::{Value, documents};

    #[test]
    fn a_scalar_reads_back_as_it_was() {
        for text in [
            "GitHub",
            "",
            " x",
            "x ",
            "a: b",
            "a:",
            "no",
            "True",
            "null",
            "~",
            "12",
            "1e3",
            "0x1f",
            "- a",
            "#x",
            "a #b",
            "'q'",
            "\"q\"",
            "a\\b",
            "line\nline",
            "tab\t",
            "ünï 漢字 🦀",
            "https://x.example/a?b=c&d=%20",
            "{a}",
            "[a]",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "\u{7f}",
            "\u{85}x\u{2028}",
            "---",
            "...",
        ] {
            let nodes =
                documents(&format!("key: {}\n", scalar(text))).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
            let Value::Map(entries) = &nodes[0].value else { panic!("{text:?}") };
            let Value::Scalar { text: read, .. } = &entries[0].node.value else { panic!("{text:?}") };
            assert_eq!(read, text);
            assert!(!entries[0].node.is_null(), "{text:?}");
        }
    }
}
