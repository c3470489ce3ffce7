//! Comma-separated values (RFC 4180) for spreadsheets, which take a cell that begins like a formula for one: such a cell
//! gets an apostrophe before it. Call records hold what strangers' programs say of themselves.

/// One line, with its end.
pub fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

fn cell(text: &str) -> String {
    // Some programs drop what stands before a formula: blanks, and the sign that would end the cell.
    let begins = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '"').chars().next();
    let formula = matches!(begins, Some('=' | '+' | '-' | '@'));
    let text = if formula || text.starts_with(['\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n', ';', '\t']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_cells() {
        for (text, expected) in [
            ("search", "search"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            (" =1", "' =1"),
            ("\u{a0}=1", "'\u{a0}=1"),
            ("\"=1", "\"'\"\"=1\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
        assert_eq!(line(["a", "", "b,c"]), "a,,\"b,c\"\r\n");
    }
}
