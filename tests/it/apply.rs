//! `portway apply` and `portway export` as people and pipelines run them.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tokio::process::Command;
use world::people::Person;
use world::{PATIENCE, World};

use crate::binaries::{finished, program};

/// An owner's key in the environment of the command.
pub(crate) struct Pipeline {
    url: String,
    key: String,
}

impl Pipeline {
    pub(crate) async fn of(world: &World, owner: &Person) -> Self {
        let made = owner.post("keys", json!({"name": "pipeline"})).await.ok();
        Self { url: world.auth_origin.clone(), key: made["secret"].as_str().unwrap().to_owned() }
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = program("portway");
        command.args(words).envs([("PORTWAY_URL", &self.url), ("PORTWAY_TOKEN", &self.key)]);
        command.env("PORTWAY_TENANT", "acme");
        command
    }

    pub(crate) async fn run(&self, words: &[&str]) -> Said {
        let said = Said::of(finished(self.command(words)).await);
        assert!(!format!("{said:?}").contains(&self.key), "a key is never shown: {said:?}");
        said
    }
}

#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    #[track_caller]
    pub(crate) fn with(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        for word in words {
            assert!(self.out.contains(word) || self.err.contains(word), "{word:?}: {self:?}");
        }
        self
    }
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn server(slug: &str, rest: &str) -> String {
    format!(
        "apiVersion: portway/v1\nkind: Server\nmetadata: {{slug: {slug}}}\nspec:\n  url: https://{slug}.example/mcp\n{rest}"
    )
}

