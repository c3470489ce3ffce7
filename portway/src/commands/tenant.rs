//! `portway tenant …`.

use anyhow::bail;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::{ConnectionArgs, TenantCommand};
use crate::platform::Platform;
use crate::terminal;

#[derive(Debug, Deserialize)]
struct Tenant {
    slug: String,
    display_name: String,
    status: String,
    issuer: String,
    pool: String,
}

#[derive(Debug, Deserialize)]
struct Created {
    tenant: Tenant,
    owner_invitation: Option<Invitation>,
}

#[derive(Debug, Deserialize)]
struct Invitation {
    link: String,
}

/// Does what was asked, on standard output.
pub async fn run(command: TenantCommand) -> anyhow::Result<()> {
    match command {
        TenantCommand::Create { slug, name, owner_email, connection } => {
            let body = json!({ "slug": slug, "display_name": name, "owner_email": owner_email });
            create(&connection, &body).await
        }
        TenantCommand::List { connection } => list(&connection).await,
        TenantCommand::Suspend { slug, yes, connection } => {
            let effect = format!("Everybody of {slug} will be refused on every node.");
            set_status(&connection, &slug, "suspended", yes, &effect).await
        }
        TenantCommand::Limit { slug, concurrent_calls, connection } => {
            limit(&connection, &slug, concurrent_calls).await
        }
        TenantCommand::Delete { slug, yes, connection } => delete(&connection, &slug, yes).await,
        TenantCommand::Resume { slug, yes, connection } => {
            let effect = format!("Everybody of {slug} will be let in again.");
            set_status(&connection, &slug, "active", yes, &effect).await
        }
    }
}

async fn create(connection: &ConnectionArgs, body: &Value) -> anyhow::Result<()> {
    let answer: Value = Platform::connect(connection)?.post(&["tenants"], body).await?;
    if connection.json {
        terminal::say(&answer.to_string());
        return Ok(());
    }
    let created: Created = serde_json::from_value(answer)?;
    terminal::say(&format!("Created tenant {} ({})", created.tenant.slug, created.tenant.issuer));
    match created.owner_invitation {
        Some(Invitation { link }) => {
            terminal::say(&format!("Give the owner this link; it works once and is not shown again:\n{link}"))
        }
        None => terminal::say("Nobody can sign in yet: no --owner-email was given"),
    }
    Ok(())
}

async fn list(connection: &ConnectionArgs) -> anyhow::Result<()> {
    let answer: Vec<Value> = Platform::connect(connection)?.list(&["tenants"]).await?;
    if connection.json {
        terminal::say(&Value::from(answer).to_string());
        return Ok(());
    }
    let tenants: Vec<Tenant> = answer.into_iter().map(serde_json::from_value).collect::<Result<_, _>>()?;
    let rows: Vec<[String; 5]> = tenants
        .into_iter()
        .map(|tenant| [tenant.slug, tenant.display_name, tenant.status, tenant.pool, tenant.issuer])
        .collect();
    terminal::table(["SLUG", "NAME", "STATUS", "POOL", "ISSUER"], &rows);
    Ok(())
}

async fn limit(connection: &ConnectionArgs, slug: &str, calls: u32) -> anyhow::Result<()> {
    let body = json!({ "concurrent_calls_max": calls });
    let answer: Value = Platform::connect(connection)?.patch(&["tenants", slug], &body).await?;
    terminal::say(&match (connection.json, calls) {
        (true, _) => answer.to_string(),
        (false, 0) => format!("Calls of {slug} are not bounded"),
        (false, calls) => format!("At most {calls} calls of {slug} are under way at once"),
    });
    Ok(())
}

async fn delete(connection: &ConnectionArgs, slug: &str, yes: bool) -> anyhow::Result<()> {
    let effect =
        format!("{slug} goes for ever: every secret is destroyed, everybody is refused, and nobody gets the name.");
    if !yes && !terminal::confirm(&format!("{effect} Type {slug} to go on:"), slug) {
        bail!("nothing was changed");
    }
    Platform::connect(connection)?.delete_with(&["tenants", slug], &[("confirm", slug)]).await?;
    terminal::say(&format!("Tenant {slug} is deleted"));
    Ok(())
}

async fn set_status(
    connection: &ConnectionArgs,
    slug: &str,
    status: &str,
    yes: bool,
    effect: &str,
) -> anyhow::Result<()> {
    if !yes && !terminal::confirm(&format!("{effect} Type {slug} to go on:"), slug) {
        bail!("nothing was changed");
    }
    let answer: Value = Platform::connect(connection)?.patch(&["tenants", slug], &json!({ "status": status })).await?;
    if connection.json {
        terminal::say(&answer.to_string());
    } else {
        let tenant: Tenant = serde_json::from_value(answer)?;
        terminal::say(&format!("Tenant {} is {}", tenant.slug, tenant.status));
    }
    Ok(())
}
