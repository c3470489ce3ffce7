//! `portway doctor`: looks at an installation from where it runs, as an operator would with a browser and a terminal, and
//! says of each part whether it is well and what to do. It changes nothing, and no token is sent anywhere but to the
//! control plane (the operator's) and the gateway (an API key).

mod admin;
mod finding;
mod nodes;
mod public;
mod settings;
mod stream;

use std::process::ExitCode;

use control_plane::domain::clock::{Clock, SystemClock};

use self::finding::Report;
use crate::cli::DoctorArgs;
use crate::platform::{Platform, inspecting_client, token};
use crate::terminal;

/// Runs every check that there is enough to go by for.
pub async fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let client = inspecting_client(args.ca_file.as_deref())?;
    let clock = SystemClock;
    let mut report = Report::default();
    settings::check(args, &mut report);
    for admin in &args.admin {
        admin::check(&client, admin, &mut report).await;
    }
    if let Some(url) = &args.url
        && public::reachable(&client, url, clock.now(), &mut report).await
    {
        let tenant = match operator(args)? {
            Some(token) => {
                let platform = Platform::at(url.clone(), token, client.clone());
                nodes::check(&platform, clock.now(), &mut report).await;
                nodes::tenant(&platform, args.tenant.as_deref(), &mut report).await
            }
            None => {
                report.skip("nodes", "give an operator's token to see nodes and tenants");
                args.tenant.as_deref().map(|slug| nodes::Tenant::named(slug, url, args.gateway.as_ref()))
            }
        };
        match tenant {
            Some(tenant) => {
                let tenant = tenant.at(args.gateway.as_ref());
                public::metadata(&client, url, &tenant, &mut report).await;
                stream::check(&client, args, &tenant, &mut report).await?;
            }
            None => report.skip("sign-in metadata", "give --tenant, or an operator's token and make a tenant"),
        }
    }
    if args.json {
        terminal::say(&report.json().to_string());
    } else {
        report.lines().iter().for_each(|line| terminal::say(line));
    }
    Ok(if report.fails() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn operator(args: &DoctorArgs) -> anyhow::Result<Option<secrecy::SecretString>> {
    let (file, given) = (args.operator_token_file.as_deref(), args.operator_token.as_ref());
    (file.is_some() || given.is_some()).then(|| token("operator's token", file, given)).transpose()
}