#[tokio::test]
async fn files_become_servers_and_again_nothing_changes() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let ana = owner.invite("ana", "member").await;
    owner.invite("bo", "member").await;
    let pipeline = Pipeline::of(&world, &owner).await;
    let folder = tempfile::tempdir().unwrap();
    let grants = "  displayName: 'GitHub: issues'\n  timeoutMs: 30000\n  grants:\n    - {user: ana@acme.example, role: manager}\n    - {everyone: true, role: user}\n";
    let text = format!("{}---\n{}", server("github", grants), server("off", "  enabled: false\n"));
    let file = write(folder.path(), "servers.yaml", &text);

    let dry = ["apply", "-f", &file, "--dry-run", "--exit-code"];
    let said =
        pipeline.run(&dry).await.with(2, &["+ server github", "+ grant ana@acme.example: manager", "2 to create"]);
    assert!(!said.out.contains('\x1b'), "no colours where nobody looks: {said:?}");
    assert_eq!(owner.get("servers").await.ok()["items"], json!([]), "a dry run changes nothing");
    pipeline.run(&["apply", "-f", &file]).await.with(0, &["Applied."]);
    pipeline.run(&["apply", "-f", &file]).await.with(0, &["No changes: 2 server(s)"]);
    pipeline.run(&dry).await.with(0, &["No changes"]);
    let seen = ana.get("me/servers").await.ok();
    assert_eq!(seen["items"][0]["your_role"], "manager", "{seen}");
    let id = seen["items"][0]["id"].as_str().unwrap().to_owned();
    let granted = owner.get(&format!("servers/{id}/grants")).await.ok();
    assert_eq!(granted["items"].as_array().unwrap().len(), 2, "whoever applied is no manager unless the file says so");

    let tagged = write(folder.path(), "tagged.yaml", &text.replacen("spec:\n", "spec:\n  tags: [prod, team-a]\n", 1));
    pipeline.run(&["apply", "-f", &tagged]).await.with(0, &["tags: none → prod, team-a"]);
    pipeline.run(&["apply", "-f", &tagged]).await.with(0, &["No changes: 2 server(s)"]);
    assert_eq!(owner.get(&format!("servers/{id}")).await.ok()["tags"], json!(["prod", "team-a"]));

    // What the file no longer says goes; what it says differently changes.
    let less = "  displayName: GitHub\n  timeoutMs: 30000\n  grants:\n    - {user: ana@acme.example, role: user}\n    - {user: bo@acme.example, role: user}\n";
    let file = write(folder.path(), "servers.yaml", &server("github", less));
    let said = pipeline.run(&["apply", "-f", &file]).await;
    let said =
        said.with(0, &["displayName: \"GitHub: issues\" → \"GitHub\"", "~ grant ana@acme.example: manager → user"]);
    said.with(0, &["+ grant bo@acme.example: user", "- grant everyone: user", "kept (--prune deletes them): off"]);
    // Deleting is asked for twice, and there is nobody to ask.
    pipeline
        .run(&["apply", "-f", &file, "--prune"])
        .await
        .with(1, &["- server off", "pass --yes", "nothing was changed"]);
    pipeline.run(&["apply", "-f", &file, "--prune", "--yes"]).await.with(0, &["1 to delete"]);
    assert_eq!(owner.get("servers").await.ok()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_exported_changes_nothing_when_applied() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let ana = owner.invite("ana", "member").await;
    for (slug, name, description) in
        [("zeta", "yes", "two\nlines"), ("alpha", "- 'odd': \"name\" #1", ""), ("mid", "ünï 漢字", "null")]
    {
        let body = json!({"slug": slug, "display_name": name, "description": description, "timeout_ms": 5000, "tags": ["prod", "1", "null"],
            "upstream_url": format!("https://{slug}.example/mcp?a=b&c=%20")});
        let id = owner.post("servers", body).await.ok()["id"].as_str().unwrap().to_owned();
        owner.grant(&id, &ana).await;
    }
    let pipeline = Pipeline::of(&world, &owner).await;
    let exported = pipeline.run(&["export"]).await.with(0, &["slug: zeta"]);
    let again = pipeline.run(&["export"]).await;
    assert_eq!(exported.out, again.out, "in a stable order");
    let places: Vec<_> = ["alpha", "mid", "zeta"].map(|slug| exported.out.find(&format!("slug: {slug}"))).into();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{}", exported.out);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "all.yaml", &exported.out);
    let place = folder.path().display().to_string();
    pipeline.run(&["apply", "-f", &place, "--prune", "--dry-run", "--exit-code"]).await.with(0, &["No changes: 3"]);
    pipeline.run(&["export", "--server", "mid"]).await.with(0, &["slug: mid"]);
    pipeline.run(&["export", "--server", "nothing"]).await.with(1, &["there is no server nothing"]);
    // And through standard input.
    let mut apply = pipeline.command(&["apply", "-f", "-"]);
    let mut child = apply.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, exported.out.as_bytes()).await.unwrap();
    drop(stdin);
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    Said::of(output).with(0, &["No changes: 3"]);
}

