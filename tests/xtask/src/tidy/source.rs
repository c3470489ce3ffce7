//! Rust source reduced to its code: comments and the contents of literals become spaces, lines stay where they are.
//! A scanner, not a parser: good enough to tell a mention in code from a mention in prose.

/// `text` with comments, strings and character literals blanked.
pub(crate) fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let previous = code.chars().next_back();
        let skipped = blank_length(rest, previous);
        if skipped == 0 {
            code.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            let (blank, after) = rest.split_at_checked(skipped).unwrap_or((rest, ""));
            code.extend(blank.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
            rest = after;
        }
    }
    code
}

/// How many bytes at the start of `rest` are a comment or a literal; 0 when it is code.
fn blank_length(rest: &str, previous: Option<char>) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    // `r#"` only where an identifier cannot continue: `for"` is not a raw string.
    let in_word = previous.is_some_and(|character| character.is_alphanumeric() || character == '_');
    if !in_word && let Some(length) = raw_string(rest) {
        return length;
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if rest.starts_with('\'') {
        return character_literal(rest);
    }
    0
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        let step = if here.starts_with("/*") {
            depth += 1;
            2
        } else if here.starts_with("*/") {
            depth -= 1;
            2
        } else {
            here.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after.get(hashes..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - body.len();
    Some(body.find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// `'x'` and `'\n'` are literals, `'static` is a lifetime.
fn character_literal(rest: &str) -> usize {
    let mut characters = rest.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some('\\'), _) => quoted(rest, '\''),
        (Some(only), Some('\'')) => 2 + only.len_utf8(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::code_only;

    #[test]
    fn only_code_is_left() {
        let check = |input: &str, expected: &str| {
            assert_eq!(code_only(input), expected, "{input}");
            assert_eq!(code_only(input).lines().count(), input.lines().count());
        };
        check("use axum; // tokio", "use axum;         ");
        check("a /* b /* c */ d */ e", "a                   e");
        check("f(\"tokio\\\"::\", x)", "f(           , x)");
        check("r#\"a\"b\"# + c", "         + c");
        check("fn f<'a>(x: &'a str) { '{' }", "fn f<'a>(x: &'a str) {     }");
        check("'\\'' y", "     y");
        check("\"a\nb\" c", "  \n   c");
        check("attr\"x\"", "attr   ");
    }
}
