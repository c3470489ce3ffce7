//! What was found, and how it is shown: one line each, and below it what to do.

use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Ok,
    Warn,
    Fail,
    /// Not looked at, for want of something.
    Skip,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
            Self::Skip => "skip",
        }
    }
}

#[derive(Debug)]
struct Finding {
    verdict: Verdict,
    subject: String,
    found: String,
    todo: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn ok(&mut self, subject: &str, found: impl Into<String>) {
        self.add(Verdict::Ok, subject, found.into(), None);
    }

    pub(super) fn warn(&mut self, subject: &str, found: impl Into<String>, todo: &str) {
        self.add(Verdict::Warn, subject, found.into(), Some(todo));
    }

    pub(super) fn fail(&mut self, subject: &str, found: impl Into<String>, todo: &str) {
        self.add(Verdict::Fail, subject, found.into(), Some(todo));
    }

    pub(super) fn skip(&mut self, subject: &str, found: &str) {
        self.add(Verdict::Skip, subject, found.to_owned(), None);
    }

    /// Good, or what it is otherwise.
    pub(super) fn check(&mut self, good: bool, subject: &str, found: impl Into<String>, todo: &str) {
        if good { self.ok(subject, found) } else { self.fail(subject, found, todo) }
    }

    pub(super) fn fails(&self) -> bool {
        self.findings.iter().any(|finding| finding.verdict == Verdict::Fail)
    }

    pub(super) fn json(&self) -> Value {
        let findings = self.findings.iter().map(|finding| {
            let Finding { verdict, subject, found, todo } = finding;
            json!({ "verdict": verdict.word().to_lowercase(), "subject": subject, "found": found, "todo": todo })
        });
        json!({ "ok": !self.fails(), "findings": findings.collect::<Vec<_>>() })
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let width = self.findings.iter().map(|finding| finding.subject.chars().count()).max().unwrap_or_default();
        let mut lines = Vec::new();
        for Finding { verdict, subject, found, todo } in &self.findings {
            let found = found.replace('\n', "\n      ");
            lines.push(format!("{:4}  {subject:width$}  {found}", verdict.word()));
            lines.extend(todo.iter().map(|todo| format!("      → {todo}")));
        }
        let count = |verdict| self.findings.iter().filter(|finding| finding.verdict == verdict).count();
        let [ok, warn, fail] = [Verdict::Ok, Verdict::Warn, Verdict::Fail].map(count);
        lines.push(format!("{ok} ok, {warn} to look at, {fail} failed"));
        lines
    }

    fn add(&mut self, verdict: Verdict, subject: &str, found: String, todo: Option<&str>) {
        self.findings.push(Finding { verdict, subject: subject.to_owned(), found, todo: todo.map(str::to_owned) });
    }
}

/// An error with all its causes on one line.
pub(super) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    causes.collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_to_do_and_fails_only_by_failures() {
        let mut report = Report::default();
        report.ok("clock", "0 s apart");
        report.warn("certificate", "9 days left", "renew it");
        assert!(!report.fails());
        report.fail("nodes", "none", "start one");
        assert!(report.fails());
        assert_eq!(
            report.lines(),
            [
                "ok    clock        0 s apart",
                "warn  certificate  9 days left",
                "      → renew it",
                "FAIL  nodes        none",
                "      → start one",
                "1 ok, 1 to look at, 1 failed",
            ]
        );
        assert_eq!(report.json()["findings"][2]["verdict"], "fail");
    }
}