#[tokio::test]
async fn everything_is_checked_before_anything_is_changed_and_a_failure_says_how_far_it_came() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let pipeline = Pipeline::of(&world, &owner).await;
    let folder = tempfile::tempdir().unwrap();
    let good = write(folder.path(), "a.yaml", &server("good", ""));
    let bad = write(
        folder.path(),
        "b.yaml",
        &server("bad", "  timeoutMs: soon\n  grants: [{user: nobody@acme.example, role: user}]\n  colour: red\n"),
    );
    let said = pipeline.run(&["apply", "-f", &good, "-f", &bad]).await;
    said.with(
        1,
        &[&format!("{bad}:6: spec.timeoutMs: must be a whole number"), &format!("{bad}:8: spec.colour: is unknown")],
    );
    let stranger =
        write(folder.path(), "b.yaml", &server("bad", "  grants: [{user: nobody@acme.example, role: user}]\n"));
    let said = pipeline.run(&["apply", "-f", &good, "-f", &stranger]).await;
    said.with(1, &[&format!("{stranger}:6: spec.grants: nobody in the tenant has the address nobody@acme.example")]);
    assert_eq!(owner.get("servers").await.ok()["items"], json!([]), "not even the good one");

    // A slug that was used before is refused by the control plane only.
    let id = owner.register_server("gone", "https://gone.example/mcp").await;
    owner.delete(&format!("servers/{id}?confirm=gone")).await.ok();
    let text = format!("{}---\n{}---\n{}", server("first", ""), server("gone", ""), server("last", ""));
    let file = write(folder.path(), "c.yaml", &text);
    let said = pipeline.run(&["apply", "-f", &file]).await;
    let said = said.with(1, &["Applied:\n  server first: create", "Failed, perhaps in part:\n  server gone: create"]);
    said.with(1, &["Not applied:\n  server last: create", "server.slug_taken"]);
    let slugs = owner.get("servers").await.ok();
    let slugs: Vec<&Value> = slugs["items"].as_array().unwrap().iter().map(|server| &server["slug"]).collect();
    assert_eq!(slugs, ["first"]);

    // Who asks matters: no key, a member's key, a key for single servers.
    let mut nobody = pipeline.command(&["export"]);
    nobody.env_remove("PORTWAY_TOKEN");
    assert_eq!(finished(nobody).await.status.code(), Some(2), "a command without a key is wrong usage");
    let member = owner.invite("ana", "member").await;
    Pipeline::of(&world, &member).await.run(&["export"]).await.with(1, &["you manage no server"]);
    let typo = Pipeline { url: pipeline.url.clone(), key: pipeline.key.replacen("_", "_x", 1) };
    typo.run(&["export"]).await.with(1, &["key.malformed"]);
}

#[tokio::test]
async fn limits_come_from_files_and_go_back_into_them() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    owner.register_server("github", "https://github.example/mcp").await;
    let pipeline = Pipeline::of(&world, &owner).await;
    let folder = tempfile::tempdir().unwrap();
    let limit = |name: &str, spec: &str| {
        format!("apiVersion: portway/v1\nkind: LimitRule\nmetadata:\n  name: {name}\nspec:\n{spec}")
    };
    let account = "apiVersion: portway/v1\nkind: ServiceAccount\nmetadata: {name: ci}\nspec: {}\n";
    let spec = "  servers: [github]\n  tools: [search]\n  subjects:\n    - user: owner@acme.example\n    - serviceAccount: ci\n  \
        key: [tool, subject]\n  windows:\n    - {limit: 2000, per: day, burst: 5}\n    - {limit: 10, per: minute}\n  mode: audit\n  \
        withoutRedis: refuse\n";
    let plain = "  key: [tenant]\n  windows:\n    - {limit: 5, per: second}\n    - {limit: 400, per: minute}\n";
    let text = format!("{account}---\n{}---\n{}", limit("Searches", spec), limit("All", plain));
    let file = write(folder.path(), "limits.yaml", &text);
    let said = pipeline.run(&["apply", "-f", &file]).await.with(0, &["+ limit Searches", "Applied."]);
    said.with(
        0,
        &["windows: 10 per minute, 2000 per day, 5 at once", "Note: limit All: create: windows[1] never refuses"],
    );
    let stored = owner.get("limit-rules").await.ok()["items"].clone();
    let searches = stored.as_array().unwrap().iter().find(|one| one["name"] == "Searches").unwrap();
    assert_eq!((&searches["mode"], &searches["without_redis"]), (&json!("audit"), &json!("refuse")), "{searches}");
    assert_eq!(searches["subjects"].as_array().unwrap().len(), 2);
    let exported = pipeline.run(&["export"]).await.with(0, &["kind: LimitRule", "name: Searches"]);
    let again = write(folder.path(), "again.yaml", &exported.out);
    pipeline.run(&["apply", "-f", &again, "--prune", "--dry-run", "--exit-code"]).await.with(0, &["2 limit(s)"]);

    let file = write(folder.path(), "limits.yaml", &limit("searches", plain));
    let said = pipeline.run(&["apply", "-f", &file, "--prune", "--yes"]).await.with(0, &["tools: search → all"]);
    said.with(0, &["- limit All", "~ limit searches"]);
    assert_eq!(owner.get("limit-rules").await.ok()["items"].as_array().unwrap().len(), 1);
    // Mistakes have a place before anything is changed.
    let bad = plain.replace("second", "week").replace("400", "0");
    let file = write(folder.path(), "limits.yaml", &limit("x", &bad));
    let said = pipeline.run(&["apply", "-f", &file]).await;
    said.with(1, &["spec.windows[0].per: must be one of second, minute, hour, day"]);
    let nowhere = format!("  servers: [jira]\n  subjects: [{{group: Nobody}}]\n{plain}");
    let file = write(folder.path(), "limits.yaml", &limit("x", &nowhere));
    let said = pipeline.run(&["apply", "-f", &file]).await;
    said.with(1, &["spec.servers: there is no server jira", "spec.subjects: there is no group Nobody"]);
}

