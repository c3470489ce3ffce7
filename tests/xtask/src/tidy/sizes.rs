//! Sizes that want a second look. Hints only: a long table may well be one thing.

use super::{File, source};

const FILE_LINES: usize = 350;
const FUNCTION_LINES: usize = 70;

pub(crate) fn hints(file: &File) -> Vec<String> {
    let File { path, text } = file;
    if !path.ends_with(".rs") || path.contains("/gen/") {
        return Vec::new();
    }
    let mut hints = Vec::new();
    let length = text.lines().count();
    if length > FILE_LINES {
        hints.push(format!("{path}: {length} lines; does it hold two nouns?"));
    }
    for function in functions(&source::code_only(text)).into_iter().filter(|function| function.lines > FUNCTION_LINES) {
        hints.push(format!("{path}:{}: `{}` has {} lines", function.line, function.name, function.lines));
    }
    hints
}

#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// Functions with a body, by counting braces in code without literals.
fn functions(code: &str) -> Vec<Function> {
    let starts = code.match_indices("fn ").filter(|(at, _)| {
        code.get(..*at).is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    });
    starts.filter_map(|(at, _)| function(code, at)).collect()
}

fn function(code: &str, at: usize) -> Option<Function> {
    let signature = code.get(at + 3..)?;
    let name: String = signature.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let open = signature.find(['{', ';']).filter(|open| signature.get(*open..).is_some_and(|s| s.starts_with('{')))?;
    let mut depth = 0_usize;
    let end = signature.get(open..)?.char_indices().find_map(|(at, character)| {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(open + at)
    })?;
    let line = code.get(..at)?.matches('\n').count() + 1;
    let lines = signature.get(..end)?.matches('\n').count() + 1;
    (!name.is_empty()).then_some(Function { name, line, lines })
}

#[cfg(test)]
mod tests {
    use super::{Function, functions};

    #[test]
    fn functions_are_measured() {
        let check = |code: &str, expected: &[(&str, usize, usize)]| {
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, line, lines)| Function { name: (*name).to_owned(), line: *line, lines: *lines })
                .collect();
            assert_eq!(functions(code), expected, "{code}");
        };
        check("fn a() {}", &[("a", 1, 1)]);
        check("\npub async fn b(x: u8)\n{\n  if x { y }\n}\n", &[("b", 2, 4)]);
        check("trait T { fn c(&self); }", &[]);
        check("type F = fn (u8) -> u8;", &[]);
    }
}
