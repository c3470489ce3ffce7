//! `scim2-tester`, which nobody here wrote, against a running control plane.

use std::process::Stdio;

use tokio::process::Command;
use world::on_both;

use super::Idp;

/// Checks that a run has at least; fewer means that the tester found nothing to test.
const CHECKS_MIN: usize = 100;

on_both! {
    async fn every_check_of_scim2_tester_passes(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = world.tenant("acme").await;
        let idp = Idp::of(&owner, &world).await;
        let program = world::generated::root().join("tests/clients/.venv/bin/scim2");
        let output = Command::new(program)
            .args(["--url", &idp.base, "test", "--verbose"])
            .env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {}", idp.token))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{text}\n{errors}");
        let passed = text.matches("SUCCESS").count();
        assert!(passed >= CHECKS_MIN, "{passed} checks: {text}");
        assert!(!text.contains("ERROR") && !text.contains("CRITICAL"), "{text}");
    }
}