#[tokio::test]
async fn groups_and_service_accounts_come_from_files_and_go_back_into_them() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let ana = owner.invite("ana", "member").await;
    let pipeline = Pipeline::of(&world, &owner).await;
    let folder = tempfile::tempdir().unwrap();
    let grants = "  grants:\n    - {group: platform TEAM, role: manager}\n    - {serviceAccount: ci, role: user}\n";
    let principals = "apiVersion: portway/v1\nkind: Group\nmetadata: {name: Platform team}\nspec: {tenantRole: auditor, members: [ana@acme.example]}\n---\napiVersion: portway/v1\nkind: ServiceAccount\nmetadata: {name: ci}\nspec: {description: builds}\n---\n";
    let file = write(folder.path(), "all.yaml", &format!("{principals}{}", server("github", grants)));
    let said = pipeline.run(&["apply", "-f", &file, "--dry-run", "--exit-code"]).await;
    let said = said.with(2, &["+ group Platform team", "+ tenantRole: auditor", "+ member ana@acme.example"]);
    said.with(2, &["+ service account ci", "+ grant group platform TEAM: manager", "3 to create"]);
    assert_eq!(owner.get("groups").await.ok()["items"], json!([]), "a dry run changes nothing");
    pipeline.run(&["apply", "-f", &file]).await.with(0, &["Applied."]);
    pipeline.run(&["apply", "-f", &file]).await.with(0, &["No changes: 1 server(s), 1 group(s), 1 service account(s)"]);
    let mine = ana.get("me/servers").await.ok();
    assert_eq!((&mine["items"][0]["slug"], &mine["items"][0]["your_role"]), (&json!("github"), &json!("manager")));
    assert_eq!(ana.get("session").await.ok()["user"]["role"], "auditor");

    // What is exported changes nothing when applied, also with --prune.
    let exported = pipeline.run(&["export"]).await.with(0, &["name: Platform team", "group: Platform team"]);
    let again = write(folder.path(), "exported.yaml", &exported.out);
    let all = ["apply", "-f", &again, "--prune", "--dry-run", "--exit-code"];
    pipeline.run(&all).await.with(0, &["No changes: 1 server(s), 1 group(s)"]);

    // What changes, and what goes: only what the files have any of.
    let servers = write(folder.path(), "servers.yaml", &server("github", ""));
    pipeline.run(&["apply", "-f", &servers, "--prune", "--yes"]).await.with(0, &["No changes: 1 server(s)"]);
    let other = "apiVersion: portway/v1\nkind: Group\nmetadata: {name: platform team}\nspec: {members: []}\n";
    let file = write(folder.path(), "other.yaml", &format!("{other}---\n{}", server("github", "")));
    let said = pipeline.run(&["apply", "-f", &file]).await;
    let said = said.with(0, &["~ name: Platform team → platform team", "~ tenantRole: auditor → none"]);
    said.with(0, &["- member ana@acme.example", "1 to update"]);
    assert_eq!(ana.get("session").await.ok()["user"]["role"], "member");
    let last = "apiVersion: portway/v1\nkind: ServiceAccount\nmetadata: {name: deploy}\nspec: {enabled: false}\n";
    let file = write(folder.path(), "last.yaml", &format!("{last}---\n{}", server("github", "")));
    pipeline.run(&["apply", "-f", &file]).await.with(0, &["kept (--prune deletes them): service account ci"]);
    let said = pipeline.run(&["apply", "-f", &file, "--prune", "--yes"]).await;
    said.with(0, &["- service account ci (with its keys and grants)", "1 to delete"]);
    assert_eq!(owner.get("service-accounts?status=deactivated").await.ok()["items"][0]["name"], "deploy");
    assert_eq!(owner.get("groups").await.ok()["items"].as_array().unwrap().len(), 1, "no file is about groups");

    // Somebody unknown is told before anything is changed.
    let unknown = "  grants: [{group: Nobody, role: user}]\n";
    let file = write(folder.path(), "unknown.yaml", &server("github", unknown));
    pipeline.run(&["apply", "-f", &file]).await.with(1, &["spec.grants: there is no group Nobody: describe it"]);
}

