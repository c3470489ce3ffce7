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

/// Several lines as they are, each behind `indent`, where that says the same; else as a scalar.
pub(super) fn block(text: &str, indent: &str) -> String {
    let is_safe = |line: &str| !line.starts_with([' ', '\t']) && line.chars().all(|letter| matches!(letter, ' '..='~'));
    let (body, keep) = match text.strip_suffix('\n') {
        Some(body) => (body, "|"),
        None => (text, "|-"),
    };
    if body.is_empty() || body.ends_with('\n') || !body.contains('\n') || !body.split('\n').all(is_safe) {
        return scalar(text);
    }
    let lines =
        body.split('\n').map(|line| if line.is_empty() { "\n".to_owned() } else { format!("\n{indent}{line}") });
    format!("{keep}{}", lines.collect::<String>())
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

    #[test]
    fn a_block_reads_back_as_it_was() {
        for text in [
            "-----BEGIN-----\nabc=\n-----END-----\n",
            "a\nb",
            "a\n\nb\n",
            "\na\n",
            "a\n\n",
            "a\r\nb\n",
            " a\nb\n",
            "a",
            "",
            "#a\n- b\n",
        ] {
            let written = format!("x:\n  key: {}\n  next: 1\n", block(text, "    "));
            let nodes = documents(&written).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
            let Value::Map(entries) = &nodes[0].value else { panic!("{text:?}") };
            let Value::Map(entries) = &entries[0].node.value else { panic!("{text:?}") };
            let Value::Scalar { text: read, .. } = &entries[0].node.value else { panic!("{text:?}") };
            assert_eq!((read.as_str(), entries.len()), (text, 2), "{written}");
        }
    }
}
