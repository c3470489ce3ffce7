//! `portway dev` in this process, on a free port.

use clap::Parser;
use serde_json::{Value, json};

use super::data::DataDir;
use super::report::Report;
use super::services::Services;
use super::{bind, start};
use crate::cli::{Cli, Command};
use crate::commands;

struct Started {
    services: Services,
    report: Report,
    client: reqwest::Client,
}

impl Started {
    async fn at(folder: &std::path::Path) -> (Self, DataDir) {
        let client = crate::test_client();
        let data = DataDir::open(folder).unwrap();
        let (port, listeners) = bind(&data, Some(0)).await.unwrap();
        let (services, report) = start(&data, port, listeners, true).await.unwrap();
        (Self { services, report, client }, data)
    }
}

#[tokio::test]
async fn a_first_start_answers_on_one_port_and_a_second_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (first, data) = Started::at(folder.path()).await;
    let (origin, gateway_url) = (first.report.origin.clone(), first.report.gateway_url.clone().unwrap());
    assert_eq!(gateway_url, format!("{origin}/demo/mcp/demo/server"));
    let lines = first.report.lines();
    assert_eq!(lines.len(), 5);
    assert!(lines[0].contains(&format!("{origin}/t/demo/join/pwi_")), "{}", lines[0]);
    assert!(lines[1].ends_with(&format!("claude mcp add --transport http demo {gateway_url}")));

    // The gateway challenges a stranger and names the control plane, which answers on the same port.
    let refused = first.client.post(&gateway_url).body("{}").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let metadata = format!("{origin}/.well-known/oauth-protected-resource/demo/mcp/demo/server");
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().contains(&metadata));
    let metadata: Value = first.client.get(&metadata).send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["authorization_servers"], json!([format!("{origin}/t/demo")]));

    let setup_url = first.report.setup_url.clone();
    first.services.stop().await.unwrap();
    drop(data);
    let (second, _data) = Started::at(folder.path()).await;
    assert_eq!((&second.report.origin, second.report.gateway_url.as_ref()), (&origin, Some(&gateway_url)));
    assert_ne!(second.report.setup_url, setup_url, "the link is issued anew");
    second.services.stop().await.unwrap();
}

#[tokio::test]
async fn commands_work_with_the_folders_operator() {
    let folder = tempfile::tempdir().unwrap();
    let (started, _data) = Started::at(folder.path()).await;
    let token_file = started.report.operator_token_file.display().to_string();
    let run = async |words: &[&str]| {
        let connection = ["--url", &started.report.origin, "--operator-token-file", &token_file];
        let line = std::iter::once(&"portway").chain(words).chain(&connection).copied();
        let done = match Cli::try_parse_from(line).unwrap().command {
            Command::Tenant(command) => commands::tenant(command).await,
            Command::Node(command) => commands::node(command).await,
            Command::Keys(command) => commands::keys(command).await,
            Command::Audit(command) => commands::audit(command).await,
            Command::Dev(_) | Command::Apply(_) | Command::Export(_) | Command::Presets(_) | Command::Doctor(_) => {
                unreachable!("not asked for")
            }
        };
        done.map_err(|error| error.to_string())
    };
    run(&["tenant", "create", "--slug", "acme", "--name", "Acme", "--owner-email", "ana@acme.example"]).await.unwrap();
    let taken = run(&["tenant", "create", "--slug", "acme", "--name", "Acme"]).await.unwrap_err();
    assert!(taken.contains("409"), "{taken}");
    let invalid = run(&["tenant", "create", "--slug", "Not A Slug", "--name", "Acme"]).await.unwrap_err();
    assert!(invalid.contains("\n  slug: "), "{invalid}");
    run(&["tenant", "list"]).await.unwrap();
    run(&["keys", "rotate", "acme"]).await.unwrap();
    run(&["keys", "rotate", "acme", "--session"]).await.unwrap();
    let unknown = run(&["keys", "rotate", "nobody", "--signing"]).await.unwrap_err();
    assert!(unknown.contains("404"), "{unknown}");
    run(&["tenant", "suspend", "acme", "--yes"]).await.unwrap();
    let token = std::fs::read_to_string(&token_file).unwrap();
    let status = async || {
        let url = format!("{}/api/v1/platform/tenants/acme", started.report.origin);
        let answer: Value =
            started.client.get(url).bearer_auth(token.trim()).send().await.unwrap().json().await.unwrap();
        answer["status"].clone()
    };
    assert_eq!(status().await, "suspended");
    run(&["tenant", "resume", "acme", "--yes"]).await.unwrap();
    assert_eq!(status().await, "active");
    assert!(run(&["tenant", "suspend", "nobody", "--yes"]).await.unwrap_err().contains("404"));
    run(&["node", "enrol", "--name", "eu-1"]).await.unwrap();
    assert!(run(&["node", "enrol", "--name", "eu-1"]).await.unwrap_err().contains("409 node.name_taken"));
    run(&["node", "list"]).await.unwrap();
    started.services.stop().await.unwrap();
}