#[tokio::test]
async fn a_service_account_applies_the_servers_that_it_manages() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    owner.invite("ana", "member").await;
    owner.post("groups", json!({"display_name": "devs"})).await.ok();
    let github = owner.register_server("github", "https://github.example/mcp").await;
    owner.register_server("other", "https://other.example/mcp").await;
    let account = owner.post("service-accounts", json!({"name": "ci"})).await.ok()["id"].clone();
    let body = json!({"subject": {"kind": "service_account", "id": account}, "role": "manager"});
    owner.put(&format!("servers/{github}/grants"), body).await.ok();
    let made = owner.post("keys", json!({"name": "pipeline", "service_account_id": account})).await.ok();
    let pipeline = Pipeline { url: world.auth_origin.clone(), key: made["secret"].as_str().unwrap().to_owned() };
    let folder = tempfile::tempdir().unwrap();
    let grants = "  grants:\n    - {serviceAccount: ci, role: manager}\n    - {user: ana@acme.example, role: user}\n    - {group: devs, role: user}\n";
    let file = write(folder.path(), "github.yaml", &server("github", grants));
    let said = pipeline.run(&["apply", "-f", &file]).await;
    said.with(0, &["+ grant ana@acme.example: user", "+ grant group devs: user", "Applied."]);
    pipeline.run(&["apply", "-f", &file, "--dry-run", "--exit-code"]).await.with(0, &["No changes: 1 server(s)"]);
    let exported = pipeline.run(&["export"]).await.with(0, &["slug: github", "group: devs"]);
    assert!(!exported.out.contains("other"), "not its own: {}", exported.out);
    let group = "apiVersion: portway/v1\nkind: Group\nmetadata: {name: mine}\nspec: {}\n";
    let file = write(folder.path(), "group.yaml", group);
    pipeline.run(&["apply", "-f", &file]).await.with(1, &["groups and service accounts are for owners and admins"]);
}

/// A tool, a member with choices, a second one, and what calls to it carry.
const TWO_AND_A_VIRTUAL_ONE: &str = "\
apiVersion: portway/v1
kind: Server
metadata: {slug: work}
spec:
  displayName: Work
  members:
    - server: github
      alias: gh
      offer:
        tools:
          - {name: search_issues}
          - {name: create_issue, exposedAs: new_ticket, description: 'Opens a ticket: \"now\"'}
        resources:
          - {name: 'repo://readme'}
        prompts: []
        plainUris: true
    - {server: wiki, alias: wiki}
  grants:
    - {everyone: true, role: user}
---
apiVersion: portway/v1
kind: Server
metadata: {slug: github}
spec: {url: 'https://github.example/mcp'}
---
apiVersion: portway/v1
kind: Server
metadata: {slug: wiki}
spec:
  url: https://wiki.example/mcp
  timeoutMs: 5000
  transport:
    staticHeaders: {X-Team: 'platform: 1'}
    forwardableHeaders: [X-Region]
    caCertificates: |
