//! `portway audit`: what is exported is checked by itself.

use control_plane::domain::audit::{Actor, AuditEntry};
use serde_json::{Value, json};
use world::{World, on_both};

use super::history;
use crate::apply::Pipeline;

on_both! {
    async fn a_long_log_comes_whole_and_in_order(setup: Setup) {
        let world = setup.nodes(0).start().await;
        let owner = history(&world).await;
        let store = world.app().store.tenant(world.tenant_id("acme").await).await.unwrap();
        for number in 0..2_500 {
            let detail = json!({ "number": number });
            store.audit(AuditEntry { actor: Actor::System, action: "test.counted", target_kind: "test", target_id: None, detail });
        }
        store.commit().await.unwrap();
        let answer = owner.browser.client().get(format!("{}/api/v1/tenants/acme/audit/export", owner.auth_origin()));
        let answer = answer.send().await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/x-ndjson");
        assert!(header("content-disposition").starts_with("attachment; filename=\"audit-1-"), "{answer:?}");
        assert_eq!(header("cache-control"), "no-store");
        let text = answer.text().await.unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["last_seq"], lines.len() as i64 - 1, "{}", lines[0]);
        for (seq, line) in (1..).zip(&lines[1..]) {
            assert_eq!(line["seq"], seq);
        }
        let counted = lines.iter().filter(|line| line["action"] == "test.counted").count();
        assert_eq!(counted, 2_500);
        let verified = owner.get("audit/verification").await.ok();
        assert_eq!((&verified["intact"], &verified["checked"]), (&json!(true), &lines[0]["last_seq"]), "{verified}");
        let part = owner.get(&format!("audit/verification?after={}", 1_000)).await.ok();
        assert_eq!((&part["intact"], part["checked"].as_i64()), (&json!(true), lines[0]["last_seq"].as_i64().map(|last| last - 1_000)));
    }
}

#[tokio::test]
async fn a_file_is_checked_by_itself() {
    let world = World::setup().nodes(0).start().await;
    let owner = history(&world).await;
    let pipeline = Pipeline::of(&world, &owner).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.ndjson");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    let path = file.display().to_string();
    // Offline: nobody is asked, and no key is there.
    let check = async |anchor: Option<&str>| {
        let mut words = vec!["audit", "verify", "--file", &path];
        words.extend(anchor.iter().flat_map(|anchor| ["--anchor", anchor]));
        let mut command = crate::binaries::program("portway");
        command.args(&words);
        crate::apply::Said::of(crate::binaries::finished(command).await)
    };

    let online = pipeline.run(&["audit", "verify"]).await.with(0, &["The chain holds"]);
    let place = online.out.lines().last().unwrap().to_owned();
    pipeline.run(&["audit", "verify", "--anchor", &place]).await.with(0, &[&place]);
    let exported = pipeline.run(&["audit", "export"]).await.with(0, &["portway.audit.1"]).out;
    write(&exported);
    assert_eq!(check(None).await.with(0, &["The chain holds"]).out, online.out, "both find the same");
    check(Some(&place)).await.with(0, &["The chain holds"]);

    let lines: Vec<&str> = exported.lines().collect();
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().join("\n");
    write(&without(4));
    check(None).await.with(1, &["event 4 is missing (event.missing)", "does not hold in 1 place(s)"]);
    write(&without(lines.len() - 1));
    check(None).await.with(1, &["chain.tail"]);
    write(&exported.replacen("server.registered", "server.forgotten", 1));
    check(None).await.with(1, &["event.changed"]);
    let mut swapped = lines.clone();
    swapped.swap(3, 4);
    write(&swapped.join("\n"));
    check(None).await.with(1, &["event.out_of_order"]);
    write(&lines[1..].join("\n"));
    check(None).await.with(1, &["line 1 is not the heading"]);
    write(&format!("{}\nnonsense\n", lines.join("\n")));
    check(None).await.with(1, &["is no event"]);
    write("");
    check(None).await.with(1, &["the file is empty"]);

    // What came since is appended, and continues.
    let last = lines.len() - 1;
    owner.register_server("late", "https://mcp.example/mcp").await;
    let since = pipeline.run(&["audit", "export", "--after", &last.to_string()]).await.with(0, &["server.registered"]);
    write(&format!("{exported}{}", since.out));
    check(Some(&place)).await.with(0, &["The chain holds"]);
    write(&since.out);
    check(None).await.with(0, &["The chain holds"]);
    check(Some(&place)).await.with(0, &["The chain holds"]);
    let old = "1:0000000000000000000000000000000000000000000000000000000000000000";
    check(Some(old)).await.with(1, &["event 1 cannot be compared"]);
    write(&exported);
    check(Some(old)).await.with(1, &["event 1 is not the one that was noted (chain.not_as_noted)"]);

    pipeline.run(&["audit", "verify", "--anchor", "5"]).await.with(2, &["expected SEQ:SHA256"]);
    pipeline.run(&["audit", "export", "--after", "9999"]).await.with(1, &["audit.bad_after"]);
    let ana = owner.invite("eva", "member").await;
    Pipeline::of(&world, &ana).await.run(&["audit", "verify"]).await.with(1, &["read the audit log"]);
}
