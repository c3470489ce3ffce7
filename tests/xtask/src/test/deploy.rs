//! What lies in `deploy/`, looked at by the programs that will read it: Docker's compose, helm, the schemas of Kubernetes,
//! Prometheus. Nothing is started and nothing is pulled; the real programs on these settings are tests of `it/deploy.rs`.

mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use self::tools::Tools;
use crate::command::{command, output, root};

const CHART: &str = "deploy/helm/portway";
const OBSERVABILITY: &str = "deploy/observability";
/// The oldest that the chart admits, and the newest that there are schemas of.
const KUBERNETES: [&str; 2] = ["1.30", "1.37"];
/// Kinds that clusters have by an operator of others: there is no schema of them here.
const FOREIGN_KINDS: [&str; 1] = ["ServiceMonitor"];

/// Values without which the chart must refuse, in words that name them (I13: no default secret).
const REQUIRED: [&str; 8] = [
    "publicOrigin",
    "gatewayOrigins",
    "controlPlane.secrets.keyEncryption",
    "controlPlane.secrets.database",
    "controlPlane.secrets.grpcTls",
    "node.secrets.enrolment",
    "node.secrets.state",
    "node.secrets.redis",
];

/// Variables of the dashboards, and a value for each.
const VARIABLES: [(&str, &str); 3] = [("$__rate_interval", "5m"), ("$node", ".*"), ("$replica", ".*")];

pub(super) fn run() -> Result<()> {
    let tools = Tools::find()?;
    let scratch = Scratch::new()?;
    said("Dockerfile", &mut command(&tools.hadolint, &["deploy/Dockerfile"]))?;
    let compose = ["--file", "deploy/compose.yaml", "--profile", "observability", "config", "--quiet"];
    said("compose.yaml", &mut command(&tools.compose, &compose))?;
    let ingress = root().join("deploy/ingress/nginx.yaml");
    valid(&tools, &ingress).context("deploy/ingress/nginx.yaml")?;
    println!("ingress/nginx.yaml: good");
    chart(&tools, &scratch)?;
    let rules = root().join(OBSERVABILITY);
    for words in [
        ["check", "rules", "alerts.yaml"],
        ["check", "config", "prometheus.yml"],
        ["test", "rules", "alerts.test.yaml"],
    ] {
        said(words[2], command(&tools.promtool, &words).current_dir(&rules))?;
    }
    dashboards(&tools, &scratch)
}

/// Every set of values in `ci/` makes objects that Kubernetes takes; a set without a required value makes none.
fn chart(tools: &Tools, scratch: &Scratch) -> Result<()> {
    let sets = files(&root().join(CHART).join("ci"), "yaml")?;
    ensure!(sets.len() > 1, "there are no sets of values in {CHART}/ci");
    for values in &sets {
        let name = values.file_stem().unwrap_or_default().to_string_lossy();
        said(&format!("chart, {name}"), command(&tools.helm, &["lint", "--strict", CHART, "--values"]).arg(values))?;
        let rendered = output(&mut template(tools, values))?;
        ensure!(!rendered.contains("kind: Secret\n"), "the chart makes a Secret: it must take those that there are");
        valid(tools, &scratch.file(&format!("{name}.yaml"), &rendered)?).with_context(|| format!("values {name}"))?;
    }
    let full = root().join(CHART).join("ci/full.yaml");
    for value in REQUIRED {
        let empty = if value == "gatewayOrigins" { "=null" } else { "=" };
        let refused = output(template(tools, &full).arg("--set").arg(format!("{value}{empty}")));
        let message = refused.err().with_context(|| format!("the chart installs without {value}"))?.to_string();
        ensure!(message.contains(&format!("{value}: ")), "without {value} the chart does not say so:\n{message}");
    }
    let unknown = output(template(tools, &full).args(["--set", "node.replcias=3"]));
    ensure!(unknown.is_err(), "the chart takes a value that it does not know");
    println!("chart: {} sets of values, {} refusals", sets.len(), REQUIRED.len() + 1);
    Ok(())
}