CERTIFICATE";

#[tokio::test]
async fn virtual_servers_and_transport_come_from_files_and_go_back_into_them() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let pipeline = Pipeline::of(&world, &owner).await;
    let folder = tempfile::tempdir().unwrap();
    let pem = rcgen::generate_simple_self_signed(vec!["wiki.example".to_owned()]).unwrap().cert.pem().replace('\r', "");
    let indented: String = pem.lines().map(|line| format!("      {line}\n")).collect();
    let text = TWO_AND_A_VIRTUAL_ONE.replace("CERTIFICATE", &indented);
    let file = write(folder.path(), "all.yaml", &text);

    // The virtual one comes first in the file, and last when it is made.
    let said = pipeline.run(&["apply", "-f", &file, "--dry-run", "--exit-code"]).await;
    let said = said.with(2, &["+ member github as gh (tools [search_issues, create_issue as new_ticket"]);
    let said =
        said.with(2, &["+ member wiki as wiki", "+ transport.staticHeaders: x-team \"platform: 1\"", "3 to create"]);
    assert!(said.out.find("server wiki") < said.out.find("server work"), "{said:?}");
    pipeline.run(&["apply", "-f", &file]).await.with(0, &["Applied."]);
    pipeline.run(&["apply", "-f", &file]).await.with(0, &["No changes: 3 server(s)"]);
    let servers = owner.get("servers").await.ok();
    let find = |slug: &str| {
        let found = servers["items"].as_array().unwrap().iter().find(|server| server["slug"] == slug);
        found.unwrap_or_else(|| panic!("{slug}: {servers}")).clone()
    };
    let (work, wiki, github) = (find("work"), find("wiki"), find("github"));
    assert_eq!((&work["members"][0]["server_id"], &work["members"][1]["server_id"]), (&github["id"], &wiki["id"]));
    assert_eq!(work["members"][0]["offer"]["tools"][1]["exposed_as"], "new_ticket", "{work}");
    let transport = &wiki["upstream"]["transport"];
    assert_eq!(transport["static_headers"]["x-team"], "platform: 1", "{wiki}");
    assert_eq!(transport["ca_certificates"], pem.as_str(), "{wiki}");

    // There and back.
    let exported = pipeline.run(&["export"]).await.with(0, &["server: github", "exposedAs: new_ticket", "prompts: []"]);
    let again = write(folder.path(), "again.yaml", &exported.out);
    let all = ["apply", "-f", &again, "--prune", "--dry-run", "--exit-code"];
    pipeline.run(&all).await.with(0, &["No changes: 3 server(s)"]);

    // What changes, member by member; and the certificates alone.
    let other = text
        .replace("          - {name: search_issues}\n", "")
        .replace("    - {server: wiki, alias: wiki}\n", "")
        .replace("X-Region", "X-Zone");
    let file = write(folder.path(), "all.yaml", &other);
    let said = pipeline.run(&["apply", "-f", &file]).await;
    let said =
        said.with(0, &["- member wiki as wiki", "~ member github as gh", "2 to update, 0 to delete, 1 unchanged"]);
    said.with(0, &["transport.forwardableHeaders: x-region → x-zone", "Applied."]);
    pipeline.run(&["apply", "-f", &file]).await.with(0, &["No changes: 3 server(s)"]);

    // What cannot be a member is told with its place, before anything is changed.
    let virtual_one = |members: &str| {
        format!(
            "apiVersion: portway/v1\nkind: Server\nmetadata: {{slug: more}}\nspec:\n  members:\n    - {{server: {members}}}\n"
        )
    };
    for (members, expected) in [
        ("nowhere, alias: no", "bad.yaml:6: spec.members[0].server: there is no server nowhere that you see"),
        ("work, alias: w", "bad.yaml:6: spec.members[0].server: work is a virtual server: name its members"),
    ] {
        let bad = write(folder.path(), "bad.yaml", &virtual_one(members));
        pipeline.run(&["apply", "-f", &bad]).await.with(1, &[expected, "nothing was changed"]);
    }
    let bad = write(folder.path(), "bad.yaml", &virtual_one("wiki, alias: wiki"));
    pipeline
        .run(&["apply", "-f", &bad, "--prune", "--yes"])
        .await
        .with(1, &["wiki is in no file, and --prune deletes it"]);
    let bad = write(folder.path(), "bad.yaml", &virtual_one("wiki, alias: wiki").replace("more", "github"));
    pipeline.run(&["apply", "-f", &bad]).await.with(1, &["spec.members: is for virtual servers"]);

    // A member that its managers took out everywhere leaves an empty virtual server, which is exported and kept.
    let (github, work) = (github["id"].as_str().unwrap(), work["id"].as_str().unwrap());
    owner.delete(&format!("servers/{github}/uses/{work}")).await.ok();
    let exported = pipeline.run(&["export"]).await.with(0, &["members: []"]);
    let again = write(folder.path(), "again.yaml", &exported.out);
    pipeline.run(&["apply", "-f", &again, "--dry-run", "--exit-code"]).await.with(0, &["No changes: 3 server(s)"]);

    // All of it goes, the virtual one first.
    let last = write(folder.path(), "last.yaml", &server("last", ""));
    let said = pipeline.run(&["apply", "-f", &last, "--prune", "--yes"]).await.with(0, &["3 to delete", "Applied."]);
    assert!(said.out.find("- server work") < said.out.find("- server github"), "{said:?}");
}

