//! `portway keys …`.

use anyhow::bail;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::{ConnectionArgs, KeysCommand};
use crate::platform::Platform;
use crate::terminal;

#[derive(Debug, Deserialize)]
struct Rotations {
    items: Vec<Rotated>,
}

#[derive(Debug, Deserialize)]
struct Rotated {
    key: String,
    rotated: bool,
}

#[derive(Debug, Deserialize)]
struct Rewrapped {
    kek_id: String,
    rewrapped: u64,
    unchanged: u64,
    unknown: Vec<String>,
}

/// Does what was asked, on standard output.
pub async fn run(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Rotate { tenant, signing, session, connection } => {
            // Neither flag means both kinds.
            let wanted = [("signing", signing || !session), ("session", session || !signing)];
            let keys: Vec<&str> = wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(key, _)| key).collect();
            rotate(&connection, &tenant, &keys).await
        }
        KeysCommand::Rewrap { connection } => rewrap(&connection).await,
    }
}

/// Fails while some data key still needs a key-encryption key that was not given.
async fn rewrap(connection: &ConnectionArgs) -> anyhow::Result<()> {
    let answer: Value = Platform::connect(connection)?.post(&["data-keys", "rewrap"], &json!({})).await?;
    if connection.json {
        terminal::say(&answer.to_string());
    }
    let done: Rewrapped = serde_json::from_value(answer)?;
    if !connection.json {
        let Rewrapped { kek_id, rewrapped, unchanged, .. } = &done;
        terminal::say(&format!("Wrapped {rewrapped} data keys by {kek_id}; {unchanged} were already"));
    }
    if !done.unknown.is_empty() {
        bail!("wrapped by a key that the control plane was not given: {}", done.unknown.join(", "));
    }
    Ok(())
}

/// Fails if a node has not acknowledged a new key: who rotates because a key leaked must know that it still works.
async fn rotate(connection: &ConnectionArgs, tenant: &str, keys: &[&str]) -> anyhow::Result<()> {
    let path = ["tenants", tenant, "key-rotations"];
    let answer: Value = Platform::connect(connection)?.post(&path, &json!({ "keys": keys })).await?;
    if connection.json {
        terminal::say(&answer.to_string());
    }
    let done: Rotations = serde_json::from_value(answer)?;
    for one in done.items.iter().filter(|one| one.rotated && !connection.json) {
        terminal::say(&format!("Rotated the {} key of {tenant}", one.key));
    }
    if let Some(one) = done.items.iter().find(|one| !one.rotated) {
        bail!(
            "the new {} key is published, but some node has not acknowledged it; run this again, or see `portway node list`",
            one.key
        );
    }
    Ok(())
}
