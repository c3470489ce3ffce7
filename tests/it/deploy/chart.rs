//! The chart's settings, as helm writes them for every set of values, read by the real programs.

use std::path::{Path, PathBuf};

use super::{deploy, succeeds, tool};
use crate::binaries::program;

/// From the stage `deploy` of `cargo xtask test`, which installs it.
fn helm() -> PathBuf {
    let helm = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/.venv/bin/helm");
    assert!(helm.is_file(), "helm is not installed: cargo xtask test --only deploy");
    helm
}

/// The file in the ConfigMap that a template makes.
async fn rendered(values: &Path, plane: &str, file: &str) -> String {
    let mut template = tool(helm().to_str().unwrap());
    template.args(["template", "portway", "--kube-version", "1.30.0", "--show-only"]);
    template.arg(format!("templates/{plane}/settings.yaml")).arg("--values").arg(values);
    template.arg(deploy().join("helm/portway"));
    let text = succeeds(template).await;
    let (_, text) = text.split_once(&format!("{file}: |\n")).expect("the file");
    text.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn both_planes_understand_the_settings_of_the_chart() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    let mut prepare = tool(deploy().join("prepare").to_str().unwrap());
    prepare.arg(&secrets);
    succeeds(prepare).await;
    std::fs::write(folder.path().join("node"), "pwn_a-secret\n").unwrap();
    std::fs::write(folder.path().join("otlp"), "authorization=Basic YTpi\n").unwrap();
    let places = [
        ("/run/secrets/portway/kek", secrets.join("kek")),
        ("/run/secrets/grpc/tls.crt", secrets.join("grpc.crt")),
        ("/run/secrets/grpc/tls.key", secrets.join("grpc.key")),
        ("/run/secrets/grpc/ca.crt", secrets.join("grpc-ca.crt")),
        ("/run/secrets/state/key", secrets.join("state-key")),
        ("/run/secrets/redis/url", secrets.join("redis-url")),
        ("/run/secrets/enrolment/secret", folder.path().join("node")),
        ("/run/secrets/otlp/headers", folder.path().join("otlp")),
        ("/var/lib/portway-node/state", folder.path().join("state")),
    ];
    let placed =
        |text: String| places.iter().fold(text, |text, (there, here)| text.replace(there, here.to_str().unwrap()));
    let mut seen = 0;
    for values in std::fs::read_dir(deploy().join("helm/portway/ci")).unwrap() {
        let values = values.unwrap().path();
        let control = folder.path().join("control-plane.toml");
        std::fs::write(&control, placed(rendered(&values, "control-plane", "control-plane.toml").await)).unwrap();
        let mut check = program("portway-control-plane");
        check.args(["check-config", "--config"]).arg(&control).envs([
            ("PORTWAY_CONTROL_DATABASE__URL", "postgres://app@localhost/gateway"),
            ("PORTWAY_CONTROL_DATABASE__SYSTEM_URL", "postgres://system@localhost/gateway"),
            ("PORTWAY_CONTROL_DATABASE__CONNECTIONS_MAX", "20"),
        ]);
        succeeds(check).await;
        let node = folder.path().join("data-plane.toml");
        std::fs::write(&node, placed(rendered(&values, "node", "data-plane.toml").await)).unwrap();
        let mut check = program("portway-data-plane");
        check.args(["--check-config", "--config"]).arg(&node).env("PORTWAY_NODE_NODE_ID", "portway-node-0");
        succeeds(check).await;
        seen += 1;
    }
    assert!(seen > 1, "there are no sets of values");
}

/// Variables that announce Services would be read as settings: both planes refuse to start with them, so the chart must
/// switch them off for every pod.
#[test]
fn no_pod_is_told_about_services() {
    for template in ["control-plane/deployment.yaml", "control-plane/migrate.yaml", "node/statefulset.yaml"] {
        let text = std::fs::read_to_string(deploy().join("helm/portway/templates").join(template)).unwrap();
        assert!(text.contains("enableServiceLinks: false"), "{template}");
    }
}