#[tokio::test]
async fn well_known_servers_are_filled_in() {
    let world = World::setup().nodes(0).start().await;
    let owner = world.tenant("acme").await;
    let pipeline = Pipeline::of(&world, &owner).await;

    // Every preset can be registered as it is listed, with a client where one is made by hand.
    let presets = owner.get("presets").await.ok();
    let presets = presets["items"].as_array().unwrap().clone();
    assert!(presets.iter().any(|preset| preset["slug"] == "github"), "{presets:?}");
    for preset in &presets {
        let mut auth = preset["outbound_auth"].clone();
        if preset["client"] == "by_hand" {
            auth["client_id"] = json!("abc");
            auth["client_secret"] = json!("s3cret");
        }
        let slug = format!("a-{}", preset["slug"].as_str().unwrap());
        let body = json!({"slug": slug, "display_name": preset["display_name"], "description": preset["description"],
            "upstream_url": preset["upstream_url"], "outbound_auth": auth});
        owner.post("servers", body).await.ok();
    }

    // The same by name, from a file; the command line writes one.
    let printed =
        pipeline.run(&["presets"]).await.with(0, &["github", "https://mcp.sentry.dev/mcp", "registers itself"]);
    assert!(printed.out.contains("https://api.slack.com/apps"), "{printed:?}");
    pipeline.run(&["presets", "nothing"]).await.with(1, &["there is no preset nothing"]);
    let folder = tempfile::tempdir().unwrap();
    let printed =
        pipeline.run(&["presets", "github"]).await.with(0, &["# - GitHub registers no clients", "preset: github"]);
    let file = write(folder.path(), "github.yaml", &printed.out.replace('…', "abc"));
    let mut apply = pipeline.command(&["apply", "-f", &file]);
    apply.env("GITHUB_CLIENT_SECRET", "s3cret");
    Said::of(finished(apply).await).with(0, &["url: https://api.githubcopilot.com/mcp/", "read:org", "Applied."]);
    let exported = pipeline.run(&["export", "--server", "github"]).await;
    let exported = exported.with(0, &["token: https://github.com/login/oauth/access_token", "displayName: GitHub"]);
    let again = write(folder.path(), "again.yaml", &exported.out);
    pipeline.run(&["apply", "-f", &again, "--dry-run", "--exit-code"]).await.with(0, &["No changes: 1 server(s)"]);
}
