//! Dependency arrows between our crates, and what must never reach a node, over `cargo metadata`.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Finding;

/// One row per crate: which of our crates it may depend on, also for its tests.
const MAY_DEPEND: &[(&str, &[&str])] = &[
    ("portway-proto", &[]),
    ("portway-telemetry", &[]),
    ("portway-migrations", &[]),
    ("portway-control-plane", &["portway-proto", "portway-telemetry", "portway-migrations"]),
    ("portway-data-plane", &["portway-proto", "portway-telemetry"]),
    ("portway", &["portway-proto", "portway-control-plane", "portway-data-plane"]),
    (
        "portway-tests",
        &[
            "portway-proto",
            "portway-telemetry",
            "portway-migrations",
            "portway-control-plane",
            "portway-data-plane",
            "portway",
        ],
    ),
    ("portway-bench", &[]),
    ("portway-fuzz", &["portway-data-plane"]),
    ("xtask", &[]),
];

/// A node that can reach the database is a node that can leak it; xtask has to build in seconds.
const NEVER: &[(&str, &[&str])] = &[
    ("portway-proto", SQL),
    ("portway-telemetry", SQL),
    ("portway-data-plane", SQL),
    ("xtask", &["tokio", "sea-orm", "sqlx", "axum", "tonic", "hyper", "reqwest"]),
];

const SQL: &[&str] =
    &["sea-orm", "sea-orm-migration", "sea-query", "sqlx", "rusqlite", "libsqlite3-sys", "postgres", "tokio-postgres"];

/// Findings in the output of `cargo metadata --no-deps`.
pub(crate) fn check(metadata: &str) -> Result<Vec<Finding>> {
    let metadata: Value = serde_json::from_str(metadata).context("cargo metadata is not JSON")?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("cargo metadata lists no packages")?;
    let ours: Vec<&str> = packages.iter().filter_map(name).collect();
    let mut findings = Vec::new();
    for package in packages {
        let crate_name = name(package).context("a package without a name")?;
        let Some((_, allowed)) = MAY_DEPEND.iter().find(|(known, _)| *known == crate_name) else {
            findings.push(Finding::new("Cargo.toml", 0, format!("{crate_name} has no row in tidy's MAY_DEPEND")));
            continue;
        };
        let never = NEVER.iter().find(|(known, _)| *known == crate_name).map_or(&[][..], |(_, never)| never);
        for dependency in package.get("dependencies").and_then(Value::as_array).into_iter().flatten().filter_map(name) {
            if ours.contains(&dependency) && !allowed.contains(&dependency) || never.contains(&dependency) {
                let message = format!("{crate_name} must not depend on {dependency} (docs/adr/0001)");
                findings.push(Finding::new("Cargo.toml", 0, message));
            }
        }
    }
    Ok(findings)
}

fn name(value: &Value) -> Option<&str> {
    value.get("name")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn arrows_point_one_way() {
        let count = |packages: &[(&str, &[&str])], expected: usize| {
            let packages: Vec<_> = packages
                .iter()
                .map(|(name, dependencies)| {
                    let dependencies: Vec<_> =
                        dependencies.iter().map(|name| serde_json::json!({ "name": name })).collect();
                    serde_json::json!({ "name": name, "dependencies": dependencies })
                })
                .collect();
            let metadata = serde_json::json!({ "packages": packages }).to_string();
            let findings = check(&metadata).unwrap();
            assert_eq!(findings.len(), expected, "{metadata}: {findings:?}");
        };
        let leaf: (&str, &[&str]) = ("portway-proto", &["serde"]);
        count(&[leaf, ("portway-data-plane", &["portway-proto", "tokio"])], 0);
        count(&[leaf, ("portway-data-plane", &["portway-proto", "sea-orm", "sqlx"])], 2);
        count(&[("portway-data-plane", &[]), ("portway-control-plane", &["portway-data-plane"])], 1);
        count(&[leaf, ("xtask", &["portway-proto"])], 1);
        count(&[("portway-surprise", &[])], 1);
    }
}
