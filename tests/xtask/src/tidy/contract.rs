//! Protobuf numbers are for ever: compares the contract with the one on main, which older nodes speak.

use std::collections::BTreeMap;

use super::{File, Finding};
use crate::command::{command, output};

/// Fields of a message, or values of an enum: number → (name, type).
#[derive(Debug, Default, PartialEq, Eq)]
struct Block {
    numbers: BTreeMap<i64, (String, String)>,
    reserved: Vec<(i64, i64)>,
}

pub(crate) fn check(files: &[File]) -> Vec<Finding> {
    let changed = files.iter().filter(|file| file.path.ends_with(".proto")).filter_map(|file| {
        // A new file, or a clone without the branch, has nothing to be compared with.
        let landed = ["main", "origin/main"]
            .iter()
            .find_map(|branch| output(&mut command("git", &["show", &format!("{branch}:{}", file.path)])).ok())?;
        Some(compare(&file.path, &landed, &file.text))
    });
    changed.flatten().collect()
}

fn compare(path: &str, landed: &str, proposed: &str) -> Vec<Finding> {
    let proposed = blocks(proposed);
    let mut findings = Vec::new();
    for (block_name, before) in blocks(landed) {
        let Some(after) = proposed.get(&block_name) else { continue };
        for (number, (name, kind)) in before.numbers {
            let message = match after.numbers.get(&number) {
                Some((now, kind_now)) if *now == name && *kind_now == kind => continue,
                Some((now, kind_now)) => {
                    format!("{block_name}: number {number} was `{kind} {name}` and is now `{kind_now} {now}`")
                }
                None if after.numbers.values().any(|(now, _)| *now == name) => {
                    format!("{block_name}: `{name}` had number {number} and was renumbered")
                }
                None if after.reserved.iter().any(|(from, to)| (*from..=*to).contains(&number)) => continue,
                None => format!("{block_name}: `{name}` is gone: write `reserved {number};`"),
            };
            findings.push(Finding::new(path, 0, format!("{message}; older nodes speak the landed contract")));
        }
        for (from, to) in before.reserved {
            if let Some((number, (name, _))) = after.numbers.range(from..=to).next() {
                let message = format!("{block_name}: `{name}` takes number {number}, which is reserved");
                findings.push(Finding::new(path, 0, message));
            }
        }
    }
    findings
}

/// Messages and enums by their dotted names; `oneof` fields belong to the message around them.
fn blocks(text: &str) -> BTreeMap<String, Block> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    let mut found: BTreeMap<String, Block> = BTreeMap::new();
    // None is a level that is no block of its own: oneof, service, rpc options.
    let mut levels: Vec<Option<String>> = Vec::new();
    let mut statement = String::new();
    for character in code.chars() {
        match character {
            '{' => {
                let outer = levels.iter().rev().flatten().next();
                let mut words = statement.split_whitespace();
                let level = match (words.next(), words.next()) {
                    (Some("message" | "enum"), Some(name)) => {
                        Some(outer.map_or_else(|| name.to_owned(), |outer| format!("{outer}.{name}")))
                    }
                    _ => None,
                };
                if let Some(name) = &level {
                    found.entry(name.clone()).or_default();
                }
                levels.push(level);
                statement.clear();
            }
            '}' => {
                levels.pop();
                statement.clear();
            }
            ';' => {
                let innermost = levels.iter().rev().flatten().next();
                if let Some(block) = innermost.and_then(|name| found.get_mut(name)) {
                    declare(block, &statement);
                }
                statement.clear();
            }
            other => statement.push(other),
        }
    }
    found
}

fn declare(block: &mut Block, statement: &str) {
    if let Some(reserved) = statement.trim_start().strip_prefix("reserved ") {
        for part in reserved.split(',').map(str::trim) {
            let (from, to) = part.split_once(" to ").unwrap_or((part, part));
            let to = if to.trim() == "max" { Ok(i64::MAX) } else { to.trim().parse() };
            if let (Ok(from), Ok(to)) = (from.trim().parse(), to) {
                block.reserved.push((from, to));
            }
        }
        return;
    }
    // `repeated string name = 3 [deprecated = true]`, `map<string, string> labels = 4`, `VALUE = 0`
    let Some((left, right)) = statement.split_once('=') else { return };
    let number = right.split('[').next().unwrap_or_default().trim().parse();
    let mut words: Vec<&str> = left.split_whitespace().collect();
    if let (Ok(number), Some(name)) = (number, words.pop())
        && words.first() != Some(&"option")
    {
        block.numbers.insert(number, (name.to_owned(), words.join(" ")));
    }
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn numbers_are_for_ever() {
        let landed = "
            service S { rpc Get(A) returns (A); }
            message A {
              reserved 9, 20 to 29;
              string name = 1; // old = 7;
              oneof body { B b = 2; bytes c = 3; }
              map<string, string> labels = 4 [deprecated = true];
              message B { uint64 at = 1; }
              enum E { NONE = 0; SOME = 1; }
            }";
        let check = |from: &str, to: &str, expected: usize| {
            let proposed = landed.replace(from, to);
            assert!(from.is_empty() || proposed != landed, "{from}");
            let findings = compare("x.proto", landed, &proposed);
            assert_eq!(findings.len(), expected, "{from} -> {to}: {findings:?}");
        };
        check("", "", 0);
        check("uint64 at = 1;", "uint64 at = 1; bytes more = 2;", 0);
        check("uint64 at = 1", "uint64 at = 2", 1);
        check("uint64 at = 1", "string at = 1", 1);
        check("uint64 at = 1", "uint64 when = 1", 1);
        check("bytes c = 3;", "", 1);
        check("bytes c = 3; }", "} reserved 3; reserved \"c\";", 0);
        check("SOME = 1", "OTHER = 1", 1);
        check("string name = 1;", "string name = 1; string late = 25;", 1);
        check("message B { uint64 at = 1; }", "", 0);
    }
}