fn template(tools: &Tools, values: &Path) -> Command {
    let words = ["template", "portway", CHART, "--namespace", "portway", "--kube-version", "1.30.0", "--values"];
    let mut command = command(&tools.helm, &words);
    command.arg(values);
    command
}

/// Strictly: an unknown field is a typing error.
fn valid(tools: &Tools, file: &Path) -> Result<()> {
    for version in KUBERNETES {
        let mut validate = command(&tools.kubernetes_validate, &["--strict", "--kubernetes-version", version]);
        let done = validate.arg(file).output()?;
        let text = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        let bad: Vec<&str> = text.lines().filter(|line| !is_good(line)).collect();
        ensure!(done.status.success() && bad.is_empty(), "Kubernetes {version} refuses it:\n{}", bad.join("\n"));
        ensure!(text.contains("INFO"), "nothing was looked at for Kubernetes {version}:\n{text}");
    }
    Ok(())
}

fn is_good(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || line.starts_with("INFO")
        || FOREIGN_KINDS.iter().any(|kind| line.contains(&format!("schema for kind {kind} ")))
}

/// Every question of a dashboard is one that Prometheus understands.
fn dashboards(tools: &Tools, scratch: &Scratch) -> Result<()> {
    let boards = files(&root().join(OBSERVABILITY).join("dashboards"), "json")?;
    let mut rules = Vec::new();
    for board in &boards {
        let text = fs::read_to_string(board)?;
        let board: Value = serde_json::from_str(&text).with_context(|| board.display().to_string())?;
        let mut questions = Vec::new();
        collect(&board, "expr", &mut questions);
        for question in questions {
            let known = VARIABLES.iter().fold(question, |text, (variable, value)| text.replace(variable, value));
            rules.push(json!({ "record": format!("dashboard:question:{}", rules.len()), "expr": known }));
        }
    }
    ensure!(!rules.is_empty(), "no dashboard asks for anything");
    let count = rules.len();
    // JSON is YAML.
    let rules = json!({ "groups": [{ "name": "dashboards", "rules": rules }] }).to_string();
    let rules = scratch.file("dashboards.yaml", &rules)?;
    said(
        &format!("{} dashboards, {count} questions", boards.len()),
        command(&tools.promtool, &["check", "rules"]).arg(rules),
    )
}

/// Every text under `key`, however deep.
fn collect(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get(key).and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, key, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, found)),
        _ => {}
    }
}

/// One line when it is good, all that was said when it is not: linters speak on standard output.
fn said(what: &str, command: &mut Command) -> Result<()> {
    let done = command.output().with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
    if !done.status.success() {
        let text = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        bail!("{what}: {}\n{}", done.status, text.trim_end());
    }
    println!("{what}: good");
    Ok(())
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == extension));
    files.sort();
    Ok(files)
}

/// A folder for what is made on the way; gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("portway-deploy-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self(folder))
    }

    fn file(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.0.join(name);
        fs::write(&file, text)?;
        Ok(file)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::{collect, is_good};

    #[test]
    fn unknown_kinds_are_not_good() {
        assert!(is_good("INFO a.yaml passed for resource service/x against version 1.30"));
        assert!(is_good("WARN a.yaml Couldn't find schema for kind ServiceMonitor with api version m/v1"));
        assert!(!is_good("WARN a.yaml Couldn't find schema for kind StatefullSet with api version apps/v1"));
        assert!(!is_good("ERROR a.yaml did not validate"));
    }

    #[test]
    fn questions_are_found_however_deep() {
        let mut found = Vec::new();
        let board = serde_json::json!({"panels": [{"targets": [{"expr": "up"}]}, {"panels": [{"expr": "down"}]}]});
        collect(&board, "expr", &mut found);
        assert_eq!(found, ["up", "down"]);
    }
}
