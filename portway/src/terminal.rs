//! Talking to the person at the terminal: answers on standard output, everything else on standard error. The only module
//! that prints; nothing secret passes here except what is shown once by design.

use std::io::{self, BufRead, IsTerminal, Write};

/// One line of the answer. A reader that went away (`| head`) is no failure.
pub fn say(line: &str) {
    writeln!(io::stdout().lock(), "{line}").or_else(ignore_closed_pipe).ok();
}

/// A piece of an answer that comes in pieces; false when the reader went away.
pub fn put(piece: &[u8]) -> io::Result<bool> {
    match io::stdout().lock().write_all(piece) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// One line about the work, not part of the answer.
pub fn note(line: &str) {
    writeln!(io::stderr().lock(), "{line}").or_else(ignore_closed_pipe).ok();
}

/// Rows under a heading, in columns as wide as their widest cell.
pub fn table<const COLUMNS: usize>(heading: [&str; COLUMNS], rows: &[[String; COLUMNS]]) {
    for line in columns(heading, rows) {
        say(&line);
    }
}

/// Asks for `word` to be typed; anything else, or no terminal to ask at, is no.
pub fn confirm(question: &str, word: &str) -> bool {
    if !io::stdin().is_terminal() {
        note(&format!("{question} There is no terminal to ask at: pass --yes to go on."));
        return false;
    }
    note(question);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == word
}

fn ignore_closed_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

fn columns<const COLUMNS: usize>(heading: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> Vec<String> {
    let mut widths = heading.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; COLUMNS]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let body = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
    std::iter::once(line(heading)).chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["acme", "Acme"], ["a-long-slug", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(columns(["SLUG", "NAME"], &rows), ["SLUG         NAME", "acme         Acme", "a-long-slug"]);
    }
}
